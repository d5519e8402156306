/* Surveys and plans as JSON: the shape is a contract with scripts, and the stream object lives on reading it back. */
#include "cutover_testing.h"

static char *written(struct json *document)
{
    struct buffer out;

    buffer_init(&out, 0);
    json_write(document, false, &out);
    json_free(document);
    return buffer_take(&out);
}

/* Two partitions, one without commit, so that every kind of null is there. */
static struct cutover_survey *small_survey(void)
{
    struct lists lists;
    struct cutover_survey *survey;

    lists_init(&lists);
    lists_add(&lists, 0, 10, 50, 60, 5);
    lists_add(&lists, 1, 10, 50, 50, OFFSET_NONE);
    lists_add_record(&lists, 0, 10, 1795427010123);
    survey = lists_survey(&lists, 2);
    survey->taken_at = 1795428000250;
    lists_clear(&lists);
    return survey;
}

static struct cutover_plan *small_plan(void)
{
    struct cutover_survey *survey = small_survey();
    struct cutover_start start = { .kind = CUTOVER_START_SAFE };
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    partition_offsets_init(&by_time);
    partition_offsets_set(&by_time, 0, 10);
    partition_offsets_set(&by_time, 1, 17);
    assert_true(cutover_start_resolve(survey, &start));
    plan = cutover_plan_make(survey, &start, &by_time, "5a17c0de");
    partition_offsets_clear(&by_time);
    cutover_survey_free(survey);
    return plan;
}

static const char small_plan_text[] =
    "{\"id\":\"5a17c0de\",\"topic\":\"orders\",\"group\":\"connect-orders-s3\",\"group_state\":\"Empty\","
    "\"taken_at\":\"2026-11-23T10:00:00.250Z\",\"isolation\":\"read_committed\","
    "\"start\":{\"kind\":\"safe\",\"time_ms\":1795427010123},\"until\":null,"
    "\"totals\":{\"partitions\":2,\"gap\":0,\"duplicates\":0,\"lost\":5,\"lost_unknown\":1,\"to_read\":80},"
    "\"partitions\":["
    "{\"partition\":0,\"log_start\":10,\"end\":50,\"high_watermark\":60,\"committed\":5,"
    "\"committed_time_ms\":1795427010123,\"start\":10,\"gap\":0,\"duplicates\":0,\"lost\":5,\"to_read\":40,"
    "\"state\":\"below_start\"},"
    "{\"partition\":1,\"log_start\":10,\"end\":50,\"high_watermark\":50,\"committed\":null,"
    "\"committed_time_ms\":null,\"start\":10,\"gap\":0,\"duplicates\":0,\"lost\":null,\"to_read\":40,"
    "\"state\":\"no_commit\"}]}";

static void plan_has_the_agreed_shape(void **state)
{
    struct cutover_plan *plan = small_plan();
    char *text = written(cutover_plan_to_json(plan));

    (void)state;
    assert_string_equal(text, small_plan_text);
    free(text);
    cutover_plan_free(plan);
}

static void survey_has_nulls_for_what_a_start_gives(void **state)
{
    struct cutover_survey *survey = small_survey();
    char *text = written(cutover_survey_to_json(survey));

    (void)state;
    assert_string_equal(
        text, "{\"topic\":\"orders\",\"group\":\"connect-orders-s3\",\"group_state\":\"Empty\","
              "\"taken_at\":\"2026-11-23T10:00:00.250Z\",\"isolation\":\"read_committed\",\"start\":null,"
              "\"totals\":{\"partitions\":2,\"gap\":null,\"duplicates\":null,\"lost\":5,\"lost_unknown\":1,"
              "\"to_read\":null},\"partitions\":["
              "{\"partition\":0,\"log_start\":10,\"end\":50,\"high_watermark\":60,\"committed\":5,"
              "\"committed_time_ms\":1795427010123,\"start\":null,\"gap\":null,\"duplicates\":null,\"lost\":5,"
              "\"to_read\":null,\"state\":\"below_start\"},"
              "{\"partition\":1,\"log_start\":10,\"end\":50,\"high_watermark\":50,\"committed\":null,"
              "\"committed_time_ms\":null,\"start\":null,\"gap\":null,\"duplicates\":null,\"lost\":null,"
              "\"to_read\":null,\"state\":\"no_commit\"}]}");
    free(text);
    cutover_survey_free(survey);
}

static void error_rows_are_null(void **state)
{
    struct cutover_survey *survey = cutover_survey_new("orders", NULL, 1, EXAMPLE_NOW);
    struct cutover_start start = { .kind = CUTOVER_START_EARLIEST, .time = TIMESTAMP_NONE };
    struct cutover_plan *plan = cutover_plan_make(survey, &start, NULL, "00000001");
    char *text = written(cutover_plan_to_json(plan));

    (void)state;
    assert_non_null(strstr(text, "\"group\":null,\"group_state\":null"));
    assert_non_null(strstr(text, "\"lost\":0,\"lost_unknown\":0"));
    assert_non_null(strstr(text, "{\"partition\":0,\"log_start\":null,\"end\":null,\"high_watermark\":null,"
                                 "\"committed\":null,\"committed_time_ms\":null,\"start\":null,\"gap\":null,"
                                 "\"duplicates\":null,\"lost\":null,\"to_read\":null,\"state\":\"error\"}"));
    free(text);
    cutover_plan_free(plan);
    cutover_survey_free(survey);
}

static struct cutover_plan *read_text(const char *text, struct error *err)
{
    struct json *document = json_parse(text, strlen(text), "a plan", err);
    struct cutover_plan *plan = document ? cutover_plan_from_json(document, err) : NULL;

    json_free(document);
    return plan;
}

static void check_same(const struct cutover_plan *a, const struct cutover_plan *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->topic, b->topic);
    assert_int_equal(a->group != NULL, b->group != NULL);
    assert_string_equal(a->group_state, b->group_state);
    assert_int_equal(a->taken_at, b->taken_at);
    assert_int_equal(a->read_committed, b->read_committed);
    assert_int_equal(a->start.kind, b->start.kind);
    assert_int_equal(a->start.time, b->start.time);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct cutover_plan_row *x = &a->rows[i], *y = &b->rows[i];

        assert_int_equal(x->partition, y->partition);
        assert_int_equal(x->log_start, y->log_start);
        assert_int_equal(x->end, y->end);
        assert_int_equal(x->high_watermark, y->high_watermark);
        assert_int_equal(x->committed, y->committed);
        assert_int_equal(x->committed_time, y->committed_time);
        assert_int_equal(x->start, y->start);
        assert_int_equal(x->gap, y->gap);
        assert_int_equal(x->duplicates, y->duplicates);
        assert_int_equal(x->lost, y->lost);
        assert_int_equal(x->to_read, y->to_read);
        assert_int_equal(x->until, y->until);
        assert_int_equal(x->state, y->state);
    }
    assert_int_equal(a->until_time, b->until_time);
    assert_int_equal(a->totals.gap, b->totals.gap);
    assert_int_equal(a->totals.duplicates_in, b->totals.duplicates_in);
    assert_int_equal(a->totals.errors, b->totals.errors);
}

static void plans_read_back(void **state)
{
    struct error err = { 0 };

    (void)state;
    for (enum cutover_start_kind kind = CUTOVER_START_NOW; kind <= CUTOVER_START_COMMITTED; kind++) {
        struct cutover_plan *plan = example_plan(kind, example_time(43, 30));
        char *text = written(cutover_plan_to_json(plan));
        struct cutover_plan *again = read_text(text, &err);

        if (!again)
            fail_msg("%s", err.message);
        check_same(plan, again);
        assert_string_equal(again->cluster_id, "-");
        assert_int_equal(again->rows[0].until, OFFSET_NONE);
        cutover_plan_free(again);
        cutover_plan_free(plan);
        free(text);
    }
}

/* --until end, or a TIME with an answer in some of the partitions. */
static void give_random_end(struct cutover_plan *plan, uint64_t *seed)
{
    struct partition_offsets ends;

    partition_offsets_init(&ends);
    for (size_t p = 0; p < plan->count; p++) {
        if (random_chance(seed, 95))
            partition_offsets_set(&ends, (int32_t)p, random_between(seed, -1, 200));
    }
    if (random_chance(seed, 50))
        plan->until_time = 4000;
    cutover_plan_set_until(plan, plan->until_time == TIMESTAMP_NONE ? NULL : &ends);
    partition_offsets_clear(&ends);
}

/* Random partitions of every state, errors and extremes too, all five starts. */
static void random_plans_read_back(void **state)
{
    uint64_t seed = 7;
    struct error err = { 0 };

    (void)state;
    for (int round = 0; round < 500; round++) {
        int32_t partitions = (int32_t)random_between(&seed, 0, 12);
        struct cutover_start start = { .kind = (enum cutover_start_kind)(round % 5), .time = 1000 };
        struct lists lists;
        struct cutover_survey *survey;
        struct cutover_plan *plan, *again;
        char *text;

        lists_init(&lists);
        for (int32_t p = 0; p < partitions; p++) {
            int64_t scale = random_chance(&seed, 20) ? INT64_C(700000000000000) : 100;
            int64_t log_start = random_between(&seed, 0, scale), end = random_between(&seed, log_start, scale);
            int64_t mark = random_between(&seed, end, scale);

            if (random_chance(&seed, 90))
                lists_add(&lists, p, log_start, end, mark, random_between(&seed, -scale / 2, scale));
            lists_add_record(&lists, p, random_between(&seed, -1, end - 1), random_between(&seed, -1, 5000));
            if (random_chance(&seed, 95))
                partition_offsets_set(&lists.by_time, p, random_between(&seed, -1, end));
        }
        survey = lists_survey(&lists, (size_t)partitions);
        (void)cutover_start_resolve(survey, &start);
        plan = cutover_plan_make(survey, &start, &lists.by_time, "00000001");
        if (random_chance(&seed, 50) && partitions > 0)
            give_random_end(plan, &seed);
        text = written(cutover_plan_to_json(plan));
        again = read_text(text, &err);
        if (!again)
            fail_msg("round %d: %s in %s", round, err.message, text);
        check_same(plan, again);
        cutover_plan_free(again);
        cutover_plan_free(plan);
        cutover_survey_free(survey);
        free(text);
        lists_clear(&lists);
    }
}

/* small_plan_text with its first `from` replaced. */
static char *edited(const char *from, const char *to)
{
    const char *at = strstr(small_plan_text, from);

    assert_non_null(at);
    return memory_printf("%.*s%s%s", (int)(at - small_plan_text), small_plan_text, to, at + strlen(from));
}

static void odd_plans_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *told; /* told: a part of the message */
    } rows[] = {
        { "\"topic\":\"orders\",",                                "",                                                "no \"topic\""                                },
        { "\"topic\":\"orders\"",                                 "\"topic\":7",                                     "\"topic\" is no text"                        },
        { "\"topic\":\"orders\"",                                 "\"topic\":\"\"",                                  "\"topic\" is no text"                        },
        { "\"topic\":",                                           "\"bonus\":1,\"topic\":",                          "\"bonus\", which this version does not know" },
        { "\"topic\":",                                           "\"topic\":\"other\",\"topic\":",                  "a name twice"                                },
        { "5a17c0de",                                             "5a17c0d",                                         "8 hex digits"                                },
        { "5a17c0de",                                             "5A17C0DE",                                        "8 hex digits"                                },
        { "\"group\":\"connect-orders-s3\"",                      "\"group\":[]",                                    "\"group\" is no text"                        },
        { "\"group\":\"connect-orders-s3\"",                      "\"group\":null",                                  "without a group"                             },
        { "\"Empty\"",                                            "\"EmptyEmptyEmptyEmptyEmpty\"",                   "group_state"                                 },
        { "2026-11-23T10:00:00.250Z",                             "yesterday",                                       "taken_at"                                    },
        { "2026-11-23T10:00:00.250Z",                             "-15m",                                            "taken_at"                                    },
        { "\"read_committed\"",                                   "\"serializable\"",                                "isolation"                                   },
        { "\"safe\"",                                             "\"brave\"",                                       "kind"                                        },
        { "\"safe\"",                                             "3",                                               "kind"                                        },
        { "{\"kind\":\"safe\",\"time_ms\":1795427010123}",        "null",                                            "\"start\" is missing or no object"           },
        { "\"time_ms\":1795427010123",                            "\"time_ms\":1.5",                                 "time_ms"                                     },
        { "\"kind\":\"safe\"",                                    "\"kind\":\"committed\"",                          "does not fit its kind"                       },
        { "\"kind\":\"safe\",\"time_ms\":1795427010123",          "\"kind\":\"time\",\"time_ms\":null",              "does not fit"                                },
        { "\"kind\":\"safe\",\"time_ms\":1795427010123",          "\"kind\":\"now\",\"time_ms\":null",
         "partition 0 does not start"                                                                                                                              },
        { "\"partition\":0",                                      "\"partition\":1",                                 "partition 0: it is partition 1"              },
        { "\"partition\":1",                                      "\"partition\":null",                              "partition 1: it is partition -1"             },
        { "\"log_start\":10",                                     "\"log_start\":null",                              "do not fit together"                         },
        { "\"log_start\":10",                                     "\"log_start\":\"10\"",                            "log_start"                                   },
        { "\"log_start\":10",                                     "\"log_start\":-1",                                "log_start"                                   },
        { "\"end\":50",                                           "\"end\":9",                                       "do not fit together"                         },
        { "\"end\":50",                                           "\"end\":70",                                      "do not fit together"                         },
        { "\"end\":50",                                           "\"end\":9007199254740994",                        "\"end\" is neither"                          },
        { "\"committed\":5",                                      "\"committed\":15",                                "do not fit together"                         },
        { "\"committed\":5",                                      "\"committed\":4",                                 "counts do not follow"                        },
        { "\"start\":10",                                         "\"start\":11",                                    "counts do not follow"                        },
        { "\"start\":10",                                         "\"start\":null",                                  "do not fit together"                         },
        { "\"gap\":0,\"duplicates\":0,\"lost\":5,\"to_read\":40",
         "\"gap\":1,\"duplicates\":0,\"lost\":5,\"to_read\":40",                                                     "counts do not follow"                        },
        { "\"state\":\"below_start\"",                            "\"state\":\"ok\"",                                "do not fit together"                         },
        { "\"state\":\"below_start\"",                            "\"state\":\"error\"",                             "has a start although"                        },
        { "\"state\":\"below_start\"",                            "\"state\":\"fine\"",                              "\"state\" is no state"                       },
        { "\"state\":\"below_start\"",                            "\"state\":\"below_start\",\"until\":3",           "partition 0: it has \"until\""               },
        { "\"until\":null",                                       "\"until\":{}",                                    "\"until\" has no \"time_ms\""                },
        { "\"until\":null",                                       "\"until\":{\"time_ms\":null,\"ends\":[50]}",      "an end for each partition"                   },
        { "\"until\":null",                                       "\"until\":{\"time_ms\":null,\"ends\":[50,-6]}",   "partition 1: its end in"                     },
        { "\"until\":null",                                       "\"until\":{\"time_ms\":null,\"ends\":[50,null]}", "does not fit its state"                      },
        { "\"until\":null",                                       "\"until\":{\"time_ms\":\"x\",\"ends\":[50,50]}",  "no time"                                     },
        { "\"until\":null",                                       "\"until\":{\"time_ms\":null,\"ends\":[50,49]}",   "counts do not follow"                        },
        { "\"lost_unknown\":1",                                   "\"lost_unknown\":0",                              "the total \"lost_unknown\""                  },
        { "\"to_read\":80",                                       "\"to_read\":81",                                  "the total \"to_read\""                       },
        { "\"partitions\":2",                                     "\"partitions\":3",                                "the total \"partitions\""                    },
        { "\"partitions\":[",                                     "\"partitions\":[null,",                           "partition 0: it is missing or no object"     },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = edited(rows[i].from, rows[i].to);
        struct error err = { 0 };

        print_message("%s -> %s: ", rows[i].from, rows[i].to);
        assert_null(read_text(text, &err));
        print_message("%s\n", err.message);
        assert_int_equal(err.kind, ERROR_FORMAT);
        assert_non_null(strstr(err.message, "the plan cannot be read: "));
        assert_non_null(strstr(err.message, rows[i].told));
        free(text);
    }
}

static void other_documents_are_refused(void **state)
{
    static const char *const rows[] = { "null", "[]", "7", "{}", "{\"partitions\":[]}" };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = { 0 };

        assert_null(read_text(rows[i], &err));
        assert_int_equal(err.kind, ERROR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_has_the_agreed_shape),   cmocka_unit_test(survey_has_nulls_for_what_a_start_gives),
        cmocka_unit_test(error_rows_are_null),         cmocka_unit_test(plans_read_back),
        cmocka_unit_test(random_plans_read_back),      cmocka_unit_test(odd_plans_are_refused),
        cmocka_unit_test(other_documents_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
