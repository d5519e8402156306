/* Java's client settings in librdkafka's words, and which of them are refused. */
#include "kafka/kafka_java.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct translated {
    struct properties from;
    struct properties to;
    struct error err;
    bool ok;
};

/* Translates up to three settings. */
static void translate(struct translated *test, const char *first, const char *second, const char *third)
{
    const char *const pairs[] = { first, second, third };

    properties_init(&test->from);
    properties_init(&test->to);
    error_clear(&test->err);
    for (size_t i = 0; i < 3; i++)
        if (pairs[i] != NULL)
            assert_true(properties_set_pair(&test->from, pairs[i], &test->err));
    test->ok = kafka_java_translate(&test->from, &test->to, &test->err);
}

static void finish(struct translated *test)
{
    properties_clear(&test->from);
    properties_clear(&test->to);
}

/* One setting that has to be refused with a text that holds each of two words. */
static void refused(const char *pair, const char *word, const char *other)
{
    struct translated test;

    translate(&test, pair, NULL, NULL);
    assert_false(test.ok);
    assert_int_equal(test.err.kind, ERROR_USAGE);
    if (strstr(test.err.message, word) == NULL || strstr(test.err.message, other) == NULL)
        fail_msg("%s: %s", pair, test.err.message);
    finish(&test);
}

static void test_same_names_pass(void **state)
{
    struct translated test;

    (void)state;
    translate(&test, "bootstrap.servers=a:1,b:2", "security.protocol=SASL_SSL", "ssl.ca.location=/ca.pem");
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(properties_get(&test.to, "security.protocol"), "SASL_SSL");
    assert_string_equal(properties_get(&test.to, "ssl.ca.location"), "/ca.pem");
    finish(&test);
}

static void test_jaas_gives_user_and_password(void **state)
{
    struct translated test;

    (void)state;
    translate(&test, "sasl.mechanism=SCRAM-SHA-512",
              "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
              "username=\"anna\" password=\"a \\\"b\\\\;=\";",
              NULL);
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "sasl.mechanism"), "SCRAM-SHA-512");
    assert_string_equal(properties_get(&test.to, "sasl.username"), "anna");
    assert_string_equal(properties_get(&test.to, "sasl.password"), "a \"b\\;=");
    assert_null(properties_get(&test.to, "sasl.jaas.config"));
    finish(&test);

    translate(&test,
              "sasl.jaas.config=  org.apache.kafka.common.security.plain.PlainLoginModule   required\n"
              " password=x serviceName=\"kafka\" username=\"\" ;",
              NULL, NULL);
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "sasl.username"), "");
    assert_string_equal(properties_get(&test.to, "sasl.password"), "x");
    finish(&test);
}

static void test_jaas_that_cannot_be_read(void **state)
{
    static const char *const broken[] = {
        "",
        ";",
        "org.PlainLoginModule",
        "org.PlainLoginModule required;",
        "org.PlainLoginModule required username=\"u\";",
        "org.PlainLoginModule required username=\"u\" password=\"geheim",
        "org.PlainLoginModule required username \"u\" password=\"geheim\";",
        "org.PlainLoginModule required =\"u\" password=\"geheim\";",
        "com.sun.security.auth.module.Krb5LoginModule required password=\"geheim\";",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct translated test;
        char pair[256];

        snprintf(pair, sizeof(pair), "sasl.jaas.config=%s", broken[i]);
        translate(&test, pair, NULL, NULL);
        if (test.ok)
            fail_msg("accepted: %s", broken[i]);
        assert_non_null(strstr(test.err.message, "sasl."));
        assert_null(strstr(test.err.message, "geheim")); /* a value may be a secret */
        finish(&test);
    }
}

/* MSK's Java client, its two ways to say it, and what would make us somebody else. */
static void test_msk_iam(void **state)
{
    static const char module[] = "sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required";
    struct translated test;
    char pair[256], *profile;

    (void)state;
    snprintf(pair, sizeof(pair), "%s awsProfileName=\"la ke\" awsDebugCreds=true;", module);
    translate(&test, "sasl.mechanism=AWS_MSK_IAM", pair,
              "sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler");
    assert_true(test.ok);
    assert_int_equal(test.to.count, 1);
    assert_string_equal(properties_get(&test.to, "sasl.mechanism"), "OAUTHBEARER");
    profile = kafka_java_profile(&test.from);
    assert_string_equal(profile, "la ke");
    free(profile);
    finish(&test);

    translate(&test, "sasl.mechanism=OAUTHBEARER",
              "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
              "sasl.login.callback.handler.class=software.amazon.msk.auth.iam.IAMOAuthBearerLoginCallbackHandler");
    assert_true(test.ok);
    assert_null(kafka_java_profile(&test.from));
    finish(&test);

    snprintf(pair, sizeof(pair), "%s;", module);
    translate(&test, pair, NULL, NULL);
    assert_true(test.ok);
    assert_null(kafka_java_profile(&test.from));
    finish(&test);
    snprintf(pair, sizeof(pair), "%s awsRoleArn=\"arn:aws:iam::1:role/r\";", module);
    refused(pair, "awsRoleArn", "source_profile");
    refused("sasl.client.callback.handler.class=com.example.Handler", "callback handler", "sasl.oauthbearer");
    refused("sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
            "IAMLoginModule", "sasl.oauthbearer");
}

static void test_stores(void **state)
{
    struct translated test;

    (void)state;
    refused("ssl.truststore.location=/trust.jks", "ssl.truststore.location", "ssl.ca.location");
    refused("ssl.truststore.location=/trust.jks", "keytool -exportcert", "openssl pkcs12");
    refused("ssl.keystore.location=/key.jks", "PKCS12", "ssl.certificate.location");
    translate(&test, "ssl.keystore.certificate.chain=CHAIN", "ssl.keystore.key=KEY", "ssl.keystore.type=PEM");
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "ssl.certificate.pem"), "CHAIN");
    assert_string_equal(properties_get(&test.to, "ssl.key.pem"), "KEY");
    finish(&test);
    translate(&test, "ssl.truststore.location=/ca.pem", "ssl.truststore.type=PEM", "ssl.truststore.password=x");
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "ssl.ca.location"), "/ca.pem");
    assert_int_equal(test.to.count, 1);
    finish(&test);
    translate(&test, "ssl.keystore.location=/key.p12", "ssl.keystore.type=pkcs12", NULL);
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "ssl.keystore.location"), "/key.p12");
    finish(&test);
    translate(&test, "ssl.keystore.location=/key.pem", "ssl.keystore.type=PEM", NULL);
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "ssl.key.location"), "/key.pem");
    assert_string_equal(properties_get(&test.to, "ssl.certificate.location"), "/key.pem");
    finish(&test);
}

static void test_what_headgate_decides(void **state)
{
    struct translated test;

    (void)state;
    refused("group.id=connect-orders", "group.id", "--group");
    refused("isolation.level=read_committed", "isolation.level", "--isolation");
    refused("enable.auto.commit=true", "enable.auto.commit", "false");
    refused("auto.offset.reset=earliest", "auto.offset.reset", "error");
    refused("allow.auto.create.topics=true", "allow.auto.create.topics", "false");
    refused("check.crcs=false", "check.crcs", "true");
    refused("plugin.library.paths=/evil.so", "plugin.library.paths", "plugins");
    translate(&test, "enable.auto.commit=false", "key.deserializer=x", "client.dns.lookup=use_all_dns_ips");
    assert_true(test.ok);
    assert_int_equal(test.to.count, 0);
    finish(&test);
}

static void test_host_check_is_switched_off_in_both_languages(void **state)
{
    struct translated test;

    (void)state;
    translate(&test, "ssl.endpoint.identification.algorithm=", NULL, NULL);
    assert_true(test.ok);
    assert_string_equal(properties_get(&test.to, "ssl.endpoint.identification.algorithm"), "none");
    finish(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_names_pass),
        cmocka_unit_test(test_jaas_gives_user_and_password),
        cmocka_unit_test(test_jaas_that_cannot_be_read),
        cmocka_unit_test(test_msk_iam),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_what_headgate_decides),
        cmocka_unit_test(test_host_check_is_switched_off_in_both_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
