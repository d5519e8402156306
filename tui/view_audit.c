/* What lies in the bucket, against the plan. */
#include "tui/view.h"

#include <stdlib.h>

struct view_audit {
    char *topic, *group;
};

static void *view_audit_open(const struct view_subject *subject)
{
    struct view_audit *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    return view;
}

static void view_audit_close(void *state)
{
    struct view_audit *view = state;

    free(view->topic);
    free(view->group);
    free(view);
}

static void view_audit_draw(void *state, struct canvas *canvas, const char *error)
{
    const struct view_audit *view = state;

    (void)error;
    view_draw_subject(canvas, "AUDIT", view->topic ? view->topic : "", "");
}

static struct view_outcome view_audit_action(void *state, enum action action)
{
    (void)state;
    (void)action;
    return (struct view_outcome){ .result = VIEW_IGNORED };
}

static void view_audit_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_audit_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_audit_subject(const void *state, struct view_subject *subject)
{
    const struct view_audit *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

const struct view_ops view_audit_ops = {
    .name = "audit",
    .scope = IN_AUDIT,
    .open = view_audit_open,
    .close = view_audit_close,
    .draw = view_audit_draw,
    .action = view_audit_action,
    .filter = view_audit_filter,
    .filtered = view_audit_filtered,
    .subject = view_audit_subject,
};
