/* The key of an object. Reference: Firehose's default folders, Confluent's file names, Hive's escapes. */
#include "delivery/object_key.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "format/compression.h"
#include "format/encoder.h"

enum { LONGEST_KEY = 1024, POSITION_DIGITS = 20 };

/* Hive's way: every byte outside [A-Za-z0-9._-] becomes %XX; a name of dots only would be a path segment of its own. */
static void append_value(struct buffer *key, const char *text)
{
    bool dots = strspn(text, ".") == strlen(text);

    for (const char *c = text; *c; c++) {
        if (isalnum((unsigned char)*c) || *c == '_' || *c == '-' || (*c == '.' && !dots))
            buffer_append_char(key, *c);
        else
            buffer_printf(key, "%%%02X", (unsigned char)*c);
    }
}

static void append_folders(const struct stream_object *stream, int32_t partition, timestamp_ms first_time,
                           struct buffer *key)
{
    struct timestamp_calendar date;

    if (stream->settings.folders == STREAM_FOLDERS_PARTITION) {
        buffer_printf(key, "partition=%" PRId32 "/", partition);
        return;
    }
    date = timestamp_to_calendar(first_time < 0 ? 0 : first_time);
    if (first_time < 0 || date.year > 9999)
        buffer_append_text(key, "no-timestamp/");
    else
        buffer_printf(key, "%04d/%02d/%02d/%02d/", (int)date.year, date.month, date.day, date.hour);
}

const char *object_key_extension(const struct stream_object *stream, char out[32])
{
    const struct encoder *encoder = encoder_find(stream->settings.format);
    const struct compression *compression = compression_find(stream->settings.compression);

    snprintf(out, 32, "%s%s", encoder ? encoder->extension : "", compression ? compression->extension : "");
    return out;
}

bool object_key_make(const struct stream_object *stream, int32_t partition, int64_t start, timestamp_ms first_time,
                     int64_t next, const char *writer, struct buffer *key, struct error *err)
{
    char extension[32];

    buffer_append_text(key, stream->prefix);
    append_folders(stream, partition, first_time, key);
    append_value(key, stream->plan->topic);
    buffer_printf(key, "+%" PRId32 "+%0*" PRId64, partition, POSITION_DIGITS, start);
    if (!stream->settings.exactly_once) {
        buffer_printf(key, "-%" PRId64 "-", next);
        append_value(key, writer);
    }
    buffer_append_text(key, object_key_extension(stream, extension));
    if (key->length > LONGEST_KEY)
        return error_set(err, ERROR_S3, "the key %.80s... has %zu bytes, S3 allows %d: take a shorter prefix",
                         key->data, key->length, LONGEST_KEY);
    return true;
}

/* Digits only, and no more than fit. */
static bool read_number(const char **at, size_t digits, int64_t most, int64_t *number)
{
    char text[POSITION_DIGITS + 1];
    size_t length = strspn(*at, "0123456789");

    if (length == 0 || length > POSITION_DIGITS || (digits && length != digits))
        return false;
    memcpy(text, *at, length);
    text[length] = '\0';
    *at += length;
    return text_parse_uint(text, most, number);
}

bool object_key_read(const struct stream_object *stream, const char *key, int32_t *partition, int64_t *start)
{
    struct buffer name;
    char extension[32];
    const char *at = strrchr(key, '/');
    int64_t number = 0;
    bool ok;

    if (!text_starts_with(key, stream->prefix))
        return false;
    at = at ? at + 1 : key;
    buffer_init(&name, 0);
    append_value(&name, stream->plan->topic);
    buffer_append_char(&name, '+');
    ok = text_starts_with(at, name.data);
    at += ok ? name.length : 0;
    buffer_clear(&name);
    if (!ok || !read_number(&at, 0, INT32_MAX, &number) || *at++ != '+' ||
        !read_number(&at, POSITION_DIGITS, INT64_MAX, start))
        return false;
    *partition = (int32_t)number;
    object_key_extension(stream, extension);
    if (stream->settings.exactly_once)
        return strcmp(at, extension) == 0;
    size_t rest = strlen(at), tail = strlen(extension);
    return *at == '-' && rest > tail && strcmp(at + rest - tail, extension) == 0;
}
