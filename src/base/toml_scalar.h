/* toml_scalar.h - numbers, booleans, dates and times of TOML, from the characters of one token.
 *
 * Inside base only.   Ownership: texts live in the arena.   Threads: any. */
#ifndef BASE_TOML_SCALAR_H
#define BASE_TOML_SCALAR_H

#include "base/toml.h"

/* Fills kind and value (not the place). On failure *out_reason says what is wrong. */
bool toml_scalar_parse(Str token, Arena *arena, TomlValue *out, const char **out_reason);
/* Only dates and times; *out_reason stays NULL when the token does not look like one. */
bool toml_datetime_parse(Str token, Arena *arena, TomlValue *out, const char **out_reason);

#endif
