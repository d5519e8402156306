/* The one function that commits refuses every group that is not ours, whatever made the client. No broker is needed. */
#include "base/buffer.h"
#include "base/topic_partition.h"
#include "kafka/kafka_client.h"
#include "kafka/kafka_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Tries a commit with a handle that was made around kafka_conf_new and its check. */
static bool commit_as(const char *group, struct error *err)
{
    const struct kafka_settings settings = { .isolation = KAFKA_READ_COMMITTED };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct kafka_client *client = NULL;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_queue_t *queue;
    bool sent;

    assert_true(kafka_conf_set(conf, "group.id", group, err));
    assert_true(kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", err));
    assert_true(kafka_client_from_conf(conf, &settings, NULL, &client, err));
    rd_kafka_topic_partition_list_add(list, "orders", 0)->offset = 1;
    queue = rd_kafka_queue_new(kafka_client_handle(client));
    sent = kafka_commit_send(client, list, queue, err);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    kafka_client_free(client);
    return sent;
}

static void test_only_groups_of_ours(void **state)
{
    static const char *const foreign[] = { "connect-orders", "headgate", "headgate-", "Headgate-orders",
                                           "x-headgate-y" };
    char longest[600];
    struct error err;

    (void)state;
    assert_true(commit_as("headgate-orders", &err));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        error_clear(&err);
        assert_false(commit_as(foreign[i], &err));
        assert_int_equal(err.kind, ERROR_REFUSED);
        assert_non_null(strstr(err.message, foreign[i]));
    }
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    error_clear(&err);
    assert_false(commit_as(longest, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
}

static void test_rows_of_a_commit(void **state)
{
    struct partition_offsets offsets;
    rd_kafka_topic_partition_list_t *list;

    (void)state;
    partition_offsets_init(&offsets);
    for (int32_t i = 0; i < 10; i++)
        partition_offsets_set(&offsets, i, i == 3 ? OFFSET_NONE : 100 + i);
    partition_offsets_set_error(&offsets, 4, "unknown");
    partition_offsets_row(&offsets, 5)->metadata = memory_copy_text("seen=7");
    list = kafka_commit_list("orders", &offsets, 2, 4); /* 2 to 5, without 3 and 4 */
    assert_int_equal(list->cnt, 2);
    assert_int_equal(list->elems[0].partition, 2);
    assert_int_equal(list->elems[0].offset, 102);
    assert_null(list->elems[0].metadata);
    assert_int_equal(list->elems[1].partition, 5);
    assert_memory_equal(list->elems[1].metadata, "seen=7", 6);
    assert_int_equal(list->elems[1].metadata_size, 6);
    rd_kafka_topic_partition_list_destroy(list);
    list = kafka_commit_list("orders", &offsets, 8, 100);
    assert_int_equal(list->cnt, 2);
    rd_kafka_topic_partition_list_destroy(list);
    partition_offsets_clear(&offsets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_groups_of_ours),
        cmocka_unit_test(test_rows_of_a_commit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
