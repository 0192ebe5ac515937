/* Unit tests of column names: words, rules, what cancels, tables of people. */
#include "unit.h"

#include "pii/pii_name.h"

static void assert_words(const char *name, const char *expected) {
    PiiWords words = pii_words(str_c(name));
    char joined[512] = "";
    size_t length = 0;
    for (size_t i = 0; i < words.count; i++)
        length += (size_t)snprintf(joined + length, sizeof joined - length, "%s%s",
                                   i > 0 ? " " : "", words.items[i]);
    assert_string_equal(joined, expected);
}

static void test_words(void **state) {
    (void)state;
    assert_words("first_name", "first name");
    assert_words("FirstName", "first name");
    assert_words("e-mail.address/home", "e mail address home");
    assert_words("SSNNumber", "ssn number");
    assert_words("userID", "user id");
    assert_words("IPv4Address", "i pv 4 address");
    assert_words("address1", "address 1");
    assert_words("Prénom", "prenom");
    assert_words("Straße", "strasse");
    assert_words("imię", "imie");
    assert_words("氏名", "氏名");
    assert_words("メールアドレス", "メールアドレス");
    assert_words("__a__", "a");
    assert_words("", "");
    assert_words("a b c d e f g h i j k l m n", "a b c d e f g h i j k l");
}

static PiiHint hint_of(const char *name, PiiKind kind) {
    PiiHint hints[PII_KIND_COUNT];
    bool bare;
    pii_name_hints(str_c(name), hints, &bare);
    return hints[kind];
}

static void test_rules(void **state) {
    (void)state;
    static const struct {
        const char *name;
        PiiKind kind;
    } sure[] = {{"email", PII_KIND_EMAIL},
                {"Email_Address", PII_KIND_EMAIL},
                {"eMail", PII_KIND_EMAIL},
                {"user_email_2", PII_KIND_EMAIL},
                {"mobile_number", PII_KIND_PHONE},
                {"PhoneNumber", PII_KIND_PHONE},
                {"lastName", PII_KIND_PERSON},
                {"apellidos", PII_KIND_PERSON},
                {"address_line_1", PII_KIND_ADDRESS},
                {"zip", PII_KIND_ADDRESS},
                {"date_of_birth", PII_KIND_DATE_OF_BIRTH},
                {"birthDate", PII_KIND_DATE_OF_BIRTH},
                {"SSN", PII_KIND_US_SSN},
                {"passport_id", PII_KIND_PASSPORT},
                {"national_id", PII_KIND_NATIONAL_ID},
                {"client_ip", PII_KIND_IP_ADDRESS},
                {"credit_card_number", PII_KIND_CREDIT_CARD},
                {"住所", PII_KIND_ADDRESS},
                {"api_key", PII_KIND_SECRET},
                {"wallet_address", PII_KIND_CRYPTO_WALLET}};
    for (size_t i = 0; i < sizeof sure / sizeof *sure; i++)
        if (hint_of(sure[i].name, sure[i].kind) != PII_HINT_SURE)
            fail_msg("'%s' says nothing", sure[i].name);
    assert_int_equal(hint_of("name", PII_KIND_PERSON), PII_HINT_PERSONAL);
    assert_int_equal(hint_of("city", PII_KIND_ADDRESS), PII_HINT_PERSONAL);
}

/* The usual false friends say nothing at all. */
static void test_cancelled(void **state) {
    (void)state;
    static const char *const silent[] = {"email_sent_count",
                                         "address_type_id",
                                         "phone_model",
                                         "estate",
                                         "capital",
                                         "state",
                                         "status",
                                         "email_verified",
                                         "is_email",
                                         "email_domain",
                                         "password_hash",
                                         "ip_address_type",
                                         "phone_code",
                                         "country",
                                         "product_name",
                                         "file_name",
                                         "company_name",
                                         "street_view_url",
                                         "birth_rate",
                                         "card_type",
                                         "email_template",
                                         "mobile_app",
                                         "created_at",
                                         "telemetry",
                                         "mailbox_size",
                                         "account",
                                         "social_media",
                                         "sinus",
                                         "panel",
                                         "zip_file",
                                         "token_count",
                                         "iban_country",
                                         "salary_currency_code",
                                         "fax_enabled"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        PiiHint hints[PII_KIND_COUNT];
        bool bare;
        pii_name_hints(str_c(silent[i]), hints, &bare);
        for (size_t kind = 0; kind < PII_KIND_COUNT; kind++)
            if (hints[kind] == PII_HINT_SURE)
                fail_msg("'%s' speaks for %s", silent[i], pii_kind_rows[kind].name);
    }
    assert_int_equal(hint_of("email_address", PII_KIND_ADDRESS), PII_HINT_NONE);
    assert_int_equal(hint_of("ip_address", PII_KIND_ADDRESS), PII_HINT_NONE);
}

static void test_bare(void **state) {
    (void)state;
    PiiHint hints[PII_KIND_COUNT];
    bool bare;
    pii_name_hints(STR("Email_2"), hints, &bare);
    assert_true(bare);
    pii_name_hints(STR("supplier_email"), hints, &bare);
    assert_false(bare);
    pii_name_hints(STR("name"), hints, &bare);
    assert_false(bare);
}

static void test_people(void **state) {
    (void)state;
    assert_true(pii_is_about_people(STR("customers")));
    assert_true(pii_is_about_people(STR("hr-employees_2024")));
    assert_true(pii_is_about_people(STR("Kunden")));
    assert_false(pii_is_about_people(STR("products")));
    assert_false(pii_is_about_people(STR("usersession")));
    assert_false(pii_is_about_people(STR_EMPTY));
}

int suite_test_pii_name(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_rules),
                                       cmocka_unit_test(test_cancelled),
                                       cmocka_unit_test(test_bare), cmocka_unit_test(test_people)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
