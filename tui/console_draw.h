/* One drawing of the whole screen. Private to the console. */
#ifndef TUI_CONSOLE_DRAW_H
#define TUI_CONSOLE_DRAW_H

#include "tui/console_internal.h"

/* Draws and sends what is different from the screen. Nothing where nobody is at the terminal. */
void console_draw(struct console *console);

#endif
