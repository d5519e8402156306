/* The open views, one above the other, and the question each has asked.
 *
 * Kinds rise from bottom to top (topics, groups, skew, log, help), each at most once, so the way back is always short.
 * One view at most has a question open: opening another that asks cancels it, and the data stays. UI thread only.
 */
#ifndef TUI_VIEW_STACK_H
#define TUI_VIEW_STACK_H

#include "tui/view.h"

struct view_entry {
    enum view_kind kind;
    const struct view_ops *ops;
    void *state;
    uint64_t request;      /* the open question; 0: none */
    timestamp_ms asked_at; /* when the last question was asked; TIMESTAMP_NONE: never */
    timestamp_ms ended_at; /* when its answer was complete, or it failed; took: how long that was, in ms */
    int64_t took;
    timestamp_ms data_at; /* age of what is shown; TIMESTAMP_NONE: nothing is */
    bool complete;        /* a final answer is shown */
    bool failed;          /* the last question ended in an error */
    char *error;          /* of it; NULL */
    char *progress;       /* of the open question; NULL */
};

struct view_stack {
    const struct tui_source *source; /* outlives the stack */
    struct view_entry entries[VIEW_KINDS];
    size_t depth; /* at least 1 once topics are open */
};

void view_stack_init(struct view_stack *stack, const struct tui_source *source);
/* Closes all views and cancels their questions. */
void view_stack_clear(struct view_stack *stack);

/* Opens a view above those of a lower kind; the others are closed. Asks nothing yet: view_stack_ask. */
void view_stack_open(struct view_stack *stack, enum view_kind kind, const struct view_subject *subject);
/* Closes the topmost view, never the last one. */
void view_stack_shut(struct view_stack *stack);
/* Closes what lies above a view of the kind. False when there is none. */
bool view_stack_return(struct view_stack *stack, enum view_kind kind);

struct view_entry *view_stack_top(struct view_stack *stack);
const struct view_entry *view_stack_find(const struct view_stack *stack, enum view_kind kind);

/* Asks for the topmost view, where it needs answers and has no question open. */
void view_stack_ask(struct view_stack *stack, timestamp_ms now);
/* Cancels its question. False when none was open. */
bool view_stack_cancel(struct view_stack *stack);
/* Gives an event to the view that asked; frees it. True when something on the screen changed. */
bool view_stack_event(struct view_stack *stack, struct engine_event *event, timestamp_ms now);

#endif
