/* machine.c - in a container the kernel shows the whole machine's memory, but kills at the limit of
 * the control group; so "60 % of memory" must mean 60 % of the smaller one.
 *
 * Both generations of control groups are asked (memory.max, memory.limit_in_bytes); a file that is
 * missing, or says "max", sets no limit.
 *
 * Tested by: tests/unit/app/test_config_value.c. */
#include "app/machine.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"

static uint64_t limit_in(const char *path) {
    char bytes[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return UINT64_MAX;
    ssize_t got = read(fd, bytes, sizeof bytes);
    close(fd);
    uint64_t limit;
    if (got <= 0 || !str_to_u64(str_trim((Str){bytes, (size_t)got}), &limit) || limit == 0)
        return UINT64_MAX;
    return limit;
}

uint64_t machine_memory_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t least = UINT64_MAX;
    if (pages > 0 && page_bytes > 0)
        least = (uint64_t)pages * (uint64_t)page_bytes;
    static const char *const limits[] = {"/sys/fs/cgroup/memory.max",
                                         "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        uint64_t limit = limit_in(limits[i]);
        least = limit < least ? limit : least;
    }
    return least;
}
