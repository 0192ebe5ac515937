/* pii_detect_secret.c - keys and tokens that open something.
 *
 * Only those that carry their maker's mark: a random text cannot be told from a digest. A JSON web
 * token is three pieces of base64url, the first being "{" with a quotation mark behind it.
 *
 * Tested by: test_pii_network.c. */
#include "pii/pii_detect.h"

typedef struct Token {
    const char *prefix;
    size_t length_min, length_max; /* of all */
} Token;

static const Token tokens[] = {
    {"AKIA", 20, 20},      {"ASIA", 20, 20},      {"ghp_", 36, 60},         {"gho_", 36, 60},
    {"ghu_", 36, 60},      {"ghs_", 36, 60},      {"github_pat_", 40, 120}, {"glpat-", 20, 60},
    {"xoxb-", 20, 120},    {"xoxp-", 20, 120},    {"xoxa-", 20, 120},       {"xoxr-", 20, 120},
    {"sk_live_", 20, 140}, {"rk_live_", 20, 140}, {"sk-", 32, 220},         {"AIza", 39, 39},
    {"npm_", 36, 60},      {"hf_", 30, 60},       {"SG.", 60, 80},          {"dop_v1_", 60, 80},
};

static bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_web_token(Str text) {
    size_t dots = 0;
    for (size_t i = 0; i < text.length; i++)
        dots += text.data[i] == '.';
    return str_starts(text, STR("eyJ")) && dots == 2 && text.length >= 40;
}

PiiMatch pii_detect_secret(const PiiValue *value) {
    Str text = value->text;
    if (text.length < 16)
        return PII_MISS;
    if (str_starts(text, STR("-----BEGIN ")))
        return str_find(str_slice(text, 0, 64), STR("PRIVATE KEY"), 0) != SIZE_MAX ? PII_SOLID
                                                                                   : PII_MISS;
    for (size_t i = 0; i < text.length; i++)
        if (!is_token_char(text.data[i]))
            return PII_MISS;
    if (is_web_token(text))
        return PII_SOLID;
    bool has_digit = false;
    for (size_t i = 0; i < text.length; i++)
        has_digit |= text.data[i] >= '0' && text.data[i] <= '9';
    for (size_t i = 0; has_digit && i < sizeof tokens / sizeof *tokens; i++)
        if (str_starts(text, str_c(tokens[i].prefix)) && text.length >= tokens[i].length_min &&
            text.length <= tokens[i].length_max)
            return PII_SOLID;
    return PII_MISS;
}
