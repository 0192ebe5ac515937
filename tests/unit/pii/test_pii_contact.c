/* Unit tests: e-mail addresses and telephone numbers. */
#include "detect_case.h"

static void test_email(void **state) {
    (void)state;
    DETECT(pii_detect_email, {"a@b.co", PII_SOLID}, {"jane.roe+x@mail.example.com", PII_SOLID},
           {"JANE@EXAMPLE.ORG", PII_SOLID}, {"  jane@example.org ", PII_SOLID},
           {"o'hara@example.ie", PII_SOLID}, {"müller@firma.de", PII_SOLID},
           {"x@xn--bcher-kva.xn--p1ai", PII_SOLID}, {"x@example.museum", PII_SOLID},
           {"icon@2x.png", PII_FAILED}, {"pkg@1.2.3", PII_FAILED}, {"a@b", PII_MISS},
           {"a@localhost", PII_MISS}, {"@b.com", PII_MISS}, {"a@", PII_MISS},
           {".a@b.com", PII_MISS}, {"a.@b.com", PII_MISS}, {"a..b@c.com", PII_MISS},
           {"a@-b.com", PII_MISS}, {"a@b-.com", PII_MISS}, {"a@b..com", PII_MISS},
           {"a@b.com.", PII_MISS}, {"a b@c.com", PII_MISS}, {"a@b@c.com", PII_MISS},
           {"git@github.com:x/y.git", PII_MISS}, {"https://a@b.com/x", PII_MISS}, {"", PII_MISS},
           {"a@example.zz", PII_FAILED}, {"a@example.invalid", PII_FAILED});
}

static void test_email_lengths(void **state) {
    (void)state;
    char text[300];
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@example.com", 13);
    PiiValue value = pii_value_make(str_c(text));
    assert_int_equal(pii_detect_email(&value), PII_SOLID);
    memset(text, 'a', sizeof text);
    memcpy(text + 65, "@example.com", 13);
    value = pii_value_make(str_c(text));
    assert_int_equal(pii_detect_email(&value), PII_MISS);
    memset(text, 'a', sizeof text);
    memcpy(text, "x@", 2);
    memcpy(text + 66, ".com", 5); /* a label of 64 */
    value = pii_value_make(str_c(text));
    assert_int_equal(pii_detect_email(&value), PII_MISS);
}

static void test_phone(void **state) {
    (void)state;
    DETECT(pii_detect_phone, {"+49 30 1234567", PII_SOLID}, {"+442079460958", PII_SOLID},
           {"+33 (0)1 44 55 66 77", PII_SOLID}, {"+354 410 4000", PII_SOLID},
           {"+1 212 736 5000", PII_SOLID}, {"(212) 736-5000", PII_SOLID},
           {"212-736-5000", PII_SOLID}, {"212.736.5000", PII_SOLID}, {"1-212-736-5000", PII_SOLID},
           {"212-736-5000 x123", PII_SOLID}, {"+44 20 7946 0958 ext. 12", PII_SOLID},
           {"+1 212 555 0123", PII_FAILED}, {"(411) 736-5000", PII_FAILED},
           {"212-911-5000", PII_FAILED}, {"112-736-5000", PII_FAILED}, {"+12345678", PII_MISS},
           {"+123456789", PII_FAILED}, {"+49123456", PII_MISS}, {"+899 123 456 78", PII_FAILED},
           {"+11111111111", PII_FAILED}, {"030 1234567", PII_WEAK}, {"06 12 34 56 78", PII_WEAK},
           {"2127365000", PII_WEAK}, {"0000000000", PII_MISS}, {"2024-01-31", PII_MISS},
           {"31/01/2024", PII_MISS}, {"2024-01-31 12:30:00", PII_MISS}, {"12345", PII_MISS},
           {"iPhone 12 Pro Max", PII_MISS}, {"1,234,567", PII_MISS},
           {"12345678901234567890", PII_MISS});
}

int suite_test_pii_contact(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_email),
                                       cmocka_unit_test(test_email_lengths),
                                       cmocka_unit_test(test_phone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
