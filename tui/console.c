/* The console's loop: keys, events, signals, and one drawing a turn. */
#include "tui/console.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tui/console_act.h"
#include "tui/console_draw.h"
#include "tui/console_guide.h"
#include "tui/console_open.h"
#include "tui/console_type.h"
#include "tui/frame.h"
#include "tui/screen_dump.h"

enum {
    DEFAULT_REFRESH_SECONDS = 10,
    EVENTS_A_TURN = 64, /* keys are looked at in between */
    SCRIPT_COLUMNS = 80,
    SCRIPT_LINES = 24,
    SCRIPT_WAITS_MS = 120000, /* for a text to appear */
    SCRIPT_LOOKS_MS = 100,
};

/* --- actions: the view's first, then the console's own --- */

static void toggle_mouse(struct console *console)
{
    console->mouse = !console->mouse;
    terminal_mouse(console->mouse);
    console_say(console, THEME_TEXT, console->mouse ? "mouse on: the wheel moves" : "mouse off");
}

static void shut(struct console *console)
{
    if (console->stack.depth > 1)
        view_stack_shut(&console->stack);
    else
        console_ask_to_leave(console);
}

static void common_action(struct console *console, enum action action)
{
    switch (action) {
    case ACTION_GO_TOPICS: view_stack_return(&console->stack, VIEW_TOPICS); break;
    case ACTION_GO_GROUPS: console_go_groups(console); break;
    case ACTION_GO_SKEW: console_go_skew(console, NULL, NULL); break;
    case ACTION_GO_START: console_go_start(console, NULL); break;
    case ACTION_GO_PIPELINE: console_go(console, VIEW_PIPELINE); break;
    case ACTION_GO_AUDIT: console_act_audit(console); break;
    case ACTION_GO_LOG: console_go(console, VIEW_LOG); break;
    case ACTION_HELP: console_open_help(console); break;
    case ACTION_FILTER: console_open_prompt(console, PROMPT_FILTER); break;
    case ACTION_SEARCH: console_open_prompt(console, PROMPT_SEARCH); break;
    case ACTION_COMMAND: console_open_prompt(console, PROMPT_COMMAND); break;
    case ACTION_FETCH: console_fetch_now(console); break;
    case ACTION_SLOWER: console_step_refresh(console, true); break;
    case ACTION_FASTER: console_step_refresh(console, false); break;
    case ACTION_FREEZE: console_freeze(console); break;
    case ACTION_LOCAL_TIME: console->mode.local_time = !console->mode.local_time; break;
    case ACTION_COPY: console_copy(console); break;
    case ACTION_EXPORT: console_ask_export(console); break;
    case ACTION_MOUSE: toggle_mouse(console); break;
    case ACTION_REPAINT: console->repaint = true; break;
    case ACTION_SUSPEND: console_suspend(console); break;
    case ACTION_BACK: console_go_back(console); break;
    case ACTION_SHUT: shut(console); break;
    case ACTION_LEAVE: console_leave(console); break;
    case ACTION_INTERRUPT: console_ask_to_leave(console); break;
    default: break;
    }
}

static void perform(struct console *console, enum action action)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    struct view_outcome outcome = entry->ops->action(entry->state, action);

    if (outcome.result == VIEW_IGNORED)
        common_action(console, action);
    else
        console_outcome(console, &outcome);
}

/* True where the key was pasted, and is dealt with. */
static bool take_pasted(struct console *console, int key)
{
    enum paste_step step = paste_key(&console->paste, key, timestamp_monotonic());

    if (step == PASTE_IS_KEY)
        return false;
    if (step == PASTE_OVER && !prompt_takes_text(&console->prompt))
        console_say(console, THEME_WARNING, "what is pasted is taken only where something is typed: after / or :");
    if (step == PASTE_TEXT && prompt_takes_text(&console->prompt))
        console_type_key(console, key);
    return true;
}

static void press(struct console *console, int key)
{
    latency_key(&console->latency);
    console->dirty = true;
    console_say(console, THEME_TEXT, NULL);
    if (take_pasted(console, key))
        return;
    if (console->prompt.kind != PROMPT_NONE) {
        console_type_key(console, key);
        return;
    }
    bool blind = console->canvas.lines > 0 && frame_is_too_small(&console->canvas);
    if (!blind && console_guide_key(console, key))
        return;
    enum action action = keymap_action(&console->keymap, view_stack_top(&console->stack)->ops->scope, key);
    if (blind && action != ACTION_LEAVE && action != ACTION_INTERRUPT)
        return; /* nobody sees what it would do */
    console_remember(console);
    if (action != ACTION_NONE)
        perform(console, action);
}

/* --- the loop --- */

/* Nobody is there any more: what runs is drained, and nothing is drawn. */
static void lose_terminal(struct console *console)
{
    if (console->gone)
        return;
    console->gone = true;
    if (!console->leaving)
        console_end(console);
}

static void take_signals(struct console *console)
{
    int number, signals = console->options->signals;

    while (signals >= 0 && (number = terminal_next_signal(signals)) != 0) {
        console->dirty = true;
        switch (number) {
        case SIGTSTP: console_suspend(console); break;
        case SIGCONT: console->repaint = true; break;
        case SIGWINCH: console->repaint = true; break; /* terminals move what they show, each in its way */
        case SIGHUP: lose_terminal(console); break;
        default: console_end(console); break;
        }
    }
    if (console->dirty && !console->gone)
        terminal_adopt_size(console->terminal);
}

static void take_keys(struct console *console, short came)
{
    int waiting = 0, key;

    /* Readable, and nothing to read: the other end is gone. */
    if ((came & (POLLHUP | POLLERR | POLLNVAL)) ||
        ((came & POLLIN) && ioctl(terminal_fd(console->terminal), FIONREAD, &waiting) == 0 && waiting == 0)) {
        lose_terminal(console);
        return;
    }
    while ((came & POLLIN) && !console->done && (key = terminal_key(console->terminal)) != 0)
        press(console, key);
    latency_empty(&console->latency);
}

/* Some views act on an answer, not on a key. */
static void act_on_answer(struct console *console)
{
    struct view_entry *entry = view_stack_top(&console->stack);

    if (!entry->ops->ready)
        return;
    struct view_outcome outcome = entry->ops->ready(entry->state);
    if (outcome.result != VIEW_IGNORED)
        console_outcome(console, &outcome);
}

/* What was said before the first failure must not hide it until the next key. */
static void hand_to_view(struct console *console, struct engine_event *event)
{
    const struct view_entry *top = view_stack_top(&console->stack);
    bool failed = top->failed;

    if (view_stack_event(&console->stack, event, console_now(console)))
        console->dirty = true;
    if (top->failed && !failed)
        console_say(console, THEME_TEXT, NULL);
}

static void take_events(struct console *console)
{
    for (int i = 0; i < EVENTS_A_TURN; i++) {
        struct engine_event *event = console->source->next(console->source->context);

        if (!event)
            break;
        if (console->guide)
            guide_observe(console->guide, event);
        console_delivery_event(console, &event);
        if (event)
            hand_to_view(console, event);
        act_on_answer(console);
    }
}

/* Whether the text stands on the screen. */
static bool shows(const char *text)
{
    struct buffer screen;

    buffer_init(&screen, 0);
    screen_dump(&screen);
    bool found = screen.data && strstr(screen.data, text);
    buffer_clear(&screen);
    return found;
}

/* One step of the script. */
static bool run_step(struct console *console, struct error *err)
{
    const struct script_step *step = script_next(console->script);

    if (!step) {
        console_end(console);
        return true;
    }
    console->dirty = true;
    switch (step->kind) {
    case SCRIPT_CLOCK: console->clock = step->clock; break;
    case SCRIPT_SIZE: terminal_set_size(console->terminal, step->lines, step->columns); break;
    case SCRIPT_KEY:
        latency_empty(&console->latency);
        press(console, step->key);
        break;
    case SCRIPT_DUMP: return screen_dump_to(step->path, err);
    case SCRIPT_WAIT:
        console->wait_for = step->path;
        console->wait_until = timestamp_monotonic() + SCRIPT_WAITS_MS;
        break;
    }
    return true;
}

/* Whether the script may go on: the program is idle, and what it waits for is on the screen. */
static bool script_goes_on(struct console *console, bool *idle, struct error *err)
{
    *idle = false;
    if (!console->script || console->leaving)
        return true;
    if (console->wait_for) {
        if (!shows(console->wait_for)) {
            if (timestamp_monotonic() < console->wait_until)
                return true;
            return error_set(err, ERROR_USAGE, "the script waited %d s for \"%s\"", SCRIPT_WAITS_MS / 1000,
                             console->wait_for);
        }
        console->wait_for = NULL;
    }
    *idle = console->source->idle(console->source->context);
    return true;
}

/* Milliseconds to the next whole second, when the clock on screen changes, or to a question that a view wants to ask. */
static int until_tick(struct console *console)
{
    int wish = console_next_wish(console);
    int tick = console->wait_for ? SCRIPT_LOOKS_MS : console->script ? -1 : (int)(1000 - console_now(console) % 1000);

    return wish >= 0 && (tick < 0 || wish < tick) ? wish : tick;
}

static bool wait_for_something(struct console *console, struct error *err)
{
    struct pollfd watched[] = {
        { .fd = console->gone ? -1 : terminal_fd(console->terminal), .events = POLLIN }, /* poll skips one below zero */
        { .fd = console->source->fd(console->source->context),       .events = POLLIN },
        { .fd = console->options->signals,                           .events = POLLIN },
    };
    size_t count = sizeof(watched) / sizeof(watched[0]);
    int came = poll(watched, count, 0);

    if (came == 0) {
        came = poll(watched, count, until_tick(console));
        latency_empty(&console->latency); /* it slept: what waits now has come just now */
    }
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
    bool idle;

    console->dirty = true;
    while (!console->done) {
        console_guide_follow(console);
        console_fetch_if_due(console);
        if (console->dirty)
            console_draw(console);
        if (!script_goes_on(console, &idle, err))
            return false;
        if (!(idle ? run_step(console, err) : wait_for_something(console, err)))
            return false;
    }
    return true;
}

static bool take_terminal(struct console *console, struct error *err)
{
    const struct console_options *options = console->options;

    if (!options->script)
        return terminal_open(options->colours, &console->terminal, err);
    return script_load(options->script, &console->script, err) &&
           terminal_open_headless(SCRIPT_LINES, SCRIPT_COLUMNS, options->colours, &console->terminal, err);
}

static struct console *console_new(const struct console_options *options, const struct tui_source *source)
{
    struct console *console = memory_new(sizeof(*console));

    console->options = options;
    console->source = source;
    console->clock = TIMESTAMP_NONE;
    console->refresh_seconds = options->refresh_seconds > 0 ? options->refresh_seconds : DEFAULT_REFRESH_SECONDS;
    console->canvas.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    console->canvas.plain = options->plain;
    console->mode = (struct view_mode){
        .armed = options->demo,
        .allow_write = options->allow_write || options->demo,
        .inside = options->inside,
    };
    delivery_watch_init(&console->delivery);
    view_stack_init(&console->stack, source);
    console->stack.delivery = &console->delivery;
    console->stack.mode = &console->mode;
    if (options->report)
        latency_start(&console->latency);
    return console;
}

static void console_free(struct console *console)
{
    view_stack_clear(&console->stack);
    delivery_watch_clear(&console->delivery);
    latency_clear(&console->latency);
    guide_free(console->guide);
    script_free(console->script);
    free(console->message);
    free(console->offers);
    free(console->last.stream);
    free(console->last.bucket);
    free(console->last.prefix);
    free(console);
}

bool console_run(const struct console_options *options, const struct tui_source *source, struct error *err)
{
    struct console *console = console_new(options, source);
    bool ok = keymap_init(&console->keymap, err) && take_terminal(console, err);

    if (ok) {
        if (console->script && script_begins_with_clock(console->script))
            console->clock = script_next(console->script)->clock;
        console_open(console, VIEW_TOPICS, &(struct view_subject){ 0 });
        if (options->guided)
            console_open_guide(console, options->topic, options->group);
        ok = turn_until_done(console, err);
    }
    if (options->report)
        latency_report(&console->latency, options->report);
    terminal_close(console->terminal);
    console_free(console);
    return ok;
}
