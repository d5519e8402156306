/* Survey and start position in, one offset per partition and its cost out. All counts are differences of offsets. */
#include "cutover/cutover_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t above_zero(int64_t value)
{
    return value > 0 ? value : 0;
}

static void make_error_row(struct cutover_plan_row *row, const char *error)
{
    char *copy = memory_copy_text(error);

    free(row->error);
    row->error = copy;
    row->state = CUTOVER_ERROR;
    row->start = row->until = OFFSET_NONE;
    row->gap = row->duplicates = row->lost = row->to_read = OFFSET_NONE;
    row->no_record = row->clamped = row->time_below_zero = false;
}

int64_t cutover_plan_row_base(const struct cutover_plan_row *row)
{
    if (row->state == CUTOVER_ERROR)
        return OFFSET_NONE;
    return row->committed > row->log_start ? row->committed : row->log_start;
}

void cutover_plan_row_count(struct cutover_plan_row *row)
{
    int64_t base = cutover_plan_row_base(row);

    row->gap = above_zero(row->start - base);
    row->duplicates = above_zero(base - row->start);
    row->lost = row->committed == OFFSET_NONE ? OFFSET_NONE : above_zero(row->log_start - row->committed);
    row->to_read = above_zero((row->until != OFFSET_NONE ? row->until : row->end) - row->start);
}

/* By-time answers are there where `needs_time`; a partition that has none cannot be planned. */
static void plan_row(const struct cutover_partition *partition, const struct cutover_start *start, bool needs_time,
                     const struct partition_offsets *by_time, struct cutover_plan_row *row)
{
    const struct partition_offset *answer = NULL;

    *row = (struct cutover_plan_row){
        .partition = partition->partition,
        .log_start = partition->log_start,
        .end = partition->end,
        .high_watermark = partition->high_watermark,
        .committed = partition->committed,
        .committed_time = partition->committed_time,
        .until = OFFSET_NONE,
        .state = partition->state,
        .time_below_zero = partition->time_below_zero,
        .kind = partition->kind,
    };
    if (partition->state == CUTOVER_ERROR) {
        make_error_row(row, partition->error);
        return;
    }
    if (needs_time) {
        answer = partition_offsets_find(by_time, partition->partition);
        if (!answer || answer->error) {
            make_error_row(row, answer ? answer->error : "no answer for the time");
            return;
        }
    }
    row->start = cutover_start_offset(partition, start, answer ? answer->offset : OFFSET_NONE, &row->no_record);
    if (start->kind == CUTOVER_START_SAFE && answer && !partition->time_below_zero) {
        bool inside = answer->offset != OFFSET_NONE && answer->offset < partition->end;

        row->clamped = (inside ? answer->offset : partition->end) > row->start;
    }
    cutover_plan_row_count(row);
}

static void add_row(struct cutover_totals *totals, const struct cutover_plan_row *row)
{
    totals->partitions++;
    totals->kinds[row->kind]++;
    if (row->state == CUTOVER_ERROR) {
        totals->errors++;
        return;
    }
    totals->gap += row->gap;
    totals->gap_in += row->gap > 0;
    totals->duplicates += row->duplicates;
    totals->duplicates_in += row->duplicates > 0;
    totals->lost += above_zero(row->lost);
    totals->lost_in += row->lost > 0;
    totals->lost_unknown += row->lost == OFFSET_NONE;
    totals->to_read += row->to_read;
    totals->no_record += row->no_record;
    totals->clamped += row->clamped;
    totals->clamped_uncommitted += row->clamped && row->committed == OFFSET_NONE;
    totals->time_below_zero += row->time_below_zero;
    totals->past_end += row->state == CUTOVER_PAST_END;
}

void cutover_plan_count_totals(struct cutover_plan *plan)
{
    plan->totals = (struct cutover_totals){ 0 };
    for (size_t i = 0; i < plan->count; i++)
        add_row(&plan->totals, &plan->rows[i]);
}

struct cutover_plan *cutover_plan_make(const struct cutover_survey *survey, const struct cutover_start *start,
                                       const struct partition_offsets *by_time, const char *id)
{
    bool needs_time =
        start->kind == CUTOVER_START_TIME || (start->kind == CUTOVER_START_SAFE && start->time != TIMESTAMP_NONE);
    struct cutover_plan *plan = memory_new(sizeof(*plan));

    assert(strlen(id) == CUTOVER_PLAN_ID_SIZE - 1);
    assert(!needs_time || by_time);
    memcpy(plan->id, id, CUTOVER_PLAN_ID_SIZE);
    plan->start = *start;
    plan->topic = memory_copy_text(survey->topic);
    plan->group = memory_copy_text(survey->group);
    plan->cluster_id = memory_copy_text(survey->cluster_id);
    plan->topic_id = memory_copy_text(survey->topic_id);
    memcpy(plan->group_state, survey->group_state, sizeof(plan->group_state));
    plan->group_members = survey->group_members;
    plan->read_committed = survey->read_committed;
    plan->compacted = survey->compacted;
    plan->taken_at = survey->taken_at;
    plan->until_time = TIMESTAMP_NONE;
    plan->count = survey->count;
    plan->rows = memory_new((survey->count > 0 ? survey->count : 1) * sizeof(*plan->rows));
    for (size_t i = 0; i < survey->count; i++)
        plan_row(&survey->partitions[i], start, needs_time, by_time, &plan->rows[i]);
    cutover_plan_count_totals(plan);
    return plan;
}

void cutover_plan_free(struct cutover_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++)
        free(plan->rows[i].error);
    free(plan->rows);
    free(plan->topic);
    free(plan->group);
    free(plan->cluster_id);
    free(plan->topic_id);
    free(plan);
}

struct cutover_plan *cutover_plan_copy(const struct cutover_plan *plan)
{
    struct cutover_plan *copy = memory_new(sizeof(*copy));

    *copy = *plan;
    copy->topic = memory_copy_text(plan->topic);
    copy->group = memory_copy_text(plan->group);
    copy->cluster_id = memory_copy_text(plan->cluster_id);
    copy->topic_id = memory_copy_text(plan->topic_id);
    copy->rows = memory_new((plan->count > 0 ? plan->count : 1) * sizeof(*copy->rows));
    for (size_t i = 0; i < plan->count; i++) {
        copy->rows[i] = plan->rows[i];
        copy->rows[i].error = memory_copy_text(plan->rows[i].error);
    }
    return copy;
}

void cutover_plan_set_until(struct cutover_plan *plan, const struct partition_offsets *ends)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct cutover_plan_row *row = &plan->rows[i];
        const struct partition_offset *answer = ends ? partition_offsets_find(ends, row->partition) : NULL;

        if (row->state == CUTOVER_ERROR)
            continue;
        if (ends && (!answer || answer->error)) {
            make_error_row(row, answer ? answer->error : "no answer for the end");
            continue;
        }
        row->until = answer && answer->offset != OFFSET_NONE ? answer->offset : row->end;
        cutover_plan_row_count(row);
    }
    cutover_plan_count_totals(plan);
}

bool cutover_plan_has_end(const struct cutover_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->rows[i].until != OFFSET_NONE)
            return true;
    }
    return plan->until_time != TIMESTAMP_NONE;
}

unsigned cutover_plan_objections(const struct cutover_plan *plan)
{
    const struct cutover_totals *totals = &plan->totals;
    unsigned objections = 0;

    if (totals->past_end > 0)
        objections |= CUTOVER_OBJECT_PAST_END;
    if (totals->errors > 0)
        objections |= CUTOVER_OBJECT_ERRORS;
    if (!plan->group)
        return objections;
    if (totals->gap > 0)
        objections |= CUTOVER_OBJECT_GAP;
    if (totals->lost > 0 || totals->lost_unknown > 0)
        objections |= CUTOVER_OBJECT_LOST;
    if (plan->group_members > 0)
        objections |= CUTOVER_OBJECT_MEMBERS;
    return objections;
}
