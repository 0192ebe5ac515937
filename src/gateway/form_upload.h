/* form_upload.h - a multipart form that carries one file beside its small fields.
 *
 * The file goes to a temporary file as it comes in; the fields are kept for the route, which
 * takes them for query parameters of the same names.
 *
 * Limits: one file, 32 fields of 64 KiB.
 * Ownership: lives in the request's arena.   Threads: one at a time. */
#ifndef GATEWAY_FORM_UPLOAD_H
#define GATEWAY_FORM_UPLOAD_H

#include "base/vec.h"
#include "gateway/body_sink.h"
#include "gateway/multipart.h"

typedef struct FormField {
    Str name, value;
} FormField;

typedef struct FormUpload {
    Arena *arena;
    Upload *upload;
    Multipart *parser;
    VEC(FormField) fields;
    bool in_file, has_file;
    StrBuf field_value;
    Str field_name;
    Str file_name, file_type;
} FormUpload;

FormUpload *form_upload_create(Upload *upload, Str boundary, Arena *arena);
HttpBodySink form_upload_sink(FormUpload *form);
/* The form is whole, and held a file. */
MUST_CHECK bool form_upload_finish(FormUpload *form, Err *err);

#endif
