/* Plans that were already asked for, by their start: a cursor that comes back asks nothing.
 *
 * About 130 bytes a partition and plan, so wide topics keep fewer of them.
 */
#ifndef TUI_START_PLANS_H
#define TUI_START_PLANS_H

#include "cutover/cutover_plan.h"

enum { START_PLANS_MOST = 64 };

struct start_plans {
    struct cutover_plan *plans[START_PLANS_MOST];
    size_t count, oldest;
};

void start_plans_clear(struct start_plans *plans);

/* Takes the plan; the oldest one goes where there is no room. */
void start_plans_put(struct start_plans *plans, struct cutover_plan *plan);

/* The plan of exactly this start, on a survey taken at that time. Borrowed; NULL. */
const struct cutover_plan *start_plans_find(const struct start_plans *plans, const struct cutover_start *start,
                                            timestamp_ms taken_at);

/* Whether two starts are the same. */
bool start_is(const struct cutover_start *a, const struct cutover_start *b);
/* As typed: "safe", "2026-11-23T09:43:30Z". Returns out. */
char *start_text(char out[TIMESTAMP_TEXT_SIZE], const struct cutover_start *start);

#endif
