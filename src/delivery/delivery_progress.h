/* The state of a running stream as numbers: what pipeline views, progress lines and the final JSON are made of.
 *
 * A plain value: a copy taken under the delivery's lock, cheap enough for ten times a second at 10,000 partitions.
 */
#ifndef DELIVERY_DELIVERY_PROGRESS_H
#define DELIVERY_DELIVERY_PROGRESS_H

#include "base/json.h"
#include "base/topic_partition.h"

enum delivery_state {
    DELIVERY_IDLE,     /* nothing started */
    DELIVERY_RUNNING,  /* reading and uploading */
    DELIVERY_PAUSED,   /* no reading; still a member of the group, and what is open is stored in its time */
    DELIVERY_DRAINING, /* no reading; finishing open objects */
    DELIVERY_STOPPED,  /* every object stored or, where it is `aborted`, dropped; offsets committed */
    DELIVERY_FAILED,   /* stopped by an error: see error */
};

/* Why an object was closed; counted and shown. */
enum rotation_reason {
    ROTATION_NONE,
    ROTATION_SIZE,
    ROTATION_AGE,
    ROTATION_MEMORY,
    ROTATION_FLUSH,
    ROTATION_REVOKE,
    ROTATION_STOP,
    ROTATION_END, /* the --until end is reached */
    ROTATION_REASONS,
};

enum delivery_partition_state {
    DELIVERY_PARTITION_ELSEWHERE, /* another instance owns it, or nobody yet */
    DELIVERY_PARTITION_READING,
    DELIVERY_PARTITION_WAITING, /* has a backlog and waits for its wave: memory for its object is not free yet */
    DELIVERY_PARTITION_DONE,    /* the --until end is reached and stored */
    DELIVERY_PARTITION_PARKED,  /* needs an operator: see note */
};

/* Why an attempt to store an object failed; counted and shown. */
enum delivery_retry {
    DELIVERY_RETRY_THROTTLED, /* the store asks to slow down (429, 503) */
    DELIVERY_RETRY_SERVER,    /* another answer of 500 and above */
    DELIVERY_RETRY_NETWORK,   /* no answer: connection, timeout */
    DELIVERY_RETRY_REFUSED,   /* an answer below 500: rights, clock, credentials, somebody else's object */
    DELIVERY_RETRY_CAUSES,
};

/* Per second, each over the window that it names. */
struct delivery_rate {
    double now;      /* the last 2 s */
    double ten_s;    /* 10 s */
    double five_min; /* 5 min, or since the start */
    double peak;     /* the largest `now` so far */
};
enum {
    DELIVERY_CELLS = 60,
    DELIVERY_CELL_MS = 5000
}; /* histories: a cell is 5 s, the last one is still being filled */

struct delivery_partition {
    int32_t partition;
    enum delivery_partition_state state;
    int64_t start;                  /* the plan's S */
    int64_t delivered;              /* chain position P: next offset after the last confirmed object */
    int64_t committed;              /* saved in the own group; OFFSET_NONE */
    int64_t position;               /* next offset to read; what was read and dropped is to be read again */
    int64_t end;                    /* last known end of the partition; OFFSET_NONE */
    int64_t until;                  /* OFFSET_NONE */
    int64_t old_base;               /* B of the plan: duplicates end here; OFFSET_NONE */
    int64_t records;                /* stored by this instance */
    int64_t dropped;                /* offsets read and not stored when it was aborted: read again by a resume */
    int64_t lost;                   /* offsets declared lost at the source by this instance */
    struct offset_range lost_range; /* the last of them; start == end: none */
    timestamp_ms next_time;         /* time of the newest record read */
    timestamp_ms open_time;         /* time of the first record of the object that is open; NONE */
    timestamp_ms pending_time;      /* time of the first record that is read and not yet delivered: how late; NONE */
    double rate;                    /* offsets read a second, over the last 5 to 10 s */
    int64_t stuck_ms;               /* time without progress though there is work, from 60 s on; 0 */
    bool asks_lost;                 /* parked until delivery_answer_lost */
    bool upload_parked;             /* its object cannot be stored until an operator acts */
    char note[400];                 /* "retry 3: S3 asks to slow down", "parked: ..."; sanitised */
    char last_object[96];           /* partition/P of the last confirmed object */
};

struct delivery_progress {
    enum delivery_state state;
    struct error error; /* of DELIVERY_FAILED */
    bool aborted;       /* ended without storing what was read: a resume reads it again */
    int64_t elapsed_ms;
    int64_t records_read;   /* handed to encoders */
    int64_t records_stored; /* in confirmed objects */
    int64_t tombstones;     /* skipped by the format */
    int64_t multi_line;     /* values with embedded newlines, in `lines` */
    int64_t bytes_in;       /* values read */
    int64_t bytes_out;      /* confirmed bytes in S3 */
    int64_t objects;        /* confirmed, by this instance */
    int64_t adopted;        /* found already written */
    int64_t retries;
    int64_t retries_by[DELIVERY_RETRY_CAUSES];
    int64_t put_p50_ms, put_p99_ms; /* from first attempt to stored, of the last 500 objects; -1: none yet */
    int64_t rotations[ROTATION_REASONS];
    int64_t memory_used, memory_limit;
    int uploads_in_flight, uploads_waiting;
    int64_t lost;        /* offsets declared lost at the source */
    size_t asking;       /* partitions that wait for delivery_answer_lost; they count as parked */
    int ask_round;       /* grows with each question */
    size_t parked, done; /* partitions */
    size_t stuck;        /* partitions */
    /* Waves: of the owned partitions that are neither parked nor done, those that read a backlog now, those that wait for
     * their wave (paused in Kafka), and those that stand at their end. */
    size_t reading, waiting, caught_up;
    bool waiting_for_member; /* subscribed, nothing assigned yet */
    int64_t waiting_ms;
    int64_t unreachable_ms; /* since when no broker can be reached, from 2 s on; 0 */
    char unreachable[300];  /* the brokers' last words; sanitised; may be empty */
    bool no_broker;         /* and the group's membership is lost: what is ELSEWHERE may well be nobody's */
    int64_t retention_ms;   /* of the topic; -1 unlimited or unknown */
    /* From delivery_meter. */
    int64_t ends_age_ms; /* since the brokers told the ends of the partitions; -1: not yet */
    struct delivery_rate read_records, read_bytes, stored_records, stored_bytes;
    double produced; /* records a second that arrive in the topic, over the last 30 to 60 s; below 0: not known yet */
    double read_cells[DELIVERY_CELLS], stored_cells[DELIVERY_CELLS]; /* bytes a second, oldest first */
    size_t cells;
    char message[600];                     /* newest thing worth a line; sanitised */
    struct delivery_partition *partitions; /* index = partition number */
    size_t count;
};

void delivery_progress_init(struct delivery_progress *progress);
void delivery_progress_clear(struct delivery_progress *progress);

const char *delivery_state_name(enum delivery_state state); /* "running" */
const char *delivery_partition_state_name(enum delivery_partition_state state);
const char *rotation_reason_name(enum rotation_reason reason); /* "size" */

const char *delivery_retry_name(enum delivery_retry cause); /* "throttled" */

/* Beside a time in milliseconds. READ: all of it is read and waits in open objects to be stored, which their size, their
 * age or a flush decides, not the rate of reading. */
enum { DELIVERY_NEVER = -1, DELIVERY_UNKNOWN = -2, DELIVERY_READ = -3 };

/* What the numbers of a snapshot say about what is to come. */
struct delivery_outlook {
    int64_t to_end;   /* offsets from what is delivered to the end (or --until); OFFSET_NONE: no end is known */
    int64_t unread;   /* of them, those that are not read yet */
    int64_t drain_ms; /* to_end / (read - produced); NEVER at this rate, UNKNOWN yet, or READ */
    int64_t duplicates_expected, duplicates_passed; /* delivered offsets below the old commits */
    int32_t last_partition;                         /* the last one that will be past its old commit; -1: all are */
    int64_t last_ms;                                /* until then; NEVER at this rate, or READ */
    size_t uncommitted; /* partitions of this instance whose commit is behind what they delivered */
};
void delivery_progress_outlook(const struct delivery_progress *progress, struct delivery_outlook *outlook);
/* What a partition still has to deliver; OFFSET_NONE where no end is known. */
int64_t delivery_partition_to_end(const struct delivery_partition *row);
/* What of that is not read yet. */
int64_t delivery_partition_unread(const struct delivery_partition *row);
/* How long until a partition that is below its old commit is past it, at its rate; NEVER, or READ. */
int64_t delivery_partition_past_ms(const struct delivery_partition *row);
/* Delivered by this instance and not committed, as far as is known. */
bool delivery_partition_is_uncommitted(const struct delivery_partition *row);

/* The document that `deliver --json` ends with. Caller frees. */
struct json *delivery_progress_to_json(const struct delivery_progress *progress, const char *stream,
                                       const char *plan_id);

#endif
