/* What is typed in the message row. Private to the console. */
#ifndef TUI_CONSOLE_TYPE_H
#define TUI_CONSOLE_TYPE_H

#include "tui/console_internal.h"

/* A key while a prompt is open. */
void console_type_key(struct console *console, int key);

/* Opens "/" or ":". */
void console_open_prompt(struct console *console, enum prompt_kind kind);

#endif
