/* app_config.c - walk the tables of settings over the tree of the file, then the tree over the
 * tables: the first finds values, the second finds what nobody asked for.
 *
 * Settings are read in the order of app_config.def, so memory.budget is known when query.memory
 * asks for a part of it. An unknown key never stops a start (a newer file must run on an older
 * program), but it is reported with its line and with the name it was probably meant to be.
 *
 * Tested by: tests/unit/app/test_app_config.c. */
#include "app/app_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/app_config_rows.h"
#include "app/machine.h"

enum { FILE_MAX_BYTES = 1 << 20, WARNINGS_MAX = 100 };

typedef struct Reader {
    Str file_name;
    Arena *arena;
    AppConfig *config;
    ConfigWarnings *warnings;
    ConfigWhole whole;
} Reader;

/* --- values --------------------------------------------------------------------------------- */

static bool wrap_place(const Reader *reader, const TomlValue *value, Err *err) {
    return err_wrap(err, "%.*s:%u:%u", STR_ARG(reader->file_name), value->line, value->column);
}

/* The value of one row from its table in the file (NULL: not there), or its default. */
static bool read_row(const Reader *reader, const ConfigRow *row, Str name, const TomlValue *table,
                     void *home, Err *err) {
    const TomlValue *given = table == NULL ? NULL : toml_get(table, row->key);
    ConfigValue value;
    if (given != NULL) {
        if (!config_value_from_toml(row, name, given, reader->whole, reader->arena, &value, err))
            return wrap_place(reader, given, err);
    } else {
        bool required =
            table != NULL && row->type == CONFIG_TEXT && row->initial[0] == '\0' && row->least > 0;
        if (required) {
            err_fail(err, FAIL_INVALID, "%.*s is missing", STR_ARG(name));
            err_field(err, row->key);
            return wrap_place(reader, table, err);
        }
        if (!config_value_from_text(row, name, str_c(row->initial), reader->whole, reader->arena,
                                    &value, err))
            return err_wrap(err, "default");
    }
    config_value_store(row, &value, home);
    return true;
}

static bool fail_shape(const Reader *reader, const TomlValue *value, Str name, bool list,
                       Err *err) {
    err_fail(err, FAIL_INVALID, "'%.*s' must be a %s, written %s%.*s%s", STR_ARG(name),
             list ? "list of tables" : "section", list ? "[[" : "[", STR_ARG(name),
             list ? "]]" : "]");
    return wrap_place(reader, value, err);
}

static bool read_settings(Reader *reader, const TomlValue *root, Err *err) {
    for (size_t i = 0; i < config_setting_count; i++) {
        const ConfigRow *row = &config_settings[i];
        const TomlValue *section = toml_get(root, row->home);
        if (section != NULL && section->kind != TOML_TABLE)
            return fail_shape(reader, section, str_c(row->home), false, err);
        Str name = str_format(reader->arena, "%s.%s", row->home, row->key);
        reader->whole.budget_bytes = reader->config->memory.budget;
        if (!read_row(reader, row, name, section, reader->config, err))
            return false;
    }
    return true;
}

/* --- lists ---------------------------------------------------------------------------------- */

static bool read_item(const Reader *reader, const ConfigList *list, size_t index,
                      const TomlValue *table, void *item, Err *err) {
    for (size_t i = 0; i < config_field_count; i++) {
        const ConfigRow *row = &config_fields[i];
        if (strcmp(row->home, list->item) != 0)
            continue;
        Str name = str_format(reader->arena, "%s.%s[%zu].%s", list->section, list->key, index + 1,
                              row->key);
        if (!read_row(reader, row, name, table, item, err))
            return false;
    }
    return true;
}

static bool read_list(const Reader *reader, const ConfigList *list, const TomlValue *given,
                      Err *err) {
    Str name = str_format(reader->arena, "%s.%s", list->section, list->key);
    if (given->kind != TOML_ARRAY)
        return fail_shape(reader, given, name, true, err);
    if (given->count > list->items_most) {
        err_fail(err, FAIL_INVALID, "%.*s may have %zu entries, it has %zu", STR_ARG(name),
                 list->items_most, given->count);
        return wrap_place(reader, given, err);
    }
    char *items = arena_alloc_array(reader->arena, given->count, list->item_bytes);
    for (size_t i = 0; i < given->count; i++) {
        if (given->items[i]->kind != TOML_TABLE)
            return fail_shape(reader, given->items[i], name, true, err);
        if (!read_item(reader, list, i, given->items[i], items + i * list->item_bytes, err))
            return false;
    }
    char *home = (char *)reader->config;
    memcpy(home + list->items_offset, &items, sizeof items);
    memcpy(home + list->count_offset, &given->count, sizeof given->count);
    memcpy(home + list->capacity_offset, &given->count, sizeof given->count);
    return true;
}

static bool read_lists(const Reader *reader, const TomlValue *root, Err *err) {
    for (size_t i = 0; i < config_list_count; i++) {
        const ConfigList *list = &config_lists[i];
        const TomlValue *section = toml_get(root, list->section);
        const TomlValue *given = section == NULL ? NULL : toml_get(section, list->key);
        if (given != NULL && !read_list(reader, list, given, err))
            return false;
    }
    return true;
}

/* --- what nobody asked for ------------------------------------------------------------------ */

/* Edits (insert, delete, replace) between two short names; at most `NAME_MAX_BYTES` long. */
static size_t edit_distance(Str a, Str b) {
    enum { NAME_MAX_BYTES = 48 };
    if (a.length > NAME_MAX_BYTES || b.length > NAME_MAX_BYTES)
        return SIZE_MAX;
    size_t row[NAME_MAX_BYTES + 1];
    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t best = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[b.length];
}

typedef struct Guess {
    Str wanted;
    const char *best;
    size_t distance;
} Guess;

static void guess_offer(Guess *guess, const char *name) {
    size_t distance = edit_distance(guess->wanted, str_c(name));
    if (distance < guess->distance) {
        guess->distance = distance;
        guess->best = name;
    }
}

static void warn_unknown(Reader *reader, const TomlEntry *entry, const char *prefix,
                         const Guess *guess) {
    if (reader->warnings->count >= WARNINGS_MAX)
        return;
    bool near = guess->best != NULL && guess->distance <= 2;
    ConfigWarning *warning = vec_push(reader->warnings, reader->arena);
    warning->line = entry->value->line;
    warning->text =
        str_format(reader->arena, "%.*s:%u: unknown setting '%s%.*s' is ignored%s%s%s%s",
                   STR_ARG(reader->file_name), entry->value->line, prefix,
                   STR_ARG(utf8_clip(entry->key, 100)), near ? "; did you mean '" : "",
                   near ? prefix : "", near ? guess->best : "", near ? "'?" : "");
}

static void warn_in_item(Reader *reader, const ConfigList *list, const TomlValue *table) {
    const char *prefix =
        str_format(reader->arena, "%s.%s.", list->section, list->key).data; /* NUL-ended */
    for (size_t i = 0; i < table->count; i++) {
        Guess guess = {.wanted = table->entries[i].key, .distance = SIZE_MAX};
        for (size_t r = 0; r < config_field_count; r++)
            if (strcmp(config_fields[r].home, list->item) == 0)
                guess_offer(&guess, config_fields[r].key);
        if (guess.distance > 0)
            warn_unknown(reader, &table->entries[i], prefix, &guess);
    }
}

static void warn_in_section(Reader *reader, const char *section, const TomlValue *table) {
    const char *prefix = str_format(reader->arena, "%s.", section).data;
    for (size_t i = 0; i < table->count; i++) {
        const TomlEntry *entry = &table->entries[i];
        Guess guess = {.wanted = entry->key, .distance = SIZE_MAX};
        for (size_t r = 0; r < config_setting_count; r++)
            if (strcmp(config_settings[r].home, section) == 0)
                guess_offer(&guess, config_settings[r].key);
        for (size_t l = 0; l < config_list_count; l++) {
            if (strcmp(config_lists[l].section, section) != 0)
                continue;
            guess_offer(&guess, config_lists[l].key);
            if (str_eq_c(entry->key, config_lists[l].key))
                for (size_t n = 0; n < entry->value->count; n++)
                    warn_in_item(reader, &config_lists[l], entry->value->items[n]);
        }
        if (guess.distance > 0)
            warn_unknown(reader, entry, prefix, &guess);
    }
}

static void warn_in_file(Reader *reader, const TomlValue *root) {
    for (size_t i = 0; i < root->count; i++) {
        const TomlEntry *entry = &root->entries[i];
        Guess guess = {.wanted = entry->key, .distance = SIZE_MAX};
        for (size_t s = 0; s < config_section_count; s++)
            guess_offer(&guess, config_sections[s].name);
        if (guess.distance > 0)
            warn_unknown(reader, entry, "", &guess);
        else
            warn_in_section(reader, guess.best, entry->value);
    }
}

/* A setting that is understood but does nothing yet must not look as if it worked. */
static void warn_without_effect(Reader *reader, const TomlValue *root, const char *name,
                                const char *why) {
    const TomlValue *given = toml_path(root, name);
    if (given == NULL || reader->warnings->count >= WARNINGS_MAX)
        return;
    ConfigWarning *warning = vec_push(reader->warnings, reader->arena);
    warning->line = given->line;
    warning->text = str_format(reader->arena, "%.*s:%u: setting '%s' has no effect: %s",
                               STR_ARG(reader->file_name), given->line, name, why);
}

/* --- entry points --------------------------------------------------------------------------- */

bool app_config_parse(Str text, Str file_name, uint64_t memory_bytes, Arena *arena, AppConfig *out,
                      ConfigWarnings *out_warnings, Err *err) {
    const TomlValue *root = toml_parse(text, arena, err);
    if (root == NULL)
        return err_wrap(err, "%.*s", STR_ARG(file_name));
    AppConfig config = {0};
    ConfigWarnings warnings = {0};
    Reader reader = {.file_name = file_name,
                     .arena = arena,
                     .config = &config,
                     .warnings = &warnings,
                     .whole.memory_bytes = memory_bytes};
    if (!read_settings(&reader, root, err) || !read_lists(&reader, root, err))
        return false;
    warn_in_file(&reader, root);
    warn_without_effect(&reader, root, "storage.profile_root",
                        "this version has no model profiles yet");
    if (!config.auth.enabled)
        warn_without_effect(&reader, root, "auth.keys", "auth.enabled is false");
    *out = config;
    *out_warnings = warnings;
    return true;
}

static bool read_file(int fd, Str path, Arena *arena, Str *out, Err *err) {
    char *bytes = arena_alloc(arena, FILE_MAX_BYTES + 1);
    size_t length = 0;
    while (length <= FILE_MAX_BYTES) {
        ssize_t got = read(fd, bytes + length, FILE_MAX_BYTES + 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_fail_errno(err, errno, "read configuration '%.*s'", STR_ARG(path));
        if (got == 0)
            break;
        length += (size_t)got;
    }
    if (length > FILE_MAX_BYTES)
        return err_fail(err, FAIL_INVALID, "configuration '%.*s' is larger than %d bytes",
                        STR_ARG(path), FILE_MAX_BYTES);
    *out = (Str){bytes, length};
    return true;
}

bool app_config_load(const ConfigSource *source, Arena *arena, AppConfig *out,
                     ConfigWarnings *out_warnings, Err *err) {
    Str text = STR_EMPTY;
    if (source->path.length > 0) {
        int fd = open(str_to_c(arena, source->path), O_RDONLY | O_CLOEXEC);
        int open_errno = errno;
        bool missing = fd < 0 && open_errno == ENOENT;
        if (missing && !source->may_be_missing)
            return err_fail(err, FAIL_NOT_FOUND, "no configuration file '%.*s'",
                            STR_ARG(source->path));
        if (fd < 0 && !missing)
            return err_fail_errno(err, open_errno, "open configuration '%.*s'",
                                  STR_ARG(source->path));
        if (fd >= 0) {
            bool ok = read_file(fd, source->path, arena, &text, err);
            close(fd);
            if (!ok)
                return false;
        }
    }
    uint64_t memory = source->memory_bytes != 0 ? source->memory_bytes : machine_memory_bytes();
    return app_config_parse(text, source->path, memory, arena, out, out_warnings, err);
}

bool app_config_set(AppConfig *config, Str name, Str value, Arena *arena, Err *err) {
    Str section;
    Str key = str_cut(name, '.', &section);
    for (size_t i = 0; i < config_setting_count; i++) {
        const ConfigRow *row = &config_settings[i];
        if (!str_eq_c(section, row->home) || !str_eq_c(key, row->key))
            continue;
        ConfigWhole whole = {machine_memory_bytes(), config->memory.budget};
        ConfigValue parsed;
        if (!config_value_from_text(row, name, value, whole, arena, &parsed, err))
            return false;
        config_value_store(row, &parsed, config);
        return true;
    }
    return err_fail(err, FAIL_NOT_FOUND, "no setting '%.*s'", STR_ARG(name));
}
