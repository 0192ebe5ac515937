/* fuzz_canonical_text.c - a text that is read reads itself again, and what is refused leaves the
 * buffer as it was. The first byte chooses the kind. */
#include <stdint.h>
#include <stdlib.h>

#include "source/canonical_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    CanonicalKind kind = (CanonicalKind)(data[0] % (CANONICAL_BLOB + 1));
    Arena *arena = arena_create();
    StrBuf once = strbuf_make(arena), twice = strbuf_make(arena);
    Err err = {0};
    if (canonical_from_text(kind, str_make(data + 1, size - 1), &once, &err)) {
        if (!canonical_from_text(kind, strbuf_str(&once), &twice, &err) ||
            !str_eq(strbuf_str(&once), strbuf_str(&twice)))
            abort();
    } else if (once.length != 0 || err.kind != FAIL_UNPROCESSABLE) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
