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

enum engine_request_kind {
    ENGINE_ASK_TOPICS,  /* all topics; details (offsets, times, kinds) stream in */
    ENGINE_ASK_GROUPS,  /* all groups; topic: only those with commits for it; lag and oldest T stream in */
    ENGINE_ASK_SURVEY,  /* topic, group */
    ENGINE_ASK_PLAN,    /* topic, group, start (text) */
    ENGINE_ASK_CHOICES, /* topic, group: safe, committed, earliest, now, median, latest on one survey */
    ENGINE_ASK_AUDIT,   /* stream, bucket, prefix from config; the tail is checked when brokers are given */
    ENGINE_ASK_LAUNCH,  /* prepare a delivery from config: survey, plan, bucket, store probe; or find the stream to resume */
};

struct engine_request {
    enum engine_request_kind kind;
    const char *topic, *group, *start; /* copied */
    bool details;                      /* topics, groups: fill in the slow columns too */
};

/* config is borrowed and must not change while the engine lives. No I/O yet. */
bool engine_new(const struct config *config, struct engine **engine, struct error *err) MUST_CHECK;
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
void engine_delivery_drain(struct engine *engine);
void engine_delivery_abort(struct engine *engine);
void engine_delivery_flush(struct engine *engine);

#endif
