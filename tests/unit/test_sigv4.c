/* The four worked examples of AWS's description of SigV4 in the Authorization header, stage by stage, and the corners that
 * they leave out. */
#include "aws/digest.h"
#include "aws/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array)  (sizeof(array) / sizeof *(array))
#define HASH_OF_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char example_key_id[] = "AKIAIOSFODNN7EXAMPLE";
static char example_secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static const struct credentials example_credentials = { .key_id = example_key_id, .secret = example_secret };
/* 2013-05-24T00:00:00Z */
static const struct sigv4_scope example_scope = { .region = "us-east-1", .service = "s3", .time = 1369353600000 };

/* Signs an example and compares every stage. */
static void check_example(const struct sigv4_request *request, const char *canonical, const char *canonical_hash,
                          const char *signed_headers, const char *signature)
{
    struct buffer text, names, to_sign, header;
    char hash[DIGEST_HEX_SIZE], end[128];

    buffer_init(&text, 0);
    buffer_init(&names, 0);
    buffer_init(&to_sign, 0);
    buffer_init(&header, 0);
    assert_true(sigv4_canonical_request(request, &text, &names, NULL));
    assert_string_equal(text.data, canonical);
    assert_string_equal(names.data, signed_headers);
    digest_sha256_hex(text.data, text.length, hash);
    assert_string_equal(hash, canonical_hash);

    sigv4_string_to_sign(&example_scope, text.data, text.length, &to_sign);
    assert_memory_equal(to_sign.data, "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n", 69);
    assert_string_equal(to_sign.data + 69, canonical_hash);

    assert_true(sigv4_authorization(request, &example_scope, &example_credentials, &header, NULL));
    assert_memory_equal(header.data,
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ", 85);
    snprintf(end, sizeof end, ", Signature=%s", signature);
    assert_string_equal(header.data + header.length - strlen(end), end);
    buffer_clear(&text);
    buffer_clear(&names);
    buffer_clear(&to_sign);
    buffer_clear(&header);
}

static void example_get_with_range(void **state)
{
    const struct http_header headers[] = {
        { "Host",                 "examplebucket.s3.amazonaws.com" },
        { "Range",                "bytes=0-9"                      },
        { "x-amz-content-sha256", HASH_OF_EMPTY                    },
        { "x-amz-date",           "20130524T000000Z"               },
        { "User-Agent",           "not signed"                     },
    };
    const struct sigv4_request request = {
        .method = "GET",
        .path = "/test.txt",
        .headers = headers,
        .header_count = COUNT(headers),
        .payload_hash = HASH_OF_EMPTY,
    };

    (void)state;
    check_example(
        &request,
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\nx-amz-content-sha256:" HASH_OF_EMPTY
        "\nx-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n" HASH_OF_EMPTY,
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void example_put(void **state)
{
    char hash[DIGEST_HEX_SIZE];
    struct buffer path;
    const struct http_header headers[] = {
        { "Date",                 "Fri, 24 May 2013 00:00:00 GMT"  },
        { "Host",                 "examplebucket.s3.amazonaws.com" },
        { "x-amz-date",           "20130524T000000Z"               },
        { "x-amz-storage-class",  "REDUCED_REDUNDANCY"             },
        { "x-amz-content-sha256", hash                             },
    };
    struct sigv4_request request = {
        .method = "PUT", .headers = headers, .header_count = COUNT(headers), .payload_hash = hash
    };

    (void)state;
    digest_sha256_hex("Welcome to Amazon S3.", 21, hash);
    buffer_init(&path, 0);
    sigv4_encode_path("/test$file.text", &path);
    request.path = path.data;
    check_example(&request,
                  "PUT\n/test%24file.text\n\ndate:Fri, 24 May 2013 00:00:00 GMT\nhost:examplebucket.s3.amazonaws.com\n"
                  "x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
                  "x-amz-date:20130524T000000Z\nx-amz-storage-class:REDUCED_REDUNDANCY\n\n"
                  "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
                  "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                  "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
                  "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    buffer_clear(&path);
}

static const struct http_header bucket_headers[] = {
    { "host",                 "examplebucket.s3.amazonaws.com" },
    { "x-amz-date",           "20130524T000000Z"               },
    { "x-amz-content-sha256", HASH_OF_EMPTY                    },
};

static void example_query_without_value(void **state)
{
    const struct http_header query[] = {
        { "lifecycle", NULL }
    };
    const struct sigv4_request request = {
        .method = "GET",
        .path = "/",
        .query = query,
        .query_count = 1,
        .headers = bucket_headers,
        .header_count = COUNT(bucket_headers),
        .payload_hash = HASH_OF_EMPTY,
    };

    (void)state;
    check_example(&request,
                  "GET\n/\nlifecycle=\nhost:examplebucket.s3.amazonaws.com\nx-amz-content-sha256:" HASH_OF_EMPTY
                  "\nx-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n" HASH_OF_EMPTY,
                  "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
                  "host;x-amz-content-sha256;x-amz-date",
                  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void example_list(void **state)
{
    const struct http_header query[] = {
        { "prefix",   "J" },
        { "max-keys", "2" },
    };
    const struct sigv4_request request = {
        .method = "GET",
        .path = "/",
        .query = query,
        .query_count = 2,
        .headers = bucket_headers,
        .header_count = COUNT(bucket_headers),
        .payload_hash = HASH_OF_EMPTY,
    };

    (void)state;
    check_example(
        &request,
        "GET\n/\nmax-keys=2&prefix=J\nhost:examplebucket.s3.amazonaws.com\nx-amz-content-sha256:" HASH_OF_EMPTY
        "\nx-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n" HASH_OF_EMPTY,
        "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7", "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void paths_are_encoded_once(void **state)
{
    static const char *const rows[][2] = {
        { "clicks/dt=1/a+b c.gz",        "clicks/dt%3D1/a%2Bb%20c.gz"                             },
        { "a//b/./../c~-_.",             "a//b/./../c~-_."                                        },
        { "%41",                         "%2541"                                                  },
        { "\xc3\xa9\x01!'()*:@&,;?#[]$", "%C3%A9%01%21%27%28%29%2A%3A%40%26%2C%3B%3F%23%5B%5D%24" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out;

        buffer_init(&out, 0);
        sigv4_encode_path(rows[i][0], &out);
        assert_string_equal(out.data, rows[i][1]);
        buffer_clear(&out);
    }
}

static void queries_are_sorted_after_encoding(void **state)
{
    /* '/' sorts before 'A' raw, but its code %2F comes before a digit too; "a" < "a-b" by name, not by "a=" */
    const struct http_header query[] = {
        { "a-b",      "1"   },
        { "a",        "z"   },
        { "a",        "b/c" },
        { "\xc3\xa9", ""    },
        { "A",        NULL  },
        { "prefix",   "x y" },
    };
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    sigv4_query_string(query, COUNT(query), &out);
    assert_string_equal(out.data, "%C3%A9=&A=&a=b%2Fc&a=z&a-b=1&prefix=x%20y");
    buffer_clear(&out);
}

static void header_values_are_trimmed_and_joined(void **state)
{
    const struct http_header headers[] = {
        { "X-Amz-Meta-B", "  two   words\t here " },
        { "host",         "h:7070"                },
        { "x-amz-meta-a", "z"                     },
        { "X-AMZ-META-A", "a"                     },
        { "Expect",       ""                      },
        { "proxy-x",      "1"                     },
    };
    const struct sigv4_request request = { .method = "HEAD",
                                           .path = "/k",
                                           .headers = headers,
                                           .header_count = COUNT(headers),
                                           .payload_hash = "UNSIGNED-PAYLOAD" };
    struct buffer text, names;

    (void)state;
    buffer_init(&text, 0);
    buffer_init(&names, 0);
    assert_true(sigv4_canonical_request(&request, &text, &names, NULL));
    assert_string_equal(text.data, "HEAD\n/k\n\nhost:h:7070\nx-amz-meta-a:z,a\nx-amz-meta-b:two words here\n\n"
                                   "host;x-amz-meta-a;x-amz-meta-b\nUNSIGNED-PAYLOAD");
    buffer_clear(&text);
    buffer_clear(&names);
}

static void line_breaks_in_headers_are_refused(void **state)
{
    const struct http_header headers[] = {
        { "x-amz-meta-a", "1\r\nx-amz-meta-b: 2" }
    };
    const struct sigv4_request request = {
        .method = "PUT", .path = "/k", .headers = headers, .header_count = 1, .payload_hash = "UNSIGNED-PAYLOAD"
    };
    struct buffer out;
    struct error err;

    (void)state;
    buffer_init(&out, 0);
    assert_false(sigv4_authorization(&request, &example_scope, &example_credentials, &out, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_int_equal(out.length, 0);
    buffer_clear(&out);
}

static void dates(void **state)
{
    char out[17];

    (void)state;
    sigv4_date(0, out);
    assert_string_equal(out, "19700101T000000Z");
    sigv4_date(1795428059999, out);
    assert_string_equal(out, "20261123T100059Z");
}

static void digests_in_pieces_equal_the_whole(void **state)
{
    struct digest_stream *stream = digest_stream_new();
    unsigned char out[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    digest_stream_update(stream, "a", 1);
    digest_stream_update(stream, "", 0);
    digest_stream_update(stream, "bc", 2);
    digest_stream_finish(stream, out);
    digest_hex(out, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_stream_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_get_with_range),
        cmocka_unit_test(example_put),
        cmocka_unit_test(example_query_without_value),
        cmocka_unit_test(example_list),
        cmocka_unit_test(paths_are_encoded_once),
        cmocka_unit_test(queries_are_sorted_after_encoding),
        cmocka_unit_test(header_values_are_trimmed_and_joined),
        cmocka_unit_test(line_breaks_in_headers_are_refused),
        cmocka_unit_test(dates),
        cmocka_unit_test(digests_in_pieces_equal_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
