/* Asking a store whether its conditional PUT is atomic. The telling step is the overlap: two PUTs of one key, both half
 * sent before either ends. A store that looks at the condition when a PUT begins lets both win. */
#include "s3/s3_probe.h"

#include "aws/digest.h"
#include "base/text.h"
#include "format/crc32c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEADLINE_MS = 20 * 1000,         /* for transient failures of one step */
    OVERLAP_BYTES = 8 * 1024 * 1024, /* more than any server buffers before it looks */
    OVERLAP_MS = 60 * 1000,
    LATE_MS = 3000, /* how long the second half of one PUT waits for the other's answer */
    ROUNDS_MOST = 5,
    POLL_MS = 50,
    MOST_KEYS = 2 + 2 * ROUNDS_MOST,
};

static const char first_body[] = "first";
static const char second_body[] = "second, and longer";

/* One run of the probe. */
struct probe {
    struct s3_client *client;
    struct s3_probe_report *report;
    char *folder; /* "<prefix>_headgate/probe/<nonce>-" */
    char *keys[MOST_KEYS];
    size_t key_count;
    char *overlap_body;
};

/* A PUT and what became of it. */
struct probe_put {
    struct s3_put put;
    struct http_piece piece;
    struct s3_metadata metadata;
    struct s3_answer answer;
    uint64_t number;
    bool done;
};

const char *s3_probe_verdict_name(enum s3_probe_verdict verdict)
{
    return verdict == S3_PROBE_EXACTLY_ONCE ? "exactly once" : "at least once";
}

/* The first weakness found is the one that is reported. */
static void weak(struct probe *probe, const char *reason)
{
    char *clean;

    if (probe->report->verdict == S3_PROBE_AT_LEAST_ONCE)
        return;
    probe->report->verdict = S3_PROBE_AT_LEAST_ONCE;
    clean = text_sanitised(reason);
    snprintf(probe->report->reason, sizeof probe->report->reason, "%s", clean);
    free(clean);
}

static const char *new_key(struct probe *probe)
{
    char *key = memory_printf("%s%zu", probe->folder, probe->key_count);

    probe->keys[probe->key_count++] = key;
    return key;
}

/* --- PUTs --- */

static void put_init(struct probe_put *put, const char *key, const void *body, size_t length, const char *writer)
{
    memset(put, 0, sizeof *put);
    put->piece = (struct http_piece){ body, length };
    s3_metadata_set(&put->metadata, "hg-v", "1");
    s3_metadata_set(&put->metadata, "hg-writer", writer);
    put->put.key = key;
    put->put.content_type = "application/octet-stream";
    put->put.metadata = &put->metadata;
    put->put.pieces = &put->piece;
    put->put.piece_count = 1;
    put->put.length = length;
    put->put.crc32c = crc32c_update(0, body, length);
    put->put.if_none_match = true;
}

static void on_put(void *context, const struct s3_answer *answer)
{
    struct probe_put *put = context;

    put->answer = *answer;
    put->done = true;
}

static void start(struct probe *probe, struct probe_put *put)
{
    put->done = false;
    put->number = s3_client_put_start(probe->client, &put->put, on_put, put);
}

/* Cancels what is under way, so that nobody calls back later. */
static void put_clear(struct probe *probe, struct probe_put *put)
{
    if (put->number && !put->done)
        http_client_cancel(s3_client_http(probe->client), put->number);
    s3_metadata_clear(&put->metadata);
}

/* One PUT until it has an answer that is no transient failure. An unclear end followed by "taken" is our own object, for
 * nobody else knows the key: that is S3_DONE. False only when no answer is to be had. */
static bool put_until_answered(struct probe *probe, struct probe_put *put, struct error *err)
{
    int64_t until = timestamp_monotonic() + DEADLINE_MS;
    bool unclear = false;

    for (unsigned tried = 0;; tried++) {
        uint64_t random;
        int64_t wait, wake;

        start(probe, put);
        while (!put->done)
            http_client_poll(s3_client_http(probe->client), POLL_MS);
        if (put->answer.verdict == S3_TAKEN && unclear)
            put->answer.verdict = S3_DONE;
        if (put->answer.verdict == S3_DONE || put->answer.verdict == S3_TAKEN || put->answer.verdict == S3_PARK)
            return true;
        unclear = unclear || put->answer.verdict == S3_RETRY_UNCLEAR;
        digest_random(&random, sizeof random);
        wait = s3_retry_wait(put->answer.verdict, tried, put->answer.retry_after_ms, random);
        if (put->answer.tries_most && tried + 1 >= put->answer.tries_most)
            return true;
        if (put->answer.error.kind == ERROR_CANCELLED || timestamp_monotonic() + wait > until) {
            *err = put->answer.error;
            return false;
        }
        for (wake = timestamp_monotonic() + wait; timestamp_monotonic() < wake;)
            http_client_poll(s3_client_http(probe->client), POLL_MS);
        put->put.fresh_connection = true;
    }
}

/* --- the steps; false: the probe cannot be made, err says why --- */

static bool step_create(struct probe *probe, const char *key, struct error *err)
{
    struct probe_put put;
    bool ok;

    put_init(&put, key, first_body, sizeof first_body - 1, "first");
    ok = put_until_answered(probe, &put, err);
    if (ok && put.answer.verdict == S3_PARK && (put.answer.status == 501 || put.answer.status == 400)) {
        char *reason = memory_printf("a conditional PUT is refused with %d %s", put.answer.status, put.answer.code);

        weak(probe, reason);
        free(reason);
    } else if (ok && put.answer.verdict != S3_DONE) {
        *err = put.answer.error;
        ok = false;
    }
    put_clear(probe, &put);
    return ok;
}

static bool step_conflict(struct probe *probe, const char *key, struct error *err)
{
    struct probe_put put;
    bool ok;

    put_init(&put, key, second_body, sizeof second_body - 1, "second");
    ok = put_until_answered(probe, &put, err);
    if (ok && put.answer.verdict == S3_DONE)
        weak(probe, "a conditional PUT overwrites: the condition is ignored");
    else if (ok && put.answer.verdict != S3_TAKEN)
        weak(probe, "a conditional PUT of a taken key is not answered with 412");
    put_clear(probe, &put);
    return ok;
}

static bool step_metadata(struct probe *probe, const char *key, struct error *err)
{
    struct s3_object_info info;
    const char *writer, *version;
    bool missing = false;
    bool ok = s3_client_head(probe->client, key, DEADLINE_MS, &info, &missing, err);

    if (!ok)
        return false;
    writer = s3_metadata_get(&info.metadata, "hg-writer");
    version = s3_metadata_get(&info.metadata, "hg-v");
    if (missing)
        weak(probe, "an object that was just stored is missing");
    else if (!writer || !version || strcmp(version, "1") != 0)
        weak(probe, "metadata is lost");
    else if (strcmp(writer, "first") != 0 || info.size != sizeof first_body - 1)
        weak(probe, "the second of two conditional PUTs has replaced the first");
    s3_object_info_clear(&info);
    return true;
}

static bool wait_for(struct probe *probe, struct probe_put *a, struct probe_put *b, bool halfway, int64_t ms)
{
    struct http_client *http = s3_client_http(probe->client);
    int64_t until = timestamp_monotonic() + ms;

    while (timestamp_monotonic() < until) {
        bool a_is = a->done || (halfway && http_client_is_held(http, a->number));
        bool b_is = !b || b->done || (halfway && http_client_is_held(http, b->number));

        if (a_is && b_is)
            return true;
        http_client_poll(http, POLL_MS);
    }
    return false;
}

/* Both PUTs halfway, then on: together, or b only when a has its answer (or takes too long, because the store lets them
 * wait for each other). */
static bool overlap(struct probe *probe, struct probe_put *a, struct probe_put *b, bool together)
{
    struct http_client *http = s3_client_http(probe->client);

    a->put.hold_after = OVERLAP_BYTES / 2;
    b->put.hold_after = OVERLAP_BYTES / 2;
    start(probe, a);
    start(probe, b);
    if (!wait_for(probe, a, b, true, OVERLAP_MS))
        return false;
    http_client_release(http, a->number);
    if (!together)
        (void)wait_for(probe, a, NULL, false, LATE_MS);
    http_client_release(http, b->number);
    return wait_for(probe, a, b, false, OVERLAP_MS);
}

static bool lost(const struct s3_answer *answer)
{
    return answer->verdict == S3_TAKEN || answer->status == 409;
}

/* The object must be the winner's. */
static bool check_winner(struct probe *probe, const char *key, const struct probe_put *winner, struct error *err)
{
    struct s3_object_info info;
    bool missing = false;
    const char *writer;

    if (!s3_client_head(probe->client, key, DEADLINE_MS, &info, &missing, err))
        return false;
    writer = s3_metadata_get(&info.metadata, "hg-writer");
    if (missing || !writer || strcmp(writer, s3_metadata_get(&winner->metadata, "hg-writer")) != 0)
        weak(probe, "of two overlapping conditional PUTs the loser's object is there");
    s3_object_info_clear(&info);
    return true;
}

/* One round on a new key. *clear: it gave a verdict; otherwise something transient came between. */
static bool overlap_round(struct probe *probe, bool together, bool *clear, struct error *err)
{
    const char *key = new_key(probe);
    struct probe_put a, b;
    bool ok = true;

    put_init(&a, key, probe->overlap_body, OVERLAP_BYTES, "a");
    put_init(&b, key, probe->overlap_body, OVERLAP_BYTES - 1, "b");
    *clear = false;
    if (!overlap(probe, &a, &b, together))
        error_set(err, ERROR_S3, "two overlapping PUTs got no answers within %d s", OVERLAP_MS / 1000);
    else if (a.answer.verdict == S3_DONE && b.answer.verdict == S3_DONE) {
        *clear = true;
        weak(probe, "two overlapping conditional PUTs of one key both win");
    } else if ((a.answer.verdict == S3_DONE && lost(&b.answer)) || (b.answer.verdict == S3_DONE && lost(&a.answer))) {
        *clear = true;
        ok = check_winner(probe, key, a.answer.verdict == S3_DONE ? &a : &b, err);
    } else {
        *err = a.answer.verdict == S3_DONE || lost(&a.answer) ? b.answer.error : a.answer.error;
        ok = err->kind != ERROR_CANCELLED;
    }
    put_clear(probe, &a);
    put_clear(probe, &b);
    return ok;
}

static bool step_overlap(struct probe *probe, bool together, struct error *err)
{
    for (int round = 0; round < ROUNDS_MOST; round++) {
        bool clear;

        if (!overlap_round(probe, together, &clear, err))
            return false;
        if (clear)
            return true;
    }
    return error_prefix(err, "%d rounds of overlapping PUTs gave no verdict; the last", ROUNDS_MOST);
}

static bool step_checksum(struct probe *probe, struct error *err)
{
    struct probe_put put;
    bool ok;

    put_init(&put, new_key(probe), first_body, sizeof first_body - 1, "first");
    put.put.crc32c ^= 1;
    ok = put_until_answered(probe, &put, err);
    probe->report->checks_checksum = ok && put.answer.verdict != S3_DONE && put.answer.status == 400;
    put_clear(probe, &put);
    return ok;
}

static bool count_key(void *context, const struct s3_list_entry *entry)
{
    size_t *count = context;

    (void)entry;
    ++*count;
    return true;
}

static bool step_list(struct probe *probe, struct error *err)
{
    size_t count = 0;

    if (!s3_client_list(probe->client, probe->folder, NULL, DEADLINE_MS, count_key, &count, err))
        return false;
    if (count < 2)
        weak(probe, "a listing does not show what was just stored");
    return true;
}

static void step_delete(struct probe *probe)
{
    for (size_t i = 0; i < probe->key_count; i++) {
        if (!s3_client_delete(probe->client, probe->keys[i], DEADLINE_MS, NULL))
            probe->report->left_behind = true;
    }
}

static bool run_steps(struct probe *probe, struct error *err)
{
    const char *key = new_key(probe);

    if (!step_create(probe, key, err))
        return false;
    if (probe->report->verdict == S3_PROBE_AT_LEAST_ONCE)
        return true; /* a store that refuses the condition cannot be asked the rest */
    return step_conflict(probe, key, err) && step_metadata(probe, key, err) && step_overlap(probe, false, err) &&
           step_overlap(probe, true, err) && step_checksum(probe, err) && step_list(probe, err);
}

bool s3_probe_run(struct s3_client *client, const char *prefix, const char *nonce, struct s3_probe_report *report,
                  struct error *err)
{
    struct probe probe = { .client = client, .report = report };
    struct error mine = { .kind = ERROR_NONE };
    bool ok;

    memset(report, 0, sizeof *report);
    report->verdict = S3_PROBE_EXACTLY_ONCE;
    probe.folder = memory_printf("%s_headgate/probe/%s-", prefix, nonce);
    probe.overlap_body = memory_new(OVERLAP_BYTES);
    ok = run_steps(&probe, &mine);
    step_delete(&probe);
    report->clock_skew_ms = s3_client_skew_ms(client);
    if (!ok && err)
        *err = mine;
    if (!ok)
        error_prefix(err, "the store cannot be probed");
    for (size_t i = 0; i < probe.key_count; i++)
        free(probe.keys[i]);
    free(probe.overlap_body);
    free(probe.folder);
    return ok;
}
