/* JSON: what is read can be written, and the written form reads back to the same written form. */
#include "fuzz.h"

#include "base/json.h"

#include <string.h>

#define EIGHT(text) text text text text text text text text
#define DEEP        EIGHT("[[[[[[[[") EIGHT("]]]]]]]]")

const char *const fuzz_pieces[] = { "{\"a\":[1,-2.5,{\"b\":null}],\"c\":\"x\\n\",\"d\":[true,{},[]]}",
                                    DEEP,
                                    "{\"a\":",
                                    "[1,",
                                    "{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    ":",
                                    "\"",
                                    "\"name\"",
                                    "\"name\":",
                                    "1",
                                    "-2.5e3",
                                    "true",
                                    "null",
                                    "\\u00e9",
                                    "\\ud83d\\ude00",
                                    "\\u0000",
                                    "\\\\",
                                    "\xff",
                                    " ",
                                    NULL };

static void visit(const struct json *value, int depth)
{
    int64_t number;
    bool flag;

    FUZZ_MUST(depth <= 64);
    (void)!json_int(value, &number);
    (void)!json_get_bool(value, "name", &flag);
    (void)!json_get_int(value, "name", &number);
    for (const struct json *item = json_first(value); item; item = json_next(item)) {
        FUZZ_MUST(json_is_object(value) == (json_name(item) != NULL));
        visit(item, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer first, second;
    struct json *root = json_parse((const char *)data, size, "input", NULL);
    bool indent = size % 2 == 0;

    buffer_init(&first, 0);
    buffer_init(&second, 0);
    if (root) {
        visit(root, 0);
        json_write(root, indent, &first);
        json_free(root);
        root = json_parse(first.data, first.length, "output", NULL);
        FUZZ_MUST(root);
        json_write(root, indent, &second);
        FUZZ_MUST(strcmp(first.data, second.data) == 0);
    }
    json_free(root);
    buffer_clear(&first);
    buffer_clear(&second);
    return 0;
}
