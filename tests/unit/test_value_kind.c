/* Kinds of values by example, and at the edge of what is looked at. */
#include "format/value_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROW(text, kind) { text, sizeof(text) - 1, kind }

static void by_example(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        enum value_kind kind;
    } rows[] = {
        ROW("{\"a\":1}", VALUE_JSON),
        ROW(" [1,2] \n", VALUE_JSON),
        ROW("{\"a\":1}\r\n", VALUE_JSON),
        ROW("{\n \"a\": 1\n}\n", VALUE_MULTI_LINE),
        ROW("{\"a\":1}\n{\"a\":2}\n", VALUE_MULTI_LINE),
        ROW("{", VALUE_TEXT),
        ROW("{]", VALUE_TEXT),
        ROW("a,b\tc", VALUE_TEXT),
        ROW("", VALUE_TEXT),
        ROW("\n", VALUE_TEXT),
        ROW("\n\n", VALUE_MULTI_LINE),
        ROW("caf\xc3\xa9\n", VALUE_TEXT),
        ROW("caf\xc3", VALUE_BINARY),
        ROW("a\x01", VALUE_BINARY),
        ROW("{\"a\":\"\xff\"}", VALUE_BINARY),
        ROW("\0\0\0\0\x01x", VALUE_AVRO),
        ROW("\0\0\0\x12\x34{\"a\":1}", VALUE_AVRO),
        ROW("\0\0\0\0\x01", VALUE_BINARY),
        ROW("\x01\0\0\0\x01x", VALUE_BINARY),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (value_kind_of(rows[i].text, rows[i].length) != rows[i].kind)
            fail_msg("row %zu is %s", i, value_kind_name(value_kind_of(rows[i].text, rows[i].length)));
    }
    assert_int_equal(value_kind_of(NULL, 0), VALUE_TOMBSTONE);
}

static void large_values(void **state)
{
    enum { LENGTH = 100000, LOOK = 65536 };
    char *text = malloc(LENGTH);

    (void)state;
    memset(text, 'x', LENGTH);
    text[0] = '{';
    text[LENGTH - 1] = '}';
    assert_int_equal(value_kind_of(text, LENGTH), VALUE_JSON);
    memcpy(text + LOOK - 1, "\xc3\xa9", 2); /* a character across the edge is no mistake */
    assert_int_equal(value_kind_of(text, LENGTH), VALUE_JSON);
    text[LOOK - 1] = '\n';
    assert_int_equal(value_kind_of(text, LENGTH), VALUE_MULTI_LINE);
    free(text);
}

static void names_and_lines(void **state)
{
    (void)state;
    for (int kind = VALUE_UNKNOWN; kind <= VALUE_TOMBSTONE; kind++)
        assert_true(strlen(value_kind_name((enum value_kind)kind)) > 1);
    assert_string_equal(value_kind_name(VALUE_MULTI_LINE), "multi");
    assert_true(value_kind_breaks_lines(VALUE_MULTI_LINE));
    assert_true(value_kind_breaks_lines(VALUE_AVRO));
    assert_true(value_kind_breaks_lines(VALUE_BINARY));
    assert_false(value_kind_breaks_lines(VALUE_JSON));
    assert_false(value_kind_breaks_lines(VALUE_TEXT));
    assert_false(value_kind_breaks_lines(VALUE_UNKNOWN));
    assert_false(value_kind_breaks_lines(VALUE_TOMBSTONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_example),
        cmocka_unit_test(large_values),
        cmocka_unit_test(names_and_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
