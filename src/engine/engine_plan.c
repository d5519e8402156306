/* Several choices share one survey, and each distinct time is asked once: at 10,000 partitions an answer takes half a
 * second. */
#include "engine/engine_plan.h"

#include "base/buffer.h"
#include "engine/engine_connect.h"
#include "engine/engine_objects.h"
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

bool engine_until_check(const char *until, timestamp_ms now, struct error *err)
{
    char text[TIMESTAMP_TEXT_SIZE], today[TIMESTAMP_TEXT_SIZE];
    timestamp_ms time;

    if (!until || strcmp(until, "end") == 0)
        return true;
    if (!timestamp_parse(until, now, &time, err))
        return error_prefix(err, "--until takes `end` or a time");
    return time <= now || error_set(err, ERROR_USAGE, "--until %s is in the future: it is %s now",
                                    timestamp_text(text, time), timestamp_text(today, now));
}

bool engine_plan_set_until(struct engine_tools *tools, const struct cutover_survey *survey, const char *until,
                           timestamp_ms now, struct cutover_plan *plan, struct error *err)
{
    struct partition_offsets ends;
    bool ok;

    if (!until)
        return true;
    if (strcmp(until, "end") == 0) {
        cutover_plan_set_until(plan, NULL);
        return true;
    }
    partition_offsets_init(&ends);
    ok = timestamp_parse(until, now, &plan->until_time, err) &&
         engine_plan_by_time(tools, survey, plan->until_time, &ends, err);
    if (ok)
        cutover_plan_set_until(plan, &ends);
    partition_offsets_clear(&ends);
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
    timestamp_ms now = timestamp_now();

    /* The words first: one that cannot be read should not cost a scan of the topic. */
    if (!question->start)
        return error_set(err, ERROR_USAGE, "a plan needs --start safe, committed, earliest, now or a TIME");
    if (!cutover_start_parse(question->start, now, &start, err) ||
        !engine_until_check(tools->config->until, now, err) || !take_survey(tools, question, &survey, err))
        return false;
    event = engine_event_new(ENGINE_PLAN);
    event->final = true;
    event->survey = survey;
    engine_connect_attach(tools, question, question->group, event);
    if (!engine_objects_attach(tools, question, event, err) ||
        !engine_plan_make(tools, survey, start, &event->plan, err) ||
        !engine_plan_set_until(tools, survey, tools->config->until, now, event->plan, err)) {
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

/* Answers by time that were already asked for: a time of each choice, and that of --until. */
struct time_answers {
    timestamp_ms times[CHOICES + 1];
    struct partition_offsets offsets[CHOICES + 1];
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

static bool end_choice(struct engine_tools *tools, const struct cutover_survey *survey, timestamp_ms now,
                       struct time_answers *answers, struct cutover_plan *plan, struct error *err)
{
    const char *until = tools->config->until;
    const struct partition_offsets *ends = NULL;

    if (!until)
        return true;
    if (strcmp(until, "end") != 0 && (!timestamp_parse(until, now, &plan->until_time, err) ||
                                      !answer_for(tools, survey, plan->until_time, answers, &ends, err)))
        return false;
    cutover_plan_set_until(plan, ends);
    return true;
}

static bool make_choices(struct engine_tools *tools, struct engine_question *question, struct engine_event *event,
                         struct error *err)
{
    struct time_answers answers = { .count = 0 };
    struct choice_row rows[CHOICES];
    size_t count = list_choices(event->survey, rows);
    timestamp_ms now = timestamp_now();
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
        ok = end_choice(tools, event->survey, now, &answers, event->choices[i].plan, err);
    }
    for (size_t i = 0; i < answers.count; i++)
        partition_offsets_clear(&answers.offsets[i]);
    return ok;
}

bool engine_choices_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct cutover_survey *survey = NULL;
    struct engine_event *event;

    if (!engine_until_check(tools->config->until, timestamp_now(), err) || !take_survey(tools, question, &survey, err))
        return false;
    event = engine_event_new(ENGINE_CHOICES);
    event->final = true;
    event->survey = survey;
    engine_connect_attach(tools, question, question->group, event);
    if (!engine_objects_attach(tools, question, event, err) || !make_choices(tools, question, event, err)) {
        engine_event_free(event);
        return false;
    }
    engine_question_post(question, event);
    return true;
}
