/* What lies in the store against the plan: chain, cutover, verdict. Pure: objects come as a list of ranges. */
#ifndef CUTOVER_CUTOVER_COVERAGE_H
#define CUTOVER_CUTOVER_COVERAGE_H

#include "cutover/cutover_plan.h"

/* One object of the stream, from its key and metadata. */
struct coverage_object {
    int32_t partition;
    int64_t start, next;  /* [start, next) is covered */
    int64_t lost;         /* OFFSET_NONE, or: [start, lost) was lost at the source */
    int64_t records;
    int64_t bytes;        /* stored */
    timestamp_ms first_time, last_time;
};

/* What the broker says of the group's own commit; only where brokers are given. */
struct coverage_tail {
    int32_t partition;
    int64_t committed; /* OFFSET_NONE: none */
    int64_t seen;      /* nothing visible between committed and this; OFFSET_NONE */
};

enum coverage_verdict {
    COVERAGE_PASS, /* chain whole, cutover as planned, up to the --until end and every old commit */
    COVERAGE_OPEN, /* right so far, but short of them */
    COVERAGE_FAIL, /* something is missing, double or foreign */
};

struct coverage_partition {
    int32_t partition;
    int64_t from, to; /* the chain as found from the plan's start: [from, to) */
    int64_t objects, records, bytes;
    struct offset_range *holes;    /* inside [from, to], and [to, commit) where the tail shows a commit beyond */
    size_t hole_count;
    struct offset_range *overlaps;
    size_t overlap_count;
    struct offset_range *lost;     /* declared by objects */
    size_t lost_count;
    int64_t committed;             /* the plan's C */
    int64_t twice;                 /* found duplicates: max(0, min(B, to) - from) */
    bool open;                     /* short of the --until end or of the old commit */
    timestamp_ms first_time, last_time;
};

struct coverage_counts {
    int64_t gap, duplicates, lost;
};

struct coverage {
    enum coverage_verdict verdict;
    int64_t holes, overlaps; /* how many ranges */
    int64_t foreign;         /* keys in the stream's place that are not of this plan */
    bool tail_checked;
    bool cutover_known;      /* the plan has an old side */
    struct coverage_counts planned, found;
    struct coverage_partition *partitions;
    size_t count;
    int64_t objects, records, bytes;
    char *reason; /* one sentence for people: what is wrong, with the first exact range; owned */
};

/* objects in any order (sorted inside); tails may be NULL. foreign: keys found that carry another identity.
 * A partition number at or beyond the plan's count begins at its first object. Free with coverage_free. */
struct coverage *coverage_make(const struct cutover_plan *plan, struct coverage_object *objects, size_t object_count,
                               const struct coverage_tail *tails, size_t tail_count, int64_t foreign);
void coverage_free(struct coverage *coverage);

const char *coverage_verdict_name(enum coverage_verdict verdict); /* "pass", "open", "fail" */

/* The document of `audit --json`. Caller frees. */
struct json *coverage_to_json(const struct coverage *coverage, const char *stream, const char *plan_id);

#endif
