/* The five start positions. Each is one rule that gives S for one partition; nothing here adds up costs. */
#include "cutover/cutover_choices.h"

#include <assert.h>
#include <string.h>

static const char *const names[] = {
    [CUTOVER_START_NOW] = "now",   [CUTOVER_START_EARLIEST] = "earliest",   [CUTOVER_START_TIME] = "time",
    [CUTOVER_START_SAFE] = "safe", [CUTOVER_START_COMMITTED] = "committed",
};

bool cutover_start_parse(const char *text, timestamp_ms now, struct cutover_start *start, struct error *err)
{
    timestamp_ms time;
    char asked[TIMESTAMP_TEXT_SIZE], today[TIMESTAMP_TEXT_SIZE];

    for (enum cutover_start_kind kind = 0; kind <= CUTOVER_START_COMMITTED; kind++) {
        if (kind != CUTOVER_START_TIME && strcmp(text, names[kind]) == 0) {
            *start = (struct cutover_start){ .kind = kind, .time = TIMESTAMP_NONE };
            return true;
        }
    }
    if (!timestamp_parse(text, now, &time, err)) {
        if (err && err->kind == ERROR_USAGE)
            (void)error_prefix(err, "a start is now, earliest, safe, committed or a TIME");
        return false;
    }
    if (time > now)
        return error_set(err, ERROR_USAGE, "the start %s lies in the future: it is %s", timestamp_text(asked, time),
                         timestamp_text(today, now));
    *start = (struct cutover_start){ .kind = CUTOVER_START_TIME, .time = time };
    return true;
}

const char *cutover_start_name(enum cutover_start_kind kind)
{
    return names[kind];
}

bool cutover_start_resolve(const struct cutover_survey *survey, struct cutover_start *start)
{
    switch (start->kind) {
    case CUTOVER_START_TIME: return true;
    case CUTOVER_START_SAFE: start->time = cutover_survey_times(survey).oldest; return start->time != TIMESTAMP_NONE;
    case CUTOVER_START_NOW:
    case CUTOVER_START_EARLIEST:
    case CUTOVER_START_COMMITTED: break;
    }
    start->time = TIMESTAMP_NONE;
    return false;
}

/* What the broker said, inside the log as surveyed: a record that came after E is no record of this survey. */
static int64_t inside_log(const struct cutover_partition *partition, int64_t by_time)
{
    if (by_time == OFFSET_NONE || by_time > partition->end)
        return partition->end;
    return by_time < partition->log_start ? partition->log_start : by_time;
}

int64_t cutover_start_offset(const struct cutover_partition *partition, const struct cutover_start *start,
                             int64_t by_time, bool *no_record)
{
    int64_t base = cutover_partition_base(partition);
    int64_t found = inside_log(partition, by_time);

    assert(partition->state != CUTOVER_ERROR);
    *no_record = false;
    switch (start->kind) {
    case CUTOVER_START_NOW: return partition->end;
    case CUTOVER_START_EARLIEST: return partition->log_start;
    case CUTOVER_START_COMMITTED: return base;
    case CUTOVER_START_TIME: *no_record = found == partition->end; return found;
    case CUTOVER_START_SAFE: break;
    }
    if (start->time == TIMESTAMP_NONE || partition->time_below_zero || found > base)
        return base;
    *no_record = found == partition->end;
    return found;
}
