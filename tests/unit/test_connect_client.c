/* Kafka Connect's answers as a worker gives them, and as none should: one tiny server, one client. */
#include "base/error.h"
#include "base/text.h"
#include "connect/connect_client.h"
#include "tiny_http.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the server's thread answers, and what it saw. */
struct scene {
    struct tiny_http *server;
    struct connect_client *client;
    const char *body;
    int status;
    unsigned busy; /* so many 409 first */
    unsigned requests;
    char method[16], target[512], authorization[256];
};

static void handle(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct scene *scene = context;
    const char *authorization = tiny_header(request, "authorization");

    snprintf(scene->method, sizeof scene->method, "%s", request->method);
    snprintf(scene->target, sizeof scene->target, "%.500s", request->target);
    snprintf(scene->authorization, sizeof scene->authorization, "%s", authorization ? authorization : "");
    reply->status = scene->requests++ < scene->busy ? 409 : scene->status;
    snprintf(reply->body, sizeof reply->body, "%s",
             reply->status == 409 ? "{\"error_code\":409,\"message\":\"rebalance\"}" : scene->body);
}

static struct scene *begin(const char *format, int status, const char *body)
{
    struct scene *scene = memory_new(sizeof(*scene));
    struct connect_settings settings = { .rebalance_ms = 3000 };
    struct error err;
    char urls[256];

    scene->status = status;
    scene->body = body;
    scene->server = tiny_http_start(0, handle, scene);
    snprintf(urls, sizeof urls, format, tiny_http_port(scene->server));
    settings.urls = urls;
    if (!connect_client_new(&settings, &scene->client, &err))
        fail_msg("%s", err.message);
    return scene;
}

static void end(struct scene *scene)
{
    connect_client_free(scene->client);
    tiny_http_stop(scene->server);
    free(scene);
}

static const char three[] =
    "{\"zeta\":{\"info\":{\"name\":\"zeta\",\"type\":\"source\",\"config\":{\"connector.class\":\"x.Source\"},\"tasks\":[]},"
    "\"status\":{\"name\":\"zeta\",\"connector\":{\"state\":\"PAUSED\",\"worker_id\":\"w:1\"},\"tasks\":[],\"type\":\"source\"}},"
    "\"orders-s3\":{\"info\":{\"name\":\"orders-s3\",\"type\":\"sink\",\"config\":{\"connector.class\":\"x.Sink\",\"topics\":\"orders,more\","
    "\"aws.secret.access.key\":\"hunter2secret\",\"db.password\":\"${file:/x:pw}\",\"url\":\"https://me:pw@host/\",\"tasks.max\":\"2\"},"
    "\"tasks\":[{\"connector\":\"orders-s3\",\"task\":0}]},\"status\":{\"name\":\"orders-s3\",\"connector\":{\"state\":\"RUNNING\","
    "\"worker_id\":\"10.0.0.7:8083\"},\"tasks\":[{\"id\":0,\"state\":\"RUNNING\",\"worker_id\":\"w\"},{\"id\":1,\"state\":\"FAILED\","
    "\"worker_id\":\"w\",\"trace\":\"x.Denied: hunter2secret is wrong\\n\\tat a.b(C.java)\"}],\"type\":\"sink\"}},"
    "\"own\":{\"info\":{\"name\":\"own\",\"type\":\"sink\",\"config\":{\"topics.regex\":\"ord.*\",\"consumer.override.group.id\":\"theirs\"}},"
    "\"status\":{\"connector\":{\"state\":\"STOPPED\"},\"tasks\":[]}}}";

static void test_list(void **state)
{
    struct scene *scene = begin("http://127.0.0.1:%d/", 200, three);
    struct connect_connectors list;
    struct connect_connector *row;
    struct error err;

    (void)state;
    assert_true(connect_client_list(scene->client, &list, &err));
    assert_string_equal(scene->target, "/connectors?expand=info&expand=status");
    assert_string_equal(scene->authorization, "");
    assert_int_equal(list.count, 3);
    assert_string_equal(list.rows[0].name, "orders-s3");
    assert_string_equal(list.rows[2].name, "zeta");
    row = connect_connectors_find(&list, "orders-s3");
    assert_true(row->sink);
    assert_string_equal(row->group, "connect-orders-s3");
    assert_string_equal(row->state, "RUNNING");
    assert_int_equal(row->tasks, 2);
    assert_int_equal(row->running_tasks, 1);
    assert_int_equal(row->failed_tasks, 1);
    assert_string_equal(row->trouble, "x.Denied: ******** is wrong");
    assert_string_equal(properties_get(&row->settings, "aws.secret.access.key"), CONNECT_MASK);
    assert_string_equal(properties_get(&row->settings, "db.password"), "${file:/x:pw}");
    assert_string_equal(properties_get(&row->settings, "url"), CONNECT_MASK);
    assert_string_equal(properties_get(&row->settings, "tasks.max"), "2");
    row = connect_connectors_find(&list, "own");
    assert_string_equal(row->group, "theirs");
    assert_string_equal(row->topics, "/ord.*/");
    row = connect_connectors_find(&list, "zeta");
    assert_false(row->sink);
    assert_null(row->group);
    connect_connectors_clear(&list);
    end(scene);
}

static void test_secrets(void **state)
{
    (void)state;
    assert_true(connect_is_secret("aws.secret.access.key", "x"));
    assert_true(connect_is_secret("sasl.JAAS.config", "x"));
    assert_true(connect_is_secret("connection.PASSWORD", "x"));
    assert_true(connect_is_secret("api.token", "x"));
    assert_true(connect_is_secret("basic.auth.credentials.source", "x"));
    assert_true(connect_is_secret("jdbc", "jdbc:x?user=a&password=b"));
    assert_true(connect_is_secret("proxy", "http://a:b@c"));
    assert_true(connect_is_secret("db.password", "${a}b${c}"));
    assert_false(connect_is_secret("db.password", "${vault:x:y}"));
    assert_false(connect_is_secret("endpoint", "http://c:80/"));
    assert_false(connect_is_secret("topics", "orders"));
}

static void test_user_and_password(void **state)
{
    struct scene *scene = begin("http://me:p%%40ss@127.0.0.1:%d", 401, "{}");
    char *version, *cluster;
    struct error err;

    (void)state;
    assert_false(connect_client_root(scene->client, &version, &cluster, &err));
    assert_string_equal(scene->authorization, "Basic bWU6cEBzcw=="); /* me:p@ss */
    assert_int_equal(err.kind, ERROR_CONNECT);
    assert_non_null(strstr(err.message, "refuses user \"me\""));
    assert_null(strstr(err.message, "ss@"));
    assert_null(strstr(connect_client_place(scene->client), "me"));
    end(scene);
}

static void test_rebalance(void **state)
{
    struct scene *scene = begin("127.0.0.1:%d", 204, "");
    struct error err;

    (void)state;
    scene->busy = 2;
    assert_true(connect_client_stop(scene->client, "a b/c", &err));
    assert_int_equal(scene->requests, 3);
    assert_string_equal(scene->method, "PUT");
    assert_string_equal(scene->target, "/connectors/a%20b%2Fc/stop");
    scene->busy = 1000;
    assert_false(connect_client_resume(scene->client, "x", &err));
    assert_non_null(strstr(err.message, "409"));
    assert_non_null(strstr(err.message, "rebalance"));
    end(scene);
}

static void test_old_worker(void **state)
{
    struct scene *scene = begin("http://127.0.0.1:%d", 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
    struct connect_offsets offsets;
    struct error err;

    (void)state;
    assert_false(connect_client_stop(scene->client, "x", &err));
    assert_non_null(strstr(err.message, "older than 3.5"));
    assert_true(connect_client_offsets(scene->client, "x", &offsets, &err));
    assert_false(offsets.known);
    connect_offsets_clear(&offsets);
    end(scene);
}

static void test_offsets(void **state)
{
    struct scene *scene = begin(
        "http://127.0.0.1:%d", 200,
        "{\"offsets\":[{\"partition\":{\"kafka_topic\":\"t\",\"kafka_partition\":2},\"offset\":{\"kafka_offset\":71840}},"
        "{\"partition\":{\"kafka_topic\":\"t\",\"kafka_partition\":0},\"offset\":{\"kafka_offset\":5}},"
        "{\"partition\":{\"file\":\"x\"},\"offset\":{\"position\":1}},"
        "{\"partition\":{\"kafka_topic\":\"a\",\"kafka_partition\":9},\"offset\":{\"kafka_offset\":1}}]}");
    struct connect_offsets offsets;
    struct error err;

    (void)state;
    assert_true(connect_client_offsets(scene->client, "x", &offsets, &err));
    assert_true(offsets.known);
    assert_int_equal(offsets.count, 3);
    assert_string_equal(offsets.rows[0].topic, "a");
    assert_int_equal(offsets.rows[1].partition, 0);
    assert_int_equal(offsets.rows[2].offset, 71840);
    connect_offsets_clear(&offsets);
    end(scene);
}

/* The first worker is not there: the second answers, and is asked first from then on. */
static void test_several_workers(void **state)
{
    struct scene *scene =
        begin("http://127.0.0.1:9,http://127.0.0.1:%d", 200, "{\"version\":\"4.3.1\",\"kafka_cluster_id\":\"c\"}");
    char *version, *cluster;
    struct error err;

    (void)state;
    assert_string_equal(connect_client_place(scene->client), "http://127.0.0.1:9");
    assert_true(connect_client_root(scene->client, &version, &cluster, &err));
    assert_string_equal(version, "4.3.1");
    assert_string_equal(cluster, "c");
    assert_string_not_equal(connect_client_place(scene->client), "http://127.0.0.1:9");
    free(version);
    free(cluster);
    end(scene);
}

static void test_not_kafka_connect(void **state)
{
    static const struct {
        int status;
        const char *body, *says;
    } rows[] = {
        { 200, "<html>",                                                "not Kafka Connect" },
        { 200, "{}",                                                    "not Kafka Connect" },
        { 404, "nothing here",                                          "not Kafka Connect" },
        { 301, "",                                                      "sends elsewhere"   },
        { 500, "{\"error_code\":500,\"message\":\"timed\\u001b out\"}", "answers 500"       },
        { 401, "",                                                      "wants a user"      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *scene = begin("http://127.0.0.1:%d", rows[i].status, rows[i].body);
        char *version = NULL, *cluster = NULL;
        struct error err;

        assert_false(connect_client_root(scene->client, &version, &cluster, &err));
        if (!strstr(err.message, rows[i].says))
            fail_msg("%s", err.message);
        assert_null(strchr(err.message, 27));
        end(scene);
    }
}

static void test_urls(void **state)
{
    static const char *const bad[] = { "",
                                       "ftp://x",
                                       "http://",
                                       "http://me:geheim@",
                                       "http:///x",
                                       "http://a b:1,",
                                       "http://me:geheim@/x",
                                       "http://h/?geheim",
                                       "http://h#geheim" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct connect_settings settings = { .urls = bad[i] };
        struct connect_client *client = NULL;
        struct error err = { 0 };

        if (i == 5) { /* blanks part URLs, as commas do */
            assert_true(connect_client_new(&settings, &client, &err));
            connect_client_free(client);
            continue;
        }
        assert_false(connect_client_new(&settings, &client, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_null(strstr(err.message, "geheim"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_user_and_password),
        cmocka_unit_test(test_rebalance),
        cmocka_unit_test(test_old_worker),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_several_workers),
        cmocka_unit_test(test_not_kafka_connect),
        cmocka_unit_test(test_urls),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
