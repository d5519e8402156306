/* Questions, cancelling, idleness and ending, without any server: no brokers are given, so each answer is an error. */
#include "engine.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, QUESTIONS = 200 };

struct fixture {
    struct config config;
    struct engine *engine;
};

static int begin(void **state)
{
    static struct fixture fixture;
    struct error err;

    memset(&fixture, 0, sizeof(fixture));
    config_init(&fixture.config);
    *state = &fixture;
    return engine_new(&fixture.config, &fixture.engine, &err) ? 0 : -1;
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    engine_free(fixture->engine);
    config_clear(&fixture->config);
    return 0;
}

/* The next event; the test fails when none comes. */
static struct engine_event *wait_event(struct engine *engine)
{
    struct engine_event *event;

    while ((event = engine_next(engine)) == NULL) {
        struct pollfd fd = { .fd = engine_fd(engine), .events = POLLIN };

        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
    }
    return event;
}

static struct engine_event *wait_final(struct engine *engine, uint64_t number)
{
    struct engine_event *event;

    while (!(event = wait_event(engine))->final || event->request != number)
        engine_event_free(event);
    return event;
}

static void test_every_question_gets_one_final_answer(void **state)
{
    struct fixture *fixture = *state;
    static const enum engine_request_kind kinds[] = { ENGINE_ASK_TOPICS, ENGINE_ASK_GROUPS,  ENGINE_ASK_SURVEY,
                                                      ENGINE_ASK_PLAN,   ENGINE_ASK_CHOICES, ENGINE_ASK_AUDIT,
                                                      ENGINE_ASK_STARTS, ENGINE_ASK_RECORD,  ENGINE_ASK_LAUNCH };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct engine_request request = { .kind = kinds[i], .topic = "t", .group = "g", .start = "safe" };
        struct engine_event *event;
        uint64_t number = engine_ask(fixture->engine, &request);

        assert_false(engine_is_idle(fixture->engine));
        event = wait_final(fixture->engine, number);
        assert_int_equal(event->kind, ENGINE_FAILED);
        assert_int_equal(event->error.kind, ERROR_USAGE);
        engine_event_free(event);
        assert_true(engine_is_idle(fixture->engine));
        assert_null(engine_next(fixture->engine));
    }
}

static void test_texts_of_a_request_are_copied(void **state)
{
    struct fixture *fixture = *state;
    char start[] = "nonsense";
    struct engine_request request = { .kind = ENGINE_ASK_PLAN, .topic = "t", .group = "g", .start = start };
    uint64_t number = engine_ask(fixture->engine, &request);
    struct engine_event *event;

    memset(start, 'x', sizeof(start) - 1);
    event = wait_final(fixture->engine, number);
    assert_non_null(strstr(event->error.message, "nonsense"));
    engine_event_free(event);
}

/* A cancelled question says nothing more, whether it was waiting, under way or done; its neighbours are answered. */
static void test_cancelled_questions_are_silent(void **state)
{
    struct fixture *fixture = *state;
    struct engine_request request = { .kind = ENGINE_ASK_TOPICS };
    uint64_t numbers[QUESTIONS];
    size_t answered = 0;

    for (size_t i = 0; i < QUESTIONS; i++) {
        numbers[i] = engine_ask(fixture->engine, &request);
        if (i % 2 == 0)
            engine_cancel(fixture->engine, numbers[i]);
    }
    while (answered < QUESTIONS / 2) {
        struct engine_event *event = wait_event(fixture->engine);

        assert_int_equal((event->request - numbers[0]) % 2, 1);
        answered += event->final;
        engine_event_free(event);
    }
}

static void test_a_launch_that_was_not_prepared_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct engine_event *event = wait_final(fixture->engine, engine_launch(fixture->engine, 42));

    assert_int_equal(event->kind, ENGINE_FAILED);
    assert_int_equal(event->error.kind, ERROR_REFUSED);
    engine_event_free(event);
}

/* Two launches at once: one is answered by the inspector, the other is refused at the door; neither is forgotten. */
static void test_one_launch_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    uint64_t first = engine_launch(fixture->engine, 1), second = engine_launch(fixture->engine, 1);
    bool seen_first = false, seen_second = false;

    while (!seen_first || !seen_second) {
        struct engine_event *event = wait_event(fixture->engine);

        assert_int_equal(event->error.kind, ERROR_REFUSED);
        seen_first = seen_first || event->request == first;
        if (event->request == second) {
            assert_non_null(strstr(event->error.message, "one at a time"));
            seen_second = true;
        }
        engine_event_free(event);
    }
}

static void test_a_launch_can_be_stopped_before_it_begins(void **state)
{
    struct fixture *fixture = *state;

    engine_delivery_drain(fixture->engine);
    engine_delivery_abort(fixture->engine);
    engine_delivery_flush(fixture->engine);
    assert_true(engine_is_idle(fixture->engine));
}

/* The fixture's end frees the engine while these still wait. */
static void test_ending_with_open_questions(void **state)
{
    struct fixture *fixture = *state;
    struct engine_request request = { .kind = ENGINE_ASK_GROUPS };

    for (size_t i = 0; i < QUESTIONS; i++)
        engine_ask(fixture->engine, &request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_question_gets_one_final_answer, begin, end),
        cmocka_unit_test_setup_teardown(test_texts_of_a_request_are_copied, begin, end),
        cmocka_unit_test_setup_teardown(test_cancelled_questions_are_silent, begin, end),
        cmocka_unit_test_setup_teardown(test_a_launch_that_was_not_prepared_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_one_launch_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(test_a_launch_can_be_stopped_before_it_begins, begin, end),
        cmocka_unit_test_setup_teardown(test_ending_with_open_questions, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
