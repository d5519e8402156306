/* The lines that set the choices side by side: what each costs, on one survey. */
#ifndef TUI_START_CHOICES_H
#define TUI_START_CHOICES_H

#include "engine_event.h"
#include "tui/canvas.h"
#include "tui/skew_facts.h"

/* Reads a start that somebody typed, relative to now. False: why fits beside the prompt, and says what would be one. */
bool start_typed(const char *text, timestamp_ms now, struct cutover_start *start, char why[80]) MUST_CHECK;

/* The choice with this label of the engine, or NULL. */
const struct cutover_plan *start_choice(const struct engine_event *event, const char *label);

/* How many lines start_choices_draw takes at most. brief: without m and a. */
int start_choices_lines(const struct engine_event *event, bool brief);

/* event: ENGINE_CHOICES, or a survey without them: then the numbers are not there yet. chosen: the start that is shown. */
void start_choices_draw(const struct engine_event *event, const struct skew_facts *facts,
                        const struct cutover_start *chosen, bool brief, const struct canvas *canvas, int line);

#endif
