/* unit.h - what every cmocka test includes, and the few assertions we add. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* A fallible call that must succeed; on failure its error text is shown. */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s (%s)", #call, (err)->message, (err)->detail);                         \
    } while (0)

/* A fallible call that must fail with this kind. */
#define assert_fails(call, err, expected_kind)                                                     \
    do {                                                                                           \
        err_clear(err);                                                                            \
        if (call)                                                                                  \
            fail_msg("%s: succeeded, %s expected", #call, #expected_kind);                         \
        if ((err)->kind != (expected_kind))                                                        \
            fail_msg("%s: wrong kind %d: %s", #call, (int)(err)->kind, (err)->message);            \
    } while (0)

#define assert_str_equal(actual, literal)                                                          \
    do {                                                                                           \
        Str assert_str_ = (actual);                                                                \
        if (!str_eq(assert_str_, str_c(literal)))                                                  \
            fail_msg("'%.*s' != '%s'", STR_ARG(assert_str_), literal);                             \
    } while (0)

#endif
