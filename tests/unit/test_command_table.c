/* Tables of any content fit the terminal, and what comes from outside is harmless in them. */
#include "base/text.h"
#include "command/command_print.h"
#include "command/command_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t widest_line(const char *text)
{
    size_t most = 0;

    while (*text) {
        char *line = memory_copy_bytes(text, strcspn(text, "\n"));
        size_t width = text_width(line);

        most = width > most ? width : most;
        text += strlen(line);
        text += *text == '\n';
        free(line);
    }
    return most;
}

static char *print(struct command_table *table)
{
    struct buffer out;

    buffer_init(&out, 0);
    command_table_print(table, &out);
    command_table_free(table);
    return buffer_take(&out);
}

static void test_columns_line_up(void **state)
{
    struct command_table *table = command_table_new();
    char *text;

    (void)state;
    command_table_column(table, "topic", COMMAND_COLUMN_TEXT);
    command_table_column(table, "parts", COMMAND_COLUMN_COUNT);
    command_table_column(table, "clock", COMMAND_COLUMN_TEXT);
    command_table_text(table, "orders");
    command_table_count(table, 6);
    command_table_text(table, "create");
    command_table_text(table, "e");
    command_table_count(table, 10000);
    command_table_text(table, NULL);
    text = print(table);
    assert_string_equal(text, "topic    parts  clock\n"
                              "orders       6  create\n"
                              "e       10,000\n");
    free(text);
}

static void test_unknown_is_a_question_mark(void **state)
{
    struct command_table *table = command_table_new();
    char *text;

    (void)state;
    command_table_column(table, "lost", COMMAND_COLUMN_COUNT);
    command_table_count(table, -1);
    command_table_count(table, 0);
    text = print(table);
    assert_string_equal(text, "lost\n   ?\n   0\n");
    free(text);
}

/* Exact while there is room, shortened when there is none, never wider than 80. */
static void test_counts_are_shortened_last(void **state)
{
    for (int columns = 2; columns <= 8; columns++) {
        struct command_table *table = command_table_new();
        char *text;

        (void)state;
        for (int i = 0; i < columns; i++)
            command_table_column(table, "n", COMMAND_COLUMN_COUNT);
        for (int i = 0; i < columns; i++)
            command_table_count(table, INT64_C(548000000123));
        text = print(table);
        assert_true(widest_line(text) <= 80);
        if (columns <= 4)
            assert_null(strchr(text, 'G'));
        if (columns >= 6)
            assert_non_null(strchr(text, 'G'));
        free(text);
    }
}

static void test_outside_text_is_harmless(void **state)
{
    struct command_table *table = command_table_new();
    char longest[300], *text;

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    command_table_column(table, "group", COMMAND_COLUMN_TEXT);
    command_table_column(table, "lag", COMMAND_COLUMN_COUNT);
    command_table_text(table, "evil\033[2J\r\n\xff");
    command_table_count(table, 1);
    command_table_text(table, longest);
    command_table_count(table, 2);
    command_table_text(table, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
    command_table_count(table, 3);
    text = print(table);
    assert_true(widest_line(text) <= 80);
    for (const char *c = text; *c; c++)
        assert_true((unsigned char)*c >= 0x20 || *c == '\n');
    assert_non_null(strstr(text, "\\x1b[2J"));
    assert_non_null(strstr(text, "\\xff"));
    free(text);
}

/* Left out whole, from the right, and only when counts alone do not do it. */
static void test_spare_columns_give_way_to_texts(void **state)
{
    static const size_t lengths[] = { 20, 60, 64, 70, 90 };
    static const bool clock[] = { true, true, true, false, false }, policy[] = { true, true, false, false, false };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct command_table *table = command_table_new();
        char name[100];
        char *text;

        memset(name, 'n', lengths[i]);
        name[lengths[i]] = '\0';
        command_table_column(table, "topic", COMMAND_COLUMN_TEXT);
        command_table_column(table, "clock", COMMAND_COLUMN_SPARE);
        command_table_column(table, "n", COMMAND_COLUMN_RIGHT);
        command_table_column(table, "policy", COMMAND_COLUMN_SPARE);
        command_table_text(table, name);
        command_table_text(table, "create");
        command_table_text(table, "end");
        command_table_text(table, "delete");
        text = print(table);
        assert_true(widest_line(text) <= 80);
        assert_int_equal(strstr(text, "clock") && strstr(text, "create"), clock[i]);
        assert_int_equal(strstr(text, "policy") && strstr(text, "delete"), policy[i]);
        assert_int_equal(strchr(text, '>') != NULL, lengths[i] > 76);
        assert_true(policy[i] || strstr(text, "end\n"));
        free(text);
    }
}

static void test_notes_wrap(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    command_note(&out, "! %s",
                 "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                 "seventeen eighteen");
    assert_true(widest_line(out.data) <= 80);
    assert_non_null(strstr(out.data, "\n  "));
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_line_up),
        cmocka_unit_test(test_unknown_is_a_question_mark),
        cmocka_unit_test(test_counts_are_shortened_last),
        cmocka_unit_test(test_outside_text_is_harmless),
        cmocka_unit_test(test_spare_columns_give_way_to_texts),
        cmocka_unit_test(test_notes_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
