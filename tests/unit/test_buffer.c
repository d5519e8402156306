/* Buffers: growing, the limit, and who owns what afterwards. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void grows_and_stays_terminated(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    assert_null(buffer.data);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(buffer_append_char(&buffer, (char)('a' + i % 26)));
        assert_int_equal(buffer.length, i + 1);
        assert_int_equal(buffer.data[i + 1], '\0');
        assert_true(buffer.length < buffer.size);
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    buffer_clear(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.length, 0);
}

static void limit_refuses_whole_appends(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 10);
    assert_true(buffer_append_text(&buffer, "12345678"));
    assert_false(buffer_append_text(&buffer, "abc"));
    assert_true(buffer.overflow);
    assert_string_equal(buffer.data, "12345678");
    assert_false(buffer_printf(&buffer, "%d", 123));
    assert_string_equal(buffer.data, "12345678");
    assert_true(buffer_printf(&buffer, "%d", 90));
    assert_false(buffer_append_char(&buffer, 'x'));
    assert_false(buffer_append(&buffer, "x", SIZE_MAX));
    assert_true(buffer_append(&buffer, NULL, 0));
    assert_string_equal(buffer.data, "1234567890");
    buffer_reset(&buffer);
    assert_false(buffer.overflow);
    assert_string_equal(buffer.data, "");
    assert_true(buffer_append_text(&buffer, "x"));
    buffer_clear(&buffer);
    assert_int_equal(buffer.limit, 10);
}

static void bytes_may_hold_nul(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
    buffer_clear(&buffer);
}

static void printf_of_any_length(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    assert_true(buffer_printf(&buffer, "%s", ""));
    assert_string_equal(buffer.data, "");
    assert_true(buffer_printf(&buffer, "<%5000d>", 7));
    assert_int_equal(buffer.length, 5002);
    assert_string_equal(buffer.data + 5000, "7>");
    buffer_clear(&buffer);
}

static void take_hands_over(void **state)
{
    struct buffer buffer;
    char *text;

    (void)state;
    buffer_init(&buffer, 0);
    text = buffer_take(&buffer);
    assert_string_equal(text, "");
    free(text);
    buffer_append_text(&buffer, "abc");
    text = buffer_take(&buffer);
    assert_string_equal(text, "abc");
    assert_null(buffer.data);
    buffer_append_text(&buffer, "def");
    assert_string_equal(buffer.data, "def");
    free(text);
    buffer_clear(&buffer);
}

static void memory_helpers(void **state)
{
    char *zeroed = memory_new(100);
    char *text = memory_printf("%s-%d", "a", 5);
    char *bytes = memory_copy_bytes("abc", 2);
    char *copy = memory_copy_text(text);

    (void)state;
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(text, "a-5");
    assert_string_equal(copy, text);
    assert_string_equal(bytes, "ab");
    assert_null(memory_copy_text(NULL));
    zeroed = memory_resize(zeroed, 200);
    zeroed[199] = 1;
    free(zeroed);
    free(text);
    free(copy);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(limit_refuses_whole_appends),
        cmocka_unit_test(bytes_may_hold_nul),
        cmocka_unit_test(printf_of_any_length),
        cmocka_unit_test(take_hands_over),
        cmocka_unit_test(memory_helpers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
