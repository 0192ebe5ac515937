/* machine.h - what this machine lets us have.   Threads: any. */
#ifndef APP_MACHINE_H
#define APP_MACHINE_H

#include <stdint.h>

/* Memory in bytes: the machine's, or the control group's limit where that is less. */
uint64_t machine_memory_bytes(void);

#endif
