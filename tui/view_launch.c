/* The plan and its confirmation. */
#include "tui/view.h"

#include <stdlib.h>

struct view_launch {
    char *topic, *group;
};

static void *view_launch_open(const struct view_subject *subject)
{
    struct view_launch *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    return view;
}

static void view_launch_close(void *state)
{
    struct view_launch *view = state;

    free(view->topic);
    free(view->group);
    free(view);
}

static void view_launch_draw(void *state, struct canvas *canvas, const char *error)
{
    const struct view_launch *view = state;

    (void)error;
    view_draw_subject(canvas, "LAUNCH", view->topic ? view->topic : "", "");
}

static struct view_outcome view_launch_action(void *state, enum action action)
{
    (void)state;
    (void)action;
    return (struct view_outcome){ .result = VIEW_IGNORED };
}

static void view_launch_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_launch_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_launch_subject(const void *state, struct view_subject *subject)
{
    const struct view_launch *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

const struct view_ops view_launch_ops = {
    .name = "launch",
    .scope = IN_LAUNCH,
    .open = view_launch_open,
    .close = view_launch_close,
    .draw = view_launch_draw,
    .action = view_launch_action,
    .filter = view_launch_filter,
    .filtered = view_launch_filtered,
    .subject = view_launch_subject,
};
