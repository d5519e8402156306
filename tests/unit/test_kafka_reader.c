/* Where librdkafka reads on after a partition was taken over unread, on its mock cluster, which answers as late as told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/buffer.h"
#include "base/properties.h"
#include "kafka/kafka_reader.h"

enum {
    PARTITIONS = 2,
    WIDTH = 1000, /* partitions of the topic "wide" */
    FETCH = 1,
    LIST_OFFSETS = 2,
    BROKER = 1,
    LATE_MS = 400,
    GOES_ON = 45,
    FIRST = 60,      /* records before the member comes */
    MORE = 80,       /* and one by one while it reads: for as long as a late answer may do harm */
    BETWEEN_MS = 25, /* two of them */
    TOLD_S = 2,      /* the mock cluster lets a fetch without records wait for half a second */
    PATIENCE_MS = 30000
};

struct world {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *cluster;
    struct properties properties;
    struct kafka_reader *reader;
    const char *topic;
    bool assigned;
    struct expected {
        int64_t next;     /* what comes must come in one piece */
        int64_t jumped;   /* the first offset that came instead of next, or OFFSET_NONE */
        int64_t end_told; /* by an end of partition */
    } rows[PARTITIONS];
    struct error error;
};

static void on_record(void *context, const struct kafka_record *record)
{
    struct world *world = context;
    struct expected *row = &world->rows[record->partition];

    if (record->offset != row->next && row->jumped == OFFSET_NONE)
        row->jumped = record->offset;
    row->next = record->offset + 1;
}

static void on_end_of_partition(void *context, int32_t partition, int64_t offset)
{
    struct world *world = context;
    struct expected *row = &world->rows[partition];

    row->end_told = offset;
    if (offset > row->next && row->jumped == OFFSET_NONE)
        row->jumped = offset; /* nothing here is empty */
}

/* Taken over unread. */
static void on_assigned(void *context, struct partition_offsets *partitions)
{
    struct world *world = context;

    world->assigned = partitions->count > 0;
}

static void on_revoked(void *context, const struct partition_offsets *partitions, bool lost)
{
    (void)context;
    (void)partitions;
    (void)lost;
}

static void on_partition_error(void *context, int32_t partition, bool out_of_range, const struct error *err)
{
    struct world *world = context;

    (void)partition;
    (void)out_of_range;
    world->error = *err;
}

static void on_fatal(void *context, const struct error *err)
{
    struct world *world = context;

    world->error = *err;
}

static void on_committed(void *context, const struct partition_offsets *offsets, const struct error *err)
{
    (void)context;
    (void)offsets;
    (void)err;
}

static const struct kafka_reader_events events = {
    .record = on_record,
    .end_of_partition = on_end_of_partition,
    .assigned = on_assigned,
    .revoked = on_revoked,
    .partition_error = on_partition_error,
    .fatal = on_fatal,
    .committed = on_committed,
};

/* So many records into each partition. */
static void produce(struct world *world, int count)
{
    for (int i = 0; i < count * PARTITIONS; i++)
        assert_int_equal(rd_kafka_producev(world->producer, RD_KAFKA_V_TOPIC("orders"),
                                           RD_KAFKA_V_PARTITION(i % PARTITIONS), RD_KAFKA_V_VALUE("x", 1),
                                           RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(world->producer, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int set_up(void **state)
{
    struct world *world = memory_new(sizeof(*world));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    *state = world;
    if (rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof(text)) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "log_level", "4", text, sizeof(text)) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof(text)) != RD_KAFKA_CONF_OK)
        return -1;
    world->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    world->cluster = world->producer ? rd_kafka_handle_mock_cluster(world->producer) : NULL;
    if (!world->cluster ||
        rd_kafka_mock_topic_create(world->cluster, "orders", PARTITIONS, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
#if RD_KAFKA_VERSION >= 0x020600ff
    rd_kafka_mock_group_initial_rebalance_delay_ms(world->cluster, 0);
#endif
    properties_init(&world->properties);
    properties_set(&world->properties, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world->cluster));
    world->topic = "orders";
    for (int32_t i = 0; i < PARTITIONS; i++)
        world->rows[i] = (struct expected){ .next = GOES_ON, .jumped = OFFSET_NONE };
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    kafka_reader_close(world->reader, KAFKA_LEAVE_MS);
    properties_clear(&world->properties);
    rd_kafka_destroy(world->producer);
    free(world);
    return 0;
}

static void take_over(struct world *world)
{
    const struct kafka_reader_settings settings = {
        .kafka = { .properties = &world->properties },
        .group = "headgate-orders",
        .topic = world->topic,
    };
    int64_t began = timestamp_monotonic();
    struct error err;

    assert_true(kafka_reader_new(&settings, &events, world, &world->reader, &err));
    while (!world->assigned && timestamp_monotonic() - began < PATIENCE_MS)
        kafka_reader_poll(world->reader, 1, 10);
    assert_true(world->assigned);
}

/* One alone and one as one of many. */
static void seek(struct world *world)
{
    struct partition_offsets offsets;
    struct error err;

    assert_true(kafka_reader_seek(world->reader, 0, GOES_ON, &err));
    partition_offsets_init(&offsets);
    partition_offsets_set(&offsets, 1, GOES_ON);
    kafka_reader_seek_all(world->reader, &offsets);
    assert_null(offsets.rows[0].error);
    partition_offsets_clear(&offsets);
}

/* Reads until everything below offset has come from a partition, and its end was told, or an error. */
static void read_up_to(struct world *world, int32_t partition, int64_t offset)
{
    const struct expected *row = &world->rows[partition];
    int64_t began = timestamp_monotonic();

    while ((row->next < offset || row->end_told < offset) && world->error.message[0] == '\0' &&
           timestamp_monotonic() - began < PATIENCE_MS)
        kafka_reader_poll(world->reader, 1000, BETWEEN_MS);
    assert_true(world->error.message[0] != '\0' || row->next == offset);
}

/* librdkafka would look up a place like "end" by itself, and an answer that comes after a seek starts that anew: it then
 * goes on from the end, past what has come meanwhile, without a word. So no such place is ever given to it. */
static void test_what_was_taken_over_unread_is_read_from_where_it_is_sought(void **state)
{
    struct world *world = *state;

    produce(world, FIRST);
    assert_int_equal(rd_kafka_mock_broker_push_request_error_rtts(world->cluster, BROKER, LIST_OFFSETS, PARTITIONS,
                                                                  RD_KAFKA_RESP_ERR_NO_ERROR, LATE_MS,
                                                                  RD_KAFKA_RESP_ERR_NO_ERROR, LATE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    take_over(world);
    seek(world);
    for (int i = 0; i < MORE; i++) {
        produce(world, 1);
        kafka_reader_poll(world->reader, 1000, BETWEEN_MS);
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        read_up_to(world, i, FIRST + MORE);
        assert_string_equal(world->error.message, "");
        assert_int_equal(world->rows[i].jumped, OFFSET_NONE);
    }
}

/* A member that reads one partition from an offset on. */
static void go_on(struct world *world, int64_t offset)
{
    struct error err;

    world->rows[0] = (struct expected){ .next = offset, .jumped = OFFSET_NONE };
    assert_true(kafka_reader_seek(world->reader, 0, offset, &err));
}

/* It has read all there is, and its place is then said to be in the log no more; it has not heard of that. */
static void lose_the_place(struct world *world)
{
    produce(world, FIRST);
    take_over(world);
    go_on(world, 0);
    read_up_to(world, 0, FIRST);
    assert_string_equal(world->error.message, "");
    rd_kafka_mock_push_request_errors(world->cluster, FETCH, 1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
    nanosleep(&(struct timespec){ .tv_sec = TOLD_S }, NULL);
}

static void test_a_place_that_is_lost_is_told(void **state)
{
    struct world *world = *state;

    lose_the_place(world);
    kafka_reader_hold(world->reader, true);
    kafka_reader_hold(world->reader, false);
    read_up_to(world, 0, FIRST + 1); /* librdkafka reads no more, and says why */
    assert_string_not_equal(world->error.message, "");
}

/* It is heard of only when the partition is read elsewhere, where nothing is wrong. */
static void test_a_place_that_was_left_is_no_matter_any_more(void **state)
{
    struct world *world = *state;

    lose_the_place(world);
    produce(world, 1);
    go_on(world, FIRST + 1);
    produce(world, 1);
    read_up_to(world, 0, FIRST + 2);
    assert_string_equal(world->error.message, "");
    assert_int_equal(world->rows[0].jumped, OFFSET_NONE);
}

static void test_nor_one_that_is_not_read_just_then(void **state)
{
    struct world *world = *state;

    lose_the_place(world);
    kafka_reader_stop_partition(world->reader, 0);
    kafka_reader_poll(world->reader, 1000, BETWEEN_MS);
    go_on(world, 0);
    read_up_to(world, 0, FIRST);
    assert_string_equal(world->error.message, "");
    assert_int_equal(world->rows[0].jumped, OFFSET_NONE);
}

#if RD_KAFKA_VERSION >= 0x020600ff
/* How many requests of a kind have come since tracking began. */
static size_t asked(struct world *world, int16_t kind)
{
    size_t count = 0, found = 0;
    rd_kafka_mock_request_t **requests = rd_kafka_mock_get_requests(world->cluster, &count);

    for (size_t i = 0; i < count; i++)
        found += rd_kafka_mock_request_api_key(requests[i]) == kind;
    rd_kafka_mock_request_destroy_array(requests, count);
    return found;
}

/* Partitions that were taken over unread are fetched by nobody, not even while there are many to be paused. */
static void test_what_is_not_read_is_not_fetched(void **state)
{
    struct world *world = *state;
    int64_t began;

    world->topic = "wide";
    assert_int_equal(rd_kafka_mock_topic_create(world->cluster, world->topic, WIDTH, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_mock_start_request_tracking(world->cluster);
    take_over(world);
    began = timestamp_monotonic();
    while (timestamp_monotonic() - began < TOLD_S * 1000)
        kafka_reader_poll(world->reader, 1000, BETWEEN_MS);
    assert_int_equal(asked(world, LIST_OFFSETS), 0);
    assert_int_equal(asked(world, FETCH), 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_taken_over_unread_is_read_from_where_it_is_sought, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_place_that_is_lost_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_place_that_was_left_is_no_matter_any_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nor_one_that_is_not_read_just_then, set_up, tear_down),
#if RD_KAFKA_VERSION >= 0x020600ff /* older mock clusters do not count */
        cmocka_unit_test_setup_teardown(test_what_is_not_read_is_not_fetched, set_up, tear_down),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
