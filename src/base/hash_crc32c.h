/* hash_crc32c.h - the two ways to compute CRC-32C, apart so that tests can hold one against the
 * other. Everybody else calls crc32c (base/hash.h).
 *
 * Threads: any. */
#ifndef BASE_HASH_CRC32C_H
#define BASE_HASH_CRC32C_H

#include "base/str.h"

uint32_t crc32c_by_table(uint32_t crc, Str bytes);
/* Only where crc32c_instruction_present(). */
uint32_t crc32c_by_instruction(uint32_t crc, Str bytes);
bool crc32c_instruction_present(void);

#endif
