/* A running stream: makes the parts, starts the threads, ends them in order, and keeps the one state. */
#include "delivery/delivery.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "delivery/delivery_ring.h"

enum { MOST_ENCODERS = 4 };

static void free_encoder_message(void *item)
{
    struct encoder_message *message = item;

    record_batch_free(message->batch); /* the budget ends with the stream: nothing is given back */
    free(message);
}

static void free_upload_message(void *item)
{
    upload_message_free(item);
}

/* Encoders: one for every two processors, for reader and uploader want some too. */
static size_t count_encoders(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = processors > 2 ? (size_t)processors / 2 : 1;

    return count > MOST_ENCODERS ? MOST_ENCODERS : count;
}

static bool check_settings(const struct delivery_settings *settings, struct error *err)
{
    const struct stream_settings *stream = &settings->stream->settings;

    if (!encoder_find(stream->format))
        return error_set(err, ERROR_FORMAT, "the stream's format %s is not known to this version", stream->format);
    if (!compression_find(stream->compression))
        return error_set(err, ERROR_FORMAT, "the stream's compression %s is not known to this version",
                         stream->compression);
    return true;
}

static struct delivery *make(const struct delivery_settings *settings)
{
    struct delivery *delivery = memory_new(sizeof(*delivery));

    delivery->settings = *settings;
    delivery->stream = settings->stream;
    delivery->kafka = settings->kafka;
    delivery->kafka.isolation = settings->stream->plan->read_committed ? KAFKA_READ_COMMITTED : KAFKA_READ_UNCOMMITTED;
    delivery->limits.size_bytes = settings->stream->settings.size_bytes;
    delivery->limits.interval_ms = settings->stream->settings.interval_ms;
    /* An eighth is for what the reader has fetched and not handed over, half of one for what the allocator keeps. */
    delivery->budget = memory_budget_new(settings->memory_bytes / 16 * 13);
    delivery->to_reader = queue_new(free);
    delivery->to_uploader = queue_new(free_upload_message);
    delivery->encoder_count = count_encoders();
    delivery->to_encoder = memory_new(delivery->encoder_count * sizeof(*delivery->to_encoder));
    delivery->encoder_threads = memory_new(delivery->encoder_count * sizeof(*delivery->encoder_threads));
    for (size_t i = 0; i < delivery->encoder_count; i++)
        delivery->to_encoder[i] = queue_new(free_encoder_message);
    delivery->started_at = timestamp_monotonic();
    pthread_mutex_init(&delivery->shared.lock, NULL);
    delivery_progress_init(&delivery->shared.progress);
    if (settings->stream->plan->count > 0)
        (void)delivery_partition_locked(delivery, (int32_t)settings->stream->plan->count - 1); /* no thread runs yet */
    return delivery;
}

static void unmake(struct delivery *delivery)
{
    s3_client_free(delivery->s3);
    for (size_t i = 0; i < delivery->encoder_count; i++)
        queue_free(delivery->to_encoder[i]);
    queue_free(delivery->to_uploader);
    queue_free(delivery->to_reader);
    free(delivery->to_encoder);
    free(delivery->encoder_threads);
    memory_budget_free(delivery->budget);
    delivery_progress_clear(&delivery->shared.progress);
    pthread_mutex_destroy(&delivery->shared.lock);
    free(delivery);
}

static void start_thread(pthread_t *thread, void *(*body)(void *), void *argument)
{
    if (pthread_create(thread, NULL, body, argument) != 0)
        abort(); /* nothing can be delivered without threads, and nothing has been touched yet */
}

bool delivery_start(const struct delivery_settings *settings, struct delivery **delivery, struct error *err)
{
    struct delivery *made;

    if (!check_settings(settings, err))
        return false;
    made = make(settings);
    if (!s3_client_new(&settings->s3, &made->s3, err)) {
        unmake(made);
        return false;
    }
    made->http = s3_client_http(made->s3);
    start_thread(&made->uploader_thread, delivery_upload_thread, made);
    for (size_t i = 0; i < made->encoder_count; i++) {
        struct encoder_thread *encoder = memory_new(sizeof(*encoder));
        *encoder = (struct encoder_thread){ .delivery = made, .index = i };
        start_thread(&made->encoder_threads[i], delivery_encode_thread, encoder);
    }
    start_thread(&made->reader_thread, delivery_read_thread, made);
    *delivery = made;
    return true;
}

static void leave(struct delivery *delivery)
{
    __atomic_store_n(&delivery->leaving, true, __ATOMIC_RELAXED);
}

void delivery_drain(struct delivery *delivery)
{
    long long never = 0;

    (void)atomic_compare_exchange_strong(&delivery->drain_at, &never, timestamp_monotonic());
    atomic_store(&delivery->drain, true);
    leave(delivery);
}

void delivery_abort(struct delivery *delivery)
{
    atomic_store(&delivery->abort, true);
    leave(delivery);
}

static void set_reason(struct delivery *delivery, const struct error *err)
{
    pthread_mutex_lock(&delivery->shared.lock);
    if (delivery->shared.fatal.kind == ERROR_NONE)
        delivery->shared.fatal = *err;
    pthread_mutex_unlock(&delivery->shared.lock);
}

void delivery_fail(struct delivery *delivery, const struct error *err)
{
    set_reason(delivery, err);
    atomic_store(&delivery->failing, true);
    leave(delivery);
}

void delivery_end(struct delivery *delivery, const struct error *err)
{
    set_reason(delivery, err);
    delivery_drain(delivery);
}

void delivery_pause(struct delivery *delivery)
{
    atomic_store(&delivery->pause, true);
}

void delivery_resume(struct delivery *delivery)
{
    atomic_store(&delivery->pause, false);
}

void delivery_flush(struct delivery *delivery)
{
    atomic_store(&delivery->flush, true);
}

void delivery_hurry(struct delivery *delivery)
{
    atomic_store(&delivery->hurry, true);
    atomic_store(&delivery->hurry_parked, true);
    http_client_wake(delivery->http);
}

void delivery_reached(struct delivery *delivery, int64_t at_ms)
{
    atomic_store(&delivery->reached_at, at_ms);
}

void delivery_answer_lost(struct delivery *delivery, int round, bool go_on)
{
    atomic_store(&delivery->lost_answer, go_on ? round : -round);
}

void delivery_progress_get(struct delivery *delivery, struct delivery_progress *progress)
{
    struct delivery_partition *partitions = progress->partitions;
    size_t had = progress->count;

    pthread_mutex_lock(&delivery->shared.lock);
    struct delivery_progress *shared = &delivery->shared.progress;
    if (had < shared->count)
        partitions = memory_resize(partitions, shared->count * sizeof(*partitions));
    if (shared->count > 0)
        memcpy(partitions, shared->partitions, shared->count * sizeof(*partitions));
    *progress = *shared;
    pthread_mutex_unlock(&delivery->shared.lock);
    progress->partitions = partitions;
    if (progress->state != DELIVERY_STOPPED && progress->state != DELIVERY_FAILED)
        progress->elapsed_ms = timestamp_monotonic() - delivery->started_at;
    progress->records_read = atomic_load(&delivery->records_read);
    progress->bytes_in = atomic_load(&delivery->bytes_in);
    progress->tombstones = atomic_load(&delivery->tombstones);
    progress->multi_line = atomic_load(&delivery->multi_line);
    progress->memory_used = memory_budget_used(delivery->budget);
    progress->memory_limit = delivery->settings.memory_bytes;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    delivery_abort(delivery);
    pthread_join(delivery->reader_thread, NULL);
    for (size_t i = 0; i < delivery->encoder_count; i++) {
        queue_close(delivery->to_encoder[i]);
        pthread_join(delivery->encoder_threads[i], NULL);
    }
    queue_close(delivery->to_uploader);
    http_client_wake(delivery->http);
    pthread_join(delivery->uploader_thread, NULL);
    queue_close(delivery->to_reader);
    unmake(delivery);
}
