/* pii_words.h - the word lists behind names and addresses: lookups in constant tables.
 *
 * Threads: any. */
#ifndef PII_PII_WORDS_H
#define PII_PII_WORDS_H

#include "base/str.h"

bool pii_is_given_name(Str word);        /* Latin script, accents and case aside */
bool pii_is_family_name_start(Str text); /* Japanese script */
bool pii_is_company_word(Str word);      /* "GmbH", "Ltd." */
bool pii_is_street_word(Str word);       /* "Street", "St.", "Rue", "Hauptstraße" */
/* Are the lists in the order that lookups rely on? For tests. */
bool pii_words_check(void);

#endif
