/* store_contract.h - the promises of object_store.h as tests, run over every backend.
 *
 * A suite gives a way to make an empty store; each case makes its own. */
#ifndef TESTS_UNIT_STORAGE_STORE_CONTRACT_H
#define TESTS_UNIT_STORAGE_STORE_CONTRACT_H

#include "unit.h"
#include "storage/object_store.h"

typedef struct StoreMaker {
    const char *name;
    ObjectStore *(*open)(void); /* an empty one */
    void (*clean)(void);        /* after it was closed */
} StoreMaker;

int store_contract_run(const StoreMaker *maker);

#endif
