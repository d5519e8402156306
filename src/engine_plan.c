/* Several choices share one survey, and each distinct time is asked once: at 10,000 partitions an answer takes half a
 * second. */
#include "engine_plan.h"

#include "base/buffer.h"
#include "kafka/kafka_offsets.h"

#include <stdlib.h>
#include <string.h>

bool engine_plan_by_time(struct engine_tools *tools, const struct cutover_survey *survey, timestamp_ms time,
                         struct partition_offsets *by_time, struct error *err)
{
    struct kafka_client *client;

    return engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) &&
           kafka_offsets_for_time(client, survey->topic, (int32_t)survey->count, time, ENGINE_ASK_MS, by_time, err);
}

bool engine_plan_make(struct engine_tools *tools, const struct cutover_survey *survey, struct cutover_start start,
                      struct cutover_plan **plan, struct error *err)
{
    struct partition_offsets by_time;
    char id[CUTOVER_PLAN_ID_SIZE];
    bool needed, ok = true;

    if (!survey->group && (start.kind == CUTOVER_START_SAFE || start.kind == CUTOVER_START_COMMITTED))
        return error_set(err, ERROR_USAGE, "--start %s is about the old delivery's commits and needs --group",
                         cutover_start_name(start.kind));
    partition_offsets_init(&by_time);
    needed = cutover_start_resolve(survey, &start);
    if (needed)
        ok = engine_plan_by_time(tools, survey, start.time, &by_time, err);
    if (ok) {
        engine_tools_random_id(id);
        *plan = cutover_plan_make(survey, &start, needed ? &by_time : NULL, id);
    }
    partition_offsets_clear(&by_time);
    return ok;
}

/* Topic and group of the question, surveyed to the end. */
static bool take_survey(struct engine_tools *tools, struct engine_question *question, struct cutover_survey **survey,
                        struct error *err)
{
    if (!question->topic || !question->group)
        return error_set(err, ERROR_USAGE, "a plan needs --topic and --group");
    return engine_survey_take(tools, question, true, survey, err);
}

bool engine_plan_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct cutover_survey *survey = NULL;
    struct engine_event *event;
    struct cutover_start start;

    /* The start first: a word that cannot be read should not cost a scan of the topic. */
    if (!question->start)
        return error_set(err, ERROR_USAGE, "a plan needs --start safe, committed, earliest, now or a TIME");
    if (!cutover_start_parse(question->start, timestamp_now(), &start, err) ||
        !take_survey(tools, question, &survey, err))
        return false;
    event = engine_event_new(ENGINE_PLAN);
    event->final = true;
    event->survey = survey;
    if (!engine_plan_make(tools, survey, start, &event->plan, err)) {
        engine_event_free(event);
        return false;
    }
    engine_question_post(question, event);
    return true;
}

struct choice_row {
    const char *label;
    struct cutover_start start;
};

enum { CHOICES = 6 };

/* The fixed choices, and those times that exist: without any T there is no median commit. */
static size_t list_choices(const struct cutover_survey *survey, struct choice_row rows[CHOICES])
{
    struct cutover_times times = cutover_survey_times(survey);
    size_t count = 0;

    rows[count++] = (struct choice_row){
        "safe", { CUTOVER_START_SAFE, TIMESTAMP_NONE }
    };
    rows[count++] = (struct choice_row){
        "committed", { CUTOVER_START_COMMITTED, TIMESTAMP_NONE }
    };
    rows[count++] = (struct choice_row){
        "earliest", { CUTOVER_START_EARLIEST, TIMESTAMP_NONE }
    };
    rows[count++] = (struct choice_row){
        "now", { CUTOVER_START_NOW, TIMESTAMP_NONE }
    };
    if (times.count > 0) {
        rows[count++] = (struct choice_row){
            "at the median commit", { CUTOVER_START_TIME, times.median }
        };
        rows[count++] = (struct choice_row){
            "at the latest commit", { CUTOVER_START_TIME, times.latest }
        };
    }
    return count;
}

/* Answers by time that were already asked for. */
struct time_answers {
    timestamp_ms times[CHOICES];
    struct partition_offsets offsets[CHOICES];
    size_t count;
};

static bool answer_for(struct engine_tools *tools, const struct cutover_survey *survey, timestamp_ms time,
                       struct time_answers *answers, const struct partition_offsets **by_time, struct error *err)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->times[i] == time) {
            *by_time = &answers->offsets[i];
            return true;
        }
    }
    partition_offsets_init(&answers->offsets[answers->count]);
    answers->times[answers->count] = time;
    *by_time = &answers->offsets[answers->count++];
    return engine_plan_by_time(tools, survey, time, &answers->offsets[answers->count - 1], err);
}

static bool make_choices(struct engine_tools *tools, struct engine_question *question, struct engine_event *event,
                         struct error *err)
{
    struct time_answers answers = { .count = 0 };
    struct choice_row rows[CHOICES];
    size_t count = list_choices(event->survey, rows);
    bool ok = true;

    event->choices = memory_new(count * sizeof(event->choices[0]));
    for (size_t i = 0; i < count && ok; i++) {
        const struct partition_offsets *by_time = NULL;
        char id[CUTOVER_PLAN_ID_SIZE];

        engine_question_progress(question, (int64_t)i, (int64_t)count, "asking offsets by time");
        ok = engine_question_wanted(question, err);
        if (ok && cutover_start_resolve(event->survey, &rows[i].start))
            ok = answer_for(tools, event->survey, rows[i].start.time, &answers, &by_time, err);
        if (!ok)
            break;
        engine_tools_random_id(id);
        event->choices[i].label = rows[i].label;
        event->choices[i].plan = cutover_plan_make(event->survey, &rows[i].start, by_time, id);
        event->choice_count = i + 1;
    }
    for (size_t i = 0; i < answers.count; i++)
        partition_offsets_clear(&answers.offsets[i]);
    return ok;
}

bool engine_choices_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct cutover_survey *survey = NULL;
    struct engine_event *event;

    if (!take_survey(tools, question, &survey, err))
        return false;
    event = engine_event_new(ENGINE_CHOICES);
    event->final = true;
    event->survey = survey;
    if (!make_choices(tools, question, event, err)) {
        engine_event_free(event);
        return false;
    }
    engine_question_post(question, event);
    return true;
}
