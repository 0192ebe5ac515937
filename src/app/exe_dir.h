/* exe_dir.h - where the running program lies: its model and libraries are found beside it. */
#ifndef APP_EXE_DIR_H
#define APP_EXE_DIR_H

#include "base/str.h"

Str exe_dir(Arena *arena); /* absolute, without a trailing slash; "" when it cannot be known */

#endif
