/* The lists of topics and groups, filled in step by step. Private to src/; inspector thread only. */
#ifndef ENGINE_LISTS_H
#define ENGINE_LISTS_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_TOPICS: names at once; settings and offsets topic by topic; with details the times and kinds of
 * the records at both ends. A row that fails carries its error and the others stand. */
bool engine_topics_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_GROUPS: names and states at once; lag and lost group by group; with details the oldest T. */
bool engine_groups_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
