/* What the launch dialog says, row by row: labels and texts of a plan, where it goes, what it costs, what was checked.
 *
 * A plain value, filled anew for each drawing. UI thread only.
 */
#ifndef TUI_LAUNCH_SHEET_H
#define TUI_LAUNCH_SHEET_H

#include "engine_event.h"
#include "tui/canvas.h"

enum { LAUNCH_LINES_MOST = 20 }; /* what a screen of 24 lines holds */

struct launch_line {
    char label[16], text[400];
    enum theme_role role;
};

struct launch_sheet {
    struct launch_line lines[LAUNCH_LINES_MOST];
    size_t count;
};

/* Adds a row; the last one is overwritten where there are too many. */
void launch_sheet_add(struct launch_sheet *sheet, const char *label, enum theme_role role, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* All that an ENGINE_LAUNCH event says. inside: within tmux or screen, where a hang-up ends nothing. */
void launch_sheet_fill(struct launch_sheet *sheet, const struct engine_event *event, bool inside,
                       const struct canvas *canvas);

/* The old group has members: its commits move, and the duplicates are a lower bound. Not looked at for a resume. */
bool launch_sheet_is_moving(const struct engine_launch *launch);

/* "safe", "at a time": how the plan's start was chosen. */
const char *launch_sheet_start_word(const struct cutover_plan *plan);

#endif
