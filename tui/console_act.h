/* What views want done, and the way out. Private to the console. */
#ifndef TUI_CONSOLE_ACT_H
#define TUI_CONSOLE_ACT_H

#include "tui/console_internal.h"

/* Does what a view's action came to. VIEW_IGNORED does nothing. */
void console_outcome(struct console *console, struct view_outcome *outcome);

/* The audit of the stream that was spoken of last; what is not known of it is asked for at once. */
void console_act_audit(struct console *console);

/* :arm and :disarm. Arming needs the cluster's settings to allow it. */
void console_arm(struct console *console, bool armed);

/* An operator wants to leave: at once, or, while a delivery runs, after asking whether to drain it. */
void console_ask_to_leave(struct console *console);
void console_leave(struct console *console);

/* Ends for certain: a signal, a hang-up, the end of input, or the operator's word. A delivery that runs is drained first;
 * asked a second time it is aborted. */
void console_end(struct console *console);

/* Gives the delivery its events. Takes *event and sets it NULL where it is one of those. */
void console_delivery_event(struct console *console, struct engine_event **event);

/* Suspends, or says why not. */
void console_suspend(struct console *console);

/* Writes what the topmost view shows. */
void console_export(struct console *console, const char *path);
/* Asks for the name, and offers one. */
void console_ask_export(struct console *console);
/* Sends the selected row to the terminal's clipboard, and to a file. */
void console_copy(struct console *console);

/* Whether the view above would take what stands in its prompt; shows behind the text what the view says of it. */
bool console_would_take(struct console *console);

#endif
