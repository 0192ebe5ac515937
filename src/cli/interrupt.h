/* interrupt.h - Ctrl-C as something to wait for, so that work on a server can be called off.
 *
 *     Interrupt interrupt;
 *     if (!interrupt_open(&interrupt, err)) ...
 *     ... wait for interrupt.fd beside other descriptors; interrupt_take(&interrupt) ...
 *     interrupt_close(&interrupt);
 *
 * From open to close SIGINT and SIGTERM do not end the process.
 *
 * Threads: one, in a process without other threads. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

#include "base/err.h"

typedef struct Interrupt {
    int fd; /* readable once a signal came */
    sigset_t before;
} Interrupt;

MUST_CHECK bool interrupt_open(Interrupt *interrupt, Err *err);
bool interrupt_take(const Interrupt *interrupt); /* has one come since the last look */
void interrupt_close(Interrupt *interrupt);      /* one that is not open (fd -1) too */

#endif
