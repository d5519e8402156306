/* The queue: order, the descriptor, closing, who frees what, and many threads at once. */
#include "base/queue.h"

#include "base/buffer.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PRODUCERS = 3, ITEMS = 20000 };

static bool is_readable(struct queue *queue)
{
    struct pollfd ready = { .fd = queue_fd(queue), .events = POLLIN };

    return poll(&ready, 1, 0) == 1;
}

static void *number(size_t value)
{
    return (void *)(value + 1);
}

static void first_in_first_out(void **state)
{
    struct queue *queue = queue_new(NULL);
    size_t next = 0;

    (void)state;
    for (size_t sent = 0; sent < 1000; sent++) { /* two in, one out: the ring grows while it is wrapped around */
        queue_send(queue, number(2 * sent));
        queue_send(queue, number(2 * sent + 1));
        assert_ptr_equal(queue_receive(queue, 0), number(next++));
    }
    assert_int_equal(queue_count(queue), 1000);
    while (next < 2000)
        assert_ptr_equal(queue_receive(queue, -1), number(next++));
    assert_null(queue_receive(queue, 0));
    assert_null(queue_receive(queue, 1));
    queue_free(queue);
}

static void readable_while_items_wait(void **state)
{
    struct queue *queue = queue_new(NULL);

    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_false(is_readable(queue));
        queue_send(queue, number(1));
        assert_true(is_readable(queue));
        queue_send(queue, number(2));
        queue_receive(queue, 0);
        assert_true(is_readable(queue));
        queue_receive(queue, 0);
    }
    assert_false(is_readable(queue));
    queue_free(queue);
}

static void count_free(void *item)
{
    (*(int *)item)++;
}

static void leftovers_are_freed(void **state)
{
    struct queue *queue = queue_new(count_free);
    int freed = 0;

    (void)state;
    queue_send(queue, &freed);
    queue_send(queue, &freed);
    queue_send(queue, &freed);
    assert_ptr_equal(queue_receive(queue, 0), &freed);
    assert_int_equal(freed, 0);
    assert_false(queue_is_closed(queue));
    queue_close(queue);
    assert_true(queue_is_closed(queue));
    queue_send(queue, &freed);
    assert_int_equal(freed, 1);
    assert_int_equal(queue_count(queue), 2);
    assert_ptr_equal(queue_receive(queue, -1), &freed); /* what was sent before still comes */
    queue_free(queue);
    assert_int_equal(freed, 2);
    queue_free(NULL);
}

struct receiver {
    struct queue *queue;
    atomic_int thread_id; /* 0 until it runs */
};

static void *receive_one(void *context)
{
    struct receiver *receiver = context;

    atomic_store(&receiver->thread_id, gettid());
    return queue_receive(receiver->queue, -1);
}

/* Returns when the system says that the thread sleeps: it has nowhere to do that but in queue_receive. */
static void wait_until_asleep(struct receiver *receiver)
{
    char path[64], status[256];
    const char *state;

    while (atomic_load(&receiver->thread_id) == 0)
        sched_yield();
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&receiver->thread_id));
    do {
        FILE *file = fopen(path, "r");

        assert_non_null(file);
        assert_non_null(fgets(status, sizeof(status), file));
        fclose(file);
        state = strrchr(status, ')');
        assert_non_null(state);
        sched_yield();
    } while (state[2] != 'S');
}

static void send_wakes_a_receiver(void **state)
{
    struct queue *queue = queue_new(NULL);
    struct receiver receiver = { .queue = queue };
    pthread_t thread;
    void *item = NULL;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, receive_one, &receiver), 0);
    wait_until_asleep(&receiver);
    queue_send(queue, number(5));
    assert_int_equal(pthread_join(thread, &item), 0);
    assert_ptr_equal(item, number(5));
    queue_free(queue);
}

static void close_wakes_receivers(void **state)
{
    struct queue *queue = queue_new(NULL);
    struct receiver receivers[2];
    pthread_t threads[2];
    void *item = queue;

    (void)state;
    for (int i = 0; i < 2; i++) {
        receivers[i].queue = queue;
        atomic_init(&receivers[i].thread_id, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, receive_one, &receivers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        wait_until_asleep(&receivers[i]);
    queue_close(queue);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &item), 0);
        assert_null(item);
    }
    queue_free(queue);
}

struct item {
    int producer;
    int number;
};

struct producer {
    struct queue *queue;
    int number;
};

static void *produce(void *context)
{
    struct producer *producer = context;

    for (int i = 0; i < ITEMS; i++) {
        struct item *item = memory_new(sizeof(*item));

        *item = (struct item){ .producer = producer->number, .number = i };
        queue_send(producer->queue, item);
    }
    return NULL;
}

static void each_producer_keeps_its_order(void **state)
{
    struct queue *queue = queue_new(free);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    int next[PRODUCERS] = { 0 };

    (void)state;
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){ .queue = queue, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS * ITEMS; i++) {
        struct item *item = queue_receive(queue, 10000);

        assert_non_null(item);
        assert_int_equal(item->number, next[item->producer]++);
        free(item);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(queue_count(queue), 0);
    assert_false(is_readable(queue));
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),    cmocka_unit_test(readable_while_items_wait),
        cmocka_unit_test(leftovers_are_freed),   cmocka_unit_test(send_wakes_a_receiver),
        cmocka_unit_test(close_wakes_receivers), cmocka_unit_test(each_producer_keeps_its_order),
    };

    (void)alarm(60); /* a receiver that is not woken must fail, not hang */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
