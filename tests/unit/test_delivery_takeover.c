/* A takeover while Kafka does not say where partitions go on, on librdkafka's mock cluster, which can be told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/properties.h"
#include "delivery/delivery.h"

enum { OFFSET_FETCH = 9, REFUSALS = 10000, PARTITIONS = 3, PATIENCE_MS = 40000 };

struct world {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
    struct properties properties;
    struct cutover_plan plan;
    struct stream_object stream;
    struct delivery *delivery;
    struct delivery_progress progress;
};

static const char *look_up(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "AWS_ACCESS_KEY_ID") == 0 || strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "somethinglong"
                                                                                                : NULL;
}

static void plan_stream(struct world *world)
{
    world->plan.count = PARTITIONS;
    world->plan.rows = memory_new(PARTITIONS * sizeof(*world->plan.rows));
    for (int32_t i = 0; i < PARTITIONS; i++)
        world->plan.rows[i].until = OFFSET_NONE;
    world->plan.topic = "orders";
    snprintf(world->plan.id, sizeof(world->plan.id), "3f9a17c2");
    world->stream = (struct stream_object){
        .stream = "orders",
        .endpoint = "http://127.0.0.1:1",
        .bucket = "lake",
        .prefix = "",
        .plan = &world->plan,
    };
    snprintf(world->stream.settings.format, sizeof(world->stream.settings.format), "lines");
    snprintf(world->stream.settings.compression, sizeof(world->stream.settings.compression), "none");
    world->stream.settings.size_bytes = 1024 * 1024;
    world->stream.settings.interval_ms = 1000;
}

static int set_up(void **state)
{
    struct world *world = memory_new(sizeof(*world));
    char text[256];

    world->owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof(text));
    world->cluster = world->owner ? rd_kafka_mock_cluster_new(world->owner, 1) : NULL;
    if (!world->cluster || rd_kafka_mock_topic_create(world->cluster, "orders", PARTITIONS, 1) != 0)
        return -1;
    properties_init(&world->properties);
    properties_set(&world->properties, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world->cluster));
    plan_stream(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    delivery_free(world->delivery);
    free(world->progress.partitions);
    properties_clear(&world->properties);
    rd_kafka_mock_cluster_destroy(world->cluster);
    rd_kafka_destroy(world->owner);
    free(world->plan.rows);
    free(world);
    return 0;
}

static void start(struct world *world)
{
    struct delivery_settings settings = {
        .kafka = { .properties = &world->properties },
        .s3 = { .bucket = "lake",
                  .endpoint_url = "http://127.0.0.1:1",
                  .region = "us-east-1",
                  .credentials = { .lookup = look_up } },
        .stream = &world->stream,
        .memory_bytes = 64 * 1024 * 1024,
        .instance = "test",
    };
    struct error err;

    assert_true(delivery_start(&settings, &world->delivery, &err));
}

/* Coordinators that load say this for as long as it takes. */
static void refuse(struct world *world)
{
    rd_kafka_resp_err_t codes[REFUSALS];

    for (size_t i = 0; i < REFUSALS; i++)
        codes[i] = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    rd_kafka_mock_push_request_errors_array(world->cluster, OFFSET_FETCH, REFUSALS, codes);
}

static bool is_waiting(const struct world *world)
{
    return world->progress.count > 0 && strstr(world->progress.partitions[0].note, "cannot take over") != NULL;
}

static bool is_taken(const struct world *world)
{
    return world->progress.count > 0 && world->progress.partitions[0].delivered == 0 &&
           world->progress.partitions[0].position == 0 && world->progress.partitions[0].note[0] == '\0';
}

static bool has_ended(const struct world *world)
{
    return world->progress.state == DELIVERY_STOPPED || world->progress.state == DELIVERY_FAILED;
}

static int64_t wait_until(struct world *world, bool (*condition)(const struct world *world))
{
    int64_t began = timestamp_monotonic();

    do {
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
        delivery_progress_get(world->delivery, &world->progress);
    } while (!condition(world) && timestamp_monotonic() - began < PATIENCE_MS);
    assert_true(condition(world));
    return timestamp_monotonic() - began;
}

static void test_a_takeover_waits_for_kafka_and_says_since_when(void **state)
{
    struct world *world = *state;

    refuse(world);
    start(world);
    wait_until(world, is_waiting);
    assert_int_equal(world->progress.state, DELIVERY_RUNNING);
    assert_int_equal(world->progress.partitions[0].state, DELIVERY_PARTITION_WAITING);
    assert_non_null(strstr(world->progress.partitions[0].note, "since "));
    rd_kafka_mock_clear_request_errors(world->cluster, OFFSET_FETCH);
    wait_until(world, is_taken);
    assert_int_equal(world->progress.state, DELIVERY_RUNNING);
}

static void test_a_takeover_that_waits_can_be_ended(void **state)
{
    struct world *world = *state;

    refuse(world);
    start(world);
    wait_until(world, is_waiting);
    delivery_drain(world->delivery);
    assert_true(wait_until(world, has_ended) < 20000);
    assert_int_equal(world->progress.state, DELIVERY_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_takeover_waits_for_kafka_and_says_since_when, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_takeover_that_waits_can_be_ended, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
