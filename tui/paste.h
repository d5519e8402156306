/* Pasted text, told apart from typed keys: the terminal marks where it begins and ends (bracketed paste).
 *
 * It is taken where a line is typed, the first line that is not empty, and means nothing anywhere else: a pasted "Xy" is no
 * command to stop a delivery, and a pasted line end confirms nothing. Pure.
 */
#ifndef TUI_PASTE_H
#define TUI_PASTE_H

#include "base/timestamp.h"

enum paste_step {
    PASTE_IS_KEY,  /* typed, not pasted */
    PASTE_TEXT,    /* a character of the pasted line */
    PASTE_NOTHING, /* the beginning mark, control and special keys, what lies behind the line */
    PASTE_OVER,    /* the end mark */
};

/* Begins zeroed. */
struct paste {
    bool on;           /* the end mark is still to come */
    bool line_begun;   /* a character was seen, */
    bool line_over;    /* and a line end behind it */
    timestamp_ms last; /* monotonic: of the last character */
};

/* What a key is, as keymap.h numbers them. now: monotonic; what comes five seconds after the last character was
 * typed, for the end mark may have been lost. */
enum paste_step paste_key(struct paste *paste, int key, timestamp_ms now);

#endif
