/* Pictures of time: an axis with round labels, and one bar a row of what the old sink delivered and what waits.
 *
 *   09:00     09:15     09:30     09:45  10:00
 *   ==============#.........................      = delivered   # record at the commit   . not delivered yet
 *
 * Pure arithmetic but for the drawing. A label stands every ten cells, and ten cells are a round span, so a cell is a
 * tenth of it. What lies before the axis is drawn '<', after it '>', at the edge.
 */
#ifndef TUI_TIMELINE_H
#define TUI_TIMELINE_H

#include "tui/canvas.h"

enum {
    TIMELINE_TICK = 10 /* cells from label to label */
};

struct timeline_axis {
    timestamp_ms start; /* of the first cell */
    int64_t cell_ms;
    int cells;
    timestamp_ms until; /* what is known ends here: no bar goes on behind it */
};

/* The axis of `cells` cells that ends at the first label at or after until, and begins at least two cells before oldest
 * (TIMESTAMP_NONE: none is known). zoom: steps out (above zero) or in from there. */
struct timeline_axis timeline_fit(int cells, timestamp_ms oldest, timestamp_ms until, int zoom);

/* The cell of a time; -1 before the axis, axis->cells or more behind it. */
int timeline_cell(const struct timeline_axis *axis, timestamp_ms time);

enum timeline_bar {
    TIMELINE_UNKNOWN, /* not sampled yet: blank */
    TIMELINE_COMMIT,  /* delivered up to a record of known time */
    TIMELINE_ALL,     /* everything is delivered */
    TIMELINE_NOTHING, /* nothing is */
};

/* The characters of a bar: axis->cells of them and a NUL, into out of at least that size. */
void timeline_characters(const struct timeline_axis *axis, enum timeline_bar bar, timestamp_ms commit, char *out);

void timeline_draw(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column,
                   enum timeline_bar bar, timestamp_ms commit);

/* Labels; the last one may reach two cells behind the bar. */
void timeline_draw_labels(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column);

#endif
