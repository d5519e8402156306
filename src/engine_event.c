/* Events own everything they carry, so that a command or view may take a part and free the rest. */
#include "engine_event.h"

#include "base/buffer.h"
#include "format/value_kind.h"

#include <stdlib.h>

struct engine_event *engine_event_new(enum engine_event_kind kind)
{
    struct engine_event *event = memory_new(sizeof(*event));

    event->kind = kind;
    return event;
}

void engine_topics_free(struct engine_topic *topics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(topics[i].name);
        free(topics[i].error);
    }
    free(topics);
}

void engine_groups_free(struct engine_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(groups[i].name);
        free(groups[i].topic);
        free(groups[i].connector);
        free(groups[i].error);
    }
    free(groups);
}

void engine_checks_free(struct engine_check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(checks[i].what);
        free(checks[i].said);
    }
    free(checks);
}

void engine_record_free(struct engine_record *record)
{
    if (!record)
        return;
    free(record->key);
    free(record->value);
    free(record);
}

static void connector_clear(struct engine_connector *connector)
{
    free(connector->name);
    free(connector->group);
    free(connector->topics);
    free(connector->class_name);
    free(connector->worker);
    free(connector->trouble);
    for (size_t i = 0; i < connector->offset_count; i++)
        free(connector->offsets[i].topic);
    free(connector->offsets);
    properties_clear(&connector->settings);
}

void engine_connectors_free(struct engine_connector *connectors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        connector_clear(&connectors[i]);
    free(connectors);
}

void engine_launch_free(struct engine_launch *launch)
{
    if (!launch)
        return;
    free(launch->stream);
    free(launch->own_group);
    free(launch->bucket);
    free(launch->prefix);
    free(launch->endpoint);
    free(launch->identity);
    free(launch->format);
    free(launch->compression);
    free(launch->folders);
    free(launch->store_reason);
    free(launch->refusal);
    free(launch->changed);
    free(launch->expires);
    cutover_plan_free(launch->plan);
    cutover_survey_free(launch->survey);
    free(launch);
}

void engine_audit_free(struct engine_audit *audit)
{
    if (!audit)
        return;
    for (size_t i = 0; i < audit->object_count; i++) {
        free(audit->objects[i].key);
        free(audit->objects[i].trouble);
    }
    free(audit->objects);
    free(audit->bucket);
    free(audit->prefix);
    cutover_plan_free(audit->plan);
    free(audit);
}

void engine_streams_free(struct engine_stream_info *streams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(streams[i].stream);
        free(streams[i].group);
        free(streams[i].topic);
        free(streams[i].rows);
        free(streams[i].error);
    }
    free(streams);
}

static void choices_free(struct engine_choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cutover_plan_free(choices[i].plan);
    free(choices);
}

void engine_event_free(struct engine_event *event)
{
    if (!event)
        return;
    free(event->progress);
    engine_record_free(event->record);
    engine_topics_free(event->topics, event->topic_count);
    engine_groups_free(event->groups, event->group_count);
    cutover_survey_free(event->survey);
    cutover_plan_free(event->plan);
    choices_free(event->choices, event->choice_count);
    coverage_free(event->coverage);
    engine_connectors_free(event->connectors, event->connector_count);
    engine_checks_free(event->checks, event->check_count);
    cutover_connect_free(event->objects);
    free(event->connect_place);
    free(event->connect_error);
    free(event->stream);
    free(event->plan_id);
    engine_launch_free(event->launch);
    engine_audit_free(event->audit);
    engine_streams_free(event->streams, event->stream_count);
    if (event->delivery)
        delivery_progress_clear(event->delivery);
    free(event->delivery);
    free(event);
}

const char *engine_value_kind_name(enum value_kind kind)
{
    return value_kind_name(kind);
}

bool engine_value_kind_breaks_lines(enum value_kind kind)
{
    return value_kind_breaks_lines(kind);
}
