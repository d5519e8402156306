/* One name, one plan: whatever differs from the stream object is refused here, before anything is written. */
#include "engine/engine_resume.h"

#include "base/buffer.h"
#include "base/text.h"
#include "kafka/kafka_commit.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

#include <stdlib.h>
#include <string.h>

enum { COMMIT_MS = 30000, START_TEXT = 64 };

/* --- the command line against the stream object ----------------------------------------------------------------------*/

static void compare(struct buffer *out, const char *option, const char *kept, const char *given)
{
    if (!given || strcmp(kept ? kept : "", given) == 0)
        return;
    buffer_printf(out, "%s--%s (the stream has %s, given is %s)", out->length > 0 ? ", " : "", option,
                  kept && kept[0] ? kept : "none", given);
}

static void start_text(const struct cutover_start *start, char out[START_TEXT])
{
    struct buffer text;
    char time[TIMESTAMP_TEXT_SIZE];

    buffer_init(&text, START_TEXT - 1);
    if (start->kind == CUTOVER_START_TIME)
        buffer_append_text(&text, timestamp_text(time, start->time));
    else
        buffer_append_text(&text, cutover_start_name(start->kind));
    memcpy(out, text.data, text.length + 1);
    buffer_clear(&text);
}

static bool compare_start(struct buffer *out, const struct engine_wish *wish, const struct cutover_plan *plan,
                          struct error *err)
{
    struct cutover_start given;
    char kept_text[START_TEXT], given_text[START_TEXT];

    if (!wish->start)
        return true;
    if (!cutover_start_parse(wish->start, wish->asked_at, &given, err))
        return false;
    start_text(&plan->start, kept_text);
    start_text(&given, given_text);
    compare(out, "start", kept_text, given_text);
    return true;
}

static bool compare_until(struct buffer *out, const struct engine_wish *wish, const struct cutover_plan *plan,
                          struct error *err)
{
    char kept[TIMESTAMP_TEXT_SIZE] = "none", given[TIMESTAMP_TEXT_SIZE] = "end";
    timestamp_ms time;

    if (!wish->until)
        return true;
    if (plan->until_time != TIMESTAMP_NONE)
        timestamp_text(kept, plan->until_time);
    else if (cutover_plan_has_end(plan))
        memcpy(kept, "end", sizeof("end"));
    if (strcmp(wish->until, "end") != 0) {
        if (!timestamp_parse(wish->until, wish->asked_at, &time, err))
            return false;
        timestamp_text(given, time);
    }
    compare(out, "until", kept, given);
    return true;
}

bool engine_resume_same(const struct engine_wish *wish, const struct config *config, const struct stream_object *stream,
                        struct error *err)
{
    const struct cutover_plan *plan = stream->plan;
    struct buffer differences;
    bool ok = false;

    buffer_init(&differences, ERROR_MESSAGE_SIZE - 200);
    compare(&differences, "topic", plan->topic, wish->topic);
    compare(&differences, "group", plan->group, wish->group);
    if (config->isolation_given)
        compare(&differences, "isolation", plan->read_committed ? "read_committed" : "read_uncommitted",
                config->read_committed ? "read_committed" : "read_uncommitted");
    compare(&differences, "format", stream->settings.format, config->format);
    compare(&differences, "compression", stream->settings.compression, config->compression);
    compare(&differences, "folders", stream->settings.folders == STREAM_FOLDERS_TIME ? "time" : "partition",
            config->folders);
    if (!compare_start(&differences, wish, plan, err) || !compare_until(&differences, wish, plan, err))
        goto out;
    ok = differences.length == 0;
    if (!ok)
        error_set(err, ERROR_REFUSED,
                  "stream %s exists with plan %s and cannot change: %s; leave these out to go on with it, or take "
                  "another stream name and prefix",
                  stream->stream, plan->id, differences.data);
out:
    buffer_clear(&differences);
    return ok;
}

/* --- the group against the stream object -----------------------------------------------------------------------------*/

static bool check_commit(const struct stream_object *stream, const char *group, const struct partition_offset *row,
                         struct error *err)
{
    struct commit_metadata metadata;
    char place[9];

    if (!commit_metadata_read(row->metadata, &metadata))
        return error_set(err, ERROR_REFUSED,
                         "the commit %lld of group %s in partition %d is not headgate's (its metadata is \"%s\"): "
                         "somebody moved it; delete this group's offsets to go on from the objects of plan %s in "
                         "s3://%s/%s",
                         (long long)row->offset, group, row->partition, row->metadata ? row->metadata : "",
                         stream->plan->id, stream->bucket, stream->prefix);
    stream_place_hash(stream, place);
    if (strcmp(metadata.plan, stream->plan->id) == 0 && strcmp(metadata.place, place) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "group %s belongs to plan %s at place %s (partition %d, offset %lld), the stream object in "
                     "s3://%s/%s is plan %s at place %s: give the place this group was launched with, or take another "
                     "stream name",
                     group, metadata.plan, metadata.place, row->partition, (long long)row->offset, stream->bucket,
                     stream->prefix, stream->plan->id, place);
}

static bool check_commits(const struct stream_object *stream, const char *group,
                          const struct partition_offsets *committed, struct error *err)
{
    for (size_t i = 0; i < committed->count; i++) {
        const struct partition_offset *row = &committed->rows[i];

        if (row->error)
            return error_set(err, ERROR_KAFKA, "cannot read the commit of group %s in partition %d: %s", group,
                             row->partition, row->error);
        if (row->offset != OFFSET_NONE && !check_commit(stream, group, row, err))
            return false;
    }
    return true;
}

static bool same_or_unknown(const char *ours, const char *theirs)
{
    return !ours || !theirs || strcmp(ours, "-") == 0 || strcmp(theirs, "-") == 0 || strcmp(ours, theirs) == 0;
}

bool engine_resume_source(const struct stream_object *stream, struct kafka_client *client, struct error *err)
{
    const struct cutover_plan *plan = stream->plan;
    const char *cluster = kafka_client_cluster_id(client, ENGINE_ASK_MS);
    struct kafka_topic topic = { 0 };
    bool ok = false;

    if (!same_or_unknown(plan->cluster_id, cluster))
        return error_set(err, ERROR_REFUSED, "stream %s is of cluster %s, the brokers given are of cluster %s",
                         stream->stream, plan->cluster_id, cluster);
    if (!kafka_directory_topic(client, plan->topic, ENGINE_ASK_MS, &topic, err))
        goto out;
    ok = stream_object_is_of(stream, topic.id, err);
out:
    kafka_topic_clear(&topic);
    return ok;
}

bool engine_resume_check(struct engine_tools *tools, const struct stream_object *stream,
                         struct partition_offsets *committed, struct error *err)
{
    struct kafka_client *client;
    char *group = stream_group(stream->stream);
    bool ok;

    ok = engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) &&
         engine_resume_source(stream, client, err) &&
         kafka_offsets_committed(client, group, stream->plan->topic, ENGINE_ASK_MS, committed, err) &&
         check_commits(stream, group, committed, err);
    free(group);
    return ok;
}

bool engine_resume_behind(struct engine_tools *tools, const struct stream_object *stream,
                          const struct partition_offsets *committed, int64_t *behind, struct error *err)
{
    const struct cutover_plan *plan = stream->plan;
    struct partition_offsets ends;
    struct kafka_client *client;
    bool ok;

    partition_offsets_init(&ends);
    *behind = 0;
    ok =
        engine_tools_kafka(tools, plan->read_committed ? KAFKA_READ_COMMITTED : KAFKA_READ_UNCOMMITTED, &client, err) &&
        kafka_offsets_range(client, plan->topic, (int32_t)plan->count, KAFKA_LOG_END, ENGINE_ASK_MS, &ends, err);
    for (size_t i = 0; ok && i < plan->count; i++) {
        const struct cutover_plan_row *row = &plan->rows[i];
        int64_t at = partition_offsets_get(committed, row->partition);
        int64_t end = row->until != OFFSET_NONE ? row->until : partition_offsets_get(&ends, row->partition);

        if (at == OFFSET_NONE)
            at = row->start;
        *behind += end > at ? end - at : 0;
    }
    partition_offsets_clear(&ends);
    return ok;
}

/* --- commits that are missing ----------------------------------------------------------------------------------------*/

static void list_missing(const struct stream_object *stream, const struct partition_offsets *committed,
                         const char *instance, struct partition_offsets *missing)
{
    for (size_t i = 0; i < stream->plan->count; i++) {
        const struct cutover_plan_row *row = &stream->plan->rows[i];
        char metadata[COMMIT_METADATA_SIZE];

        if (row->start == OFFSET_NONE || partition_offsets_get(committed, row->partition) != OFFSET_NONE)
            continue;
        commit_metadata_write(stream, OFFSET_NONE, (struct offset_range){ 0 }, instance, metadata);
        partition_offsets_set(missing, row->partition, row->start);
        partition_offsets_row(missing, row->partition)->metadata = memory_copy_text(metadata);
    }
}

/* Members of a group that may not exist yet. */
static bool count_members(struct kafka_client *client, const char *group, int *members, struct error *err)
{
    struct kafka_groups groups = { 0 };

    *members = 0;
    if (!kafka_directory_groups(client, ENGINE_ASK_MS, &groups, err))
        return false;
    for (size_t i = 0; i < groups.count; i++) {
        if (strcmp(groups.rows[i].name, group) == 0)
            *members = groups.rows[i].members;
    }
    kafka_groups_clear(&groups);
    return true;
}

static bool commit_missing(struct engine_tools *tools, struct engine_question *question, struct kafka_client *client,
                           const char *group, const char *topic, const struct partition_offsets *missing,
                           struct error *err)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    char counted[TEXT_COUNTED_SIZE];
    int members = 0;

    if (!count_members(client, group, &members, err))
        return false;
    if (members == 0 && kafka_commit_plan(&settings, group, topic, missing, COMMIT_MS, err))
        return true;
    /* A member that joined in between makes the broker refuse the commit: the same case as one that was there before. */
    if (members == 0 && (!err->retriable || !count_members(client, group, &members, NULL) || members == 0))
        return error_prefix(err, "the stream object is stored, but not all commits of its plan are; run the same "
                                 "command again");
    engine_question_say(question, "another instance of this stream is running (%s): it has the plan",
                        text_counted(counted, members, "member"));
    return true;
}

bool engine_resume_fill_in(struct engine_tools *tools, struct engine_question *question,
                           const struct stream_object *stream, bool fresh, const char *instance, struct error *err)
{
    struct partition_offsets committed, missing;
    struct kafka_client *client;
    char counted[TEXT_COUNTED_SIZE];
    char *group = stream_group(stream->stream);
    bool ok = false;

    partition_offsets_init(&committed);
    partition_offsets_init(&missing);
    if (!engine_resume_check(tools, stream, &committed, err) ||
        !engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err))
        goto out;
    list_missing(stream, &committed, instance, &missing);
    ok = missing.count == 0;
    if (ok)
        goto out;
    if (!fresh)
        engine_question_say(question, "no commit in %s: taken from the stream object",
                            text_counted(counted, (int64_t)missing.count, "partition"));
    ok = commit_missing(tools, question, client, group, stream->plan->topic, &missing, err);
out:
    partition_offsets_clear(&committed);
    partition_offsets_clear(&missing);
    free(group);
    return ok;
}
