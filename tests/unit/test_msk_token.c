/* The token against AWS's own signer for Python, whose clock stood still for it: two vectors, stage by stage in what the
 * token itself shows. */
#include "aws/digest.h"
#include "aws/msk_token.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JANUARY 1767225600000LL /* 2026-01-01T00:00:00Z */
#define AGENT   "aws-msk-iam-sasl-signer-python/1.0.2"

static char key_id[] = "AKIDEXAMPLE";
static char secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static char session[] = "AQoEXAMPLE/token+=";

/* The opposite of base64url; caller frees. */
static char *decoded(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *out = memory_new(strlen(text) + 1), *to = out;
    unsigned bits = 0, count = 0;

    for (; *text; text++) {
        const char *digit = strchr(alphabet, *text);

        assert_non_null(digit);
        bits = bits << 6 | (unsigned)(digit - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            *to++ = (char)(bits >> count & 255);
        }
    }
    return out;
}

static void check_vector(char *token_of_session, const char *signature, size_t address_length, size_t token_length)
{
    const struct credentials credentials = {
        .key_id = key_id, .secret = secret, .token = token_of_session, .expires = TIMESTAMP_NONE
    };
    struct msk_token token;
    char *address, *found;

    assert_true(msk_token_make(&credentials, "eu-west-1", AGENT, JANUARY, &token, NULL));
    assert_int_equal(token.expires, 1767226500000LL);
    assert_int_equal(strlen(token.text), token_length);
    address = decoded(token.text);
    assert_int_equal(strlen(address), address_length);
    assert_ptr_equal(
        strstr(address, "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm="),
        address);
    found = strstr(address, "&X-Amz-Signature=");
    assert_non_null(found);
    assert_memory_equal(found + 17, signature, 64);
    assert_string_equal(found + 17 + 64, "&User-Agent=aws-msk-iam-sasl-signer-python%2F1.0.2");
    free(address);
    msk_token_clear(&token);
    assert_null(token.text);
}

static void test_vector_without_session(void **state)
{
    (void)state;
    check_vector(NULL, "fef899747e0ddf7df33939adbb3e315eda8ddd55c0bcadcea3bccf3fbbbe7351", 387, 516);
}

static void test_vector_with_session(void **state)
{
    (void)state;
    check_vector(session, "92e00852571820ded3ca7ef69496c2f74ab14002e9ed6752df2611dd1ea66547", 433, 578);
}

static void test_ends_with_the_credentials(void **state)
{
    struct credentials credentials = { .key_id = key_id, .secret = secret, .expires = JANUARY + 60000 };
    struct msk_token token;
    struct error err;

    (void)state;
    assert_true(msk_token_make(&credentials, "eu-west-1", AGENT, JANUARY, &token, NULL));
    assert_int_equal(token.expires, JANUARY + 60000);
    assert_non_null(strstr(token.about, "(given, until 2026-01-01T00:"));
    msk_token_clear(&token);
    credentials.expires = JANUARY + 3600000;
    assert_true(msk_token_make(&credentials, "eu-west-1", AGENT, JANUARY + 999, &token, NULL));
    assert_int_equal(token.expires, JANUARY + 900000);
    msk_token_clear(&token);
    credentials.expires = JANUARY;
    assert_false(msk_token_make(&credentials, "eu-west-1", AGENT, JANUARY, &token, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    assert_non_null(strstr(err.message, "expired"));
    assert_null(token.text);
}

static void test_a_region_is_a_plain_word(void **state)
{
    static const char *const bad[] = { "", "eu west", "eu-west-1/x", "EU", "a.b", "eu-west-1\n" };
    const struct credentials credentials = { .key_id = key_id, .secret = secret, .expires = TIMESTAMP_NONE };
    struct msk_token token;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(msk_token_make(&credentials, bad[i], AGENT, JANUARY, &token, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

static void test_region_of_a_broker(void **state)
{
    static const struct {
        const char *brokers, *region;
    } cases[] = {
        { "b-1.orders.x1y2.c2.kafka.eu-west-1.amazonaws.com:9098",                  "eu-west-1"     },
        { "localhost:1, b-2-public.o.x.c2.kafka.us-gov-west-1.amazonaws.com:9198",  "us-gov-west-1" },
        { "SASL_SSL://boot-ab.c1.kafka-serverless.ap-south-1.amazonaws.com:9098,x", "ap-south-1"    },
        { "b-1.o.x.c2.kafka.cn-north-1.amazonaws.com.cn",                           "cn-north-1"    },
        { "b-1.o.x.c2.kafka.eu-central-1.api.aws:9098",                             "eu-central-1"  },
        { "127.0.0.1:9098",                                                         NULL            },
        { "b-1.kafka.eu-west-1.amazonaws.com.evil.example:9098",                    NULL            },
        { "b-1.kafka.eu-west-1.example.com",                                        NULL            },
        { "b-1.kafka.EU.amazonaws.com",                                             NULL            },
        { "b-1.kafka.",                                                             NULL            },
        { ",,",                                                                     NULL            },
        { "",                                                                       NULL            },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *region = msk_token_region(cases[i].brokers);

        if (cases[i].region)
            assert_string_equal(region ? region : "none", cases[i].region);
        else
            assert_null(region);
        free(region);
    }
    assert_null(msk_token_region(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_without_session),    cmocka_unit_test(test_vector_with_session),
        cmocka_unit_test(test_ends_with_the_credentials), cmocka_unit_test(test_a_region_is_a_plain_word),
        cmocka_unit_test(test_region_of_a_broker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
