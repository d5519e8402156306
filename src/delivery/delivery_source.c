/* Where a partition goes on, decided from facts.
 *
 * The rules are C1 to C5 of the delivery protocol: the commit is the chain position; its metadata must name this plan
 * and place; a missing commit is filled in from the stream object; retention passing the position is a loss only where
 * neither the bucket nor `seen` say otherwise.
 */
#include "delivery/delivery_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/delivery_turns.h"

enum { ASK_MS = 15 * 1000, ASK_TRIES = 4 };

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
    chain->seek_to = OFFSET_NONE;
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

/* Asks again for a while: a rebalance often meets a coordinator that moves. */
static bool ask_kafka(struct read *read, struct partition_offsets *committed, struct partition_offsets *starts,
                      struct partition_offsets *ends, struct error *err)
{
    for (int attempt = 0; attempt < ASK_TRIES; attempt++) {
        if (kafka_reader_committed(read->kafka, committed, ASK_MS, err) &&
            kafka_reader_range(read->kafka, committed, ASK_MS, starts, ends, err))
            return true;
        if (!err->retriable || atomic_load(&read->delivery->abort) || atomic_load(&read->delivery->drain))
            break;
    }
    return error_prefix(err, "cannot take over partitions");
}

void read_take_over(struct read *read, struct partition_offsets *partitions)
{
    struct partition_offsets committed, starts, ends;
    struct error err;

    partition_offsets_init(&committed);
    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    for (size_t i = 0; i < partitions->count; i++)
        partition_offsets_row(&committed, partitions->rows[i].partition);
    bool ok = ask_kafka(read, &committed, &starts, &ends, &err);
    for (size_t i = 0; i < partitions->count; i++) {
        struct partition_offset *row = &partitions->rows[i];
        struct chain *chain = read_chain(read, row->partition);
        int64_t log_start = partition_offsets_get(&starts, row->partition);
        row->offset = OFFSET_NONE;
        ok = ok && find_position(read, chain, partition_offsets_find(&committed, row->partition), &err);
        if (!ok)
            continue;
        if (is_added_to_bounded(read, row->partition))
            chain->until = chain->position; /* not part of an --until plan */
        row->offset = begin_chain(read, chain, log_start);
        chain->end = partition_offsets_get(&ends, row->partition);
    }
    if (ok)
        read_turns_take_over(read, partitions);
    else
        read_fail(read, &err);
    partition_offsets_clear(&ends);
    partition_offsets_clear(&committed);
    partition_offsets_clear(&starts);
}
