/* file_upload.h - send a file as the body of a call that starts a job, with a bar as it goes up.
 *
 * Errors: FAIL_IO, FAIL_INVALID (a folder), and the server's.
 * Ownership: closed by whoever opened it.   Threads: one. */
#ifndef CLI_FILE_UPLOAD_H
#define CLI_FILE_UPLOAD_H

#include "cli/cli_job.h"

typedef struct FileUpload {
    HttpUploadFile upload;
    Str name; /* without folders; "stdin" */
} FileUpload;

/* "-" is standard input. */
MUST_CHECK bool file_upload_open(Str path, Arena *arena, FileUpload *out, Err *err);
void file_upload_close(const FileUpload *file);
/* POSTs it; the job goes on when *out has its id. */
MUST_CHECK bool file_upload_send(CliClient *client, Str url, const FileUpload *file, JobAnswer *out,
                                 Err *err);

#endif
