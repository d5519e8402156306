/* The list of groups, filled in step by step. Private to src/; inspector thread only. */
#ifndef ENGINE_GROUPS_H
#define ENGINE_GROUPS_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_GROUPS: names and states at once; lag and lost group by group; with details the oldest T. */
bool engine_groups_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
