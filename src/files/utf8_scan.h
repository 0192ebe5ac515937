/* utf8_scan.h - is this text UTF-8, and if not, where and why not.
 *
 * Policy: bytes that are not UTF-8 never reach DuckDB and are never replaced by something else. A
 * row that holds such bytes is rejected and listed; a file in another encoding is refused by name.
 *
 * Threads: pure functions. */
#ifndef FILES_UTF8_SCAN_H
#define FILES_UTF8_SCAN_H

#include "base/err.h"
#include "base/str.h"

/* True when `text` is UTF-8 without NUL characters. Otherwise says where the first fault is. */
bool utf8_scan(Str text, size_t *out_at);
/* "byte 0xE9 is not UTF-8", "NUL character": the fault that utf8_scan found at `at`. */
Str utf8_fault(Str text, size_t at, Arena *arena);

/* Looks at a file's first bytes: *out_skip is the length of a UTF-8 byte order mark. UTF-16 and
 * UTF-32 are FAIL_MEDIA_TYPE, with the command that converts them. */
MUST_CHECK bool utf8_sniff(Str first_bytes, size_t *out_skip, Err *err);

#endif
