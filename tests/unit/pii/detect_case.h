/* detect_case.h - a detector against a list of values. */
#ifndef TESTS_UNIT_PII_DETECT_CASE_H
#define TESTS_UNIT_PII_DETECT_CASE_H

#include "unit.h"

#include "pii/pii_detect.h"

typedef struct DetectCase {
    const char *text;
    PiiMatch expected;
} DetectCase;

static inline void detect_all(PiiDetectFn detect, const DetectCase *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        PiiValue value = pii_value_make(str_c(cases[i].text));
        PiiMatch match = detect(&value);
        if (match != cases[i].expected)
            fail_msg("'%s': %d, expected %d", cases[i].text, (int)match, (int)cases[i].expected);
    }
}

#define DETECT(detect, ...)                                                                        \
    do {                                                                                           \
        const DetectCase detect_cases_[] = {__VA_ARGS__};                                          \
        detect_all((detect), detect_cases_, sizeof detect_cases_ / sizeof *detect_cases_);         \
    } while (0)

#endif
