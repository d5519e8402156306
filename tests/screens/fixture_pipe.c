/* What lies around a delivery: its launch before, other streams beside it, the audit after it. */
#include "fixture_pipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static timestamp_ms at(const char *text)
{
    timestamp_ms time = TIMESTAMP_NONE;

    return timestamp_parse(text, 0, &time, NULL) ? time : TIMESTAMP_NONE;
}

/* --- launch ----------------------------------------------------------------------------------------------------------*/

void fixture_pipe_connector(struct engine_event *event, const struct cutover_survey *survey)
{
    event->connectors = memory_new(sizeof(event->connectors[0]));
    event->connector_count = 1;
    event->connectors[0].name = memory_copy_text("orders-s3");
    event->connectors[0].sink = true;
    event->connectors[0].group = memory_copy_text(survey->group);
    snprintf(event->connectors[0].state, sizeof(event->connectors[0].state), "%s",
             survey->group_members > 0 ? "RUNNING" : "STOPPED");
}

void fixture_pipe_launch(struct engine_event *event, const struct engine_request *request, struct cutover_plan *plan,
                         const struct cutover_survey *survey)
{
    struct engine_launch *launch = memory_new(sizeof(*launch));
    struct cutover_times times = cutover_survey_times(survey);

    event->launch = launch;
    launch->stream = memory_copy_text(request->stream ? request->stream : "orders-lake");
    launch->own_group = memory_printf("headgate-%s", launch->stream);
    launch->bucket = memory_copy_text(request->bucket ? request->bucket : "lake");
    launch->prefix = memory_copy_text(request->prefix ? request->prefix : "orders/");
    launch->endpoint = memory_copy_text("https://lake.s3.eu-west-1.amazonaws.com");
    launch->identity = memory_copy_text("profile lake, role headgate");
    launch->expires = memory_copy_text("10:57Z");
    launch->format = memory_copy_text("lines");
    launch->compression = memory_copy_text("gzip");
    launch->folders = memory_copy_text("time");
    launch->size_bytes = (int64_t)128 << 20;
    launch->interval_ms = 300000;
    launch->plan = plan;
    launch->exactly_once = true;
    launch->store_reason = memory_copy_text("");
    launch->clock_skew_ms = strcmp(launch->stream, "late") == 0 ? 1200300 : 200;
    launch->objections = cutover_plan_objections(plan) & ~request->allowed;
    launch->refusal = launch->objections ? memory_copy_text("something has to be allowed first") : NULL;
    launch->survey = cutover_survey_copy(survey);
    launch->behind = OFFSET_NONE;
    launch->retention_ms = 6 * 3600 * (int64_t)1000;
    launch->deadline = times.count > 0 ? times.oldest + launch->retention_ms : TIMESTAMP_NONE;
    launch->tls = true;
    launch->resume = strcmp(launch->stream, "resumed") == 0;
    if (launch->resume)
        launch->behind = 48236000;
    if (strcmp(launch->stream, "changed") == 0 && request->again != 0)
        launch->changed = memory_copy_text("commit changed in 1 partition: p4 478,600,000 -> 478,900,000\n");
    if (plan->group)
        fixture_pipe_connector(event, survey);
}

/* --- streams ---------------------------------------------------------------------------------------------------------*/

static void fill_stream(struct engine_stream_info *info, const char *name, const char *topic, int members, int64_t lag)
{
    info->stream = memory_copy_text(name);
    info->group = memory_printf("headgate-%s", name);
    info->topic = memory_copy_text(topic);
    info->members = members;
    snprintf(info->state, sizeof(info->state), "%s", members > 0 ? "Stable" : "Empty");
    snprintf(info->plan_id, sizeof(info->plan_id), "3f9a17c2");
    snprintf(info->place, sizeof(info->place), "0badcafe");
    snprintf(info->instance, sizeof(info->instance), "bastion-4711-a1b2c3");
    info->partitions = info->with_commit = 6;
    info->lag = lag;
    info->read_at = at("2026-11-23T10:09:00Z");
}

static void fill_stream_rows(struct engine_stream_info *info)
{
    static const int64_t committed[] = { 536060000, 440540000, 439740000, 443140000, 491800000, 442140000 };
    static const int64_t ends[] = { 553940000, 453860000, 451860000, 455860000, 507400000, 454860000 };

    info->row_count = sizeof(ends) / sizeof(ends[0]);
    info->rows = memory_new(info->row_count * sizeof(info->rows[0]));
    for (size_t i = 0; i < info->row_count; i++)
        info->rows[i] = (struct engine_stream_row){ .partition = (int32_t)i,
                                                    .committed = committed[i],
                                                    .seen = OFFSET_NONE,
                                                    .lost = OFFSET_NONE,
                                                    .log_start = 1000,
                                                    .end = ends[i] };
}

void fixture_pipe_streams(struct engine_event *event, const char *name)
{
    event->streams = memory_new(3 * sizeof(event->streams[0]));
    event->stream_count = name ? 1 : 3;
    fill_stream(&event->streams[0], name ? name : "orders-lake", "orders", 2, 84360000);
    if (name) {
        fill_stream_rows(&event->streams[0]);
        return;
    }
    fill_stream(&event->streams[1], "clicks-lake", "clicks", 0, 0);
    event->streams[1].lost = 310552;
    event->streams[2].stream = memory_copy_text("secret");
    event->streams[2].group = memory_copy_text("headgate-secret");
    event->streams[2].lag = OFFSET_NONE;
    event->streams[2].error = memory_copy_text("not allowed to describe this group");
}

/* --- audit -----------------------------------------------------------------------------------------------------------*/

/* New from, new to, objects (all but the last of 600,000 records) of the worked example. */
static const struct {
    int64_t from, to;
    size_t objects;
} chains[] = {
    { 522260000, 567260000, 75 },
    { 427940000, 465140000, 62 },
    { 425940000, 463140000, 62 },
    { 429940000, 467140000, 62 },
    { 478600000, 519400000, 68 },
    { 428940000, 466140000, 62 },
};

/* Beside the worked example: three objects from the plan's start on. */
static size_t add_short_chain(struct coverage_object *objects, const struct cutover_plan_row *row)
{
    timestamp_ms time = at("2026-11-23T09:50:00Z");

    for (size_t i = 0; i < 3; i++)
        objects[i] = (struct coverage_object){
            .partition = row->partition,
            .start = row->start + (int64_t)i * 2000000,
            .next = row->start + (int64_t)(i + 1) * 2000000,
            .records = 2000000,
            .bytes = 110000000,
            .first_time = time,
            .last_time = time + 600000,
            .stored_at = at("2026-11-23T10:29:50Z"),
        };
    return 3;
}

static size_t add_chain(struct coverage_object *objects, size_t partition, bool hole)
{
    size_t of = partition % (sizeof(chains) / sizeof(chains[0])), count = 0;
    int64_t step = (chains[of].to - chains[of].from) / (int64_t)chains[of].objects;

    for (size_t i = 0; i < chains[of].objects; i++) {
        int64_t start = chains[of].from + (int64_t)i * step;
        int64_t next = i + 1 == chains[of].objects ? chains[of].to : start + step;

        if (hole && i == 20)
            continue;
        objects[count++] = (struct coverage_object){
            .partition = (int32_t)partition,
            .start = start,
            .next = next,
            .records = next - start,
            .bytes = (next - start) * 55,
            .first_time = at("2026-11-23T09:21:00Z") + (start - chains[of].from) / 10,
            .last_time = at("2026-11-23T09:21:00Z") + (next - chains[of].from) / 10,
            .stored_at = at("2026-11-23T10:29:50Z"),
        };
    }
    return count;
}

/* Of a start with a gap: one object from there on. The last partition was caught up, so the old side has all of it. */
static size_t add_gap_chain(struct coverage_object *objects, struct cutover_plan *plan, size_t partition)
{
    struct cutover_plan_row *row = &plan->rows[partition];

    if (partition + 1 == plan->count) {
        row->state = CUTOVER_CAUGHT_UP;
        row->committed_time = TIMESTAMP_NONE;
    }
    *objects = (struct coverage_object){
        .partition = row->partition,
        .start = row->start,
        .next = row->committed > row->start ? row->committed : row->start + 1000000,
        .records = 1000000,
        .bytes = 55000000,
        .first_time = at("2026-11-23T09:43:30Z"),
        .last_time = at("2026-11-23T09:59:00Z"),
        .stored_at = at("2026-11-23T10:29:50Z"),
    };
    return 1;
}

static void keep_objects(struct engine_audit *audit, const struct coverage_object *objects, size_t count)
{
    audit->objects = memory_new((count + 1) * sizeof(audit->objects[0]));
    audit->object_count = count;
    for (size_t i = 0; i < count; i++) {
        audit->objects[i].range = objects[i];
        audit->objects[i].key = memory_printf("orders/2026/11/23/09/orders+%d+%020lld.txt.gz", objects[i].partition,
                                              (long long)objects[i].start);
    }
}

/* As far behind every chain's end. */
static void set_ends(struct coverage *coverage)
{
    struct partition_offsets ends;

    partition_offsets_init(&ends);
    for (size_t i = 0; i < coverage->count; i++)
        partition_offsets_set(&ends, coverage->partitions[i].partition, coverage->partitions[i].to + 230000);
    coverage_set_ends(coverage, &ends);
    partition_offsets_clear(&ends);
}

void fixture_pipe_audit(struct engine_event *event, struct cutover_plan *plan, enum fixture_audit verdict, bool deep)
{
    struct engine_audit *audit = memory_new(sizeof(*audit));
    size_t count = 0, used = verdict == FIXTURE_AUDIT_OPEN      ? plan->count - 1
                             : verdict == FIXTURE_AUDIT_NOTHING ? 0
                                                                : plan->count;
    struct coverage_object *objects = memory_new(plan->count * 75 * sizeof(objects[0]));

    for (size_t i = 0; i < used; i++)
        count += verdict == FIXTURE_AUDIT_GAP ? add_gap_chain(objects + count, plan, i)
                 : plan->count > 16           ? add_short_chain(objects + count, &plan->rows[i])
                                              : add_chain(objects + count, i, verdict == FIXTURE_AUDIT_FAIL && i == 2);
    event->audit = audit;
    keep_objects(audit, objects, count);
    event->coverage = coverage_make(plan, objects, count, NULL, 0, verdict == FIXTURE_AUDIT_FAIL ? 1 : 0);
    free(objects);
    audit->bucket = memory_copy_text("lake");
    audit->prefix = memory_copy_text("orders/");
    audit->plan = plan;
    event->coverage->tail_checked = verdict != FIXTURE_AUDIT_OPEN;
    audit->listed_at = at("2026-11-23T10:30:00Z");
    if (verdict != FIXTURE_AUDIT_OPEN)
        set_ends(event->coverage);
    audit->deep = deep;
    audit->deep_read = deep ? count : 0;
    if (deep && verdict == FIXTURE_AUDIT_FAIL && count > 3) {
        audit->deep_wrong = 1;
        audit->objects[3].trouble = memory_copy_text("599,999 records, the metadata say 600,000");
    }
    event->stream = memory_copy_text("orders-lake");
    event->plan_id = memory_copy_text(plan->id);
}
