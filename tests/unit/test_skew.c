/* What a survey says as a whole: percentiles, buckets, the worst of a cell, outliers. Checked against slow counting on many
 * random surveys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/skew_histogram.h"
#include "tui/skew_strip.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1000000000, MOST = 700 };

static uint32_t dice = 1;

static uint32_t throw_dice(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

/* A survey of anything: states, times, what is not read yet. */
static struct cutover_survey *any_survey(size_t count)
{
    struct cutover_survey *survey = cutover_survey_new("t", "g", count, NOW);

    for (size_t i = 0; i < count; i++) {
        struct cutover_partition *row = &survey->partitions[i];

        free(row->error);
        row->error = NULL;
        row->state = throw_dice(4) == 0 ? (enum cutover_state)throw_dice(CUTOVER_ERROR + 1) : CUTOVER_OK;
        row->log_start = throw_dice(1000);
        row->committed = row->state == CUTOVER_NO_COMMIT ? OFFSET_NONE : (int64_t)throw_dice(2000);
        row->end = 2001 + throw_dice(1000);
        row->high_watermark = row->end;
        row->time_read = throw_dice(8) != 0;
        if (row->time_read && (row->state == CUTOVER_OK || row->state == CUTOVER_BELOW_START))
            row->committed_time = NOW - (int64_t)throw_dice(throw_dice(5) == 0 ? 7200000 : 300000);
    }
    return survey;
}

/* The nearest rank, as a definition: the smallest time that at least percent of all are not above. */
static timestamp_ms slow_percentile(const timestamp_ms *times, size_t count, int percent)
{
    timestamp_ms best = TIMESTAMP_NONE;

    for (size_t i = 0; i < count; i++) {
        size_t below = 0;

        for (size_t j = 0; j < count; j++)
            below += times[j] <= times[i];
        if (below * 100 >= (size_t)percent * count && (best < 0 || times[i] < best))
            best = times[i];
    }
    return best;
}

static void test_percentiles_are_nearest_ranks(void **state)
{
    static const timestamp_ms ten[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

    (void)state;
    assert_int_equal(skew_percentile(NULL, 0, 50), TIMESTAMP_NONE);
    assert_int_equal(skew_percentile(ten, 1, 99), 1);
    assert_int_equal(skew_percentile(ten, 10, 50), 5);
    assert_int_equal(skew_percentile(ten, 9, 50), 5);
    assert_int_equal(skew_percentile(ten, 10, 99), 10);
    assert_int_equal(skew_percentile(ten, 10, 0), 1);
    assert_int_equal(skew_percentile(ten, 10, 100), 10);
}

static void test_facts_agree_with_counting(void **state)
{
    timestamp_ms times[MOST];

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct cutover_survey *survey = any_survey(1 + throw_dice(MOST));
        struct skew_facts facts = { 0 };
        size_t count = 0, outliers = 0, failed = 0;
        int64_t to_end = 0;

        skew_facts_take(&facts, survey);
        for (size_t i = 0; i < survey->count; i++) {
            const struct cutover_partition *row = &survey->partitions[i];

            failed += row->state == CUTOVER_ERROR;
            if (row->state == CUTOVER_ERROR)
                continue;
            to_end += skew_to_end(row) > 0 ? skew_to_end(row) : 0;
            if (row->committed_time >= 0)
                times[count++] = row->committed_time;
        }
        for (size_t i = 0; i < count; i++)
            outliers += facts.times.median - times[i] > SKEW_OUTLIER_MS;
        assert_int_equal(facts.times.median, slow_percentile(times, count, 50));
        assert_int_equal(facts.p1, slow_percentile(times, count, 1));
        assert_int_equal(facts.p99, slow_percentile(times, count, 99));
        assert_int_equal(facts.outliers, outliers);
        assert_int_equal(facts.failed, failed);
        assert_int_equal(facts.to_end, to_end);
        skew_facts_clear(&facts);
        cutover_survey_free(survey);
    }
}

static void test_choosing_narrows_totals_but_not_the_median(void **state)
{
    static const size_t chosen[] = { 7, 2, 5 };
    struct cutover_survey *survey = any_survey(9);
    struct skew_facts facts = { 0 };
    timestamp_ms median;
    int64_t to_end = 0;

    (void)state;
    for (size_t i = 0; i < survey->count; i++)
        survey->partitions[i].state = CUTOVER_OK;
    skew_facts_take(&facts, survey);
    median = facts.times.median;
    skew_facts_choose(&facts, chosen, 3);
    for (size_t i = 0; i < 3; i++)
        to_end += skew_to_end(&survey->partitions[chosen[i]]);
    assert_int_equal(facts.count, 3);
    assert_int_equal(facts.chosen[0], 2);
    assert_int_equal(facts.chosen[2], 7);
    assert_int_equal(facts.to_end, to_end);
    assert_int_equal(facts.times.median, median);
    skew_facts_clear(&facts);
    cutover_survey_free(survey);
}

static void test_every_time_lies_in_one_bucket(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct cutover_survey *survey = any_survey(1 + throw_dice(MOST));
        struct skew_facts facts = { 0 };
        struct skew_histogram histogram = { .generation = UINT64_MAX };
        struct timeline_window window = { (int)throw_dice(5) - 3, throw_dice(2) ? NOW - 3600000 : TIMESTAMP_NONE };
        struct timeline_axis axis;
        int sum = 0, most = 0;

        skew_facts_take(&facts, survey);
        axis = timeline_fit(TIMELINE_BUCKETS, 30 + 15 * (int)throw_dice(4), facts.times.oldest, NOW, &window);
        skew_histogram_fill(&histogram, &facts, &axis);
        for (int cell = 0; cell < axis.cells; cell++) {
            int here = 0;

            for (size_t i = 0; i < survey->count; i++) {
                timestamp_ms time = survey->partitions[i].committed_time;

                here += survey->partitions[i].state != CUTOVER_ERROR && time >= timeline_time(&axis, cell) &&
                        time < timeline_time(&axis, cell + 1);
            }
            assert_int_equal(histogram.counts[cell], here);
            sum += here;
            most = here > most ? here : most;
        }
        assert_int_equal(histogram.most, most);
        assert_int_equal((size_t)(sum + histogram.before + histogram.after), facts.times.count);
        skew_facts_clear(&facts);
        cutover_survey_free(survey);
    }
}

static void test_bars_are_logarithmic(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 10; rows++)
        for (int most = 2; most < 10000; most = most * 3 + 1) {
            int before = 0;

            assert_int_equal(skew_histogram_height(0, most, rows), 0);
            assert_int_equal(skew_histogram_height(1, most, rows), 1);
            assert_int_equal(skew_histogram_height(most, most, rows), rows);
            for (int count = 0; count <= most; count++) {
                int height = skew_histogram_height(count, most, rows);

                assert_true(height >= before && height <= rows);
                before = height;
            }
        }
    /* A hundredth of the most has more than a quarter of its height. */
    assert_int_equal(skew_histogram_height(33, 3257, 5), 3);
    assert_int_equal(skew_histogram_height(1, 1, 5), 1);
}

static void test_a_cell_shows_its_worst(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct cutover_survey *survey = any_survey(1 + throw_dice(MOST));
        struct skew_facts facts = { 0 };
        struct skew_strip strip = { .generation = UINT64_MAX };
        size_t next = 0;

        skew_facts_take(&facts, survey);
        skew_strip_fill(&strip, &facts, 1 + (int)throw_dice(60), 1 + (int)throw_dice(6));
        assert_true(strip.cells > 0 && (size_t)strip.cells <= survey->count);
        for (int cell = 0; cell < strip.cells; cell++) {
            size_t first, end;
            bool found = false;

            skew_strip_cell(&strip, &facts, cell, &first, &end);
            assert_int_equal(first, next); /* every partition in exactly one cell */
            assert_true(end > first);
            next = end;
            for (size_t i = first; i < end; i++) {
                char sign = skew_sign(&survey->partitions[i], facts.times.median);

                assert_true(skew_rank(sign) <= skew_rank(strip.signs[cell]));
                found = found || sign == strip.signs[cell];
            }
            assert_true(found);
        }
        assert_int_equal(next, survey->count);
        skew_facts_clear(&facts);
        cutover_survey_free(survey);
    }
}

static void test_signs_by_distance_behind_the_median(void **state)
{
    struct cutover_partition row = { .committed_time = NOW, .state = CUTOVER_OK };
    static const struct {
        int64_t behind_s;
        char sign;
    } cases[] = {
        { -9999, '.' },
        { 0,     '.' },
        { 300,   '.' },
        { 301,   ':' },
        { 900,   ':' },
        { 901,   '*' },
        { 1800,  '*' },
        { 1801,  '@' }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(skew_sign(&row, NOW + cases[i].behind_s * 1000), cases[i].sign);
    row.committed_time = TIMESTAMP_NONE;
    assert_int_equal(skew_sign(&row, NOW), ' ');
    row.state = CUTOVER_PAST_END;
    assert_int_equal(skew_sign(&row, NOW), '>');
    assert_true(skew_rank('!') > skew_rank('>') && skew_rank('>') > skew_rank('@') && skew_rank('@') > skew_rank('.'));
    assert_true(skew_rank('.') > skew_rank('=') && skew_rank('=') > skew_rank(' '));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_are_nearest_ranks),
        cmocka_unit_test(test_facts_agree_with_counting),
        cmocka_unit_test(test_choosing_narrows_totals_but_not_the_median),
        cmocka_unit_test(test_every_time_lies_in_one_bucket),
        cmocka_unit_test(test_bars_are_logarithmic),
        cmocka_unit_test(test_a_cell_shows_its_worst),
        cmocka_unit_test(test_signs_by_distance_behind_the_median),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
