/* The columns, the total and the export of an audit's partitions. */
#include "tui/audit_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum column { PART, OLD_TO, NEW_FROM, NEW_TO, OBJECTS, HOLES, TWICE, TO_END, STATE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [OLD_TO] = { .name = "old to", .least = 9, .want = 12, .most = 18, .gap = 1 },
    [NEW_FROM] = { .name = "new from", .least = 9, .want = 12, .most = 18, .gap = 1 },
    [NEW_TO] = { .name = "new to", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [OBJECTS] = { .name = "objects", .least = 7, .want = 7, .most = 9, .gap = 1 },
    [HOLES] = { .name = "holes", .least = 5, .want = 6, .most = 9, .gap = 1, .keep = true },
    [TWICE] = { .name = "twice", .least = 8, .want = 11, .most = 16, .gap = 1 },
    [TO_END] = { .name = "to end", .least = 6, .want = 9, .most = 16, .gap = 1 },
    [STATE] = { .name = "", .least = 4, .want = 7, .most = 7, .gap = 1, .left = true, .keep = true },
};

static const struct coverage *coverage_of(const void *rows)
{
    return ((const struct audit_rows *)rows)->coverage;
}

static const struct coverage_partition *row_at(const void *rows, size_t row)
{
    return &coverage_of(rows)->partitions[row];
}

static size_t row_count(const void *rows)
{
    return coverage_of(rows) ? coverage_of(rows)->count : 0;
}

static const char *row_identity(const void *rows, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)row_at(rows, row)->partition);
    return out;
}

static int64_t row_number(const void *rows, size_t row, size_t column)
{
    const struct coverage_partition *partition = row_at(rows, row);

    switch ((enum column)column) {
    case PART: return partition->partition;
    case OLD_TO: return coverage_of(rows)->cutover_known ? partition->committed : OFFSET_NONE;
    case NEW_FROM: return partition->from;
    case NEW_TO: return partition->to;
    case OBJECTS: return partition->objects;
    case HOLES: return (int64_t)(partition->hole_count + partition->overlap_count);
    case TWICE: return partition->twice;
    case TO_END: return partition->to_end;
    case STATE: return partition->hole_count + partition->overlap_count > 0 ? 2 : partition->open;
    case COLUMNS: break;
    }
    return 0;
}

static enum theme_role state_text(const struct coverage_partition *partition, struct buffer *out)
{
    if (partition->hole_count > 0 || partition->overlap_count > 0) {
        buffer_append_text(out, partition->hole_count > 0 ? "HOLE" : "OVERLAP");
        return THEME_BAD;
    }
    if (partition->lost_count > 0) {
        buffer_append_text(out, "LOST");
        return THEME_BAD;
    }
    buffer_append_text(out, partition->open ? "open" : "ok");
    return partition->open ? THEME_WARNING : THEME_GOOD;
}

static enum theme_role row_cell(const void *rows, size_t row, size_t column, struct buffer *out)
{
    if (column == STATE)
        return state_text(row_at(rows, row), out);
    if (column == PART)
        buffer_append_char(out, 'p');
    table_append_count(out, row_number(rows, row, column));
    return column == HOLES && row_number(rows, row, HOLES) > 0 ? THEME_BAD : THEME_TEXT;
}

static struct table_value row_value(const void *rows, size_t row, size_t column)
{
    int64_t number = row_number(rows, row, column);

    return (struct table_value){ .rank = number == OFFSET_NONE, .number = number };
}

static const struct table_rows partition_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
};

void audit_rows_init(struct audit_rows *rows)
{
    rows->coverage = NULL;
    table_init(&rows->table, &partition_rows, rows, STATE, true);
}

void audit_rows_clear(struct audit_rows *rows)
{
    table_clear(&rows->table);
}

void audit_rows_show(struct audit_rows *rows, const struct coverage *coverage)
{
    rows->coverage = coverage;
    table_changed(&rows->table, true);
}

const struct coverage_partition *audit_rows_selected(const struct audit_rows *rows)
{
    size_t row;

    return rows->coverage && table_selected(&rows->table, &row) ? row_at(rows, row) : NULL;
}

int audit_rows_draw(struct audit_rows *rows, struct canvas *canvas, int line, int last)
{
    const struct coverage *coverage = rows->coverage;
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];
    char text[TEXT_NUMBER_SIZE];

    table_draw(&rows->table, canvas, line, last - 1);
    if (rows->table.count == 0)
        return last;
    size_t shown = rows->table.count < rows->table.height ? rows->table.count : rows->table.height;
    int total = line + (int)shown + 1;

    table_layout(&rows->table, canvas->columns, start, width);
    canvas_text(canvas, total, 1, THEME_TITLE, "total");
    if (width[OBJECTS] > 0)
        canvas_fit(canvas, total, start[OBJECTS], width[OBJECTS], false, THEME_TITLE,
                   text_count(text, coverage->objects));
    if (width[TWICE] > 0 && coverage->cutover_known)
        canvas_fit(canvas, total, start[TWICE], width[TWICE], false, THEME_TITLE,
                   text_count(text, coverage->found.duplicates));
    if (coverage->to_end != OFFSET_NONE && (int)strlen(text_count(text, coverage->to_end)) <= width[TO_END])
        canvas_fit(canvas, total, start[TO_END], width[TO_END], false, THEME_TITLE, text);
    return total + 1 < last ? total + 1 : last;
}

static void export_number_or_null(struct export *out, int64_t number)
{
    if (number == OFFSET_NONE)
        export_null(out);
    else
        export_number(out, number);
}

void audit_rows_export(const struct audit_rows *rows, struct export *out)
{
    static const char *const names[STATE] = {
        [PART] = "partition",  [OLD_TO] = "old_to", [NEW_FROM] = "from", [NEW_TO] = "to",
        [OBJECTS] = "objects", [HOLES] = "holes",   [TWICE] = "twice",   [TO_END] = "to_end",
    };

    for (size_t column = PART; column < STATE; column++)
        export_column(out, names[column]);
    export_column(out, "state");
    for (size_t i = 0; i < rows->table.count; i++) {
        struct buffer text;

        for (size_t column = PART; column < STATE; column++)
            export_number_or_null(out, row_number(rows, rows->table.order[i], column));
        buffer_init(&text, 0);
        state_text(row_at(rows, rows->table.order[i]), &text);
        export_text(out, text.data);
        buffer_clear(&text);
    }
}
