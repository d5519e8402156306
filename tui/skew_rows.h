/* The partitions of a survey as rows of a table: with a bar of what the old sink delivered up to its commit, or, beside a
 * picture that shows all of them, with numbers alone. Furthest behind first.
 *
 * What is shown may be narrowed to a stretch of time or of partitions, and by the table's filter; the facts follow.
 */
#ifndef TUI_SKEW_ROWS_H
#define TUI_SKEW_ROWS_H

#include "tui/skew_facts.h"
#include "tui/table.h"
#include "tui/timeline.h"

/* Columns that rows of partitions have in common: the partition, and a bar of time. */
#define SKEW_PART_COLUMN(cells) \
    { .name = "part",           \
      .least = (cells),         \
      .want = (cells),          \
      .most = 8,                \
      .gap = 1,                 \
      .left = true,             \
      .keep = true,             \
      .unit = TABLE_NUMBER }
#define SKEW_BAR_COLUMN \
    { .name = "", .least = 20, .want = 20, .most = 80, .gap = 1, .keep = true, .picture = true, .unsorted = true }

/* Which partitions are listed at all. */
struct skew_narrowing {
    bool by_time, by_partition;
    timestamp_ms from, to; /* from <= T < to */
    int32_t first, last;   /* both included */
    char text[96];         /* "T 09:12:00Z to 09:13:00Z"; "" for none */
};

struct skew_rows {
    const struct cutover_survey *survey; /* borrowed; NULL until the first */
    struct skew_facts facts;
    struct table table;
    struct timeline_window window; /* of the bars */
    struct skew_narrowing narrowing;
    int bar_cells; /* at the last drawing */
    bool local;    /* times of commits are shown as local ones */
};

void skew_rows_init(struct skew_rows *rows);
void skew_rows_clear(struct skew_rows *rows);

/* A new survey, borrowed until the next. settled: its times are complete. */
void skew_rows_take(struct skew_rows *rows, const struct cutover_survey *survey, bool settled);
/* Before drawing: how wide the commits are depends on it. */
void skew_rows_show_local(struct skew_rows *rows, bool local);
/* bars: false shows numbers alone. */
void skew_rows_show(struct skew_rows *rows, bool bars);

void skew_rows_filter(struct skew_rows *rows, const char *text);
void skew_rows_narrow_time(struct skew_rows *rows, timestamp_ms from, timestamp_ms to);
void skew_rows_narrow_range(struct skew_rows *rows, int32_t first, int32_t last);
void skew_rows_widen(struct skew_rows *rows);

/* Whether it is furthest behind first, as it was to begin with. */
bool skew_rows_sorted_as_usual(const struct skew_rows *rows);
/* The axis of the bars as last drawn. */
struct timeline_axis skew_rows_axis(const struct skew_rows *rows);
/* The selected partition, or NULL. */
const struct cutover_partition *skew_rows_selected(const struct skew_rows *rows);
/* Selects a partition where it is shown. */
void skew_rows_select(struct skew_rows *rows, int32_t partition);

/* The number under the column of offsets to the end, ">=" where a partition could not be read. */
void skew_rows_draw_total(const struct skew_rows *rows, const struct canvas *canvas, int line);

/* How its bar is drawn. */
enum timeline_bar skew_bar(const struct cutover_partition *partition);

/* What the sign of a partition means, in a sentence; nothing where there is nothing to say. */
void skew_explain(const struct cutover_partition *partition, struct buffer *out);

#endif
