/* Whose turn it is. Expected: up to 10,000 chains, some thousands of which get their turn at once. */
#include "delivery/delivery_turns.h"

#include <inttypes.h>
#include <string.h>

enum {
    QUIET_MS = 10 * 1000, /* a turn in which nothing comes for so long ends: its broker may be away */
    RECORD_BYTES = 1024,  /* until records have been seen */
};

/* What objects cost, by what was sealed and read so far. */
static struct wave_price price_now(const struct read *read)
{
    const struct delivery *delivery = read->delivery;
    const struct compression *compression = compression_find(read->stream->settings.compression);
    int64_t raw = atomic_load_explicit(&delivery->sealed_raw, memory_order_relaxed);
    int64_t stored = atomic_load_explicit(&delivery->sealed_stored, memory_order_relaxed);
    int64_t records = atomic_load_explicit(&delivery->records_read, memory_order_relaxed);
    int64_t bytes = atomic_load_explicit(&delivery->bytes_in, memory_order_relaxed);
    struct wave_price price = {
        .ratio = raw > 1024 * 1024               ? (double)stored / (double)raw
                 : compression->content_encoding ? 0.5
                                                 : 1,
        .state_bytes = (int64_t)compression->state_bytes,
        .lazy_bytes = open_object_lazy_bytes(compression),
        .record_bytes = records > 100 ? bytes / records + 1 : RECORD_BYTES,
    };

    return price;
}

/* The next whose turn begins; NULL when nobody's does. Three eighths of the budget stay for what is on its way. */
static struct chain *next_turn(struct read *read, const struct wave_price *price)
{
    int64_t room = memory_budget_promise(read->delivery->budget);
    int32_t partition = waves_next(read->waves, price, room, timestamp_monotonic());

    return partition < 0 ? NULL : read_chain(read, partition);
}

void read_turns_take_over(struct read *read, const struct partition_offsets *partitions)
{
    struct wave_price price = price_now(read);

    for (size_t i = 0; i < partitions->count; i++) {
        struct chain *chain = read_chain(read, partitions->rows[i].partition);
        waves_leave(read->waves, chain->partition);
        if (partitions->rows[i].offset != OFFSET_NONE)
            waves_join(read->waves, chain->partition, chain_behind(chain));
    }
    for (struct chain *chain; (chain = next_turn(read, &price));)
        if (partition_offsets_get(partitions, chain->partition) == OFFSET_NONE)
            chain->seek_to = chain->next_read; /* somebody from before */
    for (size_t i = 0; i < partitions->count; i++)
        if (waves_place(read->waves, partitions->rows[i].partition) == WAVE_WAITING) /* not ours yet: only noted */
            kafka_reader_stop_partition(read->kafka, partitions->rows[i].partition);
}

bool read_turns_is_on(const struct read *read, const struct chain *chain)
{
    return waves_place(read->waves, chain->partition) != WAVE_WAITING;
}

void read_turns_record(struct read *read, struct chain *chain, size_t bytes)
{
    if (waves_record(read->waves, chain->partition, (int64_t)bytes + 1, timestamp_monotonic()))
        chain->stop_wanted = read->tend_soon = true; /* this one still belongs to the turn */
}

bool read_turns_may_seek(struct read *read, struct chain *chain)
{
    if (chain->state != CHAIN_READING || chain->stalled)
        return false; /* stopped, and sought when it reads on */
    chain->next_read = chain->seek_to;
    waves_join(read->waves, chain->partition, chain_behind(chain) > 0 ? chain_behind(chain) : 1);
    if (waves_place(read->waves, chain->partition) != WAVE_WAITING)
        return true;
    kafka_reader_stop_partition(read->kafka, chain->partition);
    return false;
}

static void end_turns(struct read *read, int64_t now)
{
    int64_t quiet_since = (read->blocked_at > now - QUIET_MS ? 0 : now - QUIET_MS);
    bool waiting = waves_count(read->waves, WAVE_WAITING) > 0;
    struct partition_offsets ended;

    partition_offsets_init(&ended);
    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];
        if (!chain->owned || chain->state != CHAIN_READING || chain->stalled)
            waves_leave(read->waves, chain->partition);
        else if (waiting && waves_end_quiet(read->waves, chain->partition, quiet_since, chain_behind(chain)))
            partition_offsets_set(&ended, chain->partition, chain->next_read);
    }
    if (ended.count > 0)
        kafka_reader_stop_all(read->kafka, &ended);
    partition_offsets_clear(&ended);
}

static void begin_turns(struct read *read)
{
    struct wave_price price = price_now(read);
    struct partition_offsets begun;
    struct chain *chain;

    partition_offsets_init(&begun);
    while ((chain = next_turn(read, &price)))
        partition_offsets_set(&begun, chain->partition, chain->next_read);
    kafka_reader_seek_all(read->kafka, &begun);
    for (size_t i = 0; i < begun.count; i++)
        if (begun.rows[i].error)
            read_park(read, read_chain(read, begun.rows[i].partition), 5000, "cannot seek to %" PRId64 ": %.300s",
                      begun.rows[i].offset, begun.rows[i].error);
    partition_offsets_clear(&begun);
}

void read_turns_tend(struct read *read)
{
    end_turns(read, timestamp_monotonic());
    if (waves_count(read->waves, WAVE_WAITING) > 0)
        begin_turns(read);
    memory_budget_ask_back(read->delivery->budget, waves_count(read->waves, WAVE_WAITING) > 0);
}
