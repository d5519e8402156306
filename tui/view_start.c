/* Where a delivery would begin: the time cursor, and what each choice costs. */
#include "tui/view.h"

#include <stdlib.h>

struct view_start {
    char *topic, *group;
};

static void *view_start_open(const struct view_subject *subject)
{
    struct view_start *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    return view;
}

static void view_start_close(void *state)
{
    struct view_start *view = state;

    free(view->topic);
    free(view->group);
    free(view);
}

static void view_start_draw(void *state, struct canvas *canvas, const char *error)
{
    const struct view_start *view = state;

    (void)error;
    view_draw_subject(canvas, "START", view->topic ? view->topic : "", "");
}

static struct view_outcome view_start_action(void *state, enum action action)
{
    (void)state;
    (void)action;
    return (struct view_outcome){ .result = VIEW_IGNORED };
}

static void view_start_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_start_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_start_subject(const void *state, struct view_subject *subject)
{
    const struct view_start *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

const struct view_ops view_start_ops = {
    .name = "start time",
    .scope = IN_START,
    .open = view_start_open,
    .close = view_start_close,
    .draw = view_start_draw,
    .action = view_start_action,
    .filter = view_start_filter,
    .filtered = view_start_filtered,
    .subject = view_start_subject,
};
