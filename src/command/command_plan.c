/* headgate plan: one start position in numbers, or all of them side by side. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_objects.h"
#include "command/command_print.h"
#include "command/command_report.h"
#include "command/command_rows.h"
#include "command/command_table.h"

static bool is_bad_news(const struct cutover_plan *plan)
{
    const struct cutover_totals *totals = &plan->totals;

    return totals->gap > 0 || totals->lost > 0 || totals->past_end > 0 || totals->errors > 0;
}

/* --- one plan --------------------------------------------------------------------------------------------------------*/

static void print_plan(struct buffer *out, const struct engine_event *event)
{
    command_report_survey_title(out, event->survey);
    command_report_old_sink(out, event);
    buffer_printf(out, "plan %s: ", event->plan->id);
    command_report_start(out, &event->plan->start);
    buffer_append_text(out, "\n\n");
    command_report_plan_totals(out, event->plan);
    buffer_append_char(out, '\n');
    command_report_plan_rows(out, event->plan);
    buffer_append_char(out, '\n');
    command_report_shared_notes(out, event->survey);
    command_report_plan_notes(out, event->plan);
}

static int run_plan(const struct config *config)
{
    struct engine_request request = {
        .kind = ENGINE_ASK_PLAN,
        .topic = config->topic,
        .group = config->group,
        .start = config->start,
    };
    struct engine_event *event;
    struct error err;
    struct buffer out;
    int code;

    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    code = is_bad_news(event->plan) || (event->objects && cutover_connect_is_bad_news(event->objects))
               ? COMMAND_BAD_NEWS
               : COMMAND_DONE;
    if (config->json) {
        struct json *document = cutover_plan_to_json(event->plan);

        command_report_facts_json(document, event->survey);
        command_report_old_sink_json(document, event);
        if (event->objects)
            json_set(document, "connect_objects", cutover_connect_to_json(event->objects, event->plan));
        command_json(&out, document);
    } else {
        print_plan(&out, event);
        if (event->objects)
            command_objects_report(&out, event->objects, event->plan);
    }
    engine_event_free(event);
    return command_finish(&out, code);
}

/* --- all choices -----------------------------------------------------------------------------------------------------*/

/* The survey's own document, with a plan for each choice beside it. */
static struct json *choices_json(const struct engine_event *event)
{
    struct json *document = json_object_new();
    struct json *list = json_array_new(), *survey = cutover_survey_to_json(event->survey);

    command_report_facts_json(survey, event->survey);
    json_set(document, "survey", survey);
    for (size_t i = 0; i < event->choice_count; i++) {
        struct json *row = json_object_new();

        json_set_text(row, "label", event->choices[i].label);
        json_set(row, "plan", cutover_plan_to_json(event->choices[i].plan));
        json_append(list, row);
    }
    json_set(document, "choices", list);
    command_report_old_sink_json(document, event);
    if (event->objects)
        json_set(document, "connect_objects", cutover_connect_to_json(event->objects, NULL));
    return document;
}

static void add_choice(struct command_table *table, const struct engine_choice *choice, timestamp_ms now)
{
    const struct cutover_totals *totals = &choice->plan->totals;
    char time[TIMESTAMP_TEXT_SIZE], lost[TEXT_NUMBER_SIZE];
    struct buffer text;

    buffer_init(&text, 0);
    command_table_text(table, choice->label);
    command_table_text(table, timestamp_short(time, choice->plan->start.time, now));
    command_table_count(table, totals->gap);
    command_table_count(table, totals->duplicates);
    buffer_printf(&text, "%s%s", text_count(lost, totals->lost), totals->lost_unknown > 0 ? " ?" : "");
    command_table_text(table, text.data);
    command_table_count(table, totals->to_read);
    buffer_clear(&text);
}

static void print_choices(struct buffer *out, const struct engine_event *event)
{
    struct command_table *table = command_table_new();
    bool errors = false, unknown = false;

    command_table_column(table, "start", COMMAND_COLUMN_TEXT);
    command_table_column(table, "time", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "gap", COMMAND_COLUMN_COUNT);
    command_table_column(table, "duplicates", COMMAND_COLUMN_COUNT);
    command_table_column(table, "lost", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "to read", COMMAND_COLUMN_COUNT);
    for (size_t i = 0; i < event->choice_count; i++) {
        add_choice(table, &event->choices[i], event->survey->taken_at);
        errors = errors || event->choices[i].plan->totals.errors > 0;
        unknown = unknown || event->choices[i].plan->totals.lost_unknown > 0;
    }
    command_report_survey_title(out, event->survey);
    command_report_old_sink(out, event);
    command_table_print(table, out);
    command_table_free(table);
    buffer_append_char(out, '\n');
    if (errors)
        command_note(out, "! some partitions could not be read: every number is a lower bound");
    if (unknown)
        command_note(out, "? lost is unknown where there is no commit");
    command_report_shared_notes(out, event->survey);
    command_note(out, "gap: delivered by neither side; duplicates: by both; counts are differences of offsets, an "
                      "upper bound on records; times are UTC; one choice in detail: --start NAME or TIME");
}

static int choices_code(const struct engine_event *event)
{
    for (size_t i = 0; i < event->choice_count; i++) {
        if (event->choices[i].plan->totals.errors > 0 || event->choices[i].plan->totals.past_end > 0)
            return COMMAND_BAD_NEWS;
    }
    return COMMAND_DONE;
}

static int run_choices(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_CHOICES, .topic = config->topic, .group = config->group };
    struct engine_event *event;
    struct error err;
    struct buffer out;
    int code;

    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    code = choices_code(event);
    if (event->objects && cutover_connect_is_bad_news(event->objects))
        code = COMMAND_BAD_NEWS;
    if (config->json)
        command_json(&out, choices_json(event));
    else {
        print_choices(&out, event);
        if (event->objects)
            command_objects_report(&out, event->objects, NULL);
    }
    engine_event_free(event);
    return command_finish(&out, code);
}

static int run(const struct config *config)
{
    struct error err;

    if (!command_need(config->topic, "topic", &err) || !command_need(config->group, "group", &err))
        return command_fail(&err);
    return config->start ? run_plan(config) : run_choices(config);
}

const struct command command_plan_row = {
    .name = "plan",
    .bit = CONFIG_PLAN,
    .summary = "what a start position costs: gap, duplicates, lost",
    .usage = "--brokers HOST:PORT,... --topic TOPIC --group GROUP\n"
             "           [--start START] [--until end|TIME]",
    .text = "Counts what a new delivery would miss or repeat if it started at START, against\n"
            "where the group stopped. Without --start the choices stand side by side. Nothing\n"
            "is written.\n"
            "\n"
            "  safe       at the time of the oldest commit, never after a commit: no gap\n"
            "  committed  exactly where the group stopped: no gap, no duplicates\n"
            "  earliest   at the log start\n"
            "  now        at the end\n"
            "  TIME       at the first record from a time on: 2026-11-23T09:21:00Z, epoch\n"
            "             milliseconds, or -15m\n"
            "\n"
            "With --until the delivery would stop there: what is to be read counts up to it.\n"
            "\n"
            "Examples:\n"
            "  headgate plan -b b1:9092 --topic orders --group connect-orders-s3\n"
            "  headgate plan -b b1:9092 --topic orders --group connect-orders-s3 --start safe\n"
            "  headgate plan -b b1:9092 --topic orders --group connect-orders-s3 \\\n"
            "      --start 2026-11-23T09:21:00Z --json\n"
            "\n"
            "Exit codes: 0 no gap and nothing known to be lost, 1 failed, 2 wrong usage, 3\n"
            "the plan has a gap or a loss, or partitions that cannot be planned. Side by\n"
            "side: 0, or 3 for the latter.\n",
    .run = run,
};
