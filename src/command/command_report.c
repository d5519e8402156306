/* The words of the design, in the order in which an operator decides: how far apart, what is missing, what else to know. */
#include "command/command_report.h"

#include "base/text.h"
#include "command/command_print.h"
#include "command/command_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_NAMED = 5, PLAN_END_SIZE = TIMESTAMP_TEXT_SIZE + 20 };

/* A state's sign and word in one cell; a good partition says nothing. */
static void state_cell(struct command_table *table, enum cutover_state state, bool no_record, const char *error)
{
    struct buffer text;

    buffer_init(&text, 0);
    if (state != CUTOVER_OK)
        buffer_printf(&text, "%c %s", cutover_state_sign(state), cutover_state_name(state));
    if (error)
        buffer_printf(&text, ": %s", error);
    if (no_record)
        buffer_printf(&text, "%sE no_record", text.length > 0 ? ", " : "");
    command_table_text(table, text.data);
    buffer_clear(&text);
}

static void partition_cell(struct command_table *table, int32_t partition)
{
    struct buffer text;

    buffer_init(&text, 0);
    buffer_printf(&text, "p%d", partition);
    command_table_text(table, text.data);
    buffer_clear(&text);
}

static void title(struct buffer *out, const char *topic, const char *group)
{
    command_outside(out, topic);
    if (group) {
        buffer_append_text(out, " / ");
        command_outside(out, group);
    }
}

void command_report_survey_title(struct buffer *out, const struct cutover_survey *survey)
{
    char time[TIMESTAMP_TEXT_SIZE], counted[TEXT_COUNTED_SIZE];

    title(out, survey->topic, survey->group);
    buffer_printf(out, "\n%s, group ", text_counted(counted, (int64_t)survey->count, "partition"));
    command_outside(out, survey->group_state);
    if (survey->group_members > 0)
        buffer_printf(out, " with %s", text_counted(counted, survey->group_members, "member"));
    buffer_printf(out, ", %s, %s\n\n", survey->read_committed ? "read_committed" : "read_uncommitted",
                  timestamp_text(time, survey->taken_at));
}

void command_report_old_sink(struct buffer *out, const struct engine_event *event)
{
    if (event->connect_error) {
        char *text = text_sanitised(event->connect_error);

        command_note(out, "! the old sink's state is not known: %s", text);
        free(text);
    }
    for (size_t i = 0; i < event->connector_count; i++) {
        const struct engine_connector *connector = &event->connectors[i];

        buffer_append_text(out, "old sink ");
        command_outside(out, connector->name);
        buffer_append_char(out, ' ');
        command_outside(out, connector->state);
        if (connector->tasks > 0)
            buffer_printf(out, ", %d of %d tasks running", connector->running_tasks, connector->tasks);
        buffer_append_char(out, '\n');
    }
    if (event->connect_place && event->connector_count == 0)
        command_note(out, "no connector at %s has this group", event->connect_place);
    if (event->connect_place || event->connect_error)
        buffer_append_char(out, '\n');
}

void command_report_old_sink_json(struct json *document, const struct engine_event *event)
{
    struct json *list;

    if (!event->connect_place && !event->connect_error)
        return;
    list = json_array_new();
    for (size_t i = 0; i < event->connector_count; i++) {
        struct json *row = json_object_new();

        json_set_text(row, "connector", event->connectors[i].name);
        json_set_text(row, "state", event->connectors[i].state);
        json_append(list, row);
    }
    json_set(document, "connectors", list);
    json_set_text(document, "connect_error", event->connect_error);
}

void command_report_survey_rows(struct buffer *out, const struct cutover_survey *survey)
{
    struct cutover_times times = cutover_survey_times(survey);
    struct command_table *table = command_table_new();

    command_table_column(table, "part", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "log start", COMMAND_COLUMN_COUNT);
    command_table_column(table, "committed", COMMAND_COLUMN_COUNT);
    command_table_column(table, "end", COMMAND_COLUMN_COUNT);
    command_table_column(table, "commit time", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "behind", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "state", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *row = &survey->partitions[i];
        char time[TIMESTAMP_TEXT_SIZE], behind[TEXT_NUMBER_SIZE];
        bool known = row->committed_time != TIMESTAMP_NONE;

        partition_cell(table, row->partition);
        command_table_count(table, row->log_start);
        command_table_count(table, row->committed);
        command_table_count(table, row->end);
        command_table_text(table, known ? timestamp_short(time, row->committed_time, survey->taken_at) : "-");
        command_table_text(table, known ? text_duration(behind, times.latest - row->committed_time) : "-");
        state_cell(table, row->state, false, row->error);
    }
    command_table_print(table, out);
    command_table_free(table);
}

static int32_t partition_at(const struct cutover_survey *survey, timestamp_ms time)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->partitions[i].committed_time == time)
            return survey->partitions[i].partition;
    }
    return -1;
}

static void skew(struct buffer *out, const struct cutover_survey *survey)
{
    struct cutover_times times = cutover_survey_times(survey);
    char oldest[TIMESTAMP_TEXT_SIZE], median[TIMESTAMP_TEXT_SIZE], latest[TIMESTAMP_TEXT_SIZE];
    char spread[TEXT_NUMBER_SIZE];

    if (times.count == 0) {
        buffer_append_text(out, "no partition has a commit with a record behind it\n");
        return;
    }
    buffer_printf(out, "spread %s: oldest commit %s (p%d),\nmedian %s, latest %s\n",
                  text_duration(spread, times.latest - times.oldest), timestamp_text(oldest, times.oldest),
                  partition_at(survey, times.oldest), timestamp_text(median, times.median),
                  timestamp_text(latest, times.latest));
}

/* How many partitions are in each state that is worth a line, and what it means. */
static const struct {
    enum cutover_state state;
    const char *meaning;
} state_notes[] = {
    { CUTOVER_NO_COMMIT,        "no commit: what the old delivery lost there is unknown"                    },
    { CUTOVER_BELOW_START,      "commit below the log start: retention took what lies between"              },
    { CUTOVER_OPEN_TRANSACTION, "commit ahead of an open transaction: a read_uncommitted sink was there"    },
    { CUTOVER_PAST_END,         "commit beyond the end: topic made again or truncated; a launch is refused" },
    { CUTOVER_ERROR,            "could not be read; a launch is refused"                                    },
};

/* What the first of the partitions that could not be read met: mostly the same for all. */
static void note_error(struct buffer *out, const struct cutover_survey *survey)
{
    for (size_t i = 0; i < survey->count; i++) {
        char *text;

        if (survey->partitions[i].state != CUTOVER_ERROR || !survey->partitions[i].error)
            continue;
        text = text_sanitised(survey->partitions[i].error);
        command_note(out, "! partition %d: %s", (int)survey->partitions[i].partition, text);
        free(text);
        return;
    }
}

static void note_states(struct buffer *out, const struct cutover_survey *survey)
{
    size_t counts[CUTOVER_ERROR + 1] = { 0 };
    char counted[TEXT_COUNTED_SIZE];

    for (size_t i = 0; i < survey->count; i++)
        counts[survey->partitions[i].state]++;
    for (size_t i = 0; i < sizeof(state_notes) / sizeof(state_notes[0]); i++) {
        size_t count = counts[state_notes[i].state];

        if (count > 0)
            command_note(out, "%c %s: %s", cutover_state_sign(state_notes[i].state),
                         text_counted(counted, (int64_t)count, "partition"), state_notes[i].meaning);
    }
}

static void note_lost(struct buffer *out, const struct cutover_survey *survey)
{
    int64_t lost = 0;
    char number[TEXT_COUNTED_SIZE];

    for (size_t i = 0; i < survey->count; i++) {
        int64_t here = cutover_partition_lost(&survey->partitions[i]);

        lost += here > 0 ? here : 0;
    }
    if (lost > 0)
        command_note(out, "! %s lost to retention before this reading", text_counted(number, lost, "offset"));
}

static void note_times(struct buffer *out, const struct cutover_survey *survey)
{
    char counted[TEXT_COUNTED_SIZE];
    size_t below_zero = 0;

    for (size_t i = 0; i < survey->count; i++)
        below_zero += survey->partitions[i].time_below_zero;
    if (below_zero > 0)
        command_note(out, "! %s where the record at the commit carries no time: `safe` begins at the commit there",
                     text_counted(counted, (int64_t)below_zero, "partition"));
    if (survey->log_append)
        command_note(out, "times are the brokers' (LogAppendTime): one time for a whole batch");
}

static void count_kinds(const struct cutover_survey *survey, size_t counts[VALUE_TOMBSTONE + 1])
{
    memset(counts, 0, (VALUE_TOMBSTONE + 1) * sizeof(counts[0]));
    for (size_t i = 0; i < survey->count; i++)
        counts[survey->partitions[i].kind]++;
}

/* "JSON in 5, avro in 1" of the kinds looked at, or of those that `lines` would break. */
static void append_kinds(struct buffer *text, const size_t counts[VALUE_TOMBSTONE + 1], bool breaking)
{
    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        if (counts[kind] == 0 || (breaking && !engine_value_kind_breaks_lines((enum value_kind)kind)))
            continue;
        buffer_printf(text, "%s%s in %zu", text->length > 0 ? ", " : "", engine_value_kind_name((enum value_kind)kind),
                      counts[kind]);
    }
}

static void note_kinds(struct buffer *out, const struct cutover_survey *survey)
{
    size_t counts[VALUE_TOMBSTONE + 1];
    struct buffer kinds, breaking;

    buffer_init(&kinds, 0);
    buffer_init(&breaking, 0);
    count_kinds(survey, counts);
    append_kinds(&kinds, counts, false);
    append_kinds(&breaking, counts, true);
    if (kinds.length > 0)
        command_note(out, "values at the commits, one in each partition: %s", kinds.data);
    if (breaking.length > 0)
        command_note(out,
                     "! format `lines` would break some of these values (%s): `json` keeps every byte, `raw` adds none",
                     breaking.data);
    buffer_clear(&kinds);
    buffer_clear(&breaking);
}

static void note_topics(struct buffer *out, const struct cutover_survey *survey)
{
    struct buffer text;

    if (survey->other_topic_count == 0)
        return;
    buffer_init(&text, 4096);
    for (size_t i = 0; i < survey->other_topic_count && i < TOPICS_NAMED; i++) {
        if (i > 0)
            buffer_append_text(&text, ", ");
        command_outside(&text, survey->other_topics[i].topic);
    }
    if (survey->other_topic_count > TOPICS_NAMED)
        buffer_printf(&text, " and %zu more", survey->other_topic_count - TOPICS_NAMED);
    command_note(out, "! this group also has commits for %s: stopping the connector stops these too",
                 text.data ? text.data : "");
    buffer_clear(&text);
}

void command_report_shared_notes(struct buffer *out, const struct cutover_survey *survey)
{
    if (!survey)
        return;
    note_error(out, survey);
    note_topics(out, survey);
    note_kinds(out, survey);
    note_times(out, survey);
}

void command_report_facts_json(struct json *document, const struct cutover_survey *survey)
{
    struct json *topics = json_array_new(), *values = json_object_new();
    size_t counts[VALUE_TOMBSTONE + 1];

    for (size_t i = 0; i < survey->other_topic_count; i++) {
        struct json *row = json_object_new();

        json_set_text(row, "topic", survey->other_topics[i].topic);
        json_set_int(row, "partitions", survey->other_topics[i].partitions);
        json_append(topics, row);
    }
    json_set(document, "other_topics", topics);
    count_kinds(survey, counts);
    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        if (counts[kind] > 0)
            json_set_int(values, engine_value_kind_name((enum value_kind)kind), (int64_t)counts[kind]);
    }
    json_set(document, "values", values);
}

static void note_members(struct buffer *out, int members)
{
    char counted[TEXT_COUNTED_SIZE];

    if (members > 0)
        command_note(out,
                     "! the group still has %s: its commits move while you look, and its last objects may "
                     "be ahead of them, so duplicates are a lower bound",
                     text_counted(counted, members, "member"));
}

void command_report_survey_notes(struct buffer *out, const struct cutover_survey *survey)
{
    buffer_append_char(out, '\n');
    skew(out, survey);
    note_lost(out, survey);
    note_states(out, survey);
    note_members(out, survey->group_members);
    command_report_shared_notes(out, survey);
    command_note(out, "times are UTC; counts are differences of offsets, an upper bound on records%s",
                 survey->compacted ? " (this topic is compacted)" : "");
}

/* --- plans -----------------------------------------------------------------------------------------------------------*/

void command_report_start(struct buffer *out, const struct cutover_start *start)
{
    char time[TIMESTAMP_TEXT_SIZE];

    if (start->kind == CUTOVER_START_TIME)
        buffer_printf(out, "at %s", timestamp_text(time, start->time));
    else if (start->kind == CUTOVER_START_SAFE && start->time != TIMESTAMP_NONE)
        buffer_printf(out, "safe, at %s and never after the commit", timestamp_text(time, start->time));
    else
        buffer_append_text(out, cutover_start_name(start->kind));
}

static void total_line(struct buffer *out, const char *what, const char *meaning, int64_t count, size_t in)
{
    char number[TEXT_NUMBER_SIZE], counted[TEXT_COUNTED_SIZE];

    buffer_printf(out, "  %-10s  %14s  %s", what, text_count(number, count), meaning);
    if (in > 0)
        buffer_printf(out, ", in %s", text_counted(counted, (int64_t)in, "partition"));
    buffer_append_char(out, '\n');
}

/* Where "to read" ends. */
static const char *plan_end_words(const struct cutover_plan *plan, char words[PLAN_END_SIZE])
{
    char time[TIMESTAMP_TEXT_SIZE];

    if (plan->until_time == TIMESTAMP_NONE)
        return "from here to the end";
    snprintf(words, PLAN_END_SIZE, "from here until %s", timestamp_text(time, plan->until_time));
    return words;
}

void command_report_plan_totals(struct buffer *out, const struct cutover_plan *plan)
{
    const struct cutover_totals *totals = &plan->totals;
    char counted[TEXT_COUNTED_SIZE], words[PLAN_END_SIZE];

    if (plan->group) {
        total_line(out, "gap", "delivered by neither side", totals->gap, totals->gap_in);
        total_line(out, "duplicates", "delivered by both sides", totals->duplicates, totals->duplicates_in);
        total_line(out, "lost", "taken by retention before", totals->lost, totals->lost_in);
        if (totals->lost_unknown > 0)
            buffer_printf(out, "  %-10s  %14s  lost in %s without a commit\n", "", "unknown",
                          text_counted(counted, (int64_t)totals->lost_unknown, "partition"));
    }
    total_line(out, "to read", plan_end_words(plan, words), totals->to_read, 0);
}

void command_report_plan_rows(struct buffer *out, const struct cutover_plan *plan)
{
    struct command_table *table = command_table_new();

    command_table_column(table, "part", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "start", COMMAND_COLUMN_COUNT);
    command_table_column(table, "gap", COMMAND_COLUMN_COUNT);
    command_table_column(table, "duplicates", COMMAND_COLUMN_COUNT);
    command_table_column(table, "lost", COMMAND_COLUMN_COUNT);
    command_table_column(table, "to read", COMMAND_COLUMN_COUNT);
    command_table_column(table, "state", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < plan->count; i++) {
        const struct cutover_plan_row *row = &plan->rows[i];

        partition_cell(table, row->partition);
        command_table_count(table, row->start);
        command_table_count(table, row->gap);
        command_table_count(table, row->duplicates);
        command_table_count(table, row->lost);
        command_table_count(table, row->to_read);
        state_cell(table, row->state, row->no_record, row->error);
    }
    command_table_print(table, out);
    command_table_free(table);
}

void command_report_plan_notes(struct buffer *out, const struct cutover_plan *plan)
{
    const struct cutover_totals *totals = &plan->totals;
    char counted[TEXT_COUNTED_SIZE];

    if (totals->no_record > 0)
        command_note(out, "E %s without a record at or after that time: start at the end",
                     text_counted(counted, (int64_t)totals->no_record, "partition"));
    if (totals->clamped > totals->clamped_uncommitted)
        command_note(out,
                     "%s where the time alone would begin after the commit: start at the commit, which is what "
                     "makes `safe` gapless",
                     text_counted(counted, (int64_t)(totals->clamped - totals->clamped_uncommitted), "partition"));
    if (totals->clamped_uncommitted > 0)
        command_note(out,
                     "%s without a commit, where the time alone would begin after the log start: start at the log "
                     "start, as the old sink would",
                     text_counted(counted, (int64_t)totals->clamped_uncommitted, "partition"));
    if (totals->past_end > 0)
        command_note(out, "> %s with a commit beyond the end: a launch is refused",
                     text_counted(counted, (int64_t)totals->past_end, "partition"));
    if (totals->errors > 0)
        command_note(out, "! %s not read: totals are lower bounds, and a launch is refused",
                     text_counted(counted, (int64_t)totals->errors, "partition"));
    note_members(out, plan->group_members);
    command_note(out,
                 "counts are differences of offsets, an upper bound on records%s; duplicates assume that the old "
                 "delivery stopped cleanly",
                 plan->compacted ? " (this topic is compacted)" : "");
}
