/* decimal_text.h - "-123.45" as the integer that DECIMAL(width, scale) keeps.
 *
 * Threads: pure functions. */
#ifndef SOURCE_DECIMAL_TEXT_H
#define SOURCE_DECIMAL_TEXT_H

#include "base/row_batch.h"

enum { DECIMAL_WIDTH_MAX = 38 };

/* False for anything but [+-]?digits(.digits)?, and for a value that does not fit: more than
 * `width` digits, or digits other than 0 beyond `scale`. Leading zeros are fine. */
bool decimal_from_text(Str text, uint8_t width, uint8_t scale, Int128 *out);

#endif
