/* Unit tests: names, addresses, gender, and the word lists behind them. */
#include "detect_case.h"

#include "pii/pii_words.h"

static void test_people(void **state) {
    (void)state;
    DETECT(pii_detect_person, {"Alice Johnson", PII_SOLID}, {"Johnson, Alice", PII_SOLID},
           {"Jean-Pierre Dupont", PII_SOLID}, {"José María García López", PII_SOLID},
           {"Jan van der Berg", PII_SOLID}, {"Małgorzata Wiśniewska", PII_SOLID},
           {"Robert O'Neill", PII_SOLID}, {"Alice", PII_WEAK}, {"佐藤 太郎", PII_SOLID},
           {"田中花子", PII_SOLID}, {"Alice Johnson 2", PII_MISS},
           {"alice johnson works", PII_MISS}, {"Robert Bosch GmbH", PII_MISS},
           {"Victoria Station Road", PII_MISS}, {"Green Apple", PII_MISS}, {"", PII_MISS},
           {"東京都", PII_MISS}, {"Alice Bob Carol Dan Emma Frank", PII_MISS},
           {"alice@example.com", PII_MISS});
    PiiValue one = pii_value_make(STR("Alice Johnson")), other = pii_value_make(STR("X Alice"));
    assert_true(pii_person_given_name(&one) == pii_person_given_name(&other));
    one = pii_value_make(STR("Bob Johnson"));
    assert_true(pii_person_given_name(&one) != pii_person_given_name(&other));
}

static void test_addresses(void **state) {
    (void)state;
    DETECT(pii_detect_address, {"12 Main Street", PII_SOLID}, {"221B Baker St.", PII_SOLID},
           {"Hauptstraße 12", PII_SOLID}, {"Bahnhofstr. 7a", PII_SOLID},
           {"12 rue de la Paix, 75002 Paris", PII_SOLID}, {"Calle Mayor, 12", PII_SOLID},
           {"Via Roma 3", PII_SOLID}, {"Kerkstraat 5", PII_SOLID}, {"ul. Długa 5", PII_SOLID},
           {"Storgatan 4", PII_SOLID}, {"Calle Morelos #198", PII_SOLID},
           {"東京都新宿区西新宿2丁目8-1", PII_SOLID}, {"75002", PII_WEAK},
           {"Main Street", PII_MISS}, {"12 apples", PII_MISS}, {"sent via mail", PII_MISS},
           {"a@b.com 12 Main Street", PII_MISS}, {"", PII_MISS});
}

static void test_gender(void **state) {
    (void)state;
    DETECT(pii_detect_gender, {"F", PII_WEAK}, {"male", PII_WEAK}, {"männlich", PII_WEAK},
           {"maybe", PII_MISS}, {"", PII_MISS});
}

static void test_words(void **state) {
    (void)state;
    assert_true(pii_words_check());
    assert_true(pii_is_given_name(STR("JÓZEF")) == pii_is_given_name(STR("jozef")));
    assert_true(pii_is_given_name(STR("Léa")));
    assert_true(pii_is_given_name(STR("aaron")));   /* the first, */
    assert_true(pii_is_given_name(STR("zuzanna"))); /* and the last */
    assert_true(pii_is_given_name(STR("Anna-Lena")));
    assert_false(pii_is_given_name(STR("table")));
    assert_false(pii_is_given_name(STR_EMPTY));
    assert_true(pii_is_company_word(STR("GmbH")));
    assert_true(pii_is_company_word(STR("Inc.")));
    assert_true(pii_is_street_word(STR("St.")));
    assert_true(pii_is_street_word(STR("Hauptstraße")));
    assert_true(pii_is_street_word(STR("Prinsengracht")));
    assert_false(pii_is_street_word(STR("estate")));
    char word[300];
    memset(word, 'a', sizeof word);
    assert_false(pii_is_given_name((Str){word, sizeof word}));
}

int suite_test_pii_person(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_people),
                                       cmocka_unit_test(test_addresses),
                                       cmocka_unit_test(test_gender), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
