/* Source loss. Between retention and the bucket there is one order that loses nothing: first all that was read is
 * settled (the fence of whoever found the chain overtaken), then the log start is read, then the bucket is listed, then
 * what neither has is called lost. A former owner's PUT may still be on its way under another hour's folder, so with time
 * folders a partition is owned for as long as a PUT may take before its bucket is listed for good. Where the key depends
 * on the position alone such a PUT meets ours, and nothing has to be waited for. */
#include "delivery/delivery_loss.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/chain_walk.h"

enum { RANGE_MS = 5 * 1000, LOOK_AGAIN_MS = 5000, PARK_RETRY_MS = 60 * 1000, TURN_MS = 200 };

/* Parked for now, and looked at again by itself. */
static void wait_ms(struct read *read, struct chain *chain, int64_t ms, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void wait_ms(struct read *read, struct chain *chain, int64_t ms, const char *format, ...)
{
    char text[sizeof(chain->note)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    read_park(read, chain, ms, "%s", text);
    chain->state = CHAIN_WAITING;
}

/* Reads on from `offset`, with what was declared lost before it. */
static int64_t read_on(struct read *read, struct chain *chain, int64_t offset)
{
    read_begin(read, chain);
    chain->state = CHAIN_READING;
    chain->next_read = offset;
    if (chain->until != OFFSET_NONE && chain_reach(chain) >= chain->until) {
        chain->state = CHAIN_DONE;
        chain->dirty = true;
        return OFFSET_NONE;
    }
    return offset;
}

static bool walk(struct read *read, struct chain *chain, struct error *err)
{
    int64_t end = chain->position;

    if (!chain_listing_walk(read->listing, read->s3, chain->partition, chain->position, &end, err))
        return false;
    if (end > chain->log_end)
        return error_set(err, ERROR_S3,
                         "objects stored for it go on to %" PRId64 ", but the partition ends at %" PRId64
                         ": truncated, or they are not part of this plan",
                         end, chain->log_end);
    if (end > chain->position) {
        delivery_say(read->delivery, LOG_INFO, "partition %d: objects up to %" PRId64 " are already stored",
                     (int)chain->partition, end);
        chain->position = end;
        chain->dirty = true;
    }
    return true;
}

static void count_loss(struct read *read, const struct chain *chain, struct offset_range lost, int64_t offsets)
{
    pthread_mutex_lock(&read->delivery->shared.lock);
    struct delivery_partition *row = delivery_partition_locked(read->delivery, chain->partition);
    read->delivery->shared.progress.lost += offsets;
    row->lost += offsets;
    row->lost_range = lost;
    pthread_mutex_unlock(&read->delivery->shared.lock);
}

/* A second loss before any object joins the first: what was empty between them counts as lost too. */
static void declare_loss(struct read *read, struct chain *chain, int64_t from, int64_t log_start)
{
    struct offset_range before = chain_lost(chain);

    delivery_say(read->delivery, LOG_ERROR,
                 "partition %d: offsets %" PRId64 " to %" PRId64 " were lost to retention (%" PRId64 " offsets)",
                 (int)chain->partition, from, log_start - 1, log_start - from);
    chain->lost_at = chain->position;
    chain->lost = (struct offset_range){ .start = before.end > 0 ? before.start : from, .end = log_start };
    chain->lost_said += log_start - from;
    chain->may_lose = false;
    chain->dirty = true; /* the commit says it until an object does */
    count_loss(read, chain, chain->lost, log_start - from);
}

void read_overrule_loss(struct read *read, struct chain *chain)
{
    if (chain->lost_said == 0 || chain_lost(chain).end == 0)
        return;
    delivery_say(read->delivery, LOG_WARNING,
                 "partition %d: another instance has stored an object at %" PRId64 "; what is lost is looked at again",
                 (int)chain->partition, chain->position);
    count_loss(read, chain, (struct offset_range){ 0 }, -chain->lost_said);
    chain->lost_said = 0;
}

/* How long a former owner's PUT may still become an object elsewhere; 0: it cannot, or no more. */
static int64_t former_owner_ms(const struct read *read, const struct chain *chain)
{
    int64_t safe_at = chain->owned_since + delivery_put_limit_ms(read->delivery);

    if (read->stream->settings.folders == STREAM_FOLDERS_PARTITION && read->stream->settings.exactly_once)
        return 0;
    return chain->listed_at < safe_at ? safe_at - timestamp_monotonic() + 1 : 0;
}

/* Whether the loss of [from, log_start) may be declared now; otherwise the chain is parked, waits or asks. */
static bool may_declare(struct read *read, struct chain *chain, int64_t from, int64_t log_start)
{
    const struct delivery_settings *settings = &read->delivery->settings;
    int64_t ms = former_owner_ms(read, chain);

    if (!settings->allow_lost && !chain->may_lose) {
        read_park(read, chain, 0,
                  "retention took offsets %" PRId64 " to %" PRId64
                  " before they were read; --allow-lost goes on after them",
                  from, log_start - 1);
        if (settings->ask_lost) {
            chain->state = CHAIN_ASKING;
            chain->ask_round = ++read->ask_round;
        }
        return false;
    }
    if (ms == 0)
        return true;
    wait_ms(
        read, chain, ms,
        "retention took offsets %" PRId64 " to %" PRId64 "; waiting %" PRId64
        " s before they are called lost: a PUT of a former owner may take that long, and with time folders it would "
        "not meet ours (--folders partition needs no wait)",
        from, log_start - 1, (ms + 999) / 1000);
    return false;
}

/* Where a chain whose position is below the log start goes on, or OFFSET_NONE. */
static int64_t settle(struct read *read, struct chain *chain)
{
    int64_t log_start = chain->log_start;
    struct error err;

    if (chain_reach(chain) < log_start && !walk(read, chain, &err)) {
        if (err.kind == ERROR_CANCELLED)
            return OFFSET_NONE;
        read_begin(read, chain);
        wait_ms(read, chain, LOOK_AGAIN_MS, "cannot look for stored objects: %.300s", err.message);
        return OFFSET_NONE;
    }
    int64_t from = chain_reach(chain);
    if (from >= log_start)
        return read_on(read, chain,
                       chain->position >= log_start || chain_lost(chain).end > log_start ? from : log_start);
    read_begin(read, chain);
    if (!may_declare(read, chain, from, log_start))
        return OFFSET_NONE;
    declare_loss(read, chain, from, log_start);
    return read_on(read, chain, log_start);
}

static void decide(struct read *read, struct chain *chain)
{
    if (chain->log_start == OFFSET_NONE || chain->log_end == OFFSET_NONE) {
        wait_ms(read, chain, LOOK_AGAIN_MS, "where the log starts and ends is not known yet");
    } else if (chain->next_read < chain->log_start || chain_reach(chain) < chain->log_start) {
        chain->seek_to = settle(read, chain);
    } else if (chain->next_read <= chain->log_end) {
        chain->state = CHAIN_READING;
        chain->seek_to = chain->next_read;
    } else {
        read_park(read, chain, PARK_RETRY_MS,
                  "the partition ends at %" PRId64 ", before %" PRId64 ": truncated, or the topic was made again",
                  chain->log_end, chain->next_read);
    }
}

static bool is_due(const struct chain *chain)
{
    return chain->owned && chain->state == CHAIN_OVERTAKEN && chain->fences == 0;
}

/* Log starts and ends of all due chains in one question. */
static bool read_ranges(struct read *read, struct error *err)
{
    struct partition_offsets asked, starts, ends;
    bool ok;

    partition_offsets_init(&asked);
    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    for (size_t i = 0; i < read->chain_count; i++) {
        if (is_due(&read->chains[i]))
            partition_offsets_row(&asked, (int32_t)i);
    }
    ok = kafka_reader_range(read->kafka, &asked, RANGE_MS, &starts, &ends, err) ||
         error_prefix(err, "cannot read where the log starts");
    for (size_t i = 0; ok && i < asked.count; i++) {
        struct chain *chain = &read->chains[asked.rows[i].partition];

        chain->log_start = partition_offsets_get(&starts, chain->partition);
        chain->log_end = partition_offsets_get(&ends, chain->partition);
    }
    partition_offsets_clear(&asked);
    partition_offsets_clear(&starts);
    partition_offsets_clear(&ends);
    return ok;
}

/* The reader's own door to S3. What it asks there blocks, and can take long, so whatever ends the stream ends it too. */
static bool open_store(struct read *read, struct error *err)
{
    struct s3_settings settings = read->delivery->settings.s3;

    settings.cancel = &read->delivery->leaving;
    return read->s3 || s3_client_new(&settings, &read->s3, err);
}

/* One listing for all due chains that retention has passed. */
static bool list_bucket(struct read *read, struct error *err)
{
    struct partition_offsets positions;
    bool ok = true;

    chain_listing_free(read->listing);
    read->listing = NULL;
    partition_offsets_init(&positions);
    for (size_t i = 0; i < read->chain_count; i++) {
        const struct chain *chain = &read->chains[i];

        if (is_due(chain) && chain_reach(chain) < chain->log_start)
            partition_offsets_set(&positions, (int32_t)i, chain->position);
    }
    if (positions.count > 0)
        ok = open_store(read, err) && (chain_listing_new(read->s3, read->stream, &positions, &read->listing, err) ||
                                       error_prefix(err, "cannot look for stored objects"));
    partition_offsets_clear(&positions);
    return ok;
}

/* What the broker and the bucket know of all due chains; false: they wait. */
static bool look(struct read *read)
{
    int64_t now = timestamp_monotonic();
    struct error err;
    bool ok = read_ranges(read, &err) && list_bucket(read, &err);

    for (size_t i = 0; i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];

        if (!is_due(chain))
            continue;
        if (!ok && err.kind == ERROR_CANCELLED)
            return false; /* ended meanwhile: nothing has been found out */
        chain->listed_at = now;
        if (!ok)
            wait_ms(read, chain, LOOK_AGAIN_MS, "%.390s", err.message);
    }
    return ok;
}

/* The operator's word about the losses that were asked for up to a question. */
static void take_answer(struct read *read)
{
    int answer = atomic_exchange(&read->delivery->lost_answer, 0);

    for (size_t i = 0; answer != 0 && i < read->chain_count; i++) {
        struct chain *chain = &read->chains[i];

        if (!chain->owned || chain->state != CHAIN_ASKING || chain->ask_round > abs(answer))
            continue;
        chain->state = CHAIN_PARKED;
        chain->may_lose = answer > 0;
        if (answer > 0)
            chain_overtaken(chain);
    }
}

void read_tend_losses(struct read *read)
{
    int64_t deadline = timestamp_monotonic() + TURN_MS;
    bool due = false, listed = true;

    take_answer(read);
    for (size_t i = 0; i < read->chain_count; i++) {
        if (!is_due(&read->chains[i]))
            continue;
        due = true;
        listed = listed && read->chains[i].listed_at > 0;
    }
    if (!due) {
        chain_listing_free(read->listing);
        read->listing = NULL;
        return;
    }
    if (!listed && !look(read))
        return;
    for (size_t i = 0; i < read->chain_count && timestamp_monotonic() < deadline; i++) {
        if (is_due(&read->chains[i]))
            decide(read, &read->chains[i]);
    }
}
