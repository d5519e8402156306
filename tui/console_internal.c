/* What all files of the console use. */
#include "tui/console_internal.h"

#include <stdlib.h>

timestamp_ms console_now(const struct console *console)
{
    return console->clock != TIMESTAMP_NONE ? console->clock : timestamp_now();
}

void console_say(struct console *console, enum theme_role role, const char *text)
{
    free(console->message);
    console->message = text && *text ? memory_copy_text(text) : NULL;
    console->message_role = role;
    console->dirty = true;
}
