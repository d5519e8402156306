/* A running stream: reader thread, encoder threads, uploader thread, and one door for its state.
 *
 * reader (librdkafka) -> open object (encoded, compressed) -> full, old, or memory asks -> conditional PUT -> confirmed
 * -> the object's `next` is committed. Back-pressure is the memory budget. Everything here may be called from any thread
 * and returns at once, except delivery_free, which waits for the threads.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "delivery/delivery_progress.h"
#include "delivery/stream_object.h"
#include "kafka/kafka_client.h"

struct delivery;

struct delivery_settings {
    struct kafka_settings kafka;         /* isolation is overridden by the plan's */
    struct s3_settings s3;
    const struct stream_object *stream;  /* borrowed until delivery_free */
    int64_t memory_bytes;                /* the budget, 256 MiB by default */
    int session_timeout_ms;              /* 0: 10,000 */
    bool allow_lost;                     /* go on where retention took records, else park */
    const char *instance;                /* host-pid-random, for people */
    /* Called from a delivery thread when the state changed or a message appeared; must only wake somebody. May be NULL. */
    void (*wake)(void *context);
    void *context;
};

/* Checks what can be checked without I/O, starts the threads. Texts of settings are borrowed until delivery_free. */
bool delivery_start(const struct delivery_settings *settings, struct delivery **delivery, struct error *err) MUST_CHECK;

/* Stop reading, store and commit what is open (at most 30 s), leave the group. Idempotent. */
void delivery_drain(struct delivery *delivery);
/* Drop everything open and end; what is not committed is read again next time. */
void delivery_abort(struct delivery *delivery);
/* Close all open objects now. */
void delivery_flush(struct delivery *delivery);
/* Retry parked partitions and waiting uploads at once. */
void delivery_hurry(struct delivery *delivery);

/* A snapshot; progress was initialised by the caller, who clears it. */
void delivery_progress_get(struct delivery *delivery, struct delivery_progress *progress);

/* Ends the threads (delivery_abort first when still running) and frees. NULL is fine. */
void delivery_free(struct delivery *delivery);

#endif
