/* settings.h - from options and lakehouse.toml to the settings a server runs with.
 *
 * Ownership: everything in the arena.   Threads: one. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "app/app.h"
#include "app/app_config.h"
#include "app/data_dir.h"
#include "gateway/gateway.h"
#include "watch/watch.h"

/* Loads the file, applies the options, checks the whole, sets the log up and logs the warnings. */
MUST_CHECK bool settings_load(const AppOptions *options, Arena *arena, AppConfig *out, Err *err);

/* The same without a trace in the log; warnings are the caller's. */
MUST_CHECK bool settings_read(const AppOptions *options, Arena *arena, AppConfig *out,
                              ConfigWarnings *out_warnings, Err *err);

/* The watched folders; words that are not known are FAIL_INVALID. */
MUST_CHECK bool settings_watches(const AppConfig *config, Arena *arena, WatchSpec **out,
                                 size_t *out_count, Err *err);

/* What the gateway needs of them. */
MUST_CHECK bool settings_gateway(const AppConfig *config, const DataDir *dir, Arena *arena,
                                 GatewayConfig *out, Err *err);

#endif
