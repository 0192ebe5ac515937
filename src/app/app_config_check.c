/* app_config_check.c - rules that join several settings, and the refusal of what is not built.
 *
 * A feature that a file asks for and that we do not have must stop the start: a server that looks
 * protected and is not, would be the worst of silent errors.
 *
 * Tested by: tests/unit/app/test_app_config_check.c. */
#include "app/app_config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

static bool fail_setting(Err *err, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool fail_setting(Err *err, const char *name, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_fail(err, FAIL_INVALID, "%s %s", name, text);
    return err_field(err, name);
}

/* --- listening ------------------------------------------------------------------------------ */

bool app_config_split_listen(Str listen, Arena *arena, Str *out_host, uint16_t *out_port,
                             Err *err) {
    size_t colon = listen.length;
    while (colon > 0 && listen.data[colon - 1] != ':')
        colon--;
    Str host = str_slice(listen, 0, colon > 0 ? colon - 1 : 0);
    Str port_text = str_slice(listen, colon, listen.length);
    bool bracketed = str_starts(host, STR("[")) && str_ends(host, STR("]"));
    if (bracketed)
        host = str_slice(host, 1, host.length - 1);
    uint64_t port;
    bool bare_ipv6 = !bracketed && str_find_char(host, ':', 0) != SIZE_MAX;
    if (colon == 0 || host.length == 0 || bare_ipv6 || port_text.length > 5 ||
        !str_to_u64(port_text, &port) || port > 65535) {
        fail_setting(err, "server.listen", "must be host:port, it is '%.*s'",
                     STR_ARG(utf8_clip(listen, 100)));
        return err_hint(err, "such as 127.0.0.1:3100, 0.0.0.0:80 or [::1]:3100");
    }
    *out_host = str_dup(arena, host);
    *out_port = (uint16_t)port;
    return true;
}

static bool is_loopback(Str host) {
    char text[INET6_ADDRSTRLEN];
    if (str_eq_nocase(host, STR("localhost")))
        return true;
    if (host.length >= sizeof text)
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return ntohl(ipv4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, text, &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

static bool check_listen(const AppConfig *config, bool insecure, Err *err) {
    Arena *arena = arena_create();
    Str host = STR_EMPTY;
    uint16_t port;
    bool ok = app_config_split_listen(config->server.listen, arena, &host, &port, err);
    if (ok && !config->auth.enabled && !insecure && !is_loopback(host)) {
        ok = fail_setting(err, "server.listen",
                          "is '%.*s', which others can reach, and no key is asked for",
                          STR_ARG(utf8_clip(config->server.listen, 100)));
        err_hint(err, "listen on 127.0.0.1, or give --insecure on a network that you trust");
    }
    arena_destroy(arena);
    return ok;
}

/* --- lists ---------------------------------------------------------------------------------- */

static bool check_buckets(const AppConfig *config, Err *err) {
    for (size_t i = 0; i < config->storage.buckets.count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(config->storage.buckets.items[i].name,
                       config->storage.buckets.items[j].name))
                return fail_setting(err, "storage.buckets", "names '%.*s' twice",
                                    STR_ARG(config->storage.buckets.items[i].name));
    return true;
}

static bool check_models(const AppConfig *config, Err *err) {
    size_t count = config->embed.models.count;
    bool default_found = count == 0;
    for (size_t i = 0; i < count; i++) {
        const ModelSetting *model = &config->embed.models.items[i];
        if (!str_eq_c(model->kind, "builtin") && !str_eq_c(model->kind, "fake"))
            return fail_setting(err, "embed.models",
                                "kind of '%.*s' must be builtin or fake, it is '%.*s'",
                                STR_ARG(model->name), STR_ARG(model->kind));
        for (size_t j = 0; j < i; j++)
            if (str_eq(model->name, config->embed.models.items[j].name))
                return fail_setting(err, "embed.models", "names '%.*s' twice",
                                    STR_ARG(model->name));
        default_found |= str_eq(model->name, config->embed.default_model);
    }
    return default_found ||
           fail_setting(err, "embed.default_model", "is '%.*s', which embed.models does not name",
                        STR_ARG(config->embed.default_model));
}

static bool is_sha256_hex(Str text) {
    for (size_t i = 0; i < text.length; i++)
        if (memchr("0123456789abcdefABCDEF", text.data[i], 22) == NULL)
            return false;
    return text.length == 64;
}

static bool check_keys(const AppConfig *config, Err *err) {
    for (size_t i = 0; i < config->auth.keys.count; i++) {
        const KeySetting *key = &config->auth.keys.items[i];
        if (!is_sha256_hex(key->sha256))
            return fail_setting(err, "auth.keys", "'%.*s': sha256 must be 64 hexadecimal digits",
                                STR_ARG(key->name));
        if (!str_eq_c(key->scope, "read") && !str_eq_c(key->scope, "write") &&
            !str_eq_c(key->scope, "admin"))
            return fail_setting(err, "auth.keys",
                                "'%.*s': scope must be read, write or admin, it is '%.*s'",
                                STR_ARG(key->name), STR_ARG(key->scope));
    }
    return true;
}

/* --- the rest ------------------------------------------------------------------------------- */

static bool check_words(const AppConfig *config, Err *err) {
    LogLevel level;
    if (!log_level_parse(config->log.level, &level))
        return fail_setting(err, "log.level", "must be error, warn, info or debug, it is '%.*s'",
                            STR_ARG(config->log.level));
    static const char *const kernels[] = {"auto", "avx512", "avx2", "neon", "scalar"};
    for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
        if (str_eq_c(config->kernels.force, kernels[i]))
            return true;
    return fail_setting(err, "kernels.force",
                        "must be auto, avx512, avx2, neon or scalar, it is '%.*s'",
                        STR_ARG(config->kernels.force));
}

static bool check_order(const AppConfig *config, Err *err) {
    if (config->index.overlap >= config->index.chunk_size)
        return fail_setting(err, "index.overlap",
                            "must be less than index.chunk_size (%u), it is %u",
                            config->index.chunk_size, config->index.overlap);
    if (config->query.timeout_ms > config->query.timeout_ms_max)
        return fail_setting(err, "query.timeout_ms",
                            "must not be more than query.timeout_ms_max (%u), it is %u",
                            config->query.timeout_ms_max, config->query.timeout_ms);
    if (config->query.memory > config->memory.budget)
        return fail_setting(
            err, "query.memory", "must not be more than memory.budget (%llu bytes), it is %llu",
            (unsigned long long)config->memory.budget, (unsigned long long)config->query.memory);
    if (config->server.json_body_bytes_max > config->server.body_bytes_max)
        return fail_setting(err, "server.json_body_bytes_max",
                            "must not be more than server.body_bytes_max (%llu)",
                            (unsigned long long)config->server.body_bytes_max);
    return true;
}

static bool check_built(const AppConfig *config, Err *err) {
    if (config->auth.enabled) {
        err_fail(err, FAIL_UNSUPPORTED,
                 "auth.enabled = true, but this version cannot ask for keys yet");
        err_field(err, "auth.enabled");
        return err_hint(err, "it would serve everybody; set it to false and stay on loopback");
    }
    if (config->agent.enabled) {
        err_fail(err, FAIL_UNSUPPORTED, "agent.enabled = true, but this version has no tuner yet");
        err_field(err, "agent.enabled");
        return err_hint(err, "set it to false");
    }
    return true;
}

bool app_config_check(const AppConfig *config, bool insecure, Err *err) {
    return check_built(config, err) && check_listen(config, insecure, err) &&
           check_buckets(config, err) && check_models(config, err) && check_keys(config, err) &&
           check_words(config, err) && check_order(config, err);
}

/* --- models --------------------------------------------------------------------------------- */

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool app_config_model_folder(const AppConfig *config, const ModelSetting *model, Arena *arena,
                             Str *out_folder, Err *err) {
    Str folder = model->folder.length > 0 ? model->folder : model->name;
    bool absolute = str_starts(folder, STR("/"));
    Str rest = absolute ? STR("/") : config->embed.model_path;
    while (rest.length > 0) {
        Str parent;
        rest = str_cut(rest, ':', &parent);
        if (parent.length == 0)
            continue;
        Str found = absolute ? str_dup(arena, folder)
                             : str_format(arena, "%.*s/%.*s", STR_ARG(parent), STR_ARG(folder));
        if (is_folder(found.data)) {
            *out_folder = found;
            return true;
        }
    }
    err_fail(err, FAIL_NOT_FOUND, "model '%.*s': no folder '%.*s'", STR_ARG(model->name),
             STR_ARG(utf8_clip(folder, 200)));
    if (!absolute)
        err_detail(err, "looked in %.*s", STR_ARG(config->embed.model_path));
    return err_hint(err, "set its folder in [[embed.models]], or embed.model_path");
}
