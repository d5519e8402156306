/* What views want done. Nothing is started, paused or ended without a line in the log that says who typed what. */
#include "tui/console_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_open.h"
#include "tui/operator.h"
#include "tui/screen_dump.h"

/* The line comes before the act. */
static void log_act(const char *what)
{
    char who[OPERATOR_SIZE];

    log_write(LOG_INFO, "action", "%s %s", operator_name(who), what);
}

/* False, with the reason on the screen, where nothing may be changed. */
static bool may_write(struct console *console)
{
    if (console->mode.armed)
        return true;
    console_say(console, THEME_WARNING,
                console->mode.allow_write ? "READ-ONLY: type :arm first"
                                          : "READ-ONLY: the -F file must say headgate.allow_write=true");
    return false;
}

void console_arm(struct console *console, bool armed)
{
    if (armed && !console->mode.allow_write) {
        may_write(console);
        return;
    }
    log_act(armed ? "typed :arm" : "typed :disarm");
    console->mode.armed = armed;
    console_say(console, armed ? THEME_WARNING : THEME_TEXT,
                armed ? "armed: a start may be launched from here; :disarm ends that" : "read-only again");
}

/* --- the delivery of this process --- */

static void launch(struct console *console, struct view_outcome *outcome)
{
    struct engine_event *event = outcome->launch;
    struct view_subject subject = { 0 };

    if (!event || !may_write(console)) {
        engine_event_free(event);
        return;
    }
    if (delivery_watch_runs(&console->delivery)) {
        console_say(console, THEME_WARNING, "a delivery runs already: one at a time (4 shows it)");
        engine_event_free(event);
        return;
    }
    log_act(outcome->log);
    uint64_t number = console->source->launch(console->source->context, event->request);
    delivery_watch_begin(&console->delivery, number, event, console_now(console));
    if (event->launch) {
        subject.stream = event->launch->stream;
        subject.bucket = event->launch->bucket;
        subject.prefix = event->launch->prefix;
        subject.topic = event->launch->plan ? event->launch->plan->topic : NULL;
        subject.group = event->launch->plan ? event->launch->plan->group : NULL;
    }
    view_stack_shut(&console->stack); /* the dialog: its plan is on its way */
    console_open(console, VIEW_PIPELINE, &subject);
}

static void act(struct console *console, struct view_outcome *outcome)
{
    const struct tui_source *source = console->source;

    if (outcome->act == VIEW_ACT_LAUNCH) {
        launch(console, outcome);
        return;
    }
    if (!delivery_watch_runs(&console->delivery)) {
        console_say(console, THEME_WARNING, "no delivery of this process runs");
        return;
    }
    log_act(outcome->log);
    switch (outcome->act) {
    case VIEW_ACT_PAUSE: source->pause(source->context); break;
    case VIEW_ACT_RESUME: source->resume(source->context); break;
    case VIEW_ACT_FLUSH: source->flush(source->context); break;
    case VIEW_ACT_DRAIN: source->drain(source->context); break;
    case VIEW_ACT_ABORT: source->abort(source->context); break;
    case VIEW_ACT_LAUNCH: break;
    }
}

void console_delivery_event(struct console *console, struct engine_event **event)
{
    if (!delivery_watch_event(&console->delivery, event, console_now(console)))
        return;
    console->dirty = true;
    view_stack_delivery(&console->stack, console_now(console));
    if (console->leaving && console->delivery.over)
        console->done = true;
}

/* --- outcomes --- */

static void ask_engine(struct console *console, const struct view_outcome *outcome)
{
    if (outcome->writes && !may_write(console))
        return;
    if (outcome->writes)
        log_act(outcome->log);
    view_stack_ask_extra(&console->stack, &outcome->request);
}

bool console_would_take(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    char remark[240] = "";

    if (!entry->ops->typing)
        return true;
    bool taken = entry->ops->typing(entry->state, console->prompt.tag, console->prompt.text, remark);
    free(console->offers);
    console->offers = remark[0] ? memory_copy_text(remark) : NULL;
    return taken;
}

void console_outcome(struct console *console, struct view_outcome *outcome)
{
    switch (outcome->result) {
    case VIEW_IGNORED: return;
    case VIEW_HANDLED: break;
    case VIEW_OPENS: console_open(console, outcome->opens, &outcome->subject); break;
    case VIEW_EXPLAINS: console_say(console, THEME_WARNING, outcome->message); return;
    case VIEW_CLOSES: view_stack_shut(&console->stack); break;
    case VIEW_FETCHES: console_fetch_anew(console); break;
    case VIEW_ASKS: ask_engine(console, outcome); break;
    case VIEW_PROMPTS:
        prompt_open_labelled(&console->prompt, PROMPT_TEXT, outcome->label, outcome->tag, outcome->text);
        (void)console_would_take(console);
        break;
    case VIEW_CONFIRMS:
        prompt_open_labelled(&console->prompt, PROMPT_CONFIRM, outcome->label, outcome->tag, NULL);
        break;
    case VIEW_ACTS: act(console, outcome); break;
    }
    if (outcome->message[0])
        console_say(console, THEME_TEXT, outcome->message);
}

void console_act_audit(struct console *console)
{
    struct view_subject subject = { 0 };
    struct view_entry *entry;

    console_go_audit(console);
    entry = view_stack_top(&console->stack);
    entry->ops->subject(entry->state, &subject);
    if (subject.stream && subject.bucket && subject.prefix)
        return;
    struct view_outcome outcome = entry->ops->action(entry->state, ACTION_OPEN_OBJECTS);
    console_outcome(console, &outcome);
}

/* --- leaving --- */

void console_ask_to_leave(struct console *console)
{
    prompt_open(&console->prompt, delivery_watch_runs(&console->delivery) ? PROMPT_DRAIN : PROMPT_LEAVE, NULL);
}

void console_leave(struct console *console)
{
    if (delivery_watch_runs(&console->delivery) && !console->leaving)
        console_ask_to_leave(console);
    else
        console_end(console);
}

void console_end(struct console *console)
{
    const struct tui_source *source = console->source;

    if (!delivery_watch_runs(&console->delivery)) {
        console->done = true;
    } else if (!console->leaving) {
        console->leaving = true;
        log_act("leaves: the delivery is drained first");
        source->drain(source->context);
        console_say(console, THEME_WARNING, "draining: the console ends when all is stored and committed");
    } else {
        log_act("leaves at once: the delivery is aborted");
        source->abort(source->context);
    }
}

void console_suspend(struct console *console)
{
    if (delivery_watch_runs(&console->delivery))
        console_say(console, THEME_WARNING, "not while a delivery runs: it would stand still and lose its partitions");
    else
        terminal_suspend(console->terminal);
}

/* --- files and the clipboard --- */

void console_ask_export(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    struct timestamp_calendar at = timestamp_to_calendar(console_now(console));
    char name[128];

    if (!entry->ops->export) {
        console_say(console, THEME_WARNING, "there are no rows to export here");
        return;
    }
    snprintf(name, sizeof(name), "headgate-%.*s-%04d%02d%02dT%02d%02d%02dZ.csv", (int)strcspn(entry->ops->name, " "),
             entry->ops->name, (int)at.year, at.month, at.day, at.hour, at.minute, at.second);
    prompt_open(&console->prompt, PROMPT_EXPORT, name);
}

void console_export(struct console *console, const char *path)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    struct export *export;
    struct error err = { 0 };
    char text[400];

    if (!entry->ops->export) {
        console_say(console, THEME_WARNING, "there are no rows to export here");
        return;
    }
    export = export_new();
    entry->ops->export(entry->state, export);
    if (export_is_empty(export)) {
        console_say(console, THEME_WARNING, "nothing is written: these numbers are not there yet");
    } else if (export_write(export, path, &err)) {
        snprintf(text, sizeof(text), "%zu row%s written to %s", export_rows(export),
                 export_rows(export) == 1 ? "" : "s", path);
        console_say(console, THEME_TEXT, text);
    } else {
        console_say(console, THEME_BAD, err.message);
    }
    export_free(export);
}

void console_copy(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    struct buffer text;
    struct error err = { 0 };
    char said[400];

    buffer_init(&text, 0);
    if (entry->ops->copy)
        entry->ops->copy(entry->state, &text);
    if (text.length == 0)
        screen_line(console->canvas.cursor_line, &text);
    const char *path = console->options->clipboard_file;
    bool stored = path && export_text_file(path, &text, &err);
    bool sent = terminal_copy(console->terminal, text.data ? text.data : "", text.length);
    if (stored)
        snprintf(said, sizeof(said), "%s%s", sent ? "sent to the terminal, and written to " : "written to ", path);
    else
        snprintf(said, sizeof(said), "%s%s%.300s", sent ? "sent to the terminal" : "too long for the terminal",
                 path ? "; " : "", path ? err.message : "");
    console_say(console, stored || sent ? THEME_TEXT : THEME_BAD, said);
    buffer_clear(&text);
}
