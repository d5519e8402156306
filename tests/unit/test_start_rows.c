/* The start view's tables: what is selected while times come in, and that buckets are about the partitions that are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/start_rows.h"

#include <string.h>

enum { NOW = 100000000, MINUTE = 60000, COUNT = 4 };

struct shown {
    struct cutover_survey *survey;
    struct cutover_plan *plan;
    struct skew_facts facts;
    struct start_rows rows;
};

/* Four partitions, a minute apart, 100 offsets each; the start is at the last one's time. */
static void open_rows(struct shown *shown)
{
    *shown = (struct shown){ .survey = cutover_survey_new("t", "g", COUNT, NOW) };
    for (int32_t i = 0; i < COUNT; i++) {
        struct cutover_partition *row = &shown->survey->partitions[i];

        row->state = CUTOVER_OK;
        row->log_start = 0;
        row->committed = 10;
        row->end = row->high_watermark = 110;
    }
    start_rows_init(&shown->rows, &shown->facts);
}

static void take(struct shown *shown)
{
    struct timeline_window window = TIMELINE_FITS_ALL;

    skew_facts_take(&shown->facts, shown->survey);
    start_rows_changed(&shown->rows);
    skew_facts_choose(&shown->facts, shown->rows.partitions.order, shown->rows.partitions.count);
    struct timeline_axis axis =
        timeline_fit(TIMELINE_BUCKETS, 60, shown->facts.times.oldest, shown->survey->taken_at, &window);
    start_rows_bucket(&shown->rows, &axis);
}

static void read_times(struct shown *shown)
{
    for (int32_t i = 0; i < COUNT; i++) {
        shown->survey->partitions[i].time_read = true;
        shown->survey->partitions[i].committed_time = NOW - (20 - 2 * i) * MINUTE;
    }
}

static void make_plan(struct shown *shown)
{
    struct cutover_start start = { CUTOVER_START_NOW, TIMESTAMP_NONE };
    struct partition_offsets none;

    partition_offsets_init(&none);
    shown->plan = cutover_plan_make(shown->survey, &start, &none, "abcdef01");
    partition_offsets_clear(&none);
    shown->rows.plan = shown->plan;
    shown->rows.exact = true;
}

static void close_rows(struct shown *shown)
{
    start_rows_clear(&shown->rows);
    skew_facts_clear(&shown->facts);
    cutover_plan_free(shown->plan);
    cutover_survey_free(shown->survey);
}

/* While no time is read all partitions are in one bucket, the last: it must not hold the list at its end. */
static void first_bucket_is_selected(void **state)
{
    struct shown shown;
    size_t row;

    (void)state;
    open_rows(&shown);
    shown.survey->partitions[COUNT - 1].state = CUTOVER_NO_COMMIT;
    shown.survey->partitions[COUNT - 1].committed = OFFSET_NONE;
    take(&shown);
    assert_int_equal(shown.rows.bucket_count, 1);
    assert_int_equal(shown.rows.buckets[0].from, TIMESTAMP_NONE);
    read_times(&shown);
    shown.survey->partitions[COUNT - 1].committed_time = TIMESTAMP_NONE;
    take(&shown);
    assert_int_equal(shown.rows.bucket_count, COUNT);
    assert_true(table_selected(&shown.rows.by_time, &row));
    assert_int_equal(row, 0);
    close_rows(&shown);
}

static int64_t sum_of_gaps(const struct shown *shown)
{
    int64_t sum = 0;

    for (size_t i = 0; i < shown->rows.bucket_count; i++)
        sum += shown->rows.buckets[i].gap;
    return sum;
}

static void filter_narrows_buckets(void **state)
{
    struct shown shown;

    (void)state;
    open_rows(&shown);
    read_times(&shown);
    make_plan(&shown);
    take(&shown);
    assert_int_equal(sum_of_gaps(&shown), 400);
    table_set_filter(&shown.rows.partitions, "part>=2");
    take(&shown);
    assert_int_equal(shown.rows.bucket_count, 2);
    assert_int_equal(sum_of_gaps(&shown), 200);
    close_rows(&shown);
}

static void export_text_of(const struct shown *shown, struct buffer *out)
{
    struct export *export = export_new();

    start_rows_export(&shown->rows, true, export);
    export_csv(export, out);
    export_free(export);
}

/* What cannot be read is counted beside the sums, and only marked buckets are written where one is. */
static void buckets_are_written_as_shown(void **state)
{
    struct shown shown;
    struct buffer text;

    (void)state;
    open_rows(&shown);
    read_times(&shown);
    shown.survey->partitions[1].state = CUTOVER_ERROR;
    make_plan(&shown);
    take(&shown);
    buffer_init(&text, 0);
    export_text_of(&shown, &text);
    assert_non_null(strstr(text.data, "from,partitions,gap,duplicates,failed\n"));
    assert_non_null(strstr(text.data, ",1,0,0,1\n"));
    assert_non_null(strstr(text.data, ",1,100,0,0\n"));
    buffer_reset(&text);
    table_action(&shown.rows.by_time, ACTION_MARK);
    export_text_of(&shown, &text);
    size_t lines = 0;
    for (const char *at = text.data; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 2);
    buffer_clear(&text);
    close_rows(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_bucket_is_selected),
        cmocka_unit_test(filter_narrows_buckets),
        cmocka_unit_test(buckets_are_written_as_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
