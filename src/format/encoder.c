/* From a record to bytes of an object. Everything here runs once a record: no allocation, and the bytes of a value are
 * looked at as few times as the format allows (lines: one look at the last byte; json: one for UTF-8, one to copy). */
#include "format/encoder.h"

#include "base/base64.h"
#include "base/utf8.h"

#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void encode_raw(const struct encoder_record *record, encoder_sink sink, void *context)
{
    if (record->value && record->value_length > 0)
        sink(context, record->value, record->value_length);
}

static void encode_lines(const struct encoder_record *record, encoder_sink sink, void *context)
{
    const char *text = record->value;

    if (!text)
        return;
    if (record->value_length > 0)
        sink(context, text, record->value_length);
    if (record->value_length == 0 || text[record->value_length - 1] != '\n')
        sink(context, "\n", 1);
}

/* --- json: one line a record -------------------------------------------------------------------------------------- */

enum {
    WRITER_SIZE = 4096,
    ESCAPE_SIZE = 6,      /* \u001f */
    BASE64_STEP = 3 * 64, /* bytes that are encoded at a time */
};

/* Gathers the short pieces, so that the sink gets few. */
struct writer {
    encoder_sink sink;
    void *context;
    size_t used;
    char data[WRITER_SIZE];
};

static void flush(struct writer *writer)
{
    if (writer->used > 0)
        writer->sink(writer->context, writer->data, writer->used);
    writer->used = 0;
}

/* Room for size bytes, at most WRITER_SIZE. */
static char *reserve(struct writer *writer, size_t size)
{
    if (writer->used + size > WRITER_SIZE)
        flush(writer);
    return writer->data + writer->used;
}

static void put(struct writer *writer, const char *bytes, size_t length)
{
    if (length > WRITER_SIZE / 2) {
        flush(writer);
        writer->sink(writer->context, bytes, length);
        return;
    }
    memcpy(reserve(writer, length), bytes, length);
    writer->used += length;
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static void put_int(struct writer *writer, int64_t value)
{
    char digits[24];
    char *p = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--p = '-';
    put(writer, p, (size_t)(digits + sizeof(digits) - p));
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void put_escaped(struct writer *writer, unsigned char c)
{
    static const char named[0x80] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
    };
    char *out = reserve(writer, ESCAPE_SIZE + 1);

    if (named[c]) {
        out[0] = '\\';
        out[1] = named[c];
        writer->used += 2;
    } else {
        writer->used += (size_t)snprintf(out, ESCAPE_SIZE + 1, "\\u%04x", (unsigned)c);
    }
}

/* Of eight bytes, the first in the lowest place: a high bit at the first one that needs an escape. Bits above it mean
 * nothing, because a borrow may run through them. */
static uint64_t escapes_among(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = eight ^ (ones * '"');
    uint64_t backslash = eight ^ (ones * '\\');

    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((eight - ones * 0x20) & ~eight)) &
           (ones * 0x80);
}

/* Valid UTF-8 without quotes around it. In JSON inside JSON a quote comes every few bytes, so no long runs are copied:
 * eight bytes are, and then as many of them are kept as stand before an escape. */
static void put_string_body(struct writer *writer, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        char *out = reserve(writer, sizeof(uint64_t));

        if (end - text >= (ptrdiff_t)sizeof(uint64_t)) {
            uint64_t eight, found;

            memcpy(&eight, text, sizeof(eight));
            memcpy(out, &eight, sizeof(eight));
            found = escapes_among(le64toh(eight));
            writer->used += found ? (size_t)__builtin_ctzll(found) / 8 : sizeof(eight);
            text += found ? (size_t)__builtin_ctzll(found) / 8 : sizeof(eight);
            if (!found)
                continue;
        } else if (!needs_escape((unsigned char)*text)) {
            *out = *text++;
            writer->used++;
            continue;
        }
        put_escaped(writer, (unsigned char)*text++);
    }
}

static void put_base64(struct writer *writer, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        size_t step = length < BASE64_STEP ? length : BASE64_STEP;

        writer->used += base64_encode(bytes, step, reserve(writer, BASE64_LENGTH(BASE64_STEP)));
        bytes += step;
        length -= step;
    }
}

/* "name":"text", or "name":null without bytes, or "name_base64":"..." for bytes that are no UTF-8. */
static void put_member(struct writer *writer, const char *name, const void *bytes, size_t length)
{
    bool text = !bytes || utf8_is_valid(bytes, length);

    put(writer, "\"", 1);
    put_text(writer, name);
    put_text(writer, text ? "\":" : "_base64\":");
    if (!bytes) {
        put_text(writer, "null");
        return;
    }
    put(writer, "\"", 1);
    if (text)
        put_string_body(writer, bytes, length);
    else
        put_base64(writer, bytes, length);
    put(writer, "\"", 1);
}

static void put_headers(struct writer *writer, const struct encoder_record *record)
{
    put_text(writer, "\"headers\":[");
    for (size_t i = 0; i < record->header_count; i++) {
        const struct encoder_header *header = &record->headers[i];

        put_text(writer, i > 0 ? ",{" : "{");
        put_member(writer, "key", header->name, strlen(header->name));
        put(writer, ",", 1);
        put_member(writer, "value", header->value, header->value_length);
        put(writer, "}", 1);
    }
    put(writer, "]", 1);
}

static void encode_json(const struct encoder_record *record, encoder_sink sink, void *context)
{
    struct writer writer;

    writer.sink = sink;
    writer.context = context;
    writer.used = 0;
    put(&writer, "{", 1);
    put_member(&writer, "topic", record->topic, strlen(record->topic));
    put_text(&writer, ",\"partition\":");
    put_int(&writer, record->partition);
    put_text(&writer, ",\"offset\":");
    put_int(&writer, record->offset);
    put_text(&writer, ",\"timestamp\":");
    if (record->time < 0)
        put_text(&writer, "null");
    else
        put_int(&writer, record->time);
    put(&writer, ",", 1);
    put_member(&writer, "key", record->key, record->key_length);
    put(&writer, ",", 1);
    put_headers(&writer, record);
    put(&writer, ",", 1);
    put_member(&writer, "value", record->value, record->value_length);
    put_text(&writer, "}\n");
    flush(&writer);
}

static const struct encoder lines = {
    .name = "lines",
    .help = "each value on a line of its own, newline added where missing",
    .extension = ".txt",
    .content_type = "text/plain",
    .needs_headers = false,
    .skips_tombstones = true,
    .encode = encode_lines,
};

static const struct encoder raw = {
    .name = "raw",
    .help = "the values one after another, as they are (what Firehose does)",
    .extension = ".bin",
    .content_type = "application/octet-stream",
    .needs_headers = false,
    .skips_tombstones = true,
    .encode = encode_raw,
};

static const struct encoder json = {
    .name = "json",
    .help = "a line of JSON a record: topic, partition, offset, timestamp, key, headers, value",
    .extension = ".json",
    .content_type = "application/x-ndjson",
    .needs_headers = true,
    .skips_tombstones = false,
    .encode = encode_json,
};

const struct encoder *const encoders[] = { &lines, &raw, &json, NULL };

const struct encoder *encoder_find(const char *name)
{
    for (const struct encoder *const *encoder = encoders; *encoder; encoder++) {
        if (strcmp((*encoder)->name, name) == 0)
            return *encoder;
    }
    return NULL;
}
