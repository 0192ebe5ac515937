/* pii_detect_network.c - addresses of machines, which lead to people.
 *
 * A version with four parts looks like an IPv4 address. Versions have small parts: an address whose
 * parts all lie under 100 is weak evidence, unless it is of a private network's 192.168 or
 * 172.16-31 range. Loopback, "any" and broadcast are nobody's.
 *
 * Tested by: test_pii_network.c. */
#include <arpa/inet.h>
#include <string.h>

#include "pii/pii_detect.h"

/* A prefix length behind a slash is taken off: "10.1.2.0/24". */
static Str without_prefix_length(Str text) {
    size_t slash = str_find_char(text, '/', 0);
    if (slash == SIZE_MAX || text.length - slash < 2 || text.length - slash > 4)
        return text;
    for (size_t i = slash + 1; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return text;
    return str_slice(text, 0, slash);
}

static PiiMatch detect_ipv4(const char *text) {
    uint8_t part[4];
    if (inet_pton(AF_INET, text, part) != 1)
        return PII_FAILED;
    bool nobody = part[0] == 0 || part[0] == 127 || part[0] >= 240;
    if (nobody)
        return PII_FAILED;
    bool private_net =
        (part[0] == 192 && part[1] == 168) || (part[0] == 172 && part[1] >= 16 && part[1] < 32);
    bool small = part[0] < 100 && part[1] < 100 && part[2] < 100 && part[3] < 100;
    return small && !private_net ? PII_WEAK : PII_SOLID;
}

/* Eight pairs are the address of an adapter or a serial number, though IPv6 could be written so. */
static PiiMatch detect_ipv6(const char *text) {
    uint8_t address[16];
    static const uint8_t none[15] = {0};
    if (pii_shape(str_c(text), "hh:hh:hh:hh:hh:hh:hh:hh") ||
        inet_pton(AF_INET6, text, address) != 1)
        return PII_MISS;
    bool nobody = memcmp(address, none, 15) == 0; /* :: and ::1 */
    return nobody ? PII_FAILED : PII_SOLID;
}

PiiMatch pii_detect_ip(const PiiValue *value) {
    Str text = without_prefix_length(value->text);
    char copy[INET6_ADDRSTRLEN + 1];
    if (value->wide_count > 0 || text.length < 3 || text.length > INET6_ADDRSTRLEN ||
        value->digit_count + value->letter_count < 3)
        return PII_MISS;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if ((value->marks & MARK_COLON) != 0)
        return detect_ipv6(copy);
    size_t dots = 0;
    for (size_t i = 0; i < text.length; i++)
        dots += copy[i] == '.';
    return dots == 3 && value->letter_count == 0 && pii_marks_within(value, MARK_DOT | MARK_SLASH)
               ? detect_ipv4(copy)
               : PII_MISS;
}

PiiMatch pii_detect_mac(const PiiValue *value) {
    if (value->compact_length != 12 || value->wide_count > 0)
        return PII_MISS;
    bool shape = pii_shape(value->text, "hh:hh:hh:hh:hh:hh") ||
                 pii_shape(value->text, "hh-hh-hh-hh-hh-hh") ||
                 pii_shape(value->text, "hhhh.hhhh.hhhh");
    if (!shape)
        return PII_MISS;
    bool same =
        pii_all_equal(value->compact, 12) && (value->compact[0] == '0' || value->compact[0] == 'F');
    return same ? PII_FAILED : PII_SOLID;
}
