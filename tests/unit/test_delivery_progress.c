/* The numbers of a running stream: words and the document that `deliver --json` ends with. */
#include "cutover_testing.h"

#include "delivery/delivery_progress.h"

static void every_word_is_there(void **state)
{
    static const char *const states[] = { "idle", "running", "paused", "draining", "stopped", "failed" };
    static const char *const partitions[] = { "elsewhere", "reading", "waiting", "done", "parked" };
    static const char *const reasons[] = { "none", "size", "age", "memory", "flush", "revoke", "stop", "end" };

    (void)state;
    for (int i = DELIVERY_IDLE; i <= DELIVERY_FAILED; i++)
        assert_string_equal(delivery_state_name((enum delivery_state)i), states[i]);
    for (int i = DELIVERY_PARTITION_ELSEWHERE; i <= DELIVERY_PARTITION_PARKED; i++)
        assert_string_equal(delivery_partition_state_name((enum delivery_partition_state)i), partitions[i]);
    for (int i = ROTATION_NONE; i < ROTATION_REASONS; i++)
        assert_string_equal(rotation_reason_name((enum rotation_reason)i), reasons[i]);
}

static void document_has_the_agreed_names(void **state)
{
    static const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        { "records",   6   },
        { "bytes_in",  700 },
        { "bytes_out", 90  },
        { "objects",   4   },
        { "retries",   3   },
    };
    struct delivery_progress progress;
    struct json *document;
    const struct json *row;
    int64_t value;

    (void)state;
    delivery_progress_init(&progress);
    assert_int_equal(progress.state, DELIVERY_IDLE);
    progress.records_stored = 6;
    progress.records_read = 8;
    progress.bytes_in = 700;
    progress.bytes_out = 90;
    progress.objects = 4;
    progress.retries = 3;
    progress.elapsed_ms = 12500;
    progress.count = 2;
    progress.partitions = memory_new(2 * sizeof(*progress.partitions));
    progress.partitions[1] = (struct delivery_partition){ .partition = 1,
                                                          .state = DELIVERY_PARTITION_PARKED,
                                                          .start = 10,
                                                          .delivered = 40,
                                                          .committed = OFFSET_NONE,
                                                          .until = OFFSET_NONE,
                                                          .records = 5,
                                                          .note = "parked: no" };
    document = delivery_progress_to_json(&progress, "orders-s3", "5a17c0de");
    assert_string_equal(json_get_text(document, "stream"), "orders-s3");
    assert_string_equal(json_get_text(document, "plan"), "5a17c0de");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_true(json_get_int(document, numbers[i].name, &value));
        assert_int_equal(value, numbers[i].value);
    }
    assert_non_null(json_get(document, "seconds"));
    row = json_first(json_get(document, "partitions"));
    assert_int_equal(json_count(json_get(document, "partitions")), 2);
    assert_null(json_get_text(row, "note"));
    row = json_next(row);
    assert_string_equal(json_get_text(row, "state"), "parked");
    assert_string_equal(json_get_text(row, "note"), "parked: no");
    assert_true(json_is_null(json_get(row, "committed")));
    assert_true(json_get_int(row, "delivered", &value));
    assert_int_equal(value, 40);
    json_free(document);
    delivery_progress_clear(&progress);
    assert_null(progress.partitions);
    delivery_progress_clear(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_there),
        cmocka_unit_test(document_has_the_agreed_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
