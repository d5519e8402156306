/* The table of settings: what is taken, what is refused and how, precedence of the environment, help from the same rows. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_WORDS = 32 };

/* Parses a NULL-terminated list of words, as main would hand them over. */
static bool parse(struct config *config, enum config_command command, struct error *err, ...)
{
    char *argv[MOST_WORDS];
    int argc = 0;
    va_list words;
    char *word;

    config_init(config);
    *err = (struct error){ 0 };
    va_start(words, err);
    while ((word = va_arg(words, char *)) != NULL) {
        assert_true(argc < MOST_WORDS);
        argv[argc++] = word;
    }
    va_end(words);
    return config_parse(config, command, argc, argv, err);
}

#define assert_contains(text, part) assert_non_null(strstr((text), (part)))

static int clean_environment(void **state)
{
    static const char *const names[] = { "AWS_ENDPOINT_URL_S3",
                                         "AWS_ENDPOINT_URL",
                                         "AWS_REGION",
                                         "AWS_DEFAULT_REGION",
                                         "AWS_CA_BUNDLE",
                                         "NO_COLOR",
                                         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    return 0;
}

static void test_values_reach_their_place(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_DELIVER, &err, "--stream", "lake", "--topic=orders", "-b", "one:9092", "--bucket",
                      "b", "--prefix", "p/", "--size", "5", "--interval", "60", "--memory", "64", "--yes",
                      "--allow-lost", NULL));
    assert_string_equal(config.stream, "lake");
    assert_string_equal(config.topic, "orders");
    assert_string_equal(properties_get(&config.kafka, "bootstrap.servers"), "one:9092");
    assert_true(config.brokers_given);
    assert_string_equal(config.prefix, "p/");
    assert_int_equal(config.size_bytes, 5 * 1024 * 1024);
    assert_int_equal(config.interval_ms, 60000);
    assert_int_equal(config.memory_bytes, 64 * 1024 * 1024);
    assert_true(config.yes && config.allow_lost);
    assert_false(config.allow_gap || config.allow_members || config.allow_weak_store);
    config_clear(&config);
}

static void test_defaults(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_DELIVER, &err, NULL));
    assert_true(config.read_committed);
    assert_false(config.isolation_given || config.brokers_given || config.prefix_given);
    assert_string_equal(config.prefix, "");
    assert_int_equal(config.size_bytes, 0);
    assert_int_equal(config.memory_bytes, 256 * 1024 * 1024);
    assert_null(config.format);
    assert_null(config.region);
    config_clear(&config);
}

static void test_brokers_by_property_count(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_TOPICS, &err, "-X", "bootstrap.servers=two:9092", "-Xclient.rack=a", NULL));
    assert_true(config.brokers_given);
    assert_string_equal(properties_get(&config.kafka, "client.rack"), "a");
    config_clear(&config);
}

/* Workers add up, the command line's before the file's; words are taken by connect alone. */
static void test_kafka_connect(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_CONNECT, &err, "stop", "--connect", "http://a:1", "orders-s3", "--connect=b:2",
                      "-X", "headgate.connect=http://c:3", "-X", "headgate.connect.user=me", "-X",
                      "headgate.connect.password=pw", NULL));
    assert_string_equal(config.connect_url, "http://a:1,b:2");
    assert_string_equal(config.connect_user, "me");
    assert_string_equal(config.connect_password, "pw");
    assert_string_equal(config.connect_verb, "stop");
    assert_string_equal(config.connect_name, "orders-s3");
    assert_null(properties_get(&config.kafka, "headgate.connect.password"));
    config_clear(&config);
    assert_true(parse(&config, CONFIG_CONNECT, &err, "-X", "headgate.connect=http://c:3", NULL));
    assert_string_equal(config.connect_url, "http://c:3");
    assert_null(config.connect_verb);
    config_clear(&config);
    assert_false(parse(&config, CONFIG_CONNECT, &err, "stop", "a", "b", NULL));
    config_clear(&config);
}

/* The process list shows it to everybody. */
static void test_secrets_among_the_arguments(void **state)
{
    static const struct {
        const char *option, *value;
        const char *named; /* NULL: nothing to warn of */
    } cases[] = {
        { "-X",        "sasl.password=HUSH",                                   "sasl.password"             },
        { "-X",        "headgate.connect.password=HUSH",                       "headgate.connect.password" },
        { "-X",        "headgate.connect=http://me:HUSH@c:3",                  "headgate.connect"          },
        { "-X",        "sasl.jaas.config=x.IAMLoginModule required;",          NULL                        },
        { "-X",        "sasl.jaas.config=x.Plain required password=\"HUSH\";", "sasl.jaas.config"          },
        { "--connect", "http://a:1,https://me:HUSH@c:3/x",                     "--connect"                 },
        { "--connect", "http://a:1/x@y,b:2",                                   NULL                        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config;
        struct error err;

        assert_true(parse(&config, CONFIG_CONNECT, &err, cases[i].option, cases[i].value, NULL));
        if (cases[i].named) {
            assert_non_null(config.warning);
            assert_contains(config.warning, cases[i].named);
            assert_contains(config.warning, "--config");
            assert_null(strstr(config.warning, "HUSH"));
        } else {
            assert_null(config.warning);
        }
        config_clear(&config);
    }
}

/* TLS that takes anybody is allowed for a test cluster, and said; not where the brokers are Amazon's. */
static void test_brokers_that_are_not_verified(void **state)
{
    static const struct {
        const char *protocol, *setting;
        bool unverified;
    } cases[] = {
        { "security.protocol=SSL",       "ssl.endpoint.identification.algorithm=none",  true  },
        { "security.protocol=sasl_ssl",  "ssl.endpoint.identification.algorithm=",      true  },
        { "security.protocol=SASL_SSL",  "enable.ssl.certificate.verification=false",   true  },
        { "security.protocol=SASL_SSL",  "enable.ssl.certificate.verification=true",    false },
        { "security.protocol=SSL",       "ssl.endpoint.identification.algorithm=https", false },
        { "security.protocol=PLAINTEXT", "ssl.endpoint.identification.algorithm=none",  false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config;
        struct error err;
        bool ok;

        assert_true(parse(&config, CONFIG_TOPICS, &err, "-b", "b1:9094", "-X", cases[i].protocol, "-X",
                          cases[i].setting, NULL));
        assert_int_equal(config.unverified != NULL, cases[i].unverified);
        if (config.unverified)
            assert_contains(config.unverified, "ssl.ca.location");
        config_clear(&config);
        ok = parse(&config, CONFIG_TOPICS, &err, "-b", "x:1,b-1.a.c2.kafka.eu-west-1.amazonaws.com:9094", "-X",
                   cases[i].protocol, "-X", cases[i].setting, NULL);
        assert_int_equal(ok, !cases[i].unverified);
        if (!ok)
            assert_contains(err.message, "Amazon's");
        config_clear(&config);
        /* Somebody's own, on instances or behind a balancer there. */
        assert_true(parse(&config, CONFIG_TOPICS, &err, "-b", "k-1.elb.eu-west-1.amazonaws.com:9094", "-X",
                          cases[i].protocol, "-X", cases[i].setting, NULL));
        assert_int_equal(config.unverified != NULL, cases[i].unverified);
        config_clear(&config);
    }
}

/* What a cluster's own settings say, and none of it reaches librdkafka. */
static void test_cluster_settings(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_CONSOLE, &err, "-X", "headgate.cluster.name=prod", "-X",
                      "headgate.allow_write=true", "-b", "a:9092,[::1]:9092, b , ::1,c:1", NULL));
    assert_string_equal(config.cluster_name, "prod");
    assert_true(config.allow_write);
    assert_int_equal(config.kafka.count, 1);
    config_clear(&config);
    assert_true(parse(&config, CONFIG_CONSOLE, &err, "-X", "headgate.allow_write=false", NULL));
    assert_false(config.allow_write);
    config_clear(&config);
}

/* Each line must be refused as wrong usage, with these words in the message. */
static void test_refusals(void **state)
{
    static const struct {
        enum config_command command;
        const char *option, *value, *says;
    } rows[] = {
        { CONFIG_SURVEY,  "--isolation",   "serializable",               "read_uncommitted"                                            },
        { CONFIG_TOPICS,  "--bucket",      "b",                          "topics does not take --bucket (survey, plan, deliver, audit" },
        { CONFIG_AUDIT,   "--start",       "safe",                       "plan, deliver"                                               },
        { CONFIG_TOPICS,  "-b",            "a:9092,b:99999",             "b:99999 has no port from 1 to 65535"                         },
        { CONFIG_TOPICS,  "-b",            "a:",                         "a: has no port"                                              },
        { CONFIG_TOPICS,  "-b",            "[::1]:0",                    "[::1]:0 has no port"                                         },
        { CONFIG_TOPICS,  "-X",            "headgate.allow_write=yes",   "true or false"                                               },
        { CONFIG_TOPICS,  "-X",            "headgate.allow_writes=true", "headgate.allow_writes"                                       },
        { CONFIG_SURVEY,  "--topik",       "t",                          "--topik"                                                     },
        { CONFIG_SURVEY,  "orders",        NULL,                         "orders"                                                      },
        { CONFIG_SURVEY,  "--topic",       NULL,                         "--topic"                                                     },
        { CONFIG_SURVEY,  "--topic",       "",                           "--topic needs a value"                                       },
        { CONFIG_SURVEY,  "-X",            "novalue",                    "name=value"                                                  },
        { CONFIG_DELIVER, "--format",      "parquet",                    "lines"                                                       },
        { CONFIG_DELIVER, "--compression", "lz4",                        "gzip"                                                        },
        { CONFIG_DELIVER, "--folders",     "hour",                       "partition"                                                   },
        { CONFIG_DELIVER, "--size",        "0",                          "1 to 1024"                                                   },
        { CONFIG_DELIVER, "--size",        "12M",                        "12M"                                                         },
        { CONFIG_DELIVER, "--interval",    "-1",                         "SECONDS"                                                     },
        { CONFIG_DELIVER, "--memory",      "1",                          "32"                                                          },
        { CONFIG_CONSOLE, "--refresh",     "61",                         "60"                                                          },
        { CONFIG_CONSOLE, "--json",        NULL,                         "the console does not take --json"                            },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config config;
        struct error err;

        assert_false(parse(&config, rows[i].command, &err, rows[i].option, rows[i].value, NULL));
        assert_int_equal(err.kind, ERROR_USAGE);
        if (!strstr(err.message, rows[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].says);
        config_clear(&config);
    }
}

static void test_environment_comes_second(void **state)
{
    struct config config;
    struct error err;

    (void)state;
    setenv("AWS_ENDPOINT_URL", "http://general", 1);
    setenv("AWS_ENDPOINT_URL_S3", "http://s3", 1);
    setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
    setenv("NO_COLOR", "1", 1);
    assert_true(parse(&config, CONFIG_AUDIT, &err, NULL));
    assert_string_equal(config.endpoint_url, "http://s3");
    assert_string_equal(config.region, "eu-west-1");
    assert_true(config.no_color);
    config_clear(&config);

    assert_true(parse(&config, CONFIG_AUDIT, &err, "--endpoint-url", "http://typed", NULL));
    assert_string_equal(config.endpoint_url, "http://typed");
    config_clear(&config);

    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_true(parse(&config, CONFIG_AUDIT, &err, NULL));
    assert_null(config.endpoint_url);
    config_clear(&config);
    clean_environment(NULL);
}

static void test_copy_shares_nothing(void **state)
{
    struct config config, copy;
    struct error err;

    (void)state;
    assert_true(parse(&config, CONFIG_SURVEY, &err, "--topic", "t", "-b", "x:1", NULL));
    config_copy(&copy, &config);
    assert_ptr_not_equal(copy.topic, config.topic);
    config_clear(&config);
    assert_string_equal(copy.topic, "t");
    assert_string_equal(properties_get(&copy.kafka, "bootstrap.servers"), "x:1");
    config_clear(&copy);
}

/* A line for each option of the command, none of another's, and never wider than a terminal. */
static void test_help(void **state)
{
    struct buffer out;
    size_t width = 0;

    (void)state;
    buffer_init(&out, 0);
    config_help(CONFIG_DELIVER, &out);
    assert_contains(out.data, "--allow-weak-store");
    assert_contains(out.data, "--ca-bundle FILE");
    assert_null(strstr(out.data, "--script"));
    for (const char *c = out.data; *c; c++) {
        width = *c == '\n' ? 0 : width + 1;
        assert_true(width <= 80);
    }
    buffer_reset(&out);
    config_help(CONFIG_TOPICS, &out);
    assert_null(strstr(out.data, "--bucket"));
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_reach_their_place),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_brokers_by_property_count),
        cmocka_unit_test(test_kafka_connect),
        cmocka_unit_test(test_secrets_among_the_arguments),
        cmocka_unit_test(test_brokers_that_are_not_verified),
        cmocka_unit_test(test_cluster_settings),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_environment_comes_second),
        cmocka_unit_test(test_copy_shares_nothing),
        cmocka_unit_test(test_help),
    };

    return cmocka_run_group_tests(tests, clean_environment, NULL);
}
