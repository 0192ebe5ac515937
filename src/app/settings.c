/* settings.c - one place where the command line, the file and the machine meet.
 *
 * Order: defaults < lakehouse.toml < options. A configuration file named with --config must exist;
 * lakehouse.toml in the working directory may be missing. Models are looked for where the setting
 * says, then beside the program, so that a server started elsewhere finds its model.
 *
 * Tested by: tests/e2e/test_serve.py. */
#include "app/settings.h"

#include <unistd.h>

#include "app/exe_dir.h"
#include "base/log.h"

static bool apply_options(const AppOptions *options, Arena *arena, AppConfig *config, Err *err) {
    if (options->data_dir.length > 0 &&
        !app_config_set(config, STR("storage.data_dir"), options->data_dir, arena, err))
        return err_wrap(err, "--data");
    if (options->listen.length > 0 &&
        !app_config_set(config, STR("server.listen"), options->listen, arena, err))
        return err_wrap(err, "--listen");
    return true;
}

static void look_beside_program(AppConfig *config, Arena *arena) {
    Str dir = exe_dir(arena);
    if (dir.length > 0)
        config->embed.model_path =
            str_format(arena, "%.*s:%.*s/models:%.*s/../.deps/models:%.*s/../../.deps/models",
                       STR_ARG(config->embed.model_path), STR_ARG(dir), STR_ARG(dir), STR_ARG(dir));
}

bool settings_read(const AppOptions *options, Arena *arena, AppConfig *out,
                   ConfigWarnings *out_warnings, Err *err) {
    bool named = options->config_path.length > 0;
    ConfigSource source = {.path = named ? options->config_path : STR("lakehouse.toml"),
                           .may_be_missing = !named};
    if (!app_config_load(&source, arena, out, out_warnings, err) ||
        !apply_options(options, arena, out, err) || !app_config_check(out, options->insecure, err))
        return false;
    look_beside_program(out, arena);
    return true;
}

bool settings_load(const AppOptions *options, Arena *arena, AppConfig *out, Err *err) {
    ConfigWarnings warnings = {0};
    if (!settings_read(options, arena, out, &warnings, err))
        return false;
    LogLevel level = LOG_INFO;
    if (!log_level_parse(out->log.level, &level))
        return err_fail(err, FAIL_INVALID, "log.level '%.*s' is not a level",
                        STR_ARG(out->log.level));
    bool all_topics = level == LOG_DEBUG && out->log.topics.length == 0;
    log_setup(STDERR_FILENO, level, all_topics ? "all" : str_to_c(arena, out->log.topics));
    for (size_t i = 0; i < warnings.count; i++) {
        Str text = log_quote(warnings.items[i].text, arena);
        log_event(LOG_WARN, "app", "setting ignored", "what=%.*s", STR_ARG(text));
    }
    return true;
}

static bool read_watch(const WatchSetting *setting, WatchSpec *out, Err *err) {
    *out = (WatchSpec){.name = setting->name,
                       .folder = setting->folder,
                       .dataset = setting->dataset,
                       .bucket = setting->bucket,
                       .glob = setting->glob,
                       .key = setting->key,
                       .recursive = setting->recursive,
                       .done_marker = setting->done_marker,
                       .settle_ms = setting->settle_ms,
                       .scan_s = setting->scan_s};
    if (!ingest_mode_parse(setting->mode, &out->mode))
        return err_fail(err, FAIL_INVALID, "mode must be append, replace or upsert, it is '%.*s'",
                        STR_ARG(setting->mode));
    if (!file_format_parse(setting->format, &out->format))
        return err_fail(err, FAIL_INVALID,
                        "format must be auto, csv, json, ndjson or parquet, it is '%.*s'",
                        STR_ARG(setting->format));
    return watch_after_parse(setting->after, &out->after) ||
           err_fail(err, FAIL_INVALID, "after must be keep, move or delete, it is '%.*s'",
                    STR_ARG(setting->after));
}

bool settings_watches(const AppConfig *config, Arena *arena, WatchSpec **out, size_t *out_count,
                      Err *err) {
    size_t count = config->ingest.watch.count;
    WatchSpec *specs = ARENA_ARRAY(arena, WatchSpec, count);
    for (size_t i = 0; i < count; i++)
        if (!read_watch(&config->ingest.watch.items[i], &specs[i], err))
            return err_wrap(err, "ingest.watch '%.*s'",
                            STR_ARG(config->ingest.watch.items[i].name));
    *out = specs;
    *out_count = count;
    return true;
}

bool settings_gateway(const AppConfig *config, const DataDir *dir, Arena *arena, GatewayConfig *out,
                      Err *err) {
    GatewayConfig gateway = {.connections_max = config->server.connections_max,
                             .connections_per_ip_max = config->server.connections_per_ip_max,
                             .idle_timeout_ms = config->server.idle_timeout_s * 1000,
                             .head_timeout_ms = config->server.header_timeout_s * 1000,
                             .body_timeout_ms = config->server.body_timeout_s * 1000,
                             .body_bytes_max = config->server.body_bytes_max,
                             .json_body_bytes_max = config->server.json_body_bytes_max,
                             .rows_max = config->query.rows_max,
                             .upload_directory = dir->uploads};
    if (!app_config_split_listen(config->server.listen, arena, &gateway.host, &gateway.port, err))
        return false;
    *out = gateway;
    return true;
}
