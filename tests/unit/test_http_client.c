/* The HTTP client against a server that does what it is told: whole and cut answers, silence, dropped connections. */
#include "http/http_client.h"
#include "tiny_http.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the server is to say, and what it saw. */
struct scene {
    struct tiny_http *server;
    struct http_client *client;
    char url[128];
    struct tiny_reply reply;     /* to the first `times` requests; 200 "fine" afterwards */
    enum tiny_action actions[4]; /* of the first requests, where not TINY_ANSWER */
    unsigned times;
    unsigned requests;
    char method[16];
    char target[256];
    char header[256]; /* the header asked for */
    const char *wanted;
    size_t body_length;
    unsigned body_sum;
};

static void on_request(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    const char *header = scene->wanted ? tiny_header(request, scene->wanted) : NULL;

    snprintf(scene->method, sizeof scene->method, "%s", request->method);
    snprintf(scene->target, sizeof scene->target, "%.255s", request->target);
    snprintf(scene->header, sizeof scene->header, "%.255s", header ? header : "(none)");
    scene->body_length = request->body_length;
    scene->body_sum = 0;
    for (size_t i = 0; i < request->body_length; i++)
        scene->body_sum = scene->body_sum * 31 + (unsigned char)request->body[i];
    if (scene->requests < scene->times)
        *reply = scene->reply;
    if (scene->requests < 4 && scene->actions[scene->requests] != TINY_ANSWER)
        reply->action = scene->actions[scene->requests];
    if (scene->requests++ >= scene->times)
        snprintf(reply->body, sizeof reply->body, "fine");
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    const struct http_client_settings settings = { .connections = 4, .connect_timeout_ms = 2000, .stall_seconds = 1 };
    struct error err;

    assert_non_null(scene);
    scene->server = tiny_http_start(0, on_request, scene);
    snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%d/a/../b%%20c?x=1", tiny_http_port(scene->server));
    scene->reply.status = 200;
    assert_true(http_client_new(&settings, &scene->client, &err));
    *state = scene;
    return 0;
}

/* Before what the server saw is looked at. */
static void stop_server(struct scene *scene)
{
    if (scene->server)
        tiny_http_stop(scene->server);
    scene->server = NULL;
}

static int finish(void **state)
{
    struct scene *scene = *state;

    http_client_free(scene->client);
    stop_server(scene);
    free(scene);
    return 0;
}

static void get_keeps_path_and_answer(void **state)
{
    struct scene *scene = *state;
    const struct http_request_header headers[] = {
        { (char *)(uintptr_t)"X-Empty", (char *)(uintptr_t)"" }
    };
    const struct http_request request = { .method = "GET", .url = scene->url, .headers = headers, .header_count = 1 };
    struct http_response response;

    scene->wanted = "x-empty";
    scene->times = 1;
    snprintf(scene->reply.headers, sizeof scene->reply.headers, "ETag: \"abc\"\r\nX-Two:  v w \r\n");
    snprintf(scene->reply.body, sizeof scene->reply.body, "hello");
    assert_true(http_client_perform(scene->client, &request, &response, NULL));
    assert_int_equal(response.failure, HTTP_OK);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data, "hello");
    assert_string_equal(http_response_header(&response, "etag"), "\"abc\"");
    assert_string_equal(http_response_header(&response, "x-two"), "v w");
    assert_null(http_response_header(&response, "x-three"));
    http_response_clear(&response);
    stop_server(scene);
    assert_string_equal(scene->target, "/a/../b%20c?x=1");
    assert_string_equal(scene->method, "GET");
    assert_string_equal(scene->header, "");
}

static void put_sends_pieces_with_their_length(void **state)
{
    struct scene *scene = *state;
    enum { LENGTH = 300000 };
    char *bytes = malloc(LENGTH);
    struct http_piece pieces[4];
    struct http_request request = { .method = "PUT", .url = scene->url, .pieces = pieces, .piece_count = 4 };
    struct http_response response;
    unsigned sum = 0;

    assert_non_null(bytes);
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[i] = (char)(i * 7 + i / 255);
        sum = sum * 31 + (unsigned char)bytes[i];
    }
    pieces[0] = (struct http_piece){ bytes, 1 };
    pieces[1] = (struct http_piece){ bytes + 1, 0 };
    pieces[2] = (struct http_piece){ bytes + 1, 199999 };
    pieces[3] = (struct http_piece){ bytes + 200000, LENGTH - 200000 };
    scene->wanted = "expect";
    assert_true(http_client_perform(scene->client, &request, &response, NULL));
    assert_int_equal(response.status, 200);
    http_response_clear(&response);
    stop_server(scene);
    assert_int_equal(scene->body_length, LENGTH);
    assert_int_equal(scene->body_sum, sum);
    assert_string_equal(scene->header, "(none)");
    free(bytes);
}

static void methods_without_a_body(void **state)
{
    struct scene *scene = *state;
    static const char *const methods[] = { "HEAD", "DELETE", "PUT", "POST" };

    scene->wanted = "content-length";
    scene->times = 100;
    scene->reply.status = 404;
    snprintf(scene->reply.headers, sizeof scene->reply.headers, "Content-Length: 4\r\n");
    snprintf(scene->reply.body, sizeof scene->reply.body, "none");
    for (size_t i = 0; i < 4; i++) {
        const struct http_request request = { .method = methods[i], .url = scene->url };
        struct http_response response;

        assert_true(http_client_perform(scene->client, &request, &response, NULL));
        assert_int_equal(response.failure, HTTP_OK);
        assert_int_equal(response.status, 404);
        assert_string_equal(http_response_header(&response, "content-length"), "4");
        http_response_clear(&response);
    }
    stop_server(scene);
    assert_int_equal(scene->requests, 4);
    assert_string_equal(scene->method, "POST");
    assert_string_equal(scene->header, "0");
}

static void expect_failure(struct scene *scene, const struct http_request *request, enum http_failure failure,
                           const char *words)
{
    struct http_response response;

    assert_true(http_client_perform(scene->client, request, &response, NULL));
    assert_int_equal(response.failure, failure);
    assert_int_equal(response.status, 0);
    assert_non_null(response.reason);
    if (!strstr(response.reason, words))
        fail_msg("reason: %s", response.reason);
    http_response_clear(&response);
}

static void unclear_ends(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "PUT", .url = scene->url, .body = "body", .body_length = 4 };

    scene->actions[0] = TINY_DROP;
    scene->actions[1] = TINY_CUT;
    scene->actions[2] = TINY_SILENCE;
    expect_failure(scene, &request, HTTP_UNCLEAR, "Empty reply");
    expect_failure(scene, &request, HTTP_UNCLEAR, "(peer 127.0.0.1)");
    expect_failure(scene, &request, HTTP_UNCLEAR, "1");
}

/* Before the stall of a second is one; and no limit of ours makes the one of the size longer. */
static void no_request_lasts_longer_than_its_own_limit(void **state)
{
    struct scene *scene = *state;
    struct http_request request = {
        .method = "PUT", .url = scene->url, .body = "body", .body_length = 4, .most_ms = 200
    };

    scene->actions[0] = scene->actions[1] = TINY_SILENCE;
    expect_failure(scene, &request, HTTP_UNCLEAR, "after 2");
    request.most_ms = INT64_MAX;
    expect_failure(scene, &request, HTTP_UNCLEAR, "too slow");
}

/* The server closes a kept connection when the next request comes: libcurl sends that again, from the first byte. */
static void a_kept_connection_that_has_died(void **state)
{
    struct scene *scene = *state;
    const struct http_request get = { .method = "GET", .url = scene->url };
    const struct http_piece pieces[] = {
        { "01234", 5 },
        { "56789", 5 },
    };
    const struct http_request put = { .method = "PUT", .url = scene->url, .pieces = pieces, .piece_count = 2 };
    struct http_response response;
    unsigned sum = 0;

    scene->actions[1] = TINY_DROP;
    assert_true(http_client_perform(scene->client, &get, &response, NULL));
    http_response_clear(&response);
    assert_true(http_client_perform(scene->client, &put, &response, NULL));
    assert_int_equal(response.failure, HTTP_OK);
    http_response_clear(&response);
    stop_server(scene);
    assert_int_equal(scene->requests, 3);
    assert_int_equal(scene->body_length, 10);
    for (const char *at = "0123456789"; *at; at++)
        sum = sum * 31 + (unsigned char)*at;
    assert_int_equal(scene->body_sum, sum);
}

static void nothing_was_sent(void **state)
{
    struct scene *scene = *state;
    struct http_request request = { .method = "PUT", .url = scene->url, .body = "body", .body_length = 4 };

    stop_server(scene);
    expect_failure(scene, &request, HTTP_NOT_SENT, "connect");
    request.url = "http://no-such-host.invalid/";
    expect_failure(scene, &request, HTTP_NOT_SENT, "no-such-host.invalid");
}

static void what_cannot_be_sent(void **state)
{
    struct scene *scene = *state;
    struct http_request_header header = { (char *)(uintptr_t)"x-a", (char *)(uintptr_t)"1\r\nx-b: 2" };
    struct http_request request = { .method = "GET", .url = "file:///etc/passwd" };

    expect_failure(scene, &request, HTTP_BAD_REQUEST, "URL");
    request.url = scene->url;
    request.headers = &header;
    request.header_count = 1;
    expect_failure(scene, &request, HTTP_BAD_REQUEST, "header");
    header.value = (char *)(uintptr_t)"1";
    header.name = (char *)(uintptr_t)"x:a";
    expect_failure(scene, &request, HTTP_BAD_REQUEST, "header");
    stop_server(scene);
    assert_int_equal(scene->requests, 0);
}

static void answers_have_limits(void **state)
{
    struct scene *scene = *state;
    struct http_request request = { .method = "GET", .url = scene->url, .response_limit = 100 };

    scene->times = 2;
    scene->reply.body_length = 101;
    expect_failure(scene, &request, HTTP_TOO_LONG, "longer than");
    request.response_limit = 101;
    struct http_response response;
    assert_true(http_client_perform(scene->client, &request, &response, NULL));
    assert_int_equal(response.body.length, 101);
    http_response_clear(&response);
}

static void too_many_headers(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    int at = snprintf(scene->reply.body, sizeof scene->reply.body, "HTTP/1.1 200 OK\r\n");

    scene->times = 1;
    scene->reply.action = TINY_RAW;
    for (int i = 0; i < 300; i++)
        at += snprintf(scene->reply.body + at, sizeof scene->reply.body - (size_t)at, "x%d: 1\r\n", i);
    snprintf(scene->reply.body + at, sizeof scene->reply.body - (size_t)at, "\r\n");
    expect_failure(scene, &request, HTTP_TOO_LONG, "longer than");
}

static void only_the_last_answers_headers(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    struct http_response response;

    scene->times = 1;
    scene->reply.action = TINY_RAW;
    snprintf(scene->reply.body, sizeof scene->reply.body,
             "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_true(http_client_perform(scene->client, &request, &response, NULL));
    assert_int_equal(response.status, 200);
    assert_null(http_response_header(&response, "etag"));
    assert_string_equal(response.body.data, "ok");
    http_response_clear(&response);
}

static void redirects_are_answers(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    struct http_response response;

    scene->times = 1;
    scene->reply.status = 307;
    snprintf(scene->reply.headers, sizeof scene->reply.headers, "Location: /elsewhere\r\n");
    assert_true(http_client_perform(scene->client, &request, &response, NULL));
    assert_int_equal(response.status, 307);
    http_response_clear(&response);
    stop_server(scene);
    assert_int_equal(scene->requests, 1);
}

/* Counts what ended, and how. */
struct ends {
    unsigned count, aborted;
    struct http_client *client;
    uint64_t cancel; /* cancelled by the first that ends */
    char last[16];
};

static void on_done(void *context, struct http_response *response)
{
    struct ends *ends = context;

    ends->count++;
    ends->aborted += response->failure == HTTP_ABORTED;
    snprintf(ends->last, sizeof ends->last, "%.15s", response->body.data ? response->body.data : "");
    if (ends->cancel) {
        uint64_t number = ends->cancel;

        ends->cancel = 0;
        http_client_cancel(ends->client, number);
    }
}

static void held_bodies_wait_for_release(void **state)
{
    struct scene *scene = *state;
    static char body[200000];
    const struct http_request request = {
        .method = "PUT", .url = scene->url, .body = body, .body_length = sizeof body, .hold_after = sizeof body / 2
    };
    struct ends ends = { 0 };
    uint64_t first, number;
    unsigned polls = 0;

    /* another one takes the only connection and keeps it */
    http_client_set_connections(scene->client, 1);
    first = http_client_start(scene->client, &request, on_done, &ends);
    number = http_client_start(scene->client, &request, on_done, &ends);
    while (!http_client_is_held(scene->client, number) && polls++ < 100)
        http_client_poll(scene->client, 100);
    assert_true(http_client_is_held(scene->client, number));
    http_client_poll(scene->client, 50);
    assert_int_equal(ends.count, 0);
    http_client_release(scene->client, number);
    assert_false(http_client_is_held(scene->client, number));
    while (http_client_poll(scene->client, 100) > 1 && polls++ < 100)
        ;
    assert_int_equal(ends.count, 1);
    assert_string_equal(ends.last, "fine");
    http_client_cancel(scene->client, first);
    assert_int_equal(ends.aborted, 1);
    stop_server(scene);
    assert_int_equal(scene->body_length, sizeof body);
}

static void more_requests_than_connections(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    struct ends ends = { .client = scene->client };
    unsigned polls = 0;

    http_client_set_connections(scene->client, 2);
    for (int i = 0; i < 20; i++)
        http_client_start(scene->client, &request, on_done, &ends);
    ends.cancel = http_client_start(scene->client, &request, on_done, &ends);
    while (http_client_poll(scene->client, 100) > 0 && polls++ < 1000)
        ;
    assert_int_equal(ends.count, 21);
    assert_int_equal(ends.aborted, 1);
    stop_server(scene);
    assert_int_equal(scene->requests, 20);
}

static void freeing_ends_what_is_under_way(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    struct ends ends = { 0 };

    scene->times = 100;
    scene->reply.action = TINY_SILENCE;
    for (int i = 0; i < 6; i++)
        http_client_start(scene->client, &request, on_done, &ends);
    http_client_poll(scene->client, 20);
    http_client_free(scene->client);
    scene->client = NULL;
    assert_int_equal(ends.count, 6);
    assert_int_equal(ends.aborted, 6);
}

static void cancelled_perform(void **state)
{
    struct scene *scene = *state;
    const struct http_request request = { .method = "GET", .url = scene->url };
    struct http_response response;
    volatile bool cancel = true;

    scene->times = 100;
    scene->reply.action = TINY_SILENCE;
    assert_false(http_client_perform(scene->client, &request, &response, &cancel));
    assert_int_equal(response.failure, HTTP_ABORTED);
    http_response_clear(&response);
}

static void unreadable_ca_file(void **state)
{
    const struct http_client_settings settings = { .ca_file = "/nowhere/ca.pem" };
    struct http_client *client;
    struct error err;

    (void)state;
    assert_false(http_client_new(&settings, &client, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "/nowhere/ca.pem"));
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(get_keeps_path_and_answer),
        with_scene(put_sends_pieces_with_their_length),
        with_scene(methods_without_a_body),
        with_scene(unclear_ends),
        with_scene(no_request_lasts_longer_than_its_own_limit),
        with_scene(a_kept_connection_that_has_died),
        with_scene(nothing_was_sent),
        with_scene(what_cannot_be_sent),
        with_scene(answers_have_limits),
        with_scene(too_many_headers),
        with_scene(only_the_last_answers_headers),
        with_scene(redirects_are_answers),
        with_scene(held_bodies_wait_for_release),
        with_scene(more_requests_than_connections),
        with_scene(freeing_ends_what_is_under_way),
        with_scene(cancelled_perform),
        cmocka_unit_test(unreadable_ca_file),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
