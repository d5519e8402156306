/* The sanitiser and everything that draws what came out of it. */
#include "fuzz.h"

#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

const char *const fuzz_pieces[] = {
    "a",        "topic",        "\x1b[31m",         "\n",       "\x7f",         "\xc2\x85", "\xc2\x9b", "\xe2\x80\xae",
    "\xcc\x81", "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90", NULL
};

static void check_harmless(const struct buffer *text)
{
    size_t used;

    for (size_t at = 0; at < text->length; at += used) {
        uint32_t code = utf8_next(text->data + at, text->length - at, &used);

        FUZZ_MUST(code != UTF8_INVALID && code >= 0x20 && !(code >= 0x7f && code < 0xa0));
        FUZZ_MUST(!(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text, fitted;
    size_t cells = size > 0 ? data[0] % 64 : 0;

    buffer_init(&text, 0);
    buffer_init(&fitted, 0);
    text_sanitise(&text, (const char *)data, size);
    buffer_append_text(&text, "");
    check_harmless(&text);
    text_fit(&fitted, text.data, cells, size % 2 == 0);
    buffer_append_text(&fitted, "");
    check_harmless(&fitted);
    FUZZ_MUST(text_width(fitted.data) == cells);
    FUZZ_MUST(utf8_is_valid(data, size) || text.length > size);
    buffer_clear(&text);
    buffer_clear(&fitted);
    return 0;
}
