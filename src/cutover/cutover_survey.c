/* What a survey makes of the lists that the broker answered with. One row per partition, 1 to 10,000 of them; every
 * function is one pass over the rows, but for the median, which sorts the times. */
#include "cutover/cutover_survey.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    char sign;
} states[] = {
    [CUTOVER_OK] = { "ok",               ' ' },
    [CUTOVER_CAUGHT_UP] = { "caught_up",        '=' },
    [CUTOVER_NO_COMMIT] = { "no_commit",        '?' },
    [CUTOVER_BELOW_START] = { "below_start",      '<' },
    [CUTOVER_OPEN_TRANSACTION] = { "open_transaction", 'o' },
    [CUTOVER_PAST_END] = { "past_end",         '>' },
    [CUTOVER_ERROR] = { "error",            '!' },
};

static const struct cutover_partition empty_partition = {
    .log_start = OFFSET_NONE,
    .end = OFFSET_NONE,
    .high_watermark = OFFSET_NONE,
    .committed = OFFSET_NONE,
    .committed_time = TIMESTAMP_NONE,
    .kind = VALUE_UNKNOWN,
    .state = CUTOVER_ERROR,
};

struct cutover_survey *cutover_survey_new(const char *topic, const char *group, size_t partitions,
                                          timestamp_ms taken_at)
{
    struct cutover_survey *survey = memory_new(sizeof(*survey));

    survey->topic = memory_copy_text(topic);
    survey->group = memory_copy_text(group && *group ? group : NULL);
    survey->cluster_id = memory_copy_text("-");
    survey->topic_id = memory_copy_text("-");
    survey->retention_ms = -1;
    survey->taken_at = taken_at;
    survey->count = partitions;
    survey->partitions = memory_new((partitions > 0 ? partitions : 1) * sizeof(*survey->partitions));
    for (size_t i = 0; i < partitions; i++) {
        survey->partitions[i] = empty_partition;
        survey->partitions[i].partition = (int32_t)i;
        survey->partitions[i].error = memory_copy_text("not read yet");
    }
    return survey;
}

void cutover_survey_free(struct cutover_survey *survey)
{
    if (!survey)
        return;
    for (size_t i = 0; i < survey->count; i++)
        free(survey->partitions[i].error);
    for (size_t i = 0; i < survey->other_topic_count; i++)
        free(survey->other_topics[i].topic);
    free(survey->partitions);
    free(survey->other_topics);
    free(survey->topic);
    free(survey->group);
    free(survey->cluster_id);
    free(survey->topic_id);
    free(survey);
}

struct cutover_survey *cutover_survey_copy(const struct cutover_survey *survey)
{
    struct cutover_survey *copy = memory_new(sizeof(*copy));

    *copy = *survey;
    copy->topic = memory_copy_text(survey->topic);
    copy->group = memory_copy_text(survey->group);
    copy->cluster_id = memory_copy_text(survey->cluster_id);
    copy->topic_id = memory_copy_text(survey->topic_id);
    copy->partitions = memory_new((survey->count > 0 ? survey->count : 1) * sizeof(*copy->partitions));
    for (size_t i = 0; i < survey->count; i++) {
        copy->partitions[i] = survey->partitions[i];
        copy->partitions[i].error = memory_copy_text(survey->partitions[i].error);
    }
    copy->other_topics = NULL;
    copy->other_topic_count = 0;
    for (size_t i = 0; i < survey->other_topic_count; i++)
        cutover_survey_add_topic(copy, survey->other_topics[i].topic, survey->other_topics[i].partitions);
    return copy;
}

void cutover_survey_add_topic(struct cutover_survey *survey, const char *topic, int partitions)
{
    struct cutover_other_topic *row;

    survey->other_topics =
        memory_resize(survey->other_topics, (survey->other_topic_count + 1) * sizeof(*survey->other_topics));
    row = &survey->other_topics[survey->other_topic_count++];
    row->topic = memory_copy_text(topic);
    row->partitions = partitions;
}

static void set_error(struct cutover_partition *partition, const char *error)
{
    char *copy = memory_copy_text(error);

    free(partition->error);
    partition->error = copy;
    partition->state = CUTOVER_ERROR;
}

/* The offset of a list that must have an answer for each partition; anything else makes the row an error. */
static int64_t needed(struct cutover_partition *partition, const struct partition_offsets *list)
{
    const struct partition_offset *row = partition_offsets_find(list, partition->partition);

    if (row && row->error)
        set_error(partition, row->error);
    else if (!row || row->offset < 0)
        set_error(partition, "no answer");
    else
        return row->offset;
    return OFFSET_NONE;
}

static enum cutover_state state_of(const struct cutover_partition *partition)
{
    if (partition->committed == OFFSET_NONE)
        return CUTOVER_NO_COMMIT;
    if (partition->committed > partition->high_watermark)
        return CUTOVER_PAST_END;
    if (partition->committed > partition->end)
        return CUTOVER_OPEN_TRANSACTION;
    if (partition->committed < partition->log_start)
        return CUTOVER_BELOW_START;
    return partition->committed == partition->end ? CUTOVER_CAUGHT_UP : CUTOVER_OK;
}

void cutover_survey_set_offsets(struct cutover_survey *survey, const struct partition_offsets *starts,
                                const struct partition_offsets *ends, const struct partition_offsets *marks,
                                const struct partition_offsets *committed)
{
    for (size_t i = 0; i < survey->count; i++) {
        struct cutover_partition *partition = &survey->partitions[i];
        const struct partition_offset *commit = partition_offsets_find(committed, (int32_t)i);

        free(partition->error);
        *partition = empty_partition;
        partition->partition = (int32_t)i;
        partition->log_start = needed(partition, starts);
        partition->end = needed(partition, ends);
        partition->high_watermark = needed(partition, marks);
        if (commit && commit->error)
            set_error(partition, commit->error);
        else if (commit && commit->offset >= 0)
            partition->committed = commit->offset;
        if (partition->error)
            continue;
        /* The lists were read one after the other, and each of the three only ever grows. */
        if (partition->end < partition->log_start)
            partition->end = partition->log_start;
        if (partition->high_watermark < partition->end)
            partition->high_watermark = partition->end;
        partition->state = state_of(partition);
    }
}

/* Whether the record at B belongs to the questions of this survey, answered or not. */
static bool is_asked(const struct cutover_partition *partition)
{
    if (partition->state == CUTOVER_ERROR && !partition->time_read)
        return false;
    return partition->committed >= 0 && partition->committed < partition->end && partition->log_start < partition->end;
}

void cutover_survey_wanted_times(const struct cutover_survey *survey, struct partition_offsets *from)
{
    partition_offsets_clear(from);
    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *partition = &survey->partitions[i];

        if (is_asked(partition) && !partition->time_read)
            partition_offsets_set(from, partition->partition, cutover_partition_base(partition));
    }
}

void cutover_survey_set_times(struct cutover_survey *survey, const struct partition_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct partition_record *record = &records->rows[i];
        struct cutover_partition *partition;

        if (record->partition < 0 || (size_t)record->partition >= survey->count)
            continue;
        partition = &survey->partitions[record->partition];
        if (!is_asked(partition) || partition->time_read)
            continue;
        partition->time_read = true;
        if (record->error) {
            set_error(partition, record->error);
        } else if (record->found && record->offset < partition->end) {
            partition->time_below_zero = record->time < 0;
            partition->committed_time = record->time < 0 ? TIMESTAMP_NONE : record->time;
            partition->kind = record->kind;
        } else if (partition->state == CUTOVER_OK) {
            partition->state = CUTOVER_CAUGHT_UP;
        }
    }
}

int64_t cutover_partition_base(const struct cutover_partition *partition)
{
    if (partition->state == CUTOVER_ERROR)
        return OFFSET_NONE;
    return partition->committed > partition->log_start ? partition->committed : partition->log_start;
}

int64_t cutover_partition_lost(const struct cutover_partition *partition)
{
    if (partition->state == CUTOVER_ERROR || partition->committed == OFFSET_NONE)
        return OFFSET_NONE;
    return partition->committed < partition->log_start ? partition->log_start - partition->committed : 0;
}

static int compare_times(const void *left, const void *right)
{
    timestamp_ms a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

struct cutover_times cutover_survey_sorted_times(const struct cutover_survey *survey, timestamp_ms **all)
{
    struct cutover_times times = { .oldest = TIMESTAMP_NONE, .median = TIMESTAMP_NONE, .latest = TIMESTAMP_NONE };
    timestamp_ms *sorted = *all = memory_new((survey->count > 0 ? survey->count : 1) * sizeof(*sorted));

    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *partition = &survey->partitions[i];

        if (!is_asked(partition))
            continue;
        times.wanted++;
        if (partition->time_read)
            times.read++;
        if (partition->state != CUTOVER_ERROR && partition->committed_time >= 0)
            sorted[times.count++] = partition->committed_time;
    }
    if (times.count > 0) {
        qsort(sorted, times.count, sizeof(*sorted), compare_times);
        times.oldest = sorted[0];
        times.median = sorted[(times.count + 1) / 2 - 1]; /* nearest rank: always a real commit */
        times.latest = sorted[times.count - 1];
    }
    return times;
}

struct cutover_times cutover_survey_times(const struct cutover_survey *survey)
{
    timestamp_ms *sorted;
    struct cutover_times times = cutover_survey_sorted_times(survey, &sorted);

    free(sorted);
    return times;
}

const char *cutover_state_name(enum cutover_state state)
{
    return states[state].name;
}

char cutover_state_sign(enum cutover_state state)
{
    return states[state].sign;
}
