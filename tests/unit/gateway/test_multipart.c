/* Multipart forms: every way to cut them into pieces, and every way to get them wrong. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/form_upload.h"
#include "gateway/multipart.h"

/* Parts as text: "name|filename|type=data;" one after another. */
typedef struct Seen {
    StrBuf text;
} Seen;

static bool on_begin(void *context, const MultipartPart *part, Err *err) {
    (void)err;
    Seen *seen = context;
    strbuf_append_format(&seen->text, "%.*s|%.*s|%.*s=", STR_ARG(part->name),
                         STR_ARG(part->has_filename ? part->filename : STR("-")),
                         STR_ARG(part->content_type));
    return true;
}

static bool on_data(void *context, Str bytes, Err *err) {
    (void)err;
    Seen *seen = context;
    strbuf_append(&seen->text, bytes);
    return true;
}

static bool on_end(void *context, Err *err) {
    (void)err;
    Seen *seen = context;
    strbuf_append_char(&seen->text, ';');
    return true;
}

/* Feeds `body` in pieces of `piece` bytes. */
static bool parse(Arena *arena, Str body, size_t piece, Str *out, Err *err) {
    Seen seen = {strbuf_make(arena)};
    MultipartEvents events = {&seen, on_begin, on_data, on_end};
    Multipart *parser = multipart_create(STR("XyZ"), &events, arena);
    bool fine = true;
    for (size_t at = 0; at < body.length && fine; at += piece)
        fine = multipart_feed(parser, str_slice(body, at, at + piece), err);
    fine = fine && multipart_finish(parser, err);
    *out = strbuf_str(&seen.text);
    return fine;
}

#define PART(disposition) "\r\nContent-Disposition: form-data; " disposition "\r\n\r\n"

static const char whole_form[] =
    "preamble to be ignored\r\n--XyZ" PART("name=\"a\"") "one\r\n--XyZ" PART(
        "name=empty") "\r\n--XyZ  \t\r\ncontent-type: text/csv; charset=utf-8\r\n"
                      "CONTENT-DISPOSITION: Form-Data; name=\"f\"; "
                      "filename=\"q\\\"u;o.csv\"\r\n\r\n"
                      "x,y\r\n1,2\r\n--Xy\r\n\r\n--XYZ\r\n\r\n--XyZ--\r\nepilogue\r\n--"
                      "XyZ\r\nnothing";

static void any_cut_gives_the_same_parts(void **state) {
    Arena *arena = *state;
    Str body = str_make(whole_form, sizeof whole_form - 1);
    for (size_t piece = 1; piece <= body.length; piece++) {
        Str seen;
        Err err = {0};
        assert_ok(parse(arena, body, piece, &seen, &err), &err);
        assert_str_equal(seen, "a|-|=one;empty|-|=;"
                               "f|q\"u;o.csv|text/csv; charset=utf-8=x,y\r\n1,2\r\n--Xy\r\n\r\n"
                               "--XYZ\r\n;");
    }
}

static void a_long_part_passes_through_the_window(void **state) {
    Arena *arena = *state;
    enum { LENGTH = 300000 };
    StrBuf body = strbuf_make(arena);
    strbuf_append_c(&body, "--XyZ" PART("name=big; filename=f"));
    size_t from = body.length;
    for (int i = 0; i < LENGTH; i++)
        strbuf_append_char(&body, "\r\n--Xy"[i % 6]);
    Str wanted = str_slice(strbuf_str(&body), from, body.length);
    wanted = str_dup(arena, wanted);
    strbuf_append_c(&body, "\r\n--XyZ--");
    static const size_t pieces[] = {1, 7, 4096, 32768, 1000000};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        Str seen;
        Err err = {0};
        assert_ok(parse(arena, strbuf_str(&body), pieces[i], &seen, &err), &err);
        assert_true(str_eq(str_slice(seen, strlen("big|f|="), seen.length - 1), wanted));
    }
}

static void malformed_forms_are_refused(void **state) {
    Arena *arena = *state;
    static const struct {
        const char *body;
        FailKind kind;
    } cases[] = {
        {"", FAIL_INVALID},
        {"nothing of the kind", FAIL_INVALID},
        {"--XyZ", FAIL_INVALID},
        {"--XyZ" PART("name=a") "never closed", FAIL_INVALID},
        {"--XyZ" PART("name=a") "cut\r\n--Xy", FAIL_INVALID},
        {"--XyZ" PART("name=a") "x\r\n--XyZ-", FAIL_INVALID},
        {"--XyZjunk\r\n", FAIL_INVALID},
        {"--XyZ\r\n\r\nno name\r\n--XyZ--", FAIL_INVALID},
        {"--XyZ" PART("nam=a") "x\r\n--XyZ--", FAIL_INVALID},
        {"--XyZ" PART("name=\"unclosed") "x\r\n--XyZ--", FAIL_INVALID},
        {"--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XyZ--", FAIL_INVALID},
        {"--XyZ\r\nno colon\r\n\r\nx\r\n--XyZ--", FAIL_INVALID},
        {"--XyZ" PART("name=\"\xff\"") "x\r\n--XyZ--", FAIL_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 40; piece += 13) {
            Str seen;
            Err err = {0};
            assert_fails(parse(arena, str_c(cases[i].body), piece, &seen, &err), &err,
                         cases[i].kind);
        }
    }
}

static void limits_hold(void **state) {
    Arena *arena = *state;
    Str seen;
    Err err = {0};
    StrBuf headers = strbuf_make(arena);
    strbuf_append_c(&headers, "--XyZ\r\nX: ");
    for (int i = 0; i < 9000; i++)
        strbuf_append_char(&headers, 'h');
    assert_fails(parse(arena, strbuf_str(&headers), 100, &seen, &err), &err, FAIL_LIMIT);

    StrBuf parts = strbuf_make(arena);
    for (int i = 0; i < 65; i++)
        strbuf_append_c(&parts, "\r\n--XyZ" PART("name=a") "x");
    assert_fails(parse(arena, strbuf_str(&parts), 100, &seen, &err), &err, FAIL_LIMIT);

    StrBuf padding = strbuf_make(arena);
    strbuf_append_c(&padding, "--XyZ");
    for (int i = 0; i < 9000; i++)
        strbuf_append_char(&padding, ' ');
    assert_fails(parse(arena, strbuf_str(&padding), 100, &seen, &err), &err, FAIL_LIMIT);
}

static void boundaries_are_read_from_the_content_type(void **state) {
    Arena *arena = *state;
    static const struct {
        const char *type, *boundary; /* NULL = refused */
    } cases[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"multipart/form-data;boundary=\"a b\"", "a b"},
        {"Multipart/Form-Data; charset=x; BOUNDARY=----WebKit+Form'()", "----WebKit+Form'()"},
        {"multipart/form-data", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=\"\"", NULL},
        {"multipart/form-data; boundary=\"abc ", NULL},
        {"multipart/form-data; boundary=\"abc \"", NULL},
        {"multipart/form-data; boundary=a\r\nb", NULL},
        {"multipart/form-data; boundary=a{b}", NULL},
        {"multipart/form-data; boundary="
         "12345678901234567890123456789012345678901234567890123456789012345678901",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Str boundary;
        Err err = {0};
        assert_true(multipart_is_form(str_c(cases[i].type)));
        bool fine = multipart_boundary(str_c(cases[i].type), arena, &boundary, &err);
        if (cases[i].boundary == NULL) {
            if (fine)
                fail_msg("'%s' passed", cases[i].type);
            assert_int_equal(err.kind, FAIL_INVALID);
        } else {
            assert_ok(fine, &err);
            assert_str_equal(boundary, cases[i].boundary);
        }
    }
    assert_false(multipart_is_form(STR("multipart/mixed; boundary=a")));
    assert_false(multipart_is_form(STR("")));
}

/* --- with a file ----------------------------------------------------------------------------- */

static FormUpload *feed_form(Arena *arena, const char *body, bool *out_fine, Err *err) {
    Upload *upload = upload_create(STR("/tmp"), arena, err);
    assert_non_null(upload);
    FormUpload *form = form_upload_create(upload, STR("XyZ"), arena);
    HttpBodySink sink = form_upload_sink(form);
    *out_fine = sink.write(sink.context, str_c(body), err) && upload_finish(upload, err) &&
                form_upload_finish(form, err);
    return form;
}

static void the_file_goes_to_disk_and_is_removed_in_the_end(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Arena *longer = arena_create();
    Err err = {0};
    bool fine;
    FormUpload *form = feed_form(arena,
                                 "--XyZ" PART("name=dataset") "d1\r\n--XyZ" PART(
                                     "name=file; filename=\"in.csv\"") "a,b\n1,2\n\r\n--XyZ--\r\n",
                                 &fine, &err);
    assert_ok(fine, &err);
    assert_int_equal(form->fields.count, 1);
    assert_str_equal(form->fields.items[0].name, "dataset");
    assert_str_equal(form->fields.items[0].value, "d1");
    assert_str_equal(form->file_name, "in.csv");
    assert_int_equal(form->upload->size_bytes, 8);
    char first[256];
    snprintf(first, sizeof first, "%s", form->upload->path);
    assert_int_equal(access(first, R_OK), 0);
    Upload *moved = upload_move(form->upload, longer);
    arena_destroy(arena);
    assert_int_equal(access(moved->path, R_OK), 0); /* it has a new owner */
    arena_destroy(longer);
    assert_int_equal(access(first, F_OK), -1);
}

static void forms_without_exactly_one_file_are_refused(void **state) {
    Arena *arena = *state;
    static const char *const bodies[] = {
        "--XyZ" PART("name=dataset") "d1\r\n--XyZ--",
        "--XyZ" PART("name=f; filename=a") "x\r\n--XyZ" PART("name=g; filename=b") "y\r\n--XyZ--",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        Err err = {0};
        bool fine;
        feed_form(arena, bodies[i], &fine, &err);
        assert_false(fine);
        assert_int_equal(err.kind, FAIL_INVALID);
    }
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_multipart(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_parts),
        cmocka_unit_test(a_long_part_passes_through_the_window),
        cmocka_unit_test(malformed_forms_are_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(boundaries_are_read_from_the_content_type),
        cmocka_unit_test(the_file_goes_to_disk_and_is_removed_in_the_end),
        cmocka_unit_test(forms_without_exactly_one_file_are_refused),
    };
    return cmocka_run_group_tests_name("multipart", tests, setup, teardown);
}
