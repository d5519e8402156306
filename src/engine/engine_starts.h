/* Quick questions of somebody who looks around: what a start at another time would cost, and what a record holds.
 * Private to src/; inspector thread only. */
#ifndef ENGINE_STARTS_H
#define ENGINE_STARTS_H

#include "engine/engine_plan.h"

/* Answers ENGINE_ASK_STARTS: one round of offsets by time on the survey at hand (engine_survey_take). Times of commits are
 * read only where the start is made of them (safe). */
bool engine_starts_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

/* Whether a question can be answered while a survey is being read, in the time of one round trip: a start at a plain
 * position on the survey that is at hand already. */
bool engine_starts_is_quick(const struct engine_tools *tools, const struct engine_question *question);

/* Answers ENGINE_ASK_RECORD. */
bool engine_record_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
