/* Text for people, and the strict reading of numbers. */
#include "base/text.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void text_sanitise(struct buffer *out, const char *bytes, size_t length)
{
    size_t used;

    for (size_t at = 0; at < length; at += used) {
        char form[UTF8_HARMLESS_SIZE];
        size_t size = utf8_harmless(bytes + at, length - at, at == 0, &used, form);

        if (!buffer_append(out, form, size))
            return;
    }
}

char *text_sanitised(const char *text)
{
    struct buffer out;

    buffer_init(&out, 0);
    if (text)
        text_sanitise(&out, text, strlen(text));
    return buffer_take(&out);
}

size_t text_width(const char *text)
{
    size_t length = strlen(text);
    size_t cells = 0, used;

    for (size_t at = 0; at < length; at += used)
        cells += utf8_cells(utf8_next(text + at, length - at, &used));
    return cells;
}

/* Appends the longest beginning of text that takes at most `cells` cells; returns the cells it takes. */
static size_t append_beginning(struct buffer *out, const char *text, size_t cells)
{
    size_t length = strlen(text);
    size_t taken = 0, at = 0, used;

    for (; at < length; at += used) {
        unsigned wide = utf8_cells(utf8_next(text + at, length - at, &used));

        if (taken + wide > cells)
            break;
        taken += wide;
    }
    buffer_append(out, text, at);
    return taken;
}

static void append_repeated(struct buffer *out, char c, size_t count)
{
    while (count-- > 0)
        buffer_append_char(out, c);
}

void text_fit(struct buffer *out, const char *text, size_t cells, bool left)
{
    size_t width = text_width(text);

    if (width > cells) {
        size_t taken = cells > 0 ? append_beginning(out, text, cells - 1) : 0;

        append_repeated(out, '>', cells - taken);
        return;
    }
    if (!left)
        append_repeated(out, ' ', cells - width);
    buffer_append_text(out, text);
    if (left)
        append_repeated(out, ' ', cells - width);
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Writes decimal digits, with zeros in front up to least of them; returns the place behind. Lists of 10,000 rows are measured
 * by their texts several times a second: printf was half of that. */
static char *put_number(char *out, uint64_t value, size_t least, bool commas)
{
    char digits[20];
    size_t count = 0;

    for (; value > 0 || count < least; value /= 10)
        digits[count++] = (char)('0' + value % 10);
    while (count > 0) {
        *out++ = digits[--count];
        if (commas && count > 0 && count % 3 == 0)
            *out++ = ',';
    }
    return out;
}

char *text_count(char out[TEXT_NUMBER_SIZE], int64_t value)
{
    char *p = out;

    if (value < 0)
        *p++ = '-';
    *put_number(p, magnitude(value), 1, true) = '\0';
    return out;
}

char *text_short_count(char out[TEXT_NUMBER_SIZE], int64_t value)
{
    const char *letter = "?KMGTPE";
    const char *sign = value < 0 ? "-" : "";
    uint64_t whole = magnitude(value);
    unsigned part = 0;

    if (value > -100000 && value < 1000000)
        return text_count(out, value);
    for (; whole >= 1000; letter++) {
        part = (unsigned)(whole % 1000);
        whole /= 1000;
    }
    if (whole >= 100)
        (void)snprintf(out, TEXT_NUMBER_SIZE, "%s%u%c", sign, (unsigned)whole, *letter);
    else if (whole >= 10)
        (void)snprintf(out, TEXT_NUMBER_SIZE, "%s%u.%u%c", sign, (unsigned)whole, part / 100, *letter);
    else
        (void)snprintf(out, TEXT_NUMBER_SIZE, "%s%u.%02u%c", sign, (unsigned)whole, part / 10, *letter);
    return out;
}

char *text_bytes(char out[TEXT_NUMBER_SIZE], int64_t bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    uint64_t whole = magnitude(bytes), part = 0;
    const char *sign = bytes < 0 ? "-" : "";
    size_t unit = 0;

    for (; whole >= 1000; unit++) {
        part = whole % 1000;
        whole /= 1000;
    }
    if (unit == 0 || whole >= 100)
        (void)snprintf(out, TEXT_NUMBER_SIZE, "%s%u %s", sign, (unsigned)whole, units[unit]);
    else
        (void)snprintf(out, TEXT_NUMBER_SIZE, "%s%u.%u %s", sign, (unsigned)whole, (unsigned)part / 100, units[unit]);
    return out;
}

char *text_counted(char out[TEXT_COUNTED_SIZE], int64_t count, const char *noun)
{
    char number[TEXT_NUMBER_SIZE];

    snprintf(out, TEXT_COUNTED_SIZE, "%s %s%s", text_count(number, count), noun, count == 1 ? "" : "s");
    return out;
}

char *text_duration(char out[TEXT_NUMBER_SIZE], int64_t ms)
{
    static const struct {
        uint64_t below, high, low; /* seconds */
        const char *letters;
    } units[] = {
        { 3600,       60,    1,    "ms" },
        { 86400,      3600,  60,   "hm" },
        { UINT64_MAX, 86400, 3600, "dh" },
    };
    uint64_t seconds = magnitude(ms) / 1000;
    size_t unit = 0;
    char *p = out;

    while (seconds >= units[unit].below)
        unit++;
    if (ms < 0 && seconds > 0)
        *p++ = '-';
    p = put_number(p, seconds / units[unit].high, 1, false);
    *p++ = units[unit].letters[0];
    p = put_number(p, seconds % units[unit].high / units[unit].low, 2, false);
    *p++ = units[unit].letters[1];
    *p = '\0';
    return out;
}

bool text_parse_int64(const char *text, int64_t *value)
{
    bool negative = text[0] == '-';
    uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t number = 0;
    const char *p = text + negative;

    if (!*p)
        return false;
    for (; *p; p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (*p < '0' || *p > '9' || number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

bool text_parse_uint(const char *text, int64_t most, int64_t *value)
{
    int64_t number;

    if (text[0] == '-' || !text_parse_int64(text, &number) || number > most)
        return false;
    *value = number;
    return true;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}
