/* Questions and answers: what is late is dropped, what is unfinished does not replace what is finished. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/view_stack.h"

#include <stdio.h>
#include <string.h>

struct asked {
    uint64_t last;
    enum engine_request_kind kind;
    char topic[64], group[64];
    uint64_t cancelled;
};

static uint64_t ask(void *context, const struct engine_request *request)
{
    struct asked *asked = context;

    asked->kind = request->kind;
    snprintf(asked->topic, sizeof(asked->topic), "%s", request->topic ? request->topic : "");
    snprintf(asked->group, sizeof(asked->group), "%s", request->group ? request->group : "");
    return ++asked->last;
}

static void cancel(void *context, uint64_t number)
{
    ((struct asked *)context)->cancelled = number;
}

static struct engine_event *event_of(uint64_t request, enum engine_event_kind kind, bool final)
{
    struct engine_event *event = memory_new(sizeof(*event));

    event->request = request;
    event->kind = kind;
    event->final = final;
    return event;
}

static struct engine_event *topics_of(uint64_t request, bool final, const char *name)
{
    struct engine_event *event = event_of(request, ENGINE_TOPICS, final);

    event->topics = memory_new(sizeof(*event->topics));
    event->topic_count = 1;
    event->topics[0].name = memory_copy_text(name);
    event->topics[0].ends = event->topics[0].offsets = OFFSET_NONE;
    return event;
}

static const char *shown(struct view_stack *stack)
{
    const struct view_entry *entry = view_stack_find(stack, VIEW_TOPICS);
    const char *name = entry->ops->name_at(entry->state, 0);

    return name ? name : "(nothing)";
}

static void open_topics(struct view_stack *stack, struct tui_source *source, struct asked *asked)
{
    struct view_subject subject = { 0 };

    *asked = (struct asked){ 0 };
    *source = (struct tui_source){ .context = asked, .ask = ask, .cancel = cancel };
    view_stack_init(stack, source);
    view_stack_open(stack, VIEW_TOPICS, &subject);
    view_stack_ask(stack, 1000);
}

static void test_late_answers_are_dropped(void **state)
{
    struct view_stack stack;
    struct tui_source source;
    struct asked asked;

    (void)state;
    open_topics(&stack, &source, &asked);
    assert_int_equal(asked.kind, ENGINE_ASK_TOPICS);
    view_stack_ask(&stack, 1500); /* one question at a time */
    assert_int_equal(asked.last, 1);
    assert_true(view_stack_cancel(&stack));
    assert_int_equal(asked.cancelled, 1);
    view_stack_ask(&stack, 2000);
    assert_false(view_stack_event(&stack, topics_of(1, true, "late"), 2100));
    assert_false(view_stack_event(&stack, topics_of(0, true, "nobody's"), 2100));
    assert_string_equal(shown(&stack), "(nothing)");
    assert_true(view_stack_event(&stack, topics_of(2, true, "now"), 2200));
    assert_string_equal(shown(&stack), "now");
    assert_int_equal(view_stack_top(&stack)->data_at, 2000); /* as old as its asking */
    assert_false(view_stack_event(&stack, topics_of(2, true, "after the end"), 2300));
    assert_string_equal(shown(&stack), "now");
    view_stack_clear(&stack);
}

static void test_unfinished_answers(void **state)
{
    struct view_stack stack;
    struct tui_source source;
    struct asked asked;

    (void)state;
    open_topics(&stack, &source, &asked);
    view_stack_event(&stack, topics_of(1, false, "some"), 1100);
    assert_string_equal(shown(&stack), "some"); /* better than nothing */
    assert_false(view_stack_top(&stack)->complete);
    view_stack_event(&stack, topics_of(1, true, "all"), 1200);
    assert_true(view_stack_top(&stack)->complete);
    view_stack_ask(&stack, 9000);
    view_stack_event(&stack, topics_of(2, false, "some again"), 9100);
    assert_string_equal(shown(&stack), "all"); /* but not better than all */
    assert_int_equal(view_stack_top(&stack)->data_at, 1000);
    view_stack_event(&stack, topics_of(2, true, "all again"), 9200);
    assert_string_equal(shown(&stack), "all again");
    view_stack_clear(&stack);
}

static void test_failures_keep_the_data(void **state)
{
    struct view_stack stack;
    struct tui_source source;
    struct asked asked;
    struct engine_event *failure;

    (void)state;
    open_topics(&stack, &source, &asked);
    view_stack_event(&stack, topics_of(1, true, "all"), 1200);
    view_stack_ask(&stack, 9000);
    failure = event_of(2, ENGINE_FAILED, true);
    error_set(&failure->error, ERROR_KAFKA, "no broker");
    view_stack_event(&stack, failure, 9500);
    assert_string_equal(shown(&stack), "all");
    assert_true(view_stack_top(&stack)->failed);
    assert_string_equal(view_stack_top(&stack)->error, "no broker");
    assert_int_equal(view_stack_top(&stack)->took, 500);
    view_stack_ask(&stack, 10000);
    view_stack_event(&stack, topics_of(3, true, "all again"), 10100);
    assert_false(view_stack_top(&stack)->failed);
    assert_null(view_stack_top(&stack)->error);
    view_stack_clear(&stack);
}

/* A question beside the regular one: a newer one takes its place, its failure reaches the view, closing cancels it. */
static void test_extra_questions(void **state)
{
    struct engine_request request = { .kind = ENGINE_ASK_PLAN, .topic = "orders" };
    struct view_stack stack;
    struct tui_source source;
    struct asked asked;

    (void)state;
    open_topics(&stack, &source, &asked);
    view_stack_ask_extra(&stack, &request);
    assert_int_equal(asked.last, 2);
    assert_int_equal(asked.kind, ENGINE_ASK_PLAN);
    view_stack_ask_extra(&stack, &request);
    assert_int_equal(asked.cancelled, 2);
    assert_false(view_stack_event(&stack, event_of(2, ENGINE_PLAN, true), 1100)); /* of the older one */
    assert_true(view_stack_event(&stack, event_of(3, ENGINE_PLAN, true), 1200));
    assert_int_equal(view_stack_top(&stack)->extra, 0);
    assert_int_equal(view_stack_top(&stack)->request, 1); /* the regular one goes on */
    view_stack_ask_extra(&stack, &request);
    view_stack_event(&stack, event_of(4, ENGINE_FAILED, true), 1300);
    assert_int_equal(view_stack_top(&stack)->extra, 0);
    assert_false(view_stack_top(&stack)->failed);
    view_stack_ask_extra(&stack, &request);
    assert_true(view_stack_cancel(&stack));
    assert_int_equal(view_stack_wants_at(&stack), TIMESTAMP_NONE);
    view_stack_clear(&stack);
}

static void test_views_lie_in_order(void **state)
{
    struct view_subject subject = { .topic = "orders", .group = "connect-orders" };
    struct view_stack stack;
    struct tui_source source;
    struct asked asked;

    (void)state;
    open_topics(&stack, &source, &asked);
    view_stack_open(&stack, VIEW_SKEW, &subject);
    assert_int_equal(asked.cancelled, 1); /* topics' question makes room */
    view_stack_ask(&stack, 2000);
    assert_int_equal(asked.kind, ENGINE_ASK_SURVEY);
    assert_string_equal(asked.topic, "orders");
    assert_string_equal(asked.group, "connect-orders");
    view_stack_open(&stack, VIEW_HELP, &(struct view_subject){ .scope = IN_SKEW, .name = "skew" });
    assert_int_equal(asked.cancelled, 1);           /* help asks nothing, so skew may go on */
    view_stack_open(&stack, VIEW_GROUPS, &subject); /* lies below skew, which closes */
    assert_int_equal(asked.cancelled, 2);
    assert_int_equal(stack.depth, 2);
    assert_null(view_stack_find(&stack, VIEW_SKEW));
    assert_true(view_stack_return(&stack, VIEW_TOPICS));
    assert_int_equal(stack.depth, 1);
    assert_int_equal(view_stack_top(&stack)->asked_at,
                     TIMESTAMP_NONE); /* it never got its answer: asks again at once */
    view_stack_shut(&stack);
    assert_int_equal(stack.depth, 1); /* the last view stays */
    view_stack_clear(&stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_answers_are_dropped), cmocka_unit_test(test_unfinished_answers),
        cmocka_unit_test(test_failures_keep_the_data),   cmocka_unit_test(test_extra_questions),
        cmocka_unit_test(test_views_lie_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
