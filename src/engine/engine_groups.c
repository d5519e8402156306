/* The names in one request, then group by group, with a copy of the whole list sent every quarter of a second. Sizes: up
 * to some thousand groups. */
#include "engine/engine_groups.h"

#include "base/buffer.h"
#include "base/text.h"
#include "engine/engine_connect.h"
#include "engine/engine_records.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIAL_EVERY_MS = 250 };

/* L and E of a topic, asked once for all groups that read it. */
struct topic_ends {
    char *topic;
    struct partition_offsets starts, ends;
    char id[40];
    bool grows; /* nothing but retention takes records from it */
    char *error;
    struct topic_ends *next;
};

struct group_list {
    struct engine_tools *tools;
    struct engine_question *question;
    struct kafka_client *client;
    struct kafka_topics topics; /* for partition counts */
    struct topic_ends *known;
    struct engine_group *groups;
    size_t count;
    char *connect_place, *connect_error;
};

static int32_t partitions_of(const struct kafka_topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++) {
        if (strcmp(topics->rows[i].name, name) == 0)
            return topics->rows[i].partitions;
    }
    return 0;
}

/* What the topic is, for the memory of its records. Without an answer its records are read each time. */
static void read_kind(struct group_list *list, struct topic_ends *ends)
{
    struct kafka_topic described = { 0 };

    if (kafka_directory_topic(list->client, ends->topic, ENGINE_ROW_MS, &described, NULL)) {
        snprintf(ends->id, sizeof(ends->id), "%s", described.id);
        ends->grows = described.described && !described.compacted;
    }
    kafka_topic_clear(&described);
}

static struct topic_ends *ends_of(struct group_list *list, const char *topic)
{
    struct topic_ends *ends;
    struct error err = { 0 };
    int32_t partitions = partitions_of(&list->topics, topic);

    for (ends = list->known; ends; ends = ends->next) {
        if (strcmp(ends->topic, topic) == 0)
            return ends;
    }
    ends = memory_new(sizeof(*ends));
    ends->topic = memory_copy_text(topic);
    partition_offsets_init(&ends->starts);
    partition_offsets_init(&ends->ends);
    if (partitions == 0)
        ends->error = memory_printf("topic %s is gone", topic);
    else if (!kafka_offsets_range(list->client, topic, partitions, KAFKA_LOG_START, ENGINE_ROW_MS, &ends->starts,
                                  &err) ||
             !kafka_offsets_range(list->client, topic, partitions, KAFKA_LOG_END, ENGINE_ROW_MS, &ends->ends, &err))
        ends->error = memory_copy_text(err.message);
    if (!ends->error && list->question->details)
        read_kind(list, ends);
    ends->next = list->known;
    list->known = ends;
    return ends;
}

static void known_free(struct topic_ends *ends)
{
    while (ends) {
        struct topic_ends *next = ends->next;

        partition_offsets_clear(&ends->starts);
        partition_offsets_clear(&ends->ends);
        free(ends->topic);
        free(ends->error);
        free(ends);
        ends = next;
    }
}

static void group_from(const struct kafka_group *from, struct engine_group *group)
{
    group->name = memory_copy_text(from->name);
    snprintf(group->state, sizeof(group->state), "%s", from->state);
    /* A Connect worker cluster is no consumer group at all; the kind (classic, consumer) matters for the rest. */
    snprintf(group->type, sizeof(group->type), "%s",
             strcmp(from->protocol_type, "connect") == 0 ? "connect" : from->kind);
    group->members = from->members;
    group->lag = group->lost = OFFSET_NONE;
    group->oldest = TIMESTAMP_NONE;
    group->error = memory_copy_text(from->error);
}

static void post_groups(const struct group_list *list, bool final)
{
    struct engine_event *event = engine_event_new(ENGINE_GROUPS);

    event->final = final;
    event->group_count = list->count;
    event->connect_place = memory_copy_text(list->connect_place);
    event->connect_error = memory_copy_text(list->connect_error);
    event->groups = memory_new((list->count > 0 ? list->count : 1) * sizeof(event->groups[0]));
    for (size_t i = 0; i < list->count; i++) {
        event->groups[i] = list->groups[i];
        event->groups[i].name = memory_copy_text(list->groups[i].name);
        event->groups[i].topic = memory_copy_text(list->groups[i].topic);
        event->groups[i].connector = memory_copy_text(list->groups[i].connector);
        event->groups[i].error = memory_copy_text(list->groups[i].error);
    }
    engine_question_post(list->question, event);
}

/* Adds lag and loss of one topic; collects where its records have to be read. */
static void add_topic(struct engine_group *group, const struct partition_offsets *committed,
                      const struct topic_ends *ends, struct partition_offsets *from)
{
    for (size_t i = 0; i < committed->count; i++) {
        int64_t at = committed->rows[i].offset;
        int64_t start = partition_offsets_get(&ends->starts, committed->rows[i].partition);
        int64_t end = partition_offsets_get(&ends->ends, committed->rows[i].partition);

        if (at == OFFSET_NONE || start == OFFSET_NONE || end == OFFSET_NONE)
            continue;
        group->lag += end > at ? end - at : 0;
        group->lost += start > at ? start - at : 0;
        if (end > at)
            group->caught_up = false;
        if ((at > start ? at : start) < end)
            partition_offsets_set(from, committed->rows[i].partition, at > start ? at : start);
    }
}

/* What lies in partitions that the group has no commit for, which no lag counts. */
static void add_uncommitted(struct engine_group *group, const struct partition_offsets *committed,
                            const struct topic_ends *ends)
{
    for (size_t i = 0; i < ends->ends.count; i++) {
        int32_t partition = ends->ends.rows[i].partition;
        int64_t start = partition_offsets_get(&ends->starts, partition);
        int64_t end = partition_offsets_get(&ends->ends, partition);
        bool known = start != OFFSET_NONE && end != OFFSET_NONE;

        if (partition_offsets_get(committed, partition) != OFFSET_NONE || (known && end <= start))
            continue;
        group->uncommitted++;
        if (!known)
            group->uncommitted_offsets = OFFSET_NONE;
        else if (group->uncommitted_offsets != OFFSET_NONE)
            group->uncommitted_offsets += end - start;
    }
}

static void take_oldest(const struct partition_records *records, struct engine_group *group)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct partition_record *record = &records->rows[i];

        if (record->found && record->time >= 0 && (group->oldest == TIMESTAMP_NONE || record->time < group->oldest))
            group->oldest = record->time;
    }
}

static bool fill_group_topic(struct group_list *list, struct engine_group *group, const char *topic, struct error *err)
{
    struct partition_offsets committed, from;
    struct partition_records records;
    struct topic_ends *ends = ends_of(list, topic);
    struct engine_records_place place = { .topic = topic, .id = ends->grows ? ends->id : NULL, .user = group->name };
    bool ok = false;

    partition_offsets_init(&committed);
    partition_offsets_init(&from);
    partition_records_init(&records);
    if (ends->error) {
        error_set(err, ERROR_KAFKA, "%s", ends->error);
        goto out;
    }
    if (!kafka_offsets_committed(list->client, group->name, topic, ENGINE_ROW_MS, &committed, err))
        goto out;
    add_topic(group, &committed, ends, &from);
    add_uncommitted(group, &committed, ends);
    if (list->question->details &&
        !engine_records_read(list->tools->records, list->question, &place, &from, &ends->ends, &records, err))
        goto out;
    take_oldest(&records, group);
    ok = true;
out:
    partition_offsets_clear(&committed);
    partition_offsets_clear(&from);
    partition_records_clear(&records);
    return ok;
}

static bool is_wanted_topic(const struct group_list *list, const char *topic)
{
    return !list->question->topic || strcmp(list->question->topic, topic) == 0;
}

static bool fill_group_topics(struct group_list *list, struct engine_group *group,
                              const struct kafka_group_topic *topics, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted_topic(list, topics[i].topic))
            continue;
        if (group->topics == 0) {
            group->lag = group->lost = 0;
            group->caught_up = true;
        }
        if (!group->topic || strcmp(topics[i].topic, group->topic) < 0) {
            free(group->topic);
            group->topic = memory_copy_text(topics[i].topic);
        }
        group->topics++;
        if (!fill_group_topic(list, group, topics[i].topic, err))
            return false;
    }
    return true;
}

/* Fails only when cancelled. */
static bool fill_group(struct group_list *list, struct engine_group *group, struct error *err)
{
    struct kafka_group_topic *topics = NULL;
    struct error own = { 0 };
    size_t count = 0;
    bool ok;

    if (group->error || strcmp(group->type, "connect") == 0)
        return true;
    ok = kafka_offsets_group_topics(list->client, group->name, ENGINE_ROW_MS, &topics, &count, &own) &&
         fill_group_topics(list, group, topics, count, &own);
    kafka_group_topics_free(topics, count);
    if (ok)
        return true;
    if (own.kind == ERROR_CANCELLED)
        return error_set(err, ERROR_CANCELLED, "cancelled");
    group->error = memory_copy_text(own.message);
    group->lag = group->lost = OFFSET_NONE;
    group->caught_up = false;
    return true;
}

static bool fill_groups(struct group_list *list, struct error *err)
{
    int64_t shown = timestamp_monotonic();

    for (size_t i = 0; i < list->count; i++) {
        char done[TEXT_NUMBER_SIZE], total[TEXT_NUMBER_SIZE];

        engine_question_progress(list->question, (int64_t)i, (int64_t)list->count, "reading groups %s/%s",
                                 text_count(done, (int64_t)i), text_count(total, (int64_t)list->count));
        if (!engine_question_wanted(list->question, err) || !fill_group(list, &list->groups[i], err))
            return false;
        if (list->groups[i].error && !kafka_client_connect(list->client, ENGINE_CONNECT_MS, err))
            return false; /* it is not the group */
        if (timestamp_monotonic() - shown >= PARTIAL_EVERY_MS) {
            post_groups(list, false);
            shown = timestamp_monotonic();
        }
    }
    return true;
}

/* With a topic in the question: leaves only the groups that have commits for it, and those that could not be read. */
static void drop_strangers(struct group_list *list)
{
    size_t kept = 0;

    if (!list->question->topic)
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (list->groups[i].topics > 0 || list->groups[i].error) {
            list->groups[kept++] = list->groups[i];
        } else {
            free(list->groups[i].name);
            free(list->groups[i].topic);
            free(list->groups[i].connector);
            free(list->groups[i].error);
        }
    }
    list->count = kept;
}

static bool list_groups(struct group_list *list, struct error *err)
{
    struct kafka_groups groups = { 0 };

    if (!kafka_directory_topics(list->client, ENGINE_ROW_MS, &list->topics, err) ||
        !kafka_directory_groups(list->client, ENGINE_ROW_MS, &groups, err))
        return false;
    list->groups = memory_new((groups.count > 0 ? groups.count : 1) * sizeof(list->groups[0]));
    list->count = groups.count;
    for (size_t i = 0; i < groups.count; i++)
        group_from(&groups.rows[i], &list->groups[i]);
    kafka_groups_clear(&groups);
    return true;
}

/* A mistyped topic would otherwise look like a topic that nobody reads. */
static bool check_topic(struct group_list *list, struct error *err)
{
    struct kafka_topic topic = { 0 };
    bool ok;

    if (!list->question->topic)
        return true;
    ok = kafka_directory_topic(list->client, list->question->topic, ENGINE_ROW_MS, &topic, err);
    kafka_topic_clear(&topic);
    return ok;
}

bool engine_groups_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct group_list list = { .tools = tools, .question = question };
    bool ok;

    engine_question_progress(question, 0, 0, "asking the brokers");
    ok = engine_tools_kafka(tools, engine_tools_isolation(tools), &list.client, err) && check_topic(&list, err) &&
         list_groups(&list, err);
    if (ok && !question->topic)
        post_groups(&list, false);
    if (ok)
        engine_connect_attach_groups(tools, question, list.groups, list.count, &list.connect_place,
                                     &list.connect_error);
    ok = ok && fill_groups(&list, err);
    if (ok) {
        drop_strangers(&list);
        post_groups(&list, true);
    }
    engine_groups_free(list.groups, list.count);
    kafka_topics_clear(&list.topics);
    known_free(list.known);
    free(list.connect_place);
    free(list.connect_error);
    return ok;
}
