/* interrupt.c - a signalfd: no handler, no global flag, no race.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/interrupt.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool interrupt_open(Interrupt *interrupt, Err *err) {
    *interrupt = (Interrupt){.fd = -1};
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGINT);
    sigaddset(&waited, SIGTERM);
    sigprocmask(SIG_BLOCK, &waited, &interrupt->before);
    interrupt->fd = signalfd(-1, &waited, SFD_NONBLOCK | SFD_CLOEXEC);
    if (interrupt->fd >= 0)
        return true;
    int failed = errno;
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
    return err_fail_errno(err, failed, "cannot watch for Ctrl-C");
}

bool interrupt_take(const Interrupt *interrupt) {
    struct signalfd_siginfo info;
    return read(interrupt->fd, &info, sizeof info) == (ssize_t)sizeof info;
}

void interrupt_close(Interrupt *interrupt) {
    if (interrupt->fd < 0)
        return;
    close(interrupt->fd);
    interrupt->fd = -1;
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
