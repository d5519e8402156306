/* The console's loop: keys, events, signals, and one drawing a turn. */
#include "tui/console.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "tui/command_line.h"
#include "tui/footer.h"
#include "tui/frame.h"
#include "tui/keymap.h"
#include "tui/prompt.h"
#include "tui/screen_dump.h"
#include "tui/script.h"
#include "tui/terminal.h"
#include "tui/view_stack.h"

enum {
    DEFAULT_REFRESH_SECONDS = 10,
    EVENTS_A_TURN = 64,       /* keys are looked at in between */
    PROGRESS_AFTER_MS = 1000, /* a refresh that is faster does not disturb the message row */
    SCRIPT_COLUMNS = 80,
    SCRIPT_LINES = 24,
};

struct console {
    const struct tui_source *source;
    const char *cluster;
    struct terminal *terminal;
    int signals; /* descriptor; -1: none are watched */
    struct keymap keymap;
    struct canvas canvas;
    struct view_stack stack;
    struct prompt prompt;
    struct script *script; /* NULL: a person */
    timestamp_ms clock;    /* held by the script; TIMESTAMP_NONE: the real one */
    int refresh_seconds;
    bool frozen;
    bool dirty;   /* draw before waiting */
    bool repaint; /* Ctrl-L */
    bool done;
    char *message; /* until the next key; NULL */
    enum theme_role message_role;
    char *offers; /* what Tab found more than one of; NULL */
};

static timestamp_ms now_of(const struct console *console)
{
    return console->clock != TIMESTAMP_NONE ? console->clock : timestamp_now();
}

static void say(struct console *console, enum theme_role role, const char *text)
{
    free(console->message);
    console->message = text && *text ? memory_copy_text(text) : NULL;
    console->message_role = role;
    console->dirty = true;
}

/* --- drawing: rows 1, 23 and 24 are the console's, what lies between the view's --- */

static bool is_old(const struct console *console, const struct view_entry *entry)
{
    return entry->failed || (!entry->complete && entry->request == 0) ||
           (!console->frozen && now_of(console) - entry->data_at > 2000 * (int64_t)console->refresh_seconds);
}

static void draw_frame(const struct console *console, const struct view_entry *entry)
{
    struct frame frame = {
        .cluster = console->cluster,
        .mode = "READ-ONLY",
        .remark = entry->ops->mode ? entry->ops->mode(entry->state) : NULL,
        .frozen = console->frozen,
        .data_at = entry->data_at,
        .old = entry->data_at != TIMESTAMP_NONE && is_old(console, entry),
        .has_data = entry->ops->ask != NULL,
        .refresh_seconds = console->refresh_seconds,
    };

    frame_draw(&frame, &console->canvas);
}

static void draw_prompt(struct console *console, int line)
{
    int column = canvas_text(&console->canvas, line, 1, THEME_KEY, prompt_label(&console->prompt));

    /* The end is what is being typed: where the line is full, its beginning goes. */
    const char *text = console->prompt.text;
    int room = console->canvas.columns - column - 2;
    while (*text && (int)text_width(text) > room)
        text += 1 + strspn(text + 1, "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93"
                                     "\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7"
                                     "\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb"
                                     "\xbc\xbd\xbe\xbf");
    column = canvas_text(&console->canvas, line, column, THEME_TEXT, text);
    console->canvas.cursor_line = line;
    console->canvas.cursor_column = column;
    if (console->offers)
        canvas_text(&console->canvas, line, column + 3, THEME_DIM, console->offers);
}

static void draw_hint(const struct console *console, const struct view_entry *entry, int line)
{
    struct buffer text;

    if (!entry->ops->hint)
        return;
    buffer_init(&text, 0);
    entry->ops->hint(entry->state, &text);
    if (text.length > 0)
        canvas_fit(&console->canvas, line, 1, console->canvas.columns - 1, true, THEME_DIM, text.data);
    buffer_clear(&text);
}

/* The message row: the prompt, else what was just said, else an error, else progress, else the view's hint. */
static void draw_message(struct console *console, const struct view_entry *entry)
{
    int line = console->canvas.lines - 2, cells = console->canvas.columns - 1;
    bool slow = entry->request != 0 && (!entry->complete || now_of(console) - entry->asked_at >= PROGRESS_AFTER_MS);

    if (console->prompt.kind != PROMPT_NONE) {
        draw_prompt(console, line);
    } else if (console->message) {
        canvas_fit(&console->canvas, line, 1, cells, true, console->message_role, console->message);
    } else if (entry->failed && entry->data_at != TIMESTAMP_NONE) {
        canvas_fit(&console->canvas, line, 1, cells, true, THEME_BAD, entry->error);
    } else if (slow) {
        canvas_printf(&console->canvas, line, 1, THEME_DIM, "%s   Esc cancels",
                      entry->progress ? entry->progress : "asking");
    } else {
        draw_hint(console, entry, line);
    }
}

/* Why a view has nothing to show; NULL while its answer is under way. */
static const char *why_empty(const struct view_entry *entry)
{
    if (entry->failed)
        return entry->error;
    return entry->request == 0 ? "the question was cancelled" : NULL;
}

static void draw(struct console *console)
{
    struct view_entry *entry = view_stack_top(&console->stack);

    canvas_start(&console->canvas);
    console->canvas.now = now_of(console);
    if (!frame_too_small(&console->canvas)) {
        draw_frame(console, entry);
        entry->ops->draw(entry->state, &console->canvas, why_empty(entry));
        draw_message(console, entry);
        footer_draw(entry->ops->scope, &console->canvas, console->canvas.lines - 1);
    }
    move(console->canvas.cursor_line, console->canvas.cursor_column);
    terminal_show(console->terminal, console->repaint);
    console->repaint = false;
    console->dirty = false;
}

/* --- moving between views --- */

static void fetch_now(struct console *console)
{
    console->frozen = false;
    view_stack_ask(&console->stack, now_of(console));
    console->dirty = true;
}

/* Asks again when the interval has passed, or when a view has nothing to show yet. A question that takes long rests as
 * long as it took, so a big cluster is never asked more than half the time. For a script time passes only by its
 * own clock: otherwise an answer that takes longer than the interval would keep it from ever being idle. */
static void fetch_if_due(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    timestamp_ms now = now_of(console);

    if (console->frozen || entry->request != 0)
        return;
    if (console->script && console->clock == TIMESTAMP_NONE && entry->asked_at != TIMESTAMP_NONE)
        return;
    if (entry->asked_at == TIMESTAMP_NONE || now < entry->asked_at ||
        (now - entry->asked_at >= 1000 * (int64_t)console->refresh_seconds && now - entry->ended_at >= entry->took))
        view_stack_ask(&console->stack, now);
}

static void open_view(struct console *console, enum view_kind kind, const char *topic, const char *group)
{
    struct view_subject subject = { .topic = topic, .group = group };

    view_stack_open(&console->stack, kind, &subject);
    console->frozen = false;
}

static void open_help(struct console *console)
{
    const struct view_entry *entry = view_stack_top(&console->stack);
    struct view_subject subject = { .scope = entry->ops->scope, .name = entry->ops->name };

    if (entry->kind != VIEW_HELP)
        view_stack_open(&console->stack, VIEW_HELP, &subject);
}

/* 2: back to the groups below; where they are on screen already, from those of a topic to all. */
static void go_groups(struct console *console)
{
    if (view_stack_top(&console->stack)->kind == VIEW_GROUPS || !view_stack_return(&console->stack, VIEW_GROUPS))
        open_view(console, VIEW_GROUPS, NULL, NULL);
}

/* Names that the open views know, topmost first: what ":skew" without words, and "3", mean. */
static void known_subject(const struct console *console, struct view_subject *subject)
{
    for (size_t i = console->stack.depth; i-- > 0 && !subject->topic;)
        console->stack.entries[i].ops->subject(console->stack.entries[i].state, subject);
}

static void go_skew(struct console *console, const char *topic, const char *group)
{
    struct view_subject known = { 0 };

    if (!topic && view_stack_return(&console->stack, VIEW_SKEW))
        return;
    if (!topic) {
        known_subject(console, &known);
        topic = known.topic;
        group = known.group;
    }
    if (topic && group) {
        open_view(console, VIEW_SKEW, topic, group);
    } else if (topic) {
        open_view(console, VIEW_GROUPS, topic, NULL);
        say(console, THEME_TEXT, "choose a group: Enter shows its partitions");
    } else {
        say(console, THEME_WARNING, "choose a topic first, or say :skew TOPIC GROUP");
    }
}

static void ask_to_leave(struct console *console)
{
    prompt_open(&console->prompt, PROMPT_LEAVE, NULL);
}

/* What was cancelled is not asked again by itself. */
static void hold(struct console *console)
{
    console->frozen = true;
    say(console, THEME_TEXT, "cancelled; r asks again");
}

/* Esc: clear the filter, else stop what is still loading, else back. */
static void go_back(struct console *console)
{
    struct view_entry *entry = view_stack_top(&console->stack);

    if (entry->ops->filtered(entry->state))
        entry->ops->filter(entry->state, "");
    else if (!entry->complete && view_stack_cancel(&console->stack))
        hold(console);
    else
        view_stack_shut(&console->stack);
}

static void set_refresh(struct console *console, int seconds)
{
    char text[64];

    console->refresh_seconds = seconds < 1 ? 1 : seconds > 60 ? 60 : seconds;
    snprintf(text, sizeof(text), "every %d s", console->refresh_seconds);
    say(console, THEME_TEXT, text);
}

/* The next of 1, 2, 5, 10, 15, 30, 60 seconds in the direction. */
static void step_refresh(struct console *console, bool slower)
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
    set_refresh(console, steps[i]);
}

static void freeze(struct console *console)
{
    console->frozen = !console->frozen;
    if (console->frozen)
        view_stack_cancel(&console->stack);
}

/* --- what is typed --- */

static void run_command(struct console *console, const char *line)
{
    struct command command = { 0 };
    struct error err = { 0 };

    if (!command_parse(line, &command, &err)) {
        say(console, THEME_BAD, err.message);
        command_clear(&command);
        return;
    }
    switch (command.kind) {
    case COMMAND_TOPICS: view_stack_return(&console->stack, VIEW_TOPICS); break;
    case COMMAND_GROUPS: open_view(console, VIEW_GROUPS, command.first, NULL); break;
    case COMMAND_SKEW: go_skew(console, command.first, command.second); break;
    case COMMAND_LOG: open_view(console, VIEW_LOG, NULL, NULL); break;
    case COMMAND_HELP: open_help(console); break;
    case COMMAND_FETCH: fetch_now(console); break;
    case COMMAND_REFRESH: set_refresh(console, command.seconds); break;
    case COMMAND_QUIT: console->done = true; break;
    }
    command_clear(&command);
}

/* The number-th candidate for a word of a command, or NULL behind the last. */
static const char *candidate(const struct console *console, enum command_word word, size_t number)
{
    const struct view_entry *entry;

    if (word == COMMAND_WORD_COMMAND)
        return command_name(number);
    if (word == COMMAND_WORD_NONE)
        return NULL;
    entry = view_stack_find(&console->stack, word == COMMAND_WORD_TOPIC ? VIEW_TOPICS : VIEW_GROUPS);
    return entry ? entry->ops->name_at(entry->state, number) : NULL;
}

/* Tab: adds what all candidates share, and shows them where there are several. */
static void complete(struct console *console)
{
    const char *prefix, *name;
    enum command_word word = command_last_word(console->prompt.text, &prefix);
    struct buffer line, offers;
    char *shared = NULL;
    size_t fitting = 0;

    if (console->prompt.kind != PROMPT_COMMAND)
        return;
    buffer_init(&offers, 1000);
    for (size_t i = 0; (name = candidate(console, word, i)); i++)
        if (command_offer(prefix, name, &shared)) {
            buffer_printf(&offers, "%s%s", fitting > 0 ? "  " : "", name);
            fitting++;
        }
    if (shared) {
        buffer_init(&line, 0);
        buffer_append(&line, console->prompt.text, (size_t)(prefix - console->prompt.text));
        buffer_printf(&line, "%s%s", shared, fitting == 1 && word != COMMAND_WORD_GROUP ? " " : "");
        prompt_set_text(&console->prompt, line.data);
        buffer_clear(&line);
    }
    if (fitting > 1)
        console->offers = buffer_take(&offers);
    buffer_clear(&offers);
    free(shared);
}

static void prompt_finished(struct console *console, enum prompt_result result)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    struct prompt typed = console->prompt;

    prompt_close(&console->prompt);
    if (typed.kind == PROMPT_FILTER && result == PROMPT_CANCELLED)
        entry->ops->filter(entry->state, "");
    if (typed.kind == PROMPT_SEARCH && result == PROMPT_DONE)
        entry->ops->filter(entry->state, typed.text);
    if (typed.kind == PROMPT_LEAVE && result == PROMPT_DONE)
        console->done = true;
    if (typed.kind == PROMPT_COMMAND && result == PROMPT_DONE && typed.text[strspn(typed.text, " ")])
        run_command(console, typed.text);
}

static void type_key(struct console *console, int key)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    enum prompt_result result = prompt_key(&console->prompt, key);

    free(console->offers);
    console->offers = NULL;
    if (result == PROMPT_CHANGED && console->prompt.kind == PROMPT_FILTER)
        entry->ops->filter(entry->state, console->prompt.text);
    else if (result == PROMPT_COMPLETE)
        complete(console);
    else if (result == PROMPT_DONE || result == PROMPT_CANCELLED)
        prompt_finished(console, result);
}

static void open_prompt(struct console *console, enum prompt_kind kind)
{
    const struct view_entry *entry = view_stack_top(&console->stack);

    prompt_open(&console->prompt, kind, kind == PROMPT_FILTER ? entry->ops->filtered(entry->state) : NULL);
}

/* --- actions: the view's first, then the console's own --- */

static void common_action(struct console *console, enum action action)
{
    switch (action) {
    case ACTION_GO_TOPICS: view_stack_return(&console->stack, VIEW_TOPICS); break;
    case ACTION_GO_GROUPS: go_groups(console); break;
    case ACTION_GO_SKEW: go_skew(console, NULL, NULL); break;
    case ACTION_GO_LOG:
        if (!view_stack_return(&console->stack, VIEW_LOG))
            open_view(console, VIEW_LOG, NULL, NULL);
        break;
    case ACTION_HELP: open_help(console); break;
    case ACTION_FILTER: open_prompt(console, PROMPT_FILTER); break;
    case ACTION_SEARCH: open_prompt(console, PROMPT_SEARCH); break;
    case ACTION_COMMAND: open_prompt(console, PROMPT_COMMAND); break;
    case ACTION_FETCH: fetch_now(console); break;
    case ACTION_SLOWER: step_refresh(console, true); break;
    case ACTION_FASTER: step_refresh(console, false); break;
    case ACTION_FREEZE: freeze(console); break;
    case ACTION_REPAINT: console->repaint = true; break;
    case ACTION_SUSPEND: terminal_suspend(console->terminal); break;
    case ACTION_BACK: go_back(console); break;
    case ACTION_SHUT:
        if (console->stack.depth > 1)
            view_stack_shut(&console->stack);
        else
            ask_to_leave(console);
        break;
    case ACTION_LEAVE: console->done = true; break;
    case ACTION_INTERRUPT: ask_to_leave(console); break;
    default: break;
    }
}

static void perform(struct console *console, enum action action)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    struct view_outcome outcome = entry->ops->action(entry->state, action);

    switch (outcome.result) {
    case VIEW_IGNORED: common_action(console, action); break;
    case VIEW_HANDLED: break;
    case VIEW_OPENS:
        open_view(console, outcome.opens, outcome.subject.topic, outcome.subject.group);
        say(console, THEME_TEXT, outcome.message);
        break;
    default: say(console, THEME_WARNING, outcome.message); break;
    }
}

static void press(struct console *console, int key)
{
    console->dirty = true;
    say(console, THEME_TEXT, NULL);
    if (console->prompt.kind != PROMPT_NONE) {
        type_key(console, key);
        return;
    }
    enum action action = keymap_action(&console->keymap, view_stack_top(&console->stack)->ops->scope, key);
    if (action != ACTION_NONE)
        perform(console, action);
}

/* --- the loop --- */

static void take_signals(struct console *console)
{
    int number;

    while (console->signals >= 0 && (number = terminal_next_signal(console->signals)) != 0) {
        console->dirty = true;
        switch (number) {
        case SIGTSTP: terminal_suspend(console->terminal); break;
        case SIGCONT: console->repaint = true; break;
        case SIGWINCH: break; /* below: many of them are one new size */
        default: console->done = true; break;
        }
    }
    if (console->dirty)
        terminal_adopt_size(console->terminal);
}

static void take_keys(struct console *console, short came)
{
    int waiting = 0, key;

    if (came & (POLLHUP | POLLERR | POLLNVAL))
        console->done = true;
    if (!(came & POLLIN))
        return;
    /* Readable, and nothing to read: the other end is gone. */
    if (ioctl(terminal_fd(console->terminal), FIONREAD, &waiting) == 0 && waiting == 0)
        console->done = true;
    while (!console->done && (key = terminal_key(console->terminal)) != 0)
        press(console, key);
}

static void take_events(struct console *console)
{
    for (int i = 0; i < EVENTS_A_TURN; i++) {
        struct engine_event *event = console->source->next(console->source->context);

        if (!event)
            break;
        if (view_stack_event(&console->stack, event, now_of(console)))
            console->dirty = true;
    }
}

/* One step of the script. */
static bool run_step(struct console *console, struct error *err)
{
    const struct script_step *step = script_next(console->script);

    if (!step) {
        console->done = true;
        return true;
    }
    console->dirty = true;
    switch (step->kind) {
    case SCRIPT_CLOCK: console->clock = step->clock; break;
    case SCRIPT_SIZE: terminal_set_size(console->terminal, step->lines, step->columns); break;
    case SCRIPT_KEY: press(console, step->key); break;
    case SCRIPT_DUMP: return screen_dump_to(step->path, err);
    }
    return true;
}

/* Milliseconds to the next whole second, when the clock on screen changes. */
static int until_tick(const struct console *console)
{
    return console->script ? -1 : (int)(1000 - now_of(console) % 1000);
}

static bool wait_for_something(struct console *console, struct error *err)
{
    struct pollfd watched[] = {
        { .fd = terminal_fd(console->terminal),                .events = POLLIN }, /* poll skips a descriptor below zero */
        { .fd = console->source->fd(console->source->context), .events = POLLIN },
        { .fd = console->signals,                              .events = POLLIN },
    };
    int came = poll(watched, sizeof(watched) / sizeof(watched[0]), until_tick(console));

    if (came < 0 && errno != EINTR)
        return error_set_errno(err, "cannot wait for keys and events");
    if (came == 0)
        console->dirty = true; /* the clock */
    take_signals(console);
    if (came > 0)
        take_keys(console, watched[0].revents);
    take_events(console);
    return true;
}

static bool turn_until_done(struct console *console, struct error *err)
{
    console->dirty = true;
    while (!console->done) {
        fetch_if_due(console);
        if (console->dirty)
            draw(console);
        bool idle = console->script && console->source->idle(console->source->context);
        if (!(idle ? run_step(console, err) : wait_for_something(console, err)))
            return false;
    }
    return true;
}

static bool take_terminal(struct console *console, const struct console_options *options, struct error *err)
{
    if (!options->script)
        return terminal_open(options->colours, &console->terminal, err);
    return script_load(options->script, &console->script, err) &&
           terminal_open_headless(SCRIPT_LINES, SCRIPT_COLUMNS, options->colours, &console->terminal, err);
}

bool console_run(const struct console_options *options, const struct tui_source *source, struct error *err)
{
    struct console *console = memory_new(sizeof(*console));
    bool ok = false;

    console->source = source;
    console->cluster = options->cluster;
    console->signals = options->signals;
    console->clock = TIMESTAMP_NONE;
    console->refresh_seconds = options->refresh_seconds > 0 ? options->refresh_seconds : DEFAULT_REFRESH_SECONDS;
    console->canvas.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    view_stack_init(&console->stack, source);
    if (!keymap_init(&console->keymap, err) || !take_terminal(console, options, err))
        goto out;
    if (console->script && script_begins_with_clock(console->script))
        console->clock = script_next(console->script)->clock;
    open_view(console, VIEW_TOPICS, NULL, NULL);
    ok = turn_until_done(console, err);
out:
    terminal_close(console->terminal);
    view_stack_clear(&console->stack);
    script_free(console->script);
    free(console->message);
    free(console->offers);
    free(console);
    return ok;
}
