/* A delivery: rates, retries, memory, partitions. */
#include "tui/view.h"

#include <stdlib.h>

struct view_pipeline {
    char *topic, *group;
};

static void *view_pipeline_open(const struct view_subject *subject)
{
    struct view_pipeline *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    return view;
}

static void view_pipeline_close(void *state)
{
    struct view_pipeline *view = state;

    free(view->topic);
    free(view->group);
    free(view);
}

static void view_pipeline_draw(void *state, struct canvas *canvas, const char *error)
{
    const struct view_pipeline *view = state;

    (void)error;
    view_draw_subject(canvas, "PIPELINE", view->topic ? view->topic : "", "");
}

static struct view_outcome view_pipeline_action(void *state, enum action action)
{
    (void)state;
    (void)action;
    return (struct view_outcome){ .result = VIEW_IGNORED };
}

static void view_pipeline_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_pipeline_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_pipeline_subject(const void *state, struct view_subject *subject)
{
    const struct view_pipeline *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

const struct view_ops view_pipeline_ops = {
    .name = "pipeline",
    .scope = IN_PIPELINE,
    .open = view_pipeline_open,
    .close = view_pipeline_close,
    .draw = view_pipeline_draw,
    .action = view_pipeline_action,
    .filter = view_pipeline_filter,
    .filtered = view_pipeline_filtered,
    .subject = view_pipeline_subject,
};
