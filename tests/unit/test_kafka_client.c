/* Which groups are ours, and which settings make no client. No broker is needed. */
#include "kafka/kafka_client.h"
#include "kafka/kafka_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_groups_of_ours(void **state)
{
    (void)state;
    assert_true(kafka_group_is_ours("headgate-orders"));
    assert_true(kafka_group_is_ours("headgate-scan-1"));
    assert_false(kafka_group_is_ours(NULL));
    assert_false(kafka_group_is_ours(""));
    assert_false(kafka_group_is_ours("headgate"));
    assert_false(kafka_group_is_ours("headgate-"));
    assert_false(kafka_group_is_ours("headgateorders"));
    assert_false(kafka_group_is_ours("Headgate-orders"));
    assert_false(kafka_group_is_ours(" headgate-orders"));
    assert_false(kafka_group_is_ours("connect-orders"));
    assert_false(kafka_group_is_ours("connect-headgate-orders"));
}

struct fixture {
    struct properties properties;
    struct kafka_settings settings;
    struct error err;
};

static void fixture_init(struct fixture *fixture, const char *pair)
{
    properties_init(&fixture->properties);
    fixture->settings = (struct kafka_settings){ .properties = &fixture->properties };
    properties_set(&fixture->properties, "bootstrap.servers", "127.0.0.1:1");
    error_clear(&fixture->err);
    if (pair != NULL)
        assert_true(properties_set_pair(&fixture->properties, pair, &fixture->err));
}

static void conf_value(rd_kafka_conf_t *conf, const char *name, char value[256])
{
    size_t size = 256;

    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
}

static void assert_conf(rd_kafka_conf_t *conf, const char *name, const char *expected)
{
    char value[256];

    conf_value(conf, name, value);
    assert_string_equal(value, expected);
}

static void test_safe_settings(void **state)
{
    struct fixture fixture;
    rd_kafka_conf_t *conf = NULL;
    char first[256], second[256];

    (void)state;
    fixture_init(&fixture, "fetch.wait.max.ms=77");
    assert_true(kafka_conf_new(&fixture.settings, NULL, &conf, &fixture.err));
    assert_conf(conf, "enable.auto.commit", "false");
    assert_conf(conf, "enable.auto.offset.store", "false");
    assert_conf(conf, "check.crcs", "true");
    assert_conf(conf, "enable.partition.eof", "true");
    assert_conf(conf, "allow.auto.create.topics", "false");
    assert_conf(conf, "isolation.level", "read_committed");
    assert_conf(conf, "fetch.wait.max.ms", "77");
    conf_value(conf, "group.id", first);
    assert_true(strncmp(first, "headgate-scan-", 14) == 0);
    rd_kafka_conf_destroy(conf);

    fixture.settings.isolation = KAFKA_READ_UNCOMMITTED;
    assert_true(kafka_conf_new(&fixture.settings, NULL, &conf, &fixture.err));
    assert_conf(conf, "isolation.level", "read_uncommitted");
    conf_value(conf, "group.id", second);
    assert_string_not_equal(first, second);
    rd_kafka_conf_destroy(conf);
    properties_clear(&fixture.properties);
}

static void test_no_client_with_a_foreign_group(void **state)
{
    struct fixture fixture;
    rd_kafka_conf_t *conf = NULL;

    (void)state;
    fixture_init(&fixture, NULL);
    assert_false(kafka_conf_new(&fixture.settings, "connect-orders", &conf, &fixture.err));
    assert_int_equal(fixture.err.kind, ERROR_REFUSED);
    assert_null(conf);
    assert_true(kafka_conf_new(&fixture.settings, "headgate-orders", &conf, &fixture.err));
    assert_conf(conf, "group.id", "headgate-orders");
    rd_kafka_conf_destroy(conf);
    properties_clear(&fixture.properties);
}

/* A client with one more setting is refused with a word in its message, and never with another. */
static void refused(const char *pair, const char *word, const char *never)
{
    struct fixture fixture;
    struct kafka_client *client = NULL;

    fixture_init(&fixture, pair);
    assert_false(kafka_client_new(&fixture.settings, &client, &fixture.err));
    assert_int_equal(fixture.err.kind, ERROR_USAGE);
    if (strstr(fixture.err.message, word) == NULL || (never != NULL && strstr(fixture.err.message, never) != NULL))
        fail_msg("%s: %s", pair, fixture.err.message);
    properties_clear(&fixture.properties);
}

static void test_settings_that_librdkafka_does_not_take(void **state)
{
    struct fixture fixture;
    struct kafka_client *client = NULL;

    (void)state;
    refused("security.protocl=SSL", "security.protocl; did you mean security.protocol?", NULL);
    refused("fetch.wait.max.ms=soon", "fetch.wait.max.ms", NULL);
    refused("security.protocol=TLS", "security.protocol", NULL);
    refused("group.id=connect-orders", "group.id", NULL);
    fixture_init(&fixture, "bootstrap.servers=");
    assert_false(kafka_client_new(&fixture.settings, &client, &fixture.err));
    assert_non_null(strstr(fixture.err.message, "--brokers"));
    properties_clear(&fixture.properties);
}

static void test_a_client_comes_and_goes_without_a_broker(void **state)
{
    struct fixture fixture;
    struct kafka_client *client = NULL;

    (void)state;
    fixture_init(&fixture, NULL);
    assert_true(kafka_client_new(&fixture.settings, &client, &fixture.err));
    assert_false(kafka_client_connect(client, 700, &fixture.err));
    assert_int_equal(fixture.err.kind, ERROR_KAFKA);
    assert_true(fixture.err.retriable);
    assert_non_null(strstr(fixture.err.message, "127.0.0.1:1"));
    assert_string_equal(kafka_client_cluster_id(client, 1), "-");
    kafka_client_free(client);
    kafka_client_free(NULL);
    properties_clear(&fixture.properties);
}

/* rd_kafka_metadata as kafka_client calls it: the linker puts this in between (--wrap). */
rd_kafka_resp_err_t __real_rd_kafka_metadata(rd_kafka_t *rk, int all_topics, rd_kafka_topic_t *topic,
                                             const struct rd_kafka_metadata **metadata, int timeout_ms);
rd_kafka_resp_err_t __wrap_rd_kafka_metadata(rd_kafka_t *rk, int all_topics, rd_kafka_topic_t *topic,
                                             const struct rd_kafka_metadata **metadata, int timeout_ms);

static struct {
    bool fails; /* at once, as it does where a connection has just ended */
    int asked;
    int shortest_ms;
} broker;

rd_kafka_resp_err_t __wrap_rd_kafka_metadata(rd_kafka_t *rk, int all_topics, rd_kafka_topic_t *topic,
                                             const struct rd_kafka_metadata **metadata, int timeout_ms)
{
    if (!broker.fails)
        return __real_rd_kafka_metadata(rk, all_topics, topic, metadata, timeout_ms);
    broker.shortest_ms = broker.asked++ == 0 || timeout_ms < broker.shortest_ms ? timeout_ms : broker.shortest_ms;
    return RD_KAFKA_RESP_ERR__TRANSPORT;
}

/* Each question whose time is over stays in librdkafka's queue for a minute. */
static void test_a_broker_that_fails_at_once_is_not_flooded(void **state)
{
    enum { CONNECT_MS = 3000, ASKED_MOST = CONNECT_MS / 50 + 1 };
    struct fixture fixture;
    struct kafka_client *client = NULL;

    (void)state;
    fixture_init(&fixture, NULL);
    assert_true(kafka_client_new(&fixture.settings, &client, &fixture.err));
    broker.fails = true;
    assert_false(kafka_client_connect(client, CONNECT_MS, &fixture.err));
    broker.fails = false;
    assert_in_range(broker.asked, 2, ASKED_MOST);
    assert_true(broker.shortest_ms > 0);
    kafka_client_free(client);
    properties_clear(&fixture.properties);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_of_ours),
        cmocka_unit_test(test_safe_settings),
        cmocka_unit_test(test_no_client_with_a_foreign_group),
        cmocka_unit_test(test_settings_that_librdkafka_does_not_take),
        cmocka_unit_test(test_a_client_comes_and_goes_without_a_broker),
        cmocka_unit_test(test_a_broker_that_fails_at_once_is_not_flooded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
