/* wordpiece_classes.h - the character classes of BERT's tokenizer, frozen at Unicode 8.
 *
 * Threads: pure functions. */
#ifndef EMBED_WORDPIECE_CLASSES_H
#define EMBED_WORDPIECE_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

bool wordpiece_is_dropped(uint32_t code_point);     /* controls and the like: vanish from a text */
bool wordpiece_is_accent(uint32_t code_point);      /* nonspacing marks: stripped when asked */
bool wordpiece_is_punctuation(uint32_t code_point); /* a word of its own */

#endif
