/* What the operator can do: one list that feeds the keys, the footer and help, so that they cannot disagree.
 *
 * Pure text: no ncurses. Keys are named as people write them ("Enter", "Ctrl-U", "PgDn", "j"); keymap.c turns the names
 * into codes. Adding an action is adding a row here and a case in the view, or in ui.c, that performs it.
 */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include "base/buffer.h"

#include <stdbool.h>

/* Where an action holds: bits, one for each view. */
enum action_scope {
    IN_TOPICS = 1,
    IN_GROUPS = 2,
    IN_SKEW = 4,
    IN_START = 8,
    IN_LAUNCH = 16,
    IN_PIPELINE = 32,
    IN_AUDIT = 64,
    IN_LOG = 128,
    IN_HELP = 256,
    IN_RECORD = 512,
    IN_GUIDE = 1024, /* the guided demo's panel: looked at before the view below it */
    /* For footer and help: two faces of the pipeline view where nothing of this process is shown, so nothing to pause. */
    IN_STREAMS = 2048, /* streams by their groups' commits */
    IN_STREAM = 4096,  /* the partitions of one of them */
    IN_WATCHED = IN_STREAMS | IN_STREAM,
    IN_TABLES = IN_TOPICS | IN_GROUPS | IN_SKEW | IN_START | IN_PIPELINE | IN_AUDIT | IN_WATCHED,
    IN_CURSOR = IN_SKEW | IN_START, /* views with a time axis to walk on */
    IN_PARTS = IN_SKEW | IN_PIPELINE | IN_WATCHED,
    IN_TEXTS = IN_LOG | IN_HELP,
    IN_ALL = 1023 | IN_WATCHED,
    IN_NONE = 0,
};

/* _(name, where it holds, where the footer shows it, keys by blanks, word in the footer, line in help)
 *
 * Neighbours with the same footer word share one footer entry ("< > sort"), neighbours with the same help line share one
 * line of help. The order is the order of the footer, and of help. */
#define ACTIONS(_)                                                                                              \
    _(GUIDE_NEXT, IN_GUIDE, IN_GUIDE, "n", "next step", "next step")                                            \
    _(GUIDE_BACK, IN_GUIDE, IN_GUIDE, "N", "back", "step back")                                                 \
    _(GUIDE_DOWN, IN_GUIDE, IN_GUIDE, "j Down", "position", "start positions")                                  \
    _(GUIDE_UP, IN_GUIDE, IN_GUIDE, "k Up", "position", "start positions")                                      \
    _(GUIDE_APPLY, IN_GUIDE, IN_GUIDE, "Enter", "apply", "apply the position")                                  \
    _(GUIDE_LEAVE, IN_GUIDE, IN_GUIDE, "Esc", "leave", "leave the guide")                                       \
    _(OPEN_GROUPS, IN_TOPICS, IN_TOPICS, "Enter", "groups", "groups of this topic")                             \
    _(OPEN_SKEW, IN_GROUPS, IN_GROUPS, "Enter", "partitions", "this group's partitions")                        \
    _(OPEN_RECORDS, IN_SKEW, IN_SKEW, "Enter", "open", "what lies there")                                       \
    _(LAUNCH_GO, IN_LAUNCH, IN_LAUNCH, "Enter", "start", "type the stream's name")                              \
    _(OPEN_STREAM, IN_PIPELINE | IN_STREAMS, IN_STREAMS, "Enter", "partitions", "the stream's partitions")      \
    _(OPEN_OBJECTS, IN_AUDIT, IN_AUDIT, "Enter", "objects", "objects around a hole")                            \
    _(OPEN_LINE, IN_LOG, IN_LOG, "Enter", "whole lines", "whole lines, cut lines")                              \
    _(COLUMN_LEFT, IN_CURSOR, IN_START, "h Left", "move", "one column")                                         \
    _(COLUMN_RIGHT, IN_CURSOR, IN_START, "l Right", "move", "one column")                                       \
    _(TEN_LEFT, IN_CURSOR, IN_NONE, "H", "", "ten columns")                                                     \
    _(TEN_RIGHT, IN_CURSOR, IN_NONE, "L", "", "ten columns")                                                    \
    _(TEXT_LEFT, IN_LOG, IN_NONE, "h Left", "", "sideways")                                                     \
    _(TEXT_RIGHT, IN_LOG, IN_NONE, "l Right", "", "sideways")                                                   \
    _(COMMIT_BEFORE, IN_CURSOR, IN_START, "[", "commit", "previous, next commit")                               \
    _(COMMIT_AFTER, IN_CURSOR, IN_START, "]", "commit", "previous, next commit")                                \
    _(CHOOSE_SAFE, IN_CURSOR, IN_START, "e", "choose", "safe, median, latest")                                  \
    _(CHOOSE_MEDIAN, IN_CURSOR, IN_START, "m", "choose", "safe, median, latest")                                \
    _(CHOOSE_LATEST, IN_CURSOR, IN_START, "a", "choose", "safe, median, latest")                                \
    _(CHOOSE_COMMITTED, IN_CURSOR, IN_START, "=", "choose", "each at its own commit")                           \
    _(TYPE_TIME, IN_CURSOR, IN_START, "t", "type", "type a time")                                               \
    _(PICTURE, IN_CURSOR, IN_SKEW, "v", "picture", "rows, buckets, strip")                                      \
    _(SHOW_VALUE, IN_RECORD, IN_RECORD, "v", "value", "the value, on request")                                  \
    _(STOP_CONNECTOR, IN_LAUNCH, IN_LAUNCH, "X", "stop connector", "stop the old connector")                    \
    _(PLAN_ROWS, IN_LAUNCH, IN_LAUNCH, "v", "rows of the plan", "rows of the plan")                             \
    _(INTERNAL, IN_TOPICS, IN_NONE, "i", "", "internal topics on, off")                                         \
    _(ZOOM_IN, IN_CURSOR, IN_CURSOR, "i", "zoom", "zoom in, out")                                               \
    _(ZOOM_OUT, IN_CURSOR, IN_CURSOR, "o", "zoom", "zoom in, out")                                              \
    _(ZOOM_FIT, IN_CURSOR, IN_NONE, "f", "", "fit all")                                                         \
    _(USE_START, IN_START, IN_START, "Enter", "use", "use this start")                                          \
    _(GO_START, IN_GROUPS | IN_SKEW, IN_GROUPS | IN_SKEW, "s", "start time", "start time")                      \
    _(PAUSE, IN_PIPELINE, IN_PIPELINE, "p", "pause", "pause, go on (y/n)")                                      \
    _(FLUSH, IN_PIPELINE, IN_PIPELINE, "F", "flush", "close open objects now")                                  \
    _(STOP, IN_PIPELINE, IN_PIPELINE, "X", "stop", "drain, commit, stop")                                       \
    _(ABORT, IN_PIPELINE, IN_NONE, "A", "", "stop without draining")                                            \
    _(DETAIL, IN_PIPELINE, IN_PIPELINE, "d", "detail", "cutover by partition")                                  \
    _(DEEP_CHECK, IN_AUDIT, IN_AUDIT, "d", "deep check", "read every object")                                   \
    _(FOLLOW, IN_LOG, IN_LOG, "f", "follow", "follow the newest line")                                          \
    _(WARNINGS, IN_LOG, IN_LOG, "w", "warnings only", "warnings only")                                          \
    _(GO_TOPICS, IN_ALL, IN_NONE, "1", "", "topics, groups, skew")                                              \
    _(GO_GROUPS, IN_ALL, IN_NONE, "2", "", "topics, groups, skew")                                              \
    _(GO_SKEW, IN_ALL, IN_TOPICS | IN_GROUPS, "3", "skew", "topics, groups, skew")                              \
    _(GO_PIPELINE, IN_ALL, IN_NONE, "4", "", "pipeline, audit, log")                                            \
    _(GO_AUDIT, IN_ALL, IN_NONE, "5", "", "pipeline, audit, log")                                               \
    _(GO_LOG, IN_ALL, IN_PIPELINE | IN_WATCHED, "6", "log", "pipeline, audit, log")                             \
    _(MARK, IN_TABLES, IN_TOPICS | IN_GROUPS, "Space", "mark", "mark the row")                                  \
    _(FILTER, IN_TABLES, IN_TABLES & ~IN_START, "/", "filter", "filter the rows")                               \
    _(SEARCH, IN_TEXTS, IN_TEXTS, "/", "search", "search")                                                      \
    _(NEXT_MATCH, IN_TEXTS, IN_TEXTS, "n", "next", "next, previous match")                                      \
    _(PREVIOUS_MATCH, IN_TEXTS, IN_TEXTS, "N", "next", "next, previous match")                                  \
    _(NEXT_PANE, IN_PARTS, IN_NONE, "Tab", "", "next, previous part")                                           \
    _(PREVIOUS_PANE, IN_PARTS, IN_NONE, "Shift-Tab", "", "next, previous part")                                 \
    _(SORT_LEFT, IN_TABLES, IN_TABLES & ~IN_START, "<", "sort", "sort by another column")                       \
    _(SORT_RIGHT, IN_TABLES, IN_TABLES & ~IN_START, ">", "sort", "sort by another column")                      \
    _(SORT_REVERSE, IN_TABLES, IN_NONE, "S", "", "reverse the order")                                           \
    _(DOWN, IN_ALL, IN_NONE, "j Down", "", "move")                                                              \
    _(UP, IN_ALL, IN_NONE, "k Up", "", "move")                                                                  \
    _(TOP, IN_ALL, IN_NONE, "g Home", "", "top, bottom")                                                        \
    _(BOTTOM, IN_ALL, IN_NONE, "G End", "", "top, bottom")                                                      \
    _(PAGE_DOWN, IN_ALL, IN_NONE, "PgDn", "", "a page")                                                         \
    _(PAGE_UP, IN_ALL, IN_NONE, "PgUp", "", "a page")                                                           \
    _(TEXT_PAGE, IN_TEXTS | IN_LAUNCH, IN_NONE, "Space", "", "a page down")                                     \
    _(HALF_DOWN, IN_ALL, IN_NONE, "Ctrl-D", "", "half a page")                                                  \
    _(HALF_UP, IN_ALL, IN_NONE, "Ctrl-U", "", "half a page")                                                    \
    _(FETCH, IN_ALL, IN_TOPICS | IN_GROUPS | IN_SKEW | IN_AUDIT | IN_WATCHED, "r F5", "fetch", "fetch now")     \
    _(SLOWER, IN_ALL, IN_NONE, "+", "", "refresh less, more often")                                             \
    _(FASTER, IN_ALL, IN_NONE, "-", "", "refresh less, more often")                                             \
    _(FREEZE, IN_ALL, IN_PIPELINE, "Z", "freeze", "freeze the screen")                                          \
    _(LOCAL_TIME, IN_ALL, IN_NONE, "u", "", "local times, UTC")                                                 \
    _(COPY, IN_ALL, IN_PIPELINE | IN_LOG, "c", "copy", "copy the row")                                          \
    _(EXPORT, IN_ALL, IN_TABLES, "x", "export", "export this view")                                             \
    _(MOUSE, IN_ALL, IN_NONE, "F2", "", "mouse on, off")                                                        \
    _(COMMAND, IN_ALL, IN_NONE, ":", "", "command line")                                                        \
    _(REPAINT, IN_ALL, IN_NONE, "Ctrl-L", "", "repaint the screen")                                             \
    _(SUSPEND, IN_ALL, IN_NONE, "Ctrl-Z", "", "suspend")                                                        \
    _(BACK, IN_ALL, IN_ALL & ~(IN_TOPICS | IN_PIPELINE | IN_STREAMS), "Esc", "back", "cancel, no filter, back") \
    _(SHUT, IN_ALL, IN_NONE, "q", "", "close this view")                                                        \
    _(LEAVE, IN_ALL, IN_NONE, "Q F10", "", "leave headgate")                                                    \
    _(INTERRUPT, IN_ALL, IN_NONE, "Ctrl-C", "", "ask to leave")                                                 \
    _(HELP, IN_ALL | IN_GUIDE, IN_ALL | IN_GUIDE, "? F1", "help", "this help")

enum action {
    ACTION_NONE,
#define ACTION_ENUM(name, where, footer, keys, word, help) ACTION_##name,
    ACTIONS(ACTION_ENUM)
#undef ACTION_ENUM
        ACTION_COUNT,
};

struct action_row {
    enum action action;
    unsigned where, footer; /* bits of action_scope */
    const char *name;       /* "OPEN_GROUPS" */
    const char *keys;       /* names, separated by one blank; the first is the one the footer shows */
    const char *word;       /* in the footer; "" for none */
    const char *help;
};

/* The row of an action other than ACTION_NONE. */
const struct action_row *action_row(enum action action);

/* The number-th key name (0 is the first) of a row. False when it has no such. */
bool action_key(const struct action_row *row, size_t number, char out[16]);

/* One line of help: keys and what they do, of one action or of neighbours that share the line. */
struct action_line {
    bool here; /* holds in this view only, not everywhere */
    char keys[48];
    const char *help;
};

/* The help of one view (a single bit), in the list's order. Returns how many lines it wrote, at most size. */
size_t action_help(unsigned scope, struct action_line *lines, size_t size);

/* The footer of one view: entries "keys word", in the list's order; the last one is "? help". At most size. */
struct action_entry {
    char keys[24];
    const char *word;
};
size_t action_footer(unsigned scope, struct action_entry *entries, size_t size);

#endif
