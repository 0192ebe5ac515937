/* app_client.c - where a client finds the server: its ready file, else the configured address.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include <stdio.h>

#include "app/app.h"
#include "app/settings.h"

bool app_client_url(const AppOptions *options, Arena *arena, Str *out_url, Err *err) {
    AppConfig config;
    ConfigWarnings warnings = {0};
    if (!settings_read(options, arena, &config, &warnings, err))
        return false;
    Str path = str_format(arena, "%.*s/ready", STR_ARG(config.storage.data_dir));
    char line[512] = "";
    FILE *file = fopen(path.data, "r");
    if (file != NULL) {
        Str url = fgets(line, sizeof line, file) != NULL ? str_trim(str_c(line)) : STR_EMPTY;
        fclose(file);
        if (str_starts(url, STR("http://"))) {
            *out_url = str_dup(arena, url);
            return true;
        }
    }
    *out_url = str_format(arena, "http://%.*s", STR_ARG(config.server.listen));
    return true;
}
