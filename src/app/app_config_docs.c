/* app_config_docs.c - docs/config.md, written from the rows, so that it cannot lag behind them.
 *
 * Tested by: tests/unit/app/test_app_config.c, which fails when docs/config.md is not this text. */
#include <string.h>

#include "app/app_config.h"
#include "app/app_config_rows.h"

static const char intro[] =
    "# Configuration\n\n"
    "<!-- Generated from src/app/app_config.def. Do not edit by hand. -->\n\n"
    "One file, `lakehouse.toml` in the working directory, or the one named with `--config`. It is\n"
    "[TOML](https://toml.io/en/v1.0.0); every setting has a default, so the file may be missing.\n"
    "Options on the command line win over the file.\n\n"
    "- A **size** is a number of bytes, or text with a unit: `\"512MiB\"`, `\"1.5GiB\"`, "
    "`\"10MB\"`\n"
    "  (KiB, MiB, GiB, TiB are powers of 1024; KB, MB, GB, TB of 1000).\n"
    "- An unknown setting is ignored with a warning that names its line.\n"
    "- A value of the wrong type or out of bounds stops the start, naming line, column and key.\n\n"
    "```toml\n"
    "[server]\n"
    "listen = \"127.0.0.1:3100\"\n\n"
    "[storage]\n"
    "data_dir = \"/var/lib/lakehouse\"\n\n"
    "[[storage.buckets]]\n"
    "name = \"archive\"\n"
    "root = \"/mnt/archive/lakehouse\"\n\n"
    "[memory]\n"
    "budget = \"8GiB\"\n"
    "```\n";

static void write_default(StrBuf *out, const ConfigRow *row) {
    bool plain = row->type != CONFIG_TEXT && strpbrk(row->initial, "%KMGT") == NULL;
    bool required = row->type == CONFIG_TEXT && row->initial[0] == '\0' && row->least > 0;
    if (required)
        strbuf_append_c(out, "must be given");
    else
        strbuf_append_format(out, plain ? "`%s`" : "`\"%s\"`", row->initial);
}

static void write_rows(StrBuf *out, const ConfigRow *rows, size_t count, const char *home) {
    strbuf_append_c(out,
                    "\n| setting | type | default | bounds | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        const ConfigRow *row = &rows[i];
        if (strcmp(row->home, home) != 0)
            continue;
        strbuf_append_format(out, "| `%s` | %s | ", row->key, config_type_name(row->type));
        write_default(out, row);
        strbuf_append_format(out, " | %.*s | %s |\n", STR_ARG(config_bounds_print(row, out->arena)),
                             row->help);
    }
}

static bool has_settings(const char *section) {
    for (size_t i = 0; i < config_setting_count; i++)
        if (strcmp(config_settings[i].home, section) == 0)
            return true;
    return false;
}

void app_config_write_docs(StrBuf *out) {
    strbuf_append_c(out, intro);
    for (size_t s = 0; s < config_section_count; s++) {
        const ConfigSection *section = &config_sections[s];
        strbuf_append_format(out, "\n## [%s]\n\n%s\n", section->name, section->help);
        if (has_settings(section->name))
            write_rows(out, config_settings, config_setting_count, section->name);
        for (size_t l = 0; l < config_list_count; l++) {
            const ConfigList *list = &config_lists[l];
            if (strcmp(list->section, section->name) != 0)
                continue;
            strbuf_append_format(out, "\n### [[%s.%s]]\n\n%s At most %zu.\n", list->section,
                                 list->key, list->help, list->items_most);
            write_rows(out, config_fields, config_field_count, list->item);
        }
    }
}
