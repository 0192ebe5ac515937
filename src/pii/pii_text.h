/* pii_text.h - the places of a longer text at which something personal may stand.
 *
 * Ownership: values borrow from the text.   Threads: any. */
#ifndef PII_PII_TEXT_H
#define PII_PII_TEXT_H

#include "pii/pii_value.h"

typedef void (*PiiCandidateFn)(void *context, const PiiValue *candidate);

/* Calls `fn` for what may be an e-mail address, a number in groups, an IBAN in groups, or one word
 * of at least 7 bytes that holds a digit; nothing inside of a URL. A place may come twice. */
void pii_text_candidates(Str text, PiiCandidateFn fn, void *context);

#endif
