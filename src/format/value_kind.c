/* A cheap look at a value. */
#include "format/value_kind.h"

#include "base/utf8.h"

#include <stddef.h>
#include <string.h>

enum {
    LOOK_LIMIT = 64 * 1024,
    AVRO_HEAD = 5, /* Confluent's wire format: a zero byte and the schema's number in four */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes that text has no use for; tab, newline and carriage return are text. */
static bool has_controls(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && !is_blank((char)c)) || c == 0x7f)
            return true;
    }
    return false;
}

/* An object or an array, by its first and last character. */
static bool looks_like_json(const char *text, size_t length)
{
    while (length > 0 && is_blank(text[0])) {
        text++;
        length--;
    }
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    return length >= 2 && ((text[0] == '{' && text[length - 1] == '}') || (text[0] == '[' && text[length - 1] == ']'));
}

/* A newline anywhere but at the very end. */
static bool has_inner_newline(const char *text, size_t length, size_t look)
{
    const char *newline = memchr(text, '\n', look);

    return newline && (size_t)(newline - text) + 1 < length;
}

enum value_kind value_kind_of(const void *value, size_t length)
{
    const char *text = value;
    size_t look = length < LOOK_LIMIT ? length : LOOK_LIMIT;

    if (!value)
        return VALUE_TOMBSTONE;
    if (length > AVRO_HEAD && text[0] == '\0')
        return VALUE_AVRO;
    if (look < length)
        look -= utf8_cut_tail(text, look);
    if (has_controls(text, look) || !utf8_is_valid(text, look))
        return VALUE_BINARY;
    if (has_inner_newline(text, length, look))
        return VALUE_MULTI_LINE;
    return looks_like_json(text, length) ? VALUE_JSON : VALUE_TEXT;
}

static const struct kind_row {
    const char *name;
    bool breaks_lines;
} kinds[] = {
    [VALUE_UNKNOWN] = { "unknown", false },
      [VALUE_JSON] = { "JSON",    false },
      [VALUE_TEXT] = { "text",    false },
    [VALUE_MULTI_LINE] = { "multi",   true  },
      [VALUE_AVRO] = { "avro",    true  },
      [VALUE_BINARY] = { "binary",  true  },
    [VALUE_TOMBSTONE] = { "none",    false },
};

const char *value_kind_name(enum value_kind kind)
{
    return kinds[kind].name;
}

bool value_kind_breaks_lines(enum value_kind kind)
{
    return kinds[kind].breaks_lines;
}
