/* What the reader thread knows of each partition, and the orders it gives about one. */
#include "delivery/delivery_chain.h"

#include <stdarg.h>
#include <stdio.h>

struct chain *read_chain(struct read *read, int32_t partition)
{
    if ((size_t)partition >= read->chain_count) {
        size_t count = (size_t)partition + 1;
        read->chains = memory_resize(read->chains, count * sizeof(*read->chains));
        for (size_t i = read->chain_count; i < count; i++)
            read->chains[i] = (struct chain){
                .partition = (int32_t)i,
                .position = OFFSET_NONE,
                .empty_start = OFFSET_NONE,
                .lost_at = OFFSET_NONE,
                .committed = OFFSET_NONE,
                .end = OFFSET_NONE,
                .until = i < read->stream->plan->count ? read->stream->plan->rows[i].until : OFFSET_NONE,
                .seek_to = OFFSET_NONE,
                .time = TIMESTAMP_NONE,
            };
        read->chain_count = count;
    }
    return &read->chains[partition];
}

int64_t read_plan_start(const struct read *read, int32_t partition)
{
    const struct cutover_plan *plan = read->stream->plan;

    return (size_t)partition < plan->count ? plan->rows[partition].start : OFFSET_NONE;
}

int64_t chain_behind(const struct chain *chain)
{
    int64_t end = chain->until != OFFSET_NONE ? chain->until : chain->end;

    if (end == OFFSET_NONE)
        return 1;
    return end > chain->next_read ? end - chain->next_read : 0;
}

int64_t chain_seen(const struct chain *chain)
{
    return chain->empty_start == chain->position && chain->empty_next > chain->position ? chain->empty_next
                                                                                        : OFFSET_NONE;
}

struct offset_range chain_lost(const struct chain *chain)
{
    return chain->lost_at == chain->position ? chain->lost : (struct offset_range){ 0 };
}

void chain_overtaken(struct chain *chain)
{
    chain->state = CHAIN_OVERTAKEN;
    chain->listed_at = 0;
    chain->log_start = chain->log_end = OFFSET_NONE;
}

int64_t chain_reach(const struct chain *chain)
{
    int64_t reach = chain->position;

    if (chain_seen(chain) > reach)
        reach = chain_seen(chain);
    return chain_lost(chain).end > reach ? chain_lost(chain).end : reach;
}

void chain_retry(struct chain *chain)
{
    chain->state = CHAIN_READING;
    if (chain->stalled)
        return;
    chain->stop_wanted = false;
    chain->seek_to = chain->next_read;
}

void read_fail(struct read *read, const struct error *err)
{
    if (read->failed)
        return;
    read->failed = true;
    delivery_set_state(read->delivery, DELIVERY_FAILED, err);
}

void read_send_batch(struct read *read)
{
    struct encoder_message *message;

    if (!read->batch)
        return;
    message = encoder_message_new(ENCODER_BATCH, read->batch->partition, read->batch->epoch);
    message->batch = read->batch;
    read->batch = NULL;
    memory_budget_take(read->delivery->budget, MEMORY_BATCH, record_batch_memory(message->batch));
    delivery_send_encoder(read->delivery, message);
}

void read_begin(struct read *read, struct chain *chain)
{
    struct encoder_message *message;

    read_send_batch(read);
    chain->epoch++;
    chain->next_read = chain->position;
    chain->seek_to = OFFSET_NONE; /* of the epoch that ends: it may lie behind what has to be read again */
    message = encoder_message_new(ENCODER_BEGIN, chain->partition, chain->epoch);
    message->offset = chain->owned ? chain->position : OFFSET_NONE;
    message->lost = chain_lost(chain);
    delivery_send_encoder(read->delivery, message);
}

void read_fence(struct read *read, struct chain *chain, enum rotation_reason reason, int64_t offset)
{
    struct encoder_message *message;

    read_send_batch(read);
    message = encoder_message_new(ENCODER_FENCE, chain->partition, chain->epoch);
    message->reason = reason;
    message->offset = offset;
    chain->fences++;
    delivery_send_encoder(read->delivery, message);
}

void read_park(struct read *read, struct chain *chain, int64_t retry_ms, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(chain->note, sizeof(chain->note), format, arguments);
    va_end(arguments);
    chain->state = CHAIN_PARKED;
    read->tend_soon = true;
    chain->parks++;
    chain->stop_wanted = true;
    chain->retry_at = retry_ms ? timestamp_monotonic() + retry_ms : INT64_MAX;
    delivery_say(read->delivery, LOG_ERROR, "partition %d is parked: %s", (int)chain->partition, chain->note);
}
