/* Where the old connector's objects really end, against its commit. Pure: keys and counts come from outside.
 *
 * Layouts that tell topic, partition and first offset in the key's last part (the connector's, not ours):
 *   <topic>+<partition>+<start>[.ext]              Confluent's sink; Aiven's with a template like it; any number of zeros
 *   <topic>+<partition>+<start>-<n>-<hex>[.ext]    MSK Data Delivery
 *   <prefix><topic>-<partition>-<start>[.gz ...]   Aiven's default
 * The end of an object is nowhere in its key. Between two objects the next one's start is taken for it; of the last one of
 * each partition the records are counted. That is right where every offset is a record; markers of transactions and what
 * compaction took are no records, so there the end found is a lower bound, until the broker was asked which of the offsets
 * hold one (cutover_connect_doubts, `empty`). Objects of one partition in several folders (by time, by field) may have been open
 * together, so that their ranges interleave: then only the sum of all counts tells.
 *
 * F is the end of the last object, C the commit: the next offset the connector would have read.
 *   F = C  exact: a start at C repeats nothing and skips nothing
 *   F > C  ahead: objects were written and not committed (a crash, a commit that timed out); a start at C repeats F - C
 *   F < C  behind: offsets [F, C) were committed and are in no object: somebody has to look before anything is launched
 */
#ifndef CUTOVER_CUTOVER_CONNECT_H
#define CUTOVER_CUTOVER_CONNECT_H

#include "base/json.h"
#include "cutover/cutover_plan.h"

enum cutover_key {
    CUTOVER_KEY_DATA,    /* partition and start are set */
    CUTOVER_KEY_SIDE,    /* keys or headers beside the values: no data */
    CUTOVER_KEY_OTHER,   /* fits, but is of another topic */
    CUTOVER_KEY_FOREIGN, /* fits nothing, or a partition that the topic does not have */
};

/* Reads one key below prefix. A folder partition=N in it must agree with the name. */
enum cutover_key cutover_connect_read_key(const char *prefix, const char *key, const char *topic, size_t partitions,
                                          int32_t *partition, int64_t *start);

struct cutover_object {
    int32_t partition;
    int64_t start;
    int64_t records; /* OFFSET_NONE: not counted */
    int64_t empty;   /* offsets in its range that hold no visible record, as the broker says; 0: not asked */
    uint64_t folder; /* the same number for the same folder of the key */
    bool wanted;     /* to be counted: set by cutover_connect_choose */
    size_t index;    /* the caller's */
};

/* Sorts by partition and start, and marks those whose records must be counted: the last of each partition, all that share
 * their start with another (one of them may be longer), or all. Returns how many. */
size_t cutover_connect_choose(struct cutover_object *objects, size_t count, bool all);

enum cutover_connect_state {
    CUTOVER_CONNECT_EXACT,      /* F = C */
    CUTOVER_CONNECT_AHEAD,      /* F > C */
    CUTOVER_CONNECT_BEHIND,     /* F < C */
    CUTOVER_CONNECT_NONE,       /* no objects and no commit: nothing was delivered */
    CUTOVER_CONNECT_NO_OBJECTS, /* a commit, and no objects: another place, another layout, or all gone */
    CUTOVER_CONNECT_NO_COMMIT,  /* objects, and no commit */
    CUTOVER_CONNECT_UNCOUNTED,  /* the last object could not be counted: F is not known */
    CUTOVER_CONNECT_PAST_END,   /* F is beyond the log: another incarnation of the topic, or values with newlines */
};

struct cutover_connect_row {
    int32_t partition;
    int64_t committed;          /* C; OFFSET_NONE */
    int64_t from;               /* the first object's start; OFFSET_NONE without objects */
    int64_t end;                /* F; OFFSET_NONE where it is not known */
    int64_t objects, counted;   /* counted: of which the records were counted */
    int64_t repeats;            /* F - C where ahead, else 0 */
    int64_t missing;            /* C - F where behind, else 0 */
    int64_t empty;              /* offsets without a record that explain what the counts alone do not */
    bool mixed;                 /* its objects lie in several folders */
    int64_t overlap;            /* offsets that two objects have, as far as counted */
    struct offset_range *holes; /* between objects, as far as counted; may be honest */
    size_t hole_count;
    enum cutover_connect_state state;
};

struct cutover_connect {
    char *bucket, *prefix;            /* where was looked; owned */
    struct cutover_connect_row *rows; /* index = partition number */
    size_t count;
    int64_t objects, counted, side_files, other_topics, foreign;
    char *first_foreign; /* a key that fits nothing; original bytes; owned; NULL */
    char *uncounted_why; /* why the first object could not be counted; owned; NULL */
    int64_t repeats, missing, overlap, holes, hole_offsets, empty;
    size_t states[CUTOVER_CONNECT_PAST_END + 1]; /* partitions by state */
};

/* What is known of a partition beside its objects; an error row has OFFSET_NONE in all. */
struct cutover_connect_log {
    int64_t committed, high_watermark;
    int64_t log_start; /* OFFSET_NONE: unknown */
};

/* objects as cutover_connect_choose left them, with records filled in. Bucket, prefix and the counts of other keys are the
 * caller's to set. Free with cutover_connect_free. */
struct cutover_connect *cutover_connect_make(const struct cutover_connect_log *logs, size_t count,
                                             const struct cutover_object *objects, size_t object_count);
void cutover_connect_free(struct cutover_connect *connect);

/* A partition that is behind and whose objects lie in several folders: all of them must be counted before it is judged. Marks
 * those that are not yet; returns how many. */
size_t cutover_connect_choose_mixed(const struct cutover_connect *connect, struct cutover_object *objects,
                                    size_t count);

/* The range of a partition in which offsets without records may explain what is missing or a hole: from the first object
 * that ends before the next one begins (or before the commit) to the last. False where there is none, where objects overlap,
 * and where the log no longer has it. */
bool cutover_connect_doubts(const struct cutover_connect_row *row, const struct cutover_connect_log *log,
                            const struct cutover_object *objects, size_t count, struct offset_range *range);

/* Takes over what the broker has in that range: visible[i] records between the start of objects[i] and of the next (or the
 * commit). An object that holds at least those ends there. objects and count: those of the row's partition. */
void cutover_connect_settle(const struct cutover_connect_row *row, const struct offset_range *range,
                            const int64_t *visible, struct cutover_object *objects, size_t count);

/* Whether somebody has to look before this can be called whole: missing offsets, holes, objects that cannot be told. */
bool cutover_connect_is_bad_news(const struct cutover_connect *connect);

/* A plan with the objects as its old side: C becomes F wherever F is known; the planned counts stay as they were. For the
 * audit's arithmetic only: never saved. Free with cutover_plan_free. */
struct cutover_plan *cutover_connect_as_old_side(const struct cutover_connect *connect,
                                                 const struct cutover_plan *plan);

/* Of a start S in one partition, by the objects: offsets that neither side has, and that both have. False where F is not
 * known. */
bool cutover_connect_cost(const struct cutover_connect_row *row, int64_t log_start, int64_t start, int64_t *gap,
                          int64_t *duplicates);

const char *cutover_connect_state_name(enum cutover_connect_state state); /* "exact", "ahead", "behind", ... */

/* Beside the documented fields of survey, plan and audit. plan NULL: without its gap and duplicates by the objects. */
struct json *cutover_connect_to_json(const struct cutover_connect *connect, const struct cutover_plan *plan);

#endif
