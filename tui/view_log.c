/* The log: what happened, from the ring of the newest lines. Reads memory only; the file is the log module's business. */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "tui/pager.h"
#include "tui/zone.h"

enum {
    SIDE_STEP = 20, /* cells */
    SIDE_MOST = 480,
    UNSEEN_LINE = 100000, /* below every screen: what is drawn there is only measured */
};

struct view_log {
    const struct tui_source *source;
    uint64_t *numbers; /* log lines that are listed, rising */
    size_t count;
    uint64_t seen;   /* log lines looked at so far */
    size_t warnings; /* of them, in the ring */
    bool warnings_only, follow;
    bool whole; /* lines are broken, not cut */
    int side;   /* cells that are scrolled away to the left */
    bool local;
    struct pager pager;
    char *search;
    size_t match; /* index into numbers; count: none */
};

static void *view_log_open(const struct view_subject *subject)
{
    struct view_log *view = memory_new(sizeof(*view));

    view->source = subject->source;
    view->follow = true;
    return view;
}

static void view_log_close(void *state)
{
    struct view_log *view = state;

    free(view->numbers);
    free(view->search);
    free(view);
}

/* The list begins again, as after another filter. */
static void relist(struct view_log *view)
{
    view->count = 0;
    view->seen = 0;
    view->warnings = 0;
    view->match = 0;
}

/* Looks at the lines that came since; forgets those the ring has overwritten. */
static void catch_up(struct view_log *view)
{
    uint64_t total = view->source->log_count(view->source->context);
    uint64_t oldest = total > LOG_RING_LINES ? total - LOG_RING_LINES : 0;
    size_t gone = 0;
    struct log_line line;

    while (gone < view->count && view->numbers[gone] < oldest)
        gone++;
    if (gone > 0) {
        memmove(view->numbers, view->numbers + gone, (view->count - gone) * sizeof(*view->numbers));
        view->count -= gone;
        view->pager.top = view->pager.top > gone ? view->pager.top - gone : 0;
    }
    if (view->seen < oldest)
        view->seen = oldest;
    if (view->seen < total)
        view->numbers = memory_resize(view->numbers, (view->count + (size_t)(total - view->seen)) * sizeof(uint64_t));
    for (; view->seen < total; view->seen++) {
        if (!view->source->log_get(view->source->context, view->seen, &line))
            continue;
        view->warnings += line.level >= LOG_WARNING;
        if (!view->warnings_only || line.level >= LOG_WARNING)
            view->numbers[view->count++] = view->seen;
    }
}

static void line_text(const struct log_line *line, bool local, struct buffer *out)
{
    struct timestamp_calendar at = timestamp_to_calendar(zone_time(local, line->time));
    char name[ZONE_NAME_SIZE];

    buffer_printf(out, "%02d:%02d:%02d%s %c %-8s %s", at.hour, at.minute, at.second, zone_name(local, line->time, name),
                  "DIWE"[line->level], line -> subsystem, line -> text);
}

static enum theme_role line_role(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG: return THEME_DIM;
    case LOG_INFO: return THEME_TEXT;
    case LOG_WARNING: return THEME_WARNING;
    case LOG_ERROR: break;
    }
    return THEME_BAD;
}

static bool listed_text(const struct view_log *view, size_t index, struct buffer *out, enum log_level *level)
{
    struct log_line line;

    buffer_reset(out);
    if (!view->source->log_get(view->source->context, view->numbers[index], &line))
        return false;
    line_text(&line, view->local, out);
    *level = line.level;
    return true;
}

static void draw_subject(const struct view_log *view, const struct canvas *canvas, int line)
{
    char lines[TEXT_NUMBER_SIZE], warnings[TEXT_NUMBER_SIZE];
    int column = canvas_text(canvas, line, 1, THEME_TITLE, "LOG") + 2;

    column = canvas_printf(canvas, line, column, THEME_TEXT, "%s line%s, %s warning%s   follow %s",
                           text_count(lines, (int64_t)view->seen), view->seen == 1 ? "" : "s",
                           text_count(warnings, (int64_t)view->warnings), view->warnings == 1 ? "" : "s",
                           view->follow ? "on" : "off");
    if (view->warnings_only)
        column = canvas_text(canvas, line, column + 3, THEME_WARNING, "warnings only");
    if (view->search)
        canvas_printf(canvas, line, column + 3, THEME_TEXT, "search: %s", view->search);
}

/* The text without the cells that are scrolled away. Sanitised already by the log, so a character is a character. */
static const char *shifted(const struct view_log *view, const struct buffer *text)
{
    size_t at = 0, used;
    int cells = 0;

    while (at < text->length && cells < view->side) {
        cells += (int)utf8_cells(utf8_next(text->data + at, text->length - at, &used));
        at += used;
    }
    return text->data + at;
}

/* Draws one log line from screen line `line` on; returns the line behind it. */
static int draw_line(const struct view_log *view, const struct canvas *canvas, size_t index, int line, int last)
{
    struct buffer text;
    enum log_level level;
    int after = line + 1;

    buffer_init(&text, 0);
    if (listed_text(view, index, &text, &level)) {
        if (view->whole)
            after = canvas_wrap(canvas, line, last, 1, line_role(level), text.data);
        else
            canvas_fit(canvas, line, 1, canvas->columns - 1, true, line_role(level), shifted(view, &text));
    }
    if (view->search && index == view->match)
        canvas_text(canvas, line, 0, THEME_KEY, ">");
    buffer_clear(&text);
    return after;
}

/* The first of the lines that, whole, end at the last line of the screen. */
static size_t top_of_whole_end(const struct view_log *view, const struct canvas *canvas, int height)
{
    size_t index = view->count;

    for (int used = 0; index > 0; index--) {
        used += draw_line(view, canvas, index - 1, UNSEEN_LINE, 2 * UNSEEN_LINE) - UNSEEN_LINE;
        if (used > height && index < view->count)
            break;
    }
    return index;
}

static void view_log_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_log *view = state;
    int first = view_first_line() + 1, last = view_last_line(canvas);

    (void)error;
    view->local = canvas->local;
    catch_up(view);
    pager_resize(&view->pager, view->count, (size_t)(last - first + 1));
    if (view->follow)
        pager_action(&view->pager, ACTION_BOTTOM);
    size_t index = view->follow && view->whole ? top_of_whole_end(view, canvas, last - first + 1) : view->pager.top;
    draw_subject(view, canvas, view_first_line());
    if (view->count == 0)
        canvas_text(canvas, first + 1, 1, THEME_DIM, view->warnings_only ? "no warnings" : "nothing has happened yet");
    for (int line = first; line <= last && index < view->count; index++)
        line = draw_line(view, canvas, index, line, last);
    canvas->cursor_line = first;
}

/* The next line with the search text, from index `from` on in the direction; wraps around once. */
static bool find(struct view_log *view, size_t from, bool down)
{
    struct buffer text;
    enum log_level level;
    bool found = false;

    if (!view->search || view->count == 0)
        return false;
    buffer_init(&text, 0);
    for (size_t step = 0; step < view->count && !found; step++) {
        size_t index = down ? (from + step) % view->count : (from + 2 * view->count - step) % view->count;

        if (listed_text(view, index, &text, &level) && strcasestr(text.data, view->search)) {
            view->match = index;
            view->follow = false;
            pager_reveal(&view->pager, index);
            found = true;
        }
    }
    buffer_clear(&text);
    return found;
}

static struct view_outcome find_or_say(struct view_log *view, size_t from, bool down)
{
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (!find(view, from, down)) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message),
                 view->search ? "no match" : "nothing to search for: / first");
    }
    return outcome;
}

static struct view_outcome view_log_action(void *state, enum action action)
{
    struct view_log *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (pager_action(&view->pager, action)) {
        view->follow = view->follow && pager_at_end(&view->pager);
        return outcome;
    }
    switch (action) {
    case ACTION_OPEN_LINE: view->whole = !view->whole; return outcome;
    case ACTION_TEXT_RIGHT:
        if (!view->whole && view->side < SIDE_MOST)
            view->side += SIDE_STEP;
        return outcome;
    case ACTION_TEXT_LEFT:
        if (view->side > 0)
            view->side -= SIDE_STEP;
        return outcome;
    case ACTION_FOLLOW: view->follow = !view->follow; return outcome;
    case ACTION_WARNINGS:
        view->warnings_only = !view->warnings_only;
        relist(view);
        return outcome;
    case ACTION_NEXT_MATCH: return find_or_say(view, view->match + 1, true);
    case ACTION_PREVIOUS_MATCH: return find_or_say(view, view->match + view->count - 1, false);
    default: outcome.result = VIEW_IGNORED; return outcome;
    }
}

static void view_log_filter(void *state, const char *text)
{
    struct view_log *view = state;

    free(view->search);
    view->search = text && *text ? memory_copy_text(text) : NULL;
    view->match = view->count;
    find(view, view->pager.top, true);
}

static const char *view_log_filtered(const void *state)
{
    return ((const struct view_log *)state)->search;
}

static void view_log_subject(const void *state, struct view_subject *subject)
{
    (void)state;
    (void)subject;
}

static void view_log_hint(const void *state, struct buffer *out)
{
    const char *path = ((const struct view_log *)state)->source->log_path;

    if (path)
        buffer_printf(out, "file %s", path);
}

/* The match, else the first line on the screen; all of it. */
static void view_log_copy(const void *state, struct buffer *out)
{
    const struct view_log *view = state;
    size_t index = view->search && view->match < view->count ? view->match : view->pager.top;
    enum log_level level;

    if (index < view->count && !listed_text(view, index, out, &level))
        buffer_reset(out);
}

static void view_log_export(const void *state, struct export *out)
{
    const struct view_log *view = state;
    struct log_line line;

    export_column(out, "time");
    export_column(out, "level");
    export_column(out, "subsystem");
    export_column(out, "text");
    for (size_t i = 0; i < view->count; i++) {
        if (!view->source->log_get(view->source->context, view->numbers[i], &line))
            continue;
        const char level[2] = { "DIWE"[line.level], '\0' };
        export_time(out, line.time);
        export_text(out, level);
        export_text(out, line.subsystem);
        export_text(out, line.text);
    }
}

const struct view_ops view_log_ops = {
    .name = "log",
    .scope = IN_LOG,
    .open = view_log_open,
    .close = view_log_close,
    .draw = view_log_draw,
    .action = view_log_action,
    .hint = view_log_hint,
    .copy = view_log_copy,
    .export = view_log_export,
    .filter = view_log_filter,
    .filtered = view_log_filtered,
    .subject = view_log_subject,
};
