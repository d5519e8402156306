/* One line being typed in the message row: a filter, a search, a command, an answer.
 *
 * Holds UTF-8 text, less than PROMPT_BYTES of it; keys go in, and what became of them comes out. Pure.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "base/buffer.h"

enum {
    PROMPT_LABEL_BYTES = 192,
    PROMPT_BYTES = 1024, /* a command with a topic and a group of 255 bytes each fits, escapes and all */
};

enum prompt_kind {
    PROMPT_NONE,
    PROMPT_FILTER,  /* "/" over a table; every key acts at once */
    PROMPT_SEARCH,  /* "/" in a text; acts on Enter */
    PROMPT_COMMAND, /* ":" */
    PROMPT_EXPORT,  /* the name of a file */
    PROMPT_TEXT,    /* a view asks for something, under a label of its own */
    PROMPT_LEAVE,   /* a question: y or n */
    PROMPT_CONFIRM, /* the same, a view's */
    PROMPT_DRAIN,   /* how to leave while a delivery runs: d drains and stops, anything else stays */
};

enum prompt_result {
    PROMPT_GOES_ON,   /* changed or not, still open */
    PROMPT_CHANGED,   /* the text is another */
    PROMPT_DONE,      /* Enter, or y */
    PROMPT_CANCELLED, /* Esc, or any other answer */
    PROMPT_COMPLETE,  /* Tab: the caller may offer more text */
};

struct prompt {
    enum prompt_kind kind;
    char text[PROMPT_BYTES];
    size_t length;
    char label[PROMPT_LABEL_BYTES]; /* of PROMPT_TEXT and PROMPT_CONFIRM */
    int tag;                        /* the view's, of the same */
};

/* Opens with text that may be edited; NULL for none. */
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);
/* The same for a view, with its label and tag. */
void prompt_open_labelled(struct prompt *prompt, enum prompt_kind kind, const char *label, int tag, const char *text);
void prompt_close(struct prompt *prompt);

/* A key, as keymap.h numbers them. */
enum prompt_result prompt_key(struct prompt *prompt, int key);

/* Replaces the text by a completion; what does not fit is ignored. */
void prompt_set_text(struct prompt *prompt, const char *text);

/* Whether a text is typed, rather than one key that answers. */
bool prompt_takes_text(const struct prompt *prompt);

/* What stands before the text: "/", ":", or the question. */
const char *prompt_label(const struct prompt *prompt);

#endif
