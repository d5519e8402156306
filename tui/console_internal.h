/* The console's state, shared by its files. One thread, one of them in a process at a time.
 *
 * console.c is the loop; console_draw.c rows 1, 23 and 24; console_open.c the way between views; console_act.c what views
 * want done, and the way out; console_type.c what is typed; console_guide.c the guided demo's panel.
 */
#ifndef TUI_CONSOLE_INTERNAL_H
#define TUI_CONSOLE_INTERNAL_H

#include "tui/console_options.h"
#include "tui/guide.h"
#include "tui/keymap.h"
#include "tui/latency.h"
#include "tui/paste.h"
#include "tui/prompt.h"
#include "tui/script.h"
#include "tui/terminal.h"
#include "tui/view_stack.h"

struct console {
    const struct console_options *options;
    const struct tui_source *source;
    struct terminal *terminal;
    struct keymap keymap;
    struct canvas canvas;
    struct view_stack stack;
    struct prompt prompt;
    struct paste paste;
    struct script *script; /* NULL: a person */
    const char *wait_for;  /* the script goes on when this text is on the screen; NULL */
    int64_t wait_until;    /* or fails at this monotonic time */
    timestamp_ms clock;    /* held by the script; TIMESTAMP_NONE: the real one */
    int refresh_seconds;
    struct view_mode mode;
    struct delivery_watch delivery;
    struct latency latency;
    struct guide *guide;    /* NULL: no panel */
    timestamp_ms frozen_at; /* what the views take for now while frozen */
    bool frozen;
    bool mouse;
    bool dirty;   /* draw before waiting */
    bool repaint; /* Ctrl-L */
    bool gone;    /* nobody is at the terminal any more: no keys, no drawing */
    bool leaving; /* ends as soon as the delivery has said its last word */
    bool done;
    char *message; /* until the next key or failure; NULL */
    enum theme_role message_role;
    struct {
        char *stream, *bucket, *prefix;
    } last;       /* the stream that a view spoke of last, also after it was closed; NULL: none, or not known */
    char *offers; /* what Tab found more than one of, or what the typed text would mean; NULL */
};

/* The time on the console's clock. */
timestamp_ms console_now(const struct console *console);

/* Shows a sentence in the message row until the next key, or until what is asked fails; NULL or "" clears it. */
void console_say(struct console *console, enum theme_role role, const char *text);

#endif
