/* pii_detect.h - inside of pii: is this one value of that kind?
 *
 * One function a kind. A detector sees one whole value, short and trimmed, and says how sure it can
 * be from the value alone.
 *
 * Threads: any. */
#ifndef PII_PII_DETECT_H
#define PII_PII_DETECT_H

#include "pii/pii_value.h"

typedef enum PiiMatch {
    PII_MISS,
    PII_FAILED, /* the right shape, but the checksum or a rule speaks against it */
    PII_WEAK,   /* could be many things: counts only where the column's name agrees */
    PII_SOLID
} PiiMatch;

typedef PiiMatch (*PiiDetectFn)(const PiiValue *value);

/* contact: pii_detect_contact.c, pii_detect_person.c */
PiiMatch pii_detect_email(const PiiValue *value);
PiiMatch pii_detect_phone(const PiiValue *value);
PiiMatch pii_detect_person(const PiiValue *value);
/* The hash of the known given name for which a value is a person; 0: none. */
uint64_t pii_person_given_name(const PiiValue *value);
PiiMatch pii_detect_address(const PiiValue *value);
PiiMatch pii_detect_gender(const PiiValue *value);
/* dates: pii_detect_date.c */
PiiMatch pii_detect_birth(const PiiValue *value);
PiiMatch pii_birth_of_days(int64_t days_since_1970);
/* payment: pii_detect_payment.c */
PiiMatch pii_detect_card(const PiiValue *value);
PiiMatch pii_detect_iban(const PiiValue *value);
PiiMatch pii_detect_bank(const PiiValue *value);
PiiMatch pii_detect_routing(const PiiValue *value);
PiiMatch pii_detect_wallet(const PiiValue *value);
/* government, America: pii_detect_america.c */
PiiMatch pii_detect_ssn(const PiiValue *value);
PiiMatch pii_detect_itin(const PiiValue *value);
PiiMatch pii_detect_npi(const PiiValue *value);
PiiMatch pii_detect_sin(const PiiValue *value);
PiiMatch pii_detect_cpf(const PiiValue *value);
PiiMatch pii_detect_passport(const PiiValue *value);
PiiMatch pii_detect_licence(const PiiValue *value);
PiiMatch pii_detect_identity(const PiiValue *value); /* of any country */
/* government, Europe: pii_detect_europe.c */
PiiMatch pii_detect_nino(const PiiValue *value);
PiiMatch pii_detect_nhs(const PiiValue *value);
PiiMatch pii_detect_german_tax(const PiiValue *value);
PiiMatch pii_detect_nir(const PiiValue *value);
PiiMatch pii_detect_dni(const PiiValue *value);
PiiMatch pii_detect_fiscal_code(const PiiValue *value);
PiiMatch pii_detect_bsn(const PiiValue *value);
PiiMatch pii_detect_pesel(const PiiValue *value);
PiiMatch pii_detect_personnummer(const PiiValue *value);
/* government, Asia: pii_detect_asia.c */
PiiMatch pii_detect_aadhaar(const PiiValue *value);
PiiMatch pii_detect_pan(const PiiValue *value);
PiiMatch pii_detect_my_number(const PiiValue *value);
/* machines: pii_detect_network.c, pii_detect_secret.c */
PiiMatch pii_detect_ip(const PiiValue *value);
PiiMatch pii_detect_mac(const PiiValue *value);
PiiMatch pii_detect_secret(const PiiValue *value);

#endif
