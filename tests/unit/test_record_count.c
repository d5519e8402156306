/* What other sinks write, and what is not counted. */
#include "base/buffer.h"
#include "format/compression.h"
#include "format/record_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t count(const void *bytes, size_t length)
{
    struct error err = { 0 };
    int64_t records = -1;

    if (!record_count(bytes, length, &records, &err))
        fail_msg("%s", err.message);
    return records;
}

static void test_lines(void **state)
{
    (void)state;
    assert_int_equal(count("", 0), 0);
    assert_int_equal(count("a", 1), 1);
    assert_int_equal(count("a\n", 2), 1);
    assert_int_equal(count("a\nb", 3), 2);
    assert_int_equal(count("\n\n", 2), 2);
    assert_int_equal(count("[\n{},\n{}\n]", 10), 2);
    assert_int_equal(count("[\n{},\n{}\n]\n", 11), 2);
    assert_int_equal(count("[1]\n[2]\n", 8), 2);
}

static void gather(void *context, const void *bytes, size_t length)
{
    buffer_append(context, bytes, length);
}

/* records lines as one member behind what is there. */
static void add_member(struct buffer *out, const struct compression *compression, size_t records, bool last_newline)
{
    struct compression_state *codec = compression->open(gather, out);

    for (size_t i = 0; i < records; i++) {
        char *line = memory_printf("{\"seq\":%zu,\"text\":\"%zu\"}%s", i, i * 7919 % 1000003,
                                   i + 1 < records || last_newline ? "\n" : "");

        compression->write(codec, line, strlen(line));
        free(line);
    }
    compression->finish(codec);
    compression->free(codec);
}

static void count_packed(const char *method)
{
    const struct compression *compression = compression_find(method);
    struct buffer out;
    struct error err;
    int64_t records;

    buffer_init(&out, 0);
    add_member(&out, compression, 20000, false);
    assert_int_equal(count(out.data, out.length), 20000);
    buffer_reset(&out);
    add_member(&out, compression, 3, true);
    add_member(&out, compression, 40000, true);
    assert_int_equal(count(out.data, out.length), 40003);
    for (size_t cut = 2; cut < out.length; cut += out.length / 7)
        assert_false(record_count(out.data, out.length - cut, &records, &err) && records == 40003);
    assert_false(record_count(out.data, out.length - 1, &records, &err));
    out.data[out.length / 2] ^= 0x55;
    assert_false(record_count(out.data, out.length, &records, &err));
    assert_non_null(strstr(err.message, method));
    buffer_clear(&out);
}

static void test_packed(void **state)
{
    (void)state;
    count_packed("gzip");
    count_packed("zstd");
}

static void test_others(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *name;
    } rows[] = {
        { "\x28\xb5\x2f\xfd....", 8,  "zstd"    },
        { "\x82SNAPPY\0....",     12, "snappy"  },
        { "PAR1....",             8,  "Parquet" },
        { "Obj\x01....",          8,  "Avro"    }
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = { 0 };
        int64_t records;

        assert_false(record_count(rows[i].bytes, rows[i].length, &records, &err));
        assert_non_null(strstr(err.message, rows[i].name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_packed),
                                        cmocka_unit_test(test_others) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
