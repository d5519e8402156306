/* Keys of other sinks, and where objects end: against a model that marks every offset in an array. */
#include "cutover/cutover_connect.h"
#include "cutover_testing.h"

enum { WORLD = 200, MOST_OBJECTS = 24, ROUNDS = 20000 };

/* --- keys ------------------------------------------------------------------------------------------------------------*/

static void test_keys(void **state)
{
    static const struct {
        const char *prefix, *key;
        enum cutover_key kind;
        int32_t partition;
        int64_t start;
    } rows[] = {
        { "topics/", "topics/orders/partition=3/orders+3+0000000200.json.gz",              CUTOVER_KEY_DATA,    3,  200    },
        { "topics/", "topics/orders/partition=4/orders+4+00000000000000000200",            CUTOVER_KEY_DATA,    4,  200    },
        { "",        "orders+0+0",                                                         CUTOVER_KEY_DATA,    0,  0      },
        { "topics/", "topics/orders/year=2026/month=11/orders+11+9223372036854775000.bin", CUTOVER_KEY_DATA,    11,
         9223372036854775000                                                                                               },
        { "",        "ch/orders/year=2026/orders+2+000000000123-5-0a1b2c.json",            CUTOVER_KEY_DATA,    2,  123    },
        { "",        "orders-1-129576.gz",                                                 CUTOVER_KEY_DATA,    1,  129576 },
        { "dump-",   "dump-orders-1-7",                                                    CUTOVER_KEY_DATA,    1,  7      },
        { "a/dump-", "a/dump-orders-1-7.zst",                                              CUTOVER_KEY_DATA,    1,  7      },
        { "",        "orders+3+0000000200.keys.avro",                                      CUTOVER_KEY_SIDE,    0,  0      },
        { "",        "orders+3+0000000200.headers.json",                                   CUTOVER_KEY_SIDE,    0,  0      },
        { "",        "other+3+0000000200.json",                                            CUTOVER_KEY_OTHER,   0,  0      },
        { "",        "orders.v2+3+200.json",                                               CUTOVER_KEY_OTHER,   0,  0      },
        { "topics/", "topics/orders/partition=3/orders+4+200.json",                        CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+12+200.json",                                                 CUTOVER_KEY_FOREIGN, 0,  0      }, /* 12 partitions: 0 to 11 */
        { "",        "orders+99999999999+1",                                               CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1+99999999999999999999",                                      CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1+",                                                          CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1-7",                                                         CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders-1-7.json",                                                    CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1+7/",                                                        CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1+7-x",                                                       CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "orders+1+7 copy",                                                    CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "README.md",                                                          CUTOVER_KEY_FOREIGN, 0,  0      },
        { "",        "",                                                                   CUTOVER_KEY_FOREIGN, 0,  0      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t partition = -1;
        int64_t start = -1;
        enum cutover_key kind = cutover_connect_read_key(rows[i].prefix, rows[i].key, "orders", 12, &partition, &start);

        if (kind != rows[i].kind)
            fail_msg("%s: %d", rows[i].key, (int)kind);
        if (kind == CUTOVER_KEY_DATA) {
            assert_int_equal(partition, rows[i].partition);
            assert_int_equal(start, rows[i].start);
        }
    }
}

/* --- where they end --------------------------------------------------------------------------------------------------*/

static struct cutover_connect *make_one(struct cutover_object *objects, size_t count, int64_t committed, int64_t mark)
{
    const struct cutover_connect_log log = { .committed = committed, .high_watermark = mark, .log_start = 0 };

    return cutover_connect_make(&log, 1, objects, count);
}

/* Objects of 100 records up to F, of which only the last is counted, against commits around it. */
static void test_states(void **state)
{
    static const struct {
        int64_t committed, mark, last; /* records of the last object; OFFSET_NONE: not countable */
        enum cutover_connect_state state;
        int64_t end, repeats, missing;
    } rows[] = {
        { 287,         500,         87,          CUTOVER_CONNECT_EXACT,     287,         0,  0  },
        { 200,         500,         87,          CUTOVER_CONNECT_AHEAD,     287,         87, 0  },
        { 300,         500,         87,          CUTOVER_CONNECT_BEHIND,    287,         0,  13 },
        { OFFSET_NONE, 500,         87,          CUTOVER_CONNECT_NO_COMMIT, 287,         0,  0  },
        { 287,         500,         OFFSET_NONE, CUTOVER_CONNECT_UNCOUNTED, OFFSET_NONE, 0,  0  },
        { 287,         286,         87,          CUTOVER_CONNECT_PAST_END,  287,         0,  0  },
        { 287,         OFFSET_NONE, 87,          CUTOVER_CONNECT_EXACT,     287,         0,  0  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cutover_object objects[] = {
            { .start = 200, .records = OFFSET_NONE, .index = 0 },
            { .start = 0,   .records = OFFSET_NONE, .index = 1 },
            { .start = 100, .records = OFFSET_NONE, .index = 2 },
        };
        struct cutover_connect *connect;

        assert_int_equal(cutover_connect_choose(objects, 3, false), 1);
        assert_true(objects[2].wanted);
        assert_int_equal(objects[2].index, 0);
        objects[2].records = rows[i].last;
        connect = make_one(objects, 3, rows[i].committed, rows[i].mark);
        assert_int_equal(connect->rows[0].state, rows[i].state);
        assert_int_equal(connect->rows[0].end, rows[i].end);
        assert_int_equal(connect->repeats, rows[i].repeats);
        assert_int_equal(connect->missing, rows[i].missing);
        assert_int_equal(connect->holes, 0);
        assert_int_equal(connect->states[rows[i].state], 1);
        cutover_connect_free(connect);
    }
}

static void test_without_objects(void **state)
{
    struct cutover_connect *connect = make_one(NULL, 0, 5, 10);

    (void)state;
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_NO_OBJECTS);
    assert_true(cutover_connect_is_bad_news(connect));
    cutover_connect_free(connect);
    connect = make_one(NULL, 0, OFFSET_NONE, 10);
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_NONE);
    assert_false(cutover_connect_is_bad_news(connect));
    cutover_connect_free(connect);
    connect = make_one(NULL, 0, 0, 10); /* committed where nothing has been read yet */
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_NONE);
    cutover_connect_free(connect);
}

struct model {
    int times[WORLD]; /* in how many objects an offset is */
    int64_t first, end, holes, overlap;
};

static void look(struct model *model)
{
    model->first = model->end = OFFSET_NONE;
    model->holes = model->overlap = 0;
    for (int64_t at = 0; at < WORLD; at++) {
        if (model->times[at] > 0 && model->first == OFFSET_NONE)
            model->first = at;
        if (model->times[at] > 0)
            model->end = at + 1;
        model->overlap += model->times[at] > 1 ? model->times[at] - 1 : 0;
    }
    for (int64_t at = model->first < 0 ? 0 : model->first; at < model->end; at++)
        model->holes += model->times[at] == 0;
}

/* Any objects of at least one record, all counted: end, holes and overlaps are those of the array. An offset that three
 * objects have is counted twice by both. */
static void test_all_counted(void **state)
{
    uint64_t random = 4711;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct cutover_object objects[MOST_OBJECTS];
        size_t count = 1 + random_below(&random, MOST_OBJECTS);
        int64_t committed = (int64_t)random_below(&random, WORLD);
        struct cutover_connect *connect;
        struct model model = { .first = 0 };

        for (size_t i = 0; i < count; i++) {
            int64_t start = (int64_t)random_below(&random, WORLD - 20),
                    records = 1 + (int64_t)random_below(&random, 20);

            objects[i] = (struct cutover_object){ .start = start, .records = records, .index = i };
            for (int64_t at = start; at < start + records; at++)
                model.times[at]++;
        }
        look(&model);
        assert_int_equal(cutover_connect_choose(objects, count, true), count);
        connect = make_one(objects, count, committed, WORLD);
        assert_int_equal(connect->rows[0].from, model.first);
        assert_int_equal(connect->rows[0].end, model.end);
        assert_int_equal(connect->hole_offsets, model.holes);
        assert_int_equal(connect->overlap, model.overlap);
        assert_int_equal(connect->repeats - connect->missing, model.end - committed);
        assert_int_equal(connect->repeats > 0 && connect->missing > 0, 0);
        cutover_connect_free(connect);
    }
}

/* A chain that is whole: reading only the last object says the same as reading all. One that lost its tail ends before the
 * commit by exactly what is gone. */
static void test_only_the_last(void **state)
{
    uint64_t random = 42;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct cutover_object objects[MOST_OBJECTS];
        size_t count = 1 + random_below(&random, MOST_OBJECTS), kept;
        int64_t at = (int64_t)random_below(&random, 50), records[MOST_OBJECTS], gone = 0;
        struct cutover_connect *connect;

        for (size_t i = 0; i < count; i++) {
            records[i] = 1 + (int64_t)random_below(&random, 9);
            objects[i] = (struct cutover_object){ .start = at, .records = OFFSET_NONE, .index = i };
            at += records[i];
        }
        kept = 1 + random_below(&random, count);
        for (size_t i = kept; i < count; i++)
            gone += records[i];
        assert_int_equal(cutover_connect_choose(objects, kept, false), 1);
        objects[kept - 1].records = records[kept - 1];
        connect = make_one(objects, kept, at, 10000);
        assert_int_equal(connect->missing, gone);
        assert_int_equal(connect->rows[0].end, at - gone);
        assert_int_equal(connect->holes + connect->overlap, 0);
        assert_int_equal(connect->rows[0].state, gone > 0 ? CUTOVER_CONNECT_BEHIND : CUTOVER_CONNECT_EXACT);
        assert_int_equal(cutover_connect_is_bad_news(connect), gone > 0);
        cutover_connect_free(connect);
    }
}

/* Gap and duplicates of a start, offset by offset: what retention left, [L, F) with the old side, [S, end) with the new. */
static void test_cost(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t log_start = (int64_t)random_below(&random, 40), end = (int64_t)random_below(&random, 100);
        int64_t start = log_start + (int64_t)random_below(&random, 60), gap, duplicates, wanted_gap = 0,
                wanted_twice = 0;
        const struct cutover_connect_row row = { .end = end, .objects = 1 };

        for (int64_t at = log_start; at < WORLD; at++) {
            wanted_gap += at >= end && at < start;
            wanted_twice += at < end && at >= start;
        }
        assert_true(cutover_connect_cost(&row, log_start, start, &gap, &duplicates));
        assert_int_equal(gap, wanted_gap);
        assert_int_equal(duplicates, wanted_twice);
    }
}

/* A log in which some offsets hold no record, objects that cover it, some of them deleted: after the broker was asked, what is
 * said to be missing is so exactly when a deleted object held a record. */
static void test_settled_by_the_broker(void **state)
{
    uint64_t random = 99;
    int bad = 0, good = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct cutover_object objects[MOST_OBJECTS];
        bool visible[WORLD], lost = false, gone[MOST_OBJECTS];
        int64_t starts[MOST_OBJECTS + 1], found[MOST_OBJECTS] = { 0 }, at = 0;
        size_t count = 2 + random_below(&random, MOST_OBJECTS - 2), kept = 0;
        size_t sparse = 1 + random_below(&random, 4);
        struct cutover_connect_log log = { .high_watermark = WORLD, .log_start = 0 };
        struct cutover_connect *connect;
        struct offset_range range;

        for (size_t i = 0; i < WORLD; i++)
            visible[i] = random_below(&random, sparse) == 0;
        for (size_t i = 0; i < count; i++) {
            starts[i] = at;
            visible[at] = true; /* an object begins with a record */
            at += 1 + (int64_t)random_below(&random, WORLD / MOST_OBJECTS - 1);
            gone[i] = i > 0 && random_below(&random, 8) == 0;
        }
        starts[count] = log.committed = at;
        for (size_t i = 0; i < count; i++) {
            int64_t records = 0;

            for (int64_t offset = starts[i]; offset < starts[i + 1]; offset++)
                records += visible[offset];
            lost = lost || gone[i];
            if (!gone[i])
                objects[kept++] = (struct cutover_object){ .start = starts[i], .records = records, .index = kept };
        }
        (void)cutover_connect_choose(objects, kept, true);
        connect = cutover_connect_make(&log, 1, objects, kept);
        if (cutover_connect_doubts(&connect->rows[0], &log, objects, kept, &range)) {
            for (int64_t offset = range.start; offset < range.end; offset++) {
                size_t in = kept - 1;

                while (objects[in].start > offset)
                    in--;
                found[in] += visible[offset];
            }
            cutover_connect_settle(&connect->rows[0], &range, found, objects, kept);
            cutover_connect_free(connect);
            connect = cutover_connect_make(&log, 1, objects, kept);
        }
        assert_int_equal(cutover_connect_is_bad_news(connect), lost);
        if (!lost)
            assert_int_equal(connect->rows[0].end, log.committed);
        bad += lost;
        good += !lost;
        cutover_connect_free(connect);
    }
    assert_true(bad > 1000 && good > 1000);
}

/* Two files open at once, one for each hour, records going to either: only all counts together tell. */
static void test_interleaved_folders(void **state)
{
    struct cutover_object objects[] = {
        { .start = 0,  .records = OFFSET_NONE, .folder = 1, .index = 0 },
        { .start = 1,  .records = OFFSET_NONE, .folder = 2, .index = 1 },
        { .start = 60, .records = OFFSET_NONE, .folder = 1, .index = 2 },
    };
    struct cutover_connect *connect;

    (void)state;
    assert_int_equal(cutover_connect_choose(objects, 3, false), 1);
    objects[2].records = 20;
    connect = make_one(objects, 3, 100, 200);
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_BEHIND);
    assert_int_equal(cutover_connect_choose_mixed(connect, objects, 3), 2);
    cutover_connect_free(connect);
    objects[0].records = 30;
    objects[1].records = 50;
    connect = make_one(objects, 3, 100, 200);
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_EXACT);
    assert_int_equal(connect->holes + connect->overlap, 0);
    assert_int_equal(cutover_connect_choose_mixed(connect, objects, 3), 0);
    cutover_connect_free(connect);
    objects[1].records = 49;
    connect = make_one(objects, 3, 100, 200);
    assert_true(cutover_connect_is_bad_news(connect));
    cutover_connect_free(connect);
}

static void test_shared_starts(void **state)
{
    struct cutover_object objects[] = {
        { .partition = 1, .start = 0, .records = OFFSET_NONE, .index = 0 },
        { .partition = 0, .start = 5, .records = OFFSET_NONE, .index = 1 },
        { .partition = 0, .start = 0, .records = OFFSET_NONE, .index = 2 },
        { .partition = 0, .start = 0, .records = OFFSET_NONE, .index = 3 },
        { .partition = 1, .start = 9, .records = OFFSET_NONE, .index = 4 },
    };
    const struct cutover_connect_log logs[] = {
        { 10,          10, 0 },
        { 12,          20, 0 },
        { OFFSET_NONE, 20, 0 }
    };
    struct cutover_connect *connect;

    (void)state;
    assert_int_equal(cutover_connect_choose(objects, 5, false), 4);
    objects[0].records = 5; /* p0 0..5 */
    objects[1].records = 3; /* p0 0..3 again */
    objects[2].records = 5; /* p0 5..10 */
    assert_false(objects[3].wanted);
    objects[4].records = 4; /* p1 9..13 */
    connect = cutover_connect_make(logs, 3, objects, 5);
    assert_int_equal(connect->rows[0].state, CUTOVER_CONNECT_EXACT);
    assert_int_equal(connect->rows[0].overlap, 3);
    assert_int_equal(connect->rows[1].state, CUTOVER_CONNECT_AHEAD);
    assert_int_equal(connect->repeats, 1);
    assert_int_equal(connect->rows[2].state, CUTOVER_CONNECT_NONE);
    assert_int_equal(connect->objects, 5);
    assert_int_equal(connect->counted, 4);
    cutover_connect_free(connect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_without_objects),
        cmocka_unit_test(test_all_counted),
        cmocka_unit_test(test_only_the_last),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_shared_starts),
        cmocka_unit_test(test_settled_by_the_broker),
        cmocka_unit_test(test_interleaved_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
