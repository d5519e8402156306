/* Lists of partitions: sorted, each partition once, whatever the order they come in. */
#include "base/topic_partition.h"

#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sorted_whatever_the_order(void **state)
{
    struct partition_offsets list;
    uint64_t seed = 3;

    (void)state;
    partition_offsets_init(&list);
    for (int i = 0; i < 5000; i++) {
        int32_t partition = (int32_t)random_below(&seed, 1000);

        partition_offsets_set(&list, partition, partition * INT64_C(10));
    }
    assert_true(list.count <= 1000 && list.count > 900);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(i == 0 || list.rows[i - 1].partition < list.rows[i].partition);
        assert_int_equal(list.rows[i].offset, list.rows[i].partition * 10);
        assert_ptr_equal(partition_offsets_find(&list, list.rows[i].partition), &list.rows[i]);
    }
    partition_offsets_clear(&list);
    assert_int_equal(list.count, 0);
}

static void missing_rows(void **state)
{
    struct partition_offsets list;

    (void)state;
    partition_offsets_init(&list);
    assert_null(partition_offsets_find(&list, 0));
    assert_int_equal(partition_offsets_get(&list, 0), OFFSET_NONE);
    assert_int_equal(partition_offsets_row(&list, 5)->offset, OFFSET_NONE);
    assert_int_equal(partition_offsets_row(&list, 5)->partition, 5);
    assert_int_equal(list.count, 1);
    assert_null(partition_offsets_find(&list, 4));
    assert_null(partition_offsets_find(&list, 6));
    partition_offsets_clear(&list);
}

static void an_error_hides_the_offset_until_it_is_set_again(void **state)
{
    struct partition_offsets list;

    (void)state;
    partition_offsets_init(&list);
    partition_offsets_set(&list, 1, 100);
    partition_offsets_set_error(&list, 1, "leader not available");
    partition_offsets_set_error(&list, 1, "not authorised");
    assert_int_equal(partition_offsets_get(&list, 1), OFFSET_NONE);
    assert_string_equal(partition_offsets_find(&list, 1)->error, "not authorised");
    partition_offsets_set_error(&list, 1, partition_offsets_find(&list, 1)->error);
    assert_string_equal(partition_offsets_find(&list, 1)->error, "not authorised");
    partition_offsets_set(&list, 1, 101);
    assert_int_equal(partition_offsets_get(&list, 1), 101);
    partition_offsets_set_error(&list, 2, "unknown");
    assert_int_equal(list.count, 2);
    partition_offsets_clear(&list);
}

static void records_are_sorted_too(void **state)
{
    struct partition_records list;
    uint64_t seed = 5;

    (void)state;
    partition_records_init(&list);
    for (int i = 0; i < 2000; i++) {
        int32_t partition = (int32_t)random_below(&seed, 300);
        struct partition_record *row = partition_records_row(&list, partition);

        if (row->offset == OFFSET_NONE) {
            assert_false(row->found);
            assert_int_equal(row->time, TIMESTAMP_NONE);
            assert_int_equal(row->kind, VALUE_UNKNOWN);
        }
        row->offset = partition;
    }
    for (size_t i = 0; i < list.count; i++) {
        assert_true(i == 0 || list.rows[i - 1].partition < list.rows[i].partition);
        assert_int_equal(list.rows[i].offset, list.rows[i].partition);
        assert_ptr_equal(partition_records_find(&list, list.rows[i].partition), &list.rows[i]);
    }
    assert_null(partition_records_find(&list, 300));
    partition_records_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_whatever_the_order),
        cmocka_unit_test(missing_rows),
        cmocka_unit_test(an_error_hides_the_offset_until_it_is_set_again),
        cmocka_unit_test(records_are_sorted_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
