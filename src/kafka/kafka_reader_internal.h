/* What the two files of kafka_reader share: kafka_reader.c (records, seek, close) and kafka_reader_group.c (membership,
 * commits). */
#ifndef KAFKA_KAFKA_READER_INTERNAL_H
#define KAFKA_KAFKA_READER_INTERNAL_H

#include "base/topic_partition.h"
#include "kafka/kafka_internal.h"

struct kafka_header;
struct kafka_reader_events;

/* One partition, by number. */
struct reader_slot {
    bool assigned;
    bool stopped; /* parked, ended or broken: assigned, but nothing of it is handed out until a seek */
    bool paused;  /* was paused in librdkafka at some time, which outlives an assignment */
    bool missed;  /* something of it was dropped while we held: read it again from next */
    int64_t next; /* nothing below it is handed out; OFFSET_NONE: not known yet */
};

struct kafka_reader {
    struct kafka_client *client;
    char *topic;
    char *group;
    bool want_headers;
    struct kafka_reader_events *events; /* a copy; owned */
    void *context;
    struct reader_slot *slots;
    int32_t slot_count;
    bool hold;
    bool joined;               /* an assignment, be it empty, was given and not taken back */
    bool leaving;              /* the group is told, and nothing is taken over any more */
    bool ended;                /* fatal was reported: once is enough */
    rd_kafka_topic_t *known;   /* lets librdkafka know the partitions: they can be paused before they are given; NULL */
    rd_kafka_queue_t *commits; /* answers to commits that nobody waits for */
    struct kafka_header *headers;
    size_t header_size;
};

/* The slot of a partition, made where it is missing. */
struct reader_slot *reader_slot(struct kafka_reader *reader, int32_t partition);

/* librdkafka's rebalance callback, inside polling calls on the owner's thread. */
void reader_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque);

/* The same, for who takes rebalances as events. */
void reader_rebalance(struct kafka_reader *reader, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *partitions);

/* Takes a stopped partition out of the assignment and puts it back at offset: for states out of which librdkafka cannot
 * seek. */
bool reader_assign_again(struct kafka_reader *reader, int32_t partition, int64_t offset, struct error *err) MUST_CHECK;

/* Pauses or resumes in librdkafka what the list names, and frees the list. */
void reader_pause_list(struct kafka_reader *reader, rd_kafka_topic_partition_list_t *list, bool pause);

/* Pauses or resumes the assigned partitions, except for resuming those that are stopped. */
void reader_pause_all(struct kafka_reader *reader, bool pause);

/* Hands out answers to commits. */
void reader_serve_commits(struct kafka_reader *reader);

/* Reports that the reader is of no more use, the first time only. */
void reader_end(struct kafka_reader *reader, const struct error *err);

#endif
