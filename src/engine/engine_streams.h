/* Streams as their groups' commits show them: what can be known of a delivery that another process runs. Private to src/;
 * inspector thread only. */
#ifndef ENGINE_STREAMS_H
#define ENGINE_STREAMS_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_STREAMS. Every group whose name begins with "headgate-" is a stream: one question for the commits and
 * one for the ends of each. A stream that cannot be read carries its error; the others stand. With a stream's name only
 * that one is read, and its rows come too. */
bool engine_streams_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
