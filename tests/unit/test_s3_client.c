/* One bucket's operations against a store in memory: requests as they arrive, cures, listings, many HEADs. */
#include "base/buffer.h"
#include "format/crc32c.h"
#include "s3/s3_client.h"
#include "tiny_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* A store, a client, and what the store's thread noted down. */
struct scene {
    struct tiny_store store;
    struct tiny_http *server;
    struct s3_client *client;
    char endpoint[64];
    const char *secret; /* as the environment has it now */
    char head[4096];    /* of the last request */
    unsigned requests;
    unsigned failures; /* how many requests are to fail first */
    int status;        /* with this */
    const char *code;
    const char *region;    /* that a 301 names */
    int64_t date_offset;   /* s: what the store's clock is ahead of ours */
    char dates[2][32];     /* x-amz-date of the first two requests */
    const char *only_good; /* a text that a request's head must hold to be served */
    bool cut_list;
    bool silent; /* nothing is answered */
};

static const char *look_up(void *context, const char *name)
{
    struct scene *scene = context;

    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return "secret";
    if (strcmp(name, "AWS_SESSION_TOKEN") == 0)
        return scene->secret;
    return NULL;
}

static void add_date(const struct scene *scene, struct tiny_reply *reply)
{
    time_t now = time(NULL) + (time_t)scene->date_offset;
    struct tm parts;
    char text[64];

    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    snprintf(reply->headers, sizeof reply->headers, "%s", text);
}

static bool before(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    const char *date = tiny_header(request, "x-amz-date");

    if (scene->requests < 2 && date)
        snprintf(scene->dates[scene->requests], sizeof scene->dates[0], "%s", date);
    scene->requests++;
    if (scene->silent) {
        reply->action = TINY_SILENCE;
        return true;
    }
    snprintf(scene->head, sizeof scene->head, "%s", request->head);
    if (scene->requests <= scene->failures || (scene->only_good && !strstr(request->head, scene->only_good))) {
        tiny_error(reply, scene->status, scene->code);
        if (scene->date_offset)
            add_date(scene, reply);
        if (scene->status == 301)
            snprintf(reply->headers, sizeof reply->headers, "x-amz-bucket-region: %s\r\n", scene->region);
        return true;
    }
    if (scene->cut_list && strstr(request->target, "list-type")) {
        scene->cut_list = false;
        snprintf(reply->body, sizeof reply->body, "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents>");
        return true;
    }
    return false;
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct s3_settings settings = { .bucket = "lake" };
    struct error err;

    assert_non_null(scene);
    scene->store.before = before;
    scene->store.context = scene;
    scene->secret = "token-1";
    scene->server = tiny_http_start(0, tiny_store_handle, &scene->store);
    snprintf(scene->endpoint, sizeof scene->endpoint, "http://127.0.0.1:%d", tiny_http_port(scene->server));
    settings.endpoint_url = scene->endpoint;
    settings.credentials.lookup = look_up;
    settings.credentials.context = scene;
    if (!s3_client_new(&settings, &scene->client, &err))
        fail_msg("%s", err.message);
    *state = scene;
    return 0;
}

static void stop_server(struct scene *scene)
{
    if (scene->server)
        tiny_http_stop(scene->server);
    scene->server = NULL;
}

static int finish(void **state)
{
    struct scene *scene = *state;

    s3_client_free(scene->client);
    stop_server(scene);
    free(scene);
    return 0;
}

static struct s3_put put_of(const char *key, const struct http_piece *piece)
{
    return (struct s3_put){ .key = key,
                            .pieces = piece,
                            .piece_count = 1,
                            .length = piece->length,
                            .crc32c = crc32c_update(0, piece->bytes, piece->length),
                            .if_none_match = true };
}

static void put_then_put_again(void **state)
{
    struct scene *scene = *state;
    const struct http_piece piece = { "123456789", 9 };
    struct s3_put put = put_of("a b/dt=1/+", &piece);
    struct s3_metadata metadata = { 0 };
    bool taken = true;
    struct error err;

    s3_metadata_set(&metadata, "hg-v", "0");
    s3_metadata_set(&metadata, "hg-v", "1");
    put.metadata = &metadata;
    put.content_type = "application/x-ndjson";
    put.content_encoding = "gzip";
    assert_true(s3_client_put(scene->client, &put, 0, &taken, &err));
    assert_false(taken);
    assert_true(s3_client_put(scene->client, &put, 0, &taken, &err));
    assert_true(taken);
    s3_metadata_clear(&metadata);
    stop_server(scene);
    assert_int_equal(scene->requests, 2);
    assert_memory_equal(scene->head, "PUT /lake/a%20b/dt%3D1/%2B HTTP/1.1\r\n", 37);
    for (size_t i = 0; i < 10; i++) {
        static const char *const lines[] = {
            "\r\nIf-None-Match: *\r\n",
            "\r\nx-amz-checksum-crc32c: 4waSgw==\r\n",
            "\r\nContent-Length: 9\r\n",
            "\r\nContent-Type: application/x-ndjson\r\n",
            "\r\nContent-Encoding: gzip\r\n",
            "\r\nx-amz-meta-hg-v: 1\r\n",
            "\r\nx-amz-security-token: token-1\r\n",
            /* plain HTTP: the body's hash is signed */
            "\r\nx-amz-content-sha256: 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225\r\n",
            "SignedHeaders=content-encoding;content-type;host;if-none-match;x-amz-checksum-crc32c;x-amz-content-sha256;"
            "x-amz-date;x-amz-meta-hg-v;x-amz-security-token, Signature=",
            "/us-east-1/s3/aws4_request, ",
        };

        if (!strstr(scene->head, lines[i]))
            fail_msg("no %s in %s", lines[i], scene->head);
    }
    assert_null(strcasestr(scene->head, "\r\nExpect:"));
    assert_null(strcasestr(scene->head, "\r\nTransfer-Encoding:"));
}

static void head_get_delete(void **state)
{
    struct scene *scene = *state;
    struct s3_object_info info;
    struct buffer body;
    bool missing;
    struct error err;

    tiny_store_add(&scene->store, "k", "hello", "x-amz-meta-hg-next: 7\r\nX-Amz-Meta-HG-V: 1\r\n");
    assert_true(s3_client_head(scene->client, "k", 0, &info, &missing, &err));
    assert_false(missing);
    assert_int_equal(info.size, 5);
    assert_string_equal(info.etag, "e");
    assert_string_equal(s3_metadata_get(&info.metadata, "hg-next"), "7");
    assert_string_equal(s3_metadata_get(&info.metadata, "hg-v"), "1");
    s3_object_info_clear(&info);
    assert_true(s3_client_head(scene->client, "no", 0, &info, &missing, &err));
    assert_true(missing);
    s3_object_info_clear(&info);

    assert_true(s3_client_get(scene->client, "k", 5, 0, &body, &missing, &err));
    assert_string_equal(body.data, "hello");
    buffer_clear(&body);
    assert_true(s3_client_get(scene->client, "no", 5, 0, &body, &missing, &err));
    assert_true(missing);
    buffer_clear(&body);
    assert_false(s3_client_get(scene->client, "k", 4, 0, &body, &missing, &err));
    assert_non_null(strstr(err.message, "s3://lake/k has more than the 4 bytes"));
    buffer_clear(&body);
    assert_true(s3_client_delete(scene->client, "k", 0, &err));
}

static bool put_small(struct scene *scene, int64_t deadline_ms, struct error *err)
{
    const struct http_piece piece = { "x", 1 };
    struct s3_put put = put_of("k", &piece);
    bool taken;

    return s3_client_put(scene->client, &put, deadline_ms, &taken, err);
}

static void transient_failures_are_tried_again(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 3;
    scene->status = 500;
    scene->code = "InternalError";
    assert_true(put_small(scene, 20000, &err));
    stop_server(scene);
    assert_int_equal(scene->requests, 4);
}

static void one_attempt_without_a_deadline(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 3;
    scene->status = 500;
    scene->code = "InternalError";
    assert_false(put_small(scene, 0, &err));
    assert_true(err.retriable);
    stop_server(scene);
    assert_int_equal(scene->requests, 1);
}

static void a_refusal_is_not_tried_again(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 3;
    scene->status = 403;
    scene->code = "AccessDenied";
    assert_false(put_small(scene, 20000, &err));
    assert_false(err.retriable);
    assert_non_null(strstr(err.message, "environment, key ...MPLE needs s3:PutObject on s3://lake/k"));
    stop_server(scene);
    assert_int_equal(scene->requests, 1);
}

/* What a loss is declared by (delivery_put_limit_ms): without it this PUT would have 30 s. */
static void a_put_is_cut_off_when_its_own_time_is_over(void **state)
{
    struct scene *scene = *state;
    const struct http_piece piece = { "x", 1 };
    struct s3_put put = put_of("k", &piece);
    struct error err;
    bool taken;

    scene->silent = true;
    put.most_ms = 200;
    assert_false(s3_client_put(scene->client, &put, 0, &taken, &err));
    assert_true(err.retriable);
    if (!strstr(err.message, "after 2"))
        fail_msg("%s", err.message);
}

static void a_damaged_body_three_times(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 100;
    scene->status = 400;
    scene->code = "BadDigest";
    assert_false(put_small(scene, 20000, &err));
    assert_non_null(strstr(err.message, "damaged"));
    stop_server(scene);
    assert_int_equal(scene->requests, 3);
}

static void a_body_that_changed_in_memory(void **state)
{
    struct scene *scene = *state;
    const struct http_piece piece = { "x", 1 };
    struct s3_put put = put_of("k", &piece);
    struct error err;
    bool taken;

    scene->failures = 100;
    scene->status = 400;
    scene->code = "BadDigest";
    put.crc32c ^= 1;
    assert_false(s3_client_put(scene->client, &put, 0, &taken, &err));
    assert_int_equal(err.kind, ERROR_INTERNAL);
    assert_non_null(strstr(err.message, "memory may be faulty"));
}

static void the_stores_clock_is_used_once_it_refuses_ours(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 1;
    scene->status = 403;
    scene->code = "RequestTimeTooSkewed";
    scene->date_offset = 3600;
    assert_true(put_small(scene, 0, &err));
    stop_server(scene);
    assert_int_equal(scene->requests, 2);
    assert_true(s3_client_skew_ms(scene->client) > 3590000 && s3_client_skew_ms(scene->client) < 3610000);
    assert_string_not_equal(scene->dates[0], scene->dates[1]);
}

static void a_clock_that_is_right_is_not_corrected(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->failures = 100;
    scene->status = 403;
    scene->code = "RequestTimeTooSkewed";
    scene->date_offset = 1;
    assert_false(put_small(scene, 20000, &err));
    assert_non_null(strstr(err.message, "set this host's clock"));
    stop_server(scene);
    assert_int_equal(scene->requests, 1);
}

static void the_region_is_corrected_once(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->status = 301;
    scene->code = "PermanentRedirect";
    scene->region = "moon-2";
    scene->only_good = "/moon-2/s3/aws4_request";
    assert_true(put_small(scene, 0, &err));
    scene->region = "moon-3";
    scene->only_good = "/moon-3/s3/aws4_request";
    assert_false(put_small(scene, 20000, &err));
    assert_non_null(strstr(err.message, "--region"));
    stop_server(scene);
    assert_int_equal(scene->requests, 3);
}

static void renewed_credentials_are_used(void **state)
{
    struct scene *scene = *state;
    struct error err;

    scene->status = 400;
    scene->code = "ExpiredToken";
    scene->only_good = "x-amz-security-token: token-2";
    assert_false(put_small(scene, 20000, &err)); /* nothing new yet: parked after one attempt */
    assert_non_null(strstr(err.message, "renew the credentials of environment"));
    scene->secret = "token-2";
    assert_true(put_small(scene, 0, &err));
    stop_server(scene);
    assert_int_equal(scene->requests, 3);
}

/* Collects keys in one text. */
static bool collect(void *context, const struct s3_list_entry *entry)
{
    buffer_printf(context, "%s=%lld ", entry->key, (long long)entry->size);
    return true;
}

static bool collect_two(void *context, const struct s3_list_entry *entry)
{
    struct buffer *keys = context;

    collect(context, entry);
    return keys->length < 8;
}

static void lists_go_over_pages(void **state)
{
    struct scene *scene = *state;
    struct buffer keys;
    struct error err;

    for (char key[] = "p/a"; key[2] <= 'g'; key[2]++)
        tiny_store_add(&scene->store, key, "12", "");
    tiny_store_add(&scene->store, "q/a", "12", "");
    scene->store.page = 3;
    scene->cut_list = true;
    buffer_init(&keys, 0);
    assert_true(s3_client_list(scene->client, "p/", NULL, 5000, collect, &keys, &err));
    assert_string_equal(keys.data, "p/a=2 p/b=2 p/c=2 p/d=2 p/e=2 p/f=2 p/g=2 ");
    buffer_reset(&keys);
    assert_true(s3_client_list(scene->client, "p/", "p/e", 0, collect, &keys, &err));
    assert_string_equal(keys.data, "p/f=2 p/g=2 ");
    buffer_reset(&keys);
    assert_true(s3_client_list(scene->client, "p/", NULL, 0, collect_two, &keys, &err));
    assert_string_equal(keys.data, "p/a=2 p/b=2 ");
    buffer_clear(&keys);
    stop_server(scene);
    /* 3 pages, one of them cut first; 1 page; 1 page */
    assert_int_equal(scene->requests, 6);
    assert_non_null(strstr(scene->head, "GET /lake/?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F HTTP"));
}

/* The same page for ever, or keys that nobody asked for. */
static bool lie(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    (void)request;
    snprintf(reply->body, sizeof reply->body,
             "<ListBucketResult><Contents><Key>%s</Key><Size>1</Size></Contents>"
             "<IsTruncated>true</IsTruncated><NextContinuationToken>t"
             "</NextContinuationToken></ListBucketResult>",
             (const char *)context);
    return true;
}

/* Five pages, then three others in a circle: t5, t6, t7, t5. */
static bool go_round(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    unsigned page = scene->requests++;

    (void)request;
    snprintf(reply->body, sizeof reply->body,
             "<ListBucketResult><Contents><Key>p/a</Key><Size>1</Size></Contents>"
             "<IsTruncated>true</IsTruncated><NextContinuationToken>t%u"
             "</NextContinuationToken></ListBucketResult>",
             page < 5 ? page : 5 + (page - 5) % 3);
    if (scene->requests > 100)
        snprintf(reply->body, sizeof reply->body,
                 "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    return true;
}

static void lists_that_go_round_are_given_up(void **state)
{
    struct scene *scene = *state;
    struct buffer keys;
    struct error err;

    buffer_init(&keys, 0);
    scene->store.before = go_round;
    assert_false(s3_client_list(scene->client, "p/", NULL, 0, collect, &keys, &err));
    assert_non_null(strstr(err.message, "the same pages again"));
    assert_true(scene->requests < 25);
    scene->store.before = before;
    buffer_clear(&keys);
}

static void lists_that_contradict_themselves(void **state)
{
    struct scene *scene = *state;
    struct buffer keys;
    struct error err;

    buffer_init(&keys, 0);
    scene->store.before = lie;
    scene->store.context = (void *)(uintptr_t)"p/a";
    assert_false(s3_client_list(scene->client, "p/", NULL, 0, collect, &keys, &err));
    assert_non_null(strstr(err.message, "the same pages again"));
    scene->store.context = (void *)(uintptr_t)"secret/a";
    assert_false(s3_client_list(scene->client, "p/", NULL, 0, collect, &keys, &err));
    assert_non_null(strstr(err.message, "secret/a, which is not below it"));
    scene->store.context = scene; /* for the end of the scene */
    scene->store.before = before;
    buffer_clear(&keys);
}

static void bucket_is_checked(void **state)
{
    struct scene *scene = *state;
    struct error err;

    assert_true(s3_client_check_bucket(scene->client, 0, &err));
    scene->failures = 100;
    scene->status = 404;
    scene->code = "NoSuchBucket";
    assert_false(s3_client_check_bucket(scene->client, 0, &err));
    assert_non_null(strstr(err.message, "there is no bucket lake at http://127.0.0.1:"));
}

static void note_answer(void *context, size_t index, const struct s3_object_info *info)
{
    char *answers = context;

    assert_int_equal(answers[index], '.');
    answers[index] = info ? (char)('0' + info->size) : '-';
}

static void many_heads(void **state)
{
    struct scene *scene = *state;
    const char *keys[] = { "a", "no", "b", "no2", "c", "a", "b" };
    char answers[] = ".......";
    struct error err;

    tiny_store_add(&scene->store, "a", "1", "");
    tiny_store_add(&scene->store, "b", "12", "");
    tiny_store_add(&scene->store, "c", "123", "");
    scene->failures = 3;
    scene->status = 500;
    scene->code = "InternalError";
    assert_true(s3_client_head_many(scene->client, keys, 7, 3, 20000, note_answer, answers, &err));
    assert_string_equal(answers, "1-2-312");
    assert_true(s3_client_head_many(scene->client, keys, 0, 3, 20000, note_answer, answers, &err));
    stop_server(scene);
    assert_int_equal(scene->requests, 10);
}

static void many_heads_end_at_the_first_refusal(void **state)
{
    struct scene *scene = *state;
    const char *keys[] = { "a", "b", "c", "d" };
    char answers[] = "....";
    struct error err;

    scene->failures = 100;
    scene->status = 403;
    scene->code = "AccessDenied";
    assert_false(s3_client_head_many(scene->client, keys, 4, 2, 20000, note_answer, answers, &err));
    assert_string_equal(answers, "....");
    assert_int_equal(err.kind, ERROR_S3);
    /* and without progress */
    scene->status = 500;
    assert_false(s3_client_head_many(scene->client, keys, 4, 2, 0, note_answer, answers, &err));
}

static void cancelled(void **state)
{
    struct scene *scene = *state;
    volatile bool cancel = true;
    struct s3_settings settings = { .bucket = "lake", .endpoint_url = scene->endpoint, .cancel = &cancel };
    struct s3_client *client;
    char answers[] = ".";
    const char *key = "a";
    struct error err;

    settings.credentials.lookup = look_up;
    settings.credentials.context = scene;
    assert_true(s3_client_new(&settings, &client, &err));
    scene->failures = 100;
    scene->status = 500;
    scene->code = "InternalError";
    assert_false(s3_client_check_bucket(client, 60000, &err));
    assert_int_equal(err.kind, ERROR_CANCELLED);
    assert_false(s3_client_head_many(client, &key, 1, 2, 60000, note_answer, answers, &err));
    assert_int_equal(err.kind, ERROR_CANCELLED);
    s3_client_free(client);
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(put_then_put_again),
        with_scene(head_get_delete),
        with_scene(transient_failures_are_tried_again),
        with_scene(one_attempt_without_a_deadline),
        with_scene(a_refusal_is_not_tried_again),
        with_scene(a_put_is_cut_off_when_its_own_time_is_over),
        with_scene(a_damaged_body_three_times),
        with_scene(a_body_that_changed_in_memory),
        with_scene(the_stores_clock_is_used_once_it_refuses_ours),
        with_scene(a_clock_that_is_right_is_not_corrected),
        with_scene(the_region_is_corrected_once),
        with_scene(renewed_credentials_are_used),
        with_scene(lists_go_over_pages),
        with_scene(lists_that_go_round_are_given_up),
        with_scene(lists_that_contradict_themselves),
        with_scene(bucket_is_checked),
        with_scene(many_heads),
        with_scene(many_heads_end_at_the_first_refusal),
        with_scene(cancelled),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
