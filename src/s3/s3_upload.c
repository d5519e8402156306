/* The state machine of one object's way into the bucket.
 *
 *      +------- wait -------+
 *      v                    |
 *     PUT --- 200 ------> stored
 *      |  \-- transient, parked: wait, then the same PUT again
 *      |  \-- unclear: wait, then look (HEAD): ours: adopted; anything else: the same PUT again
 *     412
 *      v
 *     HEAD -- ours -----> adopted
 *         \-- foreign: parked; missing: PUT again, five times; transient: wait, HEAD again
 *
 * What to ask next is the only state; everything else is a fact about the last answer.
 *
 * An unclear end is never settled by a look that finds nothing, for the PUT may still be on its way; but an object that is
 * there never changes, so a look that finds ours settles it. It is needed, too: a server may refuse a taken key before
 * it has read the body and close the connection, so that the 412 is lost with the rest at each attempt.
 */
#include "s3/s3_upload.h"

#include "aws/digest.h"

#include <stdlib.h>
#include <string.h>

enum {
    PARKED_MS = 60 * 1000,
    CONTRADICTIONS_MOST = 5, /* rounds of "taken" and "not there" */
};

struct s3_upload {
    struct s3_client *client;
    struct s3_put put;
    const struct s3_upload_events *events;
    void *context;
    char sha256[DIGEST_HEX_SIZE]; /* of the body, made once for all attempts */

    bool ask_head;   /* the next request is a HEAD of the object that may be, or (412) is there */
    bool looking;    /* that HEAD follows an unclear PUT: only an object of ours counts */
    uint64_t number; /* of the request under way; 0: none */
    int64_t wait_ms; /* from the first step after an answer on; -1: due is set */
    int64_t due;     /* monotonic */
    bool settled;
    bool freeing;

    int status;        /* of the last answer; 0: none came */
    unsigned requests; /* PUTs and HEADs sent */
    unsigned asides;   /* HEADs that a 412 asked for, and looks that found nothing: no retries */
    unsigned tried;    /* failures in a row, for the wait */
    unsigned contradictions;
    int64_t begun; /* monotonic; 0: not yet */
};

static void on_put(void *context, const struct s3_answer *answer);
static void on_head(void *context, const struct s3_answer *answer, const struct s3_object_info *info);

struct s3_upload *s3_upload_new(struct s3_client *client, const struct s3_put *put,
                                const struct s3_upload_events *events, void *context)
{
    struct s3_upload *upload = memory_new(sizeof *upload);

    upload->client = client;
    upload->put = *put;
    upload->events = events;
    upload->context = context;
    return upload;
}

/* The same bytes are signed at each attempt, and hashing 100 MB takes a while. */
static void hash_body(struct s3_upload *upload)
{
    struct digest_stream *stream;
    unsigned char digest[DIGEST_SIZE];

    if (upload->put.payload_sha256 || !s3_client_signs_payload(upload->client))
        return;
    stream = digest_stream_new();
    for (size_t i = 0; i < upload->put.piece_count; i++)
        digest_stream_update(stream, upload->put.pieces[i].bytes, upload->put.pieces[i].length);
    digest_stream_finish(stream, digest);
    digest_hex(digest, upload->sha256);
    upload->put.payload_sha256 = upload->sha256;
}

static void settle(struct s3_upload *upload, enum s3_upload_outcome outcome, const struct s3_object_info *info)
{
    double seconds = (double)(timestamp_monotonic() - upload->begun) / 1000;

    upload->settled = true;
    /* The last thing done: the upload may be freed inside. */
    upload->events->settled(upload->context, upload, outcome, info, seconds, upload->requests - 1 - upload->asides);
}

/* Tries again after wait_ms, and says so. */
static void again(struct s3_upload *upload, bool head, int64_t wait_ms, bool parked, const struct error *err)
{
    upload->ask_head = head;
    upload->wait_ms = wait_ms;
    upload->put.fresh_connection = true;
    upload->events->trouble(upload->context, upload, err, wait_ms, parked);
}

/* What PUT and HEAD have in common when they fail. */
static void failed(struct s3_upload *upload, const struct s3_answer *answer, bool head)
{
    uint64_t random;
    int64_t wait;

    upload->tried++;
    if (answer->verdict == S3_PARK || (answer->tries_most && upload->tried >= answer->tries_most)) {
        upload->looking = false;
        /* After a break the PUT decides anew: the object that was in the way may be gone. */
        again(upload, false, PARKED_MS, true, &answer->error);
        return;
    }
    digest_random(&random, sizeof random);
    wait = s3_retry_wait(answer->verdict, upload->tried - 1, answer->retry_after_ms, random);
    again(upload, head, wait, false, &answer->error);
}

static void on_put(void *context, const struct s3_answer *answer)
{
    struct s3_upload *upload = context;

    upload->number = 0;
    upload->status = answer->status;
    if (upload->freeing)
        return;
    if (answer->verdict == S3_DONE) {
        settle(upload, S3_UPLOAD_STORED, NULL);
    } else if (answer->verdict == S3_TAKEN) {
        upload->tried = 0;
        upload->asides++;
        upload->ask_head = true;
        upload->wait_ms = 0;
    } else {
        upload->looking = answer->verdict == S3_RETRY_UNCLEAR && upload->put.if_none_match;
        failed(upload, answer, upload->looking);
    }
}

/* 412, and then nothing there: deleted in between, or a store whose answers do not fit together. */
static void contradicted(struct s3_upload *upload, const struct s3_answer *answer)
{
    struct error err;
    uint64_t random;

    upload->contradictions++;
    if (upload->contradictions < CONTRADICTIONS_MOST) {
        digest_random(&random, sizeof random);
        again(upload, false, s3_retry_wait(S3_RETRY, upload->contradictions, 0, random), false, &answer->error);
        return;
    }
    upload->contradictions = 0;
    error_set(
        &err, ERROR_S3,
        "the store contradicts itself: %s/%s is taken when headgate writes it and missing when it looks; is somebody "
        "deleting objects, or is the store not consistent?",
        s3_client_bucket(upload->client), upload->put.key);
    again(upload, false, PARKED_MS, true, &err);
}

static void on_head(void *context, const struct s3_answer *answer, const struct s3_object_info *info)
{
    struct s3_upload *upload = context;
    struct error err = { .kind = ERROR_NONE };

    upload->number = 0;
    upload->status = answer->status;
    if (upload->freeing)
        return;
    if (upload->looking && answer->verdict != S3_DONE) {
        upload->ask_head = upload->looking = false;
        upload->asides++;
        upload->wait_ms = 0; /* the same PUT decides */
        return;
    }
    upload->looking = false;
    if (answer->verdict == S3_MISSING) {
        contradicted(upload, answer);
        return;
    }
    if (answer->verdict == S3_PARK) {
        err = answer->error;
        error_prefix(&err, "the key is taken, and whether by this stream cannot be seen");
        again(upload, false, PARKED_MS, true, &err);
        return;
    }
    if (answer->verdict != S3_DONE) {
        failed(upload, answer, true);
        return;
    }
    if (upload->events->adoptable(upload->context, info, &err)) {
        settle(upload, S3_UPLOAD_ADOPTED, info);
        return;
    }
    again(upload, false, PARKED_MS, true, &err);
}

int64_t s3_upload_step(struct s3_upload *upload, int64_t now_ms)
{
    if (upload->settled || upload->number)
        return INT64_MAX;
    if (upload->wait_ms >= 0) {
        upload->due = now_ms + upload->wait_ms;
        upload->wait_ms = -1;
    }
    if (now_ms < upload->due)
        return upload->due;
    if (!upload->begun) {
        upload->begun = timestamp_monotonic();
        hash_body(upload);
    }
    upload->requests++;
    if (upload->ask_head)
        upload->number = s3_client_head_start(upload->client, upload->put.key, on_head, upload);
    else
        upload->number = s3_client_put_start(upload->client, &upload->put, on_put, upload);
    return INT64_MAX;
}

void s3_upload_hurry(struct s3_upload *upload)
{
    upload->wait_ms = 0;
}

int s3_upload_status(const struct s3_upload *upload)
{
    return upload->status;
}

void s3_upload_free(struct s3_upload *upload)
{
    if (!upload)
        return;
    upload->freeing = true;
    if (upload->number)
        http_client_cancel(s3_client_http(upload->client), upload->number);
    free(upload);
}
