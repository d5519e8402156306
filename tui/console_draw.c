/* Rows 1, 23 and 24 are the console's, what lies between the view's. */
#include "tui/console_draw.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/console_guide.h"
#include "tui/footer.h"
#include "tui/frame.h"
#include "tui/table.h"
#include "tui/zone.h"

enum {
    PROGRESS_AFTER_MS = 1000, /* a refresh that is faster does not disturb the message row */
};

/* How often this view is asked. */
static int interval_of(const struct console *console, const struct view_entry *entry)
{
    return entry->ops->refresh_seconds > console->refresh_seconds ? entry->ops->refresh_seconds
                                                                  : console->refresh_seconds;
}

/* When what is shown was read; TIMESTAMP_NONE: nothing is. */
static timestamp_ms read_at(const struct view_entry *entry)
{
    timestamp_ms at = entry->ops->read_at ? entry->ops->read_at(entry->state) : TIMESTAMP_NONE;

    return at != TIMESTAMP_NONE ? at : entry->data_at;
}

static bool is_old(const struct console *console, const struct view_entry *entry)
{
    if (!view_entry_asks(entry)) /* nothing is asked again: the age says it all */
        return false;
    if (entry->failed || (!entry->complete && entry->request == 0))
        return true;
    return !console->frozen && !entry->ops->asks_once &&
           console_now(console) - read_at(entry) > 2000 * (int64_t)interval_of(console, entry);
}

/* What the console is in: the delivery's state with how long it has run, else whether it may write. Where it has ended the
 * next one can be launched, so both. */
static void mode_text(const struct console *console, char out[40])
{
    static const char *const words[] = {
        [DELIVERY_IDLE] = "LAUNCHING",    [DELIVERY_RUNNING] = "RUNNING", [DELIVERY_PAUSED] = "PAUSED",
        [DELIVERY_DRAINING] = "DRAINING", [DELIVERY_STOPPED] = "STOPPED", [DELIVERY_FAILED] = "FAILED",
    };
    enum delivery_state state = delivery_watch_state(&console->delivery);
    const char *armed = console->options->demo ? "DEMO" : console->mode.armed ? "ARMED" : "READ-ONLY";

    if (console->delivery.request == 0) {
        snprintf(out, 40, "%s", armed);
    } else if (state == DELIVERY_STOPPED || state == DELIVERY_FAILED) {
        snprintf(out, 40, "%s %s", words[state], armed);
    } else {
        int64_t seconds = (console_now(console) - console->delivery.began) / 1000;

        if (seconds < 0)
            seconds = 0;
        snprintf(out, 40, "%s %02d:%02d:%02d", words[state], (int)(seconds / 3600 % 1000), (int)(seconds / 60 % 60),
                 (int)(seconds % 60));
    }
}

static void draw_frame(const struct console *console, const struct view_entry *entry)
{
    char mode[40];
    struct frame frame = {
        .cluster = console->options->cluster,
        .mode = mode,
        .remark = entry->ops->mode ? entry->ops->mode(entry->state) : NULL,
        .unverified = console->options->unverified,
        .frozen = console->frozen,
        .local_time = console->mode.local_time,
        .data_at = read_at(entry),
        .old = read_at(entry) != TIMESTAMP_NONE && is_old(console, entry),
        .has_data = entry->ops->ask || entry->ops->read_at,
        .refresh_seconds = view_entry_asks(entry) && !entry->ops->asks_once ? interval_of(console, entry) : 0,
    };

    mode_text(console, mode);
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

/* False where there is nothing to be alarmed at. */
static bool draw_alarm(const struct console *console, const struct view_entry *entry, int line)
{
    struct buffer text;
    bool is;

    buffer_init(&text, 0);
    if (entry->ops->alarm)
        entry->ops->alarm(entry->state, &text);
    is = text.length > 0;
    if (is)
        canvas_fit(&console->canvas, line, 1, console->canvas.columns - 1, true, THEME_BAD, text.data);
    buffer_clear(&text);
    return is;
}

static void draw_hint(const struct console *console, const struct view_entry *entry, int line)
{
    const struct table *table = entry->ops->table ? entry->ops->table(entry->state) : NULL;
    struct buffer text;

    buffer_init(&text, 0);
    if (table)
        table_left_out(table, &text);
    if (entry->ops->hint)
        entry->ops->hint(entry->state, &text);
    if (text.length > 0)
        canvas_fit(&console->canvas, line, 1, console->canvas.columns - 1, true, THEME_DIM, text.data);
    buffer_clear(&text);
}

/* What is on the screen is old, since when, and why. */
static void draw_stale(const struct console *console, const struct view_entry *entry, int line)
{
    struct timestamp_calendar at = timestamp_to_calendar(zone_time(console->mode.local_time, read_at(entry)));
    char name[ZONE_NAME_SIZE];
    char *text = memory_printf("as of %02d:%02d:%02d%s: %s", at.hour, at.minute, at.second,
                               zone_name(console->mode.local_time, read_at(entry), name), entry->error);

    canvas_fit(&console->canvas, line, 1, console->canvas.columns - 1, true, THEME_BAD, text);
    free(text);
}

/* The message row: the prompt, else what was just said, else an alarm, an error, else progress, else the view's hint. */
static void draw_message(struct console *console, const struct view_entry *entry)
{
    int line = console->canvas.lines - 2, cells = console->canvas.columns - 1;
    bool slow =
        entry->request != 0 && (!entry->complete || console_now(console) - entry->asked_at >= PROGRESS_AFTER_MS);

    if (console->prompt.kind != PROMPT_NONE) {
        draw_prompt(console, line);
    } else if (console->message) {
        canvas_fit(&console->canvas, line, 1, cells, true, console->message_role, console->message);
    } else if (draw_alarm(console, entry, line)) {
        return;
    } else if (entry->failed && view_entry_asks(entry) && read_at(entry) != TIMESTAMP_NONE) {
        draw_stale(console, entry, line);
    } else if (entry->extra_progress) {
        canvas_printf(&console->canvas, line, 1, THEME_DIM, "%s   Esc cancels", entry->extra_progress);
    } else if (slow) {
        /* Esc leaves a view that has its answer: its refresh is not worth a key. */
        canvas_printf(&console->canvas, line, 1, THEME_DIM, "%s%s", entry->progress ? entry->progress : "asking",
                      entry->complete ? "" : "   Esc cancels");
    } else {
        draw_hint(console, entry, line);
    }
}

/* Why a view has nothing to show; NULL while its answer is under way. */
static const char *why_empty(const struct view_entry *entry)
{
    if (entry->failed)
        return entry->error;
    return entry->request == 0 && view_entry_asks(entry) ? "the question was cancelled" : NULL;
}

void console_draw(struct console *console)
{
    struct view_entry *entry = view_stack_top(&console->stack);

    console->dirty = false;
    if (console->gone)
        return;
    canvas_start(&console->canvas);
    console->canvas.local = console->mode.local_time;
    console->canvas.now = console_now(console);
    if (!frame_too_small(&console->canvas)) {
        draw_frame(console, entry);
        if (console->frozen)
            console->canvas.now = console->frozen_at;
        struct canvas above = console_guide_above(console);
        entry->ops->draw(entry->state, &above, why_empty(entry));
        console->canvas.cursor_line = above.cursor_line;
        console->canvas.cursor_column = above.cursor_column;
        console_guide_draw(console);
        draw_message(console, entry);
        unsigned scope = entry->ops->footer ? entry->ops->footer(entry->state) : entry->ops->scope;
        footer_draw(console_guide_scope(console, scope), &console->canvas, console->canvas.lines - 1);
    }
    move(console->canvas.cursor_line, console->canvas.cursor_column);
    terminal_show(console->terminal, console->repaint);
    console->repaint = false;
    latency_shown(&console->latency);
}
