/* What a command is, and the row of each, defined at the end of its own file. */
#ifndef COMMAND_COMMAND_ROWS_H
#define COMMAND_COMMAND_ROWS_H

#include "config.h"

struct command {
    const char *name;
    enum config_command bit;
    const char *summary;                     /* one line for the overview */
    const char *usage;                       /* what stands behind the name */
    const char *text;                        /* what it does, and examples */
    int (*run)(const struct config *config); /* returns the exit code; NULL for in_console */
    bool in_console;                         /* main opens the console: a command cannot see it */
};

extern const struct command command_topics_row;
extern const struct command command_groups_row;
extern const struct command command_survey_row;
extern const struct command command_plan_row;
extern const struct command command_deliver_row;
extern const struct command command_audit_row;
extern const struct command command_connect_row;
extern const struct command command_demo_row;
extern const struct command command_doctor_row;

#endif
