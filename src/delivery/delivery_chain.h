/* What the reader thread knows of each partition, and its helpers; private to the reader thread.
 *
 * The chain position P is the truth of a partition: everything before it is in the store. It moves only when an object
 * is settled, to that object's `next`. The commit in Kafka follows it and is a hint that saves reading.
 */
#ifndef DELIVERY_DELIVERY_CHAIN_H
#define DELIVERY_DELIVERY_CHAIN_H

#include "delivery/delivery_ring.h"
#include "delivery/waves.h"

enum chain_state {
    CHAIN_READING,
    CHAIN_TAKING,    /* ours, but Kafka has not said yet where it goes on, and is asked again; has no position */
    CHAIN_ENDING,    /* the --until end was met; the last object is on its way */
    CHAIN_DONE,      /* stored up to the --until end */
    CHAIN_OVERTAKEN, /* retention passed the reading position; what was read is on its way, then the loss is looked at */
    CHAIN_WAITING,   /* a loss may be declared at retry_at, when no former owner's PUT can be under way any more */
    CHAIN_ASKING,    /* a loss that the operator may allow or not: see delivery_answer_lost */
    CHAIN_PARKED,    /* needs an operator; tried again at retry_at */
};

struct chain {
    int32_t partition;
    bool owned;
    enum chain_state state;
    uint32_t epoch;
    int64_t position;    /* P */
    int64_t empty_start; /* [empty_start, empty_next) holds nothing to store; counts while empty_start == position */
    int64_t empty_next;
    int64_t lost_at;          /* `lost` was declared when the position was this, and counts while it is: */
    struct offset_range lost; /* the next object carries it */
    int64_t committed;        /* known to be in Kafka; OFFSET_NONE */
    int64_t next_read;        /* next offset expected from Kafka */
    int64_t end;              /* last end-of-partition met; OFFSET_NONE */
    int64_t until;            /* OFFSET_NONE */
    int64_t seek_to;          /* to be done outside of callbacks; OFFSET_NONE */
    bool stop_wanted;         /* to be done outside of callbacks */
    bool dirty;               /* position or emptiness is not committed */
    bool stalled;             /* its upload is parked: nothing more is read until that is settled */
    int parks;                /* in a row, without anything stored between them */
    int fences;               /* sent and not yet back */
    int64_t owned_since;      /* monotonic */
    int64_t listed_at; /* OVERTAKEN: when the bucket was listed for it, monotonic; 0: not since it was overtaken */
    int64_t log_start, log_end; /* as they were then; OFFSET_NONE */
    int64_t lost_said;          /* offsets of `lost` that this process has announced */
    bool may_lose;              /* the operator allows the loss that was asked for */
    int ask_round;              /* ASKING: number of the question */
    int64_t retry_at;           /* monotonic */
    timestamp_ms time;          /* of the newest record read */
    char note[400];             /* why it is parked or waiting */
    bool note_shown;            /* TAKING: the note stands in the row that is published */
};

struct read {
    struct delivery *delivery;
    const struct stream_object *stream;
    struct kafka_reader *kafka;
    struct s3_client *s3;          /* for chain walks; made when first needed */
    struct chain_listing *listing; /* shared by the chains that were overtaken together; NULL */
    struct chain *chains;          /* by partition */
    size_t chain_count;
    struct record_batch *batch; /* being filled; NULL */
    struct waves *waves;        /* whose turn it is to be read */
    int64_t blocked_at;         /* monotonic: when memory was last missing */
    int64_t next_tend;
    int ask_round;  /* questions asked so far */
    bool tend_soon; /* a chain wants something done outside of callbacks */
    bool assigned_once;
    bool closing; /* nothing is fenced on the last revoke: it was drained before */
    bool failed;
    bool held;
    bool paused;                               /* as last told */
    int64_t blocked_since;                     /* monotonic; 0: there is room */
    int64_t take_since, take_at, take_wait_ms; /* TAKING: since when, when and how long after that it is asked again */
    int64_t next_commit, next_publish, next_end_check;
    int64_t drain_deadline, stop_by; /* to store what is open; to have left. 0: nobody asked for an end */
    int64_t next_refused_check;
    int64_t down_since; /* no broker can be reached, and that was said; monotonic; 0 */
    int64_t next_reach_check;
    bool down_told, no_broker; /* the latter: and the membership is lost */
    bool refused;              /* brokers do not let us in, and that was said */
    bool draining;
};

/* The row of a partition, made where it is missing (a partition added later has no plan row). */
struct chain *read_chain(struct read *read, int32_t partition);

/* S of the plan, or OFFSET_NONE for a partition added later. */
int64_t read_plan_start(const struct read *read, int32_t partition);

/* Offsets between what was read and the known end (the --until end where there is one); 1 when the end is not known. */
int64_t chain_behind(const struct chain *chain);

/* N of `seen`: nothing to store between the chain's position and it; OFFSET_NONE. */
int64_t chain_seen(const struct chain *chain);

/* What was declared lost behind the chain's position and is in no object yet; start == end: nothing. */
struct offset_range chain_lost(const struct chain *chain);

/* The broker does not have the next offset, or may not have it: looked at when all that was read before is settled. */
void chain_overtaken(struct chain *chain);

/* How far the chain is known to be done: its position, or what is empty or lost behind it. */
int64_t chain_reach(const struct chain *chain);

/* A parked chain is tried again: it reads on, unless its upload is parked too, which then says when. */
void chain_retry(struct chain *chain);

/* Hands the batch being filled to its encoder. */
void read_send_batch(struct read *read);

/* A new epoch of a chain begins at its position: whatever was read and not stored is dropped. A declared loss that no
 * object carries yet goes into the next one. */
void read_begin(struct read *read, struct chain *chain);

/* Seals what is open; the fence comes back when all is settled. offset: how far nothing more is visible, or OFFSET_NONE. */
void read_fence(struct read *read, struct chain *chain, enum rotation_reason reason, int64_t offset);

/* Stops reading a chain until an operator acts, or retry_ms has passed (0: not by itself). */
void read_park(struct read *read, struct chain *chain, int64_t retry_ms, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Ends the whole stream with an error. */
void read_fail(struct read *read, const struct error *err);

#endif
