/* The program: hands its arguments to a command, or opens the console when there is none. */
#include "base/log.h"
#include "command/command.h"
#include "command/command_print.h"
#include "tui/ui.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory holds secrets: no core, and no other process of the same user may look. A sanitizer has to look. */
static void guard_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    umask(077);
}

static int fail(struct error *err)
{
    int code = command_fail(err);

    if (code == COMMAND_USAGE)
        fputs("try: headgate --help\n", stderr);
    return code;
}

/* "headgate help", "headgate help survey" */
static int help(int argc, char **argv)
{
    const struct command *command;
    struct error err;

    if (argc == 0)
        return command_overview();
    command = command_find(argv[0], &err);
    return command ? command_help(command) : fail(&err);
}

/* row: the command that it was opened by; NULL: none. */
static int console(const struct command *row, int argc, char **argv)
{
    struct config config;
    struct error err;
    int code;

    config_init(&config);
    if (!config_parse(&config, row ? row->bit : CONFIG_CONSOLE, argc, argv, &err))
        code = fail(&err);
    else if (config.help)
        code = row ? command_help(row) : command_overview();
    else if (config.version)
        code = command_version();
    else {
        command_warn(config.warning);
        command_warn(config.unverified);
        code = tui_run(&config, &err);
        if (code != COMMAND_DONE)
            fail(&err);
    }
    config_clear(&config);
    return code;
}

static int run(int argc, char **argv)
{
    const struct command *command;
    struct error err;

    if (argc < 2 || argv[1][0] == '-')
        return console(NULL, argc - 1, argv + 1);
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 2, argv + 2);
    command = command_find(argv[1], &err);
    if (!command)
        return fail(&err);
    return command->in_console ? console(command, argc - 2, argv + 2) : command_run(command, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    /* librdkafka has a thread for each broker, and glibc would give each an arena that keeps what was freed in it: with
     * 10,000 partitions that was a third of all memory. Two were no slower. */
    mallopt(M_ARENA_MAX, 2);
    int code;

    if (getuid() != geteuid() || getgid() != getegid()) {
        fputs("headgate: refuses to run setuid or setgid\n", stderr);
        return COMMAND_FAILED;
    }
    /* A closed pipe is an error that is reported, not a silent death. */
    signal(SIGPIPE, SIG_IGN);
    guard_memory();
    code = run(argc, argv);
    log_close();
    return code;
}
