/* Object keys: the form, what may not leave the prefix, and that reading undoes making. */
#include "cutover_testing.h"

#include "delivery/object_key.h"

static struct cutover_plan *plan_of(const char *topic)
{
    struct cutover_plan *plan = example_plan(CUTOVER_START_COMMITTED, TIMESTAMP_NONE);

    free(plan->topic);
    plan->topic = memory_copy_text(topic);
    return plan;
}

/* What is made for P = 543468000 of partition 3 at 2026-11-23T09:53:08.999Z; borrowed texts. */
static struct stream_object stream_of(const char *prefix, struct cutover_plan *plan)
{
    return (struct stream_object){
        .prefix = (char *)(uintptr_t)prefix,
        .plan = plan,
        .settings = { .format = "lines", .compression = "gzip", .exactly_once = true },
    };
}

static void check_key(const struct stream_object *stream, int32_t partition, timestamp_ms time, const char *wanted)
{
    struct buffer key;
    struct error err;
    int32_t number = -1;
    int64_t start = -1;

    buffer_init(&key, 0);
    assert_true(object_key_make(stream, partition, 543468000, time, 543470000, "host-17-ab", &key, &err));
    assert_string_equal(key.data, wanted);
    assert_true(object_key_read(stream, key.data, &number, &start));
    assert_int_equal(number, partition);
    assert_int_equal(start, 543468000);
    buffer_clear(&key);
}

static void keys_have_the_agreed_form(void **state)
{
    timestamp_ms time = example_time(53, 8) + 999;
    struct cutover_plan *plan = plan_of("orders");
    struct stream_object stream = stream_of("lake/", plan);

    (void)state;
    check_key(&stream, 3, time, "lake/2026/11/23/09/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 0, 0, "lake/1970/01/01/00/orders+0+00000000000543468000.txt.gz");
    check_key(&stream, 3, -1, "lake/no-timestamp/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 3, INT64_MIN, "lake/no-timestamp/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 3, 253402300799999, "lake/9999/12/31/23/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 3, 253402300800000, "lake/no-timestamp/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 3, INT64_MAX, "lake/no-timestamp/orders+3+00000000000543468000.txt.gz");
    stream.settings.folders = STREAM_FOLDERS_PARTITION;
    check_key(&stream, 3, time, "lake/partition=3/orders+3+00000000000543468000.txt.gz");
    check_key(&stream, 3, -1, "lake/partition=3/orders+3+00000000000543468000.txt.gz");
    stream.settings.exactly_once = false;
    check_key(&stream, 3, time, "lake/partition=3/orders+3+00000000000543468000-543470000-host-17-ab.txt.gz");
    stream.prefix = (char *)(uintptr_t)"";
    memcpy(stream.settings.compression, "none", sizeof("none"));
    stream.settings.folders = STREAM_FOLDERS_TIME;
    stream.settings.exactly_once = true;
    check_key(&stream, 2147483647, time, "2026/11/23/09/orders+2147483647+00000000000543468000.txt");
    cutover_plan_free(plan);
}

static void topics_are_escaped(void **state)
{
    static const struct {
        const char *topic, *escaped;
    } rows[] = {
        { "a.b_c-D9",     "a.b_c-D9"      },
        { "../../etc",    "..%2F..%2Fetc" },
        { "a+7+b c",      "a%2B7%2Bb%20c" },
        { "\xc3\xa9\xe9", "%C3%A9%E9"     },
        { "x\x1b%=",      "x%1B%25%3D"    },
        { "..",           ".."            }, /* no segment: "+partition" follows */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cutover_plan *plan = plan_of(rows[i].topic);
        struct stream_object stream = stream_of("p/", plan);
        char *wanted = memory_printf("p/no-timestamp/%s+3+00000000000543468000.txt.gz", rows[i].escaped);

        check_key(&stream, 3, -1, wanted);
        free(wanted);
        cutover_plan_free(plan);
    }
}

static void partition_folders_hold_all_keys_of_a_partition(void **state)
{
    struct cutover_plan *plan = plan_of("orders");
    struct stream_object stream = stream_of("lake/", plan);
    struct buffer folder;

    (void)state;
    buffer_init(&folder, 0);
    assert_false(object_key_folder(&stream, 12, &folder));
    assert_int_equal(folder.length, 0);
    stream.settings.folders = STREAM_FOLDERS_PARTITION;
    assert_true(object_key_folder(&stream, 12, &folder));
    assert_string_equal(folder.data, "lake/partition=12/");
    buffer_clear(&folder);
    cutover_plan_free(plan);
}

static void long_keys_are_refused(void **state)
{
    struct cutover_plan *plan = plan_of("orders");
    struct stream_object stream;
    char prefix[1025];
    size_t rest = strlen("no-timestamp/orders+3+00000000000000000007.txt.gz");

    (void)state;
    memset(prefix, 'p', sizeof(prefix));
    for (size_t length = 1024 - rest; length <= 1025 - rest; length++) {
        struct buffer key;
        struct error err = { 0 };

        prefix[length] = '\0';
        stream = stream_of(prefix, plan);
        buffer_init(&key, 0);
        assert_int_equal(object_key_make(&stream, 3, 7, -1, 9, "w", &key, &err), length == 1024 - rest);
        assert_int_equal(err.kind, length == 1024 - rest ? ERROR_NONE : ERROR_S3);
        assert_int_equal(key.length, length + rest);
        buffer_clear(&key);
        prefix[length] = 'p';
    }
    cutover_plan_free(plan);
}

static void other_keys_are_not_ours(void **state)
{
    static const char *const keys[] = {
        "",
        "lake/",
        "lake/2026/11/23/09/orders+3+0000000000054346800.txt.gz",   /* 19 digits */
        "lake/2026/11/23/09/orders+3+000000000000543468000.txt.gz", /* 21 */
        "lake/2026/11/23/09/orders+3+99999999999999999999.txt.gz",  /* above 2^63 */
        "lake/2026/11/23/09/orders+3+-0000000000543468000.txt.gz",
        "lake/2026/11/23/09/orders+03+00000000000543468000.txt.gz", /* never padded */
        "lake/2026/11/23/09/orders+2147483648+00000000000543468000.txt.gz",
        "lake/2026/11/23/09/orders+-3+00000000000543468000.txt.gz",
        "lake/2026/11/23/09/orders+3+00000000000543468000.txt",
        "lake/2026/11/23/09/orders+3+00000000000543468000.txt.gz.tmp",
        "lake/2026/11/23/09/orders+3+00000000000543468000-9-w.txt.gz", /* of an at-least-once stream */
        "lake/2026/11/23/09/order+3+00000000000543468000.txt.gz",
        "lake/2026/11/23/09/orders2+3+00000000000543468000.txt.gz",
        "lake/2026/11/23/9/orders+3+00000000000543468000.txt.gz",
        "lake/2026/11/23/orders+3+00000000000543468000.txt.gz",
        "lake/2026/11/23/09/x/orders+3+00000000000543468000.txt.gz",
        "lake/sub/2026/11/23/09/orders+3+00000000000543468000.txt.gz", /* another stream, prefix lake/sub/ */
        "lake2/2026/11/23/09/orders+3+00000000000543468000.txt.gz",
        "2026/11/23/09/orders+3+00000000000543468000.txt.gz",
        "lake/orders+3+00000000000543468000.txt.gz",
        "lake/partition=3/orders+3+00000000000543468000.txt.gz",
        "lake/_headgate/orders.json",
        "lake/topics/orders/partition=3/orders+3+0000000100.json", /* the old connector's */
    };
    struct cutover_plan *plan = plan_of("orders");
    struct stream_object stream = stream_of("lake/", plan);
    int32_t partition = 77;
    int64_t start = 88;

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        print_message("%s\n", keys[i]);
        assert_false(object_key_read(&stream, keys[i], &partition, &start));
    }
    assert_int_equal(partition, 77);
    assert_int_equal(start, 88);

    stream.settings.folders = STREAM_FOLDERS_PARTITION;
    assert_true(object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000.txt.gz", &partition, &start));
    assert_int_equal(start, 0);
    assert_false(object_key_read(&stream, "lake/partition=4/orders+3+00000000000000000000.txt.gz", &partition, &start));
    assert_false(
        object_key_read(&stream, "lake/2026/11/23/09/orders+3+00000000000543468000.txt.gz", &partition, &start));

    stream.settings.exactly_once = false;
    assert_false(object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000.txt.gz", &partition, &start));
    assert_false(
        object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000-9.txt.gz", &partition, &start));
    assert_false(
        object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000-9-.txt.gz", &partition, &start));
    assert_false(
        object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000-9-a/b.txt.gz", &partition, &start));
    assert_true(
        object_key_read(&stream, "lake/partition=3/orders+3+00000000000000000000-9-a-b.txt.gz", &partition, &start));
    cutover_plan_free(plan);
}

/* Any stream, any position: reading gives back what was made, and the same key is made again. */
static void reading_undoes_making(void **state)
{
    static const char *const formats[] = { "lines", "raw", "json" };
    static const char *const compressions[] = { "gzip", "gzip-small", "zstd", "none" };
    static const char *const prefixes[] = { "", "a/", "lake", "x=%41/+1+/", "\xc3\xa9/2026/", "orders+3+" };
    uint64_t seed = 99;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        char topic[24] = { 0 }, writer[9] = { 0 };
        struct cutover_plan *plan;
        struct stream_object stream;
        struct buffer key, again;
        struct error err;
        int32_t partition = (int32_t)random_between(&seed, 0, random_chance(&seed, 20) ? INT32_MAX : 20), read = -1;
        int64_t start = random_chance(&seed, 10) ? INT64_MAX : random_between(&seed, 0, INT64_C(1) << 50), at = -1;
        timestamp_ms time = random_chance(&seed, 20) ? -1 : random_between(&seed, 0, 260000000000000);

        for (int64_t i = random_between(&seed, 1, 20); i > 0; i--)
            topic[i - 1] = (char)random_between(&seed, 1, 255);
        for (int64_t i = random_between(&seed, 1, 8); i > 0; i--)
            writer[i - 1] = (char)random_between(&seed, 1, 127);
        plan = plan_of(topic);
        stream = stream_of(prefixes[random_below(&seed, 6)], plan);
        snprintf(stream.settings.format, sizeof(stream.settings.format), "%s", formats[random_below(&seed, 3)]);
        snprintf(stream.settings.compression, sizeof(stream.settings.compression), "%s",
                 compressions[random_below(&seed, 4)]);
        stream.settings.exactly_once = random_chance(&seed, 60);
        stream.settings.folders = random_chance(&seed, 50) ? STREAM_FOLDERS_TIME : STREAM_FOLDERS_PARTITION;
        buffer_init(&key, 0);
        buffer_init(&again, 0);
        assert_true(object_key_make(&stream, partition, start, time, start, writer, &key, &err));
        assert_true(object_key_make(&stream, partition, start, time, start, writer, &again, &err));
        assert_string_equal(key.data, again.data);
        if (!object_key_read(&stream, key.data, &read, &at))
            fail_msg("%s", key.data);
        assert_int_equal(read, partition);
        assert_int_equal(at, start);
        assert_true(strspn(key.data + strlen(stream.prefix),
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789._-+=%/") == key.length - strlen(stream.prefix));
        buffer_clear(&key);
        buffer_clear(&again);
        cutover_plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_the_agreed_form),
        cmocka_unit_test(topics_are_escaped),
        cmocka_unit_test(partition_folders_hold_all_keys_of_a_partition),
        cmocka_unit_test(long_keys_are_refused),
        cmocka_unit_test(other_keys_are_not_ours),
        cmocka_unit_test(reading_undoes_making),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
