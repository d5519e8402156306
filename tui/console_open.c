/* The way between views, and how often each is asked again. */
#include "tui/console_open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/start_choices.h"
#include "tui/table.h"

enum {
    LONGEST_REST_MS = 5000, /* after a failure: a broker that is back shall be seen soon */
};

static void thaw(struct console *console)
{
    console->frozen = false;
    delivery_watch_freeze(&console->delivery, false);
    view_stack_delivery(&console->stack, console_now(console));
}

void console_fetch_now(struct console *console)
{
    thaw(console);
    view_stack_ask(&console->stack, console_now(console));
    console->dirty = true;
}

void console_fetch_anew(struct console *console)
{
    thaw(console);
    view_stack_ask_anew(&console->stack, console_now(console));
    console->dirty = true;
}

/* Whether the regular question of a view is to be asked. A question that takes long rests as long as it took, so a big
 * cluster is never asked more than half the time. For a script time passes only by its own clock: otherwise an answer
 * that takes longer than the interval would keep it from ever being idle. */
static bool is_due(const struct console *console, const struct view_entry *entry, timestamp_ms now)
{
    int seconds = console->refresh_seconds;
    int64_t rest = entry->took;

    if (entry->request != 0)
        return false;
    if (entry->asked_at == TIMESTAMP_NONE || now < entry->asked_at)
        return true;
    if (entry->ops->asks_once)
        return false;
    if (console->script && console->clock == TIMESTAMP_NONE)
        return false;
    if (seconds < entry->ops->refresh_seconds)
        seconds = entry->ops->refresh_seconds;
    if (entry->failed && rest > LONGEST_REST_MS)
        rest = LONGEST_REST_MS;
    return now - entry->asked_at >= 1000 * (int64_t)seconds && now - entry->ended_at >= rest;
}

int console_next_wish(struct console *console)
{
    timestamp_ms at = view_stack_wants_at(&console->stack), now = console_now(console);

    if (at == TIMESTAMP_NONE)
        return -1;
    return at <= now || console->script ? 0 : at - now > 1000 ? 1000 : (int)(at - now);
}

void console_fetch_if_due(struct console *console)
{
    timestamp_ms now = console_now(console);

    if (console_next_wish(console) == 0)
        view_stack_ask_wanted(&console->stack);
    if (!console->frozen && is_due(console, view_stack_top(&console->stack), now))
        view_stack_ask(&console->stack, now);
}

void console_open(struct console *console, enum view_kind kind, const struct view_subject *subject)
{
    view_stack_open(&console->stack, kind, subject);
    thaw(console);
}

void console_open_help(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    struct view_subject subject = { .name = entry->ops->name,
                                    .scope =
                                        entry->ops->footer ? entry->ops->footer(entry->state) : entry->ops->scope };
    struct buffer forms;

    if (entry->kind == VIEW_HELP)
        return;
    buffer_init(&forms, 0);
    if (entry->ops->table) {
        table_filter_forms(entry->ops->table(entry->state), &forms);
        subject.forms = forms.data;
    }
    view_stack_open(&console->stack, VIEW_HELP, &subject);
    buffer_clear(&forms);
}

void console_known_subject(const struct console *console, struct view_subject *known)
{
    for (size_t i = console->stack.depth; i-- > 0;) {
        struct view_subject subject = { 0 };

        console->stack.entries[i].ops->subject(console->stack.entries[i].state, &subject);
        if (!known->topic && subject.topic) {
            known->topic = subject.topic;
            known->group = subject.group;
            known->start = subject.start;
        }
        if (!known->stream && subject.stream) {
            known->stream = subject.stream;
            known->bucket = subject.bucket;
            known->prefix = subject.prefix;
        }
    }
}

static void keep(char **kept, const char *text)
{
    char *copy = memory_copy_text(text);

    free(*kept);
    *kept = copy;
}

void console_remember(struct console *console)
{
    struct view_subject known = { 0 };
    bool other;

    console_known_subject(console, &known);
    if (!known.stream)
        return;
    other = !console->last.stream || strcmp(console->last.stream, known.stream) != 0;
    keep(&console->last.stream, known.stream);
    if (known.bucket || other)
        keep(&console->last.bucket, known.bucket);
    if (known.prefix || other)
        keep(&console->last.prefix, known.prefix);
}

void console_go_audit(struct console *console)
{
    struct view_subject known = { 0 };

    console_remember(console);
    if (view_stack_return(&console->stack, VIEW_AUDIT))
        return;
    known.stream = console->last.stream;
    known.bucket = console->last.bucket;
    known.prefix = console->last.prefix;
    console_open(console, VIEW_AUDIT, &known);
}

void console_go(struct console *console, enum view_kind kind)
{
    struct view_subject known = { 0 };

    if (view_stack_return(&console->stack, kind))
        return;
    console_known_subject(console, &known);
    console_open(console, kind, &known);
}

void console_go_groups(struct console *console)
{
    if (view_stack_top(&console->stack)->kind == VIEW_GROUPS || !view_stack_return(&console->stack, VIEW_GROUPS))
        console_open(console, VIEW_GROUPS, &(struct view_subject){ 0 });
}

/* Opens a view that needs a topic and a group, or the list to choose them from. */
static void open_on(struct console *console, enum view_kind kind, const struct view_subject *subject)
{
    if (subject->topic && subject->group) {
        console_open(console, kind, subject);
    } else if (subject->topic) {
        console_open(console, VIEW_GROUPS,
                     &(struct view_subject){ .topic = subject->topic, .forward = kind == VIEW_SKEW });
        console_say(console, THEME_TEXT, "choose a group: Enter shows its partitions");
    } else {
        console_say(console, THEME_WARNING, "choose a topic first, or say :skew TOPIC GROUP");
    }
}

void console_go_skew(struct console *console, const char *topic, const char *group)
{
    struct view_subject subject = { 0 };

    if (!topic && view_stack_return(&console->stack, VIEW_SKEW))
        return;
    console_known_subject(console, &subject);
    if (topic) {
        subject.topic = topic;
        subject.group = group;
    }
    open_on(console, VIEW_SKEW, &subject);
}

/* A start that is none is refused here, in words that fit the row; a view would ask for it again and again. */
static bool check_start(struct console *console, const char *text)
{
    struct cutover_start start;
    char why[80], said[120];

    if (!text || start_typed(text, console_now(console), &start, why))
        return true;
    snprintf(said, sizeof(said), "%.20s: %s", text, why);
    console_say(console, THEME_BAD, said);
    return false;
}

void console_go_start(struct console *console, const char *start)
{
    struct view_subject subject = { 0 };

    if (!check_start(console, start))
        return;
    if (!start && view_stack_return(&console->stack, VIEW_START))
        return;
    console_known_subject(console, &subject);
    subject.start = start;
    open_on(console, VIEW_START, &subject);
}

void console_go_launch(struct console *console, const char *start)
{
    struct view_subject subject = { 0 };

    if (!check_start(console, start))
        return;
    console_known_subject(console, &subject);
    if (start)
        subject.start = start;
    console_open(console, VIEW_LAUNCH, &subject);
}

/* What was cancelled is not asked again by itself. What is asked once has no need to be held back. */
static void hold(struct console *console, bool asked_again)
{
    if (asked_again) {
        console->frozen = true;
        console->frozen_at = console_now(console);
        delivery_watch_freeze(&console->delivery, true);
    }
    console_say(console, THEME_TEXT, "cancelled; r asks again");
}

void console_go_back(struct console *console)
{
    struct view_entry *entry = view_stack_top(&console->stack);

    if (entry->ops->filtered(entry->state))
        entry->ops->filter(entry->state, "");
    else if ((!entry->complete || entry->extra != 0) && view_stack_cancel(&console->stack))
        hold(console, view_entry_asks(entry) && !entry->complete);
    else
        view_stack_shut(&console->stack);
}

void console_set_refresh(struct console *console, int seconds)
{
    const struct view_ops *ops = view_stack_top(&console->stack)->ops;
    char text[96];
    int length;

    console->refresh_seconds = seconds < 1 ? 1 : seconds > 60 ? 60 : seconds;
    length = snprintf(text, sizeof(text), "every %d s", console->refresh_seconds);
    if (ops->refresh_seconds > console->refresh_seconds)
        snprintf(text + length, sizeof(text) - (size_t)length, "; %s is asked every %d s", ops->name,
                 ops->refresh_seconds);
    console_say(console, THEME_TEXT, text);
}

/* The next of 1, 2, 5, 10, 15, 30, 60 seconds in the direction. */
void console_step_refresh(struct console *console, bool slower)
{
    static const int steps[] = { 1, 2, 5, 10, 15, 30, 60 };
    int count = sizeof(steps) / sizeof(steps[0]), i = 0;

    if (slower) {
        while (i < count - 1 && steps[i] <= console->refresh_seconds)
            i++;
    } else {
        i = count - 1;
        while (i > 0 && steps[i] >= console->refresh_seconds)
            i--;
    }
    console_set_refresh(console, steps[i]);
}

void console_freeze(struct console *console)
{
    if (console->frozen) {
        thaw(console);
        if (!view_stack_top(&console->stack)->complete)
            console_fetch_now(console); /* freezing cancelled it, or Esc did */
        return;
    }
    console->frozen = true;
    console->frozen_at = console_now(console);
    delivery_watch_freeze(&console->delivery, true);
    view_stack_cancel(&console->stack);
}
