/* Survey: states, times, and the sums that a start position is made from. */
#include "cutover_testing.h"

static void states_follow_from_offsets(void **state)
{
    static const struct {
        int64_t log_start, end, mark, committed;
        enum cutover_state state;
        int64_t base, lost;
    } rows[] = {
        { 10, 50, 50, 20,          CUTOVER_OK,               20, 0           },
        { 10, 50, 50, 10,          CUTOVER_OK,               10, 0           },
        { 10, 50, 60, 49,          CUTOVER_OK,               49, 0           },
        { 10, 50, 50, 50,          CUTOVER_CAUGHT_UP,        50, 0           },
        { 10, 50, 60, 50,          CUTOVER_CAUGHT_UP,        50, 0           },
        { 0,  0,  0,  0,           CUTOVER_CAUGHT_UP,        0,  0           },
        { 50, 50, 50, 50,          CUTOVER_CAUGHT_UP,        50, 0           },
        { 10, 50, 50, OFFSET_NONE, CUTOVER_NO_COMMIT,        10, OFFSET_NONE },
        { 0,  0,  0,  OFFSET_NONE, CUTOVER_NO_COMMIT,        0,  OFFSET_NONE },
        { 10, 50, 50, 9,           CUTOVER_BELOW_START,      10, 1           },
        { 10, 50, 50, 0,           CUTOVER_BELOW_START,      10, 10          },
        { 50, 50, 50, 20,          CUTOVER_BELOW_START,      50, 30          },
        { 10, 50, 60, 51,          CUTOVER_OPEN_TRANSACTION, 51, 0           },
        { 10, 50, 60, 60,          CUTOVER_OPEN_TRANSACTION, 60, 0           },
        { 10, 50, 60, 61,          CUTOVER_PAST_END,         61, 0           },
        { 10, 50, 50, 51,          CUTOVER_PAST_END,         51, 0           },
        { 20, 10, 15, 20,          CUTOVER_CAUGHT_UP,        20, 0           }, /* retention between two readings */
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct lists lists;
    struct cutover_survey *survey;

    (void)state;
    lists_init(&lists);
    for (int32_t i = 0; i < ROWS; i++)
        lists_add(&lists, i, rows[i].log_start, rows[i].end, rows[i].mark, rows[i].committed);
    survey = lists_survey(&lists, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        print_message("row %zu\n", i);
        assert_int_equal(survey->partitions[i].state, rows[i].state);
        assert_int_equal(cutover_partition_base(&survey->partitions[i]), rows[i].base);
        assert_int_equal(cutover_partition_lost(&survey->partitions[i]), rows[i].lost);
        assert_null(survey->partitions[i].error);
        assert_true(survey->partitions[i].end >= survey->partitions[i].log_start);
        assert_true(survey->partitions[i].high_watermark >= survey->partitions[i].end);
    }
    cutover_survey_free(survey);
    lists_clear(&lists);
}

static void missing_answers_are_errors(void **state)
{
    struct lists lists;
    struct cutover_survey *survey;

    (void)state;
    lists_init(&lists);
    for (int32_t i = 0; i < 6; i++)
        lists_add(&lists, i, 10, 50, 50, 20);
    lists.starts.rows[1].offset = OFFSET_NONE;
    partition_offsets_set_error(&lists.ends, 2, "not leader");
    partition_offsets_set_error(&lists.marks, 3, "timed out");
    partition_offsets_set_error(&lists.committed, 4, "unstable offset commit");
    lists_add(&lists, 9, 1, 2, 2, 2); /* a partition that the survey does not have */
    survey = lists_survey(&lists, 7);

    assert_int_equal(survey->partitions[0].state, CUTOVER_OK);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(survey->partitions[i].state, CUTOVER_ERROR);
        assert_int_equal(cutover_partition_base(&survey->partitions[i]), OFFSET_NONE);
        assert_int_equal(cutover_partition_lost(&survey->partitions[i]), OFFSET_NONE);
    }
    assert_string_equal(survey->partitions[1].error, "no answer");
    assert_string_equal(survey->partitions[2].error, "not leader");
    assert_string_equal(survey->partitions[3].error, "timed out");
    assert_string_equal(survey->partitions[4].error, "unstable offset commit");
    assert_int_equal(survey->partitions[5].state, CUTOVER_OK);
    assert_string_equal(survey->partitions[6].error, "no answer");

    /* Reading again forgets. */
    partition_offsets_set(&lists.ends, 2, 60);
    cutover_survey_set_offsets(survey, &lists.starts, &lists.ends, &lists.marks, &lists.committed);
    assert_int_equal(survey->partitions[2].state, CUTOVER_OK);
    assert_null(survey->partitions[2].error);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

/* Which partitions are asked for the record at B: committed, with B below E. */
static void only_committed_partitions_with_records_are_asked(void **state)
{
    struct lists lists;
    struct cutover_survey *survey;
    struct partition_offsets wanted;

    (void)state;
    lists_init(&lists);
    partition_offsets_init(&wanted);
    partition_offsets_set(&wanted, 77, 7);
    lists_add(&lists, 0, 10, 50, 50, 20);          /* asked at C */
    lists_add(&lists, 1, 10, 50, 50, 3);           /* asked at L */
    lists_add(&lists, 2, 10, 50, 50, 50);          /* caught up */
    lists_add(&lists, 3, 10, 50, 50, OFFSET_NONE); /* no commit: puts no bound on T*, so is not asked */
    lists_add(&lists, 4, 10, 50, 60, 55);          /* open transaction */
    lists_add(&lists, 5, 10, 50, 50, 55);          /* past the end */
    lists_add(&lists, 6, 50, 50, 50, 20);          /* below start, and nothing left */
    survey = lists_survey(&lists, 8);              /* 7: error */

    cutover_survey_wanted_times(survey, &wanted);
    assert_int_equal(wanted.count, 2);
    assert_int_equal(partition_offsets_get(&wanted, 0), 20);
    assert_int_equal(partition_offsets_get(&wanted, 1), 10);
    assert_int_equal(cutover_survey_times(survey).wanted, 2);
    assert_int_equal(cutover_survey_times(survey).read, 0);

    lists_add_record(&lists, 1, 12, 1000);
    cutover_survey_set_times(survey, &lists.records);
    cutover_survey_wanted_times(survey, &wanted);
    assert_int_equal(wanted.count, 1);
    assert_int_equal(wanted.rows[0].partition, 0);
    assert_int_equal(cutover_survey_times(survey).wanted, 2);
    assert_int_equal(cutover_survey_times(survey).read, 1);
    partition_offsets_clear(&wanted);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

static void times_fill_in_and_the_first_answer_stays(void **state)
{
    struct lists lists;
    struct cutover_survey *survey;
    struct cutover_times times;

    (void)state;
    lists_init(&lists);
    for (int32_t i = 0; i < 7; i++)
        lists_add(&lists, i, 10, 50, 50, i == 1 ? 3 : 20);
    survey = lists_survey(&lists, 7);
    lists_add_record(&lists, 0, OFFSET_NONE, 0); /* only markers up to the end */
    lists_add_record(&lists, 1, OFFSET_NONE, 0); /* the same, and retention took some */
    lists_add_record(&lists, 2, 20, -1);         /* a time that counts as none */
    lists_add_record(&lists, 3, 21, 5000);
    lists_add_record(&lists, 4, 50, 1000); /* came after the survey */
    lists_add_record(&lists, 5, 20, 0);    /* the beginning of 1970 is a time */
    partition_records_row(&lists.records, 6)->error = memory_copy_text("bad batch");
    lists_add_record(&lists, 99, 20, 7); /* nobody asked */
    cutover_survey_set_times(survey, &lists.records);

    assert_int_equal(survey->partitions[0].state, CUTOVER_CAUGHT_UP);
    assert_int_equal(survey->partitions[1].state, CUTOVER_BELOW_START);
    assert_int_equal(survey->partitions[2].state, CUTOVER_OK);
    assert_true(survey->partitions[2].time_below_zero);
    assert_int_equal(survey->partitions[2].committed_time, TIMESTAMP_NONE);
    assert_int_equal(survey->partitions[3].committed_time, 5000);
    assert_int_equal(survey->partitions[3].kind, VALUE_JSON);
    assert_int_equal(survey->partitions[4].state, CUTOVER_CAUGHT_UP);
    assert_int_equal(survey->partitions[4].committed_time, TIMESTAMP_NONE);
    assert_int_equal(survey->partitions[5].committed_time, 0);
    assert_int_equal(survey->partitions[6].state, CUTOVER_ERROR);
    assert_string_equal(survey->partitions[6].error, "bad batch");

    times = cutover_survey_times(survey);
    assert_int_equal(times.wanted, 7);
    assert_int_equal(times.read, 7);
    assert_int_equal(times.count, 2);
    assert_int_equal(times.oldest, 0);
    assert_int_equal(times.latest, 5000);

    lists_add_record(&lists, 3, 20, 1);
    cutover_survey_set_times(survey, &lists.records);
    assert_int_equal(survey->partitions[3].committed_time, 5000);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

/* A record's time of a partition without commit puts no bound on the start, even where somebody brings one. */
static void no_commit_bounds_nothing(void **state)
{
    struct lists lists;
    struct cutover_survey *survey;

    (void)state;
    lists_init(&lists);
    lists_add(&lists, 0, 10, 50, 50, 20);
    lists_add(&lists, 1, 10, 50, 50, OFFSET_NONE);
    lists_add_record(&lists, 0, 20, 9000);
    lists_add_record(&lists, 1, 10, 1000);
    survey = lists_survey(&lists, 2);
    assert_int_equal(cutover_survey_times(survey).oldest, 9000);
    assert_int_equal(survey->partitions[1].committed_time, TIMESTAMP_NONE);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

/* p50 is the ceil(n/2)-th smallest, so always a real commit. */
static void median_is_the_nearest_rank(void **state)
{
    static const timestamp_ms medians[] = { TIMESTAMP_NONE, 70, 60, 60, 50, 50, 40, 40 };

    (void)state;
    for (size_t n = 0; n < sizeof(medians) / sizeof(medians[0]); n++) {
        struct lists lists;
        struct cutover_survey *survey;
        struct cutover_times times;

        lists_init(&lists);
        for (int32_t i = 0; i < (int32_t)n; i++) {
            lists_add(&lists, i, 0, 50, 50, 20);
            lists_add_record(&lists, i, 20, 70 - 10 * i); /* falling: sorting is needed */
        }
        survey = lists_survey(&lists, n);
        times = cutover_survey_times(survey);
        assert_int_equal(times.count, n);
        assert_int_equal(times.median, medians[n]);
        assert_int_equal(times.latest, n > 0 ? 70 : TIMESTAMP_NONE);
        assert_int_equal(times.oldest, n > 0 ? 80 - 10 * (int64_t)n : TIMESTAMP_NONE);
        cutover_survey_free(survey);
        lists_clear(&lists);
    }
}

static void example_has_its_times(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_times times = cutover_survey_times(survey);

    (void)state;
    assert_int_equal(times.oldest, example_time(21, 0));
    assert_int_equal(times.median, example_time(51, 31));
    assert_int_equal(times.latest, example_time(53, 8));
    cutover_survey_free(survey);
}

static void copy_owns_everything(void **state)
{
    struct cutover_survey *survey = example_survey(), *copy;

    (void)state;
    cutover_survey_add_topic(survey, "returns", 3);
    survey->partitions[2].state = CUTOVER_ERROR;
    survey->partitions[2].error = memory_copy_text("gone");
    copy = cutover_survey_copy(survey);
    cutover_survey_free(survey);
    assert_string_equal(copy->topic, "orders");
    assert_string_equal(copy->group, "connect-orders-s3");
    assert_int_equal(copy->count, EXAMPLE_PARTITIONS);
    assert_string_equal(copy->partitions[2].error, "gone");
    assert_int_equal(copy->partitions[5].committed, example[5].committed);
    assert_int_equal(copy->other_topic_count, 1);
    assert_string_equal(copy->other_topics[0].topic, "returns");
    assert_int_equal(copy->other_topics[0].partitions, 3);
    cutover_survey_free(copy);
    cutover_survey_free(NULL);
}

static void new_survey_knows_nothing(void **state)
{
    struct cutover_survey *survey = cutover_survey_new("orders", "", 2, 5);

    (void)state;
    assert_null(survey->group);
    assert_string_equal(survey->cluster_id, "-");
    assert_string_equal(survey->topic_id, "-");
    assert_int_equal(survey->partitions[1].partition, 1);
    assert_int_equal(survey->partitions[1].state, CUTOVER_ERROR);
    assert_int_equal(cutover_survey_times(survey).wanted, 0);
    cutover_survey_free(survey);
}

static void every_state_has_word_and_sign(void **state)
{
    static const char *const words[] = { "ok",       "caught_up", "no_commit", "below_start", "open_transaction",
                                         "past_end", "error" };

    (void)state;
    for (enum cutover_state s = CUTOVER_OK; s <= CUTOVER_ERROR; s++) {
        assert_string_equal(cutover_state_name(s), words[s]);
        assert_int_equal(cutover_state_sign(s), " =?<o>!"[s]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_from_offsets),
        cmocka_unit_test(missing_answers_are_errors),
        cmocka_unit_test(only_committed_partitions_with_records_are_asked),
        cmocka_unit_test(times_fill_in_and_the_first_answer_stays),
        cmocka_unit_test(no_commit_bounds_nothing),
        cmocka_unit_test(median_is_the_nearest_rank),
        cmocka_unit_test(example_has_its_times),
        cmocka_unit_test(copy_owns_everything),
        cmocka_unit_test(new_survey_knows_nothing),
        cmocka_unit_test(every_state_has_word_and_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
