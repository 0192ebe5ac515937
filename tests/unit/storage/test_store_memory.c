/* test_store_memory.c - the contract over the memory store. */
#include "store_contract.h"

static void nothing(void) {
}

int suite_test_store_memory(void);
int suite_test_store_memory(void) {
    static const StoreMaker maker = {"memory", store_memory_create, nothing};
    return store_contract_run(&maker);
}
