/* The table of commands, and what every command does before its own work. */
#include "command/command.h"

#include "base/log.h"
#include "command/command_print.h"
#include "engine.h"

#include <string.h>

static const struct command *const commands[] = {
    &command_topics_row, &command_groups_row,  &command_survey_row, &command_plan_row,   &command_deliver_row,
    &command_audit_row,  &command_connect_row, &command_demo_row,   &command_doctor_row,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const struct command *command_find(const char *name, struct error *err)
{
    const char *names[COMMANDS + 1];
    const char *nearest;

    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    }
    names[COMMANDS] = "help";
    nearest = options_nearest(name, names, COMMANDS + 1);
    if (nearest)
        error_set(err, ERROR_USAGE, "there is no command \"%s\"; did you mean %s?", name, nearest);
    else
        error_set(err, ERROR_USAGE, "there is no command \"%s\"; headgate --help lists them", name);
    return NULL;
}

int command_overview(void)
{
    struct buffer out;

    buffer_init(&out, 0);
    buffer_append_text(&out, "headgate cuts a Kafka topic's delivery to S3 over from a Kafka Connect sink to a new\n"
                             "pipeline, with the gap, the duplicates and the loss counted before and proven after.\n"
                             "\n"
                             "usage: headgate [OPTIONS]            the console\n"
                             "       headgate COMMAND [OPTIONS]    one answer\n"
                             "       headgate help COMMAND\n"
                             "\n");
    for (size_t i = 0; i < COMMANDS; i++)
        buffer_printf(&out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    buffer_append_text(&out, "\nOptions of the console:\n");
    config_help(CONFIG_CONSOLE, &out);
    buffer_append_text(&out, "\nTIME is 2026-11-23T09:21:00Z, epoch milliseconds, -15m or now. Exit codes: 0 done,\n"
                             "1 failed, 2 wrong usage, 3 done and the answer is bad news.\n");
    return command_finish(&out, COMMAND_DONE);
}

int command_help(const struct command *command)
{
    struct buffer out;

    buffer_init(&out, 0);
    buffer_printf(&out, "usage: headgate %s %s\n\n%s", command->name, command->usage, command->text);
    config_help(command->bit, &out);
    return command_finish(&out, COMMAND_DONE);
}

int command_version(void)
{
    struct buffer out;

    buffer_init(&out, 0);
    buffer_printf(&out, "headgate %s\n", PACKAGE_VERSION);
    engine_versions(&out);
    return command_finish(&out, COMMAND_DONE);
}

int command_run(const struct command *command, int argc, char **argv)
{
    struct config config;
    struct error err;
    int code;

    config_init(&config);
    if (!config_parse(&config, command->bit, argc, argv, &err))
        code = command_fail(&err);
    else if (config.help)
        code = command_help(command);
    else if (config.version)
        code = command_version();
    else {
        if (config.verbose)
            log_to_stderr(true, LOG_DEBUG);
        command_warn(config.warning);
        command_warn(config.unverified);
        code = command->run(&config);
    }
    config_clear(&config);
    return code;
}
