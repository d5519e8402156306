/* One question to the engine on its way: who asked, whether the answer is still wanted, where events go. Private to src/.
 *
 * The engine owns it from engine_ask until its final event has been handed out; the inspector thread may use it until it
 * has posted that final event and not a moment longer.
 */
#ifndef ENGINE_QUESTION_H
#define ENGINE_QUESTION_H

#include "base/queue.h"
#include "engine_event.h"

#include <stdatomic.h>

struct engine_stream;

struct engine_question {
    uint64_t number;
    int kind; /* enum engine_request_kind, or ENGINE_QUESTION_LAUNCH */
    char *topic, *group, *start, *stream, *bucket, *prefix, *connector; /* as in engine_request */
    bool details;
    int64_t max_age_ms;
    int32_t partition;
    int64_t offset;
    unsigned allowed;
    uint64_t again;
    uint64_t launch; /* ENGINE_QUESTION_LAUNCH: the question that prepared it */
    struct engine_stream
        *ended;            /* ENGINE_QUESTION_LAUNCH: the one before, which the inspector frees; NULL: there is none */
    atomic_bool cancelled; /* set by the owner of the engine, looked at by the inspector */
    atomic_bool stop;      /* a launch that should end early, and say so */
    atomic_bool streaming; /* a stream runs under this number: it no longer counts as open */
    struct queue *events;  /* borrowed */
    int64_t told_ms;       /* monotonic time of the last progress event; inspector only */
    struct engine_question *next;
};

enum { ENGINE_QUESTION_LAUNCH = 1000 };

void engine_question_free(struct engine_question *question);

/* Takes the event, puts the question's number on it and sends it. */
void engine_question_post(struct engine_question *question, struct engine_event *event);

/* At most ten a second; the first and the last (done == total) always go out. */
void engine_question_progress(struct engine_question *question, int64_t done, int64_t total, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As above, but always sent: for what the operator must not miss. */
void engine_question_say(struct engine_question *question, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False with ERROR_CANCELLED when the answer is no longer wanted, or a launch was stopped. */
bool engine_question_wanted(struct engine_question *question, struct error *err) MUST_CHECK;

#endif
