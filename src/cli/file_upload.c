/* file_upload.c - a file or standard input on its way to the server.
 *
 * It is streamed from disk as it is; the server finds out what it holds.
 *
 * Tested by: tests/e2e/test_cli.py, tests/e2e/test_verify.py. */
#include "cli/file_upload.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/progress_bar.h"

static Str base_name(Str path) {
    size_t from = path.length;
    while (from > 0 && path.data[from - 1] != '/')
        from--;
    return str_slice(path, from, path.length);
}

bool file_upload_open(Str path, Arena *arena, FileUpload *out, Err *err) {
    if (str_eq_c(path, "-")) {
        *out = (FileUpload){{stdin, HTTP_SIZE_UNKNOWN}, STR("stdin")};
        return true;
    }
    FILE *file = fopen(str_to_c(arena, path), "rb");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot read '%.*s'", STR_ARG(path));
    struct stat info;
    bool plain = fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode);
    if (!plain && S_ISDIR(info.st_mode)) {
        fclose(file);
        err_fail(err, FAIL_INVALID, "'%.*s' is a folder", STR_ARG(path));
        return err_hint(err, "load its files one by one with --mode append");
    }
    *out =
        (FileUpload){{file, plain ? (uint64_t)info.st_size : HTTP_SIZE_UNKNOWN}, base_name(path)};
    return true;
}

void file_upload_close(const FileUpload *file) {
    if (file->upload.file != stdin)
        fclose(file->upload.file);
}

typedef struct Sending {
    ProgressBar bar;
    uint64_t total;
} Sending;

static bool show_sending(void *context, uint64_t sent_bytes, Err *err) {
    (void)err;
    Sending *sending = context;
    ProgressStep step = {STR("uploading"), STR("bytes"), sent_bytes, sending->total};
    bar_show(&sending->bar, &step, clock_monotonic_ns());
    return true;
}

bool file_upload_send(CliClient *client, Str url, const FileUpload *file, JobAnswer *out,
                      Err *err) {
    Cli *cli = client->cli;
    bool sized = file->upload.size_bytes != HTTP_SIZE_UNKNOWN;
    Sending sending = {.bar = bar_begin(&cli->err, cli->quiet, clock_monotonic_ns()),
                       .total = sized ? file->upload.size_bytes : 0};
    HttpField fields[] = {JOB_PREFER_ASYNC, {STR("Content-Type"), STR("application/octet-stream")}};
    HttpCall call = {.method = "POST",
                     .url = url,
                     .fields = fields,
                     .field_count = ARRAY_LEN(fields),
                     .upload = file->upload,
                     .watch = {&sending, show_sending, -1}};
    HttpAnswer answer;
    bool sent = client_send(client, &call, &answer, err);
    bar_end(&sending.bar);
    return sent && job_started(&answer, cli->arena, out, err);
}
