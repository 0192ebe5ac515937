/* arrow_c_data.h - the Arrow C data interface, as its specification prints it
 * (arrow.apache.org/docs/format/CDataInterface.html).
 *
 * Whoever receives one calls release once, when it is set. */
#ifndef QUERY_ARROW_C_DATA_H
#define QUERY_ARROW_C_DATA_H

#include <stdint.h>

enum { ARROW_DICTIONARY_ORDERED = 1, ARROW_NULLABLE = 2, ARROW_MAP_KEYS_SORTED = 4 };

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif
