/* Unit tests of check digits: published numbers, and every single wrong digit. */
#include "unit.h"

#include "pii/pii_checksum.h"

/* Every change of one digit must be seen. */
static void assert_catches_typing_errors(bool (*check)(Str), const char *number) {
    char changed[40];
    size_t length = strlen(number);
    assert_true(check(str_c(number)));
    for (size_t i = 0; i < length; i++)
        for (char digit = '0'; digit <= '9'; digit++) {
            memcpy(changed, number, length + 1);
            if (number[i] < '0' || number[i] > '9' || number[i] == digit)
                continue;
            changed[i] = digit;
            if (check((Str){changed, length}))
                fail_msg("'%s' passes beside '%s'", changed, number);
        }
}

static void test_luhn(void **state) {
    (void)state;
    assert_catches_typing_errors(pii_luhn, "79927398713");
    assert_catches_typing_errors(pii_luhn, "4111111111111111");
    assert_false(pii_luhn(STR("0")));
    assert_false(pii_luhn(STR_EMPTY));
}

static void test_iban(void **state) {
    (void)state;
    const char *const examples[] = {"GB82WEST12345698765432",       "DE89370400440532013000",
                                    "FR1420041010050500013M02606",  "NL91ABNA0417164300",
                                    "PL61109010140000071219812874", "NO9386011117947"};
    for (size_t i = 0; i < 6; i++)
        assert_catches_typing_errors(pii_mod97_iban, examples[i]);
    assert_false(pii_mod97_iban(STR("DE89")));
}

static void test_verhoeff(void **state) {
    (void)state;
    assert_catches_typing_errors(pii_verhoeff, "2363");
    /* and every two digits changed about */
    assert_true(pii_verhoeff(STR("2363")));
    assert_false(pii_verhoeff(STR("3263")));
    assert_false(pii_verhoeff(STR("2633")));
    assert_false(pii_verhoeff(STR("2336")));
}

static void test_aba(void **state) {
    (void)state;
    assert_catches_typing_errors(pii_aba, "011000015");
    assert_catches_typing_errors(pii_aba, "121000358");
    assert_false(pii_aba(STR("12100035")));
}

static void test_mod11_10(void **state) {
    (void)state;
    assert_catches_typing_errors(pii_mod11_10, "86095742719");
    assert_catches_typing_errors(pii_mod11_10, "47036892816");
    assert_false(pii_mod11_10(STR("8")));
}

static void test_bitcoin(void **state) {
    (void)state;
    assert_true(pii_base58check(STR("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")));
    assert_true(pii_base58check(STR("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy")));
    assert_false(pii_base58check(STR("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")));
    assert_false(pii_base58check(STR("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a"))); /* no 0 in base 58 */
    assert_false(pii_base58check(STR("1")));
    assert_true(pii_bech32(STR("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")));
    assert_true(pii_bech32(STR("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4")));
    assert_true(pii_bech32(STR("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")));
    assert_false(pii_bech32(STR("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")));
    assert_false(pii_bech32(STR("bc1")));
}

int suite_test_pii_checksum(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_luhn),     cmocka_unit_test(test_iban),
        cmocka_unit_test(test_verhoeff), cmocka_unit_test(test_aba),
        cmocka_unit_test(test_mod11_10), cmocka_unit_test(test_bitcoin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
