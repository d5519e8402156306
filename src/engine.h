/* The only door: requests in, events out through one file descriptor.
 *
 * One thread (a command, or the console) owns an engine. engine_ask returns at once; one inspector thread answers slow
 * questions in order, on client handles of its own; a running stream has its own threads. Each question carries a
 * number; answers to a question that was cancelled are dropped. Nothing here blocks but engine_free (bounded).
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "config.h"
#include "engine_event.h"

struct engine;

struct engine_request {
    enum engine_request_kind kind;
    const char *topic, *group,
        *start;   /* copied; topic, for topics: only this one; for groups: only those with commits for it */
    bool details; /* topics, groups: read records too (times, kinds); record: the value too;
                   * audit: read every object, the deep check */
    /* starts, choices: a complete survey of this topic and group that is at most so old will do; 0: take a new one */
    int64_t max_age_ms;
    int32_t partition; /* record */
    int64_t offset;
    const char *stream, *bucket, *prefix; /* launch, audit, streams; copied; NULL: the configuration's */
    const char *connector;                /* of Kafka Connect; copied; NULL: none */
    unsigned allowed; /* launch: objections that were confirmed by typing (cutover_objection, engine_allow) */
    uint64_t again;   /* launch: the number of the one that is read again; the answer says what has changed since */
};

/* config is copied. No I/O yet. */
bool engine_new(const struct config *config, struct engine **engine, struct error *err) MUST_CHECK;
/* Aborts a running stream, cancels what is open and waits for the threads; a question that hangs in a library for longer
 * than 3 s is left behind with its memory, for the process is about to end. NULL is fine. */
void engine_free(struct engine *engine);

/* Readable while events wait. */
int engine_fd(struct engine *engine);
/* The next event, or NULL; the caller frees it. */
struct engine_event *engine_next(struct engine *engine);

uint64_t engine_ask(struct engine *engine, const struct engine_request *request);
/* Its events stop at once; the work ends soon after. */
void engine_cancel(struct engine *engine, uint64_t number);
/* No question open and no event waiting: what --script waits for. A running stream does not count. */
bool engine_is_idle(struct engine *engine);

/* Launches what the last ENGINE_LAUNCH event described (by its request number): writes the stream object, commits the plan to the own
 * group, starts the stream. The final word comes as ENGINE_DELIVERY events (final when stopped or failed) with the returned number. A
 * survey that changed since is refused with what changed. */
uint64_t engine_launch(struct engine *engine, uint64_t launch);
/* Ends a launch that has not begun its stream yet; otherwise as delivery_drain, delivery_abort, and delivery_flush with
 * delivery_hurry. */
void engine_delivery_drain(struct engine *engine);
void engine_delivery_abort(struct engine *engine);
void engine_delivery_flush(struct engine *engine);
/* As delivery_pause and delivery_resume; nothing happens without a running stream. */
void engine_delivery_pause(struct engine *engine);
void engine_delivery_resume(struct engine *engine);
/* The operator's word about losses that a snapshot asks for (config.ask_lost, delivery_progress.asking): go on behind
 * them, or leave those partitions parked. */
void engine_delivery_answer_lost(struct engine *engine, int round, bool go_on);

/* Appends "librdkafka/2.15.1\n" and libcurl's line: the libraries whose version matters to an operator. */
void engine_versions(struct buffer *out);

#endif
