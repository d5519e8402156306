/* Pictures of time: an axis with round labels, and one bar a row of what the old sink delivered and what waits.
 *
 *   09:00     09:15     09:30     09:45  10:00
 *   ==============#.........................      = delivered   # record at the commit   . not delivered yet
 *   ==============#xxxxxxxxxxxxxx|..........      x delivered by neither   | where the new delivery starts
 *   =============================|+++++#....      + delivered by both
 *
 * Pure arithmetic but for the drawing. A label stands at every tick, which is a round span of time. What lies before the
 * axis is drawn '<', after it '>', at the edge.
 */
#ifndef TUI_TIMELINE_H
#define TUI_TIMELINE_H

#include "tui/canvas.h"

enum {
    TIMELINE_MOST_CELLS = 256,
};

struct timeline_axis {
    timestamp_ms start; /* of the first cell */
    int64_t cell_ms;
    int cells;
    int tick;           /* cells from label to label */
    timestamp_ms until; /* what is known ends here: no bar goes on behind it */
};

enum timeline_scale {
    TIMELINE_BARS,    /* ten cells are a round span */
    TIMELINE_BUCKETS, /* a cell is a round span: a second, a minute, ... */
};

/* What part of time is looked at. All zero and first = TIMESTAMP_NONE: the axis that fits all. */
struct timeline_window {
    int zoom;           /* steps out (above zero) or in from the axis that fits all */
    timestamp_ms first; /* start of the first cell; TIMESTAMP_NONE: the axis ends at the present */
};

#define TIMELINE_FITS_ALL ((struct timeline_window){ .zoom = 0, .first = TIMESTAMP_NONE })

/* An axis of `cells` cells. Unless the window says otherwise it ends at the first label at or after until, and begins at
 * least two cells before oldest (TIMESTAMP_NONE: none is known). */
struct timeline_axis timeline_fit(enum timeline_scale scale, int cells, timestamp_ms oldest, timestamp_ms until,
                                  const struct timeline_window *window);

/* Steps out (above zero) or in; what is shown of `focus` keeps its cell where it has one. axis: as fitted to the window. */
void timeline_zoom(enum timeline_scale scale, const struct timeline_axis *axis, timestamp_ms oldest, int steps,
                   timestamp_ms focus, struct timeline_window *window);

/* Moves the window by cells, not beyond the label after the present, and not below zero. */
void timeline_pan(const struct timeline_axis *axis, int64_t cells, struct timeline_window *window);

/* The cell of a time; -1 before the axis, axis->cells behind it. */
int timeline_cell(const struct timeline_axis *axis, timestamp_ms time);
/* Where a cell begins. */
timestamp_ms timeline_time(const struct timeline_axis *axis, int cell);

enum timeline_bar {
    TIMELINE_UNKNOWN, /* not sampled yet: blank */
    TIMELINE_COMMIT,  /* delivered up to a record of known time */
    TIMELINE_ALL,     /* everything is delivered */
    TIMELINE_NOTHING, /* nothing is */
};

/* The characters of a bar: axis->cells of them and a NUL, into out of at least that size. */
void timeline_characters(const struct timeline_axis *axis, enum timeline_bar bar, timestamp_ms commit, char *out);

/* Adds a start to such a bar: '|' at its cell, '+' or 'x' between it and the commit. start: TIMESTAMP_NONE draws none.
 * gap, twice: whether the partition has any; what it has not is not drawn, whatever the times look like. */
void timeline_add_start(const struct timeline_axis *axis, enum timeline_bar bar, timestamp_ms commit,
                        timestamp_ms start, bool gap, bool twice, char *out);

/* Draws characters in their roles. */
void timeline_draw(const struct canvas *canvas, int line, int column, const char *characters);

/* Labels; the last one may reach a little behind the bar. utc: the last one ends in Z. */
void timeline_draw_labels(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column,
                          bool utc);

/* "1m30s", "1m", "2h": how long a cell is. */
char *timeline_cell_text(char out[48], const struct timeline_axis *axis);

#endif
