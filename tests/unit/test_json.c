/* JSON: what is refused, integers to the last digit, and writing that reads back. */
#include "base/json.h"

#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json *parse(const char *text)
{
    struct error err;
    struct json *root = json_parse(text, strlen(text), "the test", &err);

    if (!root)
        fail_msg("%s", err.message);
    return root;
}

static void assert_written(const struct json *root, bool indent, const char *expected)
{
    struct buffer out;

    buffer_init(&out, 0);
    json_write(root, indent, &out);
    assert_string_equal(out.data, expected);
    buffer_clear(&out);
}

static void reading(void **state)
{
    struct json *root =
        parse(" {\"a\": 1, \"b\":[true,null,\"x\\n\\u00e9\"], \"A\":-5, \"c\":{\"d\":false},\"e\":1.5} \n");
    const struct json *list = json_get(root, "b");
    int64_t number = 0;
    bool flag = true;

    (void)state;
    assert_true(json_is_object(root) && !json_is_array(root));
    assert_true(json_get_int(root, "a", &number) && number == 1);
    assert_true(json_get_int(root, "A", &number) && number == -5);
    assert_false(json_get_int(root, "e", &number));
    assert_false(json_get_int(root, "b", &number));
    assert_false(json_get_int(root, "none", &number));
    assert_int_equal(number, -5);
    assert_true(json_get_bool(json_get(root, "c"), "d", &flag) && !flag);
    assert_false(json_get_bool(root, "a", &flag));
    assert_true(json_is_array(list));
    assert_int_equal(json_count(list), 3);
    assert_null(json_name(json_first(list)));
    assert_true(json_is_null(json_next(json_first(list))));
    assert_string_equal(json_text(json_next(json_next(json_first(list)))), "x\n\xc3\xa9");
    assert_string_equal(json_name(json_first(root)), "a");
    assert_null(json_get_text(root, "a"));
    assert_null(json_get(list, "a"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_first(NULL));
    assert_null(json_next(NULL));
    assert_null(json_text(NULL));
    assert_int_equal(json_count(NULL), 0);
    assert_false(json_is_null(NULL) || json_is_object(NULL) || json_is_array(NULL));
    json_free(root);
    json_free(NULL);
}

static void refusals(void **state)
{
    static const char *const rows[] = { "",        " ",         "{",     "[1,]",     "{\"a\":1}}",  "{} x",
                                        "nul",     "\"abc",     "\"\\",  "\"a\nb\"", "\"\\u0000\"", "\"\x01\"",
                                        "[1]\x01", "{\"a\" 1}", "{a:1}", "'a'",      "\"\\ud800\"", "\x01[1]" };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err;

        if (json_parse(rows[i], strlen(rows[i]), "the answer", &err))
            fail_msg("'%s' was read", rows[i]);
        assert_int_equal(err.kind, ERROR_FORMAT);
        assert_memory_equal(err.message, "the answer", 10);
    }
    assert_null(json_parse("[1]\0", 4, "x", NULL));
    assert_null(json_parse("\"a\0b\"", 5, "x", NULL));
}

static void backslashes_do_not_hide_a_nul(void **state)
{
    struct json *root = parse("\"\\\\u0000\"");

    (void)state;
    assert_string_equal(json_text(root), "\\u0000");
    json_free(root);
    assert_null(json_parse("\"\\\\\\u0000\"", 10, "x", NULL));
}

static void nesting_is_bounded(void **state)
{
    char text[131];
    struct json *root;

    (void)state;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_null(json_parse(text, 130, "x", NULL));
    root = json_parse(text + 1, 128, "x", NULL);
    assert_non_null(root);
    json_free(root);
    root = parse("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"");
    json_free(root);
}

static void integers_are_exact(void **state)
{
    struct json *root = json_object_new();
    struct json *list = json_array_new();
    int64_t number;

    (void)state;
    json_set_int(root, "most", INT64_MAX);
    json_set_int(root, "least", INT64_MIN);
    json_set_int_or_null(root, "known", 0);
    json_set_int_or_null(root, "unknown", -1);
    json_append_int(list, 9007199254740993);
    json_set(root, "list", list);
    assert_written(root, false,
                   "{\"most\":9223372036854775807,\"least\":-9223372036854775808,\"known\":0,\"unknown\":null,"
                   "\"list\":[9007199254740993]}");
    assert_true(json_get_int(root, "most", &number) && number == INT64_MAX);
    json_free(root);
    root = parse("[9007199254740991,-9007199254740991,1e3,1e400,9223372036854775808]");
    assert_true(json_int(json_first(root), &number) && number == 9007199254740991);
    assert_true(json_int(json_next(json_next(json_first(root))), &number) && number == 1000);
    assert_false(json_int(json_next(json_next(json_next(json_first(root)))), &number));
    assert_false(json_int(json_next(json_next(json_next(json_next(json_first(root))))), &number));
    json_free(root);
}

static void writing(void **state)
{
    struct json *root = json_object_new();
    struct json *list = json_array_new();

    (void)state;
    json_set_text(root, "text", "a\"\\/\b\f\n\r\t\x01\x7f\xc2\x85\xe6\x97\xa5\xff");
    json_set_text(root, "none", NULL);
    json_set_bool(root, "yes", true);
    json_set_bool(root, "no", false);
    json_set_null(root, "null");
    json_set_real(root, "real", 0.1);
    json_set_real(root, "whole", 3);
    json_set_real(root, "not", 0.0 / (double)json_count(list));
    json_set(root, "empty", list);
    json_set(root, "object", json_object_new());
    assert_written(root, false,
                   "{\"text\":\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0085\xe6\x97\xa5\xef\xbf\xbd\",\"none\":null,"
                   "\"yes\":true,\"no\":false,\"null\":null,\"real\":0.1,\"whole\":3,\"not\":null,\"empty\":[],"
                   "\"object\":{}}");
    json_free(root);
    root = parse("{\"a\":[1,2],\"b\":{}}");
    assert_written(root, true, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}\n");
    json_free(root);
}

/* Whatever is read, its written form reads back to the same written form. */
static void random_documents_settle(void **state)
{
    static const char *const pieces[] = { "{",     "}",       "[",    "]",      ",",    ":",       "\"",
                                          "\"a\"", "1",       "-2.5", "1e5",    "true", "null",    " ",
                                          "\\",    "\\u00e9", "\xff", "\"b\":", "[]",   "{\"c\":", "\\ud83d\\ude00",
                                          "0.1",   "\\n",     "[1," };
    uint64_t seed = 17;
    int read = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        struct buffer text, first, second;
        struct json *root;

        buffer_init(&text, 0);
        buffer_init(&first, 0);
        buffer_init(&second, 0);
        do
            buffer_append_text(&text, pieces[random_below(&seed, sizeof(pieces) / sizeof(pieces[0]))]);
        while (random_below(&seed, 6) > 0);
        root = json_parse(text.data, text.length, "x", NULL);
        if (root) {
            read++;
            json_write(root, round % 2 == 0, &first);
            json_free(root);
            root = json_parse(first.data, first.length, "x", NULL);
            assert_non_null(root);
            json_write(root, round % 2 == 0, &second);
            assert_string_equal(first.data, second.data);
            json_free(root);
        }
        buffer_clear(&text);
        buffer_clear(&first);
        buffer_clear(&second);
    }
    assert_true(read > 1000);
}

static void names_are_checked(void **state)
{
    static const char *const names[] = { "a", "b", NULL };
    static const struct {
        const char *text, *told; /* told: NULL when the names are right */
    } rows[] = {
        { "{\"a\":1,\"b\":null}",      NULL                                             },
        { "{\"b\":[],\"a\":{}}",       NULL                                             },
        { "{\"a\":1}",                 "it has no \"b\""                                },
        { "{\"a\":1,\"b\":2,\"c\":3}", "it has \"c\", which this version does not know" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "it has a name twice"                            },
        { "{\"A\":1,\"b\":2}",         "it has no \"a\""                                },
        { "[1,2]",                     "it is missing or no object"                     },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = { 0 };
        struct json *root = json_parse(rows[i].text, strlen(rows[i].text), "x", &err);

        assert_int_equal(json_check_names(root, names, "it", &err), rows[i].told == NULL);
        assert_string_equal(err.message, rows[i].told ? rows[i].told : "");
        json_free(root);
    }
    assert_false(json_check_names(NULL, names, "it", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(refusals),
        cmocka_unit_test(backslashes_do_not_hide_a_nul),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(writing),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(random_documents_settle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
