/* The state of a running stream as numbers. */
#include "delivery/delivery_progress.h"

#include <stdlib.h>

#include "base/buffer.h"

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

void delivery_progress_init(struct delivery_progress *progress)
{
    *progress = (struct delivery_progress){ .state = DELIVERY_IDLE };
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
    json_set_text(json, "note", row->note[0] ? row->note : NULL);
    return json;
}

struct json *delivery_progress_to_json(const struct delivery_progress *progress, const char *stream,
                                       const char *plan_id)
{
    struct json *json = json_object_new(), *rotations = json_object_new(), *partitions = json_array_new();

    json_set_text(json, "stream", stream);
    json_set_text(json, "plan", plan_id);
    json_set_text(json, "state", delivery_state_name(progress->state));
    json_set_int(json, "records", progress->records_stored);
    json_set_int(json, "bytes_in", progress->bytes_in);
    json_set_int(json, "bytes_out", progress->bytes_out);
    json_set_int(json, "objects", progress->objects);
    json_set_int(json, "adopted", progress->adopted);
    json_set_int(json, "retries", progress->retries);
    json_set_int(json, "tombstones", progress->tombstones);
    json_set_int(json, "lost", progress->lost);
    json_set_int(json, "parked", (int64_t)progress->parked);
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
