/* What a start costs: partition by partition with a bar, or, where there are many, added up by the time of their commits. */
#ifndef TUI_START_ROWS_H
#define TUI_START_ROWS_H

#include "cutover/cutover_plan.h"
#include "tui/export.h"
#include "tui/skew_facts.h"
#include "tui/table.h"
#include "tui/timeline.h"

/* The partitions whose T lies in one stretch of time. */
struct start_bucket {
    timestamp_ms from; /* TIMESTAMP_NONE: those without a T */
    char side;         /* '<': before from, '>': from there on, both outside the axis; else one cell of it */
    int count;
    size_t failed;
    int64_t gap, duplicates;
};

struct start_rows {
    const struct skew_facts *facts;  /* borrowed; its survey is NULL until the first answer */
    const struct cutover_plan *plan; /* borrowed; NULL: no costs are known yet */
    bool exact;                      /* the plan is for the start; else its numbers carry ~ */
    timestamp_ms cursor;             /* drawn through the bars; TIMESTAMP_NONE: each partition has its own start */
    struct timeline_window window;   /* of the bars */
    int bar_cells;                   /* at the last drawing */
    struct table partitions, by_time;
    struct start_bucket *buckets; /* with partitions in them, by time */
    size_t bucket_count;
    int64_t bucket_ms;
    bool local; /* times are shown as local ones */
};

void start_rows_init(struct start_rows *rows, const struct skew_facts *facts);
void start_rows_clear(struct start_rows *rows);

/* bars: false shows the time of each commit in their place. Before drawing. */
void start_rows_show(struct start_rows *rows, bool bars);
/* Facts or plan are others now. */
void start_rows_changed(struct start_rows *rows);
/* Adds the partitions that are shown up anew: after a change, another filter, or on another axis. */
void start_rows_bucket(struct start_rows *rows, const struct timeline_axis *axis);

/* Whether the table is sorted as it was to begin with. */
bool start_rows_sorted_as_usual(const struct table *table);

/* The axis of the bars as last drawn. */
struct timeline_axis start_rows_axis(const struct start_rows *rows);

/* "total (offsets; gap in 1, dup in 5)" and the sums below the columns of a table. */
void start_rows_draw_total(const struct start_rows *rows, const struct table *table, const struct canvas *canvas,
                           int line);

/* A count of offsets of the plan: "13,500,000", "-" for none, ~ in front where it is not for this start. Returns out. */
char *start_count(char out[56], int64_t count, bool exact);

/* Exactly the rows of a table, with exact numbers; nothing at all while they are those of another start. */
void start_rows_export(const struct start_rows *rows, bool by_time, struct export *out);

#endif
