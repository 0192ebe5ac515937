/* form_upload.c - multipart events sorted into one file and a few short texts.
 *
 * A part is a file when it has a filename, as browsers and curl -F file=@x send it.
 *
 * Tested by: tests/unit/gateway/test_multipart.c, tests/e2e/test_routes_ingest.py. */
#include "gateway/form_upload.h"

enum { FORM_FIELDS_MAX = 32, FORM_FIELD_BYTES_MAX = 64 << 10 };

static bool on_part_begin(void *context, const MultipartPart *part, Err *err) {
    FormUpload *form = context;
    form->in_file = part->has_filename;
    if (!form->in_file) {
        if (form->fields.count == FORM_FIELDS_MAX)
            return err_fail(err, FAIL_LIMIT, "the form has more than %d fields", FORM_FIELDS_MAX);
        form->field_name = part->name;
        form->field_value = strbuf_make(form->arena);
        return true;
    }
    if (form->has_file)
        return err_fail(err, FAIL_INVALID, "the form holds more than one file");
    form->has_file = true;
    form->file_name = part->filename;
    form->file_type = part->content_type;
    return true;
}

static bool on_part_data(void *context, Str bytes, Err *err) {
    FormUpload *form = context;
    if (form->in_file)
        return upload_write(form->upload, bytes, err);
    if (form->field_value.length + bytes.length > FORM_FIELD_BYTES_MAX)
        return err_fail(err, FAIL_LIMIT, "field '%.*s' of the form is longer than %d bytes",
                        STR_ARG(form->field_name), FORM_FIELD_BYTES_MAX);
    strbuf_append(&form->field_value, bytes);
    return true;
}

static bool on_part_end(void *context, Err *err) {
    (void)err;
    FormUpload *form = context;
    if (!form->in_file)
        *vec_push(&form->fields, form->arena) =
            (FormField){form->field_name, strbuf_str(&form->field_value)};
    return true;
}

FormUpload *form_upload_create(Upload *upload, Str boundary, Arena *arena) {
    FormUpload *form = ARENA_NEW(arena, FormUpload);
    form->arena = arena;
    form->upload = upload;
    form->file_name = form->file_type = STR_EMPTY;
    MultipartEvents events = {form, on_part_begin, on_part_data, on_part_end};
    form->parser = multipart_create(boundary, &events, arena);
    return form;
}

static bool form_write(void *context, Str bytes, Err *err) {
    FormUpload *form = context;
    return multipart_feed(form->parser, bytes, err);
}

HttpBodySink form_upload_sink(FormUpload *form) {
    return (HttpBodySink){form, form_write};
}

bool form_upload_finish(FormUpload *form, Err *err) {
    if (!multipart_finish(form->parser, err))
        return false;
    if (form->has_file)
        return true;
    err_fail(err, FAIL_INVALID, "the form holds no file");
    return err_hint(err, "send it as curl -F file=@NAME does");
}
