/* test_tokenizer.c - the rules of WordPiece one by one, and tokenizer.json read and refused.
 *
 * The real vocabulary and the reference library are compared in tests/embed_parity/. */
#include "unit.h"

#include "base/rng.h"
#include "base/vec.h"
#include "embed/tokenizer.h"
#include "tiny_model.h"

static const char small_vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n##ing\n"
                                  "go\n,\n.\n!\n$\ncafe\n\xe4\xb8\xad\n\xe6\x96\x87\nun\n##aff\n"
                                  "##able\n[\n]\nsep\nCafe\ni\na\n##a\n";
enum {
    PAD,
    UNK,
    CLS,
    SEP,
    MASK,
    HELLO,
    WORLD,
    S,
    ING,
    GO,
    COMMA,
    DOT,
    BANG,
    DOLLAR,
    CAFE,
    ZHONG,
    WEN,
    UN,
    AFF,
    ABLE,
    OPEN,
    CLOSE,
    SEP_WORD,
    CAFE_UPPER,
    LETTER_I,
    LETTER_A,
    MORE_A
};

static Tokenizer *make(bool lowercase, bool strip_accents) {
    Err err = {0};
    Tokenizer *tokenizer = tokenizer_parse(&(TokenizerTexts){.vocab_txt = str_c(small_vocab),
                                                             .lowercase = lowercase,
                                                             .strip_accents = strip_accents,
                                                             .split_cjk = true},
                                           &err);
    if (tokenizer == NULL)
        fail_msg("%s", err.message);
    return tokenizer;
}

static void check(const Tokenizer *tokenizer, Str text, const uint32_t *expected, size_t count) {
    uint32_t ids[64];
    bool truncated = true;
    size_t got = tokenizer_encode(tokenizer, text, 64, ids, &truncated);
    assert_false(truncated);
    assert_int_equal(ids[0], CLS);
    assert_int_equal(ids[got - 1], SEP);
    if (got != count + 2 || memcmp(ids + 1, expected, count * sizeof *expected) != 0) {
        for (size_t i = 0; i < got; i++)
            print_error("%u ", ids[i]);
        fail_msg("'%.*s': other ids than expected", STR_ARG(text));
    }
}

#define CHECK(text, ...)                                                                           \
    do {                                                                                           \
        const uint32_t expected_[] = {__VA_ARGS__};                                                \
        check(tokenizer, STR(text), expected_, ARRAY_LEN(expected_));                              \
    } while (0)

static void words_and_pieces(void **state) {
    (void)state;
    Tokenizer *tokenizer = make(true, true);
    const uint32_t nothing[1] = {0};
    check(tokenizer, STR_EMPTY, nothing, 0);
    check(tokenizer, STR(" \t\r\n\v\f "), nothing, 0);
    CHECK("Hello, worlds!", HELLO, COMMA, WORLD, S, BANG);
    CHECK("going", GO, ING);
    CHECK("unaffable", UN, AFF, ABLE);
    CHECK("unaffablex go", UNK, GO); /* one hole spoils the whole word */
    CHECK("$.$", DOLLAR, DOT, DOLLAR);
    CHECK("hello^world", HELLO, UNK, WORLD); /* ASCII symbols count as punctuation */
    tokenizer_destroy(tokenizer);
}

static void unicode_rules(void **state) {
    (void)state;
    Tokenizer *tokenizer = make(true, true);
    CHECK("CAF\xc3\x89", CAFE);  /* composed accent */
    CHECK("cafe\xcc\x81", CAFE); /* combining accent */
    CHECK("hello\xe4\xb8\xad\xe6\x96\x87go", HELLO, ZHONG, WEN, GO);
    CHECK("he\xc2\xadllo", HELLO);                               /* soft hyphen vanishes */
    CHECK("he\xe2\x80\x8bl\xef\xbb\xbflo", HELLO);               /* so do ZWSP and BOM */
    CHECK("hello\xc2\xa0world\xe3\x80\x80go", HELLO, WORLD, GO); /* NBSP, ideographic space */
    CHECK("go\xe2\x80\xa8go", GO, GO);                           /* line separator */
    CHECK("\xc4\xb0", LETTER_I);                                 /* capital I with dot */
    CHECK("a\x01\x02\x7f", LETTER_A);                            /* controls vanish */
    CHECK("hello\xff\xfe", HELLO);                               /* bad bytes are U+FFFD, dropped */
    CHECK("\xf0\x9f\x98\x80 go", UNK, GO);                       /* emoji */
    check(tokenizer, str_make("a\0a", 3), (const uint32_t[]){LETTER_A, MORE_A}, 2);
    tokenizer_destroy(tokenizer);

    tokenizer = make(false, false);
    CHECK("Cafe cafe", CAFE_UPPER, CAFE);
    CHECK("caf\xc3\xa9", UNK);
    tokenizer_destroy(tokenizer);
    tokenizer = make(false, true);
    CHECK("Caf\xc3\xa9", CAFE_UPPER);
    tokenizer_destroy(tokenizer);
}

static void special_tokens_in_texts(void **state) {
    (void)state;
    Tokenizer *tokenizer = make(true, true);
    CHECK("hello[SEP]world [MASK].", HELLO, SEP, WORLD, MASK, DOT);
    CHECK("[sep]", OPEN, SEP_WORD, CLOSE); /* only as they are written */
    CHECK("[[CLS]", OPEN, CLS);
    CHECK("[SEP", OPEN, SEP_WORD);
    tokenizer_destroy(tokenizer);
}

static void long_words_are_unknown(void **state) {
    (void)state;
    Tokenizer *tokenizer = make(true, true);
    char word[1000];
    memset(word, 'a', sizeof word);
    uint32_t ids[300];
    bool truncated;
    assert_int_equal(tokenizer_encode(tokenizer, (Str){word, 100}, 300, ids, &truncated), 102);
    assert_int_equal(ids[1], LETTER_A);
    assert_int_equal(ids[100], MORE_A);
    assert_int_equal(tokenizer_encode(tokenizer, (Str){word, 101}, 300, ids, &truncated), 3);
    assert_int_equal(ids[1], UNK);
    assert_int_equal(tokenizer_encode(tokenizer, (Str){word, 1000}, 300, ids, &truncated), 3);
    assert_int_equal(ids[1], UNK);
    tokenizer_destroy(tokenizer);
}

static void limits_cut_and_say_so(void **state) {
    (void)state;
    Tokenizer *tokenizer = make(true, true);
    uint32_t ids[8];
    bool truncated;
    Str text = STR("hello world going"); /* four pieces */
    for (size_t limit = 2; limit <= 8; limit++) {
        size_t count = tokenizer_encode(tokenizer, text, limit, ids, &truncated);
        assert_int_equal(count, limit < 6 ? limit : 6);
        assert_int_equal(truncated, limit < 6);
        assert_int_equal(ids[0], CLS);
        assert_int_equal(ids[count - 1], SEP);
    }
    tokenizer_encode(tokenizer, STR("hello world going   \n "), 6, ids, &truncated);
    assert_false(truncated); /* spaces beyond the limit are no loss */
    tokenizer_destroy(tokenizer);
}

/* --- tokenizer.json --------------------------------------------------------------------------- */

#define NORMALIZER    "\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true}"
#define PRE_TOKENIZER "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"
#define TEMPLATE                                                                                   \
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":["                             \
    "{\"SpecialToken\":{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}},"                           \
    "{\"SpecialToken\":{\"id\":\"</s>\"}}]}"
#define MODEL                                                                                      \
    "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"<unk>\",\"vocab\":{\"<s>\":1,\"</s>\":2,"   \
    "\"<unk>\":0,\"go\":3,\"##ing\":4,\"<\":5}}"
#define ADDED "\"added_tokens\":[{\"id\":1,\"content\":\"<s>\"},{\"id\":9,\"content\":\"<sx>\"}]"

static Tokenizer *parse_json(const char *text, Err *err) {
    return tokenizer_parse(&(TokenizerTexts){.tokenizer_json = str_c(text)}, err);
}

static void reads_tokenizer_json(void **state) {
    (void)state;
    Err err = {0};
    Tokenizer *tokenizer =
        parse_json("{" NORMALIZER "," PRE_TOKENIZER "," TEMPLATE "," MODEL "," ADDED "}", &err);
    assert_non_null(tokenizer);
    assert_int_equal(tokenizer_vocabulary_size(tokenizer), 10);
    uint32_t ids[16];
    bool truncated;
    size_t count = tokenizer_encode(tokenizer, STR("GOing <s><sx> x <"), 16, ids, &truncated);
    const uint32_t expected[] = {1, 3, 4, 1, 9, 0, 5, 2};
    assert_int_equal(count, ARRAY_LEN(expected));
    assert_memory_equal(ids, expected, sizeof expected);
    tokenizer_destroy(tokenizer);
}

static void refuses_other_tokenizers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        FailKind kind;
        const char *says;
    } cases[] = {
        {"[]", FAIL_CORRUPT, "object"},
        {"{", FAIL_CORRUPT, "JSON"},
        {"{}", FAIL_UNSUPPORTED, "normalizer"},
        {"{\"normalizer\":{\"type\":\"NFC\"}}", FAIL_UNSUPPORTED, "NFC"},
        {"{" NORMALIZER ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}", FAIL_UNSUPPORTED,
         "ByteLevel"},
        {"{" NORMALIZER "," PRE_TOKENIZER ",\"model\":{\"type\":\"Unigram\"}}", FAIL_UNSUPPORTED,
         "Unigram"},
        {"{" NORMALIZER "," PRE_TOKENIZER ",\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}",
         FAIL_CORRUPT, "[UNK]"},
        {"{" NORMALIZER "," PRE_TOKENIZER
         ",\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":-1}}}",
         FAIL_CORRUPT, "id"},
        {"{" NORMALIZER "," PRE_TOKENIZER "," MODEL "}", FAIL_CORRUPT, "post_processor"},
        {"{" NORMALIZER "," PRE_TOKENIZER "," MODEL
         ",\"post_processor\":{\"type\":\"RobertaProcessing\"}}",
         FAIL_UNSUPPORTED, "RobertaProcessing"},
        {"{" NORMALIZER "," PRE_TOKENIZER "," MODEL "," TEMPLATE
         ",\"added_tokens\":[{\"id\":1,\"content\":\"<s>\",\"lstrip\":true}]}",
         FAIL_UNSUPPORTED, "lstrip"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err = {0};
        assert_null(parse_json(cases[i].text, &err));
        if (err.kind != cases[i].kind || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: said '%s'", cases[i].text, err.message);
    }
    Err err = {0};
    assert_null(tokenizer_parse(&(TokenizerTexts){0}, &err));
    assert_null(tokenizer_parse(&(TokenizerTexts){.vocab_txt = STR("a\nb\n")}, &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
}

/* Property: never more than the limit, ids in range, and a cut text is a prefix of the uncut. */
static void random_texts(void **state) {
    (void)state;
    uint64_t seed = 20240817;
    print_message("seed %llu\n", (unsigned long long)seed);
    Rng rng = rng_seeded(seed);
    Tokenizer *tokenizer = make(true, true);
    for (int round = 0; round < 2000; round++) {
        char text[200];
        size_t length = rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = rng_below(&rng, 3) == 0 ? (char)rng_below(&rng, 256)
                                              : "helo wrdsing[SEP]., "[rng_below(&rng, 20)];
        uint32_t all[256];
        uint32_t cut[256];
        bool truncated;
        size_t count = tokenizer_encode(tokenizer, (Str){text, length}, 256, all, &truncated);
        assert_false(truncated);
        for (size_t i = 0; i < count; i++)
            assert_true(all[i] < tokenizer_vocabulary_size(tokenizer));
        size_t limit = 2 + rng_below(&rng, 20);
        size_t got = tokenizer_encode(tokenizer, (Str){text, length}, limit, cut, &truncated);
        assert_true(got <= limit);
        assert_int_equal(truncated, count > limit);
        assert_memory_equal(all, cut, (got - 1) * sizeof *cut);
    }
    tokenizer_destroy(tokenizer);
}

int suite_test_tokenizer(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_pieces),         cmocka_unit_test(unicode_rules),
        cmocka_unit_test(special_tokens_in_texts),  cmocka_unit_test(long_words_are_unknown),
        cmocka_unit_test(limits_cut_and_say_so),    cmocka_unit_test(reads_tokenizer_json),
        cmocka_unit_test(refuses_other_tokenizers), cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
