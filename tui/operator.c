/* The names come from the system: what the environment says anybody can change. */
#include "tui/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *operator_name(char out[OPERATOR_SIZE])
{
    char names[4096], terminal[64];
    struct passwd entry, *found = NULL;
    const char *place = "no terminal";

    if (ttyname_r(STDIN_FILENO, terminal, sizeof(terminal)) == 0)
        place = strncmp(terminal, "/dev/", 5) == 0 ? terminal + 5 : terminal;
    if (getpwuid_r(getuid(), &entry, names, sizeof(names), &found) == 0 && found)
        snprintf(out, OPERATOR_SIZE, "%.60s on %s", found->pw_name, place);
    else
        snprintf(out, OPERATOR_SIZE, "uid %u on %s", (unsigned)getuid(), place);
    return out;
}
