/* A cursor that moves through time asks for one ListOffsets a broker, never for a survey: the plan is made on the last one. */
#include "engine/engine_starts.h"

#include "base/buffer.h"
#include "format/value_kind.h"
#include "kafka/kafka_record.h"

#include <string.h>

bool engine_starts_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct cutover_survey *survey = NULL;
    struct engine_event *event;
    struct cutover_start start;
    bool ok;

    if (!question->topic || !question->group || !question->start)
        return error_set(err, ERROR_USAGE, "a start needs a topic, a group and a position");
    if (!cutover_start_parse(question->start, timestamp_now(), &start, err) ||
        !engine_survey_take(tools, question, start.kind == CUTOVER_START_SAFE, &survey, err))
        return false;
    event = engine_event_new(ENGINE_STARTS);
    event->final = true;
    ok = engine_question_wanted(question, err) && engine_plan_make(tools, survey, start, &event->plan, err);
    cutover_survey_free(survey);
    if (ok)
        engine_question_post(question, event);
    else
        engine_event_free(event);
    return ok;
}

bool engine_starts_is_quick(const struct engine_tools *tools, const struct engine_question *question)
{
    return question->kind == ENGINE_ASK_STARTS && question->topic && question->group && question->start &&
           strcmp(question->start, cutover_start_name(CUTOVER_START_SAFE)) != 0 &&
           engine_survey_is_at_hand(tools, question);
}

/* What the callbacks of the reading need. */
struct looking {
    struct engine_question *question;
    struct engine_record *record;
};

static char *keep_bytes(const void *bytes, size_t length)
{
    size_t kept = length < ENGINE_RECORD_KEEPS ? length : ENGINE_RECORD_KEEPS;
    char *copy = memory_new(kept + 1);

    if (kept > 0)
        memcpy(copy, bytes, kept);
    return copy;
}

static void take_record(void *context, const struct kafka_record *from, bool log_append)
{
    struct looking *looking = context;
    struct engine_record *record = looking->record;

    record->found = true;
    record->offset = from->offset;
    record->time = from->time < 0 ? TIMESTAMP_NONE : from->time;
    record->log_append = log_append;
    record->kind = value_kind_of(from->value, from->value_length);
    record->has_key = from->key != NULL;
    record->has_value = from->value != NULL;
    record->key_size = from->key_length;
    record->value_size = from->value_length;
    if (record->has_key)
        record->key = keep_bytes(from->key, from->key_length);
    if (record->has_value && looking->question->details)
        record->value = keep_bytes(from->value, from->value_length);
}

static bool is_wanted(void *context)
{
    return engine_question_wanted(((struct looking *)context)->question, NULL);
}

bool engine_record_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    struct engine_event *event;
    struct kafka_client *client;
    struct looking looking = { .question = question };
    bool found;

    if (!question->topic || question->partition < 0 || question->offset < 0)
        return error_set(err, ERROR_USAGE, "a record needs a topic, a partition and an offset");
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err))
        return false; /* no brokers, or none that answers: says so better than a reader could */
    event = engine_event_new(ENGINE_RECORD);
    event->final = true;
    event->record = looking.record = memory_new(sizeof(*event->record));
    looking.record->partition = question->partition;
    looking.record->asked = question->offset;
    looking.record->time = TIMESTAMP_NONE;
    if (!kafka_record_read(&settings, question->topic, question->partition, question->offset, ENGINE_ASK_MS,
                           take_record, is_wanted, &looking, &found, err)) {
        engine_event_free(event);
        return false;
    }
    engine_question_post(question, event);
    return true;
}
