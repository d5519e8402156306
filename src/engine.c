/* What the owner's thread touches: the list of open questions, the queue of events, the running stream. Only the stream
 * is shared with the inspector thread, which brings it. */
#include "engine.h"

#include "base/buffer.h"
#include "engine/engine_inspector.h"
#include "http/http_client.h"

#include <pthread.h>
#include <stdlib.h>

enum { INSPECTOR_ENDS_MS = 3000 };

struct engine {
    struct config config; /* a copy */
    struct engine_inspector *inspector;
    struct queue *events;
    struct engine_question *open; /* owner's thread only */
    uint64_t last_number;
    struct {
        pthread_mutex_t lock;
        struct engine_stream *stream; /* set once; freed by engine_free */
        bool drain, abort;            /* asked for before the stream began */
    } shared;
};

static void free_event(void *event)
{
    engine_event_free(event);
}

/* Inspector thread. */
static void stream_started(void *context, struct engine_stream *stream)
{
    struct engine *engine = context;
    bool drain, abort;

    pthread_mutex_lock(&engine->shared.lock);
    engine->shared.stream = stream;
    drain = engine->shared.drain;
    abort = engine->shared.abort;
    pthread_mutex_unlock(&engine->shared.lock);
    if (abort)
        engine_stream_abort(stream);
    else if (drain)
        engine_stream_drain(stream);
}

bool engine_new(const struct config *config, struct engine **made, struct error *err)
{
    struct engine *engine = memory_new(sizeof(*engine));

    config_copy(&engine->config, config);
    engine->events = queue_new(free_event);
    pthread_mutex_init(&engine->shared.lock, NULL);
    if (!engine_inspector_new(&engine->config, stream_started, engine, &engine->inspector, err)) {
        queue_free(engine->events);
        config_clear(&engine->config);
        pthread_mutex_destroy(&engine->shared.lock);
        free(engine);
        return false;
    }
    *made = engine;
    return true;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    for (struct engine_question *question = engine->open; question; question = question->next)
        atomic_store(&question->cancelled, true);
    if (!engine_inspector_free(engine->inspector, INSPECTOR_ENDS_MS))
        return; /* it still uses the questions and the configuration */
    engine_stream_free(engine->shared.stream);
    while (engine->open) {
        struct engine_question *next = engine->open->next;

        engine_question_free(engine->open);
        engine->open = next;
    }
    queue_free(engine->events);
    config_clear(&engine->config);
    pthread_mutex_destroy(&engine->shared.lock);
    free(engine);
}

int engine_fd(struct engine *engine)
{
    return queue_fd(engine->events);
}

static struct engine_question **find_question(struct engine *engine, uint64_t number)
{
    struct engine_question **at = &engine->open;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

struct engine_event *engine_next(struct engine *engine)
{
    struct engine_event *event;

    while ((event = queue_receive(engine->events, 0)) != NULL) {
        struct engine_question **at = find_question(engine, event->request);
        struct engine_question *question = *at;
        bool wanted = question && !atomic_load(&question->cancelled);

        if (question && event->final) {
            *at = question->next;
            engine_question_free(question);
        }
        if (wanted)
            return event;
        engine_event_free(event);
    }
    return NULL;
}

static uint64_t open_question(struct engine *engine, struct engine_question *question)
{
    uint64_t number = ++engine->last_number;

    question->number = number;
    question->events = engine->events;
    question->next = engine->open;
    engine->open = question;
    engine_inspector_ask(engine->inspector, question);
    return number;
}

uint64_t engine_ask(struct engine *engine, const struct engine_request *request)
{
    struct engine_question *question = memory_new(sizeof(*question));

    question->kind = (int)request->kind;
    question->topic = memory_copy_text(request->topic);
    question->group = memory_copy_text(request->group);
    question->start = memory_copy_text(request->start);
    question->connector = memory_copy_text(request->connector);
    question->details = request->details;
    question->max_age_ms = request->max_age_ms;
    question->partition = request->partition;
    question->offset = request->offset;
    question->stream = memory_copy_text(request->stream);
    question->bucket = memory_copy_text(request->bucket);
    question->prefix = memory_copy_text(request->prefix);
    question->allowed = request->allowed;
    question->again = request->again;
    return open_question(engine, question);
}

void engine_cancel(struct engine *engine, uint64_t number)
{
    struct engine_question *question = *find_question(engine, number);

    /* A running stream is ended by drain or abort, which answer; its events must not vanish. */
    if (question && !atomic_load(&question->streaming))
        atomic_store(&question->cancelled, true);
}

bool engine_is_idle(struct engine *engine)
{
    for (const struct engine_question *question = engine->open; question; question = question->next) {
        if (!atomic_load(&question->streaming) && !atomic_load(&question->cancelled))
            return false;
    }
    return queue_count(engine->events) == 0;
}

static bool stream_is_open(const struct engine *engine)
{
    for (const struct engine_question *question = engine->open; question; question = question->next) {
        if (question->kind == ENGINE_QUESTION_LAUNCH)
            return true;
    }
    return false;
}

/* A stream that has said its last word makes room for the next. Its threads may take seconds to end, so that is left to
 * whoever starts the next. */
static struct engine_stream *take_ended_stream(struct engine *engine)
{
    struct engine_stream *stream;

    pthread_mutex_lock(&engine->shared.lock);
    stream = engine->shared.stream;
    engine->shared.stream = NULL;
    engine->shared.drain = engine->shared.abort = false;
    pthread_mutex_unlock(&engine->shared.lock);
    return stream;
}

static uint64_t refuse_second(struct engine *engine)
{
    struct engine_question *question = memory_new(sizeof(*question));
    struct engine_event *event = engine_event_new(ENGINE_FAILED);

    question->number = ++engine->last_number;
    question->events = engine->events;
    question->next = engine->open;
    engine->open = question;
    event->final = true;
    error_set(&event->error, ERROR_REFUSED, "a stream is running already: one at a time");
    engine_question_post(question, event);
    return engine->last_number;
}

uint64_t engine_launch(struct engine *engine, uint64_t launch)
{
    struct engine_question *question;

    if (stream_is_open(engine))
        return refuse_second(engine);
    question = memory_new(sizeof(*question));
    question->kind = ENGINE_QUESTION_LAUNCH;
    question->launch = launch;
    question->ended = take_ended_stream(engine);
    return open_question(engine, question);
}

/* The running stream. Without one: notes what was asked for, and tells launches on their way to end. */
static struct engine_stream *stream_or_stop(struct engine *engine, bool abort)
{
    struct engine_stream *stream;

    pthread_mutex_lock(&engine->shared.lock);
    stream = engine->shared.stream;
    if (!stream) {
        engine->shared.drain = true;
        engine->shared.abort = engine->shared.abort || abort;
    }
    pthread_mutex_unlock(&engine->shared.lock);
    for (struct engine_question *question = engine->open; question && !stream; question = question->next) {
        if (question->kind == ENGINE_QUESTION_LAUNCH)
            atomic_store(&question->stop, true);
    }
    return stream;
}

void engine_delivery_drain(struct engine *engine)
{
    struct engine_stream *stream = stream_or_stop(engine, false);

    if (stream)
        engine_stream_drain(stream);
}

void engine_delivery_abort(struct engine *engine)
{
    struct engine_stream *stream = stream_or_stop(engine, true);

    if (stream)
        engine_stream_abort(stream);
}

static struct engine_stream *running_stream(struct engine *engine)
{
    struct engine_stream *stream;

    pthread_mutex_lock(&engine->shared.lock);
    stream = engine->shared.stream;
    pthread_mutex_unlock(&engine->shared.lock);
    return stream;
}

void engine_delivery_flush(struct engine *engine)
{
    struct engine_stream *stream = running_stream(engine);

    if (stream)
        engine_stream_flush(stream);
}

void engine_delivery_pause(struct engine *engine)
{
    struct engine_stream *stream = running_stream(engine);

    if (stream)
        engine_stream_pause(stream, true);
}

void engine_delivery_resume(struct engine *engine)
{
    struct engine_stream *stream = running_stream(engine);

    if (stream)
        engine_stream_pause(stream, false);
}

void engine_delivery_answer_lost(struct engine *engine, int round, bool go_on)
{
    struct engine_stream *stream = running_stream(engine);

    if (stream)
        engine_stream_answer_lost(stream, round, go_on);
}

void engine_versions(struct buffer *out)
{
    buffer_printf(out, "librdkafka/%s\n%s\n", kafka_client_version(), http_client_version());
}
