/* Plans: the worked example to the last offset, each rule of the console's definitions, and gap, duplicates and loss
 * against a model that counts record by record. */
#include "cutover_testing.h"

#include "base/text.h"

static void check_totals(const struct cutover_plan *plan, int64_t gap, size_t gap_in, int64_t duplicates,
                         size_t duplicates_in)
{
    assert_int_equal(plan->totals.gap, gap);
    assert_int_equal(plan->totals.gap_in, gap_in);
    assert_int_equal(plan->totals.duplicates, duplicates);
    assert_int_equal(plan->totals.duplicates_in, duplicates_in);
    assert_int_equal(plan->totals.lost, 0);
    assert_int_equal(plan->totals.lost_unknown, 0);
    assert_int_equal(plan->totals.errors, 0);
    assert_int_equal(plan->totals.partitions, EXAMPLE_PARTITIONS);
}

/* The choices that the start time view prints. */
static void example_choices(void **state)
{
    static const struct {
        enum cutover_start_kind kind;
        int minute, second; /* of TIME */
        int64_t gap;
        size_t gap_in;
        int64_t duplicates;
        size_t duplicates_in;
    } rows[] = {
        { CUTOVER_START_SAFE,      0,  0,  0,        0, 85144000,   5 },
        { CUTOVER_START_TIME,      51, 31, 20749000, 2, 1526000,    3 }, /* at the median commit */
        { CUTOVER_START_TIME,      53, 8,  24752000, 5, 0,          0 }, /* at the latest commit */
        { CUTOVER_START_COMMITTED, 0,  0,  0,        0, 0,          0 },
        { CUTOVER_START_TIME,      43, 30, 13500000, 1, 21694000,   5 },
        { CUTOVER_START_NOW,       0,  0,  48236000, 6, 0,          0 },
        { CUTOVER_START_EARLIEST,  0,  0,  0,        0, 1182964000, 6 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        timestamp_ms time =
            rows[i].kind == CUTOVER_START_TIME ? example_time(rows[i].minute, rows[i].second) : TIMESTAMP_NONE;
        struct cutover_plan *plan = example_plan(rows[i].kind, time);

        print_message("row %zu\n", i);
        check_totals(plan, rows[i].gap, rows[i].gap_in, rows[i].duplicates, rows[i].duplicates_in);
        cutover_plan_free(plan);
    }
}

static void example_at_09_43_30(void **state)
{
    static const int64_t gap[] = { 0, 0, 0, 0, 13500000, 0 };
    static const int64_t duplicates[] = { 6358000, 4374000, 1890000, 4329000, 0, 4743000 };
    struct cutover_plan *plan = example_plan(CUTOVER_START_TIME, example_time(43, 30));

    (void)state;
    for (size_t i = 0; i < EXAMPLE_PARTITIONS; i++) {
        assert_int_equal(plan->rows[i].gap, gap[i]);
        assert_int_equal(plan->rows[i].duplicates, duplicates[i]);
        assert_int_equal(plan->rows[i].lost, 0);
        assert_int_equal(plan->rows[i].start, example[i].committed + gap[i] - duplicates[i]);
        assert_int_equal(plan->rows[i].to_read, example[i].end - plan->rows[i].start);
        assert_int_equal(plan->rows[i].until, OFFSET_NONE);
        assert_int_equal(plan->rows[i].kind, VALUE_JSON);
    }
    assert_int_equal(plan->totals.kinds[VALUE_JSON], EXAMPLE_PARTITIONS);
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_GAP);
    cutover_plan_free(plan);
}

/* Moving t never makes two numbers wrong at once: gap - dup = S - B, whatever the time. */
static void gap_and_duplicates_are_never_both(void **state)
{
    (void)state;
    for (int minute = 0; minute <= 60; minute++) {
        struct cutover_plan *plan = example_plan(CUTOVER_START_TIME, example_time(minute, 0));

        for (size_t i = 0; i < plan->count; i++) {
            const struct cutover_plan_row *row = &plan->rows[i];

            assert_true(row->gap == 0 || row->duplicates == 0);
            assert_int_equal(row->gap - row->duplicates, row->start - cutover_plan_row_base(row));
        }
        cutover_plan_free(plan);
    }
}

/* One partition of each state under each start, L = 10, E = 50, high watermark 60; by time 30 where it is asked. */
static void every_state_under_every_start(void **state)
{
    enum { X = OFFSET_NONE };
    static const struct {
        int64_t committed, record; /* the scan's: -1 the end, -2 not asked */
        timestamp_ms time;
        int64_t start[5], gap[5], duplicates[5]; /* now, earliest, time, safe, committed */
        int64_t lost;
        enum cutover_state state;
    } rows[] = {
        { 20, 20, 100, { 50, 10, 30, 20, 20 }, { 30, 0, 10, 0, 0 }, { 0, 10, 0, 0, 0 },   0, CUTOVER_OK               },
        { 40, 40, 200, { 50, 10, 30, 30, 40 }, { 10, 0, 0, 0, 0 },  { 0, 30, 10, 10, 0 }, 0, CUTOVER_OK               },
        { 48, -1, 0,   { 50, 10, 30, 30, 48 }, { 2, 0, 0, 0, 0 },   { 0, 38, 18, 18, 0 }, 0, CUTOVER_CAUGHT_UP        },
        { 50, -2, 0,   { 50, 10, 30, 30, 50 }, { 0, 0, 0, 0, 0 },   { 0, 40, 20, 20, 0 }, 0, CUTOVER_CAUGHT_UP        },
        { X,  -2, 0,   { 50, 10, 30, 10, 10 }, { 40, 0, 20, 0, 0 }, { 0, 0, 0, 0, 0 },    X, CUTOVER_NO_COMMIT        },
        { 3,  10, 300, { 50, 10, 30, 10, 10 }, { 40, 0, 20, 0, 0 }, { 0, 0, 0, 0, 0 },    7, CUTOVER_BELOW_START      },
        { 55, -2, 0,   { 50, 10, 30, 30, 55 }, { 0, 0, 0, 0, 0 },   { 5, 45, 25, 25, 0 }, 0, CUTOVER_OPEN_TRANSACTION },
        { 20,
         20,      -1,
         { 50, 10, 30, 20, 20 },
         { 30, 0, 10, 0, 0 },
         { 0, 10, 0, 0, 0 },
         0,                                                                                  CUTOVER_OK               }, /* time below 0 */
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct lists lists;
    struct cutover_survey *survey;

    (void)state;
    lists_init(&lists);
    for (int32_t i = 0; i < ROWS; i++) {
        lists_add(&lists, i, 10, 50, 60, rows[i].committed);
        if (rows[i].record != -2)
            lists_add_record(&lists, i, rows[i].record, rows[i].time);
        partition_offsets_set(&lists.by_time, i, 30);
    }
    survey = lists_survey(&lists, ROWS);
    for (enum cutover_start_kind kind = CUTOVER_START_NOW; kind <= CUTOVER_START_COMMITTED; kind++) {
        struct cutover_start start = { .kind = kind, .time = kind == CUTOVER_START_TIME ? 100 : TIMESTAMP_NONE };
        bool needed = cutover_start_resolve(survey, &start);
        struct cutover_plan *plan = cutover_plan_make(survey, &start, needed ? &lists.by_time : NULL, "00000001");

        assert_int_equal(needed, kind == CUTOVER_START_TIME || kind == CUTOVER_START_SAFE);
        assert_int_equal(start.time, needed ? 100 : TIMESTAMP_NONE);
        for (size_t i = 0; i < ROWS; i++) {
            print_message("%s, row %zu\n", cutover_start_name(kind), i);
            assert_int_equal(plan->rows[i].state, rows[i].state);
            assert_int_equal(plan->rows[i].start, rows[i].start[kind]);
            assert_int_equal(plan->rows[i].gap, rows[i].gap[kind]);
            assert_int_equal(plan->rows[i].duplicates, rows[i].duplicates[kind]);
            assert_int_equal(plan->rows[i].lost, rows[i].lost);
            assert_int_equal(plan->rows[i].to_read, rows[i].start[kind] < 50 ? 50 - rows[i].start[kind] : 0);
            assert_int_equal(plan->rows[i].clamped, kind == CUTOVER_START_SAFE && rows[i].start[kind] < 30 && i != 7);
            assert_int_equal(plan->rows[i].time_below_zero, i == 7);
        }
        assert_int_equal(plan->totals.lost, 7);
        assert_int_equal(plan->totals.lost_in, 1);
        assert_int_equal(plan->totals.lost_unknown, 1);
        assert_int_equal(plan->totals.time_below_zero, 1);
        assert_int_equal(plan->totals.clamped, kind == CUTOVER_START_SAFE ? 3 : 0);
        assert_int_equal(plan->totals.clamped_uncommitted, kind == CUTOVER_START_SAFE ? 1 : 0);
        assert_int_equal(plan->totals.no_record, 0);
        cutover_plan_free(plan);
    }
    cutover_survey_free(survey);
    lists_clear(&lists);
}

/* Rule 5: "no record" is E, is marked, and nothing below zero comes out. */
static void no_record_is_the_end(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_start start = { .kind = CUTOVER_START_TIME, .time = EXAMPLE_NOW };
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    (void)state;
    partition_offsets_init(&by_time);
    example_by_time(EXAMPLE_NOW, &by_time);
    plan = cutover_plan_make(survey, &start, &by_time, "00000001");
    for (size_t i = 0; i < plan->count; i++) {
        assert_int_equal(by_time.rows[i].offset, OFFSET_NONE);
        assert_true(plan->rows[i].no_record);
        assert_int_equal(plan->rows[i].start, example[i].end);
        assert_int_equal(plan->rows[i].to_read, 0);
    }
    assert_int_equal(plan->totals.no_record, EXAMPLE_PARTITIONS);
    check_totals(plan, 48236000, 6, 0, 0);
    cutover_plan_free(plan);
    partition_offsets_clear(&by_time);
    cutover_survey_free(survey);
}

static void bad_answers_make_error_rows(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_start start = { .kind = CUTOVER_START_SAFE };
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    (void)state;
    partition_offsets_init(&by_time);
    assert_true(cutover_start_resolve(survey, &start));
    example_by_time(start.time, &by_time);
    partition_offsets_set_error(&by_time, 1, "not leader");
    by_time.rows[5].partition = 6; /* nothing for 5 */
    survey->partitions[3].state = CUTOVER_ERROR;
    survey->partitions[3].error = memory_copy_text("gone");
    plan = cutover_plan_make(survey, &start, &by_time, "00000001");

    assert_string_equal(plan->rows[1].error, "not leader");
    assert_string_equal(plan->rows[3].error, "gone");
    assert_string_equal(plan->rows[5].error, "no answer for the time");
    for (size_t i = 1; i < 6; i += 2) {
        assert_int_equal(plan->rows[i].state, CUTOVER_ERROR);
        assert_int_equal(plan->rows[i].start, OFFSET_NONE);
        assert_int_equal(plan->rows[i].gap, OFFSET_NONE);
        assert_int_equal(plan->rows[i].duplicates, OFFSET_NONE);
        assert_int_equal(plan->rows[i].lost, OFFSET_NONE);
        assert_int_equal(plan->rows[i].to_read, OFFSET_NONE);
        assert_int_equal(cutover_plan_row_base(&plan->rows[i]), OFFSET_NONE);
    }
    assert_int_equal(plan->totals.errors, 3);
    assert_int_equal(plan->totals.lost_unknown, 0);
    assert_int_equal(plan->totals.partitions, 6);
    assert_int_equal(plan->totals.duplicates, (int64_t)11000 * 1928 + 9000 * 1560); /* p0, p2; p4 has none */
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_ERRORS);
    cutover_plan_free(plan);
    partition_offsets_clear(&by_time);
    cutover_survey_free(survey);
}

/* Rule 4: a plan is offsets. Neither a later survey nor a copy's end changes it. */
static void a_plan_never_changes(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_start start = { .kind = CUTOVER_START_COMMITTED, .time = TIMESTAMP_NONE };
    struct cutover_plan *plan = cutover_plan_make(survey, &start, NULL, "0123abcd"), *copy;

    (void)state;
    survey->partitions[0].committed += 1000;
    survey->partitions[0].end += 5000;
    assert_int_equal(plan->rows[0].start, example[0].committed);
    cutover_survey_free(survey);
    copy = cutover_plan_copy(plan);
    cutover_plan_set_until(copy, NULL);
    assert_int_equal(plan->rows[0].until, OFFSET_NONE);
    assert_int_equal(copy->rows[0].until, example[0].end);
    cutover_plan_free(plan);
    assert_string_equal(copy->id, "0123abcd");
    assert_string_equal(copy->topic, "orders");
    assert_string_equal(copy->group, "connect-orders-s3");
    assert_int_equal(copy->totals.to_read, 48236000);
    cutover_plan_free(copy);
    cutover_plan_free(NULL);
}

static void until_is_an_offset_for_each_partition(void **state)
{
    struct cutover_plan *plan = example_plan(CUTOVER_START_COMMITTED, TIMESTAMP_NONE);
    struct partition_offsets ends;

    (void)state;
    partition_offsets_init(&ends);
    partition_offsets_set(&ends, 0, 543468005);
    partition_offsets_set(&ends, 1, OFFSET_NONE); /* no record at or after the time: E */
    partition_offsets_set_error(&ends, 2, "not leader");
    partition_offsets_set(&ends, 4, 3); /* before S: nothing to deliver */
    partition_offsets_set(&ends, 5, example[5].end + 7);
    cutover_plan_set_until(plan, &ends);
    assert_int_equal(plan->rows[0].until, 543468005);
    assert_int_equal(plan->rows[1].until, example[1].end);
    assert_int_equal(plan->rows[2].state, CUTOVER_ERROR);
    assert_string_equal(plan->rows[2].error, "not leader");
    assert_int_equal(plan->rows[3].state, CUTOVER_ERROR);
    assert_int_equal(plan->rows[4].until, 3);
    assert_int_equal(plan->rows[4].to_read, 0);
    assert_int_equal(plan->rows[5].until, example[5].end + 7); /* it came after the survey */
    assert_int_equal(plan->rows[0].to_read, 543468005 - plan->rows[0].start);
    assert_int_equal(plan->totals.to_read, plan->rows[0].to_read + plan->rows[1].to_read + plan->rows[5].to_read);
    assert_int_equal(plan->totals.errors, 2);
    partition_offsets_clear(&ends);
    cutover_plan_free(plan);
}

static void objections(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_start start = { .kind = CUTOVER_START_COMMITTED, .time = TIMESTAMP_NONE };
    struct cutover_plan *plan;

    (void)state;
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), 0);
    cutover_plan_free(plan);

    survey->group_members = 2;
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_MEMBERS);
    cutover_plan_free(plan);

    survey->partitions[0].committed = OFFSET_NONE;
    survey->partitions[0].state = CUTOVER_NO_COMMIT;
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_MEMBERS | CUTOVER_OBJECT_LOST);
    cutover_plan_free(plan);

    survey->group_members = 0;
    survey->partitions[0].committed = survey->partitions[0].log_start - 1;
    survey->partitions[0].state = CUTOVER_BELOW_START;
    start.kind = CUTOVER_START_NOW;
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_GAP | CUTOVER_OBJECT_LOST);
    cutover_plan_free(plan);

    survey->partitions[0].committed = survey->partitions[0].high_watermark + 1;
    survey->partitions[0].state = CUTOVER_PAST_END;
    start.kind = CUTOVER_START_COMMITTED;
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_PAST_END);
    cutover_plan_free(plan);
    cutover_survey_free(survey);
}

/* Without an old side there is nothing to cut over: a stream may start where its operator says. */
static void no_old_side_no_objection(void **state)
{
    struct lists lists;
    struct cutover_survey *with = NULL, *without = cutover_survey_new("orders", NULL, 1, EXAMPLE_NOW);
    struct cutover_start start = { .kind = CUTOVER_START_NOW, .time = TIMESTAMP_NONE };
    struct cutover_plan *plan;

    (void)state;
    lists_init(&lists);
    lists_add(&lists, 0, 10, 50, 50, OFFSET_NONE);
    with = lists_survey(&lists, 1);
    cutover_survey_set_offsets(without, &lists.starts, &lists.ends, &lists.marks, &lists.committed);
    plan = cutover_plan_make(with, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), CUTOVER_OBJECT_GAP | CUTOVER_OBJECT_LOST);
    cutover_plan_free(plan);
    plan = cutover_plan_make(without, &start, NULL, "00000001");
    assert_int_equal(cutover_plan_objections(plan), 0);
    cutover_plan_free(plan);
    cutover_survey_free(with);
    cutover_survey_free(without);
    lists_clear(&lists);
}

/* --- the model: partitions as arrays of records, counted one by one ------------------------------------------------ */

enum {
    MODEL_OFFSETS = 80,
    MODEL_PARTITIONS = 8,
    MODEL_ROUNDS = 4000,
};

struct model_partition {
    timestamp_ms times[MODEL_OFFSETS]; /* of the record in a slot, visible or aborted */
    bool there[MODEL_OFFSETS];         /* a record or an aborted record; else a marker or a hole */
    bool visible[MODEL_OFFSETS];
    int64_t log_start, end, mark, committed;
};

/* Timestamps rise on the whole, and are up to `disorder` off; a few are below zero. */
static void model_make(struct model_partition *model, uint64_t *seed, bool holes, int disorder)
{
    model->mark = random_between(seed, 0, MODEL_OFFSETS);
    model->end = holes && random_chance(seed, 30) ? random_between(seed, 0, model->mark) : model->mark;
    model->log_start = random_chance(seed, 50) ? 0 : random_between(seed, 0, model->end);
    model->committed = random_chance(seed, 15) ? OFFSET_NONE : random_between(seed, 0, model->mark);
    if (random_chance(seed, 20))
        model->committed = model->end;
    for (int64_t i = 0; i < MODEL_OFFSETS; i++) {
        model->there[i] = !holes || random_chance(seed, 80);
        model->visible[i] = model->there[i] && (!holes || random_chance(seed, 85));
        model->times[i] = i * 10 + random_between(seed, -disorder, disorder) + disorder;
        if (holes && random_chance(seed, 2))
            model->times[i] = TIMESTAMP_NONE;
    }
    if (holes && random_chance(seed, 25)) { /* a tail without anything visible */
        for (int64_t i = random_between(seed, 0, MODEL_OFFSETS - 1); i < MODEL_OFFSETS; i++)
            model->visible[i] = false;
    }
}

static int64_t model_base(const struct model_partition *model)
{
    return model->committed > model->log_start ? model->committed : model->log_start;
}

/* What a broker would answer: any record counts, aborted ones too; OFFSET_NONE behind the last. */
static int64_t model_by_time(const struct model_partition *model, timestamp_ms time)
{
    for (int64_t i = model->log_start; i < model->end; i++) {
        if (model->there[i] && model->times[i] >= time)
            return i;
    }
    return OFFSET_NONE;
}

static void model_lists(const struct model_partition *models, struct lists *lists)
{
    for (int32_t p = 0; p < MODEL_PARTITIONS; p++) {
        const struct model_partition *model = &models[p];
        int64_t at = model_base(model);

        lists_add(lists, p, model->log_start, model->end, model->mark, model->committed);
        if (model->committed < 0 || at >= model->end)
            continue;
        while (at < model->end && !model->visible[at])
            at++;
        lists_add_record(lists, p, at < model->end ? at : OFFSET_NONE, at < model->end ? model->times[at] : 0);
    }
}

struct model_counts {
    int64_t gap, duplicates, lost; /* in offsets */
    int64_t gap_records, late_gap_records;
};

/* Old delivery has everything below B, the new one everything from S on. */
static struct model_counts model_count(const struct model_partition *model, int64_t start)
{
    struct model_counts counts = { 0 };
    int64_t base = model_base(model);

    for (int64_t i = 0; i < MODEL_OFFSETS; i++) {
        bool old = i < base, now = i >= start;

        counts.gap += i >= model->log_start && !old && !now;
        counts.duplicates += i >= model->log_start && old && now;
        counts.lost += model->committed >= 0 && i >= model->committed && i < model->log_start;
        counts.gap_records += i < model->end && model->visible[i] && !old && !now;
        counts.late_gap_records += i >= model->end && !old && !now; /* a record that comes after the survey */
    }
    return counts;
}

static void check_plan_against_model(const struct cutover_plan *plan, const struct model_partition *models)
{
    struct cutover_totals totals = { 0 };

    for (size_t p = 0; p < MODEL_PARTITIONS; p++) {
        const struct cutover_plan_row *row = &plan->rows[p];
        struct model_counts counts = model_count(&models[p], row->start);

        assert_int_equal(row->gap, counts.gap);
        assert_int_equal(row->duplicates, counts.duplicates);
        assert_int_equal(row->lost, models[p].committed < 0 ? OFFSET_NONE : counts.lost);
        assert_true(row->gap >= counts.gap_records); /* rule 1: an upper bound on records */
        assert_true(row->start >= models[p].log_start);
        totals.gap += counts.gap;
        totals.duplicates += counts.duplicates;
        totals.lost += counts.lost;
    }
    assert_int_equal(plan->totals.gap, totals.gap);
    assert_int_equal(plan->totals.duplicates, totals.duplicates);
    assert_int_equal(plan->totals.lost, totals.lost);
}

static struct cutover_plan *model_plan(const struct cutover_survey *survey, const struct model_partition *models,
                                       struct cutover_start start)
{
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    partition_offsets_init(&by_time);
    if (cutover_start_resolve(survey, &start)) {
        for (int32_t p = 0; p < MODEL_PARTITIONS; p++)
            partition_offsets_set(&by_time, p, model_by_time(&models[p], start.time));
    }
    plan = cutover_plan_make(survey, &start, &by_time, "00000001");
    partition_offsets_clear(&by_time);
    return plan;
}

/* The smallest time of a committed partition's first visible undelivered record, found the long way. */
static timestamp_ms model_earliest(const struct model_partition *models)
{
    timestamp_ms earliest = TIMESTAMP_NONE;

    for (size_t p = 0; p < MODEL_PARTITIONS; p++) {
        int64_t at = model_base(&models[p]);

        while (at < models[p].end && !models[p].visible[at])
            at++;
        if (models[p].committed < 0 || at >= models[p].end || models[p].times[at] < 0)
            continue;
        if (earliest < 0 || models[p].times[at] < earliest)
            earliest = models[p].times[at];
    }
    return earliest;
}

/* What the clamp of `safe` is for: counts plain starts at T* that leave a gap. */
static int check_safe_and_plain(const struct cutover_survey *survey, const struct model_partition *models)
{
    struct cutover_start safe = { .kind = CUTOVER_START_SAFE }, plain = { .kind = CUTOVER_START_TIME };
    struct cutover_plan *plan = model_plan(survey, models, safe);
    int gaps = 0;

    check_plan_against_model(plan, models);
    assert_int_equal(plan->start.time, model_earliest(models));
    assert_int_equal(plan->totals.gap, 0);
    for (size_t p = 0; p < MODEL_PARTITIONS; p++) {
        struct model_counts counts = model_count(&models[p], plan->rows[p].start);

        assert_int_equal(counts.gap_records, 0);
        assert_int_equal(counts.late_gap_records, 0);
        if (plan->start.time == TIMESTAMP_NONE || plan->rows[p].time_below_zero)
            assert_int_equal(plan->rows[p].start, model_base(&models[p]));
    }
    plain.time = plan->start.time;
    cutover_plan_free(plan);
    if (plain.time == TIMESTAMP_NONE)
        return 0;
    plan = model_plan(survey, models, plain);
    for (size_t p = 0; p < MODEL_PARTITIONS; p++) {
        /* Rule 3: at t <= T* a partition that has a T skips no record, only holes before its first one. */
        if (plan->rows[p].committed_time != TIMESTAMP_NONE)
            assert_int_equal(model_count(&models[p], plan->rows[p].start).gap_records, 0);
        gaps += plan->rows[p].gap > 0;
    }
    cutover_plan_free(plan);
    return gaps;
}

static void check_round(uint64_t *seed, int *plain_gaps)
{
    struct model_partition models[MODEL_PARTITIONS];
    bool holes = random_chance(seed, 60);
    int disorder = (int)random_between(seed, 0, 200);
    struct lists lists;
    struct cutover_survey *survey;

    lists_init(&lists);
    for (size_t p = 0; p < MODEL_PARTITIONS; p++)
        model_make(&models[p], seed, holes, disorder);
    model_lists(models, &lists);
    survey = lists_survey(&lists, MODEL_PARTITIONS);
    *plain_gaps += check_safe_and_plain(survey, models);
    for (enum cutover_start_kind kind = CUTOVER_START_NOW; kind <= CUTOVER_START_COMMITTED; kind++) {
        struct cutover_start start = { .kind = kind, .time = random_between(seed, 0, MODEL_OFFSETS * 10 + 400) };
        struct cutover_plan *plan = model_plan(survey, models, start);

        check_plan_against_model(plan, models);
        if (kind == CUTOVER_START_COMMITTED) {
            assert_int_equal(plan->totals.gap, 0);
            assert_int_equal(plan->totals.duplicates, 0);
        }
        cutover_plan_free(plan);
    }
    cutover_survey_free(survey);
    lists_clear(&lists);
}

static void counts_agree_with_the_model(void **state)
{
    uint64_t seed = 20261123;
    int plain_gaps = 0;

    (void)state;
    for (int round = 0; round < MODEL_ROUNDS; round++)
        check_round(&seed, &plain_gaps);
    assert_true(plain_gaps > 100); /* else the model never showed what the clamp is for */
}

/* Rule 3's other half: nothing promises that the latest commit has no duplicates. */
static void latest_commit_may_have_duplicates(void **state)
{
    struct lists lists;
    struct cutover_survey *survey;
    struct cutover_start start = { .kind = CUTOVER_START_TIME };
    struct cutover_plan *plan;

    (void)state;
    lists_init(&lists);
    lists_add(&lists, 0, 0, 50, 50, 20);
    lists_add_record(&lists, 0, 20, 1000);
    partition_offsets_set(&lists.by_time, 0, 15); /* disorder: an older record has a later time */
    survey = lists_survey(&lists, 1);
    start.time = cutover_survey_times(survey).latest;
    plan = cutover_plan_make(survey, &start, &lists.by_time, "00000001");
    assert_int_equal(plan->totals.duplicates, 5);
    cutover_plan_free(plan);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_choices),
        cmocka_unit_test(example_at_09_43_30),
        cmocka_unit_test(gap_and_duplicates_are_never_both),
        cmocka_unit_test(every_state_under_every_start),
        cmocka_unit_test(no_record_is_the_end),
        cmocka_unit_test(bad_answers_make_error_rows),
        cmocka_unit_test(a_plan_never_changes),
        cmocka_unit_test(until_is_an_offset_for_each_partition),
        cmocka_unit_test(objections),
        cmocka_unit_test(no_old_side_no_objection),
        cmocka_unit_test(counts_agree_with_the_model),
        cmocka_unit_test(latest_commit_may_have_duplicates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
