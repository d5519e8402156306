/* One thread, three questions in a round: topic, ends, commits. 10,000 partitions take about a second on a broker. */
#include "engine/engine_look.h"

#include "base/buffer.h"
#include "base/queue.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    LOOK_EVERY_MS = 5000,
    LOOK_ASK_MS = 5000,
    LOOK_CONNECT_MS = 5000,
    LOOK_SHARE = 10,      /* at most a tenth of the time is spent asking */
    LOOKS_UNTIL_GONE = 2, /* in a row, and for so long: a broker that has just started, or whose controller is being */
    GONE_AFTER_MS = 20 * 1000, /* replaced, may not know of all topics yet */
};

struct engine_look {
    struct kafka_settings settings;
    const struct stream_object *object;
    pthread_t thread;
    atomic_bool ending;
    struct kafka_client *client; /* thread only */
    int32_t partitions;
    int64_t retention_ms;
    struct error replaced; /* thread only */
    int missing;           /* looks in a row that found no such topic; thread only */
    int64_t missing_since; /* the first of them; monotonic */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool has;
        struct engine_look_answer answer;
    } shared;
};

void engine_look_answer_clear(struct engine_look_answer *answer)
{
    partition_offsets_clear(&answer->ends);
    partition_offsets_clear(&answer->committed);
}

static bool have_client(struct engine_look *look)
{
    if (look->client && kafka_client_is_stuck(look->client)) {
        kafka_client_free(look->client);
        look->client = NULL;
    }
    return (look->client || kafka_client_new(&look->settings, &look->client, NULL)) &&
           kafka_client_connect(look->client, LOOK_CONNECT_MS, NULL);
}

static void read_topic(struct engine_look *look)
{
    struct kafka_topic topic = { 0 };

    if (!kafka_directory_topic(look->client, look->object->plan->topic, LOOK_ASK_MS, &topic, NULL)) {
        look->missing = topic.missing ? look->missing + 1 : 0;
        if (look->missing == 1)
            look->missing_since = timestamp_monotonic();
        return;
    }
    look->missing = 0;
    if (stream_object_is_of(look->object, topic.id, &look->replaced))
        look->replaced.kind = ERROR_NONE;
    look->partitions = topic.partitions;
    look->retention_ms = topic.described ? topic.retention_ms : -1;
    kafka_topic_clear(&topic);
}

static void tell_missing(const struct engine_look *look, struct error *deleted)
{
    deleted->kind = ERROR_NONE;
    if (look->missing >= LOOKS_UNTIL_GONE && timestamp_monotonic() - look->missing_since >= GONE_AFTER_MS)
        error_set(deleted, ERROR_REFUSED,
                  "topic %s was deleted: nothing more can be read of it, and what was read is stored; should it be "
                  "made again, its offsets mean other records, so a new stream is needed",
                  look->object->plan->topic);
}

static void publish(struct engine_look *look, struct engine_look_answer *answer)
{
    pthread_mutex_lock(&look->shared.lock);
    if (look->shared.has)
        engine_look_answer_clear(&look->shared.answer);
    look->shared.answer = *answer;
    look->shared.has = true;
    pthread_mutex_unlock(&look->shared.lock);
}

/* False where the brokers did not answer. */
static bool ask(struct engine_look *look)
{
    struct engine_look_answer answer;
    char *group = stream_group(look->object->stream);
    bool ok;

    partition_offsets_init(&answer.ends);
    partition_offsets_init(&answer.committed);
    ok = have_client(look);
    if (ok)
        read_topic(look);
    answer.at_ms = timestamp_monotonic();
    ok = ok && look->partitions > 0 && !atomic_load(&look->ending) &&
         kafka_offsets_range(look->client, look->object->plan->topic, look->partitions, KAFKA_LOG_END, LOOK_ASK_MS,
                             &answer.ends, NULL);
    if (ok && !atomic_load(&look->ending) &&
        !kafka_offsets_committed(look->client, group, look->object->plan->topic, LOOK_ASK_MS, &answer.committed, NULL))
        partition_offsets_clear(&answer.committed);
    answer.retention_ms = look->retention_ms;
    answer.replaced = look->replaced;
    tell_missing(look, &answer.deleted);
    if (ok || look->replaced.kind != ERROR_NONE || answer.deleted.kind != ERROR_NONE)
        publish(look, &answer);
    else
        engine_look_answer_clear(&answer);
    free(group);
    return ok;
}

static void rest(struct engine_look *look, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&look->shared.lock);
    while (!atomic_load(&look->ending) &&
           pthread_cond_timedwait(&look->shared.changed, &look->shared.lock, &until) == 0)
        ;
    pthread_mutex_unlock(&look->shared.lock);
}

/* Owns: the client. Gives: answers, the newest one only. */
static void *look_thread(void *context)
{
    struct engine_look *look = context;

    while (!atomic_load(&look->ending)) {
        int64_t began = timestamp_monotonic(), took;
        bool ok = ask(look);

        took = (timestamp_monotonic() - began) * LOOK_SHARE;
        rest(look, ok && took > LOOK_EVERY_MS ? took : LOOK_EVERY_MS);
    }
    kafka_client_free(look->client);
    return NULL;
}

struct engine_look *engine_look_start(const struct kafka_settings *settings, const struct stream_object *object)
{
    struct engine_look *look = memory_new(sizeof(*look));
    pthread_condattr_t attributes;

    look->settings = *settings;
    look->object = object;
    look->retention_ms = -1;
    pthread_mutex_init(&look->shared.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&look->shared.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&look->thread, NULL, look_thread, look) == 0)
        return look;
    pthread_cond_destroy(&look->shared.changed);
    pthread_mutex_destroy(&look->shared.lock);
    free(look);
    return NULL;
}

void engine_look_end(struct engine_look *look)
{
    if (!look)
        return;
    pthread_mutex_lock(&look->shared.lock);
    atomic_store(&look->ending, true);
    pthread_cond_signal(&look->shared.changed);
    pthread_mutex_unlock(&look->shared.lock);
    pthread_join(look->thread, NULL);
    if (look->shared.has)
        engine_look_answer_clear(&look->shared.answer);
    pthread_cond_destroy(&look->shared.changed);
    pthread_mutex_destroy(&look->shared.lock);
    free(look);
}

bool engine_look_take(struct engine_look *look, struct engine_look_answer *answer)
{
    bool has;

    if (!look)
        return false;
    pthread_mutex_lock(&look->shared.lock);
    has = look->shared.has;
    if (has)
        *answer = look->shared.answer;
    look->shared.has = false;
    pthread_mutex_unlock(&look->shared.lock);
    return has;
}
