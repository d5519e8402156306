/* Chain and cutover from a list of ranges: sort, then one walk per partition. Expects up to a few million objects. */
#include "cutover/cutover_coverage.h"

#include "base/buffer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
    [COVERAGE_PASS] = "pass",
    [COVERAGE_OPEN] = "open",
    [COVERAGE_FAIL] = "fail",
};

bool coverage_is_empty(const struct coverage *coverage)
{
    bool endless = false;

    for (size_t i = 0; i < coverage->count; i++)
        endless |= coverage->partitions[i].until == OFFSET_NONE;
    return coverage->verdict == COVERAGE_PASS && coverage->objects == 0 && endless;
}

const char *coverage_verdict_name(enum coverage_verdict verdict)
{
    return verdicts[verdict];
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int compare_objects(const void *left, const void *right)
{
    const struct coverage_object *a = left, *b = right;

    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->next > b->next) - (a->next < b->next);
}

static int compare_tails(const void *left, const void *right)
{
    const struct coverage_tail *a = left, *b = right;

    return (a->partition > b->partition) - (a->partition < b->partition);
}

static void append_range(struct offset_range **ranges, size_t *count, int64_t start, int64_t end)
{
    if ((*count & (*count - 1)) == 0) /* full at 0, 1, 2, 4, ... */
        *ranges = memory_resize(*ranges, (*count > 0 ? 2 * *count : 1) * sizeof(**ranges));
    (*ranges)[(*count)++] = (struct offset_range){ .start = start, .end = end };
}

/* Appends [start, end), where it is a range. Ranges come with rising start; those that touch become one. */
static void add_range(struct offset_range **ranges, size_t *count, int64_t start, int64_t end)
{
    if (start >= end)
        return;
    if (*count > 0 && start <= (*ranges)[*count - 1].end)
        (*ranges)[*count - 1].end = larger((*ranges)[*count - 1].end, end);
    else
        append_range(ranges, count, start, end);
}

static int compare_ranges(const void *left, const void *right)
{
    const struct offset_range *a = left, *b = right;

    return (a->start > b->start) - (a->start < b->start);
}

/* Sorts ranges that came in any order, and makes one of those that touch. */
static void merge_ranges(struct offset_range *ranges, size_t *count)
{
    size_t kept = 0;

    if (*count > 1)
        qsort(ranges, *count, sizeof(*ranges), compare_ranges);
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && ranges[i].start <= ranges[kept - 1].end)
            ranges[kept - 1].end = larger(ranges[kept - 1].end, ranges[i].end);
        else
            ranges[kept++] = ranges[i];
    }
    *count = kept;
}

/* How many offsets of the ranges lie in [start, end). */
static int64_t count_inside(const struct offset_range *ranges, size_t count, int64_t start, int64_t end)
{
    int64_t inside = 0;

    for (size_t i = 0; i < count; i++)
        inside += larger(0, smaller(ranges[i].end, end) - larger(ranges[i].start, start));
    return inside;
}

/* Losses begin anywhere inside their objects, so they come in any order. */
static void add_loss(struct coverage_partition *partition, int64_t start, int64_t end)
{
    if (start < end)
        append_range(&partition->lost, &partition->lost_count, start, end);
}

static void add_object(struct coverage_partition *partition, const struct coverage_object *object)
{
    int64_t start = larger(object->start, partition->from);

    add_range(&partition->holes, &partition->hole_count, partition->to, start);
    add_range(&partition->overlaps, &partition->overlap_count, start, smaller(object->next, partition->to));
    add_loss(partition, larger(object->lost.start, start), smaller(object->lost.end, object->next));
    partition->to = larger(partition->to, object->next);
    partition->objects++;
    partition->records += object->records;
    partition->bytes += object->bytes;
    if (object->first_time >= 0 && (partition->first_time < 0 || object->first_time < partition->first_time))
        partition->first_time = object->first_time;
    partition->last_time = larger(partition->last_time, object->last_time);
}

/* How far the partition has come, empty stretches included: see the header. */
static int64_t reach_of(const struct coverage_partition *partition, const struct cutover_plan_row *row,
                        const struct coverage_tail *tail)
{
    int64_t reached = partition->to;

    if (row->state == CUTOVER_CAUGHT_UP && reached >= cutover_plan_row_base(row))
        reached = larger(reached, row->end);
    if (tail && tail->committed == partition->to)
        reached = larger(reached, larger(tail->seen, tail->lost.end));
    return reached;
}

static void judge_against_plan(struct coverage *coverage, struct coverage_partition *partition,
                               const struct cutover_plan_row *row, const struct coverage_tail *tail)
{
    int64_t base = cutover_plan_row_base(row), reached = reach_of(partition, row, tail), to_base;

    partition->committed = row->committed;
    partition->until = row->until;
    partition->open = reached < row->until;
    if (!coverage->cutover_known)
        return;
    partition->open |= reached < row->committed;
    to_base = smaller(base, reached);
    partition->twice = larger(0, to_base - partition->from);
    partition->twice -= count_inside(partition->holes, partition->hole_count, partition->from, to_base);
    partition->twice -= count_inside(partition->lost, partition->lost_count, partition->from, to_base);
    coverage->planned.gap += row->gap;
    coverage->planned.duplicates += row->duplicates;
    coverage->planned.lost += larger(0, row->lost);
    coverage->found.gap += larger(0, partition->from - base);
    coverage->found.duplicates += partition->twice;
    coverage->found.lost +=
        larger(0, row->lost) + count_inside(partition->lost, partition->lost_count, base, INT64_MAX);
}

/* The walk over one partition's objects, sorted. row NULL: added after the plan. */
static void cover_partition(struct coverage *coverage, int32_t number, const struct cutover_plan_row *row,
                            const struct coverage_object *objects, size_t count, const struct coverage_tail *tail)
{
    struct coverage_partition *partition = &coverage->partitions[coverage->count++];
    bool planned = row && row->state != CUTOVER_ERROR;

    *partition = (struct coverage_partition){
        .partition = number,
        .from = planned     ? row->start
                : count > 0 ? objects[0].start
                            : 0,
        .until = OFFSET_NONE,
        .committed = OFFSET_NONE,
        .to_end = OFFSET_NONE,
        .first_time = TIMESTAMP_NONE,
        .last_time = TIMESTAMP_NONE,
    };
    partition->to = partition->from;
    for (size_t i = 0; i < count; i++) {
        coverage->foreign += objects[i].start < partition->from;
        add_object(partition, &objects[i]);
    }
    if (tail && (planned || count > 0))
        add_range(&partition->holes, &partition->hole_count, partition->to, tail->committed);
    if (tail && tail->committed == partition->to)
        add_loss(partition, larger(partition->to, tail->lost.start), tail->lost.end);
    merge_ranges(partition->lost, &partition->lost_count);
    if (planned)
        judge_against_plan(coverage, partition, row, tail);
    coverage->holes += (int64_t)partition->hole_count;
    coverage->overlaps += (int64_t)partition->overlap_count;
    coverage->open += partition->open;
    coverage->objects += partition->objects;
    coverage->records += partition->records;
    coverage->bytes += partition->bytes;
}

static bool is_no_range(const struct coverage_object *object)
{
    return object->partition < 0 || object->start < 0 || object->next <= object->start;
}

/* Moves what is no range behind the others; returns how many are left. */
static size_t keep_ranges(struct coverage_object *objects, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct coverage_object object = objects[i];

        if (is_no_range(&object))
            continue;
        objects[i] = objects[kept];
        objects[kept++] = object;
    }
    return kept;
}

static size_t count_partitions(const struct cutover_plan *plan, const struct coverage_object *objects, size_t count)
{
    size_t partitions = plan->count;

    for (size_t i = 0; i < count; i++) {
        if ((size_t)objects[i].partition >= plan->count && (i == 0 || objects[i].partition != objects[i - 1].partition))
            partitions++;
    }
    return partitions;
}

/* Partitions of the plan in order, then those that objects add, in order too: objects are sorted by partition. */
static void cover_all(struct coverage *coverage, const struct cutover_plan *plan, const struct coverage_object *objects,
                      size_t count, const struct coverage_tail *tails, size_t tail_count)
{
    size_t at = 0, partitions = count_partitions(plan, objects, count);

    coverage->partitions = memory_new((partitions > 0 ? partitions : 1) * sizeof(*coverage->partitions));
    while (coverage->count < partitions) {
        bool added = coverage->count >= plan->count;
        int32_t number = added ? objects[at].partition : (int32_t)coverage->count;
        struct coverage_tail wanted = { .partition = number };
        size_t first = at;

        while (at < count && objects[at].partition == number)
            at++;
        cover_partition(coverage, number, added ? NULL : &plan->rows[number], &objects[first], at - first,
                        tail_count > 0 ? bsearch(&wanted, tails, tail_count, sizeof(*tails), compare_tails) : NULL);
    }
}

enum finding {
    FINDING_HOLE,
    FINDING_OVERLAP,
    FINDING_LOST,
    FINDINGS,
};

static const char *const findings[] = {
    [FINDING_HOLE] = "are in no object",
    [FINDING_OVERLAP] = "are there twice",
    [FINDING_LOST] = "were lost at the source",
};

static const struct offset_range *first_range(const struct coverage_partition *partition, enum finding finding)
{
    switch (finding) {
    case FINDING_HOLE: return partition->hole_count > 0 ? partition->holes : NULL;
    case FINDING_OVERLAP: return partition->overlap_count > 0 ? partition->overlaps : NULL;
    case FINDING_LOST: return partition->lost_count > 0 ? partition->lost : NULL;
    case FINDINGS: break;
    }
    return NULL;
}

/* The worst finding that there is, at its first partition; false when there is none. */
static bool tell_finding(const struct coverage *coverage, struct buffer *reason)
{
    for (enum finding finding = 0; finding < FINDINGS; finding++) {
        for (size_t i = 0; i < coverage->count; i++) {
            const struct offset_range *range = first_range(&coverage->partitions[i], finding);

            if (!range)
                continue;
            buffer_printf(reason, "partition %" PRId32 ": offsets [%" PRId64 ", %" PRId64 ") %s",
                          coverage->partitions[i].partition, range->start, range->end, findings[finding]);
            return true;
        }
    }
    return false;
}

static char *fail_reason(const struct coverage *coverage, int64_t lost)
{
    struct buffer reason;

    buffer_init(&reason, 0);
    if (!tell_finding(coverage, &reason))
        buffer_printf(&reason, "%" PRId64 " %s here that %s not of this plan", coverage->foreign,
                      coverage->foreign == 1 ? "object is" : "objects are", coverage->foreign == 1 ? "is" : "are");
    else if (coverage->holes + coverage->overlaps + lost + coverage->foreign > 1)
        buffer_printf(&reason,
                      "; in all: holes %" PRId64 ", overlaps %" PRId64 ", lost ranges %" PRId64 ", foreign %" PRId64,
                      coverage->holes, coverage->overlaps, lost, coverage->foreign);
    return buffer_take(&reason);
}

static char *open_reason(const struct coverage *coverage)
{
    struct buffer reason;
    size_t i = 0;
    const struct coverage_partition *partition;

    buffer_init(&reason, 0);
    while (!coverage->partitions[i].open)
        i++;
    partition = &coverage->partitions[i];
    buffer_printf(&reason, "partition %" PRId32 ": delivered up to %" PRId64 ", ", partition->partition, partition->to);
    if (partition->until > partition->committed) /* the farther goal: whoever is short of one is short of it */
        buffer_printf(&reason, "short of the end at %" PRId64, partition->until);
    else
        buffer_printf(&reason, "short of the old commit at %" PRId64, partition->committed);
    if (coverage->open > 1)
        buffer_printf(&reason, "; in all %zu partitions are short", coverage->open);
    return buffer_take(&reason);
}

static void decide(struct coverage *coverage)
{
    int64_t lost = 0;

    for (size_t i = 0; i < coverage->count; i++)
        lost += (int64_t)coverage->partitions[i].lost_count;
    if (coverage->holes > 0 || coverage->overlaps > 0 || lost > 0 || coverage->foreign > 0) {
        coverage->verdict = COVERAGE_FAIL;
        coverage->reason = fail_reason(coverage, lost);
    } else if (coverage->open > 0) {
        coverage->verdict = COVERAGE_OPEN;
        coverage->reason = open_reason(coverage);
    } else {
        coverage->verdict = COVERAGE_PASS;
    }
}

static timestamp_ms last_stored_at(const struct coverage_object *objects, size_t count)
{
    timestamp_ms last = TIMESTAMP_NONE;

    for (size_t i = 0; i < count; i++)
        last = objects[i].stored_at > last ? objects[i].stored_at : last;
    return last;
}

struct coverage *coverage_make(const struct cutover_plan *plan, struct coverage_object *objects, size_t object_count,
                               const struct coverage_tail *tails, size_t tail_count, int64_t foreign)
{
    struct coverage *coverage = memory_new(sizeof(*coverage));
    size_t kept = keep_ranges(objects, object_count);
    struct coverage_tail *sorted = NULL;

    if (kept > 0)
        qsort(objects, kept, sizeof(*objects), compare_objects);
    if (tails && tail_count > 0) {
        sorted = memory_new(tail_count * sizeof(*sorted));
        memcpy(sorted, tails, tail_count * sizeof(*sorted));
        qsort(sorted, tail_count, sizeof(*sorted), compare_tails);
    }
    coverage->foreign = foreign + (int64_t)(object_count - kept);
    coverage->tail_checked = tails != NULL;
    coverage->cutover_known = plan->group != NULL;
    coverage->to_end = OFFSET_NONE;
    coverage->last_stored_at = last_stored_at(objects, kept);
    cover_all(coverage, plan, objects, kept, sorted, sorted ? tail_count : 0);
    decide(coverage);
    free(sorted);
    return coverage;
}

void coverage_set_ends(struct coverage *coverage, const struct partition_offsets *ends)
{
    coverage->to_end = OFFSET_NONE;
    for (size_t i = 0; i < coverage->count; i++) {
        struct coverage_partition *partition = &coverage->partitions[i];
        int64_t end = partition_offsets_get(ends, partition->partition);

        partition->to_end = end == OFFSET_NONE ? OFFSET_NONE : end > partition->to ? end - partition->to : 0;
        if (partition->to_end != OFFSET_NONE)
            coverage->to_end = (coverage->to_end == OFFSET_NONE ? 0 : coverage->to_end) + partition->to_end;
    }
}

void coverage_free(struct coverage *coverage)
{
    if (!coverage)
        return;
    for (size_t i = 0; i < coverage->count; i++) {
        free(coverage->partitions[i].holes);
        free(coverage->partitions[i].overlaps);
        free(coverage->partitions[i].lost);
    }
    free(coverage->partitions);
    free(coverage->reason);
    free(coverage);
}

static struct json *counts_to_json(const struct coverage_counts *counts)
{
    struct json *object = json_object_new();

    json_set_int(object, "gap", counts->gap);
    json_set_int(object, "duplicates", counts->duplicates);
    json_set_int(object, "lost", counts->lost);
    return object;
}

static struct json *ranges_to_json(const struct offset_range *ranges, size_t count)
{
    struct json *array = json_array_new();

    for (size_t i = 0; i < count; i++) {
        struct json *pair = json_array_new();

        json_append_int(pair, ranges[i].start);
        json_append_int(pair, ranges[i].end);
        json_append(array, pair);
    }
    return array;
}

static struct json *partition_to_json(const struct coverage_partition *partition)
{
    struct json *object = json_object_new();

    json_set_int(object, "partition", partition->partition);
    json_set_int(object, "from", partition->from);
    json_set_int(object, "to", partition->to);
    json_set_int(object, "objects", partition->objects);
    json_set_int(object, "records", partition->records);
    json_set_int(object, "bytes", partition->bytes);
    json_set(object, "holes", ranges_to_json(partition->holes, partition->hole_count));
    json_set(object, "overlaps", ranges_to_json(partition->overlaps, partition->overlap_count));
    json_set(object, "lost", ranges_to_json(partition->lost, partition->lost_count));
    if (partition->to_end == OFFSET_NONE)
        json_set_null(object, "to_end");
    else
        json_set_int(object, "to_end", partition->to_end);
    return object;
}

struct json *coverage_to_json(const struct coverage *coverage, const char *stream, const char *plan_id)
{
    struct json *document = json_object_new(), *chain = json_object_new(), *rows = json_array_new();
    char stored[TIMESTAMP_TEXT_SIZE];

    json_set_text(document, "stream", stream);
    json_set_text(document, "plan", plan_id);
    json_set_text(document, "verdict", coverage_verdict_name(coverage->verdict));
    json_set_int(chain, "holes", coverage->holes);
    json_set_int(chain, "overlaps", coverage->overlaps);
    json_set(document, "chain", chain);
    if (coverage->cutover_known) {
        struct json *cutover = json_object_new();

        json_set(cutover, "planned", counts_to_json(&coverage->planned));
        json_set(cutover, "found", counts_to_json(&coverage->found));
        json_set(document, "cutover", cutover);
    } else {
        json_set_null(document, "cutover");
    }
    for (size_t i = 0; i < coverage->count; i++)
        json_append(rows, partition_to_json(&coverage->partitions[i]));
    json_set(document, "partitions", rows);
    json_set_int(document, "foreign", coverage->foreign);
    json_set_text(document, "tail", coverage->tail_checked ? "checked" : "not checked");
    if (coverage->last_stored_at == TIMESTAMP_NONE)
        json_set_null(document, "last_stored_at");
    else
        json_set_text(document, "last_stored_at", timestamp_text(stored, coverage->last_stored_at));
    return document;
}
