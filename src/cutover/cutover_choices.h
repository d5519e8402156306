/* Start positions: the five names, and which offsets by time each needs. Pure. */
#ifndef CUTOVER_CUTOVER_CHOICES_H
#define CUTOVER_CUTOVER_CHOICES_H

#include "cutover/cutover_survey.h"

enum cutover_start_kind {
    CUTOVER_START_NOW,       /* E at launch */
    CUTOVER_START_EARLIEST,  /* L */
    CUTOVER_START_TIME,      /* first offset with timestamp >= time, E if none */
    CUTOVER_START_SAFE,      /* at T*, and never after B */
    CUTOVER_START_COMMITTED, /* B */
};

struct cutover_start {
    enum cutover_start_kind kind;
    timestamp_ms time; /* TIME: as asked; SAFE: T*, filled by cutover_start_resolve; else TIMESTAMP_NONE */
};

/* "now", "earliest", "safe", "committed" or a TIME. A time after `now` is refused (ERROR_USAGE) with both times in UTC.
 * "now" is the position, not the time: the end at launch. */
bool cutover_start_parse(const char *text, timestamp_ms now, struct cutover_start *start, struct error *err) MUST_CHECK;
const char *cutover_start_name(enum cutover_start_kind kind); /* "now", "earliest", "time", "safe", "committed" */

/* Sets time of SAFE to T* (TIMESTAMP_NONE when no partition bounds it). True when offsets by `start->time` are needed. */
bool cutover_start_resolve(const struct cutover_survey *survey, struct cutover_start *start);

/* S of one partition. by_time: the broker's answer for start->time (OFFSET_NONE: no record at or after it, or not
 * asked). The answer is taken inside [L, E] of the survey: a record that came later is no record of this survey. SAFE is
 * min(by_time, B), and B itself where T* is unknown or the record at B has a time below zero (what a broker finds by time
 * says nothing about such a record). Sets *no_record when S became E for lack of a record. Never called for error rows. */
int64_t cutover_start_offset(const struct cutover_partition *partition, const struct cutover_start *start,
                             int64_t by_time, bool *no_record);

#endif
