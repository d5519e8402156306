/* Rows of the skew view. The survey comes first without times, then with more and more; a row whose time is not there yet
 * has a blank bar. Up to 10,000 rows. */
#include "tui/skew_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/view.h"
#include "tui/zone.h"

enum column { PART, BAR, COMMIT, BEHIND, BEHIND_P50, COMMITTED, END, TO_END, SIGN, COLUMNS };

/* A column with no room at most is not shown. */
#define HIDDEN(title, what) { .name = title, .unsorted = true, .unit = (what) }
/* An offset, exact: for screens with room to spare. */
#define OFFSET_COLUMN(title) { .name = title, .least = 9, .want = 12, .most = 18, .gap = 2, .unit = TABLE_NUMBER }

#define SIGN_COLUMN(blanks) \
    { .name = "",           \
      .least = 1,           \
      .want = 1,            \
      .most = 1,            \
      .gap = (blanks),      \
      .left = true,         \
      .keep = true,         \
      .unsorted = true,     \
      .field = "state" }

static const struct table_column columns_with_bars[COLUMNS] = {
    [PART] = SKEW_PART_COLUMN(4),
    [BAR] = SKEW_BAR_COLUMN,
    [COMMIT] = { .name = "commit", .least = 8, .want = 8, .most = 11, .gap = 2, .keep = true, .unit = TABLE_TIME },
    [BEHIND] = { .name = "behind", .least = 6, .want = 8, .most = 9, .gap = 1, .unit = TABLE_DURATION },
    [BEHIND_P50] = HIDDEN("behind p50", TABLE_DURATION),
    [COMMITTED] = HIDDEN("committed", TABLE_NUMBER),
    [END] = HIDDEN("end", TABLE_NUMBER),
    [TO_END] = { .name = "to end", .least = 6, .want = 10, .most = 16, .gap = 1, .keep = true },
    [SIGN] = SIGN_COLUMN(1),
};

static const struct table_column columns_alone[COLUMNS] = {
    [PART] = SKEW_PART_COLUMN(5),
    [BAR] = { .name = "", .picture = true, .unsorted = true },
    [COMMIT] = { .name = "commit", .least = 8, .want = 8, .most = 11, .gap = 2, .keep = true, .unit = TABLE_TIME },
    [BEHIND] = { .name = "behind", .least = 8, .want = 9, .most = 9, .gap = 2, .keep = true, .unit = TABLE_DURATION },
    [BEHIND_P50] = { .name = "behind p50", .least = 10, .want = 10, .most = 10, .gap = 3, .unit = TABLE_DURATION },
    [COMMITTED] = OFFSET_COLUMN("committed"),
    [END] = OFFSET_COLUMN("end"),
    [TO_END] = { .name = "to end", .least = 11, .want = 11, .most = 16, .gap = 1, .keep = true },
    [SIGN] = SIGN_COLUMN(2),
};

/* Ranks of table_value: partitions with a time, then those without, then those that failed. */
enum { KNOWN, NOT_SAMPLED, WITHOUT_TIME, FAILED };

static const struct cutover_partition *partition_at(const void *view, size_t row)
{
    return &((const struct skew_rows *)view)->survey->partitions[row];
}

static size_t row_count(const void *view)
{
    const struct skew_rows *rows = view;

    return rows->survey ? rows->survey->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    char number[TEXT_NUMBER_SIZE];
    char *at = out;

    *at++ = 'p';
    for (const char *digit = text_count(number, partition_at(view, row)->partition); *digit; digit++)
        if (*digit != ',')
            *at++ = *digit;
    *at = '\0';
    return out;
}

static bool row_listed(const void *view, size_t row)
{
    const struct skew_narrowing *narrowing = &((const struct skew_rows *)view)->narrowing;
    const struct cutover_partition *partition = partition_at(view, row);

    if (narrowing->by_time &&
        (partition->committed_time < narrowing->from || partition->committed_time >= narrowing->to))
        return false;
    return !narrowing->by_partition ||
           (partition->partition >= narrowing->first && partition->partition <= narrowing->last);
}

static const char *row_error(const void *view, size_t row)
{
    const struct cutover_partition *partition = partition_at(view, row);

    if (partition->state != CUTOVER_ERROR)
        return NULL;
    return partition->error ? partition->error : "cannot be read";
}

enum timeline_bar skew_bar(const struct cutover_partition *partition)
{
    if (partition->committed_time >= 0)
        return TIMELINE_COMMIT;
    if (partition->state == CUTOVER_CAUGHT_UP || partition->state == CUTOVER_OPEN_TRANSACTION)
        return TIMELINE_ALL;
    return partition->state == CUTOVER_NO_COMMIT ? TIMELINE_NOTHING : TIMELINE_UNKNOWN;
}

static void commit_text(const struct skew_rows *rows, const struct cutover_partition *partition, struct buffer *out)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (partition->committed_time >= 0)
        buffer_append_text(out, zone_short(rows->local, text, partition->committed_time, rows->survey->taken_at));
    else if (partition->time_below_zero)
        buffer_append_text(out, "no time");
    else if (partition->state == CUTOVER_CAUGHT_UP)
        buffer_append_text(out, "=");
    else if (!skew_is_waiting(partition))
        buffer_append_text(out, "-");
}

/* A distance in time; in front of it a minus where the commit is the later one. */
static void distance_text(timestamp_ms from, timestamp_ms to, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (from < 0 || to < 0)
        return;
    if (to < from)
        buffer_append_char(out, '-');
    buffer_append_text(out, text_duration(text, to < from ? from - to : to - from));
}

static void offset_text(int64_t offset, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, offset == OFFSET_NONE ? "-" : text_count(text, offset));
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct skew_rows *rows = view;
    const struct cutover_partition *partition = partition_at(view, row);
    char text[TEXT_NUMBER_SIZE], identity[64];
    char sign = skew_sign(partition, rows->facts.times.median);

    switch ((enum column)column) {
    case PART: buffer_append_text(out, row_identity(view, row, identity)); break;
    case COMMIT: commit_text(rows, partition, out); break;
    case BEHIND: distance_text(partition->committed_time, rows->facts.times.latest, out); break;
    case BEHIND_P50: distance_text(partition->committed_time, rows->facts.times.median, out); break;
    case COMMITTED: offset_text(partition->committed, out); break;
    case END: offset_text(partition->end, out); break;
    case TO_END: buffer_append_text(out, text_count(text, skew_to_end(partition))); break;
    case SIGN: buffer_append_char(out, sign); return skew_role(sign);
    case BAR:
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value offset_value(int64_t offset)
{
    return (struct table_value){ .rank = offset == OFFSET_NONE ? WITHOUT_TIME : KNOWN, .number = offset };
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct cutover_partition *partition = partition_at(view, row);

    if (column == PART)
        return (struct table_value){ .number = partition->partition };
    if (partition->state == CUTOVER_ERROR)
        return (struct table_value){ .rank = FAILED };
    if (column == TO_END)
        return (struct table_value){ .number = skew_to_end(partition) };
    if (column == COMMITTED || column == END)
        return offset_value(column == COMMITTED ? partition->committed : partition->end);
    if (partition->committed_time < 0)
        return (struct table_value){ .rank = skew_is_waiting(partition) ? NOT_SAMPLED : WITHOUT_TIME };
    return (struct table_value){ .number = column == COMMIT ? partition->committed_time : -partition->committed_time };
}

/* What a filter compares: the distances as they are shown, the state by its word. */
static struct table_value row_exact(const void *view, size_t row, size_t column)
{
    const struct skew_rows *rows = view;
    const struct cutover_partition *partition = partition_at(view, row);
    struct table_value value = row_value(view, row, column);

    if (column == SIGN)
        return (struct table_value){ .text = cutover_state_name(partition->state) };
    if (column == BEHIND)
        value.number = rows->facts.times.latest - partition->committed_time;
    if (column == BEHIND_P50)
        value.number = rows->facts.times.median - partition->committed_time;
    return value;
}

static struct timeline_axis axis_of(const struct skew_rows *rows, int cells)
{
    return timeline_fit(TIMELINE_BARS, cells, rows->facts.times.oldest, rows->survey->taken_at, &rows->window);
}

static void row_paint(const void *view, size_t row, const struct canvas *canvas, int line, int column, int cells)
{
    const struct cutover_partition *partition = partition_at(view, row);
    struct timeline_axis axis = axis_of(view, cells);
    char characters[TIMELINE_MOST_CELLS + 1];

    timeline_characters(&axis, skew_bar(partition), partition->committed_time, characters);
    timeline_draw(canvas, line, column, characters);
}

static void heading_paint(const void *view, const struct canvas *canvas, int line, int column, int cells)
{
    struct timeline_axis axis = axis_of(view, cells);

    timeline_draw_labels(&axis, canvas, line, column, false);
}

static const struct table_rows rows_with_bars = {
    .columns = columns_with_bars,
    .column_count = COLUMNS,
    .error_column = BAR,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .exact = row_exact,
    .listed = row_listed,
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
    .exact = row_exact,
    .listed = row_listed,
    .error = row_error,
};

void skew_rows_init(struct skew_rows *rows)
{
    *rows = (struct skew_rows){ .window = TIMELINE_FITS_ALL, .bar_cells = 40 };
    table_init(&rows->table, &rows_with_bars, rows, COMMIT, false);
}

void skew_rows_clear(struct skew_rows *rows)
{
    skew_facts_clear(&rows->facts);
    table_clear(&rows->table);
}

/* Facts and pictures are about the rows that are shown. */
static void follow_table(struct skew_rows *rows)
{
    if (rows->survey)
        skew_facts_choose(&rows->facts, rows->table.order, rows->table.count);
}

void skew_rows_take(struct skew_rows *rows, const struct cutover_survey *survey, bool settled)
{
    rows->survey = survey;
    skew_facts_take(&rows->facts, survey);
    table_changed(&rows->table, settled);
    follow_table(rows);
}

void skew_rows_show_local(struct skew_rows *rows, bool local)
{
    if (rows->local == local)
        return;
    rows->local = local;
    table_changed(&rows->table, false);
}

void skew_rows_show(struct skew_rows *rows, bool bars)
{
    rows->table.rows = bars ? &rows_with_bars : &rows_alone;
}

void skew_rows_filter(struct skew_rows *rows, const char *text)
{
    table_set_filter(&rows->table, text);
    follow_table(rows);
}

static void narrow(struct skew_rows *rows, const struct skew_narrowing *narrowing)
{
    rows->narrowing = *narrowing;
    table_changed(&rows->table, true);
    follow_table(rows);
}

/* "T 09:12:00Z to 09:13:00Z, p2500 to p2541" */
static void name_narrowing(const struct skew_rows *rows, struct skew_narrowing *narrowing)
{
    char first[TIMESTAMP_TEXT_SIZE], end[TIMESTAMP_TEXT_SIZE];
    int length = 0;

    if (narrowing->by_time)
        length =
            snprintf(narrowing->text, sizeof(narrowing->text), "T %sZ to %sZ%s",
                     timestamp_short(first, narrowing->from, rows->survey->taken_at),
                     timestamp_short(end, narrowing->to, rows->survey->taken_at), narrowing->by_partition ? ", " : "");
    if (narrowing->by_partition)
        snprintf(narrowing->text + length, sizeof(narrowing->text) - (size_t)length, "p%d to p%d",
                 (int)narrowing->first, (int)narrowing->last);
}

void skew_rows_narrow_time(struct skew_rows *rows, timestamp_ms from, timestamp_ms to)
{
    struct skew_narrowing narrowing = rows->narrowing;

    narrowing.by_time = true;
    narrowing.from = from;
    narrowing.to = to;
    name_narrowing(rows, &narrowing);
    narrow(rows, &narrowing);
}

void skew_rows_narrow_range(struct skew_rows *rows, int32_t first, int32_t last)
{
    struct skew_narrowing narrowing = rows->narrowing;

    narrowing.by_partition = true;
    narrowing.first = first;
    narrowing.last = last;
    name_narrowing(rows, &narrowing);
    narrow(rows, &narrowing);
}

void skew_rows_widen(struct skew_rows *rows)
{
    narrow(rows, &(struct skew_narrowing){ .by_time = false });
}

bool skew_rows_sorted_as_usual(const struct skew_rows *rows)
{
    return rows->table.sort_column == COMMIT && !rows->table.descending;
}

struct timeline_axis skew_rows_axis(const struct skew_rows *rows)
{
    return axis_of(rows, rows->bar_cells);
}

const struct cutover_partition *skew_rows_selected(const struct skew_rows *rows)
{
    size_t row;

    return table_selected(&rows->table, &row) ? &rows->survey->partitions[row] : NULL;
}

void skew_rows_select(struct skew_rows *rows, int32_t partition)
{
    table_select(&rows->table, (size_t)partition);
}

void skew_rows_draw_total(const struct skew_rows *rows, const struct canvas *canvas, int line)
{
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];
    char number[TEXT_NUMBER_SIZE], text[TEXT_NUMBER_SIZE + 2];

    table_layout(&rows->table, canvas->columns, start, width);
    snprintf(text, sizeof(text), "%s%s", rows->facts.failed > 0 ? ">=" : "", text_count(number, rows->facts.to_end));
    int cells = (int)strlen(text) > width[TO_END] ? (int)strlen(text) : width[TO_END];
    canvas_fit(canvas, line, start[TO_END] + width[TO_END] - cells, cells, false, THEME_TITLE, text);
}

static void explain_state(const struct cutover_partition *partition, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    switch (partition->state) {
    case CUTOVER_OK: break;
    case CUTOVER_CAUGHT_UP: buffer_append_text(out, "caught up; sets no bound on the start"); break;
    case CUTOVER_NO_COMMIT:
        buffer_append_text(out, "never committed; begins at the log start, what was lost is unknown");
        break;
    case CUTOVER_BELOW_START:
        buffer_printf(out, "%s offsets lost to retention before this reading",
                      text_count(text, cutover_partition_lost(partition)));
        break;
    case CUTOVER_OPEN_TRANSACTION: buffer_append_text(out, "committed inside a transaction that is still open"); break;
    case CUTOVER_PAST_END:
        buffer_append_text(out, "committed past the end: the topic was made again or truncated");
        break;
    case CUTOVER_ERROR: buffer_append_text(out, partition->error ? partition->error : "cannot be read"); break;
    }
}

void skew_explain(const struct cutover_partition *partition, struct buffer *out)
{
    if (partition->state != CUTOVER_OK) {
        buffer_printf(out, "p%d: ", (int)partition->partition);
        explain_state(partition, out);
    } else if (partition->time_below_zero) {
        buffer_printf(out, "p%d: its record carries no time; `safe` begins at the commit", (int)partition->partition);
    } else if (view_kind_breaks_lines(partition->kind)) {
        buffer_printf(out, "p%d: format `lines` would break its values", (int)partition->partition);
    }
}
