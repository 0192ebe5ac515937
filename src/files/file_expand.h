/* file_expand.h - undo gzip or zstd into a staged file, within bounds.
 *
 * Any number of members or frames, as both formats allow. A file that is cut off or damaged is
 * refused whole (FAIL_UNPROCESSABLE); one that grows beyond the bounds is FAIL_LIMIT. */
#ifndef FILES_FILE_EXPAND_H
#define FILES_FILE_EXPAND_H

#include "base/budget.h"
#include "base/progress.h"
#include "files/file_detect.h"

typedef struct ExpandLimits {
    uint64_t bytes_max;
    uint32_t ratio_max;
} ExpandLimits;

MUST_CHECK bool file_expand(const char *from, const char *to, FileCompression compression,
                            const ExpandLimits *limits, Budget *budget, Progress *progress,
                            Err *err);

#endif
