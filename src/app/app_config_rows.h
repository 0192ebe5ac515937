/* app_config_rows.h - app_config.def as tables that code can walk.
 *
 * Inside app only.   Threads: constant. */
#ifndef APP_APP_CONFIG_ROWS_H
#define APP_APP_CONFIG_ROWS_H

#include "app/config_value.h"

typedef struct ConfigSection {
    const char *name;
    const char *help;
} ConfigSection;

typedef struct ConfigList {
    const char *section, *key;
    const char *item; /* the `home` of its fields */
    size_t items_most;
    const char *help;
    size_t item_bytes;
    size_t items_offset, count_offset, capacity_offset; /* of its VEC in AppConfig */
} ConfigList;

extern const ConfigSection config_sections[];
extern const size_t config_section_count;
extern const ConfigRow config_settings[]; /* in the order of the file */
extern const size_t config_setting_count;
extern const ConfigList config_lists[];
extern const size_t config_list_count;
extern const ConfigRow config_fields[];
extern const size_t config_field_count;

#endif
