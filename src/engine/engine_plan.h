/* From a survey to plans: asks the offsets by time that a start position needs. Private to src/; inspector thread only. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "engine/engine_survey.h"

/* A plan of a start (resolved here) with a new random id. Without an old side (survey->group NULL) `safe` and
 * `committed` are ERROR_USAGE. The caller frees the plan. */
bool engine_plan_make(struct engine_tools *tools, const struct cutover_survey *survey, struct cutover_start start,
                      struct cutover_plan **plan, struct error *err) MUST_CHECK;

/* Offsets by time of every partition of the survey. */
bool engine_plan_by_time(struct engine_tools *tools, const struct cutover_survey *survey, timestamp_ms time,
                         struct partition_offsets *by_time, struct error *err) MUST_CHECK;

/* --until as typed: NULL for none, `end`, or a TIME that is not in the future. */
bool engine_until_check(const char *until, timestamp_ms now, struct error *err) MUST_CHECK;

/* Gives the plan of a survey its end: E for `end`, the offsets at a TIME otherwise; until NULL changes nothing. */
bool engine_plan_set_until(struct engine_tools *tools, const struct cutover_survey *survey, const char *until,
                           timestamp_ms now, struct cutover_plan *plan, struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_PLAN and ENGINE_ASK_CHOICES. */
bool engine_plan_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;
bool engine_choices_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
