/* Rows of the pipeline view: how far each partition is, or what the cutover costs it. */
#include "tui/pipeline_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum column { PART, DELIVERED, COMMITTED, TO_END, LATE, RATE, OBJECT, STATE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [DELIVERED] = { .name = "delivered", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [COMMITTED] = { .name = "committed", .least = 9, .want = 11, .most = 18, .gap = 1 },
    [TO_END] = { .name = "to end", .least = 6, .want = 10, .most = 16, .gap = 1, .keep = true },
    [LATE] = { .name = "late", .least = 6, .want = 6, .most = 8, .gap = 1 },
    [RATE] = { .name = "rec/s", .least = 6, .want = 7, .most = 9, .gap = 1 },
    [OBJECT] = { .name = "last object", .least = 11, .want = 12, .most = 22, .gap = 1 },
    [STATE] = { .name = "state", .least = 7, .want = 9, .most = 9, .gap = 1, .left = true, .keep = true },
};

static const struct table_column detail_columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [DELIVERED] = { .name = "start", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [COMMITTED] = { .name = "old commit", .least = 9, .want = 11, .most = 18, .gap = 1 },
    [TO_END] = { .name = "delivered", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [LATE] = { .name = "dup", .least = 10, .want = 10, .most = 14, .gap = 1 },
    [RATE] = { .name = "passed", .least = 10, .want = 10, .most = 14, .gap = 1 },
    [OBJECT] = { .name = "gap", .least = 6, .want = 10, .most = 14, .gap = 1 },
    [STATE] = { .name = "past it in", .least = 10, .want = 10, .most = 40, .gap = 1, .left = true, .keep = true },
};

/* Ranks of table_value. */
enum { KNOWN, UNKNOWN };

static const struct delivery_progress *progress_of(const struct pipeline_rows *rows)
{
    return rows->delivery && rows->delivery->news ? rows->delivery->news->delivery : NULL;
}

static const struct delivery_partition *row_at(const void *view, size_t row)
{
    return &progress_of(view)->partitions[row];
}

static size_t row_count(const void *view)
{
    const struct delivery_progress *progress = progress_of(view);

    return progress ? progress->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)row_at(view, row)->partition);
    return out;
}

/* Now - timestamp of the next record to deliver; -1 where none is known to wait. */
static int64_t late_ms(const struct pipeline_rows *rows, const struct delivery_partition *row)
{
    if (row->pending_time < 0 || delivery_partition_to_end(row) == 0)
        return -1;
    return rows->delivery->news_at > row->pending_time ? rows->delivery->news_at - row->pending_time : 0;
}

static int64_t expected(const struct delivery_partition *row)
{
    return row->old_base != OFFSET_NONE && row->start != OFFSET_NONE && row->old_base > row->start
               ? row->old_base - row->start
               : 0;
}

static int64_t passed(const struct delivery_partition *row)
{
    int64_t done = row->delivered > row->start ? row->delivered - row->start : 0;

    return done < expected(row) ? done : expected(row);
}

static int64_t gap_of(const struct delivery_partition *row)
{
    return row->old_base != OFFSET_NONE && row->start > row->old_base ? row->start - row->old_base : 0;
}

/* "0/535460000": the key shortened to partition/P. */
static void append_object(struct buffer *out, const struct delivery_partition *row)
{
    buffer_append_text(out, row->last_object[0] ? row->last_object : "-");
}

/* When retention takes what has to be delivered next. */
static void append_left(struct buffer *out, const struct pipeline_rows *rows, const struct delivery_partition *row)
{
    int64_t retention = progress_of(rows)->retention_ms, late = late_ms(rows, row);
    char text[TEXT_NUMBER_SIZE];

    if (retention > 0 && late >= 0)
        buffer_printf(out, ", retention in %s", text_duration(text, retention > late ? retention - late : 0));
}

static enum theme_role state_text(const struct pipeline_rows *rows, const struct delivery_partition *row,
                                  struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (row->state == DELIVERY_PARTITION_PARKED) {
        buffer_printf(out, "PARKED %s", text_starts_with(row->note, "parked") ? row->note + 6 : row->note);
        return THEME_BAD;
    }
    if (row->stuck_ms > 0) {
        buffer_printf(out, "STUCK %s", text_duration(text, row->stuck_ms));
        append_left(out, rows, row);
        if (row->note[0])
            buffer_printf(out, ", %s", row->note);
        return THEME_BAD;
    }
    if (row->note[0]) {
        buffer_append_text(out, row->note); /* "retry 1: ..." */
        return THEME_WARNING;
    }
    if (progress_of(rows)->aborted && delivery_partition_to_end(row) != 0 &&
        (row->state == DELIVERY_PARTITION_READING || row->state == DELIVERY_PARTITION_WAITING)) {
        buffer_append_text(out, row->dropped > 0 ? "dropped" : "not read");
        return THEME_WARNING;
    }
    if (row->state == DELIVERY_PARTITION_READING) {
        buffer_append_text(out, delivery_partition_to_end(row) == 0 ? "=" : "ok");
        return THEME_GOOD;
    }
    if (row->state == DELIVERY_PARTITION_ELSEWHERE && progress_of(rows)->no_broker) {
        buffer_append_text(out, "no broker"); /* the group cannot be asked who has it */
        return THEME_WARNING;
    }
    buffer_append_text(out, delivery_partition_state_name(row->state));
    return row->state == DELIVERY_PARTITION_DONE ? THEME_GOOD : THEME_DIM;
}

/* The delivery of this process has ended: its rates are those of its last seconds, and nothing goes on at them. */
static bool is_over(const struct pipeline_rows *rows)
{
    return delivery_watch_shows_end(rows->delivery);
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct delivery_partition *partition = row_at(view, row);
    char text[TEXT_NUMBER_SIZE];
    int64_t late = late_ms(view, partition);

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition->partition); break;
    case DELIVERED: table_append_count(out, partition->delivered); break;
    case COMMITTED:
        table_append_count(out, partition->committed);
        return delivery_partition_is_uncommitted(partition) ? THEME_WARNING : THEME_TEXT;
    case TO_END: table_append_count(out, delivery_partition_to_end(partition)); break;
    case LATE: buffer_append_text(out, late < 0 ? "-" : text_duration(text, late)); break;
    case RATE: table_append_count(out, is_over(view) ? OFFSET_NONE : (int64_t)partition->rate); break;
    case OBJECT: append_object(out, partition); break;
    case STATE: return state_text(view, partition, out);
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static enum theme_role past_text(const struct delivery_partition *row, struct buffer *out)
{
    int64_t left = expected(row) - passed(row), ms = left > 0 ? delivery_partition_past_ms(row) : 0;
    char text[TEXT_NUMBER_SIZE];

    if (expected(row) == 0)
        buffer_append_text(out, "-");
    else if (left == 0)
        buffer_append_text(out, "passed");
    else if (ms == DELIVERY_READ)
        buffer_append_text(out, "read, open"); /* its object is */
    else if (ms == DELIVERY_NEVER)
        buffer_append_text(out, "never");
    else
        buffer_append_text(out, text_duration(text, ms));
    return left == 0 ? THEME_GOOD : THEME_TEXT;
}

static enum theme_role detail_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct delivery_partition *partition = row_at(view, row);

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition->partition); break;
    case DELIVERED: table_append_count(out, partition->start); break;
    case COMMITTED: table_append_count(out, partition->old_base); break;
    case TO_END: table_append_count(out, partition->delivered); break;
    case LATE: table_append_count(out, expected(partition)); break;
    case RATE: table_append_count(out, passed(partition)); break;
    case OBJECT: table_append_count(out, gap_of(partition)); return gap_of(partition) > 0 ? THEME_BAD : THEME_TEXT;
    case STATE: return past_text(partition, out);
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

/* How much an operator should look at a row: parked and stuck above retries above the rest. */
static int64_t trouble_of(const struct delivery_partition *row)
{
    return row->state == DELIVERY_PARTITION_PARKED ? 3 : row->stuck_ms > 0 ? 2 : row->note[0] != '\0';
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct pipeline_rows *rows = view;
    const struct delivery_partition *partition = row_at(view, row);
    int64_t number = 0;

    switch ((enum column)column) {
    case PART: number = partition->partition; break;
    case DELIVERED: number = rows->detail ? partition->start : partition->delivered; break;
    case COMMITTED: number = rows->detail ? partition->old_base : partition->committed; break;
    case TO_END: number = rows->detail ? partition->delivered : delivery_partition_to_end(partition); break;
    case LATE: number = rows->detail ? expected(partition) : late_ms(view, partition); break;
    case RATE: number = rows->detail ? passed(partition) : (int64_t)partition->rate; break;
    case OBJECT: number = rows->detail ? gap_of(partition) : partition->records; break;
    case STATE: number = rows->detail ? expected(partition) - passed(partition) : trouble_of(partition); break;
    case COLUMNS: break;
    }
    return (struct table_value){ .rank = number == OFFSET_NONE ? UNKNOWN : KNOWN, .number = number };
}

static const struct table_rows local_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
};

static const struct table_rows detail_rows = {
    .columns = detail_columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = detail_cell,
    .value = row_value,
};

void pipeline_rows_init(struct pipeline_rows *rows, const struct delivery_watch *delivery)
{
    rows->delivery = delivery;
    rows->detail = false;
    table_init(&rows->table, &local_rows, rows, TO_END, true);
    rows->table.sort_column = PART;
    rows->table.descending = false;
    table_changed(&rows->table, true);
}

void pipeline_rows_clear(struct pipeline_rows *rows)
{
    table_clear(&rows->table);
}

void pipeline_rows_show_detail(struct pipeline_rows *rows, bool detail)
{
    rows->detail = detail;
    rows->table.rows = detail ? &detail_rows : &local_rows;
    table_changed(&rows->table, true);
}

const struct delivery_partition *pipeline_rows_selected(const struct pipeline_rows *rows)
{
    size_t row;

    return table_selected(&rows->table, &row) ? row_at(rows, row) : NULL;
}

void pipeline_rows_draw(struct pipeline_rows *rows, struct canvas *canvas, int line, int last)
{
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];
    struct delivery_outlook outlook;
    char text[TEXT_NUMBER_SIZE];

    delivery_progress_outlook(progress_of(rows), &outlook);
    table_draw(&rows->table, canvas, line, last - 1);
    last = line + (int)(rows->table.count < rows->table.height ? rows->table.count : rows->table.height) + 1;
    table_layout(&rows->table, canvas->columns, start, width);
    canvas_text(canvas, last, 1, THEME_TITLE, "total");
    if (!rows->detail && width[TO_END] > 0 && outlook.to_end != OFFSET_NONE)
        canvas_fit(canvas, last, start[TO_END], width[TO_END], false, THEME_TITLE, text_count(text, outlook.to_end));
    if (!rows->detail && width[RATE] > 0 && !is_over(rows))
        canvas_fit(canvas, last, start[RATE], width[RATE], false, THEME_TITLE,
                   text_count(text, (int64_t)progress_of(rows)->read_records.now));
}

void pipeline_rows_export(const struct pipeline_rows *rows, struct export *out)
{
    static const char *const names[] = { "partition", "start",    "delivered", "committed",     "end",
                                         "to_end",    "old_base", "records",   "records_per_s", "stuck_ms" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    export_column(out, "last_object");
    export_column(out, "state");
    export_column(out, "note");
    for (size_t i = 0; i < rows->table.count; i++) {
        const struct delivery_partition *row = row_at(rows, rows->table.order[i]);
        int64_t numbers[] = { row->partition, row->start,   row->delivered,
                              row->committed, row->end,     delivery_partition_to_end(row),
                              row->old_base,  row->records, (int64_t)row->rate,
                              row->stuck_ms };

        for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
            if (numbers[n] == OFFSET_NONE)
                export_null(out);
            else
                export_number(out, numbers[n]);
        }
        export_text(out, row->last_object);
        export_text(out, delivery_partition_state_name(row->state));
        export_text(out, row->note);
    }
}
