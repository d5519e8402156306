/* The probe against stores with one weakness each. The store in memory takes a PUT when its last byte is there, so two that
 * overlap are told apart; a store that does not is in tests/e2e/test_s3_layer.py (a real one). */
#include "base/buffer.h"
#include "s3/s3_probe.h"
#include "tiny_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct scene {
    struct tiny_store store;
    struct tiny_http *server;
    struct s3_client *client;
    unsigned puts, deletes;
    int refuse_put; /* the number of a PUT, from 1, that is answered with status */
    int status;
    const char *code;
    bool keeps_probes;     /* DELETE is refused */
    bool checks_checksums; /* the one that the probe gets wrong on purpose */
    bool both_win;         /* the second of two overlapping ones too */
};

static const char *look_up(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0 || strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return "somethinglong";
    return NULL;
}

static bool before(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    bool is_put = strcmp(request->method, "PUT") == 0;

    if (is_put && (int)++scene->puts == scene->refuse_put) {
        tiny_error(reply, scene->status, scene->code);
        return true;
    }
    if (is_put && scene->checks_checksums && request->body_length == 5 && scene->puts > 2) {
        tiny_error(reply, 400, "BadDigest");
        return true;
    }
    if (is_put && scene->both_win && request->body_length > 1000) {
        snprintf(reply->headers, sizeof reply->headers, "ETag: \"e\"\r\n");
        return true;
    }
    if (strcmp(request->method, "DELETE") == 0) {
        scene->deletes++;
        if (scene->keeps_probes)
            tiny_error(reply, 403, "AccessDenied");
        return scene->keeps_probes;
    }
    return false;
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct s3_settings settings = { .bucket = "lake", .credentials = { .lookup = look_up } };
    char endpoint[64];
    struct error err;

    assert_non_null(scene);
    scene->checks_checksums = true;
    scene->store.before = before;
    scene->store.context = scene;
    scene->server = tiny_http_start(0, tiny_store_handle, &scene->store);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", tiny_http_port(scene->server));
    settings.endpoint_url = endpoint;
    assert_true(s3_client_new(&settings, &scene->client, &err));
    *state = scene;
    return 0;
}

static int finish(void **state)
{
    struct scene *scene = *state;

    s3_client_free(scene->client);
    tiny_http_stop(scene->server);
    free(scene);
    return 0;
}

static void expect(struct scene *scene, enum s3_probe_verdict verdict, const char *reason, bool checks, bool left)
{
    struct s3_probe_report report;
    struct error err = { .message = "" };

    if (!s3_probe_run(scene->client, "p/", "n0nce", &report, &err))
        fail_msg("%s", err.message);
    assert_int_equal(report.verdict, verdict);
    if (*reason ? !strstr(report.reason, reason) : *report.reason != '\0')
        fail_msg("reason: %s", report.reason);
    assert_int_equal(report.checks_checksum, checks);
    assert_int_equal(report.left_behind, left);
    for (size_t i = 0; i < scene->store.count; i++)
        assert_memory_equal(scene->store.objects[i].key, "p/_headgate/probe/n0nce-", 24);
}

static void a_good_store(void **state)
{
    struct scene *scene = *state;

    expect(scene, S3_PROBE_EXACTLY_ONCE, "", true, false);
    assert_int_equal(scene->deletes, 4);
}

static void a_store_that_ignores_the_condition(void **state)
{
    struct scene *scene = *state;

    scene->store.ignores_condition = true;
    expect(scene, S3_PROBE_AT_LEAST_ONCE, "the condition is ignored", true, false);
}

static void a_store_that_loses_metadata(void **state)
{
    struct scene *scene = *state;

    scene->store.loses_metadata = true;
    expect(scene, S3_PROBE_AT_LEAST_ONCE, "metadata is lost", true, false);
}

static void a_store_that_lets_both_win(void **state)
{
    struct scene *scene = *state;

    scene->both_win = true;
    expect(scene, S3_PROBE_AT_LEAST_ONCE, "both win", true, false);
}

static void a_store_without_conditional_puts(void **state)
{
    struct scene *scene = *state;

    scene->refuse_put = 1;
    scene->status = 501;
    scene->code = "NotImplemented";
    expect(scene, S3_PROBE_AT_LEAST_ONCE, "refused with 501 NotImplemented", false, false);
}

static void a_store_that_does_not_check_and_lets_nobody_delete(void **state)
{
    struct scene *scene = *state;

    scene->checks_checksums = false;
    scene->keeps_probes = true;
    expect(scene, S3_PROBE_EXACTLY_ONCE, "", false, true);
}

/* One that stalls shows nothing about the store. */
static void transient_failures_are_not_weakness(void **state)
{
    struct scene *scene = *state;

    scene->refuse_put = 3; /* the first of the overlapping ones */
    scene->status = 500;
    scene->code = "InternalError";
    expect(scene, S3_PROBE_EXACTLY_ONCE, "", true, false);
}

static void a_store_that_refuses_is_an_error(void **state)
{
    struct scene *scene = *state;
    struct s3_probe_report report;
    struct error err;

    scene->refuse_put = 1;
    scene->status = 403;
    scene->code = "AccessDenied";
    assert_false(s3_probe_run(scene->client, "p/", "n", &report, &err));
    assert_non_null(strstr(err.message, "the store cannot be probed: cannot store s3://lake/p/_headgate/probe/n-0"));
    assert_non_null(strstr(err.message, "s3:PutObject"));
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(s3_probe_verdict_name(S3_PROBE_EXACTLY_ONCE), "exactly once");
    assert_string_equal(s3_probe_verdict_name(S3_PROBE_AT_LEAST_ONCE), "at least once");
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(a_good_store),
        with_scene(a_store_that_ignores_the_condition),
        with_scene(a_store_that_loses_metadata),
        with_scene(a_store_that_lets_both_win),
        with_scene(a_store_without_conditional_puts),
        with_scene(a_store_that_does_not_check_and_lets_nobody_delete),
        with_scene(transient_failures_are_not_weakness),
        with_scene(a_store_that_refuses_is_an_error),
        cmocka_unit_test(names),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
