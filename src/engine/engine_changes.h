/* What is not as it was when a plan was confirmed. Pure. Private to src/. */
#ifndef ENGINE_CHANGES_H
#define ENGINE_CHANGES_H

#include "cutover/cutover_plan.h"

/* Compares a plan with one made later of the same start position: what changes the numbers that were confirmed, a line
 * each, with the first partition by name. NULL when nothing does: ends that moved on are no change, nor what `now` would
 * skip more today, nor commits of a group with members that go forward: a plan's offsets stay as they were. Caller frees. */
char *engine_changes(const struct cutover_plan *before, const struct cutover_plan *after);

#endif
