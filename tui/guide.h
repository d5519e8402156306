/* The guided demo: seven steps on the real views, and a panel below each that says what to look at and what to press.
 *
 * It asks the engine nothing itself: it watches the answers that the views get, so its numbers are theirs. The console
 * draws it, gives it the keys first, and opens the views that it names. UI thread only.
 */
#ifndef TUI_GUIDE_H
#define TUI_GUIDE_H

#include "tui/view.h"

enum { GUIDE_STEPS = 7 };

struct guide;

/* subject: the topic and group it is about, and where the new delivery goes; copied. demo: on the servers of the demo;
 * otherwise on real data, where it explains and never arms. */
struct guide *guide_new(const struct view_subject *subject, bool demo);
void guide_free(struct guide *guide); /* NULL is fine */

/* Every answer of the engine, before a view takes it. Borrowed for the call. */
void guide_observe(struct guide *guide, const struct engine_event *event);

int guide_step(const struct guide *guide); /* 1 to GUIDE_STEPS */

/* Lines that the panel takes from the view on this screen: never so many that the view has none. */
int guide_lines(const struct guide *guide, const struct canvas *canvas);
/* Draws the panel from `line` on. */
void guide_draw(const struct guide *guide, const struct canvas *canvas, int line);

enum guide_result {
    GUIDE_IGNORED, /* not its key: the view's */
    GUIDE_HANDLED,
    GUIDE_MOVES, /* show guide_position in the view that is open */
    GUIDE_OPENS, /* open the view that guide_view names */
    GUIDE_ENDS,  /* the operator leaves the demo */
};
enum guide_result guide_action(struct guide *guide, enum action action);

/* The start position under the cursor, as it is typed; NULL: its time is not known yet. Borrowed until the next action. */
const char *guide_position(const struct guide *guide);

/* The operator has gone to a view without the guide: the step that stands on it, if there is one behind the groups'. */
void guide_follow(struct guide *guide, enum view_kind view);

/* Whether the footer shows the guide's keys; where it shows the view's, the rule above the panel has the guide's. */
bool guide_has_keys(const struct guide *guide);

/* The view of the present step and what it is about. Texts are borrowed until the next guide_action. */
enum view_kind guide_view(const struct guide *guide, struct view_subject *subject);

#endif
