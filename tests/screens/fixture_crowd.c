/* Rates and ages are whole numbers, and a partition's offsets are rate times age, so sums can be made exact: first the sum
 * of the rates, then, by moving single units from one partition to another, the sum of what is behind. */
#include "fixture_crowd.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"

enum { SECOND_MS = 1000 };

/* Everything about a crowd before it becomes offsets. */
struct crowd {
    size_t count;
    int *age;  /* seconds since T */
    int *rate; /* offsets a second */
    bool *set; /* not to be changed any more */
    int least, most;
    uint32_t dice;
};

/* Minutes and seconds before 10:00:00. */
#define AT(minute, second) ((60 - (minute)) * 60 - (second))

static uint32_t throw_dice(struct crowd *crowd, uint32_t sides)
{
    crowd->dice = crowd->dice * 1664525 + 1013904223;
    return (crowd->dice >> 8) % sides;
}

static void crowd_init(struct crowd *crowd, size_t count, int least, int most)
{
    *crowd = (struct crowd){ .count = count, .least = least, .most = most, .dice = 1 };
    crowd->age = memory_new(count * sizeof(*crowd->age));
    crowd->rate = memory_new(count * sizeof(*crowd->rate));
    crowd->set = memory_new(count * sizeof(*crowd->set));
}

static void crowd_clear(struct crowd *crowd)
{
    free(crowd->age);
    free(crowd->rate);
    free(crowd->set);
}

static void put(struct crowd *crowd, size_t partition, int age, int rate)
{
    crowd->age[partition] = age;
    crowd->rate[partition] = rate;
    crowd->set[partition] = true;
}

/* The next partition without an age, in an order that looks like none. */
static size_t next_free(const struct crowd *crowd, size_t *place)
{
    do
        *place = (*place + 7919) % crowd->count;
    while (crowd->age[*place] != 0);
    return *place;
}

/* Makes the rates sum up to one number, and rates times ages to another. */
static void settle(struct crowd *crowd, int64_t rates, int64_t behind)
{
    for (size_t i = 0; i < crowd->count; i++) {
        if (!crowd->set[i])
            crowd->rate[i] = crowd->least + (int)throw_dice(crowd, (uint32_t)(crowd->most - crowd->least + 1));
        rates -= crowd->rate[i];
    }
    while (rates != 0) {
        size_t i = throw_dice(crowd, (uint32_t)crowd->count);
        int step = rates > 0 ? 1 : -1, after = crowd->rate[i] + step;

        if (crowd->set[i] || after < crowd->least || after > crowd->most)
            continue;
        crowd->rate[i] = after;
        rates -= step;
    }
    for (size_t i = 0; i < crowd->count; i++)
        behind -= (int64_t)crowd->rate[i] * crowd->age[i];
    while (behind != 0) { /* one unit from one to another changes it by the difference of their ages */
        size_t from = throw_dice(crowd, (uint32_t)crowd->count), to = throw_dice(crowd, (uint32_t)crowd->count);
        int64_t change = crowd->age[to] - crowd->age[from];

        if (crowd->set[from] || crowd->set[to] || crowd->rate[from] <= crowd->least || crowd->rate[to] >= crowd->most ||
            change == 0 || (change > 0) != (behind > 0) || llabs(change) > llabs(behind))
            continue;
        crowd->rate[from]--;
        crowd->rate[to]++;
        behind -= change;
    }
}

static void fill(const struct crowd *crowd, struct cutover_survey *survey, timestamp_ms now)
{
    enum { RETENTION_S = 6 * 3600 };

    for (size_t i = 0; i < crowd->count; i++) {
        struct cutover_partition *row = &survey->partitions[i];

        free(row->error);
        row->error = NULL;
        row->state = CUTOVER_OK;
        row->kind = VALUE_JSON;
        row->time_read = true;
        row->end = row->high_watermark = INT64_C(10000000) + 86400 * (int64_t)crowd->rate[i];
        row->log_start = row->end - RETENTION_S * (int64_t)crowd->rate[i];
        row->committed = row->end - (int64_t)crowd->rate[i] * crowd->age[i];
        row->committed_time = now - (int64_t)crowd->age[i] * SECOND_MS;
    }
}

void fixture_crowd_clicks(struct cutover_survey *survey, timestamp_ms now)
{
    static const struct {
        int minute, count;
    } minutes[] = {
        { 49, 3  },
        { 50, 8  },
        { 52, 16 },
        { 53, 8  },
        { 54, 2  }
    };
    struct crowd crowd;
    size_t place = 0;

    assert(survey->count == 60);
    crowd_init(&crowd, survey->count, 900, 1150);
    put(&crowd, 17, AT(12, 0), 1200);
    put(&crowd, 44, AT(30, 0), 900);
    put(&crowd, 45, AT(31, 30), 1000);
    put(&crowd, 9, AT(47, 0), 820);
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++)
        for (int j = 0; j < minutes[i].count; j++)
            crowd.age[next_free(&crowd, &place)] = AT(minutes[i].minute, j * 59 / minutes[i].count);
    for (int j = 0; j < 18; j++) /* the 30th of all is the 15th of these: 09:51:48 */
        crowd.age[next_free(&crowd, &place)] = AT(51, j < 14 ? 3 * j : j == 14 ? 48 : 49 + 2 * (j - 14));
    crowd.age[next_free(&crowd, &place)] = AT(55, 2);
    settle(&crowd, 61280, 35056850);
    fill(&crowd, survey, now);
    crowd_clear(&crowd);
}

/* The stragglers: 13 more than 30 minutes behind the median, 15 more than 15, 9 more than 5; in these cells of a strip of
 * 240, two of the last sort behind worse ones. */
static void put_stragglers(struct crowd *crowd)
{
    static const struct {
        int cell, minute, second;
    } rows[] = {
        { 67,  12, 10 },
        { 70,  15, 5  },
        { 89,  15, 40 },
        { 95,  17, 20 },
        { 99,  18, 2  },
        { 112, 18, 51 },
        { 139, 19, 33 },
        { 216, 21, 8  },
        { 228, 21, 44 },
        { 3,   22, 15 },
        { 9,   24, 30 },
        { 12,  26, 1  },
        { 14,  26, 37 },
        { 51,  28, 12 },
        { 88,  29, 9  },
        { 94,  29, 50 },
        { 157, 30, 3  },
        { 161, 30, 41 },
        { 176, 31, 11 },
        { 182, 31, 52 },
        { 188, 32, 25 },
        { 204, 33, 4  },
        { 206, 33, 47 },
        { 208, 34, 16 },
        { 19,  37, 20 },
        { 91,  39, 2  },
        { 160, 39, 38 },
        { 185, 40, 13 },
        { 197, 41, 29 },
        { 210, 42, 5  },
        { 212, 43, 29 },
        { 3,   43, 45 },
        { 26,  44, 20 },
    };
    int64_t behind = 0, wanted = 3726934; /* the gap of a start at 09:43:30 */
    size_t partition[sizeof(rows) / sizeof(rows[0])];

    put(crowd, 3195, AT(6, 22), 70);
    put(crowd, 2005, AT(8, 51), 111);
    put(crowd, 1101, AT(9, 50), 99);
    put(crowd, 9129, AT(10, 41), 86);
    wanted -= 70 * INT64_C(2228) + 111 * INT64_C(2079) + 99 * INT64_C(2020) + 86 * INT64_C(1969);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        partition[i] = (size_t)rows[i].cell * crowd->count / 240 + 3 + i;
        put(crowd, partition[i], AT(rows[i].minute, rows[i].second), 100);
        if (crowd->age[partition[i]] > AT(43, 30))
            behind += 100 * (int64_t)(crowd->age[partition[i]] - AT(43, 30));
    }
    while (behind != wanted) {
        size_t i = partition[throw_dice(crowd, sizeof(rows) / sizeof(rows[0]))];
        int64_t distance = crowd->age[i] - AT(43, 30);
        int step = wanted > behind ? 1 : -1, after = crowd->rate[i] + step;

        if (distance <= 0 || after < crowd->least || after > crowd->most || distance > llabs(wanted - behind))
            continue;
        crowd->rate[i] = after;
        behind += step * distance;
    }
}

void fixture_crowd_events(struct cutover_survey *survey, timestamp_ms now)
{
    /* Minute, second from, seconds, how many. */
    static const int stretches[][4] = {
        { 47, 30, 1,  1    },
        { 48, 10, 50, 18   },
        { 49, 0,  20, 43   },
        { 49, 20, 1,  1    },
        { 49, 21, 39, 99   },
        { 50, 0,  50, 1150 },
        { 51, 0,  50, 3257 },
        { 52, 0,  1,  700  },
        { 52, 1,  45, 2450 },
        { 53, 0,  45, 1693 },
        { 54, 0,  33, 450  },
        { 54, 33, 1,  1    },
        { 54, 34, 26, 81   },
        { 55, 0,  60, 18   },
        { 56, 4,  1,  1    },
    };
    struct crowd crowd;
    size_t place = 0;

    assert(survey->count == 10000);
    crowd_init(&crowd, survey->count, 70, 130);
    put_stragglers(&crowd);
    for (size_t i = 0; i < sizeof(stretches) / sizeof(stretches[0]); i++)
        for (int j = 0; j < stretches[i][3]; j++)
            crowd.age[next_free(&crowd, &place)] =
                AT(stretches[i][0], stretches[i][1] + (int)throw_dice(&crowd, (uint32_t)stretches[i][2]));
    settle(&crowd, 998614, 484334704);
    fill(&crowd, survey, now);
    crowd_clear(&crowd);
}

void fixture_crowd_by_time(const struct cutover_survey *survey, timestamp_ms time, struct partition_offsets *by_time)
{
    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *row = &survey->partitions[i];
        int64_t age = (survey->taken_at - row->committed_time) / SECOND_MS, base = cutover_partition_base(row), offset;

        if (row->state == CUTOVER_ERROR) {
            partition_offsets_set_error(by_time, row->partition, row->error);
            continue;
        }
        if (row->state == CUTOVER_CAUGHT_UP || row->state == CUTOVER_PAST_END || time > survey->taken_at) {
            partition_offsets_set(by_time, row->partition, OFFSET_NONE);
            continue;
        }
        offset = row->committed_time >= 0 && age > 0
                     ? row->end - (row->end - base) / age * ((survey->taken_at - time) / SECOND_MS)
                     : row->end - 20 * ((survey->taken_at - time) / SECOND_MS);
        if (offset < row->log_start)
            offset = row->log_start;
        partition_offsets_set(by_time, row->partition, offset < row->end ? offset : OFFSET_NONE);
    }
}
