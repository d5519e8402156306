/* A ring of plans. */
#include "tui/start_plans.h"

#include <stdio.h>

void start_plans_clear(struct start_plans *plans)
{
    for (size_t i = 0; i < plans->count; i++)
        cutover_plan_free(plans->plans[i]);
    *plans = (struct start_plans){ .count = 0 };
}

static size_t room_for(const struct cutover_plan *plan)
{
    enum { ROWS = 100000, LEAST = 4 };
    size_t room = plan->count > 0 ? ROWS / plan->count : START_PLANS_MOST;

    return room < LEAST ? LEAST : room > START_PLANS_MOST ? START_PLANS_MOST : room;
}

void start_plans_put(struct start_plans *plans, struct cutover_plan *plan)
{
    if (plans->count > 0 && plans->plans[0]->count != plan->count)
        start_plans_clear(plans); /* partitions were added */
    if (plans->count < room_for(plan)) {
        plans->plans[plans->count++] = plan;
        return;
    }
    cutover_plan_free(plans->plans[plans->oldest]);
    plans->plans[plans->oldest] = plan;
    plans->oldest = (plans->oldest + 1) % plans->count;
}

bool start_is(const struct cutover_start *a, const struct cutover_start *b)
{
    return a->kind == b->kind && (a->kind != CUTOVER_START_TIME || a->time == b->time);
}

const struct cutover_plan *start_plans_find(const struct start_plans *plans, const struct cutover_start *start,
                                            timestamp_ms taken_at)
{
    for (size_t i = 0; i < plans->count; i++)
        if (plans->plans[i]->taken_at == taken_at && start_is(&plans->plans[i]->start, start))
            return plans->plans[i];
    return NULL;
}

char *start_text(char out[TIMESTAMP_TEXT_SIZE], const struct cutover_start *start)
{
    if (start->kind == CUTOVER_START_TIME)
        return timestamp_text(out, start->time);
    snprintf(out, TIMESTAMP_TEXT_SIZE, "%s", cutover_start_name(start->kind));
    return out;
}
