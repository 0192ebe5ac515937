/* pii_name.h - what a column's name says.
 *
 * A name is split into words (at _ - . space / and other marks, between letters and digits, and in
 * camelCase), in lower case and without accents. A rule is one word or several in a row; it speaks
 * for a kind unless another word of the name cancels it: "email" and "user_email", but not
 * "email_sent_count". Rules of ordinary words ("name", "city") speak only where the table is about
 * people.
 *
 * Threads: values. */
#ifndef PII_PII_NAME_H
#define PII_PII_NAME_H

#include "pii/pii_kinds.h"

enum { PII_WORDS_MAX = 12, PII_WORD_BYTES = 32 };

typedef struct PiiWords {
    char items[PII_WORDS_MAX][PII_WORD_BYTES];
    size_t count;
} PiiWords;

PiiWords pii_words(Str name);

typedef enum PiiHint {
    PII_HINT_NONE,
    PII_HINT_PERSONAL, /* if the table is about people */
    PII_HINT_SURE
} PiiHint;

/* For every kind; *out_bare: the name is a rule's words and nothing else ("email", "Phone"). */
void pii_name_hints(Str column, PiiHint out[PII_KIND_COUNT], bool *out_bare);
/* A dataset's name that tells of people: "customers", "hr.employees". */
bool pii_is_about_people(Str dataset);

#endif
