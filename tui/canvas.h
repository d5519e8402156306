/* What views draw on: text at a place, in a role, cut to cells. The one gate between any text and the terminal.
 *
 * Everything passes the sanitiser here, so no view can forget it; sanitising twice changes nothing. Lines and columns
 * count from 0. What lies outside is not drawn. UI thread only.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include "base/buffer.h"
#include "base/timestamp.h"
#include "tui/theme.h"

struct canvas {
    int lines, columns;
    int cursor_line, cursor_column; /* where the hardware cursor rests: the selected row, or the prompt */
    timestamp_ms now;               /* the console's clock, which a script may hold still */
    bool local;                     /* times are shown as local ones (zone.h) */
    bool ascii;                     /* no character beyond ASCII: others are shown as \u{e9} */
    bool plain;                     /* no bars, no pictures: what they show stands as numbers (--plain) */
    bool reverse;                   /* draw reversed: the selected row */
};

/* Empties the screen for a new drawing, and takes its size. */
void canvas_start(struct canvas *canvas);

/* Text from column on, cut at the right edge. Returns the column behind it. */
int canvas_text(const struct canvas *canvas, int line, int column, enum theme_role role, const char *text);
int canvas_printf(const struct canvas *canvas, int line, int column, enum theme_role role, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Text in exactly `cells` cells, aligned to the left or right, cut with '>'. Returns the column behind. */
int canvas_fit(const struct canvas *canvas, int line, int column, int cells, bool left, enum theme_role role,
               const char *text);

/* count times an ASCII character. Returns the column behind. */
int canvas_repeat(const struct canvas *canvas, int line, int column, int count, enum theme_role role, char c);

/* Text over several lines, broken at blanks; columns from `column` to the right edge less one. Returns the line behind. */
int canvas_wrap(const struct canvas *canvas, int line, int last_line, int column, enum theme_role role,
                const char *text);

/* The text as it will be shown, appended: sanitised, and without what this screen cannot show. */
void canvas_shown(const struct canvas *canvas, struct buffer *out, const char *text);

#endif
