/* What was found: per partition log start L, end E, high watermark, commit C, time T of the record at the commit, state.
 *
 * Pure: filled from lists that kafka/ brought, never asks anything itself. The words are those of the design:
 * B = max(C, L) is where the old delivery could still go on. Sizes: 1 to 10,000 partitions, about 100 bytes each.
 */
#ifndef CUTOVER_CUTOVER_SURVEY_H
#define CUTOVER_CUTOVER_SURVEY_H

#include "base/topic_partition.h"

enum cutover_state {
    CUTOVER_OK,
    CUTOVER_CAUGHT_UP,        /* C = E, or only markers between: no T */
    CUTOVER_NO_COMMIT,        /* B = L; lost unknown */
    CUTOVER_BELOW_START,      /* C < L: retention took L - C offsets */
    CUTOVER_OPEN_TRANSACTION, /* E < C <= high watermark: a read_uncommitted sink ahead of an open transaction */
    CUTOVER_PAST_END,         /* C > high watermark: topic made again or truncated; launch refused */
    CUTOVER_ERROR,            /* could not be read: see error; launch refused */
};

struct cutover_partition {
    int32_t partition;
    int64_t log_start; /* L; OFFSET_NONE when unknown */
    int64_t end;       /* E at the survey's isolation */
    int64_t high_watermark;
    int64_t committed;           /* C; OFFSET_NONE: no commit */
    bool time_read;              /* the record at B was asked for and the answer is there */
    bool time_below_zero;        /* there is a record at B, but its time counts as none */
    timestamp_ms committed_time; /* T; TIMESTAMP_NONE */
    enum value_kind kind;        /* of the value at B */
    enum cutover_state state;
    char *error; /* owned; sanitised */
};

struct cutover_other_topic {
    char *topic;
    int partitions; /* with commits of the group */
};

struct cutover_survey {
    char *topic;
    char *group;
    char group_state[24]; /* "Empty", "Stable", "Dead", ... */
    int group_members;
    char *cluster_id; /* "-" unknown */
    char *topic_id;   /* "-" unknown */
    bool read_committed;
    bool compacted;
    bool log_append;
    int64_t retention_ms; /* -1 unlimited or unknown */
    timestamp_ms taken_at;
    struct cutover_partition *partitions; /* index = partition number */
    size_t count;
    struct cutover_other_topic *other_topics; /* the group's, without this one: they stop with the connector too */
    size_t other_topic_count;
};

/* A survey of `partitions` rows, all CUTOVER_ERROR "not read yet" until set_offsets; texts are copied. group NULL or "":
 * there is no old side. Free with cutover_survey_free. */
struct cutover_survey *cutover_survey_new(const char *topic, const char *group, size_t partitions,
                                          timestamp_ms taken_at);
void cutover_survey_free(struct cutover_survey *survey);
struct cutover_survey *cutover_survey_copy(const struct cutover_survey *survey);
void cutover_survey_add_topic(struct cutover_survey *survey, const char *topic, int partitions);

/* Fills L, E, high watermark and C and sets each state; forgets times read before. A row's error in any list is the
 * partition's: a commit that could not be read is not "no commit". A partition missing from starts, ends or marks is an
 * error ("no answer"); one missing from committed has no commit. Read the commits before the marks: a group that is
 * still moving would look past the end otherwise. */
void cutover_survey_set_offsets(struct cutover_survey *survey, const struct partition_offsets *starts,
                                const struct partition_offsets *ends, const struct partition_offsets *marks,
                                const struct partition_offsets *committed);

/* The offsets whose records should be read: B of each committed partition with B < E that has no answer yet. Clears and
 * fills `from`. */
void cutover_survey_wanted_times(const struct cutover_survey *survey, struct partition_offsets *from);

/* Takes over T and value kind; a partition whose scan met the end becomes caught_up (unless below_start). A record at or
 * beyond the survey's E came later, so the scan met the end. A row with an error makes the partition CUTOVER_ERROR. Rows
 * that nobody asked for are ignored. May be called again with more rows; the first answer for a partition stays. */
void cutover_survey_set_times(struct cutover_survey *survey, const struct partition_records *records);

/* B = max(C, L); L without commit. OFFSET_NONE for an error row. */
int64_t cutover_partition_base(const struct cutover_partition *partition);
/* max(0, L - C); OFFSET_NONE where there is no commit. */
int64_t cutover_partition_lost(const struct cutover_partition *partition);

/* The T's of committed partitions: smallest (T*), largest, and median (the ceil(n/2)-th smallest). NONE without any. */
struct cutover_times {
    timestamp_ms oldest, median, latest;
    size_t count;  /* partitions with a T */
    size_t wanted; /* partitions of which a T was asked for */
    size_t read;   /* of those, answered */
};
struct cutover_times cutover_survey_times(const struct cutover_survey *survey);
/* Likewise; *all becomes every T, `count` of them, rising. Caller frees. */
struct cutover_times cutover_survey_sorted_times(const struct cutover_survey *survey, timestamp_ms **all);

const char *cutover_state_name(enum cutover_state state); /* JSON word: "ok", "caught_up", ... */
char cutover_state_sign(enum cutover_state state);        /* ' ' = ? < o > ! */

#endif
