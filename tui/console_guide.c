/* The guide in the console. */
#include "tui/console_guide.h"

#include <string.h>

#include "tui/console_open.h"

/* The guide need not know the stream's name: it was typed in the launch dialog. */
static void name_launched(const struct console *console, struct view_subject *subject)
{
    const struct engine_launch *launch = console->delivery.launch ? console->delivery.launch->launch : NULL;

    if (!launch || !subject->topic || strcmp(launch->plan->topic, subject->topic) != 0)
        return;
    subject->stream = launch->stream;
    subject->bucket = launch->bucket;
    subject->prefix = launch->prefix;
}

static void open_step(struct console *console)
{
    struct view_subject subject;
    enum view_kind kind = guide_view(console->guide, &subject);

    if (kind == VIEW_AUDIT)
        name_launched(console, &subject);
    console_open(console, kind, &subject);
}

/* The start time view shows what is under the cursor, as if it had been typed there. */
static void move_start(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    const char *start = guide_position(console->guide);

    if (entry->kind == VIEW_START && start)
        (void)entry->ops->typed(entry->state, 0, start);
}

void console_open_guide(struct console *console, const char *topic, const char *group)
{
    struct view_subject subject = { .topic = topic, .group = group };

    if (!topic)
        console_known_subject(console, &subject);
    if (!subject.topic || !subject.group) {
        subject.topic = console->options->topic;
        subject.group = console->options->group;
    }
    if (!subject.topic || !subject.group) {
        console_say(console, THEME_WARNING, "choose a topic and a group first: the guide is about a cutover of theirs");
        return;
    }
    struct guide *guide = guide_new(&subject, console->options->demo); /* before: the subject may be of the old one */
    guide_free(console->guide);
    console->guide = guide;
    open_step(console);
}

bool console_guide_key(struct console *console, int key)
{
    enum action action = console->guide ? keymap_action(&console->keymap, IN_GUIDE, key) : ACTION_NONE;

    if (action == ACTION_NONE || action == ACTION_HELP)
        return false;
    switch (guide_action(console->guide, action)) {
    case GUIDE_IGNORED: return false;
    case GUIDE_HANDLED: break;
    case GUIDE_MOVES: move_start(console); break;
    case GUIDE_OPENS: open_step(console); break;
    case GUIDE_ENDS:
        guide_free(console->guide);
        console->guide = NULL;
        console_say(console, THEME_TEXT, "the guide is closed; :guide opens it again");
        break;
    }
    return true;
}

void console_guide_follow(struct console *console)
{
    if (console->guide)
        guide_follow(console->guide, view_stack_top(&console->stack)->kind);
}

struct canvas console_guide_above(const struct console *console)
{
    struct canvas above = console->canvas;

    if (console->guide)
        above.lines -= guide_lines(console->guide, &console->canvas);
    return above;
}

void console_guide_draw(const struct console *console)
{
    enum { ROWS_BELOW = 2 }; /* message and keys */

    if (console->guide)
        guide_draw(console->guide, &console->canvas,
                   console->canvas.lines - ROWS_BELOW - guide_lines(console->guide, &console->canvas));
}

unsigned console_guide_scope(const struct console *console, unsigned view_scope)
{
    return console->guide && guide_has_keys(console->guide) ? (unsigned)IN_GUIDE : view_scope;
}
