/* The guide's panel in the console: where it stands, which keys are its own, and the views that it opens. Private to the
 * console. */
#ifndef TUI_CONSOLE_GUIDE_H
#define TUI_CONSOLE_GUIDE_H

#include "tui/console_internal.h"

/* Opens the panel at its first step. topic and group: borrowed; NULL: those that the open views know. */
void console_open_guide(struct console *console, const char *topic, const char *group);

/* Takes the key where it is the guide's. */
bool console_guide_key(struct console *console, int key);

/* Each turn: the operator may have gone to the view of another step without the guide. */
void console_guide_follow(struct console *console);

/* The canvas that is left for the view: all of it where there is no guide. */
struct canvas console_guide_above(const struct console *console);
/* Draws the panel below that, if there is one. */
void console_guide_draw(const struct console *console);

/* The scope that the footer shows: the guide's where its keys are what matters. */
unsigned console_guide_scope(const struct console *console, unsigned view_scope);

#endif
