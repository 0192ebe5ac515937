/* Unit tests: cards, IBANs, accounts, wallets. Numbers are the ones that their issuers publish. */
#include "detect_case.h"

static void test_cards(void **state) {
    (void)state;
    DETECT(pii_detect_card, {"4111111111111111", PII_SOLID}, {"4111 1111 1111 1111", PII_SOLID},
           {"4111-1111-1111-1111", PII_SOLID}, {"5555555555554444", PII_SOLID},
           {"2223003122003222", PII_SOLID}, {"378282246310005", PII_SOLID},
           {"3782 822463 10005", PII_SOLID}, {"6011111111111117", PII_SOLID},
           {"30569309025904", PII_SOLID}, {"3530111333300000", PII_SOLID},
           {"4222222222222", PII_SOLID}, {"4111111111111112", PII_FAILED},
           {"1234567812345670", PII_FAILED}, /* passes Luhn; nobody's prefix */
           {"1700000000000", PII_FAILED}, {"4111 1111-1111 1111", PII_MISS},
           {"41 11 11 11 11 11 11 11", PII_MISS}, {"411111111111", PII_MISS},
           {"0000000000000000", PII_FAILED}, {"4111111111111111a", PII_MISS}, {"", PII_MISS});
}

static void test_iban(void **state) {
    (void)state;
    DETECT(pii_detect_iban, {"DE89370400440532013000", PII_SOLID},
           {"DE89 3704 0044 0532 0130 00", PII_SOLID}, {"gb82west12345698765432", PII_SOLID},
           {"NO9386011117947", PII_SOLID}, {"FR1420041010050500013M02606", PII_SOLID},
           {"MT84MALT011000012345MTLCAST001S", PII_SOLID}, {"DE89370400440532013001", PII_FAILED},
           {"DE8937040044053201300", PII_MISS}, {"XX89370400440532013000", PII_MISS},
           {"DE89/3704/0044/0532/0130/00", PII_MISS}, {"8937040044053201300099", PII_MISS});
}

static void test_accounts(void **state) {
    (void)state;
    DETECT(pii_detect_bank, {"12345678", PII_WEAK}, {"12-34-56", PII_WEAK}, {"11111111", PII_MISS},
           {"12345", PII_MISS}, {"AB123456", PII_MISS});
    DETECT(pii_detect_routing, {"021000021", PII_SOLID}, {"121000358", PII_SOLID},
           {"121000359", PII_FAILED}, {"991000351", PII_FAILED}, {"02100002", PII_MISS},
           {"021-000-021", PII_MISS}, {"000000000", PII_FAILED});
}

static void test_wallets(void **state) {
    (void)state;
    DETECT(pii_detect_wallet, {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", PII_SOLID},
           {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", PII_SOLID},
           {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", PII_FAILED},
           {"0x52908400098527886E0F7030069857D2E4169EE7", PII_WEAK},
           {"1234567890123456789012345678", PII_MISS}, {"hello", PII_MISS});
}

int suite_test_pii_payment(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cards), cmocka_unit_test(test_iban),
                                       cmocka_unit_test(test_accounts),
                                       cmocka_unit_test(test_wallets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
