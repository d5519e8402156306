/* One pass for the totals, one sort for the percentiles. */
#include "tui/skew_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/* From harmless to alarming. */
static const char ranks[] = " =.:*?o@<>!";

void skew_facts_clear(struct skew_facts *facts)
{
    free(facts->chosen);
    *facts = (struct skew_facts){ .generation = facts->generation + 1 };
}

timestamp_ms skew_percentile(const timestamp_ms *sorted, size_t count, int percent)
{
    size_t rank = (count * (size_t)percent + 99) / 100;

    if (count == 0)
        return TIMESTAMP_NONE;
    return sorted[rank > 0 ? rank - 1 : 0];
}

static void take_times(struct skew_facts *facts)
{
    const struct cutover_survey *survey = facts->survey;
    timestamp_ms *sorted;
    size_t count;

    facts->times = cutover_survey_sorted_times(survey, &sorted);
    count = facts->times.count;
    facts->complete = facts->times.read == facts->times.wanted;
    facts->p1 = skew_percentile(sorted, count, 1);
    facts->p99 = skew_percentile(sorted, count, 99);
    for (facts->outliers = 0; facts->outliers < count; facts->outliers++)
        if (facts->times.median - sorted[facts->outliers] <= SKEW_OUTLIER_MS)
            break;
    free(sorted);
}

static void add_up(struct skew_facts *facts)
{
    facts->to_end = facts->lost = 0;
    facts->lost_unknown = facts->failed = 0;
    for (size_t i = 0; i < facts->count; i++) {
        const struct cutover_partition *partition = &facts->survey->partitions[facts->chosen[i]];
        int64_t lost = cutover_partition_lost(partition), to_end = skew_to_end(partition);

        if (partition->state == CUTOVER_ERROR) {
            facts->failed++;
            continue;
        }
        facts->lost_unknown += lost == OFFSET_NONE;
        facts->lost += lost > 0 ? lost : 0;
        facts->to_end += to_end > 0 ? to_end : 0;
    }
}

void skew_facts_take(struct skew_facts *facts, const struct cutover_survey *survey)
{
    facts->survey = survey;
    facts->generation++;
    facts->chosen = memory_resize(facts->chosen, (survey->count + 1) * sizeof(*facts->chosen));
    facts->count = survey->count;
    for (size_t i = 0; i < survey->count; i++)
        facts->chosen[i] = (int32_t)i;
    take_times(facts);
    add_up(facts);
}

void skew_facts_choose(struct skew_facts *facts, const size_t *partitions, size_t count)
{
    bool *chosen = memory_new(facts->survey->count + 1);

    facts->chosen = memory_resize(facts->chosen, (count + 1) * sizeof(*facts->chosen));
    facts->count = 0;
    facts->generation++;
    for (size_t i = 0; i < count; i++)
        chosen[partitions[i]] = true;
    for (size_t i = 0; i < facts->survey->count; i++)
        if (chosen[i])
            facts->chosen[facts->count++] = (int32_t)i;
    free(chosen);
    add_up(facts);
}

int64_t skew_to_end(const struct cutover_partition *partition)
{
    if (partition->state == CUTOVER_PAST_END || partition->state == CUTOVER_OPEN_TRANSACTION)
        return partition->end - partition->committed;
    return partition->end - cutover_partition_base(partition);
}

bool skew_is_waiting(const struct cutover_partition *partition)
{
    return partition->committed_time < 0 && !partition->time_read &&
           (partition->state == CUTOVER_OK || partition->state == CUTOVER_BELOW_START);
}

char skew_sign(const struct cutover_partition *partition, timestamp_ms median)
{
    enum { MINUTE_MS = 60 * 1000 };
    char sign = cutover_state_sign(partition->state);

    if (sign != ' ' || partition->committed_time < 0 || median < 0)
        return sign;
    int64_t behind = median - partition->committed_time;
    if (behind <= 5 * MINUTE_MS)
        return '.';
    if (behind <= 15 * MINUTE_MS)
        return ':';
    return behind <= 30 * MINUTE_MS ? '*' : '@';
}

enum theme_role skew_role(char sign)
{
    switch (sign) {
    case '=': return THEME_GOOD;
    case '<':
    case '>':
    case '!':
    case '@': return THEME_BAD;
    case '*':
    case '?':
    case 'o': return THEME_WARNING;
    default: return THEME_TEXT;
    }
}

int skew_rank(char sign)
{
    const char *at = strchr(ranks, sign);

    return at && sign ? (int)(at - ranks) : 0;
}
