/* Unit tests: addresses of machines, secrets, days of birth. */
#include "detect_case.h"

static void test_addresses(void **state) {
    (void)state;
    DETECT(pii_detect_ip, {"203.0.113.7", PII_SOLID}, {"192.168.0.1", PII_SOLID},
           {"172.16.0.9", PII_SOLID}, {"8.8.8.8", PII_WEAK}, {"1.2.3.4", PII_WEAK},
           {"10.0.0.5", PII_WEAK}, {"10.0.0.250", PII_SOLID}, {"203.0.113.0/24", PII_SOLID},
           {"127.0.0.1", PII_FAILED}, {"0.0.0.0", PII_FAILED}, {"255.255.255.255", PII_FAILED},
           {"10.0.19041.1", PII_FAILED}, {"1.2.3", PII_MISS}, {"1.2.3.4.5", PII_MISS},
           {"v1.2.3.4", PII_MISS}, {"2001:db8::8a2e:370:7334", PII_SOLID}, {"fe80::1", PII_SOLID},
           {"::ffff:203.0.113.7", PII_SOLID}, {"::1", PII_MISS}, {"0:0:0:0:0:0:0:1", PII_FAILED},
           {"::", PII_MISS}, {"12:30:00", PII_MISS}, {"de:ad:be:ef:00:11:22:33", PII_MISS},
           {"2001:db8::/32", PII_SOLID});
    DETECT(pii_detect_mac, {"00:1a:2b:3c:4d:5e", PII_SOLID}, {"00-1A-2B-3C-4D-5E", PII_SOLID},
           {"001a.2b3c.4d5e", PII_SOLID}, {"00:00:00:00:00:00", PII_FAILED},
           {"ff:ff:ff:ff:ff:ff", PII_FAILED}, {"001a2b3c4d5e", PII_MISS},
           {"00:1a:2b:3c:4d", PII_MISS}, {"00:1a-2b:3c:4d:5e", PII_MISS});
}

/* In pieces, so that no scanner of sources takes them for real. */
static void test_secrets(void **state) {
    (void)state;
    DETECT(pii_detect_secret,
           {"AKIA"
            "IOSFODNN7EXAMPLE",
            PII_SOLID},
           {"ghp_"
            "abcdefghijklmnopqrstuvwxyz0123456789",
            PII_SOLID},
           {"xoxb-"
            "123456789012-abcdefghijkl",
            PII_SOLID},
           {"eyJhbGciOiJIUzI1NiJ9"
            ".eyJzdWIiOiIxMjM0NTY3ODkwIn0"
            ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
            PII_SOLID},
           {"-----BEGIN RSA "
            "PRIVATE KEY-----",
            PII_SOLID},
           {"-----BEGIN CERTIFICATE-----", PII_MISS}, {"AKIA", PII_MISS},
           {"eyJhbGciOiJIUzI1NiJ9", PII_MISS}, {"correct horse battery", PII_MISS},
           {"d41d8cd98f00b204e9800998ecf8427e", PII_MISS});
}

static void test_births(void **state) {
    (void)state;
    DETECT(pii_detect_birth, {"1980-02-29", PII_WEAK}, {"1980-02-29 00:00:00", PII_WEAK},
           {"1980-02-29T00:00:00Z", PII_WEAK}, {"29.02.1980", PII_WEAK}, {"2/29/1980", PII_WEAK},
           {"29/2/1980", PII_WEAK}, {"19800229", PII_WEAK}, {"29 Feb 1980", PII_WEAK},
           {"February 29, 1980", PII_WEAK}, {"1981-02-29", PII_FAILED}, {"1880-01-01", PII_FAILED},
           {"2980-01-01", PII_FAILED}, {"32/13/1980", PII_FAILED}, {"1980-02-291", PII_MISS},
           {"hello", PII_MISS}, {"12345678901", PII_MISS}, {"2/1980", PII_MISS});
    assert_int_equal(pii_birth_of_days(0), PII_WEAK);
    assert_int_equal(pii_birth_of_days(-25567), PII_WEAK);
    assert_int_equal(pii_birth_of_days(-25568), PII_FAILED);
    assert_int_equal(pii_birth_of_days(1000000), PII_FAILED);
}

int suite_test_pii_network(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses),
                                       cmocka_unit_test(test_secrets),
                                       cmocka_unit_test(test_births)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
