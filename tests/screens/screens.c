/* The console on fixtures: "screens SCENARIO SCRIPT" plays a script and writes its dumps, "screens SCENARIO" opens it on
 * the terminal, to be looked at. Options before: --ascii, --no-color, --armed (the
 * cluster's settings allow to arm), --unverified (TLS without a check of the brokers), --copied=FILE (the clipboard's). */
#include "fixture.h"
#include "tui/console.h"
#include "tui/terminal.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr, "usage: screens [--ascii] [--no-color] [--armed] [--unverified] [--copied=FILE] SCENARIO [SCRIPT]\n"
                    "scenarios:");
    for (const char *const *name = fixture_scenarios(); *name; name++)
        fprintf(stderr, " %s", *name);
    fputc('\n', stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct console_options options = { .cluster = "prod-msk", .signals = -1, .colours = true };
    struct fixture *fixture;
    struct error err = { 0 };

    setlocale(LC_CTYPE, "");
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        if (strcmp(argv[1], "--ascii") == 0)
            options.ascii = true;
        else if (strcmp(argv[1], "--plain") == 0)
            options.plain = true;
        else if (strcmp(argv[1], "--no-color") == 0)
            options.colours = false;
        else if (strcmp(argv[1], "--armed") == 0)
            options.allow_write = true;
        else if (strcmp(argv[1], "--unverified") == 0)
            options.unverified = true;
        else if (strncmp(argv[1], "--copied=", 9) == 0)
            options.clipboard_file = argv[1] + 9;
        else
            return usage();
    }
    fixture = argc == 2 || argc == 3 ? fixture_new(argv[1]) : NULL;
    if (!fixture)
        return usage();
    options.script = argv[2];
    if (!options.script)
        options.signals = terminal_watch_signals(&err);
    bool ok = console_run(&options, fixture_source(fixture), &err);
    if (options.signals >= 0)
        terminal_unwatch_signals(options.signals);
    fixture_free(fixture);
    if (!ok)
        fprintf(stderr, "screens: %s\n", err.message);
    return ok ? 0 : 1;
}
