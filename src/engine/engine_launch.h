/* From a wish to a running stream: prepare (nothing is written but probe objects), then go. Private to src/; inspector
 * thread only.
 *
 * Order of writing: stream object (conditional PUT) -> plan commits of the own group -> records. Whatever stops in
 * between is continued by the same command.
 */
#ifndef ENGINE_LAUNCH_H
#define ENGINE_LAUNCH_H

#include "engine/engine_stream.h"

/* What the last ENGINE_LAUNCH event described. Empty when number is 0. */
struct engine_prepared {
    uint64_t number; /* of the question */
    bool resume;
    struct stream_object *stream; /* as found, or as it will be written */
    char *refusal;                /* NULL: may be launched */
    unsigned allowed;             /* engine_request.allowed of the question */
};
void engine_prepared_clear(struct engine_prepared *prepared);

/* Answers ENGINE_ASK_LAUNCH and fills prepared (cleared first). */
bool engine_launch_answer(struct engine_tools *tools, struct engine_question *question,
                          struct engine_prepared *prepared, struct error *err) MUST_CHECK;

/* Launches what was prepared under question->launch; prepared is empty afterwards. ERROR_REFUSED says what changed since. */
bool engine_launch_go(struct engine_tools *tools, struct engine_question *question, struct engine_prepared *prepared,
                      struct engine_stream **stream, struct error *err) MUST_CHECK;

#endif
