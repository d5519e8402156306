/* The list of topics, filled in step by step. Private to src/; inspector thread only. */
#ifndef ENGINE_TOPICS_H
#define ENGINE_TOPICS_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_TOPICS: names at once; settings and offsets topic by topic; then, with details, the times and
 * kinds of the records at both ends. A row that fails carries its error and the others stand. */
bool engine_topics_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
