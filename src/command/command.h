/* The commands: one row each, from which help, main and the shell's completion read. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "command/command_rows.h"

/* By name, or NULL with ERROR_USAGE and the nearest name. */
const struct command *command_find(const char *name, struct error *err);

/* Parses the words behind the command's name and runs it. Returns the exit code. */
int command_run(const struct command *command, int argc, char **argv);

/* Whole answers on standard output; return the exit code. */
int command_overview(void);
int command_help(const struct command *command);
int command_version(void);

#endif
