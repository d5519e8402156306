/* What the threads of one stream share; private to the folder.
 *
 *   reader  --encoder_message-->  encoder  --upload_message-->  uploader  --reader_message-->  reader
 *
 * Everything that happens to a partition's data travels this ring in order. A fence sent by the reader comes back when
 * all data before it is settled; whoever needs "everything is stored" (revoke, stop, the end, a loss) sends a fence.
 *
 * An epoch numbers the stretches in which a partition is read without a break. When data is dropped (another writer's
 * object was adopted, the partition was revoked), the reader begins the next epoch, and what still travels with an
 * older one is let go wherever it is met.
 */
#ifndef DELIVERY_DELIVERY_RING_H
#define DELIVERY_DELIVERY_RING_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/queue.h"
#include "delivery/delivery_progress.h"
#include "delivery/delivery_settings.h"
#include "delivery/open_object.h"
#include "delivery/record_batch.h"
#include "delivery/rotation.h"

struct delivery {
    struct delivery_settings settings;
    struct kafka_settings kafka; /* settings.kafka at the plan's isolation */
    const struct stream_object *stream;
    struct rotation_limits limits;
    struct memory_budget *budget;
    struct queue *to_reader;   /* struct reader_message */
    struct queue *to_uploader; /* struct upload_message */
    struct queue **to_encoder; /* struct encoder_message; one queue an encoder */
    size_t encoder_count;
    pthread_t reader_thread, uploader_thread, *encoder_threads;
    struct http_client *http; /* the uploader's, for http_client_wake only; set before the other threads start */
    struct s3_client *s3;     /* the uploader's */
    int64_t started_at;       /* monotonic */
    atomic_llong reached_at;  /* when brokers last answered somebody else of this process; monotonic */
    atomic_llong drain_at; /* when drain was asked for, monotonic; 0: not yet. All bounds of ending count from there */
    bool leaving;          /* drain, abort or failing: ends what the reader asks of S3; read and written as __atomic */
    atomic_bool drain, abort, pause, flush, hurry, hurry_parked;
    atomic_int_fast64_t sealed_raw, sealed_stored; /* bytes of all sealed objects: how well they compress */
    atomic_int lost_answer;                        /* up to question n: n go on, -n leave parked; 0 when taken */
    atomic_bool failing;                           /* shared.fatal says why */
    atomic_int_fast64_t records_read, bytes_in, tombstones, multi_line;
    struct {
        pthread_mutex_t lock;
        struct delivery_progress progress;
        struct error fatal; /* of delivery_fail or delivery_end; never changes once it is set */
    } shared;
};

enum encoder_kind {
    ENCODER_BATCH, /* records */
    ENCODER_BEGIN, /* drop what is open; the partition goes on at `offset` in a new epoch */
    ENCODER_EMPTY, /* nothing visible up to `offset`, where the partition ends for now */
    ENCODER_FENCE, /* seal what is open for `reason`, then hand the fence on */
};

struct encoder_message {
    enum encoder_kind kind;
    int32_t partition;
    uint32_t epoch;
    struct record_batch *batch;
    int64_t offset;
    struct offset_range lost; /* ENCODER_BEGIN: what the next object declares lost; start == end: nothing */
    enum rotation_reason reason;
};

enum upload_kind {
    UPLOAD_OBJECT,
    UPLOAD_LOOK, /* ask whether an object already begins here, before a buffer is filled */
    UPLOAD_FENCE,
    UPLOAD_DROP, /* forget all of the partition up to and with this epoch */
};

struct upload_message {
    enum upload_kind kind;
    int32_t partition;
    uint32_t epoch;
    struct sealed_object *object;
    char *key;            /* UPLOAD_LOOK */
    int64_t start;        /* UPLOAD_LOOK: chain position of the key; UPLOAD_FENCE: as in reader_message */
    uint32_t fingerprint; /* UPLOAD_LOOK */
    int64_t position;     /* UPLOAD_FENCE */
    enum rotation_reason reason;
};

enum reader_kind {
    READER_SETTLED, /* an object is in the store, ours or another writer's; the chain goes on at `next` */
    READER_EMPTY,   /* nothing to store between `start` and `next` */
    READER_FENCE,   /* everything before it is settled; [start, next) holds nothing to store */
    READER_STUCK,   /* an object cannot be stored until an operator acts */
    READER_FAILED,  /* the stream cannot go on: see error */
};

struct reader_message {
    enum reader_kind kind;
    int32_t partition;
    uint32_t epoch;
    int64_t start, next;
    int64_t records;
    bool restart; /* READER_SETTLED: another writer's object; read on from `next` in a new epoch */
    enum rotation_reason reason;
    struct error error;
};

void *delivery_read_thread(void *delivery);
void *delivery_upload_thread(void *delivery);

struct encoder_thread {
    struct delivery *delivery;
    size_t index;
};
void *delivery_encode_thread(void *encoder_thread); /* frees its argument */

struct encoder_message *encoder_message_new(enum encoder_kind kind, int32_t partition, uint32_t epoch);
struct upload_message *upload_message_new(enum upload_kind kind, int32_t partition, uint32_t epoch);
struct reader_message *reader_message_new(enum reader_kind kind, int32_t partition, uint32_t epoch);
void encoder_message_free(struct delivery *delivery, struct encoder_message *message);
void upload_message_free(struct upload_message *message);

void delivery_send_encoder(struct delivery *delivery, struct encoder_message *message);
void delivery_send_uploader(struct delivery *delivery, struct upload_message *message);
void delivery_send_reader(struct delivery *delivery, struct reader_message *message);

/* The row of a partition, made where it is missing. Call with shared.lock held; valid until it is released. */
struct delivery_partition *delivery_partition_locked(struct delivery *delivery, int32_t partition);

/* Sets progress.message (formatted, sanitised), logs it and wakes the owner. */
void delivery_say(struct delivery *delivery, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void delivery_wake_owner(struct delivery *delivery);
/* Changes the one state; waking included. error may be NULL. */
void delivery_set_state(struct delivery *delivery, enum delivery_state state, const struct error *err);

/* Longest time that a PUT of this stream may be under way, here or at a former owner: 30 s, and its size and the
 * answer's at 256 KiB/s. An object is cut behind the record that makes it large enough, so a record comes on top of its
 * size: one as large as the topic takes, or, where that is not known, as the largest answer that librdkafka takes. A record
 * may become larger on its way (JSON, or packed by its producer and not by us): no attempt lasts longer for that. */
int64_t delivery_put_limit_ms(const struct delivery *delivery);

#endif
