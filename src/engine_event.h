/* What the engine answers: plain values that commands print and views draw. */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "base/properties.h"
#include "cutover/cutover_connect.h"
#include "cutover/cutover_coverage.h"
#include "delivery/delivery_progress.h"

/* What may be asked. */
enum engine_request_kind {
    ENGINE_ASK_TOPICS,  /* all topics; details (offsets, times, kinds) stream in */
    ENGINE_ASK_GROUPS,  /* all groups; topic: only those with commits for it; lag and oldest T stream in */
    ENGINE_ASK_SURVEY,  /* topic, group */
    ENGINE_ASK_PLAN,    /* topic, group, start (text) */
    ENGINE_ASK_CHOICES, /* topic, group: safe, committed, earliest, now, median, latest on one survey */
    ENGINE_ASK_STARTS,  /* topic, group, start (text), max_age_ms: one plan on the survey at hand */
    ENGINE_ASK_RECORD,  /* topic, partition, offset; details: its value too */
    ENGINE_ASK_AUDIT,   /* stream, bucket, prefix; the tail is checked when brokers are given */
    ENGINE_ASK_LAUNCH,  /* prepare a delivery: survey, plan, bucket, store probe; or find the stream to resume */
    ENGINE_ASK_STREAMS, /* streams with commits on this cluster, whoever runs them; stream: only that one, with its rows */
    ENGINE_ASK_CONNECTORS, /* Kafka Connect's connectors with states and groups; topic: only sinks that may read it */
    ENGINE_ASK_CONNECT_STATUS, /* request.connector: one connector with offsets and settings; NULL: all */
    ENGINE_ASK_CONNECT_STOP, /* request.connector, typed by the operator: stops it and waits: see engine/engine_connect.h */
    ENGINE_ASK_CONNECT_RESUME, /* the same, until it runs */
    ENGINE_ASK_DOCTOR, /* topic, group, bucket, prefix: what works and what does not; writes only the store probe's objects */
};

/* A topic as listed; offsets and times fill in step by step (OFFSET_NONE, TIMESTAMP_NONE until then). */
struct engine_topic {
    char *name; /* original bytes: sanitise to show */
    int32_t partitions;
    bool internal, described, log_append, compacted;
    int64_t retention_ms;
    int64_t offsets;             /* sum of E - L */
    int64_t ends;                /* sum of E: two readings give a rate */
    int64_t ends_at;             /* when they were read; ms, monotonic */
    timestamp_ms oldest, newest; /* of the first and the last offset; of up to 100 partitions spread over the topic */
    size_t kinds[VALUE_TOMBSTONE + 1]; /* sampled values by kind */
    char *error;
};

struct engine_group {
    char *name; /* original bytes */
    char state[24], type[12];
    int members;
    int64_t lag;        /* sum of max(0, E - C) over its topics; OFFSET_NONE unknown */
    int64_t lost;       /* sum of max(0, L - C) */
    size_t uncommitted; /* partitions of its topics with records, or not read, and no commit: in no sum above */
    int64_t uncommitted_offsets; /* sum of E - L of them; OFFSET_NONE: one was not read */
    timestamp_ms oldest;         /* smallest T; NONE unknown */
    bool caught_up;              /* every commit is at the end */
    size_t topics;               /* with commits */
    char *connector; /* the sink connector whose group this is, as Kafka Connect says; NULL: none, or not asked */
    char connector_state[24];
    char *topic; /* the first of them by name; original bytes; NULL: none, or not known yet */
    char *error;
};

/* Where a connector's group will go on in a partition. */
struct engine_connector_offset {
    char *topic;
    int32_t partition;
    int64_t offset;
};

/* A connector as Kafka Connect's REST interface shows it. Texts are original bytes: sanitise to show. */
struct engine_connector {
    char *name;
    bool sink;
    char state[24];   /* "RUNNING", "PAUSED", "STOPPED", "FAILED", "UNASSIGNED", "RESTARTING"; "-" unknown */
    char *group;      /* of a sink: consumer.override.group.id, else connect-NAME; NULL for a source */
    char *topics;     /* setting topics, or topics.regex between slashes; NULL: neither */
    char *class_name; /* connector.class */
    char *worker;     /* where it runs; NULL unknown */
    int tasks, failed_tasks, running_tasks;
    char *trouble; /* first line of the first trace of a failure, without secrets; NULL */
    /* Of one connector that was asked for by name: */
    char group_state[24]; /* "Empty", "Stable", ...; "" when no brokers were given */
    int group_members;
    bool offsets_known;                      /* the worker has the call (3.5 and later) */
    struct engine_connector_offset *offsets; /* by topic and partition */
    size_t offset_count;
    struct properties settings; /* secrets are masked already */
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

/* A stream as its group's commits show it: all that can be seen of one that another process runs. */
struct engine_stream_row {
    int32_t partition;
    int64_t committed;      /* OFFSET_NONE: none yet */
    int64_t seen;           /* nothing visible between the commit and this; OFFSET_NONE */
    int64_t lost;           /* declared lost from the commit to this; OFFSET_NONE */
    int64_t log_start, end; /* OFFSET_NONE unknown */
};
struct engine_stream_info {
    char *stream, *group, *topic; /* original bytes; topic NULL: the group has no commits yet */
    char plan_id[9], place[9];    /* of the commits; "" when they are not ours */
    char instance[64];            /* who made the newest of them looked at; cut; "" */
    char state[24];
    int members;
    size_t partitions, with_commit;
    int64_t lag;  /* sum of end - max(committed, seen); OFFSET_NONE unknown */
    int64_t lost; /* sum of what the log start has overtaken */
    timestamp_ms read_at;
    struct engine_stream_row *rows; /* only for a stream that was asked for by name; NULL */
    size_t row_count;
    char *error;
};

/* An object as the audit found it. */
struct engine_audit_object {
    struct coverage_object range;
    char *key;
    char *trouble; /* what the deep check found; NULL: nothing, or not read */
};
/* What the audit's verdict was made of. */
struct engine_audit {
    char *bucket, *prefix;
    struct cutover_plan *plan;
    timestamp_ms listed_at;
    struct engine_audit_object *objects; /* sorted by partition and start */
    size_t object_count;
    size_t deep_read, deep_wrong; /* deep check: objects read, and those that are not what they say; 0 without it */
    bool deep;
};

/* Beside cutover_objection, in engine_request.allowed. */
enum engine_allow {
    ENGINE_ALLOW_WEAK_STORE = 1 << 16, /* at least once was read and confirmed */
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
    char *changed;         /* again: what is not as it was read before, a line each; NULL: nothing that matters */
    timestamp_ms deadline; /* smallest T + retention: from then on retention takes undelivered records; NONE unknown */
    int64_t retention_ms;  /* of the topic; -1 unlimited or unknown */
    bool tls;              /* the store is reached by HTTPS */
    char *expires;         /* until when the identity is good, for people; NULL: it does not end, or is not known */
    size_t resume_committed; /* resume: partitions with a commit */
};

/* One thing that the doctor looked at. */
enum engine_check_verdict {
    ENGINE_CHECK_OK,
    ENGINE_CHECK_NOTE, /* not looked at, or not to be known: no fault */
    ENGINE_CHECK_WARN, /* works, and will not for ever, or not for everything */
    ENGINE_CHECK_FAIL,
};
struct engine_check {
    const char *about; /* "credentials", "store", "kafka", "connect", "here"; static */
    char *what;        /* "who", "until", "bucket", "broker 1" */
    enum engine_check_verdict verdict;
    char *said; /* what was found, or what is wrong and what to do; original bytes */
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
    ENGINE_LAUNCH, /* ready to be confirmed */
    ENGINE_STREAMS,
    ENGINE_DELIVERY,   /* a snapshot of the running stream: at most ten a second */
    ENGINE_CONNECTORS, /* Kafka Connect's connectors; one, after status, stop and resume by name */
    ENGINE_DOCTOR,     /* checks */
    ENGINE_FAILED,     /* the question ended in an error */
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
    /* ENGINE_CONNECTORS. ENGINE_SURVEY, _PLAN, _CHOICES and _LAUNCH: the one whose group the old side is, or none */
    struct engine_connector *connectors;
    size_t connector_count;
    struct cutover_connect *objects; /* the old connector's, where --with-connect asks for them; NULL */
    char *connect_place; /* "http://connect:8083, Kafka Connect 4.3.1"; never with a password; NULL: not asked */
    char *connect_error; /* Kafka Connect could not be asked; the rest of the answer stands */
    char *stream, *plan_id;
    struct engine_audit *audit; /* beside coverage */
    struct engine_stream_info *streams;
    size_t stream_count;
    struct engine_launch *launch;
    struct delivery_progress *delivery;
    struct engine_check *checks; /* ENGINE_DOCTOR, in the order they were made */
    size_t check_count;
    struct error error; /* ENGINE_FAILED */
};

/* An empty event of a kind; counts of offsets start as unknown where the struct says so. */
struct engine_event *engine_event_new(enum engine_event_kind kind);
/* Frees the event and all it owns. NULL is fine. To keep a part, take its pointer and set it NULL. */
void engine_event_free(struct engine_event *event);

/* For the owners of such rows; NULL is fine. The array itself is freed too. */
void engine_topics_free(struct engine_topic *topics, size_t count);
void engine_groups_free(struct engine_group *groups, size_t count);
void engine_checks_free(struct engine_check *checks, size_t count);
void engine_connectors_free(struct engine_connector *connectors, size_t count);
void engine_record_free(struct engine_record *record);
void engine_launch_free(struct engine_launch *launch);
void engine_audit_free(struct engine_audit *audit);
void engine_streams_free(struct engine_stream_info *streams, size_t count);

/* What a value looks like, in the words of the screen ("JSON", "multi", ...), and whether `lines` would break it. */
const char *engine_value_kind_name(enum value_kind kind);
bool engine_value_kind_breaks_lines(enum value_kind kind);

#endif
