/* Coverage: tables for each rule of the header, and chain, cutover and verdict against sets of single offsets. */
#include "cutover_testing.h"

#include "cutover/cutover_coverage.h"

enum { MOST = 6 };

/* One partition: L = 10, E = 100; S, C and until as given; then objects as pairs. */
struct scene {
    int64_t start, committed, until; /* committed, until below zero: none */
    struct {
        int64_t start, next, lost; /* next 0: no more; lost 0: none */
    } objects[MOST];
    int64_t tail_commit, tail_seen; /* -2: the tail is not checked; -1: no commit */
    int64_t foreign;
    bool markers_only; /* the survey's scan met the end */

    const char *verdict;
    int64_t from, to;
    struct offset_range hole, overlap, lost; /* the first; end 0: none */
    int64_t lost_from;                       /* where an object's loss begins, if not at its start */
    int64_t twice;
    const char *reason; /* a part of it */
};

static struct cutover_plan *scene_plan(const struct scene *scene)
{
    struct lists lists;
    struct cutover_survey *survey;
    struct cutover_start start = { .kind = CUTOVER_START_TIME, .time = 1 };
    struct cutover_plan *plan;

    lists_init(&lists);
    lists_add(&lists, 0, 10, 100, 200, scene->committed);
    if (scene->markers_only)
        lists_add_record(&lists, 0, OFFSET_NONE, 0);
    partition_offsets_set(&lists.by_time, 0, scene->start);
    survey = lists_survey(&lists, 1);
    plan = cutover_plan_make(survey, &start, &lists.by_time, "00000001");
    if (scene->until >= 0) {
        partition_offsets_set(&lists.by_time, 0, scene->until);
        cutover_plan_set_until(plan, &lists.by_time);
    }
    cutover_survey_free(survey);
    lists_clear(&lists);
    return plan;
}

static struct coverage *scene_coverage(const struct scene *scene, const struct cutover_plan *plan)
{
    struct coverage_object objects[MOST];
    struct coverage_tail tail = { .committed = scene->tail_commit, .seen = scene->tail_seen };
    size_t count = 0;

    for (; count < MOST && scene->objects[count].next != 0; count++)
        objects[count] = (struct coverage_object){
            .start = scene->objects[count].start,
            .next = scene->objects[count].next,
            .lost = { scene->lost_from, scene->objects[count].lost },
            .records = 3,
            .stored_at = 5 + (timestamp_ms)count,
            .bytes = 7,
            .first_time = 1000 - (timestamp_ms)count,
            .last_time = 2000 + (timestamp_ms)count,
        };
    return coverage_make(plan, objects, count, scene->tail_commit == -2 ? NULL : &tail,
                         scene->tail_commit == -2 ? 0 : 1, scene->foreign);
}

static void check_first(const struct offset_range *ranges, size_t count, struct offset_range wanted)
{
    assert_int_equal(count, wanted.end > 0 ? 1 : 0);
    if (wanted.end == 0)
        return;
    assert_int_equal(ranges[0].start, wanted.start);
    assert_int_equal(ranges[0].end, wanted.end);
}

static void check_scene(const struct scene *scene)
{
    struct cutover_plan *plan = scene_plan(scene);
    struct coverage *coverage = scene_coverage(scene, plan);
    const struct coverage_partition *partition = &coverage->partitions[0];

    print_message("%s\n", coverage->reason ? coverage->reason : "passes");
    assert_string_equal(coverage_verdict_name(coverage->verdict), scene->verdict);
    assert_int_equal(coverage->count, 1);
    assert_int_equal(partition->from, scene->from);
    assert_int_equal(partition->to, scene->to);
    check_first(partition->holes, partition->hole_count, scene->hole);
    check_first(partition->overlaps, partition->overlap_count, scene->overlap);
    check_first(partition->lost, partition->lost_count, scene->lost);
    assert_int_equal(partition->twice, scene->twice);
    assert_int_equal(coverage->tail_checked, scene->tail_commit != -2);
    if (scene->reason)
        assert_non_null(strstr(coverage->reason, scene->reason));
    else
        assert_null(coverage->reason);
    coverage_free(coverage);
    cutover_plan_free(plan);
}

#define NO_TAIL .tail_commit = -2

static void verdicts_of_one_partition(void **state)
{
    static const struct scene scenes[] = {
        /* A whole chain, from the commit on. */
        { 40, 40, -1, { { 40, 60, 0 }, { 60, 90, 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 90 },
        /* Nothing to reach, nothing written: right. */
        { 40, 40, -1, { { 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 40 },
        /* Objects in any order. */
        { 40, 40, -1, { { 60, 90, 0 }, { 40, 60, 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 90 },
        /* Duplicates as planned: [30, 40) was delivered before. */
        { 30, 40, -1, { { 30, 60, 0 } }, NO_TAIL, .verdict = "pass", .from = 30, .to = 60, .twice = 10 },
        /* A planned gap is not a hole. */
        { 50, 40, -1, { { 50, 60, 0 } }, NO_TAIL, .verdict = "pass", .from = 50, .to = 60 },

        /* Short of the old commit. */
        { 30,
         40, -1,
         { { 30, 36, 0 } },
         NO_TAIL, .verdict = "open",
         .from = 30,
         .to = 36,
         .twice = 6,
         .reason = "delivered up to 36, short of the old commit at 40" },
        { 30, 40, -1, { { 0 } }, NO_TAIL, .verdict = "open", .from = 30, .to = 30, .reason = "old commit at 40" },
        /* The old side was ahead of an open transaction. */
        { -1, 150, -1, { { 0 } }, NO_TAIL, .verdict = "open", .from = 100, .to = 100, .reason = "old commit at 150" },

        /* Short of the end, at it, beyond it. */
        { 40,
         40, 100,
         { { 40, 99, 0 } },
         NO_TAIL, .verdict = "open",
         .from = 40,
         .to = 99,
         .reason = "short of the end at 100" },
        { 40, 40, 100, { { 40, 100, 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 100 },
        { 40, 40, 100, { { 40, 103, 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 103 },
        /* The end lies before the start. */
        { 40, 40, 20, { { 0 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 40 },

        /* The last stretch holds nothing visible: only the tail can say so. */
        { 40, 40, 100, { { 40, 90, 0 } }, 90, 100, .verdict = "pass", .from = 40, .to = 90 },
        { 40, 40, 100, { { 40, 90, 0 } }, 90, 99, .verdict = "open", .from = 40, .to = 90, .reason = "up to 90" },
        { 40, 40, 100, { { 40, 90, 0 } }, 90, -1, .verdict = "open", .from = 40, .to = 90, .reason = "up to 90" },
        { 40, 40, 100, { { 40, 90, 0 } }, -1, -1, .verdict = "open", .from = 40, .to = 90, .reason = "up to 90" },
        /* What an older commit saw says nothing of what is behind the chain. */
        { 40, 40, 100, { { 40, 90, 0 } }, 60, 100, .verdict = "open", .from = 40, .to = 90, .reason = "up to 90" },
        /* All of it holds nothing visible. */
        { 40, 40, 100, { { 0 } }, 40, 100, .verdict = "pass", .from = 40, .to = 40 },
        { 40, 40, 100, { { 0 } }, NO_TAIL, .verdict = "open", .from = 40, .to = 40, .reason = "end at 100" },
        /* The same, and the survey's scan had found only markers. */
        { 40, 40, 100, { { 0 } }, NO_TAIL, .markers_only = true, .verdict = "pass", .from = 40, .to = 40 },
        { 40,
         40, 101,
         { { 0 } },
         NO_TAIL, .markers_only = true,
         .verdict = "open",
         .from = 40,
         .to = 40,
         .reason = "end at 101" },
        { 30,
         40, 100,
         { { 30, 39, 0 } },
         NO_TAIL, .markers_only = true,
         .verdict = "open",
         .from = 30,
         .to = 39,
         .twice = 9,
         .reason = "end at 100" },
        /* Seen reaches past the old commit, too. */
        { 30, 40, -1, { { 30, 36, 0 } }, 36, 41, .verdict = "pass", .from = 30, .to = 36, .twice = 10 },

        /* Holes: at the head, inside, behind a commit. */
        { 40,
         40, -1,
         { { 50, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 60,
         .hole = { 40, 50 },
         .reason = "partition 0: offsets [40, 50) are in no object" },
        { 30,
         40, -1,
         { { 35, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 30,
         .to = 60,
         .hole = { 30, 35 },
         .twice = 5,
         .reason = "[30, 35)" },
        { 40,
         40, -1,
         { { 40, 60, 0 }, { 65, 90, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .hole = { 60, 65 },
         .reason = "[60, 65) are in no object" },
        { 40,
         40, -1,
         { { 40, 60, 0 } },
         80, -1,
         .verdict = "fail",
         .from = 40,
         .to = 60,
         .hole = { 60, 80 },
         .reason = "[60, 80)" },
        { 40, 40, -1, { { 40, 60, 0 } }, 60, -1, .verdict = "pass", .from = 40, .to = 60 },
        { 40, 40, -1, { { 40, 60, 0 } }, 50, -1, .verdict = "pass", .from = 40, .to = 60 },
        { 40,
         40, -1,
         { { 0 } },
         80, -1,
         .verdict = "fail",
         .from = 40,
         .to = 40,
         .hole = { 40, 80 },
         .reason = "[40, 80)" },

        /* fail wins over open. */
        { 40,
         40, 100,
         { { 40, 60, 0 }, { 65, 90, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .hole = { 60, 65 },
         .reason = "[60, 65)" },

        /* Overlaps: in part, inside, the same twice, three times. */
        { 40,
         40, -1,
         { { 40, 60, 0 }, { 55, 90, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .overlap = { 55, 60 },
         .reason = "[55, 60) are there twice" },
        { 40,
         40, -1,
         { { 40, 90, 0 }, { 50, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .overlap = { 50, 60 },
         .reason = "[50, 60)" },
        { 40,
         40, -1,
         { { 40, 90, 0 }, { 40, 90, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .overlap = { 40, 90 },
         .reason = "[40, 90)" },
        { 40,
         40, -1,
         { { 40, 90, 0 }, { 50, 60, 0 }, { 55, 70, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .overlap = { 50, 70 },
         .reason = "[50, 70)" },

        /* Lost at the source: told in full, and not counted as delivered. */
        { 40,
         40, -1,
         { { 40, 90, 55 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .lost = { 40, 55 },
         .reason = "[40, 55) were lost at the source" },
        { 30,
         40, -1,
         { { 30, 90, 35 } },
         NO_TAIL, .verdict = "fail",
         .from = 30,
         .to = 90,
         .lost = { 30, 35 },
         .twice = 5,
         .reason = "[30, 35)" },
        /* Empty up to 45, lost from there: what held nothing is not lost. */
        { 40,
         40, -1,
         { { 40, 90, 55 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 90,
         .lost_from = 45,
         .lost = { 45, 55 },
         .reason = "[45, 55) were lost at the source" },
        { 40, 40, -1, { { 40, 90, 40 } }, NO_TAIL, .verdict = "pass", .from = 40, .to = 90 },

        /* Foreign: keys of another identity, objects before S, objects that are no range. */
        { 40,
         40, -1,
         { { 40, 60, 0 } },
         NO_TAIL, .foreign = 2,
         .verdict = "fail",
         .from = 40,
         .to = 60,
         .reason = "2 objects are here that are not of this plan" },
        { 40,
         40, -1,
         { { 20, 40, 0 }, { 40, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 60,
         .reason = "1 object is here that is not of this plan" },
        { 40, 40, -1, { { 20, 60, 0 } }, NO_TAIL, .verdict = "fail", .from = 40, .to = 60, .reason = "1 object" },
        { 40,
         40, -1,
         { { 40, 60, 0 }, { 60, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 60,
         .reason = "1 object" },
        { 40,
         40, -1,
         { { 40, 60, 0 }, { -5, 60, 0 } },
         NO_TAIL, .verdict = "fail",
         .from = 40,
         .to = 60,
         .reason = "1 object" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        print_message("scene %zu: ", i);
        check_scene(&scenes[i]);
    }
}

static void sums_and_times_are_added_up(void **state)
{
    static const struct scene scene = {
        30, 40, -1, { { 60, 90, 0 }, { 30, 60, 0 } },
           NO_TAIL
    };
    struct cutover_plan *plan = scene_plan(&scene);
    struct coverage *coverage = scene_coverage(&scene, plan);

    (void)state;
    assert_int_equal(coverage->objects, 2);
    assert_int_equal(coverage->records, 6);
    assert_int_equal(coverage->bytes, 14);
    assert_int_equal(coverage->partitions[0].first_time, 999);
    assert_int_equal(coverage->partitions[0].last_time, 2001);
    assert_int_equal(coverage->partitions[0].committed, 40);
    assert_true(coverage->cutover_known);
    assert_int_equal(coverage->planned.duplicates, 10);
    assert_int_equal(coverage->found.duplicates, 10);
    coverage_free(coverage);
    coverage_free(NULL);
    cutover_plan_free(plan);
}

/* Several findings: the worst and first is told, and how many there are. */
static void reason_counts_the_rest(void **state)
{
    static const struct scene scene = {
        40, 40, -1, { { 45, 60, 0 }, { 55, 70, 0 }, { 80, 90, 82 } },
           NO_TAIL, .foreign = 1
    };
    struct cutover_plan *plan = scene_plan(&scene);
    struct coverage *coverage = scene_coverage(&scene, plan);

    (void)state;
    assert_string_equal(coverage->reason,
                        "partition 0: offsets [40, 45) are in no object; in all: holes 2, overlaps 1, "
                        "lost ranges 1, foreign 1");
    coverage_free(coverage);
    cutover_plan_free(plan);
}

/* Partitions that came after the plan begin at their first object and have no end to reach. */
static void added_partitions_begin_at_their_first_object(void **state)
{
    struct cutover_plan *plan = example_plan(CUTOVER_START_COMMITTED, TIMESTAMP_NONE);
    struct coverage_object objects[] = {
        { .partition = 2147483647, .start = 7,   .next = 9   },
        { .partition = 6,          .start = 500, .next = 600 },
        { .partition = 6,          .start = 610, .next = 700 },
    };
    struct coverage_tail tails[] = {
        { .partition = 9, .committed = 5,   .seen = OFFSET_NONE },
        { .partition = 6, .committed = 701, .seen = OFFSET_NONE }
    };
    struct coverage *coverage = coverage_make(plan, objects, 3, tails, 2, 0);

    (void)state;
    assert_int_equal(coverage->count, 8);
    assert_int_equal(coverage->partitions[6].partition, 6);
    assert_int_equal(coverage->partitions[6].from, 500);
    assert_int_equal(coverage->partitions[6].hole_count, 2);
    assert_int_equal(coverage->partitions[6].holes[0].start, 600);
    assert_int_equal(coverage->partitions[6].holes[1].end, 701);
    assert_int_equal(coverage->partitions[7].partition, 2147483647);
    assert_int_equal(coverage->partitions[7].to, 9);
    assert_false(coverage->partitions[7].open);
    assert_int_equal(coverage->verdict, COVERAGE_FAIL);
    coverage_free(coverage);
    cutover_plan_free(plan);
}

/* A stream without an old side has no cutover to compare, and no commit to reach. */
static void no_old_side_no_cutover(void **state)
{
    struct cutover_plan *plan = example_plan(CUTOVER_START_SAFE, TIMESTAMP_NONE);
    struct coverage *coverage;
    struct json *document;

    (void)state;
    coverage = coverage_make(plan, NULL, 0, NULL, 0, 0);
    assert_int_equal(coverage->verdict, COVERAGE_OPEN);
    assert_int_equal(coverage->open, 5);
    assert_non_null(strstr(coverage->reason, "in all 5 partitions are short"));
    coverage_free(coverage);
    free(plan->group);
    plan->group = NULL;
    coverage = coverage_make(plan, NULL, 0, NULL, 0, 0);
    assert_int_equal(coverage->verdict, COVERAGE_PASS);
    assert_true(coverage_is_empty(coverage)); /* passes, and says nothing */
    coverage_free(coverage);
    for (size_t i = 0; i < plan->count; i++)
        plan->rows[i].until = plan->rows[i].start;
    coverage = coverage_make(plan, NULL, 0, NULL, 0, 0);
    assert_int_equal(coverage->verdict, COVERAGE_PASS);
    assert_false(coverage_is_empty(coverage)); /* the end it was to reach is where it began */
    coverage_free(coverage);
    for (size_t i = 0; i < plan->count; i++)
        plan->rows[i].until = OFFSET_NONE;
    coverage = coverage_make(plan, NULL, 0, NULL, 0, 0);
    assert_false(coverage->cutover_known);
    document = coverage_to_json(coverage, "orders", plan->id);
    assert_true(json_is_null(json_get(document, "cutover")));
    json_free(document);
    coverage_free(coverage);
    cutover_plan_free(plan);
}

static void document_has_the_agreed_shape(void **state)
{
    static const struct scene scene = {
        30, 40, 100, { { 35, 60, 37 }, { 55, 90, 0 }, { 95, 97, 0 } },
           .tail_commit = 99, .tail_seen = -1
    };
    struct cutover_plan *plan = scene_plan(&scene);
    struct coverage *coverage = scene_coverage(&scene, plan);
    struct json *document;
    struct partition_offsets ends;
    struct buffer out;

    (void)state;
    partition_offsets_init(&ends);
    partition_offsets_set(&ends, 0, 110);
    coverage_set_ends(coverage, &ends);
    partition_offsets_clear(&ends);
    document = coverage_to_json(coverage, "orders-s3", plan->id);
    buffer_init(&out, 0);
    json_write(document, false, &out);
    assert_string_equal(out.data,
                        "{\"stream\":\"orders-s3\",\"plan\":\"00000001\",\"verdict\":\"fail\","
                        "\"chain\":{\"holes\":3,\"overlaps\":1},"
                        "\"cutover\":{\"planned\":{\"gap\":0,\"duplicates\":10,\"lost\":0},"
                        "\"found\":{\"gap\":0,\"duplicates\":3,\"lost\":0}},"
                        "\"partitions\":[{\"partition\":0,\"from\":30,\"to\":97,\"objects\":3,\"records\":9,"
                        "\"bytes\":21,\"holes\":[[30,35],[90,95],[97,99]],\"overlaps\":[[55,60]],\"lost\":[[35,37]],"
                        "\"to_end\":13}],"
                        "\"foreign\":0,\"tail\":\"checked\",\"last_stored_at\":\"1970-01-01T00:00:00.007Z\"}");
    buffer_clear(&out);
    json_free(document);
    coverage_free(coverage);
    cutover_plan_free(plan);
}

/* --- the model: a set of offsets for each partition ----------------------------------------------------------------- */

enum {
    OFFSETS = 64,
    PARTITIONS = 4,
    OBJECTS = 40,
    ROUNDS = 20000,
};

struct model {
    int has[PARTITIONS][OFFSETS]; /* in how many objects */
    bool lost[PARTITIONS][OFFSETS];
    int64_t to[PARTITIONS];
    int64_t foreign;
};

static struct cutover_plan *model_plan(uint64_t *seed)
{
    struct lists lists;
    struct cutover_survey *survey;
    struct cutover_start start = { .kind = (enum cutover_start_kind)random_between(seed, 0, 4), .time = 1 };
    struct cutover_plan *plan;

    lists_init(&lists);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        int64_t log_start = random_between(seed, 0, 20), end = random_between(seed, log_start, 40);

        lists_add(&lists, p, log_start, end, end + random_between(seed, 0, 5), random_between(seed, -5, end + 5));
        if (random_chance(seed, 70))
            lists_add_record(&lists, p, random_between(seed, -10, end - 1), random_between(seed, 0, 100));
        partition_offsets_set(&lists.by_time, p, random_between(seed, -1, end));
    }
    survey = lists_survey(&lists, PARTITIONS);
    (void)cutover_start_resolve(survey, &start);
    plan = cutover_plan_make(survey, &start, &lists.by_time, "00000001");
    if (random_chance(seed, 50))
        cutover_plan_set_until(plan, NULL);
    cutover_survey_free(survey);
    lists_clear(&lists);
    return plan;
}

/* A chain as delivery would leave it, and with some luck a fault or two. */
static size_t model_objects(const struct cutover_plan *plan, uint64_t *seed, struct coverage_object objects[OBJECTS])
{
    int faults = random_chance(seed, 40) ? 0 : 12;
    size_t count = 0;

    for (int32_t p = 0; p < PARTITIONS; p++) {
        int64_t at = plan->rows[p].start, end = random_between(seed, at, OFFSETS - 10);

        while (at < end && count < OBJECTS - 8) {
            struct coverage_object *object = &objects[count++];
            int64_t next = at + random_between(seed, 1, 9);

            *object = (struct coverage_object){ .partition = p, .start = at, .next = next };
            object->records = random_between(seed, 1, 9);
            if (random_chance(seed, faults / 4))
                object->lost =
                    (struct offset_range){ random_between(seed, 0, next), random_between(seed, at, next + 2) };
            if (random_chance(seed, faults))
                object->start = random_between(seed, 0, next);
            if (random_chance(seed, faults))
                count--; /* deleted behind its back */
            else if (random_chance(seed, faults))
                objects[count++] = (struct coverage_object){ .partition = p,
                                                             .start = random_between(seed, 0, at),
                                                             .next = random_between(seed, 0, next) };
            at = next;
        }
    }
    for (size_t i = count; i > 1; i--) { /* any order */
        size_t other = (size_t)random_between(seed, 0, (int64_t)i - 1);
        struct coverage_object object = objects[i - 1];

        objects[i - 1] = objects[other];
        objects[other] = object;
    }
    return count;
}

static void model_fill(struct model *model, const struct cutover_plan *plan, const struct coverage_object *objects,
                       size_t count)
{
    memset(model, 0, sizeof(*model));
    for (int32_t p = 0; p < PARTITIONS; p++)
        model->to[p] = plan->rows[p].start;
    for (size_t i = 0; i < count; i++) {
        const struct coverage_object *object = &objects[i];
        int32_t p = object->partition;

        if (object->start >= object->next || object->start < plan->rows[p].start)
            model->foreign++;
        for (int64_t x = plan->rows[p].start; x < OFFSETS; x++) {
            bool inside = x >= object->start && x < object->next;

            model->has[p][x] += inside;
            model->lost[p][x] |= inside && x >= object->lost.start && x < object->lost.end;
            if (inside && x + 1 > model->to[p])
                model->to[p] = x + 1;
        }
    }
}

/* Ranges must be the set, as few as there can be, in order. */
static void check_ranges(const struct offset_range *ranges, size_t count, const bool *set)
{
    size_t at = 0;

    for (int64_t x = 0; x < OFFSETS; x++) {
        if (!set[x])
            continue;
        assert_true(at < count);
        assert_int_equal(ranges[at].start, x);
        while (x < OFFSETS && set[x])
            x++;
        assert_int_equal(ranges[at].end, x);
        at++;
    }
    assert_int_equal(at, count);
}

/* Returns whether anything in the partition is wrong; sets *open. */
static bool check_partition(const struct coverage_partition *partition, const struct cutover_plan_row *row,
                            const struct model *model, const struct coverage_tail *tail)
{
    int32_t p = row->partition;
    bool holes[OFFSETS] = { false }, overlaps[OFFSETS] = { false }, lost[OFFSETS] = { false }, bad = false;
    int64_t base = cutover_plan_row_base(row), reached = model->to[p], twice = 0;

    if (row->state == CUTOVER_CAUGHT_UP && reached >= base && reached < row->end)
        reached = row->end;
    if (tail && tail->committed == model->to[p] && tail->seen > reached)
        reached = tail->seen;
    for (int64_t x = row->start; x < OFFSETS; x++) {
        holes[x] = x < model->to[p] ? model->has[p][x] == 0 : tail && x < tail->committed;
        overlaps[x] = model->has[p][x] > 1;
        lost[x] = model->lost[p][x];
        bad |= holes[x] || overlaps[x] || lost[x];
        twice += x < base && x < reached && !holes[x] && !lost[x];
    }
    assert_int_equal(partition->from, row->start);
    assert_int_equal(partition->to, model->to[p]);
    check_ranges(partition->holes, partition->hole_count, holes);
    check_ranges(partition->overlaps, partition->overlap_count, overlaps);
    check_ranges(partition->lost, partition->lost_count, lost);
    assert_int_equal(partition->twice, twice);
    assert_int_equal(partition->open, reached < row->until || reached < row->committed);
    return bad;
}

static enum coverage_verdict check_round(uint64_t *seed)
{
    struct cutover_plan *plan = model_plan(seed);
    struct coverage_object objects[OBJECTS];
    struct coverage_tail tails[PARTITIONS];
    bool tailed = random_chance(seed, 60), bad, open = false;
    size_t count = model_objects(plan, seed, objects);
    struct model model;
    struct coverage *coverage;
    enum coverage_verdict verdict;

    model_fill(&model, plan, objects, count);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        tails[PARTITIONS - 1 - p] = (struct coverage_tail){ .partition = p, .committed = model.to[p] };
        if (random_chance(seed, 20))
            tails[PARTITIONS - 1 - p].committed = random_between(seed, -1, OFFSETS);
        tails[PARTITIONS - 1 - p].seen = random_between(seed, -1, OFFSETS);
    }
    coverage = coverage_make(plan, objects, count, tailed ? tails : NULL, tailed ? PARTITIONS : 0, 0);
    bad = model.foreign > 0;
    for (size_t p = 0; p < PARTITIONS; p++) {
        bad |= check_partition(&coverage->partitions[p], &plan->rows[p], &model,
                               tailed ? &tails[PARTITIONS - 1 - p] : NULL);
        open |= coverage->partitions[p].open;
    }
    assert_int_equal(coverage->foreign, model.foreign);
    assert_int_equal(coverage->verdict, bad ? COVERAGE_FAIL : open ? COVERAGE_OPEN : COVERAGE_PASS);
    assert_int_equal(coverage->planned.duplicates, plan->totals.duplicates);
    if (coverage->verdict == COVERAGE_PASS) { /* A10: found is what was planned */
        assert_int_equal(coverage->found.gap, plan->totals.gap);
        assert_int_equal(coverage->found.duplicates, plan->totals.duplicates);
        assert_int_equal(coverage->found.lost, plan->totals.lost);
    }
    verdict = coverage->verdict;
    coverage_free(coverage);
    cutover_plan_free(plan);
    return verdict;
}

static void coverage_agrees_with_the_model(void **state)
{
    uint64_t seed = 4711;
    int verdicts[3] = { 0 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++)
        verdicts[check_round(&seed)]++;
    for (int i = 0; i < 3; i++) {
        print_message("%s: %d\n", coverage_verdict_name((enum coverage_verdict)i), verdicts[i]);
        assert_true(verdicts[i] > ROUNDS / 50); /* else the model does not try everything */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_of_one_partition),
        cmocka_unit_test(sums_and_times_are_added_up),
        cmocka_unit_test(reason_counts_the_rest),
        cmocka_unit_test(added_partitions_begin_at_their_first_object),
        cmocka_unit_test(no_old_side_no_cutover),
        cmocka_unit_test(document_has_the_agreed_shape),
        cmocka_unit_test(coverage_agrees_with_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
