/* Classes of error codes, and the last words of brokers. */
#include "kafka/kafka_error.h"
#include "kafka/kafka_symptom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_classes(void **state)
{
    static const struct {
        int code;
        enum kafka_error_class class;
    } rows[] = {
        { RD_KAFKA_RESP_ERR__TRANSPORT,         KAFKA_ERROR_PASSING    },
        { RD_KAFKA_RESP_ERR__TIMED_OUT,         KAFKA_ERROR_PASSING    },
        { 5,                                    KAFKA_ERROR_PASSING    },
        { 6,                                    KAFKA_ERROR_PASSING    },
        { 14,                                   KAFKA_ERROR_PASSING    },
        { 15,                                   KAFKA_ERROR_PASSING    },
        { 16,                                   KAFKA_ERROR_PASSING    },
        { 27,                                   KAFKA_ERROR_PASSING    },
        { 88,                                   KAFKA_ERROR_PASSING    },
        { 113,                                  KAFKA_ERROR_PASSING    },
        { 22,                                   KAFKA_ERROR_MEMBERSHIP },
        { 25,                                   KAFKA_ERROR_MEMBERSHIP },
        { RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, KAFKA_ERROR_MEMBERSHIP },
        { 1,                                    KAFKA_ERROR_PARTITION  },
        { 3,                                    KAFKA_ERROR_PARTITION  },
        { 100,                                  KAFKA_ERROR_PARTITION  },
        { -139,                                 KAFKA_ERROR_PARTITION  },
        { RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, KAFKA_ERROR_PARTITION  },
        { RD_KAFKA_RESP_ERR__BAD_MSG,           KAFKA_ERROR_PARTITION  },
        { 29,                                   KAFKA_ERROR_RIGHTS     },
        { 30,                                   KAFKA_ERROR_RIGHTS     },
        { 31,                                   KAFKA_ERROR_RIGHTS     },
        { 53,                                   KAFKA_ERROR_RIGHTS     },
        { 58,                                   KAFKA_ERROR_RIGHTS     },
        { RD_KAFKA_RESP_ERR__AUTHENTICATION,    KAFKA_ERROR_RIGHTS     },
        { RD_KAFKA_RESP_ERR__SSL,               KAFKA_ERROR_RIGHTS     },
        { 82,                                   KAFKA_ERROR_FATAL      },
        { RD_KAFKA_RESP_ERR__FATAL,             KAFKA_ERROR_FATAL      },
        { RD_KAFKA_RESP_ERR_INVALID_REQUEST,    KAFKA_ERROR_OTHER      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (kafka_error_classify((rd_kafka_resp_err_t)rows[i].code) != rows[i].class)
            fail_msg("code %d", rows[i].code);
    assert_string_equal(kafka_error_words(RD_KAFKA_RESP_ERR_INVALID_REQUEST),
                        rd_kafka_err2str(RD_KAFKA_RESP_ERR_INVALID_REQUEST));
    assert_non_null(strstr(kafka_error_remedy(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED), "Describe"));
}

/* The notes as text at a time; "" when there is none. */
static char *text_of(const struct kafka_notes *notes, int64_t now, rd_kafka_resp_err_t *worst)
{
    struct buffer text;

    buffer_init(&text, 0);
    if (!kafka_notes_text(notes, now, &text, worst))
        assert_int_equal(text.length, 0);
    return buffer_take(&text);
}

static void expect(const struct kafka_notes *notes, int64_t now, const char *expected, int code)
{
    rd_kafka_resp_err_t worst = RD_KAFKA_RESP_ERR_NO_ERROR;
    char *text = text_of(notes, now, &worst);

    assert_string_equal(text, expected);
    assert_int_equal(worst, code);
    free(text);
}

static void test_notes_are_kept_per_broker(void **state)
{
    struct kafka_notes notes = { .count = 0 };

    (void)state;
    expect(&notes, 0, "", 0);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT,
                    "b1:9092/bootstrap: Connect to ipv4#1.2.3.4:9092 failed: refused (after 0ms in state CONNECT)", 0);
    expect(&notes, 1, "b1:9092: Connect to ipv4#1.2.3.4:9092 failed: refused", RD_KAFKA_RESP_ERR__TRANSPORT);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", 1);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__AUTHENTICATION,
                    "sasl_ssl://b2:9096/7: SASL authentication error: Authentication failed (after 3ms in state X)", 2);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, "b1:9092/1: Disconnected (after 9ms in state UP)", 3);
    expect(&notes, 4, "b1:9092: Disconnected; b2:9096: SASL authentication error: Authentication failed",
           RD_KAFKA_RESP_ERR__AUTHENTICATION);
    expect(&notes, 60003, "b1:9092: Disconnected", RD_KAFKA_RESP_ERR__TRANSPORT); /* the other one is old */
    expect(&notes, 60004, "", 0);
}

static void test_what_explains_more_is_kept(void **state)
{
    struct kafka_notes notes = { .count = 0 };

    (void)state;
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, "b:1/1: Disconnected: verify that security.protocol is", 0);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, "b:1/1: Send failed: Broken pipe", 1);
    expect(&notes, 2, "b:1: Disconnected: verify that security.protocol is", RD_KAFKA_RESP_ERR__TRANSPORT);
    assert_non_null(strstr(kafka_symptom_find("b:1: Send failed: Broken pipe")->remedy, "security.protocol"));
    assert_false(kafka_symptom_find("b:1: Send failed: Broken pipe")->sure);
    assert_null(kafka_symptom_find("b:1: Connection refused"));
    assert_null(kafka_symptom_find(NULL));
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__AUTHENTICATION, "b:1/1: no", 2);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, "b:1/1: Disconnected: verify that security.protocol is", 3);
    expect(&notes, 4, "b:1: no", RD_KAFKA_RESP_ERR__AUTHENTICATION);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, "b:1/1: refused", 60003); /* the other one is old */
    expect(&notes, 60003, "b:1: refused", RD_KAFKA_RESP_ERR__TRANSPORT);
}

/* What a refusal looks like decides how long it is tried again. */
static void test_refusals(void **state)
{
    static const struct {
        const char *text;
        int refused;
    } rows[] = {
        { "b:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused",                         0 },
        { "b:1/1: Disconnected: connection closed by peer: receive 0 after POLLIN",                1 },
        { "b:1/1: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate",       2 },
        { "b:1/1: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: x",   2 },
        { "b:1/1: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?", 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct kafka_notes notes = { .count = 0 };

        kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, rows[i].text, 0);
        assert_int_equal(kafka_notes_refused(&notes), rows[i].refused);
    }
    assert_non_null(strstr(kafka_symptom_certificate(62), "another host"));
    assert_non_null(strstr(kafka_symptom_certificate(20), "ssl.ca.location"));
    assert_non_null(strstr(kafka_symptom_certificate(10), "expired"));
    assert_non_null(strstr(kafka_symptom_certificate(0), "ssl.ca.location"));
}

/* OpenSSL's own words for a file are numbers. */
static void test_settings_that_are_not_taken(void **state)
{
    (void)state;
    assert_non_null(
        strstr(kafka_symptom_setting("ssl.ca.location failed: error:05800088:x509 certificate routines::no crl"),
               "BEGIN CERTIFICATE"));
    assert_non_null(strstr(kafka_symptom_setting("ssl.key.location failed: error:05800074:x509::key values mismatch"),
                           "not the key of"));
    assert_non_null(strstr(kafka_symptom_setting("ssl.key.location failed: error:0A080009:SSL routines::PEM lib"),
                           "ssl.key.password"));
    assert_non_null(
        strstr(kafka_symptom_setting("Failed to parse ssl.keystore.location PKCS#12 file: x: mac verify failure"),
               "not its password"));
    assert_null(kafka_symptom_setting("`ssl.keystore.password` is mandatory when `ssl.keystore.location` is set"));
}

static void test_notes_take_any_text(void **state)
{
    struct kafka_notes notes = { .count = 0 };
    char longest[2000];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__SSL, "no colon at all", 0);
    expect(&notes, 0, "no colon at all", RD_KAFKA_RESP_ERR__SSL);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__SSL, "words before: a colon", 0);
    expect(&notes, 0, "words before: a colon", RD_KAFKA_RESP_ERR__SSL);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__SSL, "", 0);
    kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__SSL, longest, 0);
    assert_int_equal(notes.count, 1); /* all of no broker */
    assert_int_equal(strlen(notes.rows[0].text), sizeof(notes.rows[0].text) - 1);
}

static void test_the_oldest_note_makes_room(void **state)
{
    struct kafka_notes notes = { .count = 0 };

    (void)state;
    for (int i = 0; i < KAFKA_NOTES + 1; i++) {
        char reason[64];

        snprintf(reason, sizeof(reason), "b%d:9092/%d: text", i, i);
        kafka_notes_add(&notes, RD_KAFKA_RESP_ERR__TRANSPORT, reason, i);
    }
    assert_int_equal(notes.count, KAFKA_NOTES);
    for (size_t i = 0; i < notes.count; i++)
        assert_string_not_equal(notes.rows[i].broker, "b0:9092");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_notes_are_kept_per_broker),
        cmocka_unit_test(test_what_explains_more_is_kept),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_settings_that_are_not_taken),
        cmocka_unit_test(test_notes_take_any_text),
        cmocka_unit_test(test_the_oldest_note_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
