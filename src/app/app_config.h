/* app_config.h - lakehouse.toml: one file, every setting with a default and bounds.
 *
 * The settings are the rows of app_config.def; config->server.listen is [server] listen. A key that
 * nobody knows is a warning with its line (the caller logs it); a value of the wrong type or out
 * of bounds is an error that names file, line, column and key. Parsed once, at start; modules get
 * their own small config, built from this by app.
 *
 *     AppConfig config;
 *     ConfigWarnings warnings = {0};
 *     if (!app_config_load(&source, arena, &config, &warnings, err)) ...
 *     if (!app_config_set(&config, STR("server.listen"), flag, arena, err)) ...   (command line)
 *     if (!app_config_check(&config, insecure, err)) ...
 *
 * Ownership: everything lives in the arena.   Threads: immutable once checked. */
#ifndef APP_APP_CONFIG_H
#define APP_APP_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef bool ConfigBOOL;
typedef uint32_t ConfigCOUNT;
typedef uint32_t ConfigMS;
typedef uint32_t ConfigSECONDS;
typedef uint64_t ConfigBYTES;
typedef uint64_t ConfigMEMORY; /* bytes, resolved */
typedef uint64_t ConfigSHARE;  /* bytes, resolved */
typedef Str ConfigTEXT;

/* BucketSetting, ModelSetting, WatchSetting, KeySetting: the items of lists. */
#define LIST(section, key, Item, most, help)               typedef struct Item {
#define FIELD(Item, key, type, initial, least, most, help) Config##type key;
#define LIST_END(section, key, Item)                                                               \
    }                                                                                              \
    Item;
#include "app/app_config.def"

typedef struct AppConfig {
#define SECTION(name, help)                                     struct {
#define SETTING(section, key, type, initial, least, most, help) Config##type key;
#define LIST(section, key, Item, most, help)                    VEC(Item) key;
#define SECTION_END(name)                                                                          \
    }                                                                                              \
    name;
#include "app/app_config.def"
} AppConfig;

typedef struct ConfigWarning {
    uint32_t line;
    Str text; /* "lakehouse.toml:12: unknown setting 'server.lisen' is ignored ..." */
} ConfigWarning;
typedef VEC(ConfigWarning) ConfigWarnings;

typedef struct ConfigSource {
    Str path;              /* "" = only defaults */
    bool may_be_missing;   /* then the defaults hold */
    uint64_t memory_bytes; /* what "60%" is a part of; 0 = ask the machine */
} ConfigSource;

MUST_CHECK bool app_config_load(const ConfigSource *source, Arena *arena, AppConfig *out,
                                ConfigWarnings *out_warnings, Err *err);
/* The same from text; `file_name` is for messages. */
MUST_CHECK bool app_config_parse(Str text, Str file_name, uint64_t memory_bytes, Arena *arena,
                                 AppConfig *out, ConfigWarnings *out_warnings, Err *err);
/* One setting by its full name, as a command line gives it; not for lists. */
MUST_CHECK bool app_config_set(AppConfig *config, Str name, Str value, Arena *arena, Err *err);
/* What no single row can say: combinations, names, and features that are not built yet. */
MUST_CHECK bool app_config_check(const AppConfig *config, bool insecure, Err *err);

/* "127.0.0.1:3100", "[::1]:0", "localhost:80" in two; FAIL_INVALID otherwise. */
MUST_CHECK bool app_config_split_listen(Str listen, Arena *arena, Str *out_host, uint16_t *out_port,
                                        Err *err);
/* Where the model is: its folder when absolute, else the first in model_path that exists. */
MUST_CHECK bool app_config_model_folder(const AppConfig *config, const ModelSetting *model,
                                        Arena *arena, Str *out_folder, Err *err);

/* docs/config.md, whole. */
void app_config_write_docs(StrBuf *out);

#endif
