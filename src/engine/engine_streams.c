/* Sizes: a handful of streams, of up to 10,000 partitions each; two batched requests a stream. */
#include "engine/engine_streams.h"

#include "base/buffer.h"
#include "base/text.h"
#include "delivery/stream_object.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char group_prefix[] = "headgate-";

/* "hg1 <plan> <place> seen=<N> [lost=<A>-<B>] <instance>": the last word is for people. */
static void take_instance(struct engine_stream_info *info, const char *metadata)
{
    const char *last = strrchr(metadata, ' ');

    if (last && !strchr(last, '='))
        snprintf(info->instance, sizeof(info->instance), "%s", last + 1);
}

static void take_commit(struct engine_stream_info *info, struct engine_stream_row *row,
                        const struct partition_offset *commit)
{
    struct commit_metadata metadata;

    if (commit->error || commit->offset == OFFSET_NONE)
        return;
    row->committed = commit->offset;
    info->with_commit++;
    if (!commit_metadata_read(commit->metadata, &metadata))
        return;
    row->seen = metadata.seen;
    row->lost = metadata.lost.end > 0 ? metadata.lost.end : OFFSET_NONE;
    snprintf(info->plan_id, sizeof(info->plan_id), "%s", metadata.plan);
    snprintf(info->place, sizeof(info->place), "%s", metadata.place);
    take_instance(info, commit->metadata);
}

static void count_row(struct engine_stream_info *info, const struct engine_stream_row *row)
{
    int64_t reach = row->committed;

    if (row->end == OFFSET_NONE || reach == OFFSET_NONE)
        return;
    reach = row->seen > reach ? row->seen : reach;
    reach = row->lost > reach ? row->lost : reach;
    info->lost += row->log_start > reach ? row->log_start - reach : 0;
    info->lag = (info->lag == OFFSET_NONE ? 0 : info->lag) + (row->end > reach ? row->end - reach : 0);
}

static void fill_rows(struct engine_stream_info *info, const struct partition_offsets *committed,
                      const struct partition_offsets *starts, const struct partition_offsets *ends)
{
    info->row_count = ends->count;
    info->partitions = ends->count;
    info->rows = memory_new((ends->count + 1) * sizeof(info->rows[0]));
    for (size_t i = 0; i < ends->count; i++) {
        struct engine_stream_row *row = &info->rows[i];
        const struct partition_offset *commit = partition_offsets_find(committed, (int32_t)i);

        *row = (struct engine_stream_row){ .partition = (int32_t)i,
                                           .committed = OFFSET_NONE,
                                           .seen = OFFSET_NONE,
                                           .lost = OFFSET_NONE,
                                           .log_start = partition_offsets_get(starts, (int32_t)i),
                                           .end = partition_offsets_get(ends, (int32_t)i) };
        if (commit)
            take_commit(info, row, commit);
        count_row(info, row);
    }
}

static bool read_offsets(struct kafka_client *client, struct engine_stream_info *info, struct error *err)
{
    struct partition_offsets committed, starts, ends;
    struct kafka_topic topic = { 0 };
    bool ok;

    partition_offsets_init(&committed);
    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    ok = kafka_offsets_committed(client, info->group, info->topic, ENGINE_ASK_MS, &committed, err) &&
         kafka_directory_topic(client, info->topic, ENGINE_ASK_MS, &topic, err) &&
         kafka_offsets_range(client, info->topic, topic.partitions, KAFKA_LOG_START, ENGINE_ASK_MS, &starts, err) &&
         kafka_offsets_range(client, info->topic, topic.partitions, KAFKA_LOG_END, ENGINE_ASK_MS, &ends, err);
    if (ok)
        fill_rows(info, &committed, &starts, &ends);
    partition_offsets_clear(&committed);
    partition_offsets_clear(&starts);
    partition_offsets_clear(&ends);
    kafka_topic_clear(&topic);
    return ok;
}

static void read_stream(struct kafka_client *client, struct engine_stream_info *info)
{
    struct kafka_group_topic *topics = NULL;
    size_t count = 0;
    struct error err = { 0 };

    info->lag = OFFSET_NONE;
    if (!kafka_offsets_group_topics(client, info->group, ENGINE_ASK_MS, &topics, &count, &err)) {
        info->error = memory_copy_text(err.message);
    } else if (count > 0) {
        info->topic = memory_copy_text(topics[0].topic);
        if (!read_offsets(client, info, &err))
            info->error = memory_copy_text(err.message);
    }
    info->read_at = timestamp_now();
    kafka_group_topics_free(topics, count);
}

static bool is_wanted(const struct engine_question *question, const struct kafka_group *group)
{
    if (!text_starts_with(group->name, group_prefix))
        return false;
    return !question->stream || strcmp(group->name + strlen(group_prefix), question->stream) == 0;
}

static void add_stream(struct engine_event *event, struct kafka_client *client, const struct engine_question *question,
                       const struct kafka_group *group)
{
    struct engine_stream_info *info = &event->streams[event->stream_count++];

    info->group = memory_copy_text(group->name);
    info->stream = memory_copy_text(group->name + strlen(group_prefix));
    info->members = group->members;
    snprintf(info->state, sizeof(info->state), "%s", group->state);
    read_stream(client, info);
    if (question->stream)
        return;
    free(info->rows);
    info->rows = NULL;
    info->row_count = 0;
}

bool engine_streams_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct engine_event *event = NULL;
    struct kafka_groups groups = { 0 };
    struct kafka_client *client;
    bool ok = false;

    engine_question_progress(question, 0, 0, "looking for streams");
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) ||
        !kafka_directory_groups(client, ENGINE_ASK_MS, &groups, err))
        goto out;
    event = engine_event_new(ENGINE_STREAMS);
    event->final = true;
    event->streams = memory_new((groups.count + 1) * sizeof(event->streams[0]));
    for (size_t i = 0; i < groups.count; i++) {
        if (!engine_question_wanted(question, err))
            goto out;
        if (is_wanted(question, &groups.rows[i]))
            add_stream(event, client, question, &groups.rows[i]);
        engine_question_progress(question, (int64_t)i, (int64_t)groups.count, "reading streams %zu/%zu", i,
                                 groups.count);
    }
    engine_question_post(question, event);
    event = NULL;
    ok = true;
out:
    engine_event_free(event);
    kafka_groups_clear(&groups);
    return ok;
}
