/* The stream object: what it holds, that reading it back gives the same stream, and that anything odd is refused. The
 * store is a fake of one key, which takes the place of s3_client when this program is linked. */
#include "cutover_testing.h"

#include "delivery/stream_object.h"

/* --- the fake store ------------------------------------------------------------------------------------------------ */

static struct {
    char *key, *body; /* what is stored; NULL: nothing */
    size_t length;
    bool broken;
} store;

static void store_reset(void)
{
    free(store.key);
    free(store.body);
    store.key = store.body = NULL;
    store.broken = false;
}

const char *s3_client_bucket(const struct s3_client *client)
{
    (void)client;
    return "lake";
}

void s3_metadata_set(struct s3_metadata *metadata, const char *name, const char *value)
{
    (void)metadata;
    assert_non_null(name);
    assert_non_null(value);
}

void s3_metadata_clear(struct s3_metadata *metadata)
{
    (void)metadata;
}

bool s3_client_put(struct s3_client *client, const struct s3_put *put, int64_t deadline_ms, bool *taken,
                   struct error *err)
{
    (void)client;
    (void)deadline_ms;
    assert_true(put->if_none_match);
    assert_int_equal(put->piece_count, 1);
    assert_int_equal(put->pieces[0].length, put->length);
    if (store.broken)
        return error_set(err, ERROR_S3, "access denied");
    *taken = store.key && strcmp(store.key, put->key) == 0;
    if (*taken)
        return true;
    store.key = memory_copy_text(put->key);
    store.body = memory_copy_bytes(put->pieces[0].bytes, put->length);
    store.length = put->length;
    return true;
}

bool s3_client_get(struct s3_client *client, const char *key, size_t limit, int64_t deadline_ms, struct buffer *body,
                   bool *missing, struct error *err)
{
    (void)client;
    (void)deadline_ms;
    if (store.broken)
        return error_set(err, ERROR_S3, "access denied");
    *missing = !store.key || strcmp(store.key, key) != 0;
    if (!*missing) {
        assert_true(store.length <= limit);
        buffer_append(body, store.body, store.length);
    }
    return true;
}

/* --- the document -------------------------------------------------------------------------------------------------- */

static struct stream_object *example_stream(void)
{
    struct stream_object *object = memory_new(sizeof(*object));

    object->stream = memory_copy_text("orders-s3");
    object->endpoint = memory_copy_text("https://lake.s3.eu-west-1.amazonaws.com");
    object->bucket = memory_copy_text("lake");
    object->prefix = memory_copy_text("raw/orders/");
    object->settings = (struct stream_settings){ .format = "lines",
                                                 .compression = "gzip",
                                                 .size_bytes = 128 * 1024 * 1024,
                                                 .interval_ms = 300000,
                                                 .exactly_once = true };
    object->store_reason = memory_copy_text("");
    object->created_at = EXAMPLE_NOW;
    object->created_by = memory_copy_text("bastion-17");
    object->plan = example_plan(CUTOVER_START_SAFE, TIMESTAMP_NONE);
    free(object->plan->cluster_id);
    free(object->plan->topic_id);
    object->plan->cluster_id = memory_copy_text("5L6g3nShT-eMCtK--X86sw");
    object->plan->topic_id = memory_copy_text("-");
    return object;
}

static char *written(const struct stream_object *object)
{
    struct json *document = stream_object_to_json(object);
    struct buffer out;

    buffer_init(&out, 0);
    json_write(document, false, &out);
    json_free(document);
    return buffer_take(&out);
}

static struct stream_object *read_text(const char *text, struct error *err)
{
    struct json *document = json_parse(text, strlen(text), "a stream object", err);
    struct stream_object *object = document ? stream_object_from_json(document, err) : NULL;

    json_free(document);
    return object;
}

/* Reads back and writes again; the text must be the same. Returns what was read. */
static struct stream_object *check_round_trip(const struct stream_object *object)
{
    struct error err = { 0 };
    char *text = written(object), *again;
    struct stream_object *read = read_text(text, &err);

    if (!read)
        fail_msg("%s", err.message);
    again = written(read);
    assert_string_equal(text, again);
    free(text);
    free(again);
    return read;
}

static void everything_reads_back(void **state)
{
    struct stream_object *object = example_stream(), *read = check_round_trip(object);

    (void)state;
    assert_string_equal(read->stream, "orders-s3");
    assert_string_equal(read->endpoint, object->endpoint);
    assert_string_equal(read->bucket, "lake");
    assert_string_equal(read->prefix, "raw/orders/");
    assert_string_equal(read->store_reason, "");
    assert_string_equal(read->created_by, "bastion-17");
    assert_int_equal(read->created_at, EXAMPLE_NOW);
    assert_string_equal(read->settings.format, "lines");
    assert_string_equal(read->settings.compression, "gzip");
    assert_int_equal(read->settings.folders, STREAM_FOLDERS_TIME);
    assert_int_equal(read->settings.size_bytes, 134217728);
    assert_int_equal(read->settings.interval_ms, 300000);
    assert_true(read->settings.exactly_once);
    assert_string_equal(read->plan->id, "5a17c0de");
    assert_string_equal(read->plan->cluster_id, "5L6g3nShT-eMCtK--X86sw");
    assert_string_equal(read->plan->topic_id, "-");
    assert_false(read->plan->compacted);
    assert_true(read->plan->read_committed);
    assert_int_equal(read->plan->until_time, TIMESTAMP_NONE);
    for (size_t i = 0; i < EXAMPLE_PARTITIONS; i++) {
        assert_int_equal(read->plan->rows[i].start, object->plan->rows[i].start);
        assert_int_equal(read->plan->rows[i].committed, example[i].committed);
        assert_int_equal(read->plan->rows[i].until, OFFSET_NONE);
    }
    stream_object_free(read);
    stream_object_free(object);
    stream_object_free(NULL);
}

/* The --until ends are resolved once, for all instances: they are part of what is kept. */
static void ends_and_the_other_settings_read_back(void **state)
{
    struct stream_object *object = example_stream(), *read;

    (void)state;
    cutover_plan_set_until(object->plan, NULL);
    object->plan->until_time = EXAMPLE_NOW;
    object->plan->compacted = true;
    object->settings.folders = STREAM_FOLDERS_PARTITION;
    object->settings.exactly_once = false;
    object->settings.size_bytes = 1500000; /* no whole MiB */
    object->settings.interval_ms = 2500;
    free(object->store_reason);
    object->store_reason = memory_copy_text("two writers won the same key");
    snprintf(object->settings.compression, sizeof(object->settings.compression), "zstd");
    read = check_round_trip(object);
    assert_int_equal(read->plan->until_time, EXAMPLE_NOW);
    assert_true(read->plan->compacted);
    assert_int_equal(read->settings.folders, STREAM_FOLDERS_PARTITION);
    assert_false(read->settings.exactly_once);
    assert_int_equal(read->settings.size_bytes, 1500000);
    assert_int_equal(read->settings.interval_ms, 2500);
    for (size_t i = 0; i < EXAMPLE_PARTITIONS; i++)
        assert_int_equal(read->plan->rows[i].until, example[i].end);
    stream_object_free(read);
    stream_object_free(object);
}

/* A Firehose user recognises the settings. */
static void settings_carry_firehose_names(void **state)
{
    struct stream_object *object = example_stream();
    struct json *document = stream_object_to_json(object);
    const struct json *settings = json_get(document, "settings");
    const struct json *hints = json_get(settings, "BufferingHints");
    int64_t number = 0;

    (void)state;
    assert_true(json_get_int(hints, "SizeInMBs", &number));
    assert_int_equal(number, 128);
    assert_true(json_get_int(hints, "IntervalInSeconds", &number));
    assert_int_equal(number, 300);
    assert_string_equal(json_get_text(settings, "CompressionFormat"), "GZIP");
    assert_string_equal(json_get_text(settings, "Prefix"), "raw/orders/");
    json_free(document);
    stream_object_free(object);
}

static void ten_thousand_partitions_stay_below_4_mib(void **state)
{
    enum { MANY = 10000 };
    struct stream_object *object = example_stream(), *read;
    struct cutover_start start = { .kind = CUTOVER_START_TIME, .time = EXAMPLE_NOW };
    struct cutover_survey *survey;
    struct lists lists;
    char *text;

    (void)state;
    lists_init(&lists);
    for (int32_t i = 0; i < MANY; i++) { /* 12 digits: a partition that took 10,000 records a second for three years */
        lists_add(&lists, i, 900000000000, 999000000000, 999000000001, 950000000000);
        lists_add_record(&lists, i, 950000000000, EXAMPLE_NOW);
        partition_offsets_set(&lists.by_time, i, 910000000000);
    }
    survey = lists_survey(&lists, MANY);
    cutover_plan_free(object->plan);
    object->plan = cutover_plan_make(survey, &start, &lists.by_time, "5a17c0de");
    cutover_plan_set_until(object->plan, NULL);
    text = written(object);
    print_message("%zu bytes\n", strlen(text));
    assert_true(strlen(text) < 4 * 1024 * 1024);
    read = check_round_trip(object);
    assert_int_equal(read->plan->count, MANY);
    stream_object_free(read);
    free(text);
    stream_object_free(object);
    cutover_survey_free(survey);
    lists_clear(&lists);
}

static void odd_documents_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *told;
    } rows[] = {
        { "{\"headgate\":1",                 "{\"headgate\":2",                             "another headgate (version 2, this reads 1)" },
        { "{\"headgate\":1,",                "{",                                           "it is none"                                 },
        { "\"stream\":\"orders-s3\"",        "\"stream\":\"a/b\"",                          "name"                                       },
        { "\"stream\":\"orders-s3\"",        "\"stream\":null",                             "\"stream\" is no text"                      },
        { "\"stream\":\"orders-s3\"",        "\"stream\":\"orders-s3\",\"note\":1",
         "\"note\", which this version does not know"                                                                                    },
        { "\"stream\":\"orders-s3\"",        "\"stream\":\"orders-s3\",\"stream\":\"x\"",   "a name twice"                               },
        { "\"created_at_ms\":1795428000000", "\"created_at_ms\":-1",                        "created_at_ms"                              },
        { "\"bucket\":\"lake\",",            "",                                            "no \"bucket\""                              },
        { "\"compacted\":false",             "\"compacted\":0",                             "compacted"                                  },
        { "\"compacted\":false",             "\"compacted\":false,\"leader\":1",            "\"identity\" has \"leader\""                },
        { "\"topic_id\":\"-\"",              "\"topic_id\":\"\"",                           "empty"                                      },
        { "\"SizeInMBs\":128",               "\"SizeInMBs\":64",                            "contradict each other"                      },
        { "\"size_bytes\":134217728",        "\"size_bytes\":134217729",                    "contradict each other"                      },
        { "\"size_bytes\":134217728",        "\"size_bytes\":0",                            "above zero"                                 },
        { "\"interval_ms\":300000",          "\"interval_ms\":null",                        "above zero"                                 },
        { "\"CompressionFormat\":\"GZIP\"",  "\"CompressionFormat\":\"ZIP\"",               "contradict each other"                      },
        { "\"compression\":\"gzip\"",        "\"compression\":\"brotli\"",                  "does not know"                              },
        { "\"format\":\"lines\"",            "\"format\":\"linesandlinesandlines\"",        "\"format\" is no text, or too long"         },
        { "\"format\":\"lines\"",            "\"format\":\"lines\",\"layout\":\"connect\"",
         "contradict each other, or were written by"                                                                                     },
        { "\"folders\":\"time\"",            "\"folders\":\"topic\"",                       "neither time nor partition"                 },
        { "\"Prefix\":\"raw/orders/\"",      "\"Prefix\":\"raw/../\"",                      "'..'"                                       },
        { "\"exactly_once\":true",           "\"exactly_once\":\"yes\"",                    "exactly_once"                               },
        { "\"reason\":\"\"",                 "\"reason\":\"\",\"probe\":3",                 "\"store\" has \"probe\""                    },
        { "\"id\":\"5a17c0de\"",             "\"id\":\"5a17\"",                             "the plan cannot be read: \"id\""            },
        { "\"end\":548000000",               "\"end\":548000001",                           "partition 0: its offsets do not fit"        },
    };
    struct stream_object *object = example_stream();
    char *good = written(object);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *at = strstr(good, rows[i].from);
        struct error err = { 0 };
        char *text;

        print_message("%s: ", rows[i].to);
        assert_non_null(at);
        text = memory_printf("%.*s%s%s", (int)(at - good), good, rows[i].to, at + strlen(rows[i].from));
        assert_null(read_text(text, &err));
        print_message("%s\n", err.message);
        assert_int_equal(err.kind, ERROR_FORMAT);
        assert_non_null(strstr(err.message, "the stream object cannot be read: "));
        assert_non_null(strstr(err.message, rows[i].told));
        free(text);
    }
    free(good);
    stream_object_free(object);
}

/* A plan that is never launched is no stream. */
static void impossible_plans_are_refused(void **state)
{
    struct stream_object *object = example_stream();
    struct error err = { 0 };
    char *text;

    (void)state;
    object->plan->rows[2].state = CUTOVER_PAST_END;
    object->plan->rows[2].committed = object->plan->rows[2].high_watermark + 1;
    cutover_plan_row_count(&object->plan->rows[2]);
    cutover_plan_count_totals(object->plan);
    text = written(object);
    assert_null(read_text(text, &err));
    assert_non_null(strstr(err.message, "never launched"));
    free(text);
    stream_object_free(object);
}

/* --- names, places, metadata ---------------------------------------------------------------------------------------- */

static void stream_names(void **state)
{
    char longest[202];
    struct error err = { 0 };

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[201] = '\0';
    assert_false(stream_name_check(longest, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    longest[200] = '\0';
    assert_true(stream_name_check(longest, &err));
    assert_true(stream_name_check("Orders_2.raw-s3", &err));
    assert_false(stream_name_check("", &err));
    assert_false(stream_name_check("a b", &err));
    assert_false(stream_name_check("a/b", &err));
    assert_false(stream_name_check("..", &err));
    assert_false(stream_name_check("caf\xc3\xa9", &err));
}

static void prefixes(void **state)
{
    static const char *const good[] = { "",     "lake/", "lake", "a/b/c/", "topic=orders/x+y z/", "caf\xc3\xa9/",
                                        "..a/", "a../b" };
    static const char *const bad[] = { "/",    "/a/", "a//b/", "a/./b/", "a/../b/", "../",    ".",
                                       "a/..", "./",  "a\nb/", "\x7f",   "a//",     "a/\xff/" };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        print_message("good: '%s'\n", good[i]);
        assert_true(stream_prefix_check(good[i], &err));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        print_message("bad: '%s'\n", bad[i]);
        assert_false(stream_prefix_check(bad[i], &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

static void names_are_made_from_the_stream(void **state)
{
    struct buffer key;
    char *group = stream_group("orders-s3");

    (void)state;
    buffer_init(&key, 0);
    stream_object_key("raw/", "orders-s3", &key);
    assert_string_equal(key.data, "raw/_headgate/orders-s3.json");
    assert_string_equal(group, "headgate-orders-s3");
    buffer_clear(&key);
    free(group);
}

/* Endpoint, bucket and prefix: each makes another place, and the parts do not run into one another. */
static void places_differ(void **state)
{
    static const char *const rows[][3] = {
        { "http://a",  "b",   "c/" },
        { "http://b",  "b",   "c/" },
        { "http://a",  "c",   "c/" },
        { "http://a",  "b",   "d/" },
        { "http://ab", "",    "c/" },
        { "http://a",  "bc/", ""   },
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    char places[ROWS][9];

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct stream_object object = { .endpoint = (char *)(uintptr_t)rows[i][0],
                                        .bucket = (char *)(uintptr_t)rows[i][1],
                                        .prefix = (char *)(uintptr_t)rows[i][2] };

        stream_place_hash(&object, places[i]);
        assert_int_equal(strlen(places[i]), 8);
        assert_int_equal(strspn(places[i], "0123456789abcdef"), 8);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(places[i], places[k]);
    }
    assert_string_equal(places[0], "ee4d4ede"); /* printf 'http://a\nb\nc/' | sha256sum: other hosts must agree */
}

static void check_metadata(const struct stream_object *object, int64_t seen, struct offset_range lost,
                           const char *instance)
{
    char text[COMMIT_METADATA_SIZE], place[9];
    struct commit_metadata metadata = { .seen = 7 };
    char numbers[96];
    bool fits;

    stream_place_hash(object, place);
    snprintf(numbers, sizeof(numbers), lost.end > 0 ? "%lld lost=%lld-%lld" : "%lld", (long long)seen,
             (long long)lost.start, (long long)lost.end);
    fits = strlen(numbers) <= 50;
    commit_metadata_write(object, seen, lost, instance, text);
    print_message("%s\n", text);
    assert_true(strlen(text) <= 80);
    assert_true(commit_metadata_read(text, &metadata));
    assert_string_equal(metadata.plan, "5a17c0de");
    assert_string_equal(metadata.place, place);
    assert_int_equal(metadata.seen, fits ? seen : OFFSET_NONE); /* the one thing that 80 bytes may leave out */
    assert_int_equal(metadata.lost.start, lost.start);
    assert_int_equal(metadata.lost.end, lost.end);
}

static void metadata_reads_back(void **state)
{
    static const int64_t seen[] = { OFFSET_NONE, 0, 548000000, 99999999999999, INT64_MAX };
    static const struct offset_range lost[] = {
        { 0,              0              },
        { 0,              1              },
        { 548000000,      548000001      },
        { 99999999999998, 99999999999999 },
        { INT64_MAX - 1,  INT64_MAX      },
    };
    static const char *const instances[] = { "", "host-17-ab", "a host with blanks",
                                             "an-instance-with-a-name-that-is-longer-than-it-may-be-by-far" };
    struct stream_object *object = example_stream();

    (void)state;
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            for (size_t k = 0; k < 4; k++)
                check_metadata(object, seen[i], lost[j], instances[k]);
    stream_object_free(object);
}

static void foreign_metadata_is_not_ours(void **state)
{
    static const char *const rows[] = {
        NULL,
        "",
        "hg1",
        "hg1 5a17c0de 0123abcd",
        "hg2 5a17c0de 0123abcd seen=7 x",
        "hg1 5a17c0d 0123abcd seen=7 x",
        "hg1 5a17c0dez0123abcd seen=7 x",
        "hg1 5a17c0de 0123abcdseen=7 x",
        "hg1 5a17c0de 0123abcd5 seen=7 x",
        "hg1 5a17c0de 0123abcd seen=7 lost=9 x",
        "hg1 5a17c0de 0123abcd seen=7 lost=9-8 x",
        "hg1 5A17C0DE 0123abcd seen=7 x",
        "hg1 5a17c0de 0123abcd seen= x",
        "hg1 5a17c0de 0123abcd seen=-7 x",
        "hg1 5a17c0de 0123abcd seen=7x x",
        "hg1 5a17c0de 0123abcd seen=99999999999999999999 x",
        "hg1 5a17c0de 0123abcd seen=999999999999999999999999999 x",
        "consumer-1",
    };
    struct commit_metadata metadata;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i] ? rows[i] : "NULL");
        assert_false(commit_metadata_read(rows[i], &metadata));
    }
}

/* --- the store ------------------------------------------------------------------------------------------------------ */

static void the_first_writer_wins(void **state)
{
    struct stream_object *mine = example_stream(), *other = example_stream(), *read = NULL;
    struct error err = { 0 };
    bool taken = true, missing = true;

    (void)state;
    memcpy(other->plan->id, "0badcafe", 9);
    assert_true(stream_object_get(NULL, "raw/orders/", "orders-s3", &read, &missing, &err));
    assert_true(missing);
    assert_null(read);
    assert_true(stream_object_put(NULL, mine, &taken, &err));
    assert_false(taken);
    assert_string_equal(store.key, "raw/orders/_headgate/orders-s3.json");
    assert_true(stream_object_put(NULL, other, &taken, &err));
    assert_true(taken);
    assert_true(stream_object_get(NULL, "raw/orders/", "orders-s3", &read, &missing, &err));
    assert_false(missing);
    assert_string_equal(read->plan->id, "5a17c0de");
    stream_object_free(read);
    stream_object_free(mine);
    stream_object_free(other);
    store_reset();
}

static void copied_and_broken_objects_are_refused(void **state)
{
    struct stream_object *object = example_stream(), *read = NULL;
    struct error err = { 0 };
    bool taken, missing;

    (void)state;
    free(object->bucket);
    object->bucket = memory_copy_text("pond");
    assert_true(stream_object_put(NULL, object, &taken, &err));
    assert_false(stream_object_get(NULL, "raw/orders/", "orders-s3", &read, &missing, &err));
    assert_null(read);
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.message, "it was copied"));
    store.length -= 5; /* cut short */
    assert_false(stream_object_get(NULL, "raw/orders/", "orders-s3", &read, &missing, &err));
    assert_int_equal(err.kind, ERROR_FORMAT);
    assert_non_null(strstr(err.message, "raw/orders/_headgate/orders-s3.json"));
    store.broken = true;
    assert_false(stream_object_get(NULL, "raw/orders/", "orders-s3", &read, &missing, &err));
    assert_false(stream_object_put(NULL, object, &taken, &err));
    assert_int_equal(err.kind, ERROR_S3);
    stream_object_free(object);
    store_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_reads_back),
        cmocka_unit_test(ends_and_the_other_settings_read_back),
        cmocka_unit_test(settings_carry_firehose_names),
        cmocka_unit_test(ten_thousand_partitions_stay_below_4_mib),
        cmocka_unit_test(odd_documents_are_refused),
        cmocka_unit_test(impossible_plans_are_refused),
        cmocka_unit_test(stream_names),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(names_are_made_from_the_stream),
        cmocka_unit_test(places_differ),
        cmocka_unit_test(metadata_reads_back),
        cmocka_unit_test(foreign_metadata_is_not_ours),
        cmocka_unit_test(the_first_writer_wins),
        cmocka_unit_test(copied_and_broken_objects_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
