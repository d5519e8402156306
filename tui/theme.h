/* Colours by meaning: a drawing names a role, and only this file knows what the role looks like.
 *
 * Eight base colours plus bold and reverse on the terminal's own background, so light and dark screens both work. Each
 * role has a colour pair of its own even where two look alike: screen_dump reads the role back from the pair. A sign or
 * a word stands beside every colour, so nothing is lost without them.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <curses.h>
#include <stdbool.h>

enum theme_role {
    THEME_TEXT,     /* ordinary text */
    THEME_TITLE,    /* the view's word, headings, totals */
    THEME_DIM,      /* explanations, rules, what matters least */
    THEME_KEY,      /* a key in the footer or in help */
    THEME_CLUSTER,  /* which cluster this is */
    THEME_MODE,     /* READ-ONLY and the like */
    THEME_GOOD,     /* as it should be */
    THEME_WARNING,  /* look here; values that are old */
    THEME_BAD,      /* an error, a refusal */
    THEME_OLD_SINK, /* bar: delivered by the old sink */
    THEME_COMMIT,   /* bar: the record at the commit */
    THEME_WAITING,  /* bar: not delivered yet */
    THEME_ROLES,
};

/* Prepares the pairs. colours false (NO_COLOR, --no-color): bold and reverse only. After terminal_open. */
void theme_start(bool colours);

/* Attributes and pair of a role, for wattr_set and setcchar. */
attr_t theme_attributes(enum theme_role role);
short theme_pair(enum theme_role role);

/* One letter for a role, as screen dumps show it; '.' for THEME_TEXT. Static order, so dumps stay comparable. */
char theme_letter(enum theme_role role);
const char *theme_name(enum theme_role role);

#endif
