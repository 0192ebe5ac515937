/* app_config_rows.c - app_config.def, expanded four times. Nothing here is written by hand.
 *
 * Tested by: tests/unit/app/test_app_config.c (every default parses and lies in its bounds). */
#include "app/app_config_rows.h"

#include <stddef.h>

#include "app/app_config.h"

const ConfigSection config_sections[] = {
#define SECTION(name, help) {#name, help},
#include "app/app_config.def"
};
const size_t config_section_count = ARRAY_LEN(config_sections);

const ConfigRow config_settings[] = {
#define SETTING(section, key, type, initial, least, most, help)                                    \
    {#section, #key, CONFIG_##type, initial, least, most, help, offsetof(AppConfig, section.key)},
#include "app/app_config.def"
};
const size_t config_setting_count = ARRAY_LEN(config_settings);

const ConfigList config_lists[] = {
#define LIST(section, key, Item, most, help)                                                       \
    {#section,                                                                                     \
     #key,                                                                                         \
     #Item,                                                                                        \
     most,                                                                                         \
     help,                                                                                         \
     sizeof(Item),                                                                                 \
     offsetof(AppConfig, section.key.items),                                                       \
     offsetof(AppConfig, section.key.count),                                                       \
     offsetof(AppConfig, section.key.capacity)},
#include "app/app_config.def"
};
const size_t config_list_count = ARRAY_LEN(config_lists);

const ConfigRow config_fields[] = {
#define FIELD(Item, key, type, initial, least, most, help)                                         \
    {#Item, #key, CONFIG_##type, initial, least, most, help, offsetof(Item, key)},
#include "app/app_config.def"
};
const size_t config_field_count = ARRAY_LEN(config_fields);
