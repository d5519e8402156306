/* The functions of s3/ as commands, for tests/e2e/test_s3_layer.py: settings come from the AWS environment variables and
 * S3_TOOL_BUCKET, S3_TOOL_CA, S3_TOOL_DEADLINE_MS; answers go to standard output, errors to standard error with exit code 1. */
#include "base/log.h"
#include "base/text.h"
#include "format/crc32c.h"
#include "s3/s3_client.h"
#include "s3/s3_probe.h"
#include "s3/s3_upload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a command works with. */
struct tool {
    struct s3_client *client;
    int64_t deadline_ms;
    char **words;
    int count;
};

struct command {
    const char *name;
    int words; /* at least */
    bool (*run)(struct tool *tool, struct error *err);
};

static void fill_put(struct s3_put *put, struct http_piece *piece, const char *key, const char *body)
{
    piece->bytes = body;
    piece->length = strlen(body);
    *put = (struct s3_put){ .key = key,
                            .content_type = "text/plain",
                            .pieces = piece,
                            .piece_count = 1,
                            .length = piece->length,
                            .crc32c = crc32c_update(0, body, piece->length),
                            .if_none_match = true };
}

/* put KEY BODY [NAME=VALUE...] */
static bool run_put(struct tool *tool, struct error *err)
{
    struct s3_put put;
    struct http_piece piece;
    struct s3_metadata metadata = { 0 };
    bool taken = false, ok;

    fill_put(&put, &piece, tool->words[0], tool->words[1]);
    for (int i = 2; i < tool->count; i++) {
        char *equals = strchr(tool->words[i], '=');

        *equals = '\0';
        s3_metadata_set(&metadata, tool->words[i], equals + 1);
    }
    put.metadata = &metadata;
    ok = s3_client_put(tool->client, &put, tool->deadline_ms, &taken, err);
    if (ok)
        printf("%s\n", taken ? "taken" : "stored");
    s3_metadata_clear(&metadata);
    return ok;
}

static void print_info(const char *key, const struct s3_object_info *info)
{
    if (!info) {
        printf("%s missing\n", key);
        return;
    }
    printf("%s %lld %s", key, (long long)info->size, info->etag);
    for (size_t i = 0; i < info->metadata.count; i++)
        printf(" %s=%s", info->metadata.rows[i].name, info->metadata.rows[i].value);
    printf("\n");
}

static bool run_head(struct tool *tool, struct error *err)
{
    struct s3_object_info info;
    bool missing;

    if (!s3_client_head(tool->client, tool->words[0], tool->deadline_ms, &info, &missing, err))
        return false;
    print_info(tool->words[0], missing ? NULL : &info);
    s3_object_info_clear(&info);
    return true;
}

/* get KEY LIMIT */
static bool run_get(struct tool *tool, struct error *err)
{
    struct buffer body;
    bool missing, ok;

    ok = s3_client_get(tool->client, tool->words[0], (size_t)strtoull(tool->words[1], NULL, 10), tool->deadline_ms,
                       &body, &missing, err);
    if (ok)
        printf("%s", missing ? "missing\n" : body.data);
    buffer_clear(&body);
    return ok;
}

static bool run_delete(struct tool *tool, struct error *err)
{
    return s3_client_delete(tool->client, tool->words[0], tool->deadline_ms, err);
}

static bool run_check(struct tool *tool, struct error *err)
{
    if (!s3_client_check_bucket(tool->client, tool->deadline_ms, err))
        return false;
    printf("%s as %s\n", s3_client_endpoint(tool->client), s3_client_identity(tool->client));
    return true;
}

static bool print_entry(void *context, const struct s3_list_entry *entry)
{
    (void)context;
    printf("%s\t%lld\t%s\n", entry->key, (long long)entry->size, entry->modified);
    return true;
}

/* list PREFIX [START_AFTER] */
static bool run_list(struct tool *tool, struct error *err)
{
    return s3_client_list(tool->client, tool->words[0], tool->count > 1 ? tool->words[1] : NULL, tool->deadline_ms,
                          print_entry, NULL, err);
}

static void print_each(void *context, size_t index, const struct s3_object_info *info)
{
    const struct tool *tool = context;

    print_info(tool->words[1 + index], info);
}

/* headmany PARALLEL KEY... */
static bool run_head_many(struct tool *tool, struct error *err)
{
    return s3_client_head_many(tool->client, (const char *const *)tool->words + 1, (size_t)tool->count - 1,
                               (int)strtol(tool->words[0], NULL, 10), tool->deadline_ms, print_each, tool, err);
}

/* probe PREFIX NONCE */
static bool run_probe(struct tool *tool, struct error *err)
{
    struct s3_probe_report report;

    if (!s3_probe_run(tool->client, tool->words[0], tool->words[1], &report, err))
        return false;
    printf("%s|%s|checksum %s|%s\n", s3_probe_verdict_name(report.verdict), report.reason,
           report.checks_checksum ? "checked" : "not checked", report.left_behind ? "left behind" : "tidied");
    return true;
}

static void on_settled(void *context, struct s3_upload *upload, enum s3_upload_outcome outcome,
                       const struct s3_object_info *info, double seconds, unsigned retries)
{
    bool *settled = context;

    (void)upload;
    (void)info;
    (void)seconds;
    *settled = true;
    printf("%s retries=%s\n", outcome == S3_UPLOAD_STORED ? "stored" : "adopted", retries ? "some" : "none");
}

static void on_trouble(void *context, struct s3_upload *upload, const struct error *err, int64_t wait_ms, bool parked)
{
    (void)context;
    (void)upload;
    (void)wait_ms;
    printf("%s: %s\n", parked ? "parked" : "trouble", err->message);
    fflush(stdout);
}

/* Ours is what has the metadata hg-plan=p1. */
static bool is_adoptable(void *context, const struct s3_object_info *info, struct error *err)
{
    const char *plan = s3_metadata_get(&info->metadata, "hg-plan");

    (void)context;
    if (plan && strcmp(plan, "p1") == 0)
        return true;
    return error_set(err, ERROR_S3, "this key holds an object that is not part of this plan");
}

/* upload KEY BYTES */
static bool run_upload(struct tool *tool, struct error *err)
{
    static const struct s3_upload_events events = { on_settled, on_trouble, is_adoptable };
    size_t length = (size_t)strtoull(tool->words[1], NULL, 10);
    char *body = memory_new(length + 1);
    struct s3_metadata metadata = { 0 };
    struct s3_upload *upload;
    struct s3_put put;
    struct http_piece piece;
    bool settled = false;
    int64_t until = timestamp_monotonic() + tool->deadline_ms;

    memset(body, 'x', length);
    fill_put(&put, &piece, tool->words[0], body);
    s3_metadata_set(&metadata, "hg-plan", "p1");
    put.metadata = &metadata;
    upload = s3_upload_new(tool->client, &put, &events, &settled);
    while (!settled && timestamp_monotonic() < until) {
        s3_upload_step(upload, timestamp_monotonic());
        http_client_poll(s3_client_http(tool->client), 50);
    }
    s3_upload_free(upload);
    s3_metadata_clear(&metadata);
    free(body);
    return settled ? true : error_set(err, ERROR_S3, "not settled in time");
}

static const struct command commands[] = {
    { "put",      2, run_put       },
    { "head",     1, run_head      },
    { "get",      2, run_get       },
    { "delete",   1, run_delete    },
    { "check",    0, run_check     },
    { "list",     1, run_list      },
    { "headmany", 2, run_head_many },
    { "probe",    2, run_probe     },
    { "upload",   2, run_upload    },
};

static int fail(const struct error *err)
{
    fprintf(stderr, "%s: %s\n", error_kind_name(err->kind), err->message);
    return 1;
}

int main(int argc, char **argv)
{
    const char *deadline = getenv("S3_TOOL_DEADLINE_MS");
    struct s3_settings settings = { .bucket = getenv("S3_TOOL_BUCKET"), .ca_file = getenv("S3_TOOL_CA") };
    struct tool tool = { .words = argv + 2, .count = argc - 2 };
    const struct command *command = NULL;
    struct error err = { .kind = ERROR_NONE };
    bool ok;

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0 && tool.count >= commands[i].words)
            command = &commands[i];
    }
    if (!command || !settings.bucket)
        return 2;
    log_to_stderr(true, LOG_WARNING);
    tool.deadline_ms = deadline ? strtoll(deadline, NULL, 10) : 5000;
    if (!s3_client_new(&settings, &tool.client, &err))
        return fail(&err);
    ok = command->run(&tool, &err);
    s3_client_free(tool.client);
    return ok ? 0 : fail(&err);
}
