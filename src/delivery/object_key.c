/* The key of an object. Reference: Firehose's default folders, Confluent's file names, Hive's escapes. */
#include "delivery/object_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "format/compression.h"
#include "format/encoder.h"

enum { LONGEST_KEY = 1024, POSITION_DIGITS = 20 };

/* By hand: what isalnum() says depends on the locale of the host, and any host must make the same key. */
static bool stays(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

/* Hive's way: every byte outside [A-Za-z0-9._-] becomes %XX. */
static void append_value(struct buffer *key, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (stays(*c))
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

bool object_key_folder(const struct stream_object *stream, int32_t partition, struct buffer *folder)
{
    if (stream->settings.folders != STREAM_FOLDERS_PARTITION)
        return false;
    buffer_append_text(folder, stream->prefix);
    append_folders(stream, partition, 0, folder);
    return true;
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

/* Digits only: `digits` of them, or (0) as many as a number without leading zeros has. */
static bool read_number(const char **at, size_t digits, int64_t most, int64_t *number)
{
    char text[POSITION_DIGITS + 1];
    size_t length = strspn(*at, "0123456789");

    if (length == 0 || length > POSITION_DIGITS || (digits ? length != digits : length > 1 && **at == '0'))
        return false;
    memcpy(text, *at, length);
    text[length] = '\0';
    *at += length;
    return text_parse_uint(text, most, number);
}

static bool skip_text(const char **at, const char *text)
{
    if (!text_starts_with(*at, text))
        return false;
    *at += strlen(text);
    return true;
}

/* YYYY/MM/dd/HH/ */
static bool skip_date(const char **at)
{
    static const char form[] = "dddd/dd/dd/dd/";

    for (size_t i = 0; form[i]; i++) {
        if (form[i] == 'd' ? (*at)[i] < '0' || (*at)[i] > '9' : (*at)[i] != form[i])
            return false;
    }
    *at += strlen(form);
    return true;
}

/* The folders that append_folders would make; *partition: what partition=<n>/ says, else -1. */
static bool skip_folders(const struct stream_object *stream, const char **at, int64_t *partition)
{
    *partition = -1;
    if (stream->settings.folders == STREAM_FOLDERS_TIME)
        return skip_text(at, "no-timestamp/") || skip_date(at);
    return skip_text(at, "partition=") && read_number(at, 0, INT32_MAX, partition) && skip_text(at, "/");
}

static bool skip_topic(const struct stream_object *stream, const char **at)
{
    struct buffer name;
    bool ok;

    buffer_init(&name, 0);
    append_value(&name, stream->plan->topic);
    ok = skip_text(at, name.data ? name.data : "") && skip_text(at, "+");
    buffer_clear(&name);
    return ok;
}

/* -NEXT-WRITER before the extension, on a stream that is at least once. */
static bool skip_writer(const struct stream_object *stream, const char **at, const char *extension)
{
    size_t length, tail = strlen(extension);
    int64_t next;

    if (stream->settings.exactly_once)
        return true;
    if (!skip_text(at, "-") || !read_number(at, 0, INT64_MAX, &next) || !skip_text(at, "-"))
        return false;
    length = strlen(*at);
    if (length <= tail || strchr(*at, '/'))
        return false;
    *at += length - tail;
    return true;
}

bool object_key_read(const struct stream_object *stream, const char *key, int32_t *partition, int64_t *start)
{
    char extension[32];
    const char *at = key;
    int64_t folder, number, position;

    object_key_extension(stream, extension);
    if (!skip_text(&at, stream->prefix) || !skip_folders(stream, &at, &folder) || !skip_topic(stream, &at) ||
        !read_number(&at, 0, INT32_MAX, &number) || !skip_text(&at, "+") ||
        !read_number(&at, POSITION_DIGITS, INT64_MAX, &position) || !skip_writer(stream, &at, extension) ||
        strcmp(at, extension) != 0 || (folder >= 0 && folder != number))
        return false;
    *partition = (int32_t)number;
    *start = position;
    return true;
}
