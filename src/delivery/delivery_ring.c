/* The ring of the three kinds of threads: messages, and the state that is seen from outside. */
#include "delivery/delivery_ring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct encoder_message *encoder_message_new(enum encoder_kind kind, int32_t partition, uint32_t epoch)
{
    struct encoder_message *message = memory_new(sizeof(*message));

    message->kind = kind;
    message->partition = partition;
    message->epoch = epoch;
    message->offset = OFFSET_NONE;
    return message;
}

struct upload_message *upload_message_new(enum upload_kind kind, int32_t partition, uint32_t epoch)
{
    struct upload_message *message = memory_new(sizeof(*message));

    message->kind = kind;
    message->partition = partition;
    message->epoch = epoch;
    message->start = message->position = OFFSET_NONE;
    return message;
}

struct reader_message *reader_message_new(enum reader_kind kind, int32_t partition, uint32_t epoch)
{
    struct reader_message *message = memory_new(sizeof(*message));

    message->kind = kind;
    message->partition = partition;
    message->epoch = epoch;
    message->start = message->next = OFFSET_NONE;
    return message;
}

void encoder_message_free(struct delivery *delivery, struct encoder_message *message)
{
    if (!message)
        return;
    if (message->batch)
        memory_budget_give(delivery->budget, MEMORY_BATCH, record_batch_memory(message->batch));
    record_batch_free(message->batch);
    free(message);
}

void upload_message_free(struct upload_message *message)
{
    if (!message)
        return;
    sealed_object_free(message->object);
    free(message->key);
    free(message);
}

void delivery_send_encoder(struct delivery *delivery, struct encoder_message *message)
{
    queue_send(delivery->to_encoder[(size_t)message->partition % delivery->encoder_count], message);
}

void delivery_send_uploader(struct delivery *delivery, struct upload_message *message)
{
    queue_send(delivery->to_uploader, message);
    http_client_wake(delivery->http);
}

void delivery_send_reader(struct delivery *delivery, struct reader_message *message)
{
    queue_send(delivery->to_reader, message);
}

static void init_row(struct delivery *delivery, struct delivery_partition *row, int32_t partition)
{
    const struct cutover_plan *plan = delivery->stream->plan;

    *row = (struct delivery_partition){
        .partition = partition,
        .start = OFFSET_NONE,
        .delivered = OFFSET_NONE,
        .committed = OFFSET_NONE,
        .position = OFFSET_NONE,
        .end = OFFSET_NONE,
        .until = OFFSET_NONE,
        .old_base = OFFSET_NONE,
        .next_time = TIMESTAMP_NONE,
        .open_time = TIMESTAMP_NONE,
        .pending_time = TIMESTAMP_NONE,
    };
    if ((size_t)partition >= plan->count)
        return;
    const struct cutover_plan_row *planned = &plan->rows[partition];
    row->start = row->delivered = planned->start;
    row->end = planned->end;
    row->until = planned->until;
    row->old_base = planned->committed > planned->log_start ? planned->committed : planned->log_start;
}

struct delivery_partition *delivery_partition_locked(struct delivery *delivery, int32_t partition)
{
    struct delivery_progress *progress = &delivery->shared.progress;

    if ((size_t)partition >= progress->count) {
        size_t count = (size_t)partition + 1;
        progress->partitions = memory_resize(progress->partitions, count * sizeof(*progress->partitions));
        for (size_t i = progress->count; i < count; i++)
            init_row(delivery, &progress->partitions[i], (int32_t)i);
        progress->count = count;
    }
    return &progress->partitions[partition];
}

void delivery_wake_owner(struct delivery *delivery)
{
    if (delivery->settings.wake)
        delivery->settings.wake(delivery->settings.context);
}

void delivery_say(struct delivery *delivery, enum log_level level, const char *format, ...)
{
    struct error text; /* sanitises and bounds */
    va_list arguments;
    char message[ERROR_MESSAGE_SIZE];

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    (void)error_set(&text, ERROR_INTERNAL, "%s", message);
    log_write(level, "delivery", "%s", text.message);
    pthread_mutex_lock(&delivery->shared.lock);
    snprintf(delivery->shared.progress.message, sizeof(delivery->shared.progress.message), "%.590s", text.message);
    pthread_mutex_unlock(&delivery->shared.lock);
    delivery_wake_owner(delivery);
}

void delivery_set_state(struct delivery *delivery, enum delivery_state state, const struct error *err)
{
    pthread_mutex_lock(&delivery->shared.lock);
    delivery->shared.progress.state = state;
    delivery->shared.progress.elapsed_ms = timestamp_monotonic() - delivery->started_at;
    if (err)
        delivery->shared.progress.error = *err;
    pthread_mutex_unlock(&delivery->shared.lock);
    if (err)
        log_write(LOG_ERROR, "delivery", "%s", err->message);
    delivery_wake_owner(delivery);
}

int64_t delivery_put_limit_ms(const struct delivery *delivery)
{
    enum { BASE_MS = 30000, BYTES_PER_SECOND = 256 * 1024, REPLY = 64 * 1024, ANSWER_MOST = 100 * 1000 * 1000 };
    int64_t record = delivery->settings.max_message_bytes > 0 ? delivery->settings.max_message_bytes : ANSWER_MOST;

    return BASE_MS + (delivery->stream->settings.size_bytes + record + REPLY) * 1000 / BYTES_PER_SECOND;
}
