/* Keys from a file instead of from a person, and dumps of the screen: --script FILE.
 *
 *   # a comment
 *   clock 2026-11-23T10:00:02Z   holds the console's clock at that time, from here on
 *   size 80 24                   columns and lines
 *   key Enter Down Ctrl-U        keys by name, one after the other
 *   type /orders                 the rest of the line, character by character
 *   dump groups.txt              writes the screen (screen_dump.h)
 *   wait VERDICT PASS            goes on when the text is on the screen; fails after two minutes
 *
 * The console takes the next step when it is idle: no question open, no event waiting, the screen drawn. Never a pause.
 * The whole file is read and checked first, so nothing happens where a line is wrong. Expected sizes: tens of lines.
 */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "base/timestamp.h"

struct script;

enum script_step_kind {
    SCRIPT_CLOCK,
    SCRIPT_SIZE,
    SCRIPT_KEY,
    SCRIPT_DUMP,
    SCRIPT_WAIT,
};

struct script_step {
    enum script_step_kind kind;
    timestamp_ms clock;
    int columns, lines;
    int key;    /* as keymap.h numbers them */
    char *path; /* owned by the script; of SCRIPT_WAIT: the text */
};

/* Reads a file. Fails with ERROR_USAGE, file and line. */
bool script_load(const char *path, struct script **script, struct error *err) MUST_CHECK;
void script_free(struct script *script);

/* The next step, and moves on; NULL at the end. Valid until script_free. */
const struct script_step *script_next(struct script *script);

/* Whether the first step sets the clock: it then holds before anything is asked. */
bool script_begins_with_clock(const struct script *script);

#endif
