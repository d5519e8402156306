/* The open views and their questions. */
#include "tui/view_stack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct view_ops *const views[VIEW_KINDS] = {
    [VIEW_TOPICS] = &view_topics_ops,     [VIEW_GROUPS] = &view_groups_ops, [VIEW_SKEW] = &view_skew_ops,
    [VIEW_RECORD] = &view_record_ops,     [VIEW_START] = &view_start_ops,   [VIEW_LAUNCH] = &view_launch_ops,
    [VIEW_PIPELINE] = &view_pipeline_ops, [VIEW_AUDIT] = &view_audit_ops,   [VIEW_LOG] = &view_log_ops,
    [VIEW_HELP] = &view_help_ops,
};

void view_stack_init(struct view_stack *stack, const struct tui_source *source)
{
    *stack = (struct view_stack){ .source = source };
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = value ? memory_copy_text(value) : NULL;
}

static bool cancel(struct view_stack *stack, struct view_entry *entry)
{
    if (entry->request == 0)
        return false;
    stack->source->cancel(stack->source->context, entry->request);
    entry->request = 0;
    set_text(&entry->progress, NULL);
    return true;
}

static bool cancel_extra(struct view_stack *stack, struct view_entry *entry)
{
    if (entry->extra == 0)
        return false;
    stack->source->cancel(stack->source->context, entry->extra);
    entry->extra = 0;
    set_text(&entry->extra_progress, NULL);
    return true;
}

/* Another view takes the engine's time; this one asks again as soon as it is back, if its data is not fresh by then. */
static void cover(struct view_stack *stack, struct view_entry *entry)
{
    if (cancel(stack, entry))
        entry->asked_at = entry->complete ? entry->data_at : TIMESTAMP_NONE;
}

static void close_top(struct view_stack *stack)
{
    struct view_entry *entry = &stack->entries[--stack->depth];

    cancel(stack, entry);
    cancel_extra(stack, entry);
    entry->ops->close(entry->state);
    free(entry->error);
    free(entry->progress);
    free(entry->extra_progress);
}

void view_stack_clear(struct view_stack *stack)
{
    while (stack->depth > 0)
        close_top(stack);
}

void view_stack_open(struct view_stack *stack, enum view_kind kind, const struct view_subject *subject)
{
    struct view_subject full = *subject;
    void *state;

    full.source = stack->source;
    full.delivery = stack->delivery;
    full.mode = stack->mode;
    state = views[kind]->open(&full); /* first: the subject may point into a view that is closed now */
    while (stack->depth > 0 && view_stack_top(stack)->kind >= kind)
        close_top(stack);
    if (stack->depth > 0 && views[kind]->ask)
        cover(stack, view_stack_top(stack));
    assert(stack->depth < VIEW_KINDS);
    stack->entries[stack->depth++] = (struct view_entry){
        .kind = kind,
        .ops = views[kind],
        .state = state,
        .asked_at = TIMESTAMP_NONE,
        .data_at = TIMESTAMP_NONE,
    };
}

void view_stack_shut(struct view_stack *stack)
{
    if (stack->depth > 1)
        close_top(stack);
}

const struct view_entry *view_stack_find(const struct view_stack *stack, enum view_kind kind)
{
    for (size_t i = 0; i < stack->depth; i++)
        if (stack->entries[i].kind == kind)
            return &stack->entries[i];
    return NULL;
}

bool view_stack_return(struct view_stack *stack, enum view_kind kind)
{
    if (!view_stack_find(stack, kind))
        return false;
    while (view_stack_top(stack)->kind != kind)
        close_top(stack);
    return true;
}

struct view_entry *view_stack_top(struct view_stack *stack)
{
    assert(stack->depth > 0);
    return &stack->entries[stack->depth - 1];
}

bool view_entry_asks(const struct view_entry *entry)
{
    return entry->ops->ask && (!entry->ops->asks || entry->ops->asks(entry->state));
}

void view_stack_ask(struct view_stack *stack, timestamp_ms now)
{
    struct view_entry *entry = view_stack_top(stack);
    struct engine_request request = { 0 };

    if (!view_entry_asks(entry) || entry->request != 0)
        return;
    entry->ops->ask(entry->state, &request);
    entry->asked_at = now;
    entry->request = stack->source->ask(stack->source->context, &request);
}

void view_stack_ask_anew(struct view_stack *stack, timestamp_ms now)
{
    struct view_entry *entry = view_stack_top(stack);

    (void)cancel(stack, entry);
    entry->failed = false; /* that was another question */
    set_text(&entry->error, NULL);
    view_stack_ask(stack, now);
}

void view_stack_ask_extra(struct view_stack *stack, const struct engine_request *request)
{
    struct view_entry *entry = view_stack_top(stack);

    cancel_extra(stack, entry);
    entry->extra = stack->source->ask(stack->source->context, request);
}

timestamp_ms view_stack_wants_at(struct view_stack *stack)
{
    const struct view_entry *entry = view_stack_top(stack);

    return entry->ops->wants_at ? entry->ops->wants_at(entry->state) : TIMESTAMP_NONE;
}

void view_stack_ask_wanted(struct view_stack *stack)
{
    struct view_entry *entry = view_stack_top(stack);
    struct engine_request request = { 0 };

    entry->ops->want(entry->state, &request);
    view_stack_ask_extra(stack, &request);
}

bool view_stack_delivery(struct view_stack *stack, timestamp_ms now)
{
    bool changed = false;

    for (size_t i = 0; i < stack->depth; i++) {
        const struct view_entry *entry = &stack->entries[i];

        if (entry->ops->delivery && entry->ops->delivery(entry->state, now))
            changed = true;
    }
    return changed;
}

/* A cancelled question says nothing more: its view would wait for an answer. */
static void tell_cancelled(const struct view_entry *entry)
{
    struct engine_event *event = engine_event_new(ENGINE_FAILED);

    (void)!error_set(&event->error, ERROR_CANCELLED, "the question was cancelled");
    entry->ops->event(entry->state, &event, entry->asked_at);
    engine_event_free(event);
}

bool view_stack_cancel(struct view_stack *stack)
{
    struct view_entry *entry = view_stack_top(stack);
    bool extra = cancel_extra(stack, entry);

    if (extra)
        tell_cancelled(entry);
    return cancel(stack, entry) || extra;
}

/* An answer to a question beside the regular one; the view sees failures too. */
static bool extra_event(struct view_stack *stack, struct engine_event *event, timestamp_ms now)
{
    for (size_t i = 0; i < stack->depth; i++) {
        struct view_entry *entry = &stack->entries[i];

        if (event->request == 0 || entry->extra != event->request)
            continue;
        if (event->final || event->kind == ENGINE_FAILED)
            entry->extra = 0;
        set_text(&entry->extra_progress, event->kind == ENGINE_PROGRESS ? event->progress : NULL);
        if (event->kind != ENGINE_PROGRESS)
            entry->ops->event(entry->state, &event, now);
        engine_event_free(event);
        return true;
    }
    engine_event_free(event);
    return false;
}

static struct view_entry *asker(struct view_stack *stack, uint64_t request)
{
    for (size_t i = 0; i < stack->depth && request != 0; i++)
        if (stack->entries[i].request == request)
            return &stack->entries[i];
    return NULL;
}

static void end_question(struct view_entry *entry, const struct engine_event *event, timestamp_ms now)
{
    entry->request = 0;
    entry->ended_at = now;
    entry->took = now - entry->asked_at;
    entry->failed = event->kind == ENGINE_FAILED;
    set_text(&entry->error, entry->failed ? event->error.message : NULL);
    set_text(&entry->progress, NULL);
}

bool view_stack_event(struct view_stack *stack, struct engine_event *event, timestamp_ms now)
{
    struct view_entry *entry = asker(stack, event->request);
    bool final = event->final || event->kind == ENGINE_FAILED;

    if (!entry) /* beside, or of a question that was cancelled, or that nobody asked */
        return extra_event(stack, event, now);
    if (final)
        end_question(entry, event, now);
    if (event->kind == ENGINE_PROGRESS) {
        set_text(&entry->progress, event->progress);
    } else if (event->kind != ENGINE_FAILED && entry->ops->event(entry->state, &event, now)) {
        /* What was read after the asking is at most this old. */
        entry->data_at = entry->asked_at;
        entry->complete = entry->complete || final;
    }
    engine_event_free(event);
    return true;
}
