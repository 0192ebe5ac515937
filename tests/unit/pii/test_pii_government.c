/* Unit tests: identity numbers, by published examples and by what must not pass. */
#include "detect_case.h"

static void test_united_states(void **state) {
    (void)state;
    DETECT(pii_detect_ssn, {"536-90-4399", PII_SOLID}, {"536 90 4399", PII_SOLID},
           {"536.90.4399", PII_SOLID}, {"536904399", PII_WEAK}, {"536-90 4399", PII_MISS},
           {"000-12-3456", PII_FAILED}, {"666-12-3456", PII_FAILED}, {"912-12-3456", PII_FAILED},
           {"123-00-4567", PII_FAILED}, {"123-45-0000", PII_FAILED}, {"123-45-6789", PII_FAILED},
           {"078-05-1120", PII_FAILED}, {"219-09-9999", PII_FAILED}, {"111-11-1111", PII_FAILED},
           {"5369-04-399", PII_MISS}, {"53690439", PII_MISS});
    DETECT(pii_detect_itin, {"912-70-1234", PII_SOLID}, {"912-93-1234", PII_FAILED},
           {"912-49-1234", PII_FAILED}, {"912701234", PII_WEAK}, {"812-70-1234", PII_MISS});
    DETECT(pii_detect_npi, {"1234567893", PII_SOLID}, {"1234567890", PII_FAILED},
           {"3234567893", PII_MISS}, {"123-456-7893", PII_MISS});
    DETECT(pii_detect_passport, {"123456789", PII_WEAK}, {"C12345678", PII_WEAK},
           {"ABCDEFGH", PII_MISS}, {"12345", PII_MISS}, {"000000000", PII_MISS});
    DETECT(pii_detect_licence, {"D1234567", PII_WEAK}, {"SMITH-123456-AB", PII_WEAK},
           {"none", PII_MISS});
    DETECT(pii_detect_identity, {"12.345.678-9", PII_WEAK}, {"8001015009087", PII_WEAK},
           {"AB-12", PII_MISS}, {"000000", PII_MISS});
}

static void test_americas(void **state) {
    (void)state;
    DETECT(pii_detect_sin, {"130-692-544", PII_SOLID}, {"130 692 544", PII_WEAK},
           {"130692544", PII_WEAK}, {"130-692-545", PII_FAILED}, {"046-454-286", PII_FAILED},
           {"1306-92-544", PII_MISS});
    DETECT(pii_detect_cpf, {"529.982.247-25", PII_SOLID}, {"52998224725", PII_SOLID},
           {"529.982.247-26", PII_FAILED}, {"11111111111", PII_FAILED}, {"5299822472", PII_MISS});
}

static void test_british_isles(void **state) {
    (void)state;
    DETECT(pii_detect_nino, {"AB123456C", PII_SOLID}, {"AB 12 34 56 C", PII_SOLID},
           {"ab123456c", PII_SOLID}, {"BG123456A", PII_FAILED}, {"DA123456A", PII_FAILED},
           {"AO123456A", PII_FAILED}, {"AB123456E", PII_FAILED}, {"AB12345C", PII_MISS});
    DETECT(pii_detect_nhs, {"943 476 5919", PII_SOLID}, {"9434765919", PII_WEAK},
           {"9434765918", PII_FAILED}, {"0306406152", PII_WEAK} /* an ISBN */,
           {"943476591", PII_MISS});
}

static void test_continent(void **state) {
    (void)state;
    DETECT(pii_detect_german_tax, {"86095742719", PII_SOLID}, {"47036892816", PII_SOLID},
           {"65929970489", PII_SOLID}, {"86 095 742 719", PII_SOLID}, {"86095742718", PII_FAILED},
           {"06095742719", PII_FAILED}, {"12345678901", PII_FAILED}, {"8609574271", PII_MISS});
    DETECT(pii_detect_nir, {"255081416802538", PII_SOLID}, {"2 55 08 14 168 025 38", PII_SOLID},
           {"255081416802539", PII_FAILED}, {"355081416802538", PII_MISS},
           {"255131416802538", PII_MISS}, {"1234", PII_MISS});
    DETECT(pii_detect_dni, {"12345678Z", PII_SOLID}, {"12345678-z", PII_SOLID},
           {"X1234567L", PII_SOLID}, {"12345678A", PII_FAILED}, {"1234567Z", PII_MISS});
    DETECT(pii_detect_fiscal_code, {"RSSMRA85T10A562S", PII_SOLID}, {"rssmra85t10a562s", PII_SOLID},
           {"RSSMRA85T10A562T", PII_FAILED}, {"RSSMRA85", PII_MISS});
    DETECT(pii_detect_bsn, {"111222333", PII_SOLID}, {"123456782", PII_SOLID},
           {"123456789", PII_FAILED}, {"12345678", PII_MISS}, {"000000000", PII_FAILED});
    DETECT(pii_detect_pesel, {"44051401359", PII_SOLID}, {"02070803628", PII_SOLID},
           {"44051401358", PII_FAILED}, {"44053301359", PII_FAILED}, {"4405140135", PII_MISS});
    DETECT(pii_detect_personnummer, {"811228-9874", PII_SOLID}, {"19811228-9874", PII_SOLID},
           {"198112289874", PII_SOLID}, {"8112289874", PII_WEAK}, {"811228+9874", PII_SOLID},
           {"811228-9873", PII_FAILED}, {"811328-9874", PII_FAILED}, {"81-12289874", PII_MISS});
}

static void test_asia(void **state) {
    (void)state;
    DETECT(pii_detect_aadhaar, {"234123412346", PII_SOLID}, {"2341 2341 2346", PII_SOLID},
           {"234123412347", PII_FAILED}, {"134123412346", PII_FAILED}, {"23412341234", PII_MISS});
    DETECT(pii_detect_pan, {"ABCPE1234F", PII_SOLID}, {"ABCXE1234F", PII_FAILED},
           {"ABCP1234F", PII_MISS});
    DETECT(pii_detect_my_number, {"123456789018", PII_SOLID}, {"1234 5678 9018", PII_SOLID},
           {"123456789019", PII_FAILED}, {"12345678901", PII_MISS});
}

int suite_test_pii_government(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_united_states), cmocka_unit_test(test_americas),
        cmocka_unit_test(test_british_isles), cmocka_unit_test(test_continent),
        cmocka_unit_test(test_asia)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
