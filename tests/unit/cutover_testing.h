/* Shared by the tests of cutover/: a survey from a table, the worked example, random numbers that repeat. */
#ifndef TESTS_UNIT_CUTOVER_TESTING_H
#define TESTS_UNIT_CUTOVER_TESTING_H

#include "cutover/cutover_plan.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The lists of one survey, as kafka/ would bring them. */
struct lists {
    struct partition_offsets starts, ends, marks, committed, by_time;
    struct partition_records records;
};

static inline void lists_init(struct lists *lists)
{
    partition_offsets_init(&lists->starts);
    partition_offsets_init(&lists->ends);
    partition_offsets_init(&lists->marks);
    partition_offsets_init(&lists->committed);
    partition_offsets_init(&lists->by_time);
    partition_records_init(&lists->records);
}

static inline void lists_clear(struct lists *lists)
{
    partition_offsets_clear(&lists->starts);
    partition_offsets_clear(&lists->ends);
    partition_offsets_clear(&lists->marks);
    partition_offsets_clear(&lists->committed);
    partition_offsets_clear(&lists->by_time);
    partition_records_clear(&lists->records);
}

/* One partition: L, E, high watermark and C; C below zero: no commit. */
static inline void lists_add(struct lists *lists, int32_t partition, int64_t log_start, int64_t end, int64_t mark,
                             int64_t committed)
{
    partition_offsets_set(&lists->starts, partition, log_start);
    partition_offsets_set(&lists->ends, partition, end);
    partition_offsets_set(&lists->marks, partition, mark);
    if (committed >= 0)
        partition_offsets_set(&lists->committed, partition, committed);
}

/* The scan's answer for one partition; offset below zero: it met the end. */
static inline void lists_add_record(struct lists *lists, int32_t partition, int64_t offset, timestamp_ms time)
{
    struct partition_record *record = partition_records_row(&lists->records, partition);

    record->found = offset >= 0;
    record->offset = offset;
    record->time = offset >= 0 ? time : TIMESTAMP_NONE;
    record->kind = offset >= 0 ? VALUE_JSON : VALUE_UNKNOWN;
}

static inline struct cutover_survey *lists_survey(const struct lists *lists, size_t partitions)
{
    struct cutover_survey *survey = cutover_survey_new("orders", "connect-orders-s3", partitions, 1795428000000);

    memcpy(survey->group_state, "Empty", sizeof("Empty"));
    survey->read_committed = true;
    cutover_survey_set_offsets(survey, &lists->starts, &lists->ends, &lists->marks, &lists->committed);
    cutover_survey_set_times(survey, &lists->records);
    return survey;
}

/* The worked example: six partitions of `orders` at 2026-11-23 10:00:00Z, records at a steady rate. */
enum { EXAMPLE_PARTITIONS = 6 };

#define EXAMPLE_NOW ((timestamp_ms)1795428000000)

static const struct {
    int64_t rate, log_start, committed, end; /* rate in records a second */
    int minute, second;                      /* T after 09:00:00Z */
} example[EXAMPLE_PARTITIONS] = {
    { 11000, 310400000, 543468000, 548000000, 53, 8  },
    { 9000,  254600000, 444464000, 449000000, 51, 36 },
    { 9000,  252600000, 439980000, 447000000, 47, 0  },
    { 9000,  256600000, 446419000, 451000000, 51, 31 },
    { 10000, 286000000, 478600000, 502000000, 21, 0  },
    { 9000,  255600000, 445833000, 450000000, 52, 17 },
};

/* 09:mm:ss of the example's day. */
static inline timestamp_ms example_time(int minute, int second)
{
    return EXAMPLE_NOW - 3600000 + (minute * 60 + second) * 1000;
}

static inline struct cutover_survey *example_survey(void)
{
    struct lists lists;
    struct cutover_survey *survey;

    lists_init(&lists);
    for (int32_t i = 0; i < EXAMPLE_PARTITIONS; i++) {
        lists_add(&lists, i, example[i].log_start, example[i].end, example[i].end, example[i].committed);
        lists_add_record(&lists, i, example[i].committed, example_time(example[i].minute, example[i].second));
    }
    survey = lists_survey(&lists, EXAMPLE_PARTITIONS);
    lists_clear(&lists);
    return survey;
}

/* What the broker would answer for a time. */
static inline void example_by_time(timestamp_ms time, struct partition_offsets *by_time)
{
    for (int32_t i = 0; i < EXAMPLE_PARTITIONS; i++) {
        int64_t ms = time - example_time(example[i].minute, example[i].second);
        int64_t offset = example[i].committed + example[i].rate * ms / 1000;

        partition_offsets_set(by_time, i, offset < example[i].end ? offset : OFFSET_NONE);
    }
}

static inline struct cutover_plan *example_plan(enum cutover_start_kind kind, timestamp_ms time)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_start start = { .kind = kind, .time = time };
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    partition_offsets_init(&by_time);
    if (cutover_start_resolve(survey, &start))
        example_by_time(start.time, &by_time);
    plan = cutover_plan_make(survey, &start, &by_time, "5a17c0de");
    partition_offsets_clear(&by_time);
    cutover_survey_free(survey);
    return plan;
}

/* From least to most, both included, less than 2^56 apart. */
static inline int64_t random_between(uint64_t *state, int64_t least, int64_t most)
{
    return least + (int64_t)((random_next(state) >> 8) % (uint64_t)(most - least + 1));
}

static inline bool random_chance(uint64_t *state, int percent)
{
    return random_between(state, 1, 100) <= percent;
}

#endif
