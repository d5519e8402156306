/* A properties file: rows have a name, are found by it, and an error never repeats the text, which may be a secret. */
#include "fuzz.h"

#include "base/properties.h"

#include <string.h>

const char *const fuzz_pieces[] = {
    "bootstrap.servers", "=",       ":",   " ",      "\\",     "\n", "\r\n", "#", "!", "\\u00e9",
    "\\ud83d\\ude00",    "\\u0000", "\\t", "secret", "\\\n  ", NULL
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct properties properties;
    struct error err;

    properties_init(&properties);
    if (properties_parse(&properties, (const char *)data, size, "file", &err)) {
        for (size_t i = 0; i < properties.count; i++) {
            FUZZ_MUST(properties.rows[i].name[0]);
            FUZZ_MUST(properties_get(&properties, properties.rows[i].name) == properties.rows[i].value);
        }
    } else {
        FUZZ_MUST(err.kind == ERROR_USAGE && !strstr(err.message, "secret"));
    }
    properties_clear(&properties);
    return 0;
}
