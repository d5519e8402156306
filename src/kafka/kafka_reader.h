/* A member of headgate's own group that reads records: subscribe(), never assign() of our own choice.
 *
 * One thread owns a reader and calls everything here; callbacks run inside kafka_reader_poll and kafka_reader_close on
 * that thread. Back-pressure: stop polling for a short while, or kafka_reader_hold for a long one.
 * Offsets: the owner keeps its own next offset and checks offset >= expected; the reader drops records of partitions
 * that are not assigned now.
 */
#ifndef KAFKA_KAFKA_READER_H
#define KAFKA_KAFKA_READER_H

#include "kafka/kafka_client.h"

struct kafka_reader;

struct kafka_header {
    const char *name;
    const void *value; /* NULL: null */
    size_t value_length;
};

/* Borrowed until the callback returns: copy what is kept. */
struct kafka_record {
    int32_t partition;
    int64_t offset;
    timestamp_ms time; /* as the broker sent it; below zero possible */
    const void *key;   /* NULL: no key */
    size_t key_length;
    const void *value; /* NULL: tombstone */
    size_t value_length;
    const struct kafka_header *headers; /* only when settings.want_headers */
    size_t header_count;
};

struct kafka_reader_events {
    /* A record of an assigned partition. */
    void (*record)(void *context, const struct kafka_record *record);
    /* Nothing visible from the last record (or the start) up to offset, where the partition ends for now. */
    void (*end_of_partition)(void *context, int32_t partition, int64_t offset);
    /* Partitions given to us. The callee sets row->offset of each to where reading begins (>= 0), or OFFSET_NONE to
     * leave the partition unread (parked) for now. A row with an offset may wait all the same: call
     * kafka_reader_stop_partition for it in here. May block (commits are looked up here). */
    void (*assigned)(void *context, struct partition_offsets *partitions);
    /* Partitions taken away. lost: they may have another owner already, so nothing may be committed. Otherwise the
     * callee may take up to 5 s to upload and commit (kafka_reader_commit with wait) before it returns. */
    void (*revoked)(void *context, const struct partition_offsets *partitions, bool lost);
    /* A partition cannot be read on: offset out of range (retention overtook it), truncated, corrupt, forbidden, gone. Reading of it
     * has been stopped (paused); the owner parks it, or seeks to go on. */
    void (*partition_error)(void *context, int32_t partition, bool out_of_range, const struct error *err);
    /* The whole client is unusable (fatal), or membership is refused. The owner ends. */
    void (*fatal)(void *context, const struct error *err);
    /* A commit sent without waiting has been answered; err NULL when it was stored. Rows carry
     * offsets and metadata as they were sent. Answers come in the order in which the broker took the commits, which
     * need not be the order in which they were sent. */
    void (*committed)(void *context, const struct partition_offsets *offsets, const struct error *err);
};

struct kafka_reader_settings {
    struct kafka_settings kafka;
    const char *group; /* must be ours (headgate-...), else ERROR_REFUSED */
    const char *topic;
    bool want_headers;
    int session_timeout_ms; /* 10,000 */
    size_t queue_bytes;     /* prefetch limit; 0: 16 MiB (librdkafka >= 2.2), its default before */
};

/* Makes the client and subscribes; the assignment comes later by event. */
bool kafka_reader_new(const struct kafka_reader_settings *settings, const struct kafka_reader_events *events,
                      void *context, struct kafka_reader **reader, struct error *err) MUST_CHECK;

/* Serves events and at most max_records records; waits up to timeout_ms for the first. Returns records delivered. With
 * values of some size it ends sooner, behind the record that makes 1 MiB full: the owner looks at its memory between two
 * calls, and what it hands out unasked must not depend on how large the records have become. */
size_t kafka_reader_poll(struct kafka_reader *reader, size_t max_records, int timeout_ms);

/* Stops (hold) or resumes handing out records of all assigned partitions while poll keeps the membership alive. What was
 * prefetched is thrown away and read again from the first record not handed out. Idempotent. */
void kafka_reader_hold(struct kafka_reader *reader, bool hold);

/* Reading of a partition goes on at offset; drops what was prefetched. */
bool kafka_reader_seek(struct kafka_reader *reader, int32_t partition, int64_t offset, struct error *err) MUST_CHECK;

/* The same for many partitions at once. Rows that cannot be sought now get an error. */
void kafka_reader_seek_all(struct kafka_reader *reader, struct partition_offsets *offsets);

/* Stops reading one partition (parked, or its --until end is reached); membership stays. Undone by kafka_reader_seek. */
void kafka_reader_stop_partition(struct kafka_reader *reader, int32_t partition);
/* The same for many at once (offsets do not matter): each call lets librdkafka look through all its partitions. */
void kafka_reader_stop_all(struct kafka_reader *reader, const struct partition_offsets *partitions);

/* Commits own offsets with metadata as the member we are. wait: blocks for the answer (at most timeout_ms) and reports it;
 * otherwise the committed event does, once for each 1,000 partitions. Metadata at most 80 bytes, asserted. */
bool kafka_reader_commit(struct kafka_reader *reader, const struct partition_offsets *offsets, bool wait,
                         int timeout_ms, struct error *err) MUST_CHECK;

/* Commits and metadata of our own group for these partitions (rows without commit keep OFFSET_NONE). For use in assigned. */
bool kafka_reader_committed(struct kafka_reader *reader, struct partition_offsets *partitions, int timeout_ms,
                            struct error *err) MUST_CHECK;

/* Log start and end (at the reader's isolation) of these partitions; either list may be NULL. */
bool kafka_reader_range(struct kafka_reader *reader, const struct partition_offsets *partitions, int timeout_ms,
                        struct partition_offsets *starts, struct partition_offsets *ends, struct error *err) MUST_CHECK;

/* True until the group has given us an assignment (it may be an empty one), and again after it was taken back: the time
 * in which a dead member is waited for, at most its session timeout. */
bool kafka_reader_waiting(const struct kafka_reader *reader);

/* True where in the last minute brokers did not let us in (password, token, certificate); why says it with the remedy. The
 * reader goes on trying. */
bool kafka_reader_refused(struct kafka_reader *reader, struct error *why);

/* True where no broker can be reached since *since (monotonic); why: the brokers' last words. It tries again all the time,
 * and ends by itself with an assignment or an answered commit; who hears from the brokers by another way says so. */
bool kafka_reader_unreachable(struct kafka_reader *reader, int64_t *since, struct error *why);
void kafka_reader_reached(struct kafka_reader *reader);

/* Leaves the group (revoked is called for what is owned), for which it waits up to leave_ms, and closes in 2 s more; never
 * hangs. NULL is fine. */
enum { KAFKA_LEAVE_MS = 8000 }; /* long enough for a coordinator that is busy with others */
void kafka_reader_close(struct kafka_reader *reader, int leave_ms);

#endif
