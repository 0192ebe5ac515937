/* reject_list.h - rows that were refused: all counted, the first ones listed, in order of line.
 *
 * Ownership: texts are copied into the list's arena.   Threads: one at a time. */
#ifndef FILES_REJECT_LIST_H
#define FILES_REJECT_LIST_H

#include "base/err.h"
#include "base/vec.h"
#include "files/file_format.h"

typedef struct RejectList {
    Arena *arena;
    size_t listed_max;
    uint64_t count;
    VEC(RejectedRow) rows;
} RejectList;

void reject_list_init(RejectList *list, size_t listed_max, Arena *arena);
/* The list without what is added to the copy later. */
RejectList reject_list_copy(const RejectList *list);
void reject_add(RejectList *list, uint64_t line, Str column, Str reason);
/* Is a file with so many good rows worth loading? Mostly rejects: the dialect or the encoding is
 * wrong, and the few rows left would be no help. FAIL_UNPROCESSABLE; `things`: "rows". */
MUST_CHECK bool reject_list_bearable(const RejectList *list, uint64_t good, const char *things,
                                     Err *err);
/* Would a reject at this line be listed? Asked before a reason is put into words. */
bool reject_is_listed(const RejectList *list, uint64_t line);

#endif
