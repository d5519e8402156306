/* The watcher thread owns nothing but its clock: it sleeps until the delivery has something to say, or a fifth of a
 * second, takes a snapshot and sends it. A snapshot of 10,000 partitions is 4 MB, so a queue that nobody empties gets no
 * second one. */
#include "engine/engine_stream.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/delivery.h"
#include "delivery/delivery_meter.h"
#include "engine/engine_look.h"
#include "kafka/kafka_directory.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    SNAPSHOT_EVERY_MS = 200,
    SNAPSHOT_LEAST_MS = 100, /* also when woken: at most ten a second */
    SNAPSHOTS_WAITING = 4,   /* unread events; more of the same help nobody */
    MOST_SESSION_TIMEOUT_MS = 3600 * 1000,
    TOPIC_MS = 5000,
};

struct engine_stream {
    struct delivery *delivery;
    struct delivery_meter *meter; /* watcher thread, until it has ended */
    struct engine_look *look;     /* NULL until the stream runs */
    struct stream_object *object;
    char *instance;
    struct engine_question *question; /* used until the final event has been posted */
    pthread_t watcher;
    bool watching;
    int64_t retention_ms; /* watcher thread */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool woken;
        bool ending;
    } shared;
};

static void wake(void *context)
{
    struct engine_stream *stream = context;

    pthread_mutex_lock(&stream->shared.lock);
    stream->shared.woken = true;
    pthread_cond_signal(&stream->shared.changed);
    pthread_mutex_unlock(&stream->shared.lock);
}

static struct timespec deadline_after(int64_t ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Waits until woken or the time is over. False when the stream is being freed. */
static bool wait_for_news(struct engine_stream *stream, int64_t ms, bool may_be_woken)
{
    struct timespec deadline = deadline_after(ms);
    bool goes_on;

    pthread_mutex_lock(&stream->shared.lock);
    while (!stream->shared.ending && !(may_be_woken && stream->shared.woken)) {
        if (pthread_cond_timedwait(&stream->shared.changed, &stream->shared.lock, &deadline) != 0)
            break;
    }
    if (may_be_woken)
        stream->shared.woken = false;
    goes_on = !stream->shared.ending;
    pthread_mutex_unlock(&stream->shared.lock);
    return goes_on;
}

static void take_look(struct engine_stream *stream, struct delivery_progress *progress)
{
    struct engine_look_answer answer;

    if (engine_look_take(stream->look, &answer)) {
        delivery_meter_ends(stream->meter, answer.at_ms, &answer.ends);
        if (answer.ends.count > 0)
            delivery_reached(stream->delivery, answer.at_ms);
        delivery_meter_commits(stream->meter, &answer.committed);
        stream->retention_ms = answer.retention_ms;
        if (answer.replaced.kind != ERROR_NONE)
            delivery_fail(stream->delivery, &answer.replaced);
        if (answer.deleted.kind != ERROR_NONE)
            delivery_end(stream->delivery, &answer.deleted);
        engine_look_answer_clear(&answer);
    }
    progress->retention_ms = stream->retention_ms;
}

static struct engine_event *snapshot(struct engine_stream *stream)
{
    struct engine_event *event = engine_event_new(ENGINE_DELIVERY);

    event->delivery = memory_new(sizeof(*event->delivery));
    delivery_progress_init(event->delivery);
    delivery_progress_get(stream->delivery, event->delivery);
    take_look(stream, event->delivery);
    delivery_meter_take(stream->meter, timestamp_monotonic(), event->delivery);
    event->final = event->delivery->state == DELIVERY_STOPPED || event->delivery->state == DELIVERY_FAILED;
    event->stream = memory_copy_text(stream->object->stream);
    event->plan_id = memory_copy_text(stream->object->plan->id);
    return event;
}

/* The last line of a delivery in the log: how it ended, and what it leaves. */
static void log_end(const struct delivery_progress *progress, const char *stream)
{
    char objects[TEXT_COUNTED_SIZE], records[TEXT_COUNTED_SIZE], bytes[TEXT_NUMBER_SIZE], to_end[TEXT_NUMBER_SIZE];
    struct delivery_outlook outlook;

    delivery_progress_outlook(progress, &outlook);
    log_write(
        progress->state == DELIVERY_FAILED ? LOG_ERROR : LOG_INFO, "delivery",
        "%s %s: %s, %s, %s stored, retries %lld, parked %zu, to end %s", stream,
        progress->aborted && progress->state == DELIVERY_STOPPED ? "aborted" : delivery_state_name(progress->state),
        text_counted(objects, progress->objects, "object"), text_counted(records, progress->records_stored, "record"),
        text_bytes(bytes, progress->bytes_out), (long long)progress->retries, progress->parked,
        outlook.to_end == OFFSET_NONE ? "?" : text_count(to_end, outlook.to_end));
}

static void *watch(void *context)
{
    struct engine_stream *stream = context;
    bool final = false;

    while (!final) {
        struct engine_event *event = snapshot(stream);

        final = event->final;
        if (final)
            log_end(event->delivery, event->stream);
        if (final || queue_count(stream->question->events) < SNAPSHOTS_WAITING)
            engine_question_post(stream->question, event);
        else
            engine_event_free(event);
        if (!final && (!wait_for_news(stream, SNAPSHOT_LEAST_MS, false) ||
                       !wait_for_news(stream, SNAPSHOT_EVERY_MS - SNAPSHOT_LEAST_MS, true)))
            break;
    }
    return NULL;
}

/* -X session.timeout.ms counts: a delivery has its own default, so the setting is handed over by name. */
static int session_timeout(const struct config *config)
{
    const char *text = properties_get(&config->kafka, "session.timeout.ms");
    int64_t value;

    if (!text || !text_parse_uint(text, MOST_SESSION_TIMEOUT_MS, &value))
        return 0;
    return (int)value;
}

static void init_shared(struct engine_stream *stream)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&stream->shared.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->shared.changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* How large a record of the topic can be; 0 where that cannot be read. Only where time decides the folder does it matter
 * how long another's PUT may take. */
static int64_t most_message_bytes(struct engine_tools *tools, const struct stream_object *object)
{
    struct kafka_client *client;
    struct kafka_topic topic = { 0 };
    int64_t bytes = 0;

    if (object->settings.folders == STREAM_FOLDERS_TIME &&
        engine_tools_kafka(tools, engine_tools_isolation(tools), &client, NULL) &&
        kafka_directory_topic(client, object->plan->topic, TOPIC_MS, &topic, NULL))
        bytes = topic.max_message_bytes;
    kafka_topic_clear(&topic);
    return bytes;
}

bool engine_stream_start(struct engine_tools *tools, struct engine_question *question, struct stream_object *object,
                         const char *instance, struct engine_stream **started, struct error *err)
{
    struct engine_stream *stream = memory_new(sizeof(*stream));
    struct delivery_settings settings = {
        .kafka = engine_tools_kafka_settings(tools, object->plan->read_committed ? KAFKA_READ_COMMITTED
                                                                                 : KAFKA_READ_UNCOMMITTED),
        .s3 = engine_tools_s3_settings(tools),
        .stream = object,
        .memory_bytes = tools->config->memory_bytes,
        .max_message_bytes = most_message_bytes(tools, object),
        .session_timeout_ms = session_timeout(tools->config),
        .allow_lost = tools->config->allow_lost,
        .ask_lost = tools->config->ask_lost,
        .wake = wake,
        .context = stream,
    };

    settings.s3.bucket = object->bucket;
    stream->object = object;
    stream->question = question;
    stream->instance = memory_copy_text(instance);
    settings.instance = stream->instance;
    stream->meter = delivery_meter_new();
    stream->retention_ms = -1;
    init_shared(stream);
    if (!delivery_start(&settings, &stream->delivery, err)) {
        engine_stream_free(stream);
        return false;
    }
    stream->look = engine_look_start(&settings.kafka, object);
    atomic_store(&question->streaming, true);
    if (pthread_create(&stream->watcher, NULL, watch, stream) != 0) {
        atomic_store(&question->streaming, false);
        engine_stream_free(stream);
        return error_set(err, ERROR_SYSTEM, "cannot start a thread");
    }
    stream->watching = true;
    *started = stream;
    return true;
}

void engine_stream_drain(struct engine_stream *stream)
{
    delivery_drain(stream->delivery);
}

void engine_stream_abort(struct engine_stream *stream)
{
    delivery_abort(stream->delivery);
}

void engine_stream_flush(struct engine_stream *stream)
{
    delivery_flush(stream->delivery);
    delivery_hurry(stream->delivery); /* what waits for its next try shall be stored now, too */
}

void engine_stream_pause(struct engine_stream *stream, bool pause)
{
    if (pause)
        delivery_pause(stream->delivery);
    else
        delivery_resume(stream->delivery);
}

void engine_stream_answer_lost(struct engine_stream *stream, int round, bool go_on)
{
    delivery_answer_lost(stream->delivery, round, go_on);
}

void engine_stream_free(struct engine_stream *stream)
{
    if (!stream)
        return;
    if (stream->watching) {
        pthread_mutex_lock(&stream->shared.lock);
        stream->shared.ending = true;
        pthread_cond_signal(&stream->shared.changed);
        pthread_mutex_unlock(&stream->shared.lock);
        pthread_join(stream->watcher, NULL);
    }
    engine_look_end(stream->look);
    delivery_meter_free(stream->meter);
    delivery_free(stream->delivery);
    stream_object_free(stream->object);
    pthread_cond_destroy(&stream->shared.changed);
    pthread_mutex_destroy(&stream->shared.lock);
    free(stream->instance);
    free(stream);
}
