/* The commits that follow the chain, and what they tell of other instances. */
#include "delivery/delivery_commit.h"

#include <string.h>

enum {
    COMMIT_MS = 5 * 1000,
    COMMIT_LEAST_MS = 1000,
    ASK_MS = 5 * 1000,
    END_ASK_MS = 2000,
    PARKS_ENOUGH = 3,
    LAST_MS = 15 * 1000,
    REJOIN_MS = 100
};

static void write_metadata(const struct read *read, const struct chain *chain, char metadata[COMMIT_METADATA_SIZE])
{
    commit_metadata_write(read->stream, chain_seen(chain), chain_lost(chain), read->delivery->settings.instance,
                          metadata);
}

int64_t read_time_left(const struct read *read, int64_t most_ms, int64_t least_ms)
{
    int64_t left = read->stop_by ? read->stop_by - timestamp_monotonic() : most_ms;

    return left < least_ms ? least_ms : left > most_ms ? most_ms : left;
}

static bool commit_dirty(struct read *read, bool wait, struct error *err)
{
    struct partition_offsets offsets;
    bool ok = true;

    partition_offsets_init(&offsets);
    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];
        char metadata[COMMIT_METADATA_SIZE];
        if (!chain->owned || !chain->dirty || chain->position == OFFSET_NONE)
            continue;
        write_metadata(read, chain, metadata);
        struct partition_offset *row = partition_offsets_row(&offsets, chain->partition);
        row->offset = chain->position;
        row->metadata = memory_copy_text(metadata);
        chain->dirty = false;
    }
    if (offsets.count > 0 &&
        !kafka_reader_commit(read->kafka, &offsets, wait, (int)read_time_left(read, COMMIT_MS, COMMIT_LEAST_MS), err)) {
        ok = false;
        for (size_t i = 0; i < offsets.count; i++)
            read_chain(read, offsets.rows[i].partition)->dirty = true;
    } else if (wait) {
        for (size_t i = 0; i < offsets.count; i++)
            read_chain(read, offsets.rows[i].partition)->committed = offsets.rows[i].offset;
    }
    partition_offsets_clear(&offsets);
    return ok;
}

static void tell_failure(struct read *read, const struct error *err)
{
    delivery_say(read->delivery, LOG_WARNING, "cannot commit, a restart walks the chain instead: %s", err->message);
}

void read_commit(struct read *read, bool wait)
{
    struct error err;

    if (commit_dirty(read, wait, &err))
        return;
    tell_failure(read, &err);
    read->next_commit = timestamp_monotonic() + 1000;
}

void read_take_commit(struct read *read, const struct partition_offset *row)
{
    struct chain *chain = read_chain(read, row->partition);
    char metadata[COMMIT_METADATA_SIZE];

    chain->committed = row->offset;
    write_metadata(read, chain, metadata);
    if (row->offset != chain->position || (row->metadata && strcmp(row->metadata, metadata) != 0))
        chain->dirty = chain->owned;
}

void read_commit_last(struct read *read)
{
    int64_t deadline = timestamp_monotonic() + read_time_left(read, LAST_MS, 0);
    struct error err;
    bool ok;

    while (!(ok = commit_dirty(read, true, &err)) && timestamp_monotonic() < deadline && !read->failed &&
           !atomic_load(&read->delivery->abort)) {
        kafka_reader_hold(read->kafka, true);
        kafka_reader_poll(read->kafka, 1, REJOIN_MS);
    }
    if (!ok)
        tell_failure(read, &err);
}

bool read_upload_is_parked(struct read *read, int32_t partition)
{
    pthread_mutex_lock(&read->delivery->shared.lock);
    bool parked = delivery_partition_locked(read->delivery, partition)->upload_parked;
    pthread_mutex_unlock(&read->delivery->shared.lock);
    return parked;
}

/* Partitions of other instances are looked up in the group's commits: a finished instance stays a member until all
 * chains have reached their end. */
static bool others_have_ended(struct read *read, const struct partition_offsets *others)
{
    struct partition_offsets committed;
    bool ended = true;
    struct error err;

    partition_offsets_init(&committed);
    for (size_t i = 0; i < others->count; i++)
        partition_offsets_row(&committed, others->rows[i].partition);
    if (others->count > 0 && !kafka_reader_committed(read->kafka, &committed, ASK_MS, &err))
        ended = false;
    for (size_t i = 0; ended && i < committed.count; i++) {
        const struct partition_offset *row = &committed.rows[i];
        struct commit_metadata metadata = { .seen = OFFSET_NONE };
        int64_t until = read->stream->plan->rows[row->partition].until;
        int64_t position = row->offset == OFFSET_NONE ? read_plan_start(read, row->partition) : row->offset;
        if (row->offset != OFFSET_NONE && !commit_metadata_read(row->metadata, &metadata))
            ended = false;
        else
            ended = position >= until || metadata.seen >= until || metadata.lost.end >= until;
    }
    partition_offsets_clear(&committed);
    return ended;
}

bool read_all_ended(struct read *read)
{
    const struct cutover_plan *plan = read->stream->plan;
    struct partition_offsets others;
    bool ended = true;

    if (plan->count == 0 || plan->rows[0].until == OFFSET_NONE)
        return false;
    partition_offsets_init(&others);
    for (size_t i = 0; ended && i < plan->count; i++) {
        struct chain *chain = read_chain(read, (int32_t)i);
        if (!chain->owned)
            partition_offsets_row(&others, chain->partition);
        else if (chain->state == CHAIN_DONE)
            ended = true;
        else if (chain->state == CHAIN_PARKED)
            ended = chain->retry_at == INT64_MAX || chain->parks > PARKS_ENOUGH;
        else
            ended = chain->state != CHAIN_WAITING && chain->state != CHAIN_ASKING && chain->state != CHAIN_TAKING &&
                    read_upload_is_parked(read, chain->partition);
    }
    if (ended && others.count > 0) {
        read->next_end_check = timestamp_monotonic() + END_ASK_MS;
        ended = others_have_ended(read, &others);
    }
    partition_offsets_clear(&others);
    return ended;
}
