/* headgate survey: where every partition of the old delivery stands. */
#include "command/command_ask.h"
#include "command/command_objects.h"
#include "command/command_print.h"
#include "command/command_report.h"
#include "command/command_rows.h"
#include "cutover/cutover_plan.h"

/* A partition that could not be read makes the answer incomplete. */
static int exit_code(const struct cutover_survey *survey)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->partitions[i].state == CUTOVER_ERROR)
            return COMMAND_BAD_NEWS;
    }
    return COMMAND_DONE;
}

static int run(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_SURVEY, .topic = config->topic, .group = config->group };
    struct engine_event *event;
    struct error err;
    struct buffer out;
    int code;

    if (!command_need(config->topic, "topic", &err) || !command_need(config->group, "group", &err) ||
        !command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    code = exit_code(event->survey);
    if (event->objects && cutover_connect_is_bad_news(event->objects))
        code = COMMAND_BAD_NEWS;
    if (config->json) {
        struct json *document = cutover_survey_to_json(event->survey);

        command_report_facts_json(document, event->survey);
        command_report_old_sink_json(document, event);
        if (event->objects)
            json_set(document, "connect_objects", cutover_connect_to_json(event->objects, NULL));
        command_json(&out, document);
    } else {
        command_report_survey_title(&out, event->survey);
        command_report_old_sink(&out, event);
        command_report_survey_rows(&out, event->survey);
        command_report_survey_notes(&out, event->survey);
        if (event->objects)
            command_objects_report(&out, event->objects, NULL);
    }
    engine_event_free(event);
    return command_finish(&out, code);
}

const struct command command_survey_row = {
    .name = "survey",
    .bit = CONFIG_SURVEY,
    .summary = "where a group stands in each partition, with times",
    .usage = "--brokers HOST:PORT,... --topic TOPIC --group GROUP",
    .text = "Shows, per partition, the log start, the group's committed offset, the end, the\n"
            "time of the record at the commit, and how far that lies behind the latest one.\n"
            "The time is read from the record itself. The group is only read: nothing is\n"
            "joined or committed.\n"
            "\n"
            "Signs: = caught up, ? no commit, < commit below the log start, o open\n"
            "transaction, > commit beyond the end, ! could not be read.\n"
            "\n"
            "Examples:\n"
            "  headgate survey -b b1:9092 --topic orders --group connect-orders-s3\n"
            "  headgate survey -F my.conf --topic orders --group connect-orders-s3 --json\n"
            "\n"
            "With --with-connect also where the connector's own objects end, partition by\n"
            "partition: exactly at its commit, ahead of it, or behind: then something was\n"
            "committed that is in no object.\n"
            "  headgate survey ... --with-connect s3://lake/topics/orders/\n"
            "\n"
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some partitions could not be\n"
            "read, or the connector's objects and its commits do not fit together.\n",
    .run = run,
};
