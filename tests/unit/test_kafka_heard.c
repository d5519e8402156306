/* What is kept of the failures that nobody looks at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "kafka/kafka_heard.h"

static void say(struct kafka_heard *heard, int64_t when, bool of_token)
{
    struct kafka_heard_line *line = memory_new(sizeof(*line));

    line->when = when;
    line->of_token = of_token;
    snprintf(line->text, sizeof(line->text), "line %d", (int)when);
    kafka_heard_add(heard, line);
}

static void take(struct kafka_heard *heard, int64_t when, bool of_token)
{
    struct kafka_heard_line *line = kafka_heard_take(heard);

    assert_non_null(line);
    assert_int_equal(line->when, when);
    assert_int_equal(line->of_token, of_token);
    free(line);
}

static void test_lines_come_in_the_order_of_time(void **state)
{
    struct kafka_heard *heard = kafka_heard_new();

    (void)state;
    say(heard, 1, false);
    say(heard, 2, true);
    say(heard, 3, false);
    take(heard, 1, false);
    take(heard, 2, true);
    take(heard, 3, false);
    assert_null(kafka_heard_take(heard));
    kafka_heard_free(heard);
}

static void test_the_oldest_go_and_are_counted(void **state)
{
    enum { SAID = 100000 };
    struct kafka_heard *heard = kafka_heard_new();

    (void)state;
    say(heard, 0, true); /* stays, whatever brokers say */
    for (int64_t i = 1; i <= SAID; i++)
        say(heard, i, false);
    assert_int_equal(kafka_heard_gone(heard), SAID - KAFKA_HEARD_MOST);
    assert_int_equal(kafka_heard_gone(heard), 0);
    take(heard, 0, true);
    for (int64_t i = SAID - KAFKA_HEARD_MOST + 1; i <= SAID; i++)
        take(heard, i, false);
    assert_null(kafka_heard_take(heard));
    kafka_heard_free(heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_come_in_the_order_of_time),
        cmocka_unit_test(test_the_oldest_go_and_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
