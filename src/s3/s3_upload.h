/* One object on its way: conditional PUT, retries without end, adoption of what is already there.
 *
 * A state machine that a thread's loop drives. It never gives up on a transient cause; a permanent one parks it, and it
 * tries again every 60 s or when told. Exactly one request of an upload is under way at a time.
 */
#ifndef S3_S3_UPLOAD_H
#define S3_S3_UPLOAD_H

#include "s3/s3_client.h"

struct s3_upload;

enum s3_upload_outcome {
    S3_UPLOAD_STORED,  /* 200: our object is there */
    S3_UPLOAD_ADOPTED, /* 412, and the object there is of this plan: info says where it ends */
};

struct s3_upload_events {
    /* Final. info is the winner's (adopted) or NULL (stored). seconds: from the first attempt on. retries: requests beyond the
     * first PUT, without the HEADs that a 412 asks for. The upload may be freed inside. */
    void (*settled)(void *context, struct s3_upload *upload, enum s3_upload_outcome outcome,
                    const struct s3_object_info *info, double seconds, unsigned retries);
    /* A failed attempt: what happened, and when it is tried again (ms from now; 0 after a correction of credentials, clock or
     * region). parked: permanent until an operator acts. A key that holds a foreign object parks with adoptable's error.
     * The upload may not be freed inside. */
    void (*trouble)(void *context, struct s3_upload *upload, const struct error *err, int64_t wait_ms, bool parked);
    /* May the object at our key be adopted? Compares identity (hg-cluster, hg-plan, hg-start, hg-fp, hg-topic-id). False fills err. */
    bool (*adoptable)(void *context, const struct s3_object_info *info, struct error *err);
};

/* put is copied; what it points to stays valid until settled or s3_upload_free. unconditional stores (weak) have
 * put->if_none_match false. Does nothing before the first step. */
struct s3_upload *s3_upload_new(struct s3_client *client, const struct s3_put *put,
                                const struct s3_upload_events *events, void *context);

/* Starts or retries what is due. Call after http_client_poll and when the returned time has come. now_ms: monotonic.
 * Returns the monotonic time of the next step, INT64_MAX while a request is under way. */
int64_t s3_upload_step(struct s3_upload *upload, int64_t now_ms);

/* Tries at once what is waiting or parked. */
void s3_upload_hurry(struct s3_upload *upload);

/* HTTP status of the last attempt that failed; 0: no answer came, or none failed. */
int s3_upload_status(const struct s3_upload *upload);

/* Cancels a request under way; the object may still come to be stored. Before s3_client_free. NULL is fine. */
void s3_upload_free(struct s3_upload *upload);

#endif
