/* The log: what happened, from the ring of the newest lines. Reads memory only; the file is the log module's business. */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/pager.h"

struct view_log {
    const struct tui_source *source;
    uint64_t *numbers; /* log lines that are listed, rising */
    size_t count;
    uint64_t seen;   /* log lines looked at so far */
    size_t warnings; /* of them, in the ring */
    bool warnings_only, follow;
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

static void line_text(const struct log_line *line, struct buffer *out)
{
    struct timestamp_calendar at = timestamp_to_calendar(line->time);

    buffer_printf(out, "%02d:%02d:%02dZ %c %-8s %s", at.hour, at.minute, at.second, "DIWE"[line->level],
                  line -> subsystem, line -> text);
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
    line_text(&line, out);
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

static void view_log_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_log *view = state;
    int first = view_first_line() + 1, last = view_last_line(canvas);
    struct buffer text;
    enum log_level level;

    (void)error;
    catch_up(view);
    pager_resize(&view->pager, view->count, (size_t)(last - first + 1));
    if (view->follow)
        pager_action(&view->pager, ACTION_BOTTOM);
    draw_subject(view, canvas, view_first_line());
    if (view->count == 0)
        canvas_text(canvas, first + 1, 1, THEME_DIM, view->warnings_only ? "no warnings" : "nothing has happened yet");
    buffer_init(&text, 0);
    for (int line = first; line <= last; line++) {
        size_t index = view->pager.top + (size_t)(line - first);

        if (index >= view->count)
            break;
        if (listed_text(view, index, &text, &level))
            canvas_fit(canvas, line, 1, canvas->columns - 1, true, line_role(level), text.data);
        if (view->search && index == view->match)
            canvas_text(canvas, line, 0, THEME_KEY, ">");
    }
    canvas->cursor_line = first;
    buffer_clear(&text);
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

const struct view_ops view_log_ops = {
    .name = "log",
    .scope = IN_LOG,
    .open = view_log_open,
    .close = view_log_close,
    .draw = view_log_draw,
    .action = view_log_action,
    .filter = view_log_filter,
    .filtered = view_log_filtered,
    .subject = view_log_subject,
};
