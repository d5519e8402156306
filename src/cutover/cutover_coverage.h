/* What lies in the store against the plan: chain, cutover, verdict. Pure: objects come as a list of ranges.
 *
 * A partition's chain begins at the plan's S. Offsets from S on that no object has, before the last `next`, are holes;
 * those that two objects have are overlaps; an object that begins before S is not of this plan and counts as foreign,
 * though what it holds from S on covers. A commit of the stream's own group beyond the last `next` says that an object is
 * gone: hole [to, commit).
 *
 * fail wins over open, open over pass:
 *   fail  a hole, an overlap, offsets lost at the source, or anything foreign
 *   open  some partition stops short of its --until end, or (with an old side) of the old commit C
 *   pass  neither
 *
 * A stretch that holds nothing visible becomes part of an object only when a record follows it, so a chain may be
 * complete and still end early, or have no object at all. A partition counts as having reached N > `to` only if something
 * says that [to, N) holds nothing:
 *   - the tail: the group's commit is `to` and its seen is at least N;
 *   - the plan: the survey's scan met the end (caught_up), which says it of [B, E).
 * Without either it is open: not wrong, and not proven. What was not asked is never taken for good.
 */
#ifndef CUTOVER_CUTOVER_COVERAGE_H
#define CUTOVER_CUTOVER_COVERAGE_H

#include "cutover/cutover_plan.h"

/* One object of the stream, from its key and metadata. */
struct coverage_object {
    int32_t partition;
    int64_t start, next;      /* [start, next) is covered */
    struct offset_range lost; /* of it, lost at the source; start == end: nothing */
    int64_t records;
    int64_t bytes; /* stored */
    timestamp_ms first_time, last_time;
    timestamp_ms stored_at; /* by the store's clock; TIMESTAMP_NONE */
};

/* What the broker says of the stream's own group. Read it before the objects are listed: a running stream commits only
 * what is stored, so an older commit never lies beyond a newer list. */
struct coverage_tail {
    int32_t partition;
    int64_t committed;        /* OFFSET_NONE: none */
    int64_t seen;             /* nothing visible between committed and this; OFFSET_NONE */
    struct offset_range lost; /* behind committed, lost at the source, and no object says so yet */
};

enum coverage_verdict {
    COVERAGE_PASS, /* chain whole, cutover as planned, up to the --until end and every old commit */
    COVERAGE_OPEN, /* right so far, but short of them */
    COVERAGE_FAIL, /* something is missing, double or foreign */
};

struct coverage_partition {
    int32_t partition;
    int64_t from, to; /* the chain as found from the plan's start: [from, to); from == to without an object */
    int64_t objects, records, bytes; /* of all its objects, double ones too */
    struct offset_range *holes;      /* inside [from, to], and [to, commit) where the tail shows a commit beyond */
    size_t hole_count;
    struct offset_range *overlaps;
    size_t overlap_count;
    struct offset_range *lost; /* declared by objects */
    size_t lost_count;
    int64_t until;     /* the plan's; OFFSET_NONE */
    int64_t committed; /* the plan's C */
    int64_t twice;     /* found duplicates: offsets below B that the chain has (or says are empty), less lost ones */
    bool open;         /* short of the --until end or of the old commit */
    int64_t to_end;    /* offsets from the chain's end to the log's; OFFSET_NONE: not asked. No part of the verdict */
    timestamp_ms first_time, last_time; /* smallest and largest; TIMESTAMP_NONE */
};

/* Added up over the partitions of the plan. lost counts what retention took before the plan, and what objects declared
 * lost beyond B; below B the old side has it. */
struct coverage_counts {
    int64_t gap, duplicates, lost;
};

struct coverage {
    enum coverage_verdict verdict;
    int64_t holes, overlaps; /* how many ranges */
    int64_t foreign;         /* in the stream's place, but not of this plan: keys, and objects before S */
    size_t open;             /* partitions */
    bool tail_checked;
    bool cutover_known; /* the plan has an old side */
    struct coverage_counts planned, found;
    struct coverage_partition *partitions;
    size_t count;
    int64_t objects, records, bytes;
    int64_t to_end;              /* added up where it is known; OFFSET_NONE: nowhere */
    timestamp_ms last_stored_at; /* when the newest of the objects was stored; TIMESTAMP_NONE */
    char *reason; /* one sentence for people: what is wrong, with the first exact range; NULL for pass; owned */
};

/* objects in any order (sorted inside); an object that is no range (next <= start, start or partition below zero) counts
 * as foreign. tails NULL: the tail is not checked; in any order, a partition without a row has no commit. foreign: keys
 * found that carry another identity. A partition number at or beyond the plan's count begins at its first object and has
 * no end to reach. Free with coverage_free. */
struct coverage *coverage_make(const struct cutover_plan *plan, struct coverage_object *objects, size_t object_count,
                               const struct coverage_tail *tails, size_t tail_count, int64_t foreign);
void coverage_free(struct coverage *coverage);

/* Where the log ends now: fills to_end. A partition without a row, or with an error, stays unknown. */
void coverage_set_ends(struct coverage *coverage, const struct partition_offsets *ends);

/* Passes without any object, though the stream has no end to have reached: nothing was delivered yet, and nothing is proved. */
bool coverage_is_empty(const struct coverage *coverage);

const char *coverage_verdict_name(enum coverage_verdict verdict); /* "pass", "open", "fail" */

/* The document of `audit --json`. Caller frees. */
struct json *coverage_to_json(const struct coverage *coverage, const char *stream, const char *plan_id);

#endif
