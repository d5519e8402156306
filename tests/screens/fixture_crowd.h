/* The worked examples with many partitions: times and rates such that every number of their drawings comes out. */
#ifndef TESTS_SCREENS_FIXTURE_CROWD_H
#define TESTS_SCREENS_FIXTURE_CROWD_H

#include "cutover/cutover_survey.h"

/* now: 10:00:00 of the worked day. Fills L, C, E, T of a new survey of 60 and of 10,000 partitions. */
void fixture_crowd_clicks(struct cutover_survey *survey, timestamp_ms now);
void fixture_crowd_events(struct cutover_survey *survey, timestamp_ms now);

/* What a broker would answer: the first offset at or after time, of partitions that grow as evenly as their commits say;
 * none for those that are at their end. */
void fixture_crowd_by_time(const struct cutover_survey *survey, timestamp_ms time, struct partition_offsets *by_time);

#endif
