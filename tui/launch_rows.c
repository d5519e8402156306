/* Rows of the launch view. */
#include "tui/launch_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum column { PART, START, GAP, DUP, LOST, TO_READ, SIGN, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 6, .most = 8, .gap = 1, .left = true, .keep = true },
    [START] = { .name = "start", .least = 8, .want = 14, .most = 18, .gap = 1, .keep = true },
    [GAP] = { .name = "gap", .least = 6, .want = 12, .most = 16, .gap = 1, .keep = true },
    [DUP] = { .name = "dup", .least = 6, .want = 12, .most = 16, .gap = 1, .keep = true },
    [LOST] = { .name = "lost", .least = 6, .want = 10, .most = 16, .gap = 1 },
    [TO_READ] = { .name = "to read", .least = 6, .want = 12, .most = 16, .gap = 1 },
    [SIGN] = { .name = "", .least = 2, .want = 2, .most = 2, .gap = 1, .left = true, .unsorted = true },
};

static const struct cutover_plan_row *row_at(const void *view, size_t row)
{
    return &((const struct launch_rows *)view)->plan->rows[row];
}

static size_t row_count(const void *view)
{
    const struct launch_rows *rows = view;

    return rows->plan ? rows->plan->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)row_at(view, row)->partition);
    return out;
}

static const char *row_error(const void *view, size_t row)
{
    const struct cutover_plan_row *plan = row_at(view, row);

    return plan->state == CUTOVER_ERROR ? (plan->error ? plan->error : "cannot be read") : NULL;
}

static int64_t row_number(const struct cutover_plan_row *row, size_t column)
{
    switch ((enum column)column) {
    case PART: return row->partition;
    case START: return row->start;
    case GAP: return row->gap;
    case DUP: return row->duplicates;
    case LOST: return row->lost;
    case TO_READ: return row->to_read;
    default: return 0;
    }
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct cutover_plan_row *plan = row_at(view, row);
    int64_t number = row_number(plan, column);
    char text[TEXT_NUMBER_SIZE];

    if (column == PART) {
        buffer_printf(out, "p%d", (int)plan->partition);
    } else if (column == SIGN) {
        buffer_printf(out, "%c%s", cutover_state_sign(plan->state), plan->no_record ? "E" : "");
    } else if (number == OFFSET_NONE) {
        buffer_append_text(out, "?");
    } else {
        buffer_append_text(out, number == 0 && column != START ? "-" : text_count(text, number));
    }
    if (column == GAP && number > 0)
        return THEME_BAD;
    return column == LOST && number != 0 ? THEME_WARNING : THEME_TEXT;
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    int64_t number = row_number(row_at(view, row), column);

    return (struct table_value){ .rank = number == OFFSET_NONE, .number = number };
}

static const struct table_rows plan_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = START,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .error = row_error,
};

void launch_rows_init(struct launch_rows *rows)
{
    rows->plan = NULL;
    table_init(&rows->table, &plan_rows, rows, DUP, true);
}

void launch_rows_clear(struct launch_rows *rows)
{
    table_clear(&rows->table);
}

void launch_rows_take(struct launch_rows *rows, const struct cutover_plan *plan)
{
    rows->plan = plan;
    table_changed(&rows->table, true);
}

void launch_rows_export(const struct launch_rows *rows, struct export *out)
{
    static const char *const names[] = { "partition", "log_start",  "committed", "end",     "start",
                                         "gap",       "duplicates", "lost",      "to_read", "state" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    for (size_t i = 0; i < row_count(rows); i++) {
        const struct cutover_plan_row *row = row_at(rows, i);
        int64_t numbers[] = { row->partition, row->log_start,  row->committed, row->end,    row->start,
                              row->gap,       row->duplicates, row->lost,      row->to_read };

        for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
            if (numbers[n] == OFFSET_NONE)
                export_null(out);
            else
                export_number(out, numbers[n]);
        }
        export_text(out, cutover_state_name(row->state));
    }
}
