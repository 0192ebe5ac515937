/* reject_list.c - keep the rejects with the smallest line numbers.
 *
 * They come in two ascending runs, from the check of the file and from the casts of overridden
 * columns, so a new one is sorted in from the back; beyond listed_max the last one drops out.
 *
 * Tested by: test_reject_list.c. */
#include "files/reject_list.h"

#include <inttypes.h>

enum { MANY_ROWS = 100 };

void reject_list_init(RejectList *list, size_t listed_max, Arena *arena) {
    *list = (RejectList){.arena = arena, .listed_max = listed_max};
}

RejectList reject_list_copy(const RejectList *list) {
    RejectList copy = {.arena = list->arena, .listed_max = list->listed_max, .count = list->count};
    for (size_t i = 0; i < list->rows.count; i++)
        *vec_push(&copy.rows, copy.arena) = list->rows.items[i];
    return copy;
}

bool reject_is_listed(const RejectList *list, uint64_t line) {
    size_t count = list->rows.count;
    return count < list->listed_max || (count > 0 && list->rows.items[count - 1].line > line);
}

void reject_add(RejectList *list, uint64_t line, Str column, Str reason) {
    list->count++;
    if (!reject_is_listed(list, line))
        return;
    if (list->rows.count < list->listed_max)
        vec_push(&list->rows, list->arena);
    size_t at = list->rows.count - 1;
    for (; at > 0 && list->rows.items[at - 1].line > line; at--)
        list->rows.items[at] = list->rows.items[at - 1];
    list->rows.items[at] = (RejectedRow){.line = line,
                                         .column = str_dup(list->arena, column),
                                         .reason = str_dup(list->arena, reason)};
}

bool reject_list_bearable(const RejectList *list, uint64_t good, const char *things, Err *err) {
    uint64_t all = good + list->count;
    bool hopeless = list->count > 0 && (good == 0 || (all >= MANY_ROWS && list->count * 2 > all));
    if (!hopeless)
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "%" PRIu64 " of %" PRIu64 " %s cannot be read", list->count,
             all, things);
    if (list->rows.count > 0)
        err_detail(err, "line %" PRIu64 ": %.*s", list->rows.items[0].line,
                   STR_ARG(list->rows.items[0].reason));
    return false;
}
