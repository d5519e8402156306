/* The state of a running stream as numbers. */
#include "delivery/delivery_progress.h"

#include <stdlib.h>

#include "base/buffer.h"

enum {
    CAUGHT_UP_S =
        6, /* less than this much of what is produced is unread: the ends are told every 5 s, and one may be new */
};

static const char *const state_names[] = {
    [DELIVERY_IDLE] = "idle",         [DELIVERY_RUNNING] = "running", [DELIVERY_PAUSED] = "paused",
    [DELIVERY_DRAINING] = "draining", [DELIVERY_STOPPED] = "stopped", [DELIVERY_FAILED] = "failed",
};

static const char *const partition_state_names[] = {
    [DELIVERY_PARTITION_ELSEWHERE] = "elsewhere", [DELIVERY_PARTITION_READING] = "reading",
    [DELIVERY_PARTITION_WAITING] = "waiting",     [DELIVERY_PARTITION_DONE] = "done",
    [DELIVERY_PARTITION_PARKED] = "parked",
};

static const char *const reason_names[ROTATION_REASONS] = {
    [ROTATION_NONE] = "none",   [ROTATION_SIZE] = "size",     [ROTATION_AGE] = "age",   [ROTATION_MEMORY] = "memory",
    [ROTATION_FLUSH] = "flush", [ROTATION_REVOKE] = "revoke", [ROTATION_STOP] = "stop", [ROTATION_END] = "end",
};

static const char *const retry_names[DELIVERY_RETRY_CAUSES] = {
    [DELIVERY_RETRY_THROTTLED] = "throttled",
    [DELIVERY_RETRY_SERVER] = "server",
    [DELIVERY_RETRY_NETWORK] = "network",
    [DELIVERY_RETRY_REFUSED] = "refused",
};

void delivery_progress_init(struct delivery_progress *progress)
{
    *progress = (struct delivery_progress){ .state = DELIVERY_IDLE,
                                            .put_p50_ms = -1,
                                            .put_p99_ms = -1,
                                            .retention_ms = -1,
                                            .ends_age_ms = -1,
                                            .produced = -1 };
}

void delivery_progress_clear(struct delivery_progress *progress)
{
    free(progress->partitions);
    delivery_progress_init(progress);
}

const char *delivery_state_name(enum delivery_state state)
{
    return state_names[state];
}

const char *delivery_partition_state_name(enum delivery_partition_state state)
{
    return partition_state_names[state];
}

const char *rotation_reason_name(enum rotation_reason reason)
{
    return reason_names[reason];
}

const char *delivery_retry_name(enum delivery_retry cause)
{
    return retry_names[cause];
}

/* --- outlook ---------------------------------------------------------------------------------------------------------*/

int64_t delivery_partition_to_end(const struct delivery_partition *row)
{
    int64_t end = row->until != OFFSET_NONE ? row->until : row->end;
    int64_t from = row->delivered;

    if (end == OFFSET_NONE || from == OFFSET_NONE)
        return OFFSET_NONE;
    if (row->state == DELIVERY_PARTITION_DONE)
        return 0;
    /* Nothing open and read to the end: what lies between holds nothing to store. */
    if (row->pending_time == TIMESTAMP_NONE && row->position != OFFSET_NONE && row->position > from)
        from = row->position;
    return end > from ? end - from : 0;
}

int64_t delivery_partition_unread(const struct delivery_partition *row)
{
    int64_t to_end = delivery_partition_to_end(row);

    if (to_end <= 0 || row->position == OFFSET_NONE || row->position <= row->delivered)
        return to_end;
    return to_end > row->position - row->delivered ? to_end - (row->position - row->delivered) : 0;
}

int64_t delivery_partition_past_ms(const struct delivery_partition *row)
{
    if (row->position != OFFSET_NONE && row->position >= row->old_base)
        return DELIVERY_READ;
    return row->rate > 0 ? (int64_t)((double)(row->old_base - row->delivered) * 1000.0 / row->rate) : DELIVERY_NEVER;
}

bool delivery_partition_is_uncommitted(const struct delivery_partition *row)
{
    return row->state != DELIVERY_PARTITION_ELSEWHERE && row->delivered != OFFSET_NONE &&
           row->delivered != row->committed;
}

static void look_at_cutover(const struct delivery_partition *row, struct delivery_outlook *outlook)
{
    int64_t expected, passed, ms;
    bool first = outlook->last_partition < 0;

    if (row->old_base == OFFSET_NONE || row->start == OFFSET_NONE || row->old_base <= row->start)
        return;
    expected = row->old_base - row->start;
    passed = row->delivered > row->start ? row->delivered - row->start : 0;
    passed = passed < expected ? passed : expected;
    outlook->duplicates_expected += expected;
    outlook->duplicates_passed += passed;
    if (passed == expected || (!first && outlook->last_ms == DELIVERY_NEVER))
        return;
    ms = delivery_partition_past_ms(row);
    if (first || ms == DELIVERY_NEVER || ms >= outlook->last_ms) { /* what is read already comes before all others */
        outlook->last_ms = ms;
        outlook->last_partition = row->partition;
    }
}

void delivery_progress_outlook(const struct delivery_progress *progress, struct delivery_outlook *outlook)
{
    double produced = progress->produced > 0 ? progress->produced : 0;
    double gain = progress->read_records.now - produced;

    /* Objects are read in bursts where memory is short: a lull of 2 s is no trend. */
    if (gain <= 0)
        gain = progress->read_records.ten_s - produced;

    *outlook = (struct delivery_outlook){ .to_end = OFFSET_NONE, .last_partition = -1 };
    for (size_t i = 0; i < progress->count; i++) {
        const struct delivery_partition *row = &progress->partitions[i];
        int64_t to_end = delivery_partition_to_end(row);

        if (to_end != OFFSET_NONE) {
            outlook->to_end = (outlook->to_end == OFFSET_NONE ? 0 : outlook->to_end) + to_end;
            outlook->unread += delivery_partition_unread(row);
        }
        outlook->uncommitted += delivery_partition_is_uncommitted(row);
        look_at_cutover(row, outlook);
    }
    if (outlook->to_end == OFFSET_NONE)
        outlook->drain_ms = DELIVERY_UNKNOWN;
    else if (outlook->to_end == 0)
        outlook->drain_ms = 0;
    else if ((double)outlook->unread <= produced * CAUGHT_UP_S)
        outlook->drain_ms = DELIVERY_READ;
    else
        outlook->drain_ms = gain > 0 ? (int64_t)((double)outlook->to_end * 1000.0 / gain) : DELIVERY_NEVER;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------*/

/* [[a, b]], or [] for nothing. */
static struct json *range_to_json(struct offset_range range)
{
    struct json *array = json_array_new(), *pair;

    if (range.start == range.end)
        return array;
    pair = json_array_new();
    json_append_int(pair, range.start);
    json_append_int(pair, range.end);
    json_append(array, pair);
    return array;
}

static struct json *partition_to_json(const struct delivery_partition *row)
{
    struct json *json = json_object_new();

    json_set_int(json, "partition", row->partition);
    json_set_text(json, "state", delivery_partition_state_name(row->state));
    json_set_int_or_null(json, "start", row->start);
    json_set_int_or_null(json, "delivered", row->delivered);
    json_set_int_or_null(json, "committed", row->committed);
    json_set_int_or_null(json, "until", row->until);
    json_set_int(json, "records", row->records);
    json_set(json, "lost", range_to_json(row->lost_range));
    json_set_text(json, "note", row->note[0] ? row->note : NULL);
    return json;
}

struct json *delivery_progress_to_json(const struct delivery_progress *progress, const char *stream,
                                       const char *plan_id)
{
    struct json *json = json_object_new(), *rotations = json_object_new(), *partitions = json_array_new();
    struct json *retries = json_object_new();
    struct delivery_outlook outlook;

    delivery_progress_outlook(progress, &outlook);

    json_set_text(json, "stream", stream);
    json_set_text(json, "plan", plan_id);
    json_set_text(json, "state", delivery_state_name(progress->state));
    json_set_int(json, "records", progress->records_stored);
    json_set_int(json, "bytes_in", progress->bytes_in);
    json_set_int(json, "bytes_out", progress->bytes_out);
    json_set_int(json, "objects", progress->objects);
    json_set_int(json, "adopted", progress->adopted);
    json_set_int(json, "retries", progress->retries);
    for (int cause = 0; cause < DELIVERY_RETRY_CAUSES; cause++)
        json_set_int(retries, delivery_retry_name((enum delivery_retry)cause), progress->retries_by[cause]);
    json_set(json, "retries_by", retries);
    json_set_int_or_null(json, "put_p50_ms", progress->put_p50_ms);
    json_set_int_or_null(json, "put_p99_ms", progress->put_p99_ms);
    json_set_int(json, "tombstones", progress->tombstones);
    json_set_int(json, "lost", progress->lost);
    json_set_int(json, "parked", (int64_t)progress->parked);
    json_set_int(json, "stuck", (int64_t)progress->stuck);
    json_set_int(json, "uncommitted", (int64_t)outlook.uncommitted);
    json_set_int(json, "duplicates_expected", outlook.duplicates_expected);
    json_set_int(json, "duplicates_passed", outlook.duplicates_passed);
    json_set_int(json, "reading", (int64_t)progress->reading);
    json_set_int(json, "waiting", (int64_t)progress->waiting);
    json_set_int(json, "caught_up", (int64_t)progress->caught_up);
    json_set_real(json, "seconds", (double)progress->elapsed_ms / 1000);
    for (int reason = ROTATION_NONE + 1; reason < ROTATION_REASONS; reason++)
        json_set_int(rotations, rotation_reason_name((enum rotation_reason)reason), progress->rotations[reason]);
    json_set(json, "rotations", rotations);
    for (size_t i = 0; i < progress->count; i++)
        json_append(partitions, partition_to_json(&progress->partitions[i]));
    json_set(json, "partitions", partitions);
    return json;
}
