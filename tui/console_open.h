/* The way between views, and how often each is asked again. Private to the console. */
#ifndef TUI_CONSOLE_OPEN_H
#define TUI_CONSOLE_OPEN_H

#include "tui/console_internal.h"

/* Opens a view on a subject whose texts are borrowed for the call. */
void console_open(struct console *console, enum view_kind kind, const struct view_subject *subject);
void console_open_help(struct console *console);

/* What the open views are about, the topmost first: what ":skew" without words, and "3", mean. Texts are borrowed. */
void console_known_subject(const struct console *console, struct view_subject *known);

/* Keeps in mind which stream the views speak of, before one of them may be closed. */
void console_remember(struct console *console);

/* The audit that is open, or one of the stream that was spoken of last. */
void console_go_audit(struct console *console);

/* Goes back to a view of the kind where one is open, else opens one on what the open views know. */
void console_go(struct console *console, enum view_kind kind);
/* 2: back to the groups below; where they are on screen already, from those of a topic to all. */
void console_go_groups(struct console *console);
/* NULL for topic and group: those that the open views know. start: as typed, for the start time view; NULL. */
void console_go_skew(struct console *console, const char *topic, const char *group);
void console_go_start(struct console *console, const char *start);
/* The dialog on the topic and group that the open views know; start: as typed; NULL: theirs, or a stream that is there. */
void console_go_launch(struct console *console, const char *start);

/* Esc: clear the filter, else stop what is still loading, else back. */
void console_go_back(struct console *console);

/* Asks now; the same where the question that is open is another by now; asks what is due. */
void console_fetch_now(struct console *console);
void console_fetch_anew(struct console *console);
void console_fetch_if_due(struct console *console);
/* Milliseconds until a view wants to ask something; -1: nothing is wanted. */
int console_next_wish(struct console *console);

/* How often the views are asked, in whole seconds, 1 to 60; and the next step of it. */
void console_set_refresh(struct console *console, int seconds);
void console_step_refresh(struct console *console, bool slower);
void console_freeze(struct console *console);

#endif
