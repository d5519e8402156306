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
    uint64_t extra;       /* an open question beside it (VIEW_ASKS, wants_at); 0: none */
    char *extra_progress; /* NULL */
};

struct view_stack {
    const struct tui_source *source; /* these three outlive the stack and are handed to each view */
    const struct delivery_watch *delivery;
    const struct view_mode *mode;
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

/* Whether the view is asked again and again, as it is now. */
bool view_entry_asks(const struct view_entry *entry);
/* Asks for the topmost view, where it needs answers and has no question open; anew: forgets the one that is open. */
void view_stack_ask(struct view_stack *stack, timestamp_ms now);
void view_stack_ask_anew(struct view_stack *stack, timestamp_ms now);
/* Asks beside that; an older such question of the view is cancelled. Texts of request are borrowed for the call. */
void view_stack_ask_extra(struct view_stack *stack, const struct engine_request *request);
/* When the topmost view wants to ask one; TIMESTAMP_NONE. view_stack_ask_wanted asks it. */
timestamp_ms view_stack_wants_at(struct view_stack *stack);
void view_stack_ask_wanted(struct view_stack *stack);
/* Tells all views of news of the delivery. True when something on the screen may be another. */
bool view_stack_delivery(struct view_stack *stack, timestamp_ms now);
/* Cancels its questions. False when none was open. */
bool view_stack_cancel(struct view_stack *stack);
/* Gives an event to the view that asked; frees it. True when something on the screen changed. */
bool view_stack_event(struct view_stack *stack, struct engine_event *event, timestamp_ms now);

#endif
