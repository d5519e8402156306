/* A list keeps its selection by identity, its line on the screen, and unknown
 * rows at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/table.h"

#include <stdlib.h>
#include <string.h>

struct row {
    const char *name;
    int64_t value; /* below zero: unknown */
};

struct list {
    const struct row *rows;
    size_t count;
};

static size_t count_of(const void *view)
{
    return ((const struct list *)view)->count;
}

static const struct row *row_at(const void *view, size_t row)
{
    return &((const struct list *)view)->rows[row];
}

static const char *identity(const void *view, size_t row, char out[64])
{
    (void)out;
    return row_at(view, row)->name;
}

static enum theme_role cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    if (column == 0)
        buffer_append_text(out, row_at(view, row)->name);
    else
        buffer_printf(out, "%d", (int)row_at(view, row)->value);
    return THEME_TEXT;
}

static struct table_value value(const void *view, size_t row, size_t column)
{
    const struct row *at = row_at(view, row);

    if (column == 0)
        return (struct table_value){ .text = at->name };
    return (struct table_value){ .rank = at->value < 0, .number = at->value };
}

static const struct table_column columns[] = {
    { .name = "name", .least = 4, .want = 4, .most = 10, .gap = 1, .left = true, .keep = true },
    { .name = "value", .least = 5, .want = 8, .most = 12, .gap = 1, .keep = true },
    { .name = "extra", .least = 6, .want = 6, .most = 6, .gap = 1 },
};

static const struct table_rows rows = {
    .columns = columns,
    .column_count = 3,
    .error_column = 1,
    .count = count_of,
    .identity = identity,
    .cell = cell,
    .value = value,
};

static const struct row first[] = {
    { "a", 5  },
    { "b", -1 },
    { "c", 9  },
    { "d", 1  },
    { "e", 7  }
};
static const struct row second[] = {
    { "a", 50 },
    { "c", 0  },
    { "d", 60 },
    { "e", 7  },
    { "f", 70 },
    { "g", -1 }
};

static const char *selected(const struct table *table)
{
    size_t row;

    return table_selected(table, &row) ? row_at(table->view, row)->name : "(none)";
}

static void order(const struct table *table, char out[16])
{
    size_t i;

    for (i = 0; i < table->count; i++)
        out[i] = row_at(table->view, table->order[i])->name[0];
    out[i] = '\0';
}

static void test_unknown_rows_stay_at_the_end(void **state)
{
    struct list list = { first, 5 };
    struct table table;
    char text[16];

    (void)state;
    table_init(&table, &rows, &list, 1, true);
    table_changed(&table, true);
    order(&table, text);
    assert_string_equal(text, "ceadb");
    assert_true(table_action(&table, ACTION_SORT_REVERSE));
    order(&table, text);
    assert_string_equal(text, "daecb");
    assert_true(table_action(&table, ACTION_SORT_LEFT));
    order(&table, text);
    assert_string_equal(text, "abcde");
    table_clear(&table);
}

static void test_selection_follows_its_row(void **state)
{
    struct list list = { first, 5 };
    struct table table;
    char text[16];

    (void)state;
    table_init(&table, &rows, &list, 1, true);
    table_changed(&table, true);
    table.height = 4;
    table_action(&table, ACTION_DOWN);
    assert_string_equal(selected(&table), "e");
    list = (struct list){ second, 6 };
    table_changed(&table, true);
    order(&table, text);
    assert_string_equal(text, "fdaecg");
    assert_string_equal(selected(&table), "e");
    assert_int_equal(table.selected - table.top, 1); /* on the same line of the screen */
    table_clear(&table);
}

static void test_selection_of_a_row_that_is_gone(void **state)
{
    struct list list = { first, 5 };
    struct table table;

    (void)state;
    table_init(&table, &rows, &list, 0, false);
    table_changed(&table, true);
    table_action(&table, ACTION_DOWN);
    assert_string_equal(selected(&table), "b");
    list = (struct list){ second, 6 };
    table_changed(&table, true);
    assert_string_equal(selected(&table), "c"); /* which now stands in its place */
    list.count = 0;
    table_changed(&table, true);
    assert_string_equal(selected(&table), "(none)");
    assert_true(table_action(&table, ACTION_DOWN));
    assert_true(table_action(&table, ACTION_BOTTOM));
    table_clear(&table);
}

static void test_unsettled_data_leaves_the_first_row_selected(void **state)
{
    struct list list = { first, 5 };
    struct table table;

    (void)state;
    table_init(&table, &rows, &list, 1, true);
    table_changed(&table, false);
    assert_string_equal(selected(&table), "c");
    list = (struct list){ second, 6 };
    table_changed(&table, false);
    assert_string_equal(selected(&table), "f");
    table_action(&table, ACTION_UP); /* a choice, though nothing moves */
    list = (struct list){ first, 5 };
    table_changed(&table, false);
    list = (struct list){ second, 6 };
    table_changed(&table, false);
    assert_string_equal(selected(&table), "c"); /* f went, and the row at its place is followed from then on */
    table_clear(&table);
}

static void test_filter(void **state)
{
    static const struct row names[] = {
        { "Orders",     1 },
        { "events",     2 },
        { "orders-dlq", 3 }
    };
    struct list list = { names, 3 };
    struct table table;
    struct buffer text;

    (void)state;
    table_init(&table, &rows, &list, 0, false);
    table_changed(&table, true);
    table_action(&table, ACTION_DOWN);
    table_set_filter(&table, "oRD");
    assert_int_equal(table.count, 2);
    assert_string_equal(selected(&table), "Orders");
    buffer_init(&text, 0);
    table_counts(&table, &text);
    assert_string_equal(text.data, "2 of 3");
    buffer_clear(&text);
    table_set_filter(&table, "");
    assert_int_equal(table.count, 3);
    assert_string_equal(selected(&table), "Orders");
    table_clear(&table);
}

static void test_scrolling_keeps_the_selection_on_screen(void **state)
{
    struct list list = { first, 5 };
    struct table table;

    (void)state;
    table_init(&table, &rows, &list, 0, false);
    table_changed(&table, true);
    table.height = 2;
    table_action(&table, ACTION_BOTTOM);
    assert_string_equal(selected(&table), "e");
    assert_int_equal(table.top, 3);
    table_action(&table, ACTION_UP);
    assert_int_equal(table.top, 3);
    table_action(&table, ACTION_UP);
    assert_int_equal(table.top, 2);
    table_action(&table, ACTION_TOP);
    assert_int_equal(table.top, 0);
    table_clear(&table);
}

static void test_layout(void **state)
{
    struct list list = { first, 5 };
    struct table table;
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];

    (void)state;
    table_init(&table, &rows, &list, 0, false);
    table_changed(&table, true);
    table_layout(&table, 80, start, width);
    assert_int_equal(width[0], 4);
    assert_int_equal(width[1], 8);
    assert_int_equal(start[2], 1 + 4 + 1 + 8 + 1);
    table_layout(&table, 19, start, width); /* the second column gives up what it does not need */
    assert_int_equal(width[1], 6);
    assert_int_equal(width[2], 6);
    table_layout(&table, 15, start, width); /* the last column goes */
    assert_int_equal(width[2], 0);
    assert_int_equal(width[1], 5);
    table_clear(&table);
}

static const char *failed_name(const void *view, size_t row)
{
    return row_at(view, row)->value < 0 ? "cannot\x1b[2J be read" : NULL;
}

/* Whole where the screen has no room, without pictures and what is never shown,
 * and harmless. */
static void test_copied_row_is_whole(void **state)
{
    static const struct table_column wide[] = {
        { .name = "name", .least = 4, .want = 4, .most = 10, .gap = 1, .left = true, .keep = true },
        { .name = "", .picture = true },
        { .name = "value", .least = 5, .want = 8, .most = 12, .gap = 1 },
        { .name = "hidden" },
    };
    static const struct row named[] = {
        { "a name that no column of ten cells holds\x1b[31m", 7  },
        { "",                                                 8  },
        { "bad",                                              -1 },
    };
    struct table_rows all = rows;
    struct list list = { named, 3 };
    struct table table;
    struct buffer text;

    (void)state;
    all.columns = wide;
    all.column_count = 4;
    all.error_column = 2;
    all.error = failed_name;
    buffer_init(&text, 0);
    table_init(&table, &all, &list, 0, true);
    table_copy(&table, &text); /* no rows yet */
    assert_int_equal(text.length, 0);
    table_changed(&table, true);
    assert_true(table_select(&table, 0));
    table_copy(&table, &text);
    assert_string_equal(text.data, "a name that no column of ten cells holds\\x1b[31m  7");
    buffer_reset(&text);
    assert_true(table_select(&table, 1)); /* an empty cell leaves no blanks */
    table_copy(&table, &text);
    assert_string_equal(text.data, "8");
    buffer_reset(&text);
    assert_true(table_select(&table, 2));
    table_copy(&table, &text);
    assert_string_equal(text.data, "bad  ! cannot\\x1b[2J be read");
    buffer_clear(&text);
    table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_rows_stay_at_the_end),
        cmocka_unit_test(test_selection_follows_its_row),
        cmocka_unit_test(test_selection_of_a_row_that_is_gone),
        cmocka_unit_test(test_unsettled_data_leaves_the_first_row_selected),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_scrolling_keeps_the_selection_on_screen),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_copied_row_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
