/* Tables of the start view. */
#include "tui/start_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/skew_rows.h"
#include "tui/zone.h"

enum column { PART, BAR, COMMIT, GAP, TWICE, SIGN, COLUMNS };
enum bucket_column { FROM, COUNT, BUCKET_GAP, BUCKET_TWICE, BUCKET_COLUMNS };

#define TWICE_COLUMN { .name = "dup", .least = 10, .want = 11, .most = 17, .gap = 1, .keep = true }
#define SIGN_COLUMN \
    { .name = "", .least = 2, .want = 2, .most = 2, .gap = 1, .left = true, .keep = true, .unsorted = true }

static const struct table_column columns[COLUMNS] = {
    [PART] = SKEW_PART_COLUMN(4),
    [BAR] = SKEW_BAR_COLUMN,
    [COMMIT] = { .name = "commit", .unsorted = true, .unit = TABLE_TIME }, /* without room: for filters only */
    [GAP] = { .name = "gap", .least = 10, .want = 10, .most = 17, .gap = 3, .keep = true },
    [TWICE] = TWICE_COLUMN,
    [SIGN] = SIGN_COLUMN,
};

static const struct table_column columns_alone[COLUMNS] = {
    [PART] = SKEW_PART_COLUMN(4),
    [BAR] = { .name = "", .picture = true, .unsorted = true },
    [COMMIT] = { .name = "commit", .least = 8, .want = 11, .most = 11, .gap = 2, .keep = true, .unit = TABLE_TIME },
    [GAP] = { .name = "gap",
             .least = 10,
             .want = 32,
             .most = 32,
             .gap = 3,
             .keep = true }, /* room for "gap in" below */
    [TWICE] = TWICE_COLUMN,
    [SIGN] = SIGN_COLUMN,
};

static const struct table_column bucket_columns[BUCKET_COLUMNS] = {
    [FROM] = { .name = "T from",
              .least = 11,
              .want = 11,
              .most = 13,
              .gap = 1,
              .left = true,
              .keep = true,
              .unit = TABLE_TIME },
    [COUNT] = { .name = "partitions", .least = 10, .want = 10, .most = 10, .gap = 3, .keep = true },
    [BUCKET_GAP] = { .name = "gap", .least = 12, .want = 34, .most = 34, .gap = 2, .keep = true },
    [BUCKET_TWICE] = { .name = "dup", .least = 12, .want = 16, .most = 19, .gap = 1, .keep = true },
};

static const struct start_rows *rows_of(const void *view)
{
    return view;
}

static const struct cutover_partition *partition_at(const void *view, size_t row)
{
    return &rows_of(view)->facts->survey->partitions[row];
}

/* NULL where nothing is known of its cost. */
static const struct cutover_plan_row *plan_at(const void *view, size_t row)
{
    const struct cutover_plan *plan = rows_of(view)->plan;

    return plan && row < plan->count ? &plan->rows[row] : NULL;
}

char *start_count(char out[56], int64_t count, bool exact)
{
    char number[TEXT_NUMBER_SIZE];

    snprintf(out, 56, "%s%s", exact ? "" : "~", count > 0 ? text_count(number, count) : exact ? "-" : "0");
    return out;
}

/* A sum, ">=" in front where a partition is missing from it. */
static char *start_sum(char out[56], int64_t count, bool exact, bool failed)
{
    char number[TEXT_NUMBER_SIZE];

    if (!failed)
        return start_count(out, count, exact);
    snprintf(out, 56, "%s>=%s", exact ? "" : "~", text_count(number, count));
    return out;
}

/* --- partition by partition --- */

static size_t row_count(const void *view)
{
    const struct cutover_survey *survey = rows_of(view)->facts->survey;

    return survey ? survey->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)partition_at(view, row)->partition);
    return out;
}

static const char *row_error(const void *view, size_t row)
{
    const struct cutover_plan_row *plan = plan_at(view, row);
    const struct cutover_partition *partition = partition_at(view, row);

    if (partition->state == CUTOVER_ERROR)
        return partition->error ? partition->error : "cannot be read";
    return plan && plan->state == CUTOVER_ERROR ? (plan->error ? plan->error : "cannot be planned") : NULL;
}

static enum theme_role sign_cell(const void *view, size_t row, struct buffer *out)
{
    const struct cutover_plan_row *plan = plan_at(view, row);
    char sign = cutover_state_sign(partition_at(view, row)->state);

    buffer_append_char(out, sign);
    if (plan && plan->no_record && rows_of(view)->exact)
        buffer_append_char(out, 'E');
    return sign == ' ' ? THEME_WARNING : skew_role(sign);
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct cutover_plan_row *plan = plan_at(view, row);
    bool exact = rows_of(view)->exact;
    char text[56];

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition_at(view, row)->partition); break;
    case GAP:
        if (plan)
            buffer_append_text(out, start_count(text, plan->gap, exact));
        return !exact ? THEME_WARNING : plan && plan->gap > 0 ? THEME_BAD : THEME_TEXT;
    case TWICE:
        if (plan)
            buffer_append_text(out, start_count(text, plan->duplicates, exact));
        return exact ? THEME_TEXT : THEME_WARNING;
    case COMMIT:
        if (partition_at(view, row)->committed_time >= 0)
            buffer_append_text(out, zone_short(rows_of(view)->local, text, partition_at(view, row)->committed_time,
                                               rows_of(view)->facts->survey->taken_at));
        break;
    case SIGN: return sign_cell(view, row, out);
    case BAR:
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct cutover_plan_row *plan = plan_at(view, row);

    if (column == PART)
        return (struct table_value){ .number = (int64_t)row };
    if (column == COMMIT)
        return (struct table_value){ .rank = partition_at(view, row)->committed_time < 0,
                                     .number = partition_at(view, row)->committed_time };
    if (!plan || plan->state == CUTOVER_ERROR)
        return (struct table_value){ .rank = 1 };
    return (struct table_value){ .number = column == GAP ? plan->gap : plan->duplicates };
}

static struct timeline_axis axis_of(const struct start_rows *rows, int cells)
{
    return timeline_fit(TIMELINE_BARS, cells, rows->facts->times.oldest, rows->facts->survey->taken_at, &rows->window);
}

static void row_paint(const void *view, size_t row, const struct canvas *canvas, int line, int column, int cells)
{
    const struct start_rows *rows = view;
    const struct cutover_partition *partition = partition_at(view, row);
    const struct cutover_plan_row *plan = plan_at(view, row);
    struct timeline_axis axis = axis_of(rows, cells);
    bool known = plan && rows->exact; /* else the picture goes by the times alone */
    char characters[TIMELINE_MOST_CELLS + 1];

    timeline_characters(&axis, skew_bar(partition), partition->committed_time, characters);
    timeline_add_start(&axis, skew_bar(partition), partition->committed_time, rows->cursor, !known || plan->gap > 0,
                       !known || plan->duplicates > 0, characters);
    timeline_draw(canvas, line, column, characters);
}

static void heading_paint(const void *view, const struct canvas *canvas, int line, int column, int cells)
{
    struct timeline_axis axis = axis_of(view, cells);

    timeline_draw_labels(&axis, canvas, line, column, false);
}

static const struct table_rows partition_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = BAR,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .error = row_error,
    .paint = row_paint,
    .paint_heading = heading_paint,
};

static const struct table_rows rows_alone = {
    .columns = columns_alone,
    .column_count = COLUMNS,
    .error_column = BAR,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .error = row_error,
};

/* --- added up by time --- */

static size_t bucket_count(const void *view)
{
    return rows_of(view)->bucket_count;
}

static const char *bucket_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "%c%lld", rows_of(view)->buckets[row].side, (long long)rows_of(view)->buckets[row].from);
    return out;
}

static enum theme_role bucket_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct start_bucket *bucket = &rows_of(view)->buckets[row];
    bool exact = rows_of(view)->exact, known = rows_of(view)->plan != NULL;
    char text[TIMESTAMP_TEXT_SIZE], number[56];

    switch ((enum bucket_column)column) {
    case FROM:
        if (bucket->side != ' ')
            buffer_printf(out, "%c ", bucket->side);
        buffer_append_text(out, bucket->from < 0 ? "no T"
                                                 : zone_short(rows_of(view)->local, text, bucket->from,
                                                              rows_of(view)->facts->survey->taken_at));
        break;
    case COUNT: buffer_append_text(out, text_count(number, bucket->count)); break;
    case BUCKET_GAP:
        if (known)
            buffer_append_text(out, start_sum(number, bucket->gap, exact, bucket->failed > 0));
        return !exact ? THEME_WARNING : bucket->gap > 0 ? THEME_BAD : THEME_TEXT;
    case BUCKET_TWICE:
        if (known)
            buffer_append_text(out, start_sum(number, bucket->duplicates, exact, bucket->failed > 0));
        return exact ? THEME_TEXT : THEME_WARNING;
    case BUCKET_COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value bucket_value(const void *view, size_t row, size_t column)
{
    const struct start_bucket *bucket = &rows_of(view)->buckets[row];

    switch ((enum bucket_column)column) {
    case COUNT: return (struct table_value){ .number = bucket->count };
    case BUCKET_GAP: return (struct table_value){ .number = bucket->gap };
    case BUCKET_TWICE: return (struct table_value){ .number = bucket->duplicates };
    default: return (struct table_value){ .rank = bucket->from < 0, .number = bucket->side == '<' ? 0 : bucket->from };
    }
}

static const struct table_rows bucket_rows = {
    .columns = bucket_columns,
    .column_count = BUCKET_COLUMNS,
    .error_column = BUCKET_COLUMNS,
    .count = bucket_count,
    .identity = bucket_identity,
    .cell = bucket_cell,
    .value = bucket_value,
};

/* Numbers of the buckets beside the cells of the axis. */
enum { BEFORE, AFTER, WITHOUT_T, BESIDE };

static size_t bucket_of(const struct cutover_partition *partition, const struct timeline_axis *axis)
{
    int cell = timeline_cell(axis, partition->committed_time);

    if (partition->committed_time < 0)
        return (size_t)axis->cells + WITHOUT_T;
    if (cell < 0)
        return (size_t)axis->cells + BEFORE;
    return (size_t)cell + (cell == axis->cells ? AFTER : 0);
}

static void add_partition(const struct start_rows *rows, size_t i, struct start_bucket *bucket)
{
    const struct cutover_plan_row *plan = plan_at(rows, i);

    bucket->count++;
    if (row_error(rows, i)) {
        bucket->failed++;
    } else if (plan) {
        bucket->gap += plan->gap;
        bucket->duplicates += plan->duplicates;
    }
}

static void keep_bucket(struct start_rows *rows, const struct start_bucket *bucket, timestamp_ms from, char side)
{
    if (bucket->count == 0)
        return;
    rows->buckets[rows->bucket_count] = *bucket;
    rows->buckets[rows->bucket_count].from = from;
    rows->buckets[rows->bucket_count++].side = side;
}

static void add_up(struct start_rows *rows, const struct timeline_axis *axis)
{
    struct start_bucket all[TIMELINE_MOST_CELLS + BESIDE] = { 0 };
    size_t cells = (size_t)axis->cells;

    for (size_t i = 0; i < rows->partitions.count; i++) {
        size_t row = rows->partitions.order[i];

        add_partition(rows, row, &all[bucket_of(partition_at(rows, row), axis)]);
    }
    rows->bucket_count = 0;
    rows->bucket_ms = axis->cell_ms;
    keep_bucket(rows, &all[cells + BEFORE], axis->start, '<');
    for (size_t i = 0; i < cells; i++)
        keep_bucket(rows, &all[i], timeline_time(axis, (int)i), ' ');
    keep_bucket(rows, &all[cells + AFTER], timeline_time(axis, axis->cells), '>');
    keep_bucket(rows, &all[cells + WITHOUT_T], TIMESTAMP_NONE, ' ');
}

/* --- both --- */

void start_rows_init(struct start_rows *rows, const struct skew_facts *facts)
{
    *rows =
        (struct start_rows){ .facts = facts, .cursor = TIMESTAMP_NONE, .bar_cells = 40, .window = TIMELINE_FITS_ALL };
    rows->buckets = memory_new((TIMELINE_MOST_CELLS + BESIDE) * sizeof(*rows->buckets));
    table_init(&rows->partitions, &partition_rows, rows, PART, false);
    table_init(&rows->by_time, &bucket_rows, rows, FROM, false);
}

void start_rows_clear(struct start_rows *rows)
{
    table_clear(&rows->partitions);
    table_clear(&rows->by_time);
    free(rows->buckets);
}

void start_rows_bucket(struct start_rows *rows, const struct timeline_axis *axis)
{
    add_up(rows, axis);
    table_changed(&rows->by_time, rows->facts->complete); /* before, everything is in "no T" */
}

void start_rows_show(struct start_rows *rows, bool bars)
{
    rows->partitions.rows = bars ? &partition_rows : &rows_alone;
}

void start_rows_changed(struct start_rows *rows)
{
    table_changed(&rows->partitions, rows->facts->complete);
}

bool start_rows_sorted_as_usual(const struct table *table)
{
    return table->sort_column == 0 && !table->descending;
}

struct timeline_axis start_rows_axis(const struct start_rows *rows)
{
    return axis_of(rows, rows->bar_cells);
}

void start_rows_draw_total(const struct start_rows *rows, const struct table *table, const struct canvas *canvas,
                           int line)
{
    const struct cutover_totals *totals = &rows->plan->totals;
    size_t gap = table == &rows->partitions ? (size_t)GAP : (size_t)BUCKET_GAP;
    const char *about = rows->exact ? "" : "~";
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS], end[2], column;
    char text[2][56], gap_in[TEXT_NUMBER_SIZE], twice_in[TEXT_NUMBER_SIZE], label[160];

    table_layout(table, canvas->columns, start, width);
    for (size_t i = 0; i < 2; i++) {
        start_sum(text[i], i == 0 ? totals->gap : totals->duplicates, rows->exact, totals->errors > 0);
        end[i] = start[gap + i] + width[gap + i];
    }
    snprintf(label, sizeof(label), "total (offsets; gap in %s%s, dup in %s%s)", about,
             text_count(gap_in, (int64_t)totals->gap_in), about, text_count(twice_in, (int64_t)totals->duplicates_in));
    if (rows->partitions.filter)
        snprintf(label, sizeof(label), "total of all %s partitions", text_count(gap_in, (int64_t)rows->plan->count));
    column = end[0] - (int)strlen(text[0]);
    canvas_text(canvas, line, 1, THEME_TITLE, 1 + (int)strlen(label) < column ? label : "total");
    canvas_text(canvas, line, column, totals->gap > 0 ? THEME_BAD : THEME_TITLE, text[0]);
    canvas_text(canvas, line, end[1] - (int)strlen(text[1]), THEME_TITLE, text[1]);
}

static void export_offset(struct export *out, int64_t offset)
{
    if (offset == OFFSET_NONE)
        export_null(out);
    else
        export_number(out, offset);
}

static void export_buckets(const struct start_rows *rows, struct export *out)
{
    export_column(out, "from");
    export_column(out, "partitions");
    export_column(out, "gap");
    export_column(out, "duplicates");
    export_column(out, "failed"); /* partitions: the sums are at least what they say */
    for (size_t i = 0; i < rows->by_time.count; i++) {
        const struct start_bucket *bucket = &rows->buckets[rows->by_time.order[i]];

        if (!table_is_exported(&rows->by_time, i))
            continue;
        export_time(out, bucket->from);
        export_number(out, bucket->count);
        export_number(out, bucket->gap);
        export_number(out, bucket->duplicates);
        export_number(out, (int64_t)bucket->failed);
    }
}

void start_rows_export(const struct start_rows *rows, bool by_time, struct export *out)
{
    static const char *const names[] = { "partition",      "state",     "log_start", "end",        "committed",
                                         "committed_time", "start",     "gap",       "duplicates", "lost",
                                         "to_read",        "no_record", "clamped",   "error" };

    if (!rows->plan || !rows->exact)
        return;
    if (by_time) {
        export_buckets(rows, out);
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    for (size_t i = 0; i < rows->partitions.count; i++) {
        const struct cutover_plan_row *row = plan_at(rows, rows->partitions.order[i]);

        if (!row || !table_is_exported(&rows->partitions, i))
            continue;
        export_number(out, row->partition);
        export_text(out, cutover_state_name(row->state));
        export_offset(out, row->log_start);
        export_offset(out, row->end);
        export_offset(out, row->committed);
        export_time(out, row->committed_time);
        export_offset(out, row->start);
        export_offset(out, row->gap);
        export_offset(out, row->duplicates);
        export_offset(out, row->lost);
        export_offset(out, row->to_read);
        export_text(out, row->no_record ? "true" : "false");
        export_text(out, row->clamped ? "true" : "false");
        export_text(out, row->error);
    }
}
