/* Errors: what is kept, what is cut, what is made harmless. */
#include "base/error.h"

#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void failing_takes_one_line(void **state)
{
    struct error err;

    (void)state;
    assert_false(error_set(&err, ERROR_S3, "cannot find %s", "b"));
    assert_int_equal(err.kind, ERROR_S3);
    assert_false(err.retriable);
    assert_string_equal(err.message, "cannot find b");
    assert_false(error_set_retriable(&err, ERROR_KAFKA, "slow"));
    assert_int_equal(err.kind, ERROR_KAFKA);
    assert_true(err.retriable);
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_false(err.retriable);
    assert_string_equal(err.message, "");
}

static void nobody_has_to_care(void **state)
{
    (void)state;
    assert_false(error_set(NULL, ERROR_S3, "x"));
    assert_false(error_set_retriable(NULL, ERROR_S3, "x"));
    assert_false(error_set_errno(NULL, "x"));
    assert_false(error_prefix(NULL, "x"));
    error_clear(NULL);
}

static void errno_in_words(void **state)
{
    struct error err;

    (void)state;
    errno = ENOENT;
    assert_false(error_set_errno(&err, "cannot open %s", "f"));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_string_equal(err.message, "cannot open f: No such file or directory");
    assert_int_equal(errno, ENOENT);
}

static void prefix_keeps_the_rest(void **state)
{
    struct error err;

    (void)state;
    error_set_retriable(&err, ERROR_CONNECT, "refused");
    assert_false(error_prefix(&err, "connector %s", "c"));
    assert_string_equal(err.message, "connector c: refused");
    assert_int_equal(err.kind, ERROR_CONNECT);
    assert_true(err.retriable);
}

static void outside_text_is_harmless(void **state)
{
    struct error err;

    (void)state;
    error_set(&err, ERROR_S3, "topic '%s'", "a\x1b[2J\n\xff");
    assert_string_equal(err.message, "topic 'a\\x1b[2J\\x0a\\xff'");
    error_set(&err, ERROR_S3, "%s", err.message); /* a message may be its own source, and is not escaped again */
    assert_string_equal(err.message, "topic 'a\\x1b[2J\\x0a\\xff'");
}

static void long_messages_are_cut_at_a_character(void **state)
{
    struct error err;
    char text[4000];

    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', sizeof(text));
        for (size_t i = shift; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xf0\x9f\x98\x80", 4);
        text[sizeof(text) - 1] = '\0';
        error_set(&err, ERROR_S3, "%s", text);
        assert_in_range(strlen(err.message), ERROR_MESSAGE_SIZE - 5, ERROR_MESSAGE_SIZE - 1);
        assert_true(utf8_is_valid(err.message, strlen(err.message)));
        assert_null(strstr(err.message, "\\x"));
        error_prefix(&err, "before");
        assert_null(strstr(err.message, "\\x"));
        assert_memory_equal(err.message, "before: ", 8);
    }
    memset(text, '\x01', sizeof(text) - 1);
    error_set(&err, ERROR_S3, "%s", text);
    assert_int_equal(strlen(err.message) % 4, 0);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = ERROR_NONE; kind <= ERROR_INTERNAL; kind++)
        assert_true(strlen(error_kind_name((enum error_kind)kind)) > 1);
    assert_string_equal(error_kind_name(ERROR_S3), "s3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_takes_one_line),   cmocka_unit_test(nobody_has_to_care),
        cmocka_unit_test(errno_in_words),           cmocka_unit_test(prefix_keeps_the_rest),
        cmocka_unit_test(outside_text_is_harmless), cmocka_unit_test(long_messages_are_cut_at_a_character),
        cmocka_unit_test(every_kind_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
