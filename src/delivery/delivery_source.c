/* Where a partition goes on, decided from facts.
 *
 * The rules are C1 to C5 of the delivery protocol: the commit is the chain position; its metadata must name this plan
 * and place; a missing commit is filled in from the stream object; retention passing the position is a loss only where
 * neither the bucket nor `seen` say otherwise.
 */
#include "delivery/delivery_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/delivery_turns.h"

enum { ASK_MS = 5 * 1000, END_MS = 2 * 1000, TAKE_FIRST_MS = 1000, TAKE_MOST_MS = 30 * 1000 };

/* C3: a commit of another plan, place or tool at our group is never built upon. */
static bool commit_is_ours(struct read *read, const struct partition_offset *row, struct commit_metadata *metadata,
                           struct error *err)
{
    char place[9];

    stream_place_hash(read->stream, place);
    if (!commit_metadata_read(row->metadata, metadata))
        return error_set(err, ERROR_REFUSED,
                         "the commit of group headgate-%s for partition %d (offset %" PRId64 ") was not made by "
                         "headgate (metadata \"%.60s\"); nothing is read on top of it",
                         read->stream->stream, (int)row->partition, row->offset, row->metadata ? row->metadata : "");
    if (strcmp(metadata->plan, read->stream->plan->id) != 0 || strcmp(metadata->place, place) != 0)
        return error_set(err, ERROR_REFUSED,
                         "group headgate-%s has a commit of plan %s at place %s, but the stream object here is plan %s "
                         "at place %s: give --bucket and --prefix of the former, or use another stream name",
                         read->stream->stream, metadata->plan, metadata->place, read->stream->plan->id, place);
    return true;
}

/* The chain position from commit or plan (C5). The chain of a partition added later begins at 0 whoever asks first and
 * whenever: the log start of the moment would be another start each time. */
static bool find_position(struct read *read, struct chain *chain, const struct partition_offset *committed,
                          struct error *err)
{
    int64_t plan_start = read_plan_start(read, chain->partition);
    struct commit_metadata metadata = { .seen = OFFSET_NONE };

    chain->committed = OFFSET_NONE;
    chain->dirty = true;
    if (committed && committed->offset != OFFSET_NONE) {
        if (!commit_is_ours(read, committed, &metadata, err))
            return false;
        chain->position = chain->committed = committed->offset;
        chain->dirty = false;
    } else if (plan_start != OFFSET_NONE) {
        chain->position = plan_start;
        delivery_say(read->delivery, LOG_INFO, "partition %d has no commit: it goes on from the plan's start",
                     (int)chain->partition);
    } else {
        chain->position = 0;
        delivery_say(read->delivery, LOG_INFO, "partition %d was added after the plan: its chain begins at 0",
                     (int)chain->partition);
    }
    if (plan_start != OFFSET_NONE && chain->position < plan_start)
        chain->position = plan_start; /* the chain cannot begin before the plan: a commit moved back from outside */
    chain->empty_start = chain->lost_at = committed ? committed->offset : OFFSET_NONE;
    chain->empty_next = metadata.seen;
    chain->lost = metadata.lost;
    chain->lost_said = 0;
    chain->may_lose = false;
    return true;
}

/* Where reading of a fresh chain begins, or OFFSET_NONE when it need not or cannot be read now. A log start that is
 * past the position, or unknown, is looked at outside of the rebalance: that takes a listing. */
static int64_t begin_chain(struct read *read, struct chain *chain, int64_t log_start)
{
    int64_t reach = chain_reach(chain);

    chain->owned = true;
    chain->state = CHAIN_READING;
    chain->end = OFFSET_NONE;
    chain->stop_wanted = chain->stalled = false;
    chain->parks = 0;
    chain->note[0] = '\0';
    chain->owned_since = timestamp_monotonic();
    read_begin(read, chain);
    if (chain->until != OFFSET_NONE && reach >= chain->until)
        chain->state = CHAIN_DONE;
    else if (log_start == OFFSET_NONE || reach < log_start)
        chain_overtaken(chain);
    else
        chain->next_read = chain->position >= log_start ? chain->position : log_start;
    if (chain_lost(chain).end > chain->next_read)
        chain->next_read = chain_lost(chain).end;
    return chain->state == CHAIN_READING ? chain->next_read : OFFSET_NONE;
}

static bool is_added_to_bounded(const struct read *read, int32_t partition)
{
    const struct cutover_plan *plan = read->stream->plan;

    return (size_t)partition >= plan->count && plan->count > 0 && plan->rows[0].until != OFFSET_NONE;
}

/* One try. It may block for 15 s where brokers hardly answer, and for 5 s where they do not. */
static bool ask_kafka(struct read *read, struct partition_offsets *committed, struct partition_offsets *starts,
                      struct partition_offsets *ends, struct error *err)
{
    return (kafka_reader_committed(read->kafka, committed, ASK_MS, err) &&
            kafka_reader_range(read->kafka, committed, ASK_MS, starts, ends, err)) ||
           error_prefix(err, "cannot take over partitions");
}

/* Begins the chains and says in the rows where they are read on; false where Kafka does not say where that is. */
static bool take_over(struct read *read, struct partition_offsets *partitions, struct error *err)
{
    struct partition_offsets committed, starts, ends;

    partition_offsets_init(&committed);
    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    for (size_t i = 0; i < partitions->count; i++)
        partition_offsets_row(&committed, partitions->rows[i].partition);
    bool ok = ask_kafka(read, &committed, &starts, &ends, err);
    for (size_t i = 0; ok && i < partitions->count; i++) {
        struct partition_offset *row = &partitions->rows[i];
        struct chain *chain = read_chain(read, row->partition);
        int64_t log_start = partition_offsets_get(&starts, row->partition);
        ok = find_position(read, chain, partition_offsets_find(&committed, row->partition), err);
        if (!ok)
            continue;
        if (is_added_to_bounded(read, row->partition))
            chain->until = chain->position; /* not part of an --until plan */
        row->offset = begin_chain(read, chain, log_start);
        chain->end = partition_offsets_get(&ends, row->partition);
    }
    partition_offsets_clear(&ends);
    partition_offsets_clear(&committed);
    partition_offsets_clear(&starts);
    return ok;
}

/* Ours, and not begun. */
static void wait_to_take(struct read *read, struct chain *chain)
{
    chain->owned = true;
    chain->state = CHAIN_TAKING;
    chain->position = chain->committed = chain->end = OFFSET_NONE;
    chain->empty_start = chain->empty_next = chain->lost_at = OFFSET_NONE;
    chain->lost = (struct offset_range){ 0 };
    chain->stop_wanted = chain->stalled = chain->dirty = false;
    read_begin(read, chain);
}

/* Asks again later, for ever, with longer and longer breaks: what keeps Kafka from telling passes. */
static void try_later(struct read *read, const struct partition_offsets *partitions, const struct error *err)
{
    int64_t now = timestamp_monotonic();

    if (read->take_wait_ms == 0)
        read->take_since = now;
    read->take_wait_ms = read->take_wait_ms == 0                 ? TAKE_FIRST_MS
                         : read->take_wait_ms < TAKE_MOST_MS / 2 ? read->take_wait_ms * 2
                                                                 : TAKE_MOST_MS;
    read->take_at = now + read->take_wait_ms;
    for (size_t i = 0; i < partitions->count; i++)
        snprintf(read->chains[partitions->rows[i].partition].note, sizeof(read->chains->note), "%.360s", err->message);
    delivery_say(read->delivery, LOG_WARNING, "%.400s; since %lld s, asked again in %lld s", err->message,
                 (long long)(now - read->take_since) / 1000, (long long)read->take_wait_ms / 1000);
}

static void tell_taken(struct read *read, size_t count)
{
    size_t waiting = waves_count(read->waves, WAVE_WAITING);

    if (waiting > 0)
        delivery_say(read->delivery, LOG_INFO,
                     "%zu partitions taken over, %zu of them waiting for their turn: a wave reads %zu", count, waiting,
                     waves_count(read->waves, WAVE_READING));
    else
        delivery_say(read->delivery, LOG_INFO, "%zu %s taken over", count, count == 1 ? "partition" : "partitions");
}

void read_take_over(struct read *read, struct partition_offsets *partitions)
{
    struct error err;

    for (size_t i = 0; i < partitions->count; i++) {
        partitions->rows[i].offset = OFFSET_NONE;
        wait_to_take(read, read_chain(read, partitions->rows[i].partition));
    }
    if (take_over(read, partitions, &err)) {
        read_turns_take_over(read, partitions);
        tell_taken(read, partitions->count);
    } else if (err.retriable) {
        try_later(read, partitions, &err);
    } else {
        read_fail(read, &err);
    }
}

bool read_is_behind_end(struct read *read, struct chain *chain, int64_t next)
{
    struct partition_offsets asked, ends;
    struct error err;

    if (chain->end != OFFSET_NONE && next <= chain->end)
        return false;
    partition_offsets_init(&asked);
    partition_offsets_init(&ends);
    partition_offsets_row(&asked, chain->partition);
    bool told = kafka_reader_range(read->kafka, &asked, END_MS, NULL, &ends, &err) &&
                partition_offsets_get(&ends, chain->partition) != OFFSET_NONE;
    if (told)
        chain->end = partition_offsets_get(&ends, chain->partition);
    partition_offsets_clear(&asked);
    partition_offsets_clear(&ends);
    return told && next > chain->end;
}

void read_tend_take_over(struct read *read)
{
    struct partition_offsets partitions;
    struct error err;

    if (read->take_wait_ms == 0 || timestamp_monotonic() < read->take_at)
        return;
    partition_offsets_init(&partitions);
    for (size_t i = 0; i < read->chain_count; i++)
        if (read->chains[i].owned && read->chains[i].state == CHAIN_TAKING)
            partition_offsets_set(&partitions, (int32_t)i, OFFSET_NONE);
    if (partitions.count == 0) {
        read->take_wait_ms = 0;
    } else if (take_over(read, &partitions, &err)) {
        read->take_wait_ms = 0;
        for (size_t i = 0; i < partitions.count; i++)
            read->chains[partitions.rows[i].partition].seek_to = partitions.rows[i].offset;
        tell_taken(read, partitions.count);
    } else if (err.retriable) {
        try_later(read, &partitions, &err);
    } else {
        read_fail(read, &err);
    }
    partition_offsets_clear(&partitions);
}
