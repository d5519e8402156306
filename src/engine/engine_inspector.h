/* The thread of slow questions: takes them in order, answers each with events. Private to src/. */
#ifndef ENGINE_INSPECTOR_H
#define ENGINE_INSPECTOR_H

#include "engine/engine_stream.h"

struct engine_inspector;

/* A stream has begun: it is the receiver's from now on. Inspector thread. */
typedef void (*engine_stream_started)(void *context, struct engine_stream *stream);

/* config is borrowed until the thread has ended. */
bool engine_inspector_new(const struct config *config, engine_stream_started started, void *context,
                          struct engine_inspector **inspector, struct error *err) MUST_CHECK;

/* question is borrowed until its final event has been posted. Any thread. */
void engine_inspector_ask(struct engine_inspector *inspector, struct engine_question *question);

/* Ends the thread once the question under way is done and frees everything. False when that takes longer than
 * timeout_ms: then thread and memory are left behind, and so must be what they borrow. Questions still waiting are not
 * answered. */
bool engine_inspector_free(struct engine_inspector *inspector, int timeout_ms);

#endif
