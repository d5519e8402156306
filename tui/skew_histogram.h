/* How many partitions have their T in each stretch of time, on a logarithmic scale: 37 stragglers would vanish beside
 * 3,257 on a linear one.
 *
 *                                                      ###        3,257
 *                                                     #####
 *         # ### #  # ### ## # # #######  # ######  ##########     1
 *   ------------------------------------------------------------
 *   09:00          09:15          09:30          09:45         10:00Z
 */
#ifndef TUI_SKEW_HISTOGRAM_H
#define TUI_SKEW_HISTOGRAM_H

#include "tui/skew_facts.h"
#include "tui/timeline.h"

struct skew_histogram {
    struct timeline_axis axis;
    int counts[TIMELINE_MOST_CELLS];
    int before, after; /* partitions whose T lies outside the axis */
    int most;          /* the largest of counts */
    uint64_t generation;
};

/* Counts the chosen partitions. Does nothing where facts and axis are those of the last call. */
void skew_histogram_fill(struct skew_histogram *histogram, const struct skew_facts *facts,
                         const struct timeline_axis *axis);

/* How many of `rows` a count fills: none for 0, one for 1, all for most. */
int skew_histogram_height(int count, int most, int rows);

/* The cells that a screen of so many columns has room for. */
int skew_histogram_cells(int columns);

/* Rows of bars from `line` on, the rule and the labels below: rows + 2 lines. cursor: a cell that is marked, -1 none;
 * bars: drawn as a start's cursor, through all rows. */
void skew_histogram_draw(const struct skew_histogram *histogram, const struct canvas *canvas, int line, int rows,
                         int cursor, bool through);

#endif
