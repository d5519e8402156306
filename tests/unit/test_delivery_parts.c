/* The parts of a stream that need no thread and no server: budget, batches, rotation, open objects, identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "delivery/memory_budget.h"
#include "delivery/object_identity.h"
#include "delivery/open_object.h"
#include "delivery/record_batch.h"
#include "delivery/rotation.h"
#include "format/crc32c.h"

static void test_budget_stops_the_reader_only_when_spent(void **state)
{
    struct memory_budget *budget = memory_budget_new(800);

    (void)state;
    assert_true(memory_budget_wait(budget, 0));
    memory_budget_take(budget, MEMORY_BATCH, 100); /* an eighth: batches may hold no more */
    assert_false(memory_budget_wait(budget, 1));
    memory_budget_give(budget, MEMORY_BATCH, 1);
    assert_true(memory_budget_wait(budget, 0));
    memory_budget_take(budget, MEMORY_OPEN, 701);
    assert_false(memory_budget_wait(budget, 1));
    assert_int_equal(memory_budget_used(budget), 800);
    memory_budget_free(budget);
}

static void test_budget_asks_for_a_close_unless_enough_is_on_its_way(void **state)
{
    struct memory_budget *budget = memory_budget_new(1000);

    (void)state;
    memory_budget_take(budget, MEMORY_OPEN, 750);
    assert_false(memory_budget_pressed(budget));
    memory_budget_take(budget, MEMORY_OPEN, 1);
    assert_true(memory_budget_pressed(budget));
    memory_budget_give(budget, MEMORY_OPEN, 250);
    memory_budget_take(budget, MEMORY_SEALED, 250);
    assert_false(memory_budget_pressed(budget));
    memory_budget_free(budget);
}

/* A quarter and more that is parked neither counts as on its way nor as what others may use. */
static void test_budget_of_those_that_can_move_is_what_is_not_parked(void **state)
{
    struct memory_budget *budget = memory_budget_new(1000);

    (void)state;
    memory_budget_take(budget, MEMORY_SEALED, 600);
    memory_budget_move(budget, MEMORY_SEALED, MEMORY_PARKED, 600); /* leaves 400: pressed above 300 */
    memory_budget_take(budget, MEMORY_OPEN, 300);
    assert_false(memory_budget_pressed(budget));
    memory_budget_take(budget, MEMORY_OPEN, 1);
    assert_true(memory_budget_pressed(budget));
    memory_budget_ask_back(budget, true);
    assert_int_equal(memory_budget_asked_back(budget), 101);
    memory_budget_move(budget, MEMORY_OPEN, MEMORY_SEALED, 100); /* enough is on its way */
    assert_false(memory_budget_pressed(budget));
    assert_int_equal(memory_budget_asked_back(budget), 0);
    assert_int_equal(memory_budget_used(budget), 901);
    memory_budget_free(budget);
}

static void test_rotation_by_size_and_age_never_without_a_record(void **state)
{
    struct rotation_limits limits = { .size_bytes = 1000, .interval_ms = 300 };

    (void)state;
    assert_int_equal(rotation_due(&limits, 1, 999, 299), ROTATION_NONE);
    assert_int_equal(rotation_due(&limits, 1, 1000, 0), ROTATION_SIZE);
    assert_int_equal(rotation_due(&limits, 1, 0, 300), ROTATION_AGE);
    assert_int_equal(rotation_due(&limits, 0, 5000, 5000), ROTATION_NONE);
}

static void test_batch_gives_back_what_went_in(void **state)
{
    const struct kafka_header headers[] = {
        { "trace", "abc", 3 },
        { "none",  NULL,  0 },
        { "empty", "",    0 }
    };
    struct record_batch *batch = record_batch_new(3, 7);
    struct encoder_record record = { 0 };

    (void)state;
    record_batch_add(
        batch, &(struct kafka_record){ .partition = 3, .offset = 10, .time = -1, .value = "", .value_length = 0 });
    record_batch_add(batch, &(struct kafka_record){ .partition = 3,
                                                    .offset = 12,
                                                    .time = 5,
                                                    .key = "k",
                                                    .key_length = 1,
                                                    .value = NULL,
                                                    .headers = headers,
                                                    .header_count = 3 });
    record_batch_add(
        batch,
        &(struct kafka_record){
            .partition = 3, .offset = 13, .time = 6, .key = "", .key_length = 0, .value = "v\nw", .value_length = 3 });
    assert_int_equal(batch->count, 3);
    assert_int_equal(batch->value_bytes, 3);

    record_batch_get(batch, 0, &record);
    assert_int_equal(record.offset, 10);
    assert_int_equal(record.time, -1);
    assert_null(record.key);
    assert_non_null(record.value); /* empty is not a tombstone */
    assert_int_equal(record.value_length, 0);

    record_batch_get(batch, 1, &record);
    assert_null(record.value);
    assert_memory_equal(record.key, "k", 1);
    assert_int_equal(record.header_count, 3);
    assert_string_equal(record.headers[0].name, "trace");
    assert_memory_equal(record.headers[0].value, "abc", 3);
    assert_null(record.headers[1].value);
    assert_non_null(record.headers[2].value);

    record_batch_get(batch, 2, &record);
    assert_non_null(record.key);
    assert_int_equal(record.key_length, 0);
    assert_memory_equal(record.value, "v\nw", 3);
    record_batch_free(batch);
}

static void test_batch_is_full_by_bytes_or_records(void **state)
{
    struct record_batch *batch = record_batch_new(0, 1);
    static char large[RECORD_BATCH_BYTES];

    (void)state;
    assert_false(record_batch_is_full(batch));
    record_batch_add(batch, &(struct kafka_record){ .value = large, .value_length = sizeof(large) });
    assert_true(record_batch_is_full(batch));
    assert_true(record_batch_memory(batch) >= (int64_t)sizeof(large));
    record_batch_free(batch);
}

/* One of 20 MB must not take 32: there may be one in each of the ring's places. */
static void test_a_large_record_takes_what_it_needs(void **state)
{
    struct record_batch *batch = record_batch_new(0, 1);
    static char large[20 * 1000 * 1000];

    (void)state;
    record_batch_add(batch, &(struct kafka_record){ .value = "small", .value_length = 5 });
    record_batch_add(batch, &(struct kafka_record){ .value = large, .value_length = sizeof(large) });
    assert_in_range(record_batch_memory(batch), sizeof(large), sizeof(large) + 16384);
    record_batch_free(batch);
}

/* --- open objects ---------------------------------------------------------------------------------------------------- */

static char topic[] = "orders", cluster[] = "CLUSTER", topic_id[] = "TOPIC-ID", prefix[] = "lake/", name[] = "s",
            empty[] = "";

static struct cutover_plan plan = { .id = "3f9a17c2", .topic = topic, .cluster_id = cluster, .topic_id = topic_id };
static struct stream_object stream = {
    .stream = name,
    .endpoint = empty,
    .bucket = empty,
    .prefix = prefix,
    .settings = { .format = "lines",
                 .compression = "gzip",
                 .size_bytes = 1 << 20,
                 .interval_ms = 1000,
                 .exactly_once = true },
    .plan = &plan,
};

static void inflate_all(const struct sealed_object *object, struct buffer *out)
{
    z_stream z = { 0 };
    unsigned char bytes[4096];
    int code = Z_OK;

    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    for (size_t i = 0; i < object->piece_count; i++) {
        z.next_in = (unsigned char *)(uintptr_t)object->pieces[i].bytes;
        z.avail_in = (unsigned)object->pieces[i].length;
        while (z.avail_in > 0) {
            assert_int_equal(code, Z_OK); /* one member: nothing stands behind its end */
            z.next_out = bytes;
            z.avail_out = sizeof(bytes);
            code = inflate(&z, Z_NO_FLUSH);
            assert_true(code == Z_OK || code == Z_STREAM_END);
            buffer_append(out, bytes, sizeof(bytes) - z.avail_out);
        }
    }
    assert_int_equal(code, Z_STREAM_END);
    inflateEnd(&z);
}

/* Noise, so that the pieces grow beyond the first. */
static void fill_noise(char *out, size_t length, uint32_t *seed)
{
    for (size_t i = 0; i < length; i++) {
        *seed = *seed * 1664525 + 1013904223;
        out[i] = (char)('!' + (*seed >> 24) % 90);
    }
}

static void test_open_object_holds_every_byte_in_order(void **state)
{
    struct memory_budget *budget = memory_budget_new(64 << 20);
    struct object_workshop workshop;
    struct sealed_object *sealed;
    struct buffer expected, found;
    struct error err;
    char value[700];
    uint32_t seed = 1, crc = 0;

    (void)state;
    object_workshop_init(&workshop, &stream, budget, "writer");
    buffer_init(&expected, 0);
    buffer_init(&found, 0);
    struct open_object *object = open_object_new(&workshop, 4, 9, 1000, (struct offset_range){ 0 });
    for (int i = 0; i < 2000; i++) {
        fill_noise(value, sizeof(value), &seed);
        struct encoder_record record = { .topic = topic,
                                         .partition = 4,
                                         .offset = 1005 + i,
                                         .time = 1700000000000 - i,
                                         .value = value,
                                         .value_length = sizeof(value) };
        open_object_add(object, &record, 10 + i);
        buffer_append(&expected, value, sizeof(value));
        buffer_append_char(&expected, '\n');
    }
    assert_int_equal(open_object_records(object), 2000);
    assert_int_equal(open_object_raw_bytes(object), expected.length);
    assert_int_equal(open_object_age(object, 110), 100);
    assert_true(open_object_seal(object, 3005, ROTATION_SIZE, &sealed, &err));

    inflate_all(sealed, &found);
    assert_int_equal(found.length, expected.length);
    assert_memory_equal(found.data, expected.data, expected.length);
    assert_true(sealed->piece_count > 3);
    size_t length = 0;
    for (size_t i = 0; i < sealed->piece_count; i++) {
        crc = crc32c_update(crc, sealed->pieces[i].bytes, sealed->pieces[i].length);
        length += sealed->pieces[i].length;
    }
    assert_int_equal(crc, sealed->crc32c);
    assert_int_equal(length, sealed->length);
    assert_string_equal(s3_metadata_get(&sealed->metadata, "hg-start"), "1000");
    assert_string_equal(s3_metadata_get(&sealed->metadata, "hg-first"), "1005");
    assert_string_equal(s3_metadata_get(&sealed->metadata, "hg-next"), "3005");
    assert_string_equal(s3_metadata_get(&sealed->metadata, "hg-count"), "2000");
    assert_string_equal(sealed->key.data, "lake/2023/11/14/22/orders+4+00000000000000001000.txt.gz");

    sealed_object_free(sealed);
    assert_int_equal(memory_budget_used(budget), 0);
    object_workshop_clear(&workshop);
    buffer_clear(&expected);
    buffer_clear(&found);
    memory_budget_free(budget);
}

static void test_a_tombstone_decides_the_key_but_is_not_stored(void **state)
{
    struct memory_budget *budget = memory_budget_new(64 << 20);
    struct object_workshop workshop;
    struct sealed_object *sealed;
    struct error err;

    (void)state;
    object_workshop_init(&workshop, &stream, budget, "writer");
    struct open_object *object = open_object_new(&workshop, 0, 1, 7, (struct offset_range){ .start = 8, .end = 9 });
    assert_null(open_object_first(object));
    open_object_add(object, &(struct encoder_record){ .offset = 9, .time = 0, .key = "k", .key_length = 1 }, 0);
    assert_int_equal(open_object_records(object), 0);
    assert_int_equal(open_object_first(object)->offset, 9);
    open_object_add(
        object, &(struct encoder_record){ .offset = 10, .time = 1700000000000, .value = "v", .value_length = 1 }, 0);
    assert_true(open_object_seal(object, 11, ROTATION_STOP, &sealed, &err));
    assert_string_equal(sealed->key.data, "lake/1970/01/01/00/orders+0+00000000000000000007.txt.gz");
    assert_int_equal(sealed->records, 1);
    assert_string_equal(s3_metadata_get(&sealed->metadata, "hg-lost"), "8-9");
    sealed_object_free(sealed);
    object_workshop_clear(&workshop);
    assert_int_equal(memory_budget_used(budget), 0);
    memory_budget_free(budget);
}

static void test_a_dropped_object_gives_its_memory_back(void **state)
{
    struct memory_budget *budget = memory_budget_new(64 << 20);
    struct object_workshop workshop;

    (void)state;
    object_workshop_init(&workshop, &stream, budget, "writer");
    struct open_object *object = open_object_new(&workshop, 0, 1, 0, (struct offset_range){ 0 });
    open_object_add(object, &(struct encoder_record){ .value = "v", .value_length = 1 }, 0);
    open_object_settle(object);
    assert_true(memory_budget_used(budget) > 0);
    open_object_free(object);
    assert_int_equal(memory_budget_used(budget), 0);
    object_workshop_clear(&workshop);
    memory_budget_free(budget);
}

/* --- identity -------------------------------------------------------------------------------------------------------- */

static void make_metadata(struct s3_metadata *metadata)
{
    static const char *const rows[][2] = {
        { "hg-v",        "1"        },
        { "hg-cluster",  "CLUSTER"  },
        { "hg-topic-id", "TOPIC-ID" },
        { "hg-plan",     "3f9a17c2" },
        { "hg-start",    "100"      },
        { "hg-fp",       "00c0ffee" },
        { "hg-first",    "105"      },
        { "hg-next",     "200"      },
        { "hg-count",    "95"       },
        { "hg-ts-first", "-1"       },
        { "hg-ts-last",  "-1"       },
    };

    *metadata = (struct s3_metadata){ 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        s3_metadata_set(metadata, rows[i][0], rows[i][1]);
}

static void test_identity_is_read_whole(void **state)
{
    struct object_identity identity;
    struct s3_metadata metadata;
    struct error err;

    (void)state;
    make_metadata(&metadata);
    assert_true(object_identity_read(&stream, &metadata, 100, &identity, &err));
    assert_int_equal(identity.next, 200);
    assert_int_equal(identity.fingerprint, 0xc0ffee);
    assert_int_equal(identity.lost.end, 0);
    s3_metadata_set(&metadata, "hg-lost", "101-104");
    assert_true(object_identity_read(&stream, &metadata, 100, &identity, &err));
    assert_int_equal(identity.lost.start, 101);
    assert_int_equal(identity.lost.end, 104);
    s3_metadata_set(&metadata, "hg-topic-id", "-"); /* a writer with an old librdkafka: anything matches */
    assert_true(object_identity_read(&stream, &metadata, 100, &identity, &err));
    s3_metadata_clear(&metadata);
}

static void test_anything_that_differs_is_not_ours(void **state)
{
    static const char *const changes[][2] = {
        { "hg-v",        "2"        },
        { "hg-cluster",  "OTHER"    },
        { "hg-cluster",  "-"        },
        { "hg-topic-id", "OTHER"    },
        { "hg-plan",     "3f9a17c3" },
        { "hg-start",    "101"      },
        { "hg-start",    "x"        },
        { "hg-fp",       "zzzzzzzz" },
        { "hg-fp",       ""         },
        { "hg-first",    "99"       },
        { "hg-next",     "105"      },
        { "hg-count",    "0"        },
        { "hg-count",    "96"       },
        { "hg-lost",     "what"     },
        { "hg-lost",     "104"      },
        { "hg-lost",     "104-102"  },
        { "hg-lost",     "99-102"   },
        { "hg-lost",     "101-106"  },
        { "hg-lost",     "101-104x" },
        { "hg-lost",     "-104"     },
    };
    struct object_identity identity;
    struct s3_metadata metadata;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        make_metadata(&metadata);
        s3_metadata_set(&metadata, changes[i][0], changes[i][1]);
        if (object_identity_read(&stream, &metadata, 100, &identity, &err))
            fail_msg("%s=%s was taken for ours", changes[i][0], changes[i][1]);
        assert_int_equal(err.kind, ERROR_FORMAT);
        s3_metadata_clear(&metadata);
    }
    metadata = (struct s3_metadata){ 0 };
    assert_false(object_identity_read(&stream, &metadata, OFFSET_NONE, &identity, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget_stops_the_reader_only_when_spent),
        cmocka_unit_test(test_budget_asks_for_a_close_unless_enough_is_on_its_way),
        cmocka_unit_test(test_budget_of_those_that_can_move_is_what_is_not_parked),
        cmocka_unit_test(test_rotation_by_size_and_age_never_without_a_record),
        cmocka_unit_test(test_batch_gives_back_what_went_in),
        cmocka_unit_test(test_batch_is_full_by_bytes_or_records),
        cmocka_unit_test(test_a_large_record_takes_what_it_needs),
        cmocka_unit_test(test_open_object_holds_every_byte_in_order),
        cmocka_unit_test(test_a_tombstone_decides_the_key_but_is_not_stored),
        cmocka_unit_test(test_a_dropped_object_gives_its_memory_back),
        cmocka_unit_test(test_identity_is_read_whole),
        cmocka_unit_test(test_anything_that_differs_is_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
