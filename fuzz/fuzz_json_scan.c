/* fuzz_json_scan.c - any bytes as a JSON object: what our scanner takes, jansson takes too (but for
 * numbers beyond a double and deeper nesting), and its pieces lie inside the bytes. */
#include <assert.h>

#include "base/json.h"
#include "files/json_scan.h"
#include "files/utf8_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_members(const JsonScanner *scanner, Str text, Arena *arena) {
    for (size_t i = 0; i < scanner->member_count; i++) {
        const JsonMember *member = &scanner->members[i];
        assert(member->text.data >= text.data);
        assert(member->text.data + member->text.length <= text.data + text.length);
        Str key = json_unescape(member->key, member->key_escaped, arena);
        assert(utf8_valid(key));
        if (member->kind == JSON_KIND_STRING)
            assert(utf8_valid(json_unescape(member->text, member->text_escaped, arena)));
        JsonMember element;
        size_t at = 0;
        while (member->kind == JSON_KIND_LIST && json_next_element(member->text, &at, &element))
            assert(element.text.data >= member->text.data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t fault;
    Str text = str_make(data, size);
    if (size == 0 || size > 1 << 16 || !utf8_scan(text, &fault))
        return 0;
    Arena *arena = arena_create();
    JsonScanner scanner;
    json_scanner_init(&scanner);
    scanner.bytes = text;
    scanner.at_end = true;
    JsonStep step = json_scan_object(&scanner);
    assert(step != JSON_STEP_MORE);
    assert(scanner.at <= size);
    if (step == JSON_STEP_OBJECT) {
        check_members(&scanner, text, arena);
        json_error_t error;
        json_t *value = json_loadb(text.data, scanner.at, 0, &error);
        assert(value != NULL || json_error_code(&error) == json_error_numeric_overflow);
        json_decref(value);
    } else {
        assert(scanner.fault != NULL);
    }
    json_scanner_deinit(&scanner);
    arena_destroy(arena);
    return 0;
}
