/* Lines of text and a window on them: the movement that the log and help share. Pure. */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include "tui/action.h"

struct pager {
    size_t top;    /* first line on screen */
    size_t count;  /* lines in all */
    size_t height; /* lines on screen */
};

/* Movement. False when the action is none of the pager's. */
bool pager_action(struct pager *pager, enum action action);

/* Takes new numbers and keeps the window inside. */
void pager_resize(struct pager *pager, size_t count, size_t height);

/* Puts the line on screen; where it is already, nothing moves. */
void pager_reveal(struct pager *pager, size_t line);

/* Whether the last line is on screen. */
bool pager_at_end(const struct pager *pager);

#endif
