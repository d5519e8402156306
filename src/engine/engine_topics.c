/* The names in one request, then topic by topic, with a copy of the whole list sent every quarter of a second. Sizes: up to
 * some thousand topics. */
#include "engine/engine_topics.h"

#include "base/buffer.h"
#include "base/text.h"
#include "engine/engine_records.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIAL_EVERY_MS = 250, SAMPLED_PARTITIONS = 100 };

/* What one answer collects of a topic on its way. */
struct topic_reading {
    char id[40];
    bool counted; /* starts and ends are there */
    struct partition_offsets starts, ends;
};

static void topic_from(const struct kafka_topic *from, struct engine_topic *topic)
{
    topic->name = memory_copy_text(from->name);
    topic->partitions = from->partitions;
    topic->internal = from->internal;
    topic->retention_ms = -1;
    topic->offsets = topic->ends = OFFSET_NONE;
    topic->oldest = topic->newest = TIMESTAMP_NONE;
    topic->error = memory_copy_text(from->error);
}

static void post_topics(struct engine_question *question, const struct engine_topic *topics, size_t count, bool final)
{
    struct engine_event *event = engine_event_new(ENGINE_TOPICS);

    event->final = final;
    event->topic_count = count;
    event->topics = memory_new((count > 0 ? count : 1) * sizeof(topics[0]));
    for (size_t i = 0; i < count; i++) {
        event->topics[i] = topics[i];
        event->topics[i].name = memory_copy_text(topics[i].name);
        event->topics[i].error = memory_copy_text(topics[i].error);
    }
    engine_question_post(question, event);
}

static int64_t sum_of(const struct partition_offsets *offsets, char **error)
{
    int64_t sum = 0;

    for (size_t i = 0; i < offsets->count; i++) {
        if (offsets->rows[i].error) {
            if (!*error)
                *error = memory_printf("partition %d: %s", offsets->rows[i].partition, offsets->rows[i].error);
        } else if (offsets->rows[i].offset != OFFSET_NONE) {
            sum += offsets->rows[i].offset;
        }
    }
    return sum;
}

/* Up to SAMPLED_PARTITIONS partitions that hold something, spread evenly. newest: the last offset instead of the first. */
static void sample(const struct partition_offsets *starts, const struct partition_offsets *ends, bool newest,
                   struct partition_offsets *from)
{
    size_t step = ends->count / SAMPLED_PARTITIONS + 1;

    for (size_t i = 0; i < ends->count; i += step) {
        int64_t start = partition_offsets_get(starts, ends->rows[i].partition);
        int64_t end = ends->rows[i].offset;

        if (start != OFFSET_NONE && end != OFFSET_NONE && start < end)
            partition_offsets_set(from, ends->rows[i].partition, newest ? end - 1 : start);
    }
}

static void take_records(const struct partition_records *records, bool newest, struct engine_topic *topic)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct partition_record *record = &records->rows[i];

        if (!record->found)
            continue;
        topic->kinds[record->kind]++;
        if (record->time < 0)
            continue;
        if (newest && record->time > topic->newest)
            topic->newest = record->time;
        if (!newest && (topic->oldest == TIMESTAMP_NONE || record->time < topic->oldest))
            topic->oldest = record->time;
    }
}

/* Times and kinds at both ends. Fails only when cancelled; anything else is the row's. */
static bool read_times(struct engine_tools *tools, struct engine_question *question, struct engine_topic *topic,
                       const struct topic_reading *reading, struct error *err)
{
    bool changing = !topic->described || topic->compacted;
    struct engine_records_place place = { .topic = topic->name, .id = changing ? NULL : reading->id };
    struct error own = { 0 };
    bool ok = true;

    for (int newest = 0; newest <= 1 && ok; newest++) {
        struct partition_offsets from;
        struct partition_records records;

        partition_offsets_init(&from);
        partition_records_init(&records);
        place.user = newest ? "newest" : "oldest";
        sample(&reading->starts, &reading->ends, newest == 1, &from);
        ok = engine_records_read(tools->records, question, &place, &from, &reading->ends, &records, &own);
        if (ok)
            take_records(&records, newest == 1, topic);
        partition_records_clear(&records);
        partition_offsets_clear(&from);
    }
    if (!ok && own.kind == ERROR_CANCELLED)
        return error_set(err, ERROR_CANCELLED, "cancelled");
    if (!ok && !topic->error)
        topic->error = memory_copy_text(own.message);
    return true;
}

/* Settings and offsets. What fails is the row's. */
static void read_offsets(struct kafka_client *client, struct engine_topic *topic, struct topic_reading *reading)
{
    struct kafka_topic described = { 0 };
    struct error own = { 0 };

    if (!kafka_directory_topic(client, topic->name, ENGINE_ROW_MS, &described, &own))
        goto out;
    topic->described = described.described;
    topic->log_append = described.log_append;
    topic->compacted = described.compacted;
    topic->retention_ms = described.retention_ms;
    snprintf(reading->id, sizeof(reading->id), "%s", described.id);
    if (!kafka_offsets_range(client, topic->name, topic->partitions, KAFKA_LOG_START, ENGINE_ROW_MS, &reading->starts,
                             &own) ||
        !kafka_offsets_range(client, topic->name, topic->partitions, KAFKA_LOG_END, ENGINE_ROW_MS, &reading->ends,
                             &own))
        goto out;
    topic->ends_at = timestamp_monotonic();
    topic->ends = sum_of(&reading->ends, &topic->error);
    topic->offsets = topic->ends - sum_of(&reading->starts, &topic->error);
    reading->counted = true;
out:
    kafka_topic_clear(&described);
    if (!reading->counted && !topic->error)
        topic->error = memory_copy_text(own.message);
}

/* First the offsets of all, which take milliseconds each, then the times of all, which take longer. */
static bool fill_topics(struct engine_tools *tools, struct engine_question *question, struct kafka_client *client,
                        struct engine_topic *topics, struct topic_reading *readings, size_t count, struct error *err)
{
    int64_t shown = timestamp_monotonic();
    size_t rounds = question->details ? 2 : 1;

    for (size_t i = 0; i < count * rounds; i++) {
        char done[TEXT_NUMBER_SIZE], total[TEXT_NUMBER_SIZE];
        struct engine_topic *topic = &topics[i % count];
        struct topic_reading *reading = &readings[i % count];

        engine_question_progress(question, (int64_t)i, (int64_t)(count * rounds), "reading %s of topics %s/%s",
                                 i < count ? "offsets" : "times", text_count(done, (int64_t)(i % count)),
                                 text_count(total, (int64_t)count));
        if (!engine_question_wanted(question, err))
            return false;
        if (i < count && !topic->error)
            read_offsets(client, topic, reading);
        else if (reading->counted && !read_times(tools, question, topic, reading, err))
            return false;
        if (topic->error && !kafka_client_connect(client, ENGINE_CONNECT_MS, err))
            return false; /* it is not the topic */
        if (timestamp_monotonic() - shown >= PARTIAL_EVERY_MS || i + 1 == count) {
            post_topics(question, topics, count, false);
            shown = timestamp_monotonic();
        }
    }
    return true;
}

static struct topic_reading *readings_new(size_t count)
{
    struct topic_reading *readings = memory_new((count > 0 ? count : 1) * sizeof(*readings));

    for (size_t i = 0; i < count; i++) {
        partition_offsets_init(&readings[i].starts);
        partition_offsets_init(&readings[i].ends);
    }
    return readings;
}

static void readings_free(struct topic_reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        partition_offsets_clear(&readings[i].starts);
        partition_offsets_clear(&readings[i].ends);
    }
    free(readings);
}

/* All topics, or the one that was asked for (which must exist). */
static bool list_topics(struct engine_question *question, struct kafka_client *client, struct engine_topic **topics,
                        size_t *count, struct error *err)
{
    struct kafka_topics list = { 0 };
    struct kafka_topic one = { 0 };
    bool ok;

    if (question->topic) {
        ok = kafka_directory_topic(client, question->topic, ENGINE_ROW_MS, &one, err);
        list.rows = &one;
        list.count = 1;
    } else {
        ok = kafka_directory_topics(client, ENGINE_ROW_MS, &list, err);
    }
    if (ok) {
        *topics = memory_new((list.count > 0 ? list.count : 1) * sizeof(**topics));
        *count = list.count;
        for (size_t i = 0; i < list.count; i++)
            topic_from(&list.rows[i], &(*topics)[i]);
    }
    if (question->topic)
        kafka_topic_clear(&one);
    else
        kafka_topics_clear(&list);
    return ok;
}

bool engine_topics_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct kafka_client *client;
    struct engine_topic *topics = NULL;
    struct topic_reading *readings;
    size_t count = 0;
    bool ok;

    engine_question_progress(question, 0, 0, "asking the brokers");
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) ||
        !list_topics(question, client, &topics, &count, err))
        return false;
    post_topics(question, topics, count, false);
    readings = readings_new(count);
    ok = fill_topics(tools, question, client, topics, readings, count, err);
    if (ok)
        post_topics(question, topics, count, true);
    readings_free(readings, count);
    engine_topics_free(topics, count);
    return ok;
}
