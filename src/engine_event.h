/* What the engine answers: plain values that commands print and views draw. */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "cutover/cutover_coverage.h"
#include "delivery/delivery_progress.h"

/* What may be asked. */
enum engine_request_kind {
    ENGINE_ASK_TOPICS,  /* all topics; details (offsets, times, kinds) stream in */
    ENGINE_ASK_GROUPS,  /* all groups; topic: only those with commits for it; lag and oldest T stream in */
    ENGINE_ASK_SURVEY,  /* topic, group */
    ENGINE_ASK_PLAN,    /* topic, group, start (text) */
    ENGINE_ASK_CHOICES, /* topic, group: safe, committed, earliest, now, median, latest on one survey */
    ENGINE_ASK_AUDIT,   /* stream, bucket, prefix from config; the tail is checked when brokers are given */
    ENGINE_ASK_STARTS,  /* topic, group, start (text), max_age_ms: one plan on the survey at hand */
    ENGINE_ASK_RECORD,  /* topic, partition, offset; details: its value too */
    ENGINE_ASK_LAUNCH, /* prepare a delivery from config: survey, plan, bucket, store probe; or find the stream to resume */
};

/* A topic as listed; offsets and times fill in step by step (OFFSET_NONE, TIMESTAMP_NONE until then). */
struct engine_topic {
    char *name; /* original bytes: sanitise to show */
    int32_t partitions;
    bool internal, described, log_append, compacted;
    int64_t retention_ms;
    int64_t offsets;             /* sum of E - L */
    int64_t ends;                /* sum of E: two readings give a rate */
    timestamp_ms oldest, newest; /* of the first and the last offset; of up to 100 partitions spread over the topic */
    size_t kinds[VALUE_TOMBSTONE + 1]; /* sampled values by kind */
    char *error;
};

struct engine_group {
    char *name; /* original bytes */
    char state[24], type[12];
    int members;
    int64_t lag;         /* sum of max(0, E - C) over its topics; OFFSET_NONE unknown */
    int64_t lost;        /* sum of max(0, L - C) */
    timestamp_ms oldest; /* smallest T; NONE unknown */
    bool caught_up;      /* every commit is at the end */
    size_t topics;       /* with commits */
    char *topic;         /* the first of them by name; original bytes; NULL: none, or not known yet */
    char *error;
};

struct engine_choice {
    const char *label; /* "safe", "committed", "earliest", "now", "at the median commit", "at the latest commit" */
    struct cutover_plan *plan; /* owned by the event */
};

enum { ENGINE_RECORD_KEEPS = 64 * 1024 }; /* bytes of a key or value that are kept to be shown */

/* One record, as it lies in the log. */
struct engine_record {
    int32_t partition;
    int64_t asked; /* the first visible record at or after this offset */
    bool found;    /* false: the end came first, and nothing below holds */
    int64_t offset;
    timestamp_ms time; /* TIMESTAMP_NONE below zero */
    bool log_append;   /* the broker's time, not the producer's */
    enum value_kind kind;
    size_t key_size, value_size; /* in the log */
    bool has_key, has_value;     /* false: null */
    char *key;                   /* original bytes, at most ENGINE_RECORD_KEEPS; NULL without */
    char *value;                 /* likewise; only where details were asked for */
};

/* What a launch would do, for the confirmation: the plan of a new stream, or the resume of one that exists. */
struct engine_launch {
    bool resume; /* the stream object exists: its plan holds */
    char *stream, *own_group, *bucket, *prefix, *endpoint, *identity;
    char *format, *compression, *folders;
    int64_t size_bytes, interval_ms;
    struct cutover_plan *plan;
    bool exactly_once;  /* store verdict */
    char *store_reason; /* why not; "" */
    int64_t clock_skew_ms;
    unsigned objections; /* cutover_objection bits that are not allowed by config: a launch is refused */
    bool weak_store_refused;
    bool compacted_refused;        /* compacted topic with time folders on which only at-least-once holds */
    char *refusal;                 /* one sentence with the options that would allow it; NULL: may be launched */
    struct cutover_survey *survey; /* of a new stream; NULL on resume */
    int64_t behind;                /* resume: offsets not yet delivered, by the group's commits; OFFSET_NONE */
};

enum engine_event_kind {
    ENGINE_PROGRESS, /* a slow question says how far it is */
    ENGINE_TOPICS,   /* complete list; may come again with more columns: final says which is the last */
    ENGINE_GROUPS,
    ENGINE_SURVEY,  /* the same: first without times, then with more and more */
    ENGINE_PLAN,    /* one plan */
    ENGINE_CHOICES, /* several plans of one survey */
    ENGINE_STARTS,  /* one plan on the survey at hand */
    ENGINE_RECORD,
    ENGINE_AUDIT,
    ENGINE_LAUNCH,   /* ready to be confirmed */
    ENGINE_DELIVERY, /* a snapshot of the running stream: at most ten a second */
    ENGINE_FAILED,   /* the question ended in an error */
};

struct engine_event {
    uint64_t request; /* number of the question; 0 for none */
    enum engine_event_kind kind;
    bool final;     /* nothing more comes for this request */
    char *progress; /* ENGINE_PROGRESS: "reading times 1,204/10,000" */
    bool keep;      /* ENGINE_PROGRESS: worth a line that stays */
    int64_t done, total;
    struct engine_topic *topics;
    size_t topic_count;
    struct engine_group *groups;
    size_t group_count;
    struct cutover_survey *survey;
    struct cutover_plan *plan;
    struct engine_choice *choices;
    size_t choice_count;
    struct engine_record *record;
    struct coverage *coverage;
    char *stream, *plan_id;
    struct engine_launch *launch;
    struct delivery_progress *delivery;
    struct error error; /* ENGINE_FAILED */
};

/* An empty event of a kind; counts of offsets start as unknown where the struct says so. */
struct engine_event *engine_event_new(enum engine_event_kind kind);
/* Frees the event and all it owns. NULL is fine. To keep a part, take its pointer and set it NULL. */
void engine_event_free(struct engine_event *event);

/* For the owners of such rows; NULL is fine. The array itself is freed too. */
void engine_topics_free(struct engine_topic *topics, size_t count);
void engine_groups_free(struct engine_group *groups, size_t count);
void engine_record_free(struct engine_record *record);
void engine_launch_free(struct engine_launch *launch);

/* What a value looks like, in the words of the screen ("JSON", "multi", ...), and whether `lines` would break it. */
const char *engine_value_kind_name(enum value_kind kind);
bool engine_value_kind_breaks_lines(enum value_kind kind);

#endif
