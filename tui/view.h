/* What a view is: a const struct of functions at the end of its file, and the state that `open` makes.
 *
 * A view draws from the last event it was given and asks for nothing while drawing. It knows neither the console around
 * it nor other views: what it wants done it returns as an outcome. Everything runs on the UI thread.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/action.h"
#include "tui/canvas.h"
#include "tui/tui_source.h"

enum view_kind {
    VIEW_TOPICS,
    VIEW_GROUPS,
    VIEW_SKEW,
    VIEW_LOG,
    VIEW_HELP,
    VIEW_KINDS,
};

/* What a view is opened for. Texts are borrowed for the call. */
struct view_subject {
    const char *topic, *group;       /* original bytes; NULL: all */
    unsigned scope;                  /* help: the view it is for */
    const char *name;                /* and its name */
    const struct tui_source *source; /* log: where the lines are; outlives the view */
};

enum view_result {
    VIEW_IGNORED,  /* not an action of this view */
    VIEW_HANDLED,  /* done; draw again */
    VIEW_OPENS,    /* open the view `opens` on topic and group */
    VIEW_EXPLAINS, /* cannot: say why */
};

struct view_outcome {
    enum view_result result;
    enum view_kind opens;
    const char *topic, *group; /* borrowed from the view, until it is changed */
    char message[240];         /* of VIEW_EXPLAINS, or a remark beside VIEW_OPENS; "" for none */
};

struct view_ops {
    const char *name; /* "topics" */
    unsigned scope;   /* its bit of action_scope */

    /* Makes the state for a subject; asks nothing. */
    void *(*open)(const struct view_subject *subject);
    void (*close)(void *view);

    /* Fills in what to ask the engine, at opening and at each refresh. NULL: the view needs no answers. Texts are borrowed
     * from the view. */
    void (*ask)(const void *view, struct engine_request *request);

    /* An answer to its request. May keep the event by setting *event NULL. True when what is shown is another. */
    bool (*event)(void *view, struct engine_event **event, timestamp_ms now);

    /* Draws lines 1 to canvas->lines - 3. error: why there is no data (NULL: it is under way). */
    void (*draw)(void *view, struct canvas *canvas, const char *error);

    /* Performs an action of the list. */
    struct view_outcome (*action)(void *view, enum action action);

    /* The filter of a table, or the search text of a text; "" ends it. */
    void (*filter)(void *view, const char *text);
    const char *(*filtered)(const void *view); /* NULL: none */

    /* Appends what the message row says about the selected row; nothing where there is nothing to say. May be NULL. */
    void (*hint)(const void *view, struct buffer *out);

    /* A word for the first row beside the mode, as MOVING; NULL: none. May be NULL. */
    const char *(*mode)(const void *view);

    /* The topic and group it is about, or those of the selected row, for other views. Borrowed; NULL: none. */
    void (*subject)(const void *view, struct view_subject *subject);

    /* The number-th name it knows (0 is the first), for completion; NULL behind the last. May be NULL. */
    const char *(*name_at)(const void *view, size_t number);
};

extern const struct view_ops view_topics_ops, view_groups_ops, view_skew_ops, view_log_ops, view_help_ops;

/* Keeps the newest event for drawing: takes *event and frees *kept. An unfinished answer does not replace a finished one:
 * columns would empty at each refresh. True when it was taken. */
bool view_keep(struct engine_event **kept, struct engine_event **event);

/* The lines a view has: row 2 of the screen is the first of them. */
int view_first_line(void);
int view_last_line(const struct canvas *canvas);

/* Draws a view that has no data yet: the error, over several lines, or that it is under way. */
void view_draw_empty(const struct canvas *canvas, int line, const char *error);

/* Row 2: the view's word, names that are cut where they leave no room, and counts that stay whole. */
void view_draw_subject(const struct canvas *canvas, const char *word, const char *names, const char *counts);

/* "JSON", "text", "multi !", "avro !", "binary !": "!" where the format `lines` would break the value. "" for unknown. */
const char *view_kind_text(enum value_kind kind);
bool view_kind_breaks_lines(enum value_kind kind);

#endif
