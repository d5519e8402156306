/* A plan: a start position turned into one offset per partition, with what it costs. Never changes once made. Pure. */
#ifndef CUTOVER_CUTOVER_PLAN_H
#define CUTOVER_CUTOVER_PLAN_H

#include "base/json.h"
#include "cutover/cutover_choices.h"

enum { CUTOVER_PLAN_ID_SIZE = 9 }; /* 8 hex digits and NUL */

struct cutover_plan_row {
    int32_t partition;
    int64_t log_start, end, high_watermark; /* as surveyed */
    int64_t committed;                      /* OFFSET_NONE */
    timestamp_ms committed_time;            /* TIMESTAMP_NONE */
    int64_t start;                          /* S; OFFSET_NONE for an error row */
    int64_t until;                          /* --until end; OFFSET_NONE: run until told to stop */
    int64_t gap, duplicates;                /* OFFSET_NONE for an error row */
    int64_t lost;                           /* OFFSET_NONE: unknown */
    int64_t to_read;                        /* max(0, end - S), end: until, else E; OFFSET_NONE for an error row */
    enum cutover_state state;
    bool no_record;       /* none at or after the chosen time */
    bool clamped;         /* safe: B was before the offset by time */
    bool time_below_zero; /* the record at B has no usable time: to be named under safe */
    enum value_kind kind;
    char *error;
};

struct cutover_totals {
    size_t partitions;
    int64_t gap, duplicates, lost, to_read;
    size_t gap_in, duplicates_in, lost_in; /* partitions where it is above zero */
    size_t lost_unknown;                   /* partitions without a commit */
    size_t no_record, clamped, time_below_zero;
    size_t clamped_uncommitted;        /* of clamped: without a commit, so B is the log start */
    size_t past_end, errors;           /* either refuses a launch */
    size_t kinds[VALUE_TOMBSTONE + 1]; /* sampled values by kind */
};

struct cutover_plan {
    char id[CUTOVER_PLAN_ID_SIZE];
    struct cutover_start start;
    char *topic, *group, *cluster_id, *topic_id;
    char group_state[24];
    int group_members;
    bool read_committed, compacted;
    timestamp_ms taken_at;
    timestamp_ms until_time; /* --until TIME, else TIMESTAMP_NONE */
    struct cutover_plan_row *rows;
    size_t count;
    struct cutover_totals totals;
};

/* by_time may be NULL where cutover_start_resolve said it is not needed. start must be resolved. id: 8 hex digits from
 * the caller. A partition for which a needed by_time carries an error, or no row at all, becomes an error row; a row with
 * OFFSET_NONE says that there is no record at or after the time. Free with cutover_plan_free. */
struct cutover_plan *cutover_plan_make(const struct cutover_survey *survey, const struct cutover_start *start,
                                       const struct partition_offsets *by_time, const char *id);
void cutover_plan_free(struct cutover_plan *plan);
struct cutover_plan *cutover_plan_copy(const struct cutover_plan *plan);

/* Fixes the end of each partition and counts again what is to be read. ends NULL: E of the survey (--until end). Else
 * offsets by time (--until TIME), where OFFSET_NONE becomes E (an answer beyond E stays: what came since the survey and is older
 * belongs before it); a partition with an error or without a row becomes an error row. until_time is the caller's. */
void cutover_plan_set_until(struct cutover_plan *plan, const struct partition_offsets *ends);

/* Whether --until was given. */
bool cutover_plan_has_end(const struct cutover_plan *plan);

/* B of a row: max(C, L). OFFSET_NONE for an error row. */
int64_t cutover_plan_row_base(const struct cutover_plan_row *row);
/* Gap, duplicates, lost and to_read from the row's offsets; not for an error row. */
void cutover_plan_row_count(struct cutover_plan_row *row);
/* Totals from the rows: done by whatever makes or changes a plan in this folder. */
void cutover_plan_count_totals(struct cutover_plan *plan);

/* Why a launch may not happen, or what must be allowed first. Without an old side (group NULL) there is nothing to cut
 * over: only the two that are never allowed are left. */
enum cutover_objection {
    CUTOVER_OBJECT_GAP = 1,      /* --allow-gap */
    CUTOVER_OBJECT_LOST = 2,     /* --allow-lost: lost above zero or unknown */
    CUTOVER_OBJECT_MEMBERS = 4,  /* --allow-members: the old group still has members */
    CUTOVER_OBJECT_PAST_END = 8, /* never allowed */
    CUTOVER_OBJECT_ERRORS = 16,  /* never allowed */
};
unsigned cutover_plan_objections(const struct cutover_plan *plan);

/* The documents of --json: a survey alone (start null, counts of S null), and a plan. Plan rows add nothing beyond the
 * contract; "id" stands beside the totals, and "until" is null or {"time_ms", "ends": [...]}, an end for each partition
 * (null for an error row). taken_at is RFC 3339 text in UTC, other times are epoch milliseconds. Caller frees. */
struct json *cutover_survey_to_json(const struct cutover_survey *survey);
struct json *cutover_plan_to_json(const struct cutover_plan *plan);

/* Reads back what cutover_plan_to_json wrote (the stream object holds it). NULL with ERROR_FORMAT on anything odd: a
 * name too many or too few, a partition out of place, counts or totals that the offsets do not give. What the document
 * does not hold stays empty: identity ("-"), members, error texts, no_record, clamped, kinds. */
struct cutover_plan *cutover_plan_from_json(const struct json *document, struct error *err) MUST_CHECK;

#endif
