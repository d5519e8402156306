/* Help: the keys of the view it was opened from, made of the list that dispatches them, and what the signs mean. */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/pager.h"

enum {
    ACTIONS_MOST = 96,
    KEY_CELLS = 15,
    COLUMN_CELLS = 40, /* two columns from 80 cells on */
    LINES_MOST = 2 * ACTIONS_MOST,
};

static const char *const signs[] = {
    "signs after a row:  = caught up   ? no commit   < commit below log start",
    "  o open transaction   > commit past the end   ! error   ~ old value",
    "  behind the median commit: . up to 5m   : up to 15m   * up to 30m   @ more",
};

/* What the views that are about commits mean by their words. */
static const char *const words[] = {
    "words:  T time of the record at the commit   p50 the median T",
    "  behind: latest T - T   to end: end - commit, or end - log start if later",
    "  gap: delivered by neither   dup: by both   lost: deleted before it was read",
};

struct help_line {
    const char *text; /* a heading or a sentence; NULL: keys and what they do */
    const char *keys, *help;
    const char *right_text, *right_keys, *right_help; /* the same, in the right column */
};

struct view_help {
    unsigned scope;
    char *name, *forms; /* forms: NULL where nothing is filtered */
    struct action_line here[ACTIONS_MOST], everywhere[ACTIONS_MOST];
    size_t here_count, everywhere_count;
    struct help_line lines[LINES_MOST]; /* as laid out for the last width */
    struct pager pager;
    char *search;
    size_t match; /* line; pager.count: none */
};

static void *view_help_open(const struct view_subject *subject)
{
    struct view_help *view = memory_new(sizeof(*view));
    struct action_line all[ACTIONS_MOST];
    size_t count = action_help(subject->scope, all, ACTIONS_MOST);

    view->scope = subject->scope;
    view->name = memory_copy_text(subject->name);
    view->forms = subject->forms ? memory_printf("  %s", subject->forms) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (all[i].here)
            view->here[view->here_count++] = all[i];
        else
            view->everywhere[view->everywhere_count++] = all[i];
    }
    return view;
}

static void view_help_close(void *state)
{
    struct view_help *view = state;

    free(view->name);
    free(view->forms);
    free(view->search);
    free(view);
}

static size_t add_texts(struct view_help *view, size_t count)
{
    if (view->forms) {
        count++; /* an empty line */
        view->lines[count++].text = "filter /   all must hold: a piece of a name, COLUMN < <= > >= = != VALUE";
        view->lines[count++].text = view->forms;
    }
    if (view->scope & IN_CURSOR) {
        count++;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            view->lines[count++].text = words[i];
    }
    count++;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        view->lines[count++].text = signs[i];
    return count;
}

/* Two columns beside each other, or one below the other. Returns how many lines there are. */
static size_t lay_out(struct view_help *view, bool wide)
{
    struct help_line *lines = view->lines;
    size_t below = wide ? 0 : view->here_count + 2, count = 0;

    memset(lines, 0, sizeof(view->lines));
    lines[0].text = "this view";
    for (size_t i = 0; i < view->here_count; i++) {
        lines[1 + i].keys = view->here[i].keys;
        lines[1 + i].help = view->here[i].help;
    }
    if (wide)
        lines[0].right_text = "everywhere";
    else
        lines[below].text = "everywhere";
    for (size_t i = 0; i < view->everywhere_count; i++) {
        struct help_line *line = &lines[below + 1 + i];

        *(wide ? &line->right_keys : &line->keys) = view->everywhere[i].keys;
        *(wide ? &line->right_help : &line->help) = view->everywhere[i].help;
    }
    count = below + 1 + view->everywhere_count;
    if (count < view->here_count + 1)
        count = view->here_count + 1;
    return add_texts(view, count);
}

static void draw_entry(const struct canvas *canvas, int line, int column, int end, const char *text, const char *keys,
                       const char *help)
{
    if (text)
        canvas_text(canvas, line, column, THEME_TITLE, text);
    if (!keys)
        return;
    int after = canvas_text(canvas, line, column, THEME_KEY, keys) + 1;
    if (after < column + KEY_CELLS)
        after = column + KEY_CELLS;
    canvas_fit(canvas, line, after, end - after, true, THEME_TEXT, help);
}

static void view_help_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_help *view = state;
    int first = view_first_line() + 1, last = view_last_line(canvas);
    bool wide = canvas->columns >= 2 * COLUMN_CELLS;
    size_t count = lay_out(view, wide);

    (void)error;
    pager_resize(&view->pager, count, (size_t)(last - first + 1));
    int column = canvas_text(canvas, view_first_line(), 1, THEME_TITLE, "HELP") + 2;
    column = canvas_text(canvas, view_first_line(), column, THEME_TEXT, view->name);
    if (count > view->pager.height)
        canvas_printf(canvas, view_first_line(), column + 3, THEME_DIM, "lines %zu-%zu of %zu", view->pager.top + 1,
                      view->pager.top + view->pager.height, count);
    for (size_t i = 0; i < view->pager.height && view->pager.top + i < count; i++) {
        const struct help_line *entry = &view->lines[view->pager.top + i];
        int line = first + (int)i;

        draw_entry(canvas, line, 1, wide ? COLUMN_CELLS - 1 : canvas->columns, entry->text, entry->keys, entry->help);
        draw_entry(canvas, line, COLUMN_CELLS, canvas->columns, entry->right_text, entry->right_keys,
                   entry->right_help);
        if (view->search && view->match == view->pager.top + i)
            canvas_text(canvas, line, 0, THEME_KEY, ">");
    }
    canvas->cursor_line = first;
}

static bool line_has(const struct help_line *line, const char *text)
{
    const char *const parts[] = { line->text,       line->keys,       line->help,
                                  line->right_text, line->right_keys, line->right_help };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i] && strcasestr(parts[i], text))
            return true;
    return false;
}

static bool find(struct view_help *view, size_t from, bool down)
{
    size_t count = view->pager.count;

    for (size_t step = 0; view->search && step < count; step++) {
        size_t line = down ? (from + step) % count : (from + 2 * count - step) % count;

        if (line_has(&view->lines[line], view->search)) {
            view->match = line;
            pager_reveal(&view->pager, line);
            return true;
        }
    }
    return false;
}

static struct view_outcome view_help_action(void *state, enum action action)
{
    struct view_help *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    bool found = true;

    if (pager_action(&view->pager, action))
        return outcome;
    if (action == ACTION_NEXT_MATCH)
        found = find(view, view->match + 1, true);
    else if (action == ACTION_PREVIOUS_MATCH)
        found = find(view, view->match + view->pager.count - 1, false);
    else
        outcome.result = VIEW_IGNORED;
    if (!found) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message), "no match");
    }
    return outcome;
}

static void view_help_filter(void *state, const char *text)
{
    struct view_help *view = state;

    free(view->search);
    view->search = text && *text ? memory_copy_text(text) : NULL;
    view->match = view->pager.count;
    find(view, view->pager.top, true);
}

static const char *view_help_filtered(const void *state)
{
    return ((const struct view_help *)state)->search;
}

static void view_help_subject(const void *state, struct view_subject *subject)
{
    (void)state;
    (void)subject;
}

const struct view_ops view_help_ops = {
    .name = "help",
    .scope = IN_HELP,
    .open = view_help_open,
    .close = view_help_close,
    .draw = view_help_draw,
    .action = view_help_action,
    .filter = view_help_filter,
    .filtered = view_help_filtered,
    .subject = view_help_subject,
};
