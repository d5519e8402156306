/* Reader thread. Owns: the group membership (struct kafka_reader), the chain of each partition, all commits.
 * Gets: records and rebalances from Kafka; settled objects and fences from the uploader. Gives: batches and orders to
 * the encoders.
 *
 * It is the only thread that waits for memory. While it waits long it holds the partitions and keeps polling, so that
 * the group does not lose a member because S3 is away.
 */
#include "delivery/chain_walk.h"
#include "delivery/delivery_commit.h"
#include "delivery/delivery_loss.h"
#include "delivery/delivery_source.h"
#include "delivery/delivery_turns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_RECORDS = 1000, /* of one poll: about 0.6 MB of clickstream; larger ones end it sooner */
    POLL_MS = 50,
    MEMORY_WAIT_MS = 20,
    HOLD_AFTER_MS = 2000, /* what was prefetched is thrown away, so not for short waits */
    PUBLISH_MS = 100,
    UNREACHABLE_MS = 2000, /* a broker that is started anew is away for less */
    END_CHECK_MS = 250,
    /* A signal ends a process within 35 s though nobody answers it: 27 s to store what is open, one to commit, one to leave,
     * two to close the client, and what the others of the engine take. */
    DRAIN_MS = 27 * 1000,
    STOP_MS = 28 * 1000,
    LEAVE_LEAST_MS = 1000,
    REVOKE_MS = 5 * 1000,
    PARK_FIRST_MS = 5 * 1000,
    PARK_RETRY_MS = 60 * 1000,
    TEND_ALWAYS = 256, /* chains */
    TEND_MS = 100,     /* with more; a look at 10,000 of them costs about 1 ms */
    TEND_SOON_MS = 10,
    TURNS_LEAST = 8, /* partitions read at a time whatever the memory: as many as upload at a time */
};

/* --- what Kafka brings ----------------------------------------------------------------------------------------------- */

/* The --until end is met: what is open is the last object. */
static void meet_end(struct read *read, struct chain *chain)
{
    chain->state = CHAIN_ENDING;
    chain->stop_wanted = read->tend_soon = true;
    read_fence(read, chain, ROTATION_END, chain->until);
}

static void on_record(void *context, const struct kafka_record *record)
{
    struct read *read = context;
    struct chain *chain = read_chain(read, record->partition);

    if (!chain->owned || chain->state != CHAIN_READING || chain->seek_to != OFFSET_NONE ||
        record->offset < chain->next_read || !read_turns_is_on(read, chain))
        return;
    if (chain->until != OFFSET_NONE && record->offset >= chain->until) {
        meet_end(read, chain);
        return;
    }
    read_turns_record(read, chain, record->value_length);
    if (read->batch && (read->batch->partition != record->partition || read->batch->epoch != chain->epoch ||
                        record_batch_is_full(read->batch)))
        read_send_batch(read);
    if (!read->batch)
        read->batch = record_batch_new(record->partition, chain->epoch);
    record_batch_add(read->batch, record);
    chain->next_read = record->offset + 1;
    chain->time = record->time;
    atomic_fetch_add_explicit(&read->delivery->records_read, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&read->delivery->bytes_in, (int64_t)record->value_length, memory_order_relaxed);
}

static void on_end_of_partition(void *context, int32_t partition, int64_t offset)
{
    struct read *read = context;
    struct chain *chain = read_chain(read, partition);
    struct encoder_message *message;

    if (!chain->owned || chain->seek_to != OFFSET_NONE || offset < chain->next_read)
        return;
    chain->end = offset;
    if (chain->state != CHAIN_READING || !read_turns_is_on(read, chain))
        return;
    waves_at_end(read->waves, partition);
    read->tend_soon |= waves_count(read->waves, WAVE_WAITING) > 0;
    if (chain->until != OFFSET_NONE && offset >= chain->until) {
        meet_end(read, chain);
        return;
    }
    chain->next_read = offset;
    read_send_batch(read);
    message = encoder_message_new(ENCODER_EMPTY, partition, chain->epoch);
    message->offset = offset;
    delivery_send_encoder(read->delivery, message);
}

static void on_assigned(void *context, struct partition_offsets *partitions)
{
    struct read *read = context;

    read->assigned_once = true;
    read_take_over(read, partitions);
}

static bool fences_are_out(struct read *read, const struct partition_offsets *partitions)
{
    for (size_t i = 0; i < partitions->count; i++)
        if (read_chain(read, partitions->rows[i].partition)->fences > 0)
            return true;
    return false;
}

static void take_messages(struct read *read, int wait_ms);

/* Stores and commits what can be done in 5 s; the rest is dropped and read again by the next owner. */
static void finish_revoked(struct read *read, const struct partition_offsets *partitions)
{
    int64_t deadline = timestamp_monotonic() + REVOKE_MS;

    for (size_t i = 0; i < partitions->count; i++)
        read_fence(read, read_chain(read, partitions->rows[i].partition), ROTATION_REVOKE, OFFSET_NONE);
    while (fences_are_out(read, partitions) && timestamp_monotonic() < deadline && !read->failed)
        take_messages(read, MEMORY_WAIT_MS);
    read_commit(read, true);
}

static void on_revoked(void *context, const struct partition_offsets *partitions, bool lost)
{
    struct read *read = context;
    struct upload_message *message;

    if (!lost && !read->closing)
        finish_revoked(read, partitions);
    for (size_t i = 0; i < partitions->count; i++) {
        struct chain *chain = read_chain(read, partitions->rows[i].partition);
        message = upload_message_new(UPLOAD_DROP, chain->partition, chain->epoch);
        chain->owned = false;
        waves_leave(read->waves, chain->partition);
        chain->stop_wanted = false;
        chain->stalled = false;
        chain->dirty = false;
        read_begin(read, chain);
        delivery_send_uploader(read->delivery, message);
    }
    if (!read->closing)
        delivery_say(read->delivery, LOG_INFO, "%zu %s %s", partitions->count,
                     partitions->count == 1 ? "partition" : "partitions",
                     lost ? "taken away by the group" : "handed back");
}

static void on_partition_error(void *context, int32_t partition, bool out_of_range, const struct error *err)
{
    struct read *read = context;
    struct chain *chain = read_chain(read, partition);

    if (!chain->owned || chain->state == CHAIN_DONE || chain->state == CHAIN_ENDING || chain->state == CHAIN_TAKING)
        return;
    if (out_of_range) {
        /* Store what was read before; then the log start decides between loss and a truncated topic. */
        chain_overtaken(chain);
    } else {
        /* A partition that was just added may be unknown to its broker for a moment. */
        read_park(read, chain, chain->parks == 0 ? PARK_FIRST_MS : PARK_RETRY_MS, "%s", err->message);
    }
    read_fence(read, chain, ROTATION_FLUSH, OFFSET_NONE);
}

static void on_fatal(void *context, const struct error *err)
{
    read_fail(context, err);
}

static void on_committed(void *context, const struct partition_offsets *offsets, const struct error *err)
{
    struct read *read = context;

    for (size_t i = 0; i < offsets->count; i++) {
        struct chain *chain = read_chain(read, offsets->rows[i].partition);
        if (err || offsets->rows[i].error)
            chain->dirty = chain->owned;
        else
            read_take_commit(read, &offsets->rows[i]);
    }
    if (err) {
        read->next_commit = timestamp_monotonic() + 1000;
        delivery_say(read->delivery, LOG_WARNING, "commit refused, tried again: %s", err->message);
    }
}

static const struct kafka_reader_events reader_events = {
    .record = on_record,
    .end_of_partition = on_end_of_partition,
    .assigned = on_assigned,
    .revoked = on_revoked,
    .partition_error = on_partition_error,
    .fatal = on_fatal,
    .committed = on_committed,
};

/* --- what the uploader brings ---------------------------------------------------------------------------------------- */

/* Not adopted, and nothing is committed: what was read is dropped, and the same question comes up again later. */
static void refuse_winner(struct read *read, struct chain *chain, int64_t next)
{
    read_begin(read, chain);
    chain->stalled = false;
    read_park(read, chain, PARK_RETRY_MS,
              "the object stored at %" PRId64 " says that the partition goes on at %" PRId64 ", but it ends at %" PRId64
              ": truncated, or the object is not part of this plan",
              chain->position, next, chain->end);
}

static void on_settled(struct read *read, const struct reader_message *message)
{
    struct chain *chain = read_chain(read, message->partition);

    if (!chain->owned || message->epoch != chain->epoch || message->start != chain->position)
        return;
    if (message->restart && read_is_behind_end(read, chain, message->next)) {
        refuse_winner(read, chain, message->next);
        return;
    }
    if (message->restart)
        read_overrule_loss(read, chain);
    chain->lost_said = 0;
    chain->position = message->next;
    chain->dirty = true;
    chain->parks = 0;
    if (chain->stalled && chain->state == CHAIN_READING)
        chain->seek_to = chain->next_read;
    chain->stalled = false;
    read->tend_soon |= chain->seek_to != OFFSET_NONE || message->restart;
    if (!message->restart)
        return;
    chain->state = CHAIN_READING;
    read_begin(read, chain);
    if (chain->until != OFFSET_NONE && chain->position >= chain->until)
        chain->state = CHAIN_DONE;
    else
        chain->seek_to = chain->position;
    chain->stop_wanted = chain->state == CHAIN_DONE;
}

static void on_empty(struct read *read, const struct reader_message *message)
{
    struct chain *chain = read_chain(read, message->partition);

    if (!chain->owned || message->epoch != chain->epoch || message->next <= message->start)
        return;
    chain->empty_start = message->start;
    chain->empty_next = message->next;
    chain->dirty = true;
}

static void on_fence(struct read *read, const struct reader_message *message)
{
    struct chain *chain = read_chain(read, message->partition);

    chain->fences--;
    on_empty(read, message);
    if (!chain->owned || message->epoch != chain->epoch || message->reason != ROTATION_END)
        return;
    if (chain_reach(chain) >= chain->until) {
        chain->state = CHAIN_DONE;
        chain->dirty = true;
    }
}

/* The others go on: what this partition would still read must not eat the memory they need. */
static void on_stuck(struct read *read, const struct reader_message *message)
{
    struct chain *chain = read_chain(read, message->partition);

    if (!chain->owned || message->epoch != chain->epoch || chain->stalled)
        return;
    chain->stalled = true;
    chain->stop_wanted = true;
}

static void handle(struct read *read, struct reader_message *message)
{
    if (message->kind == READER_SETTLED)
        on_settled(read, message);
    else if (message->kind == READER_EMPTY)
        on_empty(read, message);
    else if (message->kind == READER_FENCE)
        on_fence(read, message);
    else if (message->kind == READER_STUCK)
        on_stuck(read, message);
    else
        read_fail(read, &message->error);
    free(message);
}

/* Handles what waits; waits up to wait_ms for the first. */
static void take_messages(struct read *read, int wait_ms)
{
    struct reader_message *message;

    while ((message = queue_receive(read->delivery->to_reader, wait_ms))) {
        handle(read, message);
        wait_ms = 0;
    }
}

/* --- the loop -------------------------------------------------------------------------------------------------------- */

static void stop_wanted(struct read *read)
{
    struct partition_offsets stopped;

    partition_offsets_init(&stopped);
    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];
        if (chain->owned && chain->stop_wanted)
            partition_offsets_set(&stopped, chain->partition, chain->next_read);
        chain->stop_wanted = chain->stop_wanted && !chain->owned;
    }
    if (stopped.count > 0)
        kafka_reader_stop_all(read->kafka, &stopped);
    partition_offsets_clear(&stopped);
}

/* What callbacks left to be done, and what time has made due. */
static void tend_chains(struct read *read)
{
    int64_t now = timestamp_monotonic();
    struct error err;

    stop_wanted(read);
    read_tend_take_over(read);
    read_tend_losses(read);
    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];
        if (!chain->owned)
            continue;
        if (chain->state == CHAIN_WAITING && now >= chain->retry_at)
            chain_overtaken(chain);
        else if (chain->state == CHAIN_PARKED && now >= chain->retry_at && chain->fences == 0)
            chain_retry(chain);
        if (chain->seek_to == OFFSET_NONE)
            continue;
        if (!read_turns_may_seek(read, chain)) {
            chain->seek_to = OFFSET_NONE;
            continue;
        }
        if (!kafka_reader_seek(read->kafka, chain->partition, chain->seek_to, &err))
            read_park(read, chain, 5000, "cannot seek to %" PRId64 ": %.300s", chain->seek_to, err.message);
        chain->seek_to = OFFSET_NONE;
    }
}

/* With thousands of chains not on every poll. */
static void tend(struct read *read)
{
    int64_t now = timestamp_monotonic();

    if (read->chain_count > TEND_ALWAYS && now < read->next_tend - (read->tend_soon ? TEND_MS - TEND_SOON_MS : 0))
        return;
    read->next_tend = now + TEND_MS;
    read->tend_soon = false;
    tend_chains(read);
    read_turns_tend(read);
}

static enum delivery_partition_state shown_state(const struct chain *chain)
{
    if (!chain->owned)
        return DELIVERY_PARTITION_ELSEWHERE;
    if (chain->state == CHAIN_DONE)
        return DELIVERY_PARTITION_DONE;
    if (chain->state == CHAIN_PARKED || chain->state == CHAIN_WAITING || chain->state == CHAIN_ASKING)
        return DELIVERY_PARTITION_PARKED;
    if (chain->state == CHAIN_TAKING)
        return DELIVERY_PARTITION_WAITING;
    return DELIVERY_PARTITION_READING;
}

/* What is not stored when a partition goes, its next owner reads again. */
static int64_t next_to_read(const struct chain *chain, bool keeps)
{
    if (keeps)
        return chain->next_read;
    return chain->position == OFFSET_NONE ? OFFSET_NONE : chain_reach(chain);
}

/* What a takeover waits for, and since when. */
static void publish_taking_locked(const struct read *read, struct chain *chain, struct delivery_partition *row)
{
    bool taking = chain->owned && chain->state == CHAIN_TAKING;

    if (taking)
        snprintf(row->note, sizeof(row->note), "since %lld s: %.360s",
                 (long long)(timestamp_monotonic() - read->take_since) / 1000, chain->note);
    else if (chain->note_shown)
        row->note[0] = '\0';
    chain->note_shown = taking;
}

/* The uploader writes notes of its own into a row that reads on; the chain's states come first. */
static void publish_chain_locked(const struct chain *chain, enum wave_place place, struct delivery_partition *row)
{
    enum delivery_partition_state state = shown_state(chain);

    if (state == DELIVERY_PARTITION_READING && place == WAVE_WAITING)
        state = DELIVERY_PARTITION_WAITING;

    if (!chain->owned)
        row->upload_parked = false;
    if (row->state == DELIVERY_PARTITION_PARKED && state != DELIVERY_PARTITION_PARKED && !row->upload_parked)
        row->note[0] = '\0';
    row->state = row->upload_parked ? DELIVERY_PARTITION_PARKED : state;
    if (state == DELIVERY_PARTITION_PARKED)
        snprintf(row->note, sizeof(row->note), "%s", chain->note);
    row->asks_lost = chain->owned && chain->state == CHAIN_ASKING;
    row->delivered = chain->position;
    row->committed = chain->committed;
    row->position = next_to_read(chain, chain->owned);
    row->end = chain->end > row->end ? chain->end : row->end;
    row->next_time = chain->time;
}

static void publish(struct read *read)
{
    struct delivery *delivery = read->delivery;
    struct delivery_progress *progress = &delivery->shared.progress;

    pthread_mutex_lock(&delivery->shared.lock);
    progress->parked = progress->done = progress->asking = 0;
    progress->reading = waves_count(read->waves, WAVE_READING);
    progress->waiting = waves_count(read->waves, WAVE_WAITING);
    progress->caught_up = waves_count(read->waves, WAVE_CAUGHT_UP);
    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];
        struct delivery_partition *row = delivery_partition_locked(delivery, chain->partition);
        publish_chain_locked(chain, waves_place(read->waves, chain->partition), row);
        publish_taking_locked(read, chain, row);
        progress->parked += row->state == DELIVERY_PARTITION_PARKED;
        progress->asking += row->asks_lost;
        progress->done += row->state == DELIVERY_PARTITION_DONE;
    }
    progress->ask_round = read->ask_round;
    progress->unreachable_ms = read->down_told ? timestamp_monotonic() - read->down_since : 0;
    read->no_broker = kafka_reader_waiting(read->kafka) && (read->down_told || read->no_broker);
    progress->no_broker = read->no_broker;
    progress->waiting_for_member = !read->assigned_once;
    progress->waiting_ms = read->assigned_once ? 0 : timestamp_monotonic() - delivery->started_at;
    pthread_mutex_unlock(&delivery->shared.lock);
    delivery_wake_owner(delivery);
}

/* True when there is room to read on. Without it, membership is kept alive by polling held partitions. */
static bool have_room(struct read *read)
{
    int64_t now = timestamp_monotonic();

    if (memory_budget_wait(read->delivery->budget, read->held ? 0 : MEMORY_WAIT_MS)) {
        read->blocked_since = 0;
        if (read->held)
            kafka_reader_hold(read->kafka, false);
        read->held = false;
        return true;
    }
    read->blocked_at = now;
    if (!read->blocked_since)
        read->blocked_since = now;
    if (!read->held && now - read->blocked_since > HOLD_AFTER_MS) {
        kafka_reader_hold(read->kafka, true);
        read->held = true;
    }
    if (read->held)
        kafka_reader_poll(read->kafka, TURN_RECORDS, POLL_MS);
    return false;
}

/* While paused nothing is read, but the group must see that we poll. */
static bool is_paused(struct read *read)
{
    bool pause = atomic_load(&read->delivery->pause);

    if (pause != read->paused) {
        read->paused = pause;
        delivery_set_state(read->delivery, pause ? DELIVERY_PAUSED : DELIVERY_RUNNING, NULL);
        delivery_say(read->delivery, LOG_INFO, pause ? "paused: nothing is read" : "reading on");
    }
    if (!pause)
        return false;
    read->blocked_at = timestamp_monotonic();
    if (!read->held)
        kafka_reader_hold(read->kafka, true);
    read->held = true;
    kafka_reader_poll(read->kafka, TURN_RECORDS, POLL_MS);
    return true;
}

static void start_draining(struct read *read)
{
    int64_t asked_at = atomic_load(&read->delivery->drain_at);
    int64_t from = asked_at ? asked_at : timestamp_monotonic(); /* or every end is reached */

    read->draining = true;
    read->drain_deadline = from + DRAIN_MS;
    read->stop_by = asked_at ? from + STOP_MS : 0;
    delivery_set_state(read->delivery, DELIVERY_DRAINING, NULL);
    for (size_t i = 0; i < read->chain_count; i++)
        if (read->chains[i].owned)
            read_fence(read, &read->chains[i], ROTATION_STOP, OFFSET_NONE);
}

static bool is_drained(struct read *read)
{
    if (timestamp_monotonic() > read->drain_deadline) {
        delivery_say(read->delivery, LOG_WARNING, "not everything could be stored in %d s; it is read again next time",
                     DRAIN_MS / 1000);
        return true;
    }
    for (size_t i = 0; i < read->chain_count; i++)
        if (read->chains[i].fences > 0 && !read_upload_is_parked(read, (int32_t)i))
            return false;
    return true;
}

static void flush_all(struct read *read)
{
    for (size_t i = 0; i < read->chain_count; i++)
        if (read->chains[i].owned && read->chains[i].state == CHAIN_READING)
            read_fence(read, &read->chains[i], ROTATION_FLUSH, OFFSET_NONE);
}

static void hurry_parked(struct read *read)
{
    read->take_at = 0;
    for (size_t i = 0; i < read->chain_count; i++)
        if (read->chains[i].state == CHAIN_PARKED)
            read->chains[i].retry_at = 0;
}

/* A password that was changed or a session that ended while we run: said once, for nothing else would show it. */
static void tell_refusal(struct read *read)
{
    struct error why;
    bool refused = kafka_reader_refused(read->kafka, &why);

    if (refused && !read->refused)
        delivery_say(read->delivery, LOG_ERROR, "%s; trying again", why.message);
    else if (!refused && read->refused)
        delivery_say(read->delivery, LOG_INFO, "Kafka lets us in again");
    read->refused = refused;
}

/* Brokers that are gone show in no record: said as soon as it is sure, and when they are back. */
static void tell_unreachable(struct read *read)
{
    struct delivery *delivery = read->delivery;
    struct error why;
    int64_t since;
    bool down = kafka_reader_unreachable(read->kafka, &since, &why), tell;

    if (down && atomic_load(&delivery->reached_at) > since) {
        kafka_reader_reached(read->kafka);
        down = false;
    }
    tell = down && timestamp_monotonic() - since >= UNREACHABLE_MS;
    if (tell && !read->down_told)
        delivery_say(delivery, LOG_WARNING, "the brokers cannot be reached, trying again%s%s",
                     why.message[0] ? ": " : "", why.message);
    else if (!tell && read->down_told)
        delivery_say(delivery, LOG_INFO, "the brokers answer again");
    read->down_since = since;
    read->down_told = tell;
    pthread_mutex_lock(&delivery->shared.lock);
    snprintf(delivery->shared.progress.unreachable, sizeof(delivery->shared.progress.unreachable), "%.299s",
             tell ? why.message : "");
    pthread_mutex_unlock(&delivery->shared.lock);
}

static void do_due_work(struct read *read)
{
    int64_t now = timestamp_monotonic();

    if (now >= read->next_commit) {
        read->next_commit = now + 250;
        read_commit(read, false);
    }
    if (now >= read->next_publish) {
        read->next_publish = now + PUBLISH_MS;
        publish(read);
    }
    if (now >= read->next_refused_check) {
        read->next_refused_check = now + 2000;
        tell_refusal(read);
    }
    if (now >= read->next_reach_check) {
        read->next_reach_check = now + 500;
        tell_unreachable(read);
    }
    if (!read->draining && read->assigned_once && now >= read->next_end_check) {
        read->next_end_check = now + END_CHECK_MS;
        if (read_all_ended(read))
            start_draining(read);
    }
}

/* One turn; false when the stream has ended. */
static bool turn(struct read *read)
{
    struct delivery *delivery = read->delivery;

    take_messages(read, read->draining ? MEMORY_WAIT_MS : 0);
    if (atomic_load(&delivery->failing))
        read_fail(read, &delivery->shared.fatal); /* never changes once it is set */
    if (read->failed || atomic_load(&delivery->abort))
        return false;
    if (atomic_load(&delivery->drain) && !read->draining)
        start_draining(read);
    do_due_work(read);
    if (read->draining)
        return !is_drained(read);
    if (atomic_exchange(&delivery->flush, false))
        flush_all(read);
    if (atomic_exchange(&delivery->hurry_parked, false))
        hurry_parked(read);
    tend(read);
    if (is_paused(read) || !have_room(read))
        return true;
    kafka_reader_poll(read->kafka, TURN_RECORDS, POLL_MS);
    read_send_batch(read);
    return true;
}

static bool open_reader(struct read *read, struct error *err)
{
    struct delivery *delivery = read->delivery;
    char *group = stream_group(read->stream->stream);
    struct kafka_reader_settings settings = {
        .kafka = delivery->kafka,
        .group = group,
        .topic = read->stream->plan->topic,
        .want_headers = encoder_find(read->stream->settings.format)->needs_headers,
        .session_timeout_ms = delivery->settings.session_timeout_ms ? delivery->settings.session_timeout_ms : 10000,
    };
    bool ok = kafka_reader_new(&settings, &reader_events, read, &read->kafka, err);

    free(group);
    return ok;
}

/* An abort drops the open objects. */
static void publish_dropped(struct read *read)
{
    struct delivery *delivery = read->delivery;

    pthread_mutex_lock(&delivery->shared.lock);
    delivery->shared.progress.aborted = true;
    for (size_t i = 0; i < read->chain_count; i++) {
        const struct chain *chain = &read->chains[i];
        struct delivery_partition *row = delivery_partition_locked(delivery, chain->partition);

        row->position = next_to_read(chain, false);
        if (chain->owned && row->position != OFFSET_NONE && chain->next_read > row->position)
            row->dropped = chain->next_read - row->position;
    }
    pthread_mutex_unlock(&delivery->shared.lock);
}

static void close_reader(struct read *read)
{
    if (!read->failed && !atomic_load(&read->delivery->abort)) {
        /* A refusal of an earlier commit may not have been heard yet. */
        for (size_t i = 0; i < read->chain_count; i++)
            read->chains[i].dirty |= read->chains[i].owned && read->chains[i].committed != read->chains[i].position;
        read_commit_last(read);
        publish(read);
    } else {
        publish_dropped(read);
    }
    read->closing = true;
    kafka_reader_close(read->kafka, (int)read_time_left(read, KAFKA_LEAVE_MS, LEAVE_LEAST_MS));
    record_batch_free(read->batch);
    chain_listing_free(read->listing);
    s3_client_free(read->s3);
    waves_free(read->waves);
    free(read->chains);
}

/* The end of a stream that was not aborted: as it should be, or for the reason that delivery_end was given. */
static void stop(struct read *read)
{
    struct delivery *delivery = read->delivery;
    struct error why;

    pthread_mutex_lock(&delivery->shared.lock);
    why = delivery->shared.fatal;
    pthread_mutex_unlock(&delivery->shared.lock);
    if (why.kind != ERROR_NONE)
        read_fail(read, &why);
    else
        delivery_set_state(delivery, DELIVERY_STOPPED, NULL);
}

void *delivery_read_thread(void *argument)
{
    struct delivery *delivery = argument;
    struct read read = { .delivery = delivery, .stream = delivery->stream };
    struct error err;

    pthread_setname_np(pthread_self(), "hg-reader");
    read.waves = waves_new(delivery->limits.size_bytes, TURNS_LEAST);
    if (!open_reader(&read, &err)) {
        read_fail(&read, &err);
        waves_free(read.waves);
        return NULL;
    }
    delivery_set_state(delivery, DELIVERY_RUNNING, NULL);
    while (turn(&read))
        ;
    close_reader(&read);
    if (!read.failed)
        stop(&read);
    return NULL;
}
