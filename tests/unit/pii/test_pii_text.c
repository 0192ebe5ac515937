/* Unit tests of candidates: where a value begins and ends inside of a text. */
#include "unit.h"

#include "base/rng.h"
#include "pii/pii_text.h"

typedef struct Found {
    Arena *arena;
    StrBuf text;
    size_t count;
} Found;

static void note(void *context, const PiiValue *candidate) {
    Found *found = context;
    strbuf_append_format(&found->text, "[%.*s]", STR_ARG(candidate->text));
    found->count++;
}

static void assert_offers(const char *text, const char *expected) {
    Arena *arena = arena_create();
    Found found = {.arena = arena, .text = strbuf_make(arena)};
    pii_text_candidates(str_c(text), note, &found);
    Str all = strbuf_str(&found.text);
    if (str_find(all, str_format(arena, "[%s]", expected), 0) == SIZE_MAX)
        fail_msg("'%s' offers %.*s", text, STR_ARG(all));
    arena_destroy(arena);
}

static void assert_offers_nothing_with(const char *text, const char *part) {
    Arena *arena = arena_create();
    Found found = {.arena = arena, .text = strbuf_make(arena)};
    pii_text_candidates(str_c(text), note, &found);
    Str all = strbuf_str(&found.text);
    if (str_find(all, str_c(part), 0) != SIZE_MAX)
        fail_msg("'%s' offers %.*s", text, STR_ARG(all));
    arena_destroy(arena);
}

static void test_email(void **state) {
    (void)state;
    assert_offers("Jane Roe <jane@roe.org>", "jane@roe.org");
    assert_offers("write to jane.roe+x@roe.org, or call.", "jane.roe+x@roe.org");
    assert_offers("It is jane@roe.org.", "jane@roe.org");
    assert_offers("mailto:jane@roe.org?subject=x", "jane@roe.org");
    assert_offers("{\"user\":\"jane@roe.org\"}", "jane@roe.org");
    assert_offers_nothing_with("git@github.com:a/b.git", "@github");
    assert_offers_nothing_with("https://jane@roe.org/x", "jane@roe");
    assert_offers_nothing_with("@ @@ a@ @b", "@");
}

static void test_numbers(void **state) {
    (void)state;
    assert_offers("card 4111 1111 1111 1111 was used", "4111 1111 1111 1111");
    assert_offers("call +44 7700 900123 after six", "+44 7700 900123");
    assert_offers("call (212) 736-5000.", "(212) 736-5000");
    assert_offers("ssn:536-90-4399;", "536-90-4399");
    assert_offers("SSN 536-90-4399", "536-90-4399");
    assert_offers("pay to DE89 3704 0044 0532 0130 00 now", "DE89 3704 0044 0532 0130 00");
    assert_offers("from 203.0.113.7: ok", "203.0.113.7");
    assert_offers_nothing_with("see https://x.org/i/4111111111111111?s=1", "4111");
    assert_offers_nothing_with("id ab4111 1111 1111 1111x", "[4111 1111 1111 1111");
}

/* Any bytes: ends, and stays inside of the text. */
static void test_any_bytes(void **state) {
    (void)state;
    Rng rng = rng_seeded(5);
    static const char alphabet[] = "0123456789@.-+ ():/aZ\xc3\xa9\n,;<>";
    for (int round = 0; round < 2000; round++) {
        char text[200];
        size_t length = (size_t)rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[rng_below(&rng, sizeof alphabet - 1)];
        Arena *arena = arena_create();
        Found found = {.arena = arena, .text = strbuf_make(arena)};
        pii_text_candidates((Str){text, length}, note, &found);
        assert_true(found.count <= length * 3);
        arena_destroy(arena);
    }
}

int suite_test_pii_text(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_email), cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_any_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
