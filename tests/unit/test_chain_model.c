/* The chain rules, tried out on a model: two or three writers of one partition that know nothing of each other, do one
 * step at a time in random order, and are killed at any arrow, over a store with conditional PUT and a group's commit.
 *
 * Requests are on their way for any time: a PUT may land after its writer timed out, sent it again, or died; answers and
 * commits get lost, and commits arrive in any order. No writer ever knows that it is alone: a partition that has two
 * owners at once is the worst that Kafka can do to us. In the end one writer finishes, whatever is still on its way
 * lands, and every record must be there once. Then each rule is broken on purpose, and the model must notice.
 */
#include "cutover_testing.h"

#include "cutover/cutover_coverage.h"
#include "delivery/object_key.h"

enum {
    OFFSETS = 60, /* one bit each in an object's mask */
    WRITERS = 3,
    SEEDS = 1000,
    STEPS = 600,       /* with crashes */
    LAST_STEPS = 4000, /* at most, of the writer that finishes */
    OBJECTS = 512,
    REQUESTS = 2048,
};

enum rules {
    RULES_KEPT,
    KEY_FROM_SEEN,     /* C1: an empty stretch moves the chain position */
    COMMIT_BEFORE_PUT, /* the commit leaves when the object is sealed */
    UNCONDITIONAL_PUT, /* no If-None-Match: the last one wins */
    OWN_NEXT_ON_412,   /* whoever wrote it, it will have been our object */
    NO_SEEK,           /* the winner's next, but what was read is kept */
    TWO_UNSETTLED,     /* C7: the next object is sent before the former is settled */
    FIRST_FORGOTTEN,   /* an object without a record is dropped, and its first record, a tombstone, with it */
    FOLDER_BY_CLOCK,   /* the folder is when it was written, not when the first record was */
    RULES,
};

static const char *const rule_names[] = {
    [RULES_KEPT] = "rules kept",
    [KEY_FROM_SEEN] = "key from seen",
    [COMMIT_BEFORE_PUT] = "commit before PUT",
    [UNCONDITIONAL_PUT] = "unconditional PUT",
    [OWN_NEXT_ON_412] = "own next on 412",
    [NO_SEEK] = "no seek",
    [TWO_UNSETTLED] = "two unsettled",
    [FIRST_FORGOTTEN] = "first record forgotten",
    [FOLDER_BY_CLOCK] = "folder by the clock",
};

/* A slot of the log. */
enum slot {
    SLOT_EMPTY,     /* marker, aborted or compacted: not visible */
    SLOT_TOMBSTONE, /* visible, and the format stores nothing of it */
    SLOT_RECORD,
};

struct object {
    char key[96];
    int64_t start, next, first; /* first: the first visible record; stands for the fingerprint */
    uint64_t records;           /* a bit for each offset */
};

enum upload_state {
    UPLOAD_NONE,
    UPLOAD_SEALED,
    UPLOAD_SENDING,
    UPLOAD_TAKEN, /* 412: to be asked by HEAD */
};

struct writer {
    bool alive;
    unsigned life; /* counts starts: answers to a former life are not heard */
    int64_t start; /* where the object being built begins: P, or the sealed object's next */
    int64_t at;    /* next offset to read */
    int64_t first; /* first visible record at or after start that was read; OFFSET_NONE */
    uint64_t records;
    enum upload_state upload;
    struct object sealed;
    unsigned request; /* the newest PUT of it */
};

struct put {
    unsigned request, writer, life;
    struct object object;
};

struct commit {
    int64_t position, seen;
};

/* What a run went through: a model in which nothing happens proves nothing. */
struct happened {
    int stored, lost_answers, vanished, resent, taken, own_adopted, others_adopted, crashes, lost_commits, late_puts,
        commits_back, dropped_empty, walked;
};

struct world {
    enum rules rules;
    uint64_t seed;
    struct stream_object stream;
    int64_t plan_start;
    enum slot log[OFFSETS];
    timestamp_ms times[OFFSETS];
    struct object objects[OBJECTS];
    size_t object_count;
    struct put puts[REQUESTS]; /* on their way */
    size_t put_count;
    struct commit commits[REQUESTS]; /* on their way */
    size_t commit_count;
    struct commit committed; /* position OFFSET_NONE: none */
    struct writer writers[WRITERS];
    unsigned writer_count, requests;
    bool stuck; /* a key holds what its writer cannot adopt: it would park */
    struct happened happened;
};

static bool chance(struct world *world, int percent)
{
    return random_chance(&world->seed, percent);
}

/* --- the outside: log, store, network -------------------------------------------------------------------------------- */

static void make_log(struct world *world)
{
    int holes = (int)random_between(&world->seed, 0, 60), tombstones = (int)random_between(&world->seed, 0, 40);

    for (int64_t i = 0; i < OFFSETS; i++) {
        world->log[i] = SLOT_RECORD;
        if (chance(world, tombstones))
            world->log[i] = SLOT_TOMBSTONE;
        if (chance(world, holes))
            world->log[i] = SLOT_EMPTY;
        world->times[i] = EXAMPLE_NOW + i * 1200000 + random_between(&world->seed, -7200000, 7200000);
        if (chance(world, 3))
            world->times[i] = TIMESTAMP_NONE;
    }
}

static struct object *find_object(struct world *world, const char *key)
{
    for (size_t i = 0; i < world->object_count; i++) {
        if (strcmp(world->objects[i].key, key) == 0)
            return &world->objects[i];
    }
    return NULL;
}

/* PUT with If-None-Match: true is 200, false is 412. */
static bool store_put(struct world *world, const struct object *object)
{
    struct object *there = find_object(world, object->key);

    if (there && world->rules != UNCONDITIONAL_PUT)
        return false;
    if (!there) {
        assert_true(world->object_count < OBJECTS);
        there = &world->objects[world->object_count++];
    }
    *there = *object;
    world->happened.stored++;
    return true;
}

static void send_commit(struct world *world, int64_t position, int64_t seen)
{
    assert_true(world->commit_count < REQUESTS);
    world->commits[world->commit_count++] = (struct commit){ .position = position, .seen = seen };
}

/* Any commit that is on its way arrives, or is lost: a later one may have come before it. */
static void deliver_commit(struct world *world)
{
    size_t which;

    if (world->commit_count == 0)
        return;
    which = random_below(&world->seed, world->commit_count);
    if (chance(world, 20)) {
        world->happened.lost_commits++;
    } else {
        world->happened.commits_back += world->commits[which].position < world->committed.position;
        world->committed = world->commits[which];
    }
    world->commits[which] = world->commits[--world->commit_count];
}

static void settle(struct world *world, struct writer *writer, int64_t next);

/* Any PUT that is on its way lands, or vanishes; its answer may be lost, or find nobody who waits for it. */
static void deliver_put(struct world *world, bool may_vanish)
{
    struct put put;
    struct writer *writer;
    size_t which;
    bool stored;

    if (world->put_count == 0)
        return;
    which = random_below(&world->seed, world->put_count);
    put = world->puts[which];
    world->puts[which] = world->puts[--world->put_count];
    if (may_vanish && chance(world, 10)) {
        world->happened.vanished++;
        return;
    }
    stored = store_put(world, &put.object);
    writer = &world->writers[put.writer];
    if (!writer->alive || writer->life != put.life || writer->upload != UPLOAD_SENDING ||
        writer->request != put.request) {
        world->happened.late_puts++;
        return;
    }
    if (chance(world, 25)) {
        world->happened.lost_answers++;
        return;
    }
    if (stored)
        settle(world, writer, put.object.next);
    else
        writer->upload = UPLOAD_TAKEN;
}

/* --- a writer -------------------------------------------------------------------------------------------------------- */

static void begin_at(struct writer *writer, int64_t position)
{
    writer->start = writer->at = position;
    writer->first = OFFSET_NONE;
    writer->records = 0;
}

static void start_writer(struct world *world, struct writer *writer)
{
    *writer = (struct writer){ .alive = true, .life = writer->life + 1 };
    begin_at(writer, world->committed.position != OFFSET_NONE ? world->committed.position : world->plan_start);
}

/* The object at our key is settled and ends at next: go on there. */
static void settle(struct world *world, struct writer *writer, int64_t next)
{
    bool ours = writer->sealed.next == next;

    writer->upload = UPLOAD_NONE;
    if (!ours && world->rules == NO_SEEK)
        writer->start = next;
    else if (!ours)
        begin_at(writer, next); /* a compressed stream cannot be trimmed: all of it goes */
    if (world->rules != COMMIT_BEFORE_PUT)
        send_commit(world, next, OFFSET_NONE);
}

static void step_head(struct world *world, struct writer *writer)
{
    const struct object *there = find_object(world, writer->sealed.key);

    if (chance(world, 20))
        return; /* no answer: asked again */
    assert_non_null(there);
    if (there->first != writer->sealed.first || there->start != writer->sealed.start) {
        world->stuck = true;
        return;
    }
    world->happened.taken++;
    if (there->next == writer->sealed.next)
        world->happened.own_adopted++;
    else
        world->happened.others_adopted++;
    settle(world, writer, world->rules == OWN_NEXT_ON_412 ? writer->sealed.next : there->next);
}

static void send_put(struct world *world, struct writer *writer)
{
    assert_true(world->put_count < REQUESTS);
    writer->request = ++world->requests;
    writer->upload = UPLOAD_SENDING;
    world->puts[world->put_count++] = (struct put){ .request = writer->request,
                                                    .writer = (unsigned)(writer - world->writers),
                                                    .life = writer->life,
                                                    .object = writer->sealed };
}

/* Sealed, to be sent, or sent without an answer: the same bytes again. */
static void step_upload(struct world *world, struct writer *writer)
{
    switch (writer->upload) {
    case UPLOAD_NONE: break;
    case UPLOAD_SEALED: send_put(world, writer); break;
    case UPLOAD_TAKEN: step_head(world, writer); break;
    case UPLOAD_SENDING:
        if (chance(world, 10)) {
            world->happened.resent++;
            send_put(world, writer);
        }
        break;
    }
}

static void make_key(struct world *world, const struct writer *writer, char *out, size_t size)
{
    timestamp_ms time = world->times[writer->first];
    struct buffer key;
    struct error err;

    if (world->rules == FOLDER_BY_CLOCK)
        time = EXAMPLE_NOW + (int64_t)world->requests * 600000;
    buffer_init(&key, size - 1);
    assert_true(object_key_make(&world->stream, 0, writer->start, time, 0, "", &key, &err));
    memcpy(out, key.data, key.length + 1);
    buffer_clear(&key);
}

static void seal(struct world *world, struct writer *writer)
{
    writer->sealed = (struct object){
        .start = writer->start, .next = writer->at, .first = writer->first, .records = writer->records
    };
    make_key(world, writer, writer->sealed.key, sizeof(writer->sealed.key));
    writer->upload = UPLOAD_SEALED;
    begin_at(writer, writer->at);
    if (world->rules == COMMIT_BEFORE_PUT)
        send_commit(world, writer->sealed.next, OFFSET_NONE);
}

/* A cut rule says so: size, age, memory, end, in any order. */
static void cut(struct world *world, struct writer *writer)
{
    bool waits = writer->upload != UPLOAD_NONE;

    if (world->rules == TWO_UNSETTLED && writer->upload == UPLOAD_SENDING)
        waits = false; /* it will be stored, some time */
    if (waits)
        return;
    if (writer->records != 0) {
        seal(world, writer);
        return;
    }
    /* Nothing to store from the start up to here: the chain stays, and the commit says so. */
    world->happened.dropped_empty += writer->first != OFFSET_NONE;
    if (world->rules == FIRST_FORGOTTEN)
        writer->first = OFFSET_NONE;
    if (world->rules == KEY_FROM_SEEN && writer->first == OFFSET_NONE)
        writer->start = writer->at;
    send_commit(world, writer->start, writer->at > writer->start ? writer->at : OFFSET_NONE);
}

/* Asked by HEAD with the first record at hand, before a buffer is filled: what is there already is walked over. That it
 * is not there says nothing; the PUT decides. */
static void look(struct world *world, struct writer *writer)
{
    const struct object *there;
    char key[sizeof(there->key)];

    make_key(world, writer, key, sizeof(key));
    there = find_object(world, key);
    if (!there || there->first != writer->first || there->start != writer->start)
        return;
    world->happened.walked++;
    begin_at(writer, there->next);
    send_commit(world, there->next, OFFSET_NONE);
}

static void read_one(struct world *world, struct writer *writer)
{
    enum slot slot = world->log[writer->at];
    bool begins = slot != SLOT_EMPTY && writer->first == OFFSET_NONE;

    if (begins)
        writer->first = writer->at;
    if (slot == SLOT_RECORD)
        writer->records |= UINT64_C(1) << writer->at;
    writer->at++;
    if (begins && writer->upload == UPLOAD_NONE && chance(world, 30))
        look(world, writer);
}

static void step_writer(struct world *world, struct writer *writer)
{
    if (writer->upload != UPLOAD_NONE && chance(world, 50))
        step_upload(world, writer);
    else if (writer->at < OFFSETS && !chance(world, 15))
        read_one(world, writer);
    else
        cut(world, writer);
}

/* --- a run ----------------------------------------------------------------------------------------------------------- */

static void step_world(struct world *world)
{
    struct writer *writer = &world->writers[random_below(&world->seed, world->writer_count)];

    switch (random_between(&world->seed, 0, 9)) {
    case 0: deliver_commit(world); return;
    case 1:
    case 2: deliver_put(world, true); return;
    default: break;
    }
    if (!writer->alive) {
        if (chance(world, 20))
            start_writer(world, writer);
    } else if (chance(world, 2)) {
        world->happened.crashes++;
        writer->alive = false;
    } else {
        step_writer(world, writer);
    }
}

/* All others are gone for good, what they sent is not. The last one reads to the end and stores it. */
static void finish(struct world *world)
{
    struct writer *last = &world->writers[0];
    int steps = 0;

    for (unsigned i = 0; i < world->writer_count; i++)
        world->writers[i].alive = false;
    start_writer(world, last);
    for (; steps < LAST_STEPS && !world->stuck; steps++) {
        if (last->at == OFFSETS && last->records == 0 && last->upload == UPLOAD_NONE)
            break;
        if (chance(world, 30))
            deliver_put(world, true);
        else
            step_writer(world, last);
    }
    world->stuck |= steps == LAST_STEPS;
    world->committed = (struct commit){ .position = last->start, .seen = last->at }; /* waited for */
    while (world->put_count > 0)
        deliver_put(world, false);
}

static struct world *run(enum rules rules, uint64_t number)
{
    struct world *world = memory_new(sizeof(*world));
    struct cutover_plan *plan = memory_new(sizeof(*plan));

    world->rules = rules;
    world->seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int i = 0; i < 8; i++)
        (void)random_next(&world->seed);
    plan->topic = memory_copy_text("orders");
    world->stream = (struct stream_object){
        .prefix = memory_copy_text("lake/"),
        .plan = plan,
        .settings = { .format = "lines", .compression = "none", .exactly_once = true },
    };
    world->plan_start = random_between(&world->seed, 0, 5);
    world->committed.position = world->committed.seen = OFFSET_NONE;
    world->writer_count = (unsigned)random_between(&world->seed, 2, WRITERS);
    make_log(world);
    for (int i = 0; i < STEPS && !world->stuck; i++)
        step_world(world);
    finish(world);
    return world;
}

static void world_free(struct world *world)
{
    cutover_plan_free(world->stream.plan);
    free(world->stream.prefix);
    free(world);
}

/* Every record from the plan's start on is in one object, and nothing else is in any. */
static bool is_exactly_once(const struct world *world)
{
    for (int64_t i = 0; i < OFFSETS; i++) {
        int wanted = i >= world->plan_start && world->log[i] == SLOT_RECORD, found = 0;

        for (size_t k = 0; k < world->object_count; k++)
            found += (world->objects[k].records >> i & 1) != 0;
        if (found != wanted)
            return false;
    }
    return true;
}

/* What the audit would say, with --until at the end of the log and brokers at hand. */
static enum coverage_verdict audit(const struct world *world)
{
    struct coverage_object objects[OBJECTS];
    struct coverage_tail tail = { .committed = world->committed.position, .seen = world->committed.seen };
    struct cutover_start start = { .kind = CUTOVER_START_COMMITTED, .time = TIMESTAMP_NONE };
    struct lists lists;
    struct cutover_survey *survey;
    struct cutover_plan *plan;
    struct coverage *coverage;
    enum coverage_verdict verdict;

    lists_init(&lists);
    lists_add(&lists, 0, 0, OFFSETS, OFFSETS, world->plan_start);
    survey = lists_survey(&lists, 1);
    plan = cutover_plan_make(survey, &start, NULL, "00000001");
    cutover_plan_set_until(plan, NULL);
    for (size_t i = 0; i < world->object_count; i++)
        objects[i] =
            (struct coverage_object){ .start = world->objects[i].start, .next = world->objects[i].next, .lost = { 0 } };
    coverage = coverage_make(plan, objects, world->object_count, &tail, 1, 0);
    verdict = coverage->verdict;
    coverage_free(coverage);
    cutover_plan_free(plan);
    cutover_survey_free(survey);
    lists_clear(&lists);
    return verdict;
}

static void add_happened(struct happened *sum, const struct happened *one)
{
    sum->stored += one->stored;
    sum->lost_answers += one->lost_answers;
    sum->vanished += one->vanished;
    sum->resent += one->resent;
    sum->taken += one->taken;
    sum->own_adopted += one->own_adopted;
    sum->others_adopted += one->others_adopted;
    sum->crashes += one->crashes;
    sum->lost_commits += one->lost_commits;
    sum->late_puts += one->late_puts;
    sum->commits_back += one->commits_back;
    sum->dropped_empty += one->dropped_empty;
    sum->walked += one->walked;
}

static void check_happened(const struct happened *sum)
{
    print_message("objects %d, answers lost %d, PUTs vanished %d, sent again %d, 412 %d (same end %d, other end %d), "
                  "crashes %d, commits lost %d, back %d, PUTs late %d, nothing to store %d, walked over %d\n",
                  sum->stored, sum->lost_answers, sum->vanished, sum->resent, sum->taken, sum->own_adopted,
                  sum->others_adopted, sum->crashes, sum->lost_commits, sum->commits_back, sum->late_puts,
                  sum->dropped_empty, sum->walked);
    assert_true(sum->stored > 5 * SEEDS);
    assert_true(sum->lost_answers > SEEDS && sum->vanished > SEEDS && sum->resent > SEEDS);
    assert_true(sum->own_adopted > SEEDS && sum->others_adopted > SEEDS);
    assert_true(sum->crashes > SEEDS && sum->lost_commits > SEEDS && sum->commits_back > SEEDS / 10);
    assert_true(sum->late_puts > SEEDS && sum->dropped_empty > SEEDS / 10 && sum->walked > SEEDS);
}

static void rules_give_each_record_once(void **state)
{
    struct happened sum = { 0 };

    (void)state;
    for (uint64_t number = 1; number <= SEEDS; number++) {
        struct world *world = run(RULES_KEPT, number);

        if (world->stuck || !is_exactly_once(world) || audit(world) != COVERAGE_PASS)
            fail_msg("seed %d: %s", (int)number, world->stuck ? "stuck" : "a record is missing, double or unproven");
        add_happened(&sum, &world->happened);
        world_free(world);
    }
    check_happened(&sum);
}

/* Each rule is needed: without it seeds lose or double records, or get stuck. Where objects hold what their range says
 * (all but NO_SEEK), the audit never passes what is wrong. */
static void each_rule_is_needed(void **state)
{
    (void)state;
    for (enum rules rules = RULES_KEPT + 1; rules < RULES; rules++) {
        int wrong = 0, stuck = 0, passed = 0;

        for (uint64_t number = 1; number <= SEEDS; number++) {
            struct world *world = run(rules, number);
            bool right = is_exactly_once(world);

            stuck += world->stuck;
            wrong += !world->stuck && !right;
            passed += !world->stuck && !right && audit(world) == COVERAGE_PASS;
            world_free(world);
        }
        print_message("%s: wrong in %d, stuck in %d of %d; the audit passed %d wrong ones\n", rule_names[rules], wrong,
                      stuck, SEEDS, passed);
        assert_true(wrong + stuck > SEEDS / 10);
        if (rules != NO_SEEK)
            assert_int_equal(passed, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_give_each_record_once),
        cmocka_unit_test(each_rule_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
