/* What a survey says as a whole, worked out once when it comes in: percentiles, outliers, totals, signs. Pure.
 *
 * Expected sizes: 1 to 10,000 partitions. "Behind p50" is the measure of distance: behind the latest, ordinary jitter
 * would make everything look late.
 */
#ifndef TUI_SKEW_FACTS_H
#define TUI_SKEW_FACTS_H

#include "cutover/cutover_survey.h"
#include "tui/theme.h"

enum {
    SKEW_OUTLIER_MS = 5 * 60 * 1000, /* behind p50 by more than this */
};

struct skew_facts {
    const struct cutover_survey *survey; /* borrowed */
    struct cutover_times times;          /* of all partitions */
    timestamp_ms p1, p99;                /* nearest rank; TIMESTAMP_NONE */
    size_t outliers;
    bool complete;        /* every T that was asked for is there */
    int32_t *chosen;      /* partitions that are shown, rising */
    size_t count;         /* of them; their totals: */
    int64_t to_end, lost; /* offsets */
    size_t lost_unknown;  /* partitions without a commit */
    size_t failed;        /* partitions that could not be read: totals are at least what they say */
    uint64_t generation;  /* another number with every change: what is drawn from the facts is made anew */
};

/* All zero is empty. */
void skew_facts_clear(struct skew_facts *facts);
/* A new survey; borrowed. All its partitions are chosen. */
void skew_facts_take(struct skew_facts *facts, const struct cutover_survey *survey);
/* Only these partitions are shown, in any order. */
void skew_facts_choose(struct skew_facts *facts, const size_t *partitions, size_t count);

/* The ceil(percent * n / 100)-th smallest of n sorted times (at least the first), or TIMESTAMP_NONE without any. */
timestamp_ms skew_percentile(const timestamp_ms *sorted, size_t count, int percent);

/* E - B; the negative lag of a commit behind the end is shown as it is. */
int64_t skew_to_end(const struct cutover_partition *partition);
/* Whether a T was wanted and is not there yet. */
bool skew_is_waiting(const struct cutover_partition *partition);

/* The sign of the state; where that is blank, how far T lies behind the median: ". : * @"; ' ' for not sampled yet. */
char skew_sign(const struct cutover_partition *partition, timestamp_ms median);
enum theme_role skew_role(char sign);
/* How bad a sign is: 0 for not sampled, rising. */
int skew_rank(char sign);

#endif
