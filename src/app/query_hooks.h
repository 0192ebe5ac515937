/* query_hooks.h - lets SQL reach the indexes, which live above it.
 *
 * Ownership: borrows the service.   Threads: any. */
#ifndef APP_QUERY_HOOKS_H
#define APP_QUERY_HOOKS_H

#include "index/index_service.h"
#include "query/query_engine.h"

QueryHooks query_hooks_make(IndexService *indexes);

#endif
