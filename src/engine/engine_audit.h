/* What lies in the bucket against the plan. Private to src/; inspector thread only. */
#ifndef ENGINE_AUDIT_H
#define ENGINE_AUDIT_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_AUDIT for stream, bucket and prefix of the configuration. One listing of the whole prefix (an hour
 * folder cannot be guessed), one HEAD for each object, 16 at a time; with brokers the group's commits too. */
bool engine_audit_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
