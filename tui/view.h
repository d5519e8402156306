/* What a view is: a const struct of functions at the end of its file, and the state that `open` makes.
 *
 * A view draws from the last event it was given and asks for nothing while drawing. It knows neither the console around
 * it nor other views: what it wants done it returns as an outcome. Everything runs on the UI thread.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/action.h"
#include "tui/canvas.h"
#include "tui/delivery_watch.h"
#include "tui/export.h"
#include "tui/tui_source.h"

struct table;

enum view_kind {
    VIEW_TOPICS,
    VIEW_GROUPS,
    VIEW_SKEW,
    VIEW_RECORD,   /* one record, of a row of skew */
    VIEW_START,    /* where a delivery would begin */
    VIEW_LAUNCH,   /* the plan, and the typed confirmation */
    VIEW_PIPELINE, /* a delivery, of this process or of others */
    VIEW_AUDIT,
    VIEW_LOG,
    VIEW_HELP,
    VIEW_KINDS,
};

/* What the console as a whole is in. */
struct view_mode {
    bool armed;       /* :arm was typed: launches and stops are allowed */
    bool allow_write; /* the cluster's settings allow to arm */
    bool local_time;  /* times are shown as local times with their offset */
    bool inside;      /* within tmux or screen: a hang-up ends nothing */
};

/* What a view is opened for. Texts are borrowed for the call. */
struct view_subject {
    const char *topic, *group; /* original bytes; NULL: all */
    const char *start;         /* start position as typed: "safe", "committed", "2026-11-23T09:43:30Z"; NULL: none */
    int32_t partition;         /* record: where it lies */
    int64_t offset;
    const char *stream, *bucket, *prefix; /* NULL: those of source->config */
    bool forward;                         /* groups: where it is the only one, its partitions are opened */
    unsigned scope;                       /* help: the view it is for */
    const char *name;                     /* its name */
    const char *forms;                    /* and what a filter may say there; NULL: nothing is filtered */
    /* Filled in by the console for every view; they outlive it. */
    const struct tui_source *source;       /* settings of the run; log: where the lines are */
    const struct delivery_watch *delivery; /* the delivery of this process; NULL in small tests */
    const struct view_mode *mode;          /* NULL in small tests */
};

enum view_result {
    VIEW_IGNORED,  /* not an action of this view */
    VIEW_HANDLED,  /* done; draw again */
    VIEW_OPENS,    /* open the view `opens` on `subject` */
    VIEW_EXPLAINS, /* cannot: say why */
    VIEW_CLOSES,   /* close this view */
    VIEW_FETCHES,  /* ask the regular question now, and forget the one that is open */
    VIEW_ASKS,    /* ask the engine `request`: its events come to `event`, ENGINE_FAILED too; an older extra question of
                      the view is cancelled */
    VIEW_PROMPTS, /* ask for a text under `label`; it comes back by `typed` with `tag` */
    VIEW_CONFIRMS, /* ask `label`, y or n (n by default); comes back by `typed`: text "y", or NULL */
    VIEW_ACTS,     /* do `act` to the delivery of this process */
};

/* What can be done to the delivery of this process. Refused, with the reason, while the console is not armed (launch
 * only: what runs may always be paused, drained or ended). */
enum view_act {
    VIEW_ACT_LAUNCH, /* what ENGINE_LAUNCH event `launch` described; opens the pipeline view in place of this one */
    VIEW_ACT_PAUSE,
    VIEW_ACT_RESUME,
    VIEW_ACT_FLUSH,
    VIEW_ACT_DRAIN,
    VIEW_ACT_ABORT,
};

struct view_outcome {
    enum view_result result;
    enum view_kind opens;
    struct view_subject subject;   /* of VIEW_OPENS; texts borrowed from the view, until it is changed */
    char message[240];             /* of VIEW_EXPLAINS, or a remark beside any other; "" for none */
    struct engine_request request; /* of VIEW_ASKS; texts borrowed */
    bool writes;                   /* VIEW_ASKS: it changes something outside; refused while not armed */
    char label[160];               /* of VIEW_PROMPTS and VIEW_CONFIRMS */
    char text[64];                 /* VIEW_PROMPTS: what stands there to begin with */
    int tag;                       /* of VIEW_PROMPTS and VIEW_CONFIRMS: which of the view's */
    enum view_act act;             /* of VIEW_ACTS */
    struct engine_event *launch;   /* VIEW_ACT_LAUNCH: the ENGINE_LAUNCH event; the console takes it */
    char log[240]; /* VIEW_ACTS, and VIEW_ASKS that write: what was typed and which plan, for the log's action line */
};

struct view_ops {
    const char *name;    /* "topics" */
    unsigned scope;      /* its bit of action_scope */
    bool asks_once;      /* `ask` at opening and at "fetch now" only; else at each refresh */
    int refresh_seconds; /* asked at most this often; 0: as the console is set */

    /* Makes the state for a subject; asks nothing. */
    void *(*open)(const struct view_subject *subject);
    void (*close)(void *view);

    /* Fills in what to ask the engine, at opening and at each refresh. NULL: the view needs no answers. Texts are borrowed
     * from the view. */
    void (*ask)(const void *view, struct engine_request *request);
    /* False: there is nothing to ask by itself now. NULL: there always is. */
    bool (*asks)(const void *view);

    /* When what is shown was read, where that is not when the regular question was asked; TIMESTAMP_NONE: as asked, or
     * nothing is shown. May be NULL. */
    timestamp_ms (*read_at)(const void *view);

    /* An answer to its request. May keep the event by setting *event NULL. True when what is shown is another. */
    bool (*event)(void *view, struct engine_event **event, timestamp_ms now);

    /* Draws lines 1 to canvas->lines - 3. error: why there is no data (NULL: it is under way). */
    void (*draw)(void *view, struct canvas *canvas, const char *error);

    /* Performs an action of the list. */
    struct view_outcome (*action)(void *view, enum action action);

    /* What was typed for VIEW_PROMPTS, "y" for VIEW_CONFIRMS; NULL: cancelled. NULL: the view asks for nothing. */
    struct view_outcome (*typed)(void *view, int tag, const char *text);
    /* After each key in a prompt of the view: whether Enter would be taken; fills remark, shown behind the text, with what
     * it would mean ("= 2026-11-23T09:43:30Z"). May be NULL: Enter is always taken. */
    bool (*typing)(void *view, int tag, const char *text, char remark[240]);

    /* A question beside the regular one that is not asked at once: when it is wanted (TIMESTAMP_NONE: not at all), and
     * what. It is asked when the time has come, in place of an older one; `want` clears the wish. May be NULL. */
    timestamp_ms (*wants_at)(const void *view);
    void (*want)(void *view, struct engine_request *request);

    /* What an answer came to: asked after each event; VIEW_IGNORED: nothing. May be NULL. */
    struct view_outcome (*ready)(void *view);

    /* The delivery of this process has news: subject->delivery is what it was, with more in it. True when what is shown is
     * another. May be NULL. */
    bool (*delivery)(void *view, timestamp_ms now);

    /* What `x` writes: exactly the rows that are shown, in their order, with exact numbers. NULL: nothing to export. */
    void (*export)(const void *view, struct export *out);
    /* What `c` copies. NULL, or nothing appended: the text of the line with the cursor. */
    void (*copy)(const void *view, struct buffer *out);

    /* The filter of a table, or the search text of a text; "" ends it. */
    void (*filter)(void *view, const char *text);
    const char *(*filtered)(const void *view); /* NULL: none */

    /* The table that the filter is of, for what its columns are called and what is wrong with it; NULL: no table. */
    const struct table *(*table)(const void *view);

    /* Whose keys the footer shows: scope, or a bit for what is on the screen now. May be NULL: scope. */
    unsigned (*footer)(const void *view);

    /* Appends what the message row says about the selected row; nothing where there is nothing to say. May be NULL. */
    void (*hint)(const void *view, struct buffer *out);

    /* What matters more than the age of the answer and the progress of the next one, for the message row; appends nothing
     * where all is well. May be NULL. */
    void (*alarm)(const void *view, struct buffer *out);

    /* A word for the first row beside the mode, as MOVING; NULL: none. May be NULL. */
    const char *(*mode)(const void *view);

    /* The topic and group it is about, or those of the selected row, for other views. Borrowed; NULL: none. */
    void (*subject)(const void *view, struct view_subject *subject);

    /* The number-th name it knows (0 is the first), for completion; NULL behind the last. May be NULL. */
    const char *(*name_at)(const void *view, size_t number);
};

extern const struct view_ops view_topics_ops, view_groups_ops, view_skew_ops, view_record_ops, view_start_ops,
    view_launch_ops, view_pipeline_ops, view_audit_ops, view_log_ops, view_help_ops;

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

/* What stops the old delivery from moving, appended: its connector's state where Kafka Connect was asked, else the group's,
 * with its members. brief: "STOPPED", else "old sink STOPPED". */
void view_append_sink(const struct engine_event *event, bool brief, struct buffer *out);

/* "JSON", "text", "multi !", "avro !", "binary !": "!" where the format `lines` would break the value. "" for unknown. */
const char *view_kind_text(enum value_kind kind);
bool view_kind_breaks_lines(enum value_kind kind);

#endif
