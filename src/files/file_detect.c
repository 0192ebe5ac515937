/* file_detect.c - tell file formats apart before anything tries to parse them.
 *
 * Binary formats begin with a magic number. Of texts, JSON begins with '[' or '{'; an object that
 * ends within its first line makes it NDJSON. Everything else is delimited text, provided that it
 * is text at all.
 *
 * Tested by: test_file_detect.c. */
#include "files/file_detect.h"

#include <string.h>

#include "files/json_scan.h"
#include "files/utf8_scan.h"

typedef struct Magic {
    const char *bytes;
    size_t length;
    const char *name, *hint;
} Magic;

/* What people upload by mistake. */
static const Magic strangers[] = {
    {"PK\x03\x04", 4, "a ZIP archive or an office document (xlsx, docx)",
     "unpack it, or save the sheet as CSV"},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, "an old office document (xls, doc)",
     "save the sheet as CSV"},
    {"%PDF-", 5, "a PDF document", "extract its tables first"},
    {"BZh", 3, "compressed with bzip2", "use gzip or zstd, or send it plain"},
    {"\xFD"
     "7zXZ",
     5, "compressed with xz", "use gzip or zstd, or send it plain"},
    {"7z\xBC\xAF\x27\x1C", 6, "a 7z archive", "unpack it"},
    {"Rar!\x1A\x07", 6, "a RAR archive", "unpack it"},
    {"\x89PNG", 4, "a PNG image", "tables are read from CSV, JSON and Parquet"},
    {"\xFF\xD8\xFF", 3, "a JPEG image", "tables are read from CSV, JSON and Parquet"},
    {"GIF8", 4, "a GIF image", "tables are read from CSV, JSON and Parquet"},
    {"\x7F"
     "ELF",
     4, "a program", "tables are read from CSV, JSON and Parquet"},
    {"SQLite format 3", 15, "an SQLite database", "export its tables as CSV"},
    {"ORC", 3, "an ORC file", "convert it to Parquet"},
    {"Obj\x01", 4, "an Avro file", "convert it to Parquet"},
    {"ARROW1", 6, "an Arrow file", "convert it to Parquet"},
    {"<?xml", 5, "an XML document", "convert it to CSV or JSON"},
    {"<!DOCTYPE", 9, "an HTML page", "send the data itself, not the page that shows it"},
    {"<html", 5, "an HTML page", "send the data itself, not the page that shows it"},
};

static const char *const format_names[] = {"auto", "csv", "json", "ndjson", "parquet"};

const char *file_format_name(FileFormat format) {
    return format_names[format];
}

bool file_format_parse(Str name, FileFormat *out) {
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (str_eq_c(name, format_names[i])) {
            *out = (FileFormat)i;
            return true;
        }
    return false;
}

static bool begins(Str bytes, const char *magic, size_t length) {
    return bytes.length >= length && memcmp(bytes.data, magic, length) == 0;
}

FileCompression file_compression(Str first_bytes) {
    if (begins(first_bytes, "\x1F\x8B", 2))
        return FILE_GZIP;
    if (begins(first_bytes, "\x28\xB5\x2F\xFD", 4))
        return FILE_ZSTD;
    return FILE_PLAIN;
}

static bool refuse_strangers(Str bytes, Err *err) {
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        if (!begins(bytes, strangers[i].bytes, strangers[i].length))
            continue;
        err_fail(err, FAIL_MEDIA_TYPE, "the file is %s", strangers[i].name);
        return err_hint(err, "%s", strangers[i].hint);
    }
    if (bytes.length >= 262 && memcmp(bytes.data + 257, "ustar", 5) == 0) {
        err_fail(err, FAIL_MEDIA_TYPE, "the file is a TAR archive");
        return err_hint(err, "unpack it, and send its files one by one");
    }
    return true;
}

/* An object that begins and ends in the first line: one record a line. So is a first line that is
 * broken, before lines that begin objects of their own. */
static FileFormat json_kind(Str text) {
    JsonScanner scanner;
    if (text.data[0] == '[')
        return FILE_JSON;
    json_scanner_init(&scanner);
    scanner.bytes = text;
    JsonStep step = json_scan_object(&scanner);
    Str object = str_slice(text, 0, scanner.at);
    json_scanner_deinit(&scanner);
    if (step == JSON_STEP_OBJECT)
        return str_find_char(object, '\n', 0) == SIZE_MAX ? FILE_NDJSON : FILE_JSON;
    bool another = str_find(text, STR("\n{"), 0) != SIZE_MAX;
    return step == JSON_STEP_BROKEN && another ? FILE_NDJSON : FILE_JSON;
}

static bool name_says_csv(Str name) {
    static const char *const endings[] = {".csv", ".tsv", ".tab", ".txt"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(name, str_c(endings[i])))
            return true;
    return false;
}

static bool detect_text(Str bytes, Str name, FileFormat *out, Err *err) {
    size_t skip;
    if (!utf8_sniff(bytes, &skip, err))
        return false;
    Str text = str_trim(str_slice(bytes, skip, bytes.length));
    char first = text.length > 0 ? text.data[0] : '\0';
    bool json = first == '{' || (first == '[' && !name_says_csv(name));
    *out = json ? json_kind(text) : FILE_CSV;
    size_t controls = 0, looked_at = bytes.length < 4096 ? bytes.length : 4096;
    for (size_t i = 0; i < looked_at; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        controls += c < 0x20 && c != '\t' && c != '\n' && c != '\r';
    }
    if (controls * 10 <= looked_at)
        return true;
    err_fail(err, FAIL_MEDIA_TYPE, "the file is binary, of a kind that is not known here");
    return err_hint(err, "tables are read from CSV, JSON, NDJSON and Parquet");
}

bool file_detect(Str first_bytes, Str name, FileFormat wanted, FileFormat *out, Err *err) {
    FileFormat found = FILE_PARQUET;
    bool is_parquet = begins(first_bytes, "PAR1", 4);
    if (!is_parquet &&
        (!refuse_strangers(first_bytes, err) || !detect_text(first_bytes, name, &found, err)))
        return false;
    if (wanted != FILE_AUTO && (wanted == FILE_PARQUET) != is_parquet) {
        err_fail(err, FAIL_UNPROCESSABLE, "the file is %sParquet, but format says %s",
                 is_parquet ? "" : "not ", file_format_name(wanted));
        return err_field(err, "format");
    }
    *out = wanted != FILE_AUTO ? wanted : found;
    return true;
}
