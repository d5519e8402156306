/* Encoders: each format by example; JSON is read back with the other JSON of the house, and with any bytes. */
#include "format/encoder.h"

#include "base/json.h"
#include "base/utf8.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void append(void *context, const void *bytes, size_t length)
{
    assert_true(length > 0);
    assert_true(buffer_append(context, bytes, length));
}

static void encode(const char *format, const struct encoder_record *record, struct buffer *out)
{
    buffer_init(out, 0);
    encoder_find(format)->encode(record, append, out);
    buffer_append_text(out, "");
}

static void assert_encoded(const char *format, const struct encoder_record *record, const char *expected)
{
    struct buffer out;

    encode(format, record, &out);
    assert_int_equal(out.length, strlen(expected));
    assert_string_equal(out.data, expected);
    buffer_clear(&out);
}

static void the_table(void **state)
{
    (void)state;
    assert_null(encoder_find("avro"));
    assert_string_equal(encoder_find("lines")->name, "lines");
    assert_true(encoder_find("lines")->skips_tombstones && encoder_find("raw")->skips_tombstones);
    assert_false(encoder_find("json")->skips_tombstones);
    for (const struct encoder *const *encoder = encoders; *encoder; encoder++)
        assert_true((*encoder)->extension[0] == '.' && strchr((*encoder)->content_type, '/') && (*encoder)->help[0]);
}

static void lines_and_raw(void **state)
{
    struct encoder_record record = { .topic = "t", .value = "abc", .value_length = 3 };

    (void)state;
    assert_encoded("lines", &record, "abc\n");
    assert_encoded("raw", &record, "abc");
    record.value = "a\nb\n";
    record.value_length = 4;
    assert_encoded("lines", &record, "a\nb\n");
    assert_encoded("raw", &record, "a\nb\n");
    record.value_length = 0;
    assert_encoded("lines", &record, "\n");
    assert_encoded("raw", &record, "");
    record.value = NULL;
    assert_encoded("lines", &record, "");
    assert_encoded("raw", &record, "");
}

static void json_by_example(void **state)
{
    const struct encoder_header headers[] = {
        { "h",  "1",        1 },
        { "h",  NULL,       0 },
        { "\"", "\xff\xfe", 2 }
    };
    struct encoder_record record = { .topic = "orders",
                                     .partition = 3,
                                     .offset = 12345678901,
                                     .time = 1795428000123,
                                     .key = "k\"1",
                                     .key_length = 3,
                                     .value = "{\"a\":\"\\\x01\n\xc3\xa9\x7f\"}",
                                     .value_length = 14,
                                     .headers = headers,
                                     .header_count = 3 };

    (void)state;
    record.value_length = strlen(record.value);
    assert_encoded("json", &record,
                   "{\"topic\":\"orders\",\"partition\":3,\"offset\":12345678901,\"timestamp\":1795428000123,"
                   "\"key\":\"k\\\"1\",\"headers\":[{\"key\":\"h\",\"value\":\"1\"},{\"key\":\"h\",\"value\":null},"
                   "{\"key\":\"\\\"\",\"value_base64\":\"//4=\"}],"
                   "\"value\":\"{\\\"a\\\":\\\"\\\\\\u0001\\n\xc3\xa9\x7f\\\"}\"}\n");
    record = (struct encoder_record){ .topic = "t", .time = TIMESTAMP_NONE, .key = "\x80", .key_length = 1 };
    assert_encoded("json", &record,
                   "{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":null,\"key_base64\":\"gA==\","
                   "\"headers\":[],\"value\":null}\n");
    record = (struct encoder_record){ .topic = "t", .time = 0, .key = "", .value = "", .offset = INT64_MAX };
    assert_encoded("json", &record,
                   "{\"topic\":\"t\",\"partition\":0,\"offset\":9223372036854775807,\"timestamp\":0,\"key\":\"\","
                   "\"headers\":[],\"value\":\"\"}\n");
}

/* Every character at every place of a word of eight bytes, alone and beside others that need an escape. */
static void json_escapes_at_every_place(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x80; c++) {
        for (size_t place = 0; place < 20; place++) {
            char value[21] = "abc\"efgh\\jklmnopqrst";
            struct encoder_record record = { .topic = "t", .value = value, .value_length = 20 };
            struct buffer out;
            struct json *line;

            value[place] = (char)c;
            encode("json", &record, &out);
            line = json_parse(out.data, out.length, "the line", NULL);
            assert_non_null(line);
            assert_string_equal(json_get_text(line, "value"), value);
            json_free(line);
            buffer_clear(&out);
        }
    }
}

static int base64_digit(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = strchr(alphabet, c);

    assert_true(c && found);
    return (int)(found - alphabet);
}

static void assert_base64(const char *text, const char *bytes, size_t length)
{
    assert_int_equal(strlen(text), (length + 2) / 3 * 4);
    for (size_t bit = 0; bit < length * 8; bit++) {
        int expected = (unsigned char)bytes[bit / 8] >> (7 - bit % 8) & 1;

        assert_int_equal(base64_digit(text[bit / 6]) >> (5 - bit % 6) & 1, expected);
    }
}

static void json_of_any_bytes(void **state)
{
    enum { MOST = 12000 }; /* several times what the encoder gathers */
    uint64_t seed = 23;
    char *bytes = malloc(MOST);

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t length = round % 10 == 0 ? random_below(&seed, MOST) : random_below(&seed, 40);
        struct encoder_record record = { .topic = "t", .value = bytes, .value_length = length };
        struct buffer out;
        struct json *line;

        for (size_t i = 0; i < length; i++) /* without NUL, which the reader refuses; half of them ASCII only */
            bytes[i] = (char)(1 + random_below(&seed, round % 2 == 0 ? 127 : 255));
        encode("json", &record, &out);
        assert_ptr_equal(memchr(out.data, '\n', out.length), out.data + out.length - 1);
        line = json_parse(out.data, out.length, "the line", NULL);
        assert_non_null(line);
        if (utf8_is_valid(bytes, length)) {
            assert_int_equal(strlen(json_get_text(line, "value")), length);
            assert_memory_equal(json_get_text(line, "value"), bytes, length);
        } else {
            assert_null(json_get(line, "value"));
            assert_base64(json_get_text(line, "value_base64"), bytes, length);
        }
        json_free(line);
        buffer_clear(&out);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),         cmocka_unit_test(lines_and_raw),
        cmocka_unit_test(json_by_example),   cmocka_unit_test(json_escapes_at_every_place),
        cmocka_unit_test(json_of_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
