/* A running stream as the engine holds it: the delivery, the plan it borrows, and a thread that tells how it goes.
 * Private to src/.
 */
#ifndef ENGINE_STREAM_H
#define ENGINE_STREAM_H

#include "delivery/stream_object.h"
#include "engine/engine_question.h"
#include "engine/engine_tools.h"

struct engine_stream;

/* Starts the delivery of `object`, which is taken, also on failure. Snapshots go out under the question's number, at most
 * ten a second; the one that says stopped or failed is final. allow_lost as in delivery_settings. */
bool engine_stream_start(struct engine_tools *tools, struct engine_question *question, struct stream_object *object,
                         const char *instance, struct engine_stream **stream, struct error *err) MUST_CHECK;

/* Any thread. */
void engine_stream_drain(struct engine_stream *stream);
void engine_stream_abort(struct engine_stream *stream);
void engine_stream_flush(struct engine_stream *stream);
void engine_stream_pause(struct engine_stream *stream, bool pause);

/* As delivery_answer_lost. */
void engine_stream_answer_lost(struct engine_stream *stream, int round, bool go_on);

/* Aborts what still runs, waits for the threads. NULL is fine. */
void engine_stream_free(struct engine_stream *stream);

#endif
