/* The way of one object into the bucket: every branch of the state machine, and that time is only spent where it should. */
#include "base/buffer.h"
#include "format/crc32c.h"
#include "s3/s3_upload.h"
#include "tiny_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the store says to one request after the other, before it behaves. */
struct line {
    const char *method;
    int status; /* 0: the connection is dropped */
    const char *code;
    bool store; /* the object is stored although the answer says otherwise */
};

struct scene {
    struct tiny_store store;
    struct tiny_http *server;
    struct s3_client *client;
    struct s3_upload *upload;
    struct s3_metadata metadata;
    struct http_piece piece;
    struct s3_put put;
    const struct line *script; /* ended by a line without method */
    unsigned requests;
    char methods[512]; /* "PUT PUT HEAD " */
    bool wrong_method;
    int64_t now; /* the clock of the test */
    /* what the upload said */
    unsigned settled, troubles, parked;
    enum s3_upload_outcome outcome;
    unsigned retries;
    bool had_info;
    int64_t last_wait;
    char text[ERROR_MESSAGE_SIZE];
    bool free_in_settled;
};

static const char *look_up(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0 || strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return "somethinglong";
    return NULL;
}

static bool follow_script(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    const struct line *line = scene->script;

    scene->requests++;
    snprintf(scene->methods + strlen(scene->methods), sizeof scene->methods - strlen(scene->methods), "%s ",
             request->method);
    if (!line || !line->method)
        return false;
    scene->script++;
    scene->wrong_method = scene->wrong_method || strcmp(line->method, request->method) != 0;
    if (line->store)
        tiny_store_add(&scene->store, "k", "x", "x-amz-meta-hg-plan: p1\r\n");
    if (line->status)
        tiny_error(reply, line->status, line->code);
    else
        reply->action = TINY_DROP;
    return true;
}

static void on_settled(void *context, struct s3_upload *upload, enum s3_upload_outcome outcome,
                       const struct s3_object_info *info, double seconds, unsigned retries)
{
    struct scene *scene = context;

    scene->settled++;
    scene->outcome = outcome;
    scene->retries = retries;
    scene->had_info = info != NULL;
    assert_true(seconds >= 0 && seconds < 60);
    if (scene->free_in_settled) {
        s3_upload_free(upload);
        scene->upload = NULL;
    }
}

static void on_trouble(void *context, struct s3_upload *upload, const struct error *err, int64_t wait_ms, bool parked)
{
    struct scene *scene = context;

    assert_ptr_equal(upload, scene->upload);
    scene->troubles++;
    scene->parked += parked;
    scene->last_wait = wait_ms;
    snprintf(scene->text, sizeof scene->text, "%s", err->message);
}

static bool is_adoptable(void *context, const struct s3_object_info *info, struct error *err)
{
    const char *plan = s3_metadata_get(&info->metadata, "hg-plan");

    (void)context;
    if (plan && strcmp(plan, "p1") == 0)
        return true;
    return error_set(err, ERROR_S3, "not part of this plan");
}

static const struct s3_upload_events events = { on_settled, on_trouble, is_adoptable };

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct s3_settings settings = { .bucket = "lake", .credentials = { .lookup = look_up } };
    char endpoint[64];
    struct error err;

    assert_non_null(scene);
    scene->store.before = follow_script;
    scene->store.context = scene;
    scene->server = tiny_http_start(0, tiny_store_handle, &scene->store);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", tiny_http_port(scene->server));
    settings.endpoint_url = endpoint;
    assert_true(s3_client_new(&settings, &scene->client, &err));
    s3_metadata_set(&scene->metadata, "hg-plan", "p1");
    scene->piece = (struct http_piece){ "123456789", 9 };
    scene->put = (struct s3_put){ .key = "k",
                                  .metadata = &scene->metadata,
                                  .pieces = &scene->piece,
                                  .piece_count = 1,
                                  .length = 9,
                                  .crc32c = crc32c_update(0, "123456789", 9),
                                  .if_none_match = true };
    scene->upload = s3_upload_new(scene->client, &scene->put, &events, scene);
    *state = scene;
    return 0;
}

static int finish(void **state)
{
    struct scene *scene = *state;

    s3_upload_free(scene->upload);
    s3_client_free(scene->client);
    if (scene->server)
        tiny_http_stop(scene->server);
    s3_metadata_clear(&scene->metadata);
    free(scene);
    return 0;
}

/* Drives the upload until it has settled, or until it has parked that often; waits pass by jumps of the clock. */
static void drive(struct scene *scene, unsigned parked)
{
    for (int turns = 0; turns < 1000 && !scene->settled && (parked == 0 || scene->parked < parked); turns++) {
        int64_t next = s3_upload_step(scene->upload, scene->now);

        if (next == INT64_MAX)
            http_client_poll(s3_client_http(scene->client), 100);
        else
            scene->now = next;
    }
}

static void expect(struct scene *scene, enum s3_upload_outcome outcome, unsigned retries, const char *methods)
{
    assert_int_equal(scene->settled, 1);
    assert_int_equal(scene->outcome, outcome);
    assert_int_equal(scene->retries, retries);
    assert_int_equal(scene->had_info, outcome == S3_UPLOAD_ADOPTED);
    assert_string_equal(scene->methods, methods);
    assert_false(scene->wrong_method);
    if (scene->upload)
        assert_true(s3_upload_step(scene->upload, scene->now + 1000000) == INT64_MAX);
}

static void stored_at_once(void **state)
{
    struct scene *scene = *state;

    drive(scene, 0);
    expect(scene, S3_UPLOAD_STORED, 0, "PUT ");
    assert_int_equal(scene->troubles, 0);
    assert_non_null(tiny_store_find(&scene->store, "k"));
}

static void freed_inside_settled(void **state)
{
    struct scene *scene = *state;

    scene->free_in_settled = true;
    drive(scene, 0);
    assert_int_equal(scene->settled, 1);
    assert_null(scene->upload);
}

static void ours_is_adopted(void **state)
{
    struct scene *scene = *state;

    tiny_store_add(&scene->store, "k", "longer than ours", "x-amz-meta-hg-plan: p1\r\n");
    drive(scene, 0);
    expect(scene, S3_UPLOAD_ADOPTED, 0, "PUT HEAD ");
    assert_int_equal(scene->troubles, 0);
    assert_string_equal(tiny_store_find(&scene->store, "k")->body, "longer than ours");
}

/* The answer is lost, the object is there: a look that finds ours settles it. */
static void a_lost_answer(void **state)
{
    static const struct line script[] = {
        { "PUT", 0, NULL, true  },
        { NULL,  0, NULL, false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 0);
    expect(scene, S3_UPLOAD_ADOPTED, 1, "PUT HEAD ");
    assert_int_equal(scene->troubles, 1);
    assert_int_equal(scene->parked, 0);
    assert_non_null(strstr(scene->text, "no whole answer"));
}

/* The PUT is on its way when the look finds nothing: that says nothing, and the same PUT decides. */
static void a_look_that_finds_nothing_settles_nothing(void **state)
{
    static const struct line script[] = {
        { "PUT",  0,   NULL, false },
        { "HEAD", 404, NULL, true  },
        { NULL,   0,   NULL, false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 0);
    expect(scene, S3_UPLOAD_ADOPTED, 1, "PUT HEAD PUT HEAD ");
}

static void transient_failures_of_put_and_head(void **state)
{
    static const struct line script[] = {
        { "PUT",  500, "InternalError",              false },
        { "PUT",  503, "SlowDown",                   false },
        { "PUT",  409, "ConditionalRequestConflict", false },
        { "PUT",  0,   NULL,                         false },
        { "HEAD", 404, NULL,                         false },
        { "PUT",  412, "PreconditionFailed",         true  },
        { "HEAD", 500, NULL,                         false },
        { "HEAD", 503, NULL,                         false },
        { NULL,   0,   NULL,                         false },
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 0);
    expect(scene, S3_UPLOAD_ADOPTED, 6, "PUT PUT PUT PUT HEAD PUT HEAD HEAD HEAD ");
    assert_int_equal(scene->troubles, 6);
    assert_int_equal(scene->parked, 0);
}

static void a_foreign_object_parks(void **state)
{
    struct scene *scene = *state;

    tiny_store_add(&scene->store, "k", "foreign", "x-amz-meta-hg-plan: p2\r\n");
    drive(scene, 1);
    assert_int_equal(scene->settled, 0);
    assert_int_equal(scene->parked, 1);
    assert_int_equal(scene->last_wait, 60000);
    assert_string_equal(scene->text, "not part of this plan");
    assert_string_equal(scene->methods, "PUT HEAD ");
    /* nothing happens for a minute, then the PUT decides again */
    assert_true(s3_upload_step(scene->upload, scene->now) == scene->now + 60000);
    assert_true(s3_upload_step(scene->upload, scene->now + 59999) == scene->now + 60000);
    scene->store.count = 0; /* somebody removes it */
    scene->now += 60000;
    drive(scene, 0);
    expect(scene, S3_UPLOAD_STORED, 1, "PUT HEAD PUT ");
}

static void hurry_ends_the_wait(void **state)
{
    static const struct line script[] = {
        { "PUT", 403, "AccessDenied", false },
        { NULL,  0,   NULL,           false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 1);
    assert_true(s3_upload_step(scene->upload, scene->now) == scene->now + 60000);
    s3_upload_hurry(scene->upload);
    assert_true(s3_upload_step(scene->upload, scene->now) == INT64_MAX);
    drive(scene, 0);
    expect(scene, S3_UPLOAD_STORED, 1, "PUT PUT ");
}

static void what_cannot_be_looked_at_parks(void **state)
{
    static const struct line script[] = {
        { "PUT",  412, "PreconditionFailed", true  },
        { "HEAD", 403, NULL,                 false },
        { NULL,   0,   NULL,                 false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 1);
    assert_int_equal(scene->parked, 1);
    assert_non_null(strstr(scene->text, "the key is taken"));
    assert_non_null(strstr(scene->text, "s3:GetObject"));
    drive(scene, 0);
    expect(scene, S3_UPLOAD_ADOPTED, 1, "PUT HEAD PUT HEAD ");
}

static void a_store_that_contradicts_itself(void **state)
{
#define ROUND                                    \
    { "PUT", 412, "PreconditionFailed", false }, \
    {                                            \
        "HEAD", 404, NULL, false                 \
    }
    static const struct line script[] = {
        ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, { NULL, 0, NULL, false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 1);
    assert_int_equal(scene->parked, 1);
    assert_int_equal(scene->troubles, 5);
    assert_non_null(strstr(scene->text, "the store contradicts itself"));
    drive(scene, 0);
    assert_int_equal(scene->parked, 1);
    assert_int_equal(scene->outcome, S3_UPLOAD_STORED);
}

static void a_full_store_parks_after_ten_attempts(void **state)
{
#define FULL { "PUT", 507, "StorageFull", false }
    static const struct line script[] = {
        FULL, FULL, FULL, FULL, FULL, FULL, FULL, FULL, FULL, FULL, { NULL, 0, NULL, false }
    };
    struct scene *scene = *state;

    scene->script = script;
    drive(scene, 1);
    assert_int_equal(scene->troubles, 10);
    assert_int_equal(scene->parked, 1);
    drive(scene, 0);
    expect(scene, S3_UPLOAD_STORED, 10, "PUT PUT PUT PUT PUT PUT PUT PUT PUT PUT PUT ");
}

static void freed_while_a_request_is_under_way(void **state)
{
    struct scene *scene = *state;

    s3_upload_step(scene->upload, 0);
    s3_upload_free(scene->upload);
    scene->upload = NULL;
    assert_int_equal(http_client_poll(s3_client_http(scene->client), 0), 0);
    assert_int_equal(scene->settled + scene->troubles, 0);
    s3_upload_free(NULL);
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(stored_at_once),
        with_scene(freed_inside_settled),
        with_scene(ours_is_adopted),
        with_scene(a_lost_answer),
        with_scene(a_look_that_finds_nothing_settles_nothing),
        with_scene(transient_failures_of_put_and_head),
        with_scene(a_foreign_object_parks),
        with_scene(hurry_ends_the_wait),
        with_scene(what_cannot_be_looked_at_parks),
        with_scene(a_store_that_contradicts_itself),
        with_scene(a_full_store_parks_after_ten_attempts),
        with_scene(freed_while_a_request_is_under_way),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
