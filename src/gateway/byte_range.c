/* byte_range.c - parsing that falls back to "the whole object" wherever the RFC allows it.
 *
 * Several ranges in one request are legal to ignore (RFC 9110, 14.2), and we do: multipart answers
 * serve nobody here. A range of a size-0 object is outside of it.
 *
 * Tested by: tests/unit/gateway/test_byte_range.c. */
#include "gateway/byte_range.h"

static RangeKind part(uint64_t first, uint64_t last, uint64_t size, ByteRange *out) {
    if (first >= size)
        return RANGE_OUTSIDE;
    if (last >= size)
        last = size - 1;
    *out = (ByteRange){first, last - first + 1};
    return RANGE_PART;
}

RangeKind byte_range_parse(Str header, uint64_t size_bytes, ByteRange *out) {
    *out = (ByteRange){0, size_bytes};
    header = str_trim(header);
    if (header.length < 6 || !str_eq_nocase(str_slice(header, 0, 6), STR("bytes=")))
        return RANGE_WHOLE;
    Str spec = str_trim(str_slice(header, 6, header.length));
    size_t dash = str_find_char(spec, '-', 0);
    if (dash == SIZE_MAX || str_find_char(spec, ',', 0) != SIZE_MAX)
        return RANGE_WHOLE;
    Str from = str_trim(str_slice(spec, 0, dash));
    Str to = str_trim(str_slice(spec, dash + 1, spec.length));
    uint64_t first = 0;
    uint64_t last = UINT64_MAX;
    if (from.length == 0) { /* "-n": the last n bytes */
        uint64_t suffix = 0;
        if (!str_to_u64(to, &suffix))
            return RANGE_WHOLE;
        if (suffix == 0)
            return RANGE_OUTSIDE;
        return part(suffix < size_bytes ? size_bytes - suffix : 0, UINT64_MAX, size_bytes, out);
    }
    if (!str_to_u64(from, &first) || (to.length > 0 && !str_to_u64(to, &last)) || last < first)
        return RANGE_WHOLE;
    return part(first, last, size_bytes, out);
}

/* Cuts the first entity tag off `list`. False when what comes is none. */
static bool next_etag(Str *list, Str *out_etag, bool *out_weak) {
    Str rest = str_trim(*list);
    while (rest.length > 0 && rest.data[0] == ',')
        rest = str_trim(str_slice(rest, 1, rest.length));
    *out_weak = str_starts(rest, STR("W/"));
    if (*out_weak)
        rest = str_slice(rest, 2, rest.length);
    if (rest.length < 2 || rest.data[0] != '"')
        return false;
    size_t end = str_find_char(rest, '"', 1);
    if (end == SIZE_MAX)
        return false;
    *out_etag = str_slice(rest, 1, end);
    *list = str_slice(rest, end + 1, rest.length);
    return true;
}

bool etag_list_has(Str list, Str etag, EtagCompare compare) {
    if (str_eq(str_trim(list), STR("*")))
        return true;
    Str found;
    bool weak;
    while (next_etag(&list, &found, &weak))
        if (str_eq(found, etag) && (compare == ETAG_WEAK || !weak))
            return true;
    return false;
}

bool etag_single(Str header, Str *out_etag) {
    Str found;
    bool weak;
    if (!next_etag(&header, &found, &weak) || weak || str_trim(header).length > 0)
        return false;
    *out_etag = found;
    return true;
}
