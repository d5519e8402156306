/* Order: directory (is it there at all), commits, then L, E and high watermark, then the records. The first steps take
 * about two seconds for 10,000 partitions, so the operator sees offsets long before times. */
#include "engine/engine_survey.h"

#include "base/buffer.h"
#include "base/text.h"
#include "engine/engine_connect.h"
#include "engine/engine_objects.h"
#include "format/value_kind.h"
#include "kafka/kafka_times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIAL_EVERY_MS = 250, TOPICS_NAMED = 5 };

void engine_offsets_init(struct engine_offsets *offsets)
{
    partition_offsets_init(&offsets->committed);
    partition_offsets_init(&offsets->starts);
    partition_offsets_init(&offsets->ends);
    partition_offsets_init(&offsets->marks);
    offsets->topics = NULL;
    offsets->topic_count = 0;
}

void engine_offsets_clear(struct engine_offsets *offsets)
{
    partition_offsets_clear(&offsets->committed);
    partition_offsets_clear(&offsets->starts);
    partition_offsets_clear(&offsets->ends);
    partition_offsets_clear(&offsets->marks);
    kafka_group_topics_free(offsets->topics, offsets->topic_count);
    offsets->topics = NULL;
    offsets->topic_count = 0;
}

bool engine_offsets_read(struct engine_tools *tools, const char *topic, int32_t partitions, const char *group,
                         struct engine_offsets *offsets, struct error *err)
{
    struct kafka_client *client, *uncommitted;

    engine_tools_kafka_early(tools);
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) ||
        !engine_tools_kafka(tools, KAFKA_READ_UNCOMMITTED, &uncommitted, err))
        return false;
    /* Commits first: read later they could lie beyond an end that was read before. */
    if (group && !kafka_offsets_group(client, group, topic, ENGINE_ASK_MS, &offsets->committed, &offsets->topics,
                                      &offsets->topic_count, err))
        return false;
    return kafka_offsets_range(client, topic, partitions, KAFKA_LOG_START, ENGINE_ASK_MS, &offsets->starts, err) &&
           kafka_offsets_range(client, topic, partitions, KAFKA_LOG_END, ENGINE_ASK_MS, &offsets->ends, err) &&
           kafka_offsets_range(uncommitted, topic, partitions, KAFKA_LOG_END, ENGINE_ASK_MS, &offsets->marks, err);
}

/* "group g has no commits for topic t; it has some for: a (6 partitions), b (12)". */
static bool refuse_without_commits(const char *topic, const char *group, const struct kafka_group_topic *topics,
                                   size_t count, struct error *err)
{
    struct buffer names;

    if (count == 0)
        return error_set(err, ERROR_KAFKA,
                         "group %s has no commits at all, so there is nothing to take over: check the name with "
                         "headgate groups --topic %s",
                         group, topic);
    buffer_init(&names, 4096);
    for (size_t i = 0; i < count && i < TOPICS_NAMED; i++) {
        char *name = text_sanitised(topics[i].topic);

        buffer_printf(&names, "%s%s (%d partition%s)", i > 0 ? ", " : "", name, topics[i].partitions,
                      topics[i].partitions == 1 ? "" : "s");
        free(name);
    }
    if (count > TOPICS_NAMED)
        buffer_printf(&names, " and %zu more", count - TOPICS_NAMED);
    error_set(
        err, ERROR_KAFKA,
        "group %s has no commits for topic %s; it has some for %s: give --topic as one of these, or find the groups "
        "of this topic with headgate groups --topic %s",
        group, topic, names.data ? names.data : "", topic);
    buffer_clear(&names);
    return false;
}

static bool any_commit(const struct partition_offsets *committed)
{
    for (size_t i = 0; i < committed->count; i++) {
        if (committed->rows[i].offset != OFFSET_NONE || committed->rows[i].error)
            return true;
    }
    return false;
}

/* Checks that the group has commits for the topic, and notes which other topics stop with it. */
static bool take_group(struct cutover_survey *survey, const struct kafka_group *group,
                       const struct engine_offsets *offsets, struct error *err)
{
    snprintf(survey->group_state, sizeof(survey->group_state), "%s", group->state);
    survey->group_members = group->members;
    if (!any_commit(&offsets->committed))
        return refuse_without_commits(survey->topic, survey->group, offsets->topics, offsets->topic_count, err);
    for (size_t i = 0; i < offsets->topic_count; i++) {
        if (strcmp(offsets->topics[i].topic, survey->topic) != 0)
            cutover_survey_add_topic(survey, offsets->topics[i].topic, offsets->topics[i].partitions);
    }
    return true;
}

static void replace_text(char **text, const char *with)
{
    free(*text);
    *text = memory_copy_text(with);
}

static void take_topic(struct cutover_survey *survey, const struct kafka_topic *topic, const char *cluster_id)
{
    replace_text(&survey->cluster_id, cluster_id);
    replace_text(&survey->topic_id, topic->id[0] ? topic->id : "-");
    survey->compacted = topic->compacted;
    survey->log_append = topic->log_append;
    survey->retention_ms = topic->described ? topic->retention_ms : -1;
}

static bool find_names(struct engine_tools *tools, const char *topic, const char *group, struct kafka_topic *found,
                       struct kafka_group *found_group, struct error *err)
{
    struct kafka_client *client;

    engine_tools_kafka_early(tools);
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) ||
        !kafka_directory_topic(client, topic, ENGINE_ASK_MS, found, err))
        return false;
    if (found->error)
        return error_set(err, ERROR_KAFKA, "topic %s cannot be read: %s", topic, found->error);
    return !group || kafka_directory_group(client, group, ENGINE_ASK_MS, found_group, err);
}

bool engine_survey_offsets(struct engine_tools *tools, struct engine_question *question, const char *topic,
                           const char *group, struct cutover_survey **survey, struct error *err)
{
    struct cutover_survey *taken = NULL;
    struct engine_offsets offsets;
    struct kafka_group found_group = { 0 };
    struct kafka_topic found = { 0 };
    struct kafka_client *client;
    bool ok = false;

    engine_offsets_init(&offsets);
    engine_question_progress(question, 0, 0, "asking the brokers");
    if (!find_names(tools, topic, group, &found, &found_group, err) || !engine_question_wanted(question, err))
        goto out;
    taken = cutover_survey_new(topic, group, (size_t)found.partitions, timestamp_now());
    taken->read_committed = engine_tools_isolation(tools) == KAFKA_READ_COMMITTED;
    engine_question_progress(question, 0, found.partitions, "reading the offsets of %d partitions", found.partitions);
    if (!engine_offsets_read(tools, topic, found.partitions, group, &offsets, err) ||
        !engine_question_wanted(question, err) ||
        !engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err))
        goto out;
    take_topic(taken, &found, kafka_client_cluster_id(client, ENGINE_ASK_MS));
    if (group && !take_group(taken, &found_group, &offsets, err))
        goto out;
    cutover_survey_set_offsets(taken, &offsets.starts, &offsets.ends, &offsets.marks, &offsets.committed);
    *survey = taken;
    taken = NULL;
    ok = true;
out:
    cutover_survey_free(taken);
    engine_offsets_clear(&offsets);
    kafka_topic_clear(&found);
    kafka_group_clear(&found_group);
    return ok;
}

/* What the progress callback of the scan needs. */
struct scan {
    struct engine_tools *tools;
    struct engine_question *question;
    struct cutover_survey *survey;
    struct partition_records records;
    int64_t shown_ms;
};

static void post_survey(struct engine_question *question, struct cutover_survey *survey, bool final)
{
    struct engine_event *event = engine_event_new(ENGINE_SURVEY);

    event->survey = survey;
    event->final = final;
    engine_question_post(question, event);
}

static bool scan_progress(void *context, size_t done, size_t total)
{
    struct scan *scan = context;
    int64_t now = timestamp_monotonic();
    char had[TEXT_NUMBER_SIZE], all[TEXT_NUMBER_SIZE];

    if (!engine_question_wanted(scan->question, NULL))
        return false;
    if (scan->tools->meanwhile)
        scan->tools->meanwhile(scan->tools->meanwhile_context);
    engine_question_progress(scan->question, (int64_t)done, (int64_t)total, "reading times %s/%s",
                             text_count(had, (int64_t)done), text_count(all, (int64_t)total));
    if (done > 0 && done < total && now - scan->shown_ms >= PARTIAL_EVERY_MS) {
        struct cutover_survey *partial = cutover_survey_copy(scan->survey);

        scan->shown_ms = now;
        cutover_survey_set_times(partial, &scan->records);
        post_survey(scan->question, partial, false);
    }
    return true;
}

/* A copy, so that whoever asks next may begin where this one ended. */
static void keep_survey(struct engine_tools *tools, const struct cutover_survey *survey)
{
    cutover_survey_free(tools->last_survey);
    tools->last_survey = cutover_survey_copy(survey);
}

void engine_survey_expect_times(struct engine_tools *tools)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));

    if (!tools->scanner && tools->config->brokers_given && !kafka_times_client(&settings, &tools->scanner, NULL))
        tools->scanner = NULL; /* engine_survey_times tells why */
}

bool engine_survey_times(struct engine_tools *tools, struct engine_question *question, struct cutover_survey *survey,
                         struct error *err)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    struct scan scan = { .tools = tools, .question = question, .survey = survey };
    struct partition_offsets from, ends;
    bool ok = true;

    partition_offsets_init(&from);
    partition_offsets_init(&ends);
    partition_records_init(&scan.records);
    post_survey(question, cutover_survey_copy(survey), false);
    cutover_survey_wanted_times(survey, &from);
    for (size_t i = 0; i < survey->count; i++)
        partition_offsets_set(&ends, survey->partitions[i].partition, survey->partitions[i].end);
    if (from.count > 0) {
        ok = kafka_times_read(&settings, tools->scanner, survey->topic, &from, &ends, ENGINE_TIMES_MS, value_kind_of,
                              scan_progress, &scan, &scan.records, err);
        tools->scanner = NULL;
    }
    if (ok || (err && err->kind == ERROR_CANCELLED)) {
        cutover_survey_set_times(survey, &scan.records);
        keep_survey(tools, survey);
    }
    partition_records_clear(&scan.records);
    partition_offsets_clear(&from);
    partition_offsets_clear(&ends);
    return ok;
}

bool engine_survey_is_at_hand(const struct engine_tools *tools, const struct engine_question *question)
{
    const struct cutover_survey *last = tools->last_survey;

    return last && last->group && strcmp(last->topic, question->topic) == 0 &&
           strcmp(last->group, question->group) == 0 && timestamp_now() - last->taken_at <= question->max_age_ms;
}

bool engine_survey_take(struct engine_tools *tools, struct engine_question *question, bool times,
                        struct cutover_survey **survey, struct error *err)
{
    struct cutover_survey *taken = NULL;
    struct cutover_times known;

    if (question->max_age_ms > 0 && engine_survey_is_at_hand(tools, question)) {
        taken = cutover_survey_copy(tools->last_survey);
    } else {
        if (times)
            engine_survey_expect_times(tools);
        if (!engine_survey_offsets(tools, question, question->topic, question->group, &taken, err))
            return false;
        keep_survey(tools, taken);
    }
    known = cutover_survey_times(taken);
    if (times && known.read < known.wanted && !engine_survey_times(tools, question, taken, err)) {
        cutover_survey_free(taken);
        return false;
    }
    *survey = taken;
    return true;
}

bool engine_survey_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct cutover_survey *survey = NULL;
    struct engine_event *event;

    if (!question->topic || !question->group)
        return error_set(err, ERROR_USAGE, "a survey needs --topic and --group");
    if (!engine_survey_take(tools, question, true, &survey, err))
        return false;
    event = engine_event_new(ENGINE_SURVEY);
    event->survey = survey;
    event->final = true;
    engine_connect_attach(tools, question, question->group, event);
    if (!engine_objects_attach(tools, question, event, err)) {
        engine_event_free(event);
        return false;
    }
    engine_question_post(question, event);
    return true;
}
