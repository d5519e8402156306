/* A sample of the totals a second for five minutes, and two marks a partition. A rate is a difference of counters over the
 * time that really passed, never an average of averages: a snapshot that comes late changes nothing. */
#include "delivery/delivery_meter.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum {
    SAMPLES = 301,
    SAMPLE_MS = 1000,
    NOW_MS = 2000,
    TEN_S_MS = 10 * 1000,
    FIVE_MIN_MS = 300 * 1000,
    MARK_MS = 5000, /* a partition's rate is over the last 5 to 10 s */
    STUCK_MS = 60 * 1000,
    PRODUCED_LEAST_MS = 1000,
    PRODUCED_MS = 30 * 1000, /* what is produced is measured over the last 30 to 60 s */
};

enum counter { READ_RECORDS, READ_BYTES, STORED_RECORDS, STORED_BYTES, COUNTERS };

struct sample {
    int64_t at;
    int64_t counts[COUNTERS];
};

/* What is remembered of one partition. */
struct mark {
    int64_t position, delivered; /* as seen last */
    int64_t moved_at;            /* when one of them moved, or there was nothing to do */
    int64_t at[2], positions[2]; /* older and newer mark */
    bool known;
    bool elsewhere,
        told;    /* whose position was marked: another member's, and then whether by its commits or the plan's start */
    int64_t end; /* as the broker told; OFFSET_NONE */
    int64_t committed; /* of the group; OFFSET_NONE */
};

struct delivery_meter {
    struct sample samples[SAMPLES];
    size_t newest, count;
    double peak[COUNTERS];
    double read_cells[DELIVERY_CELLS], stored_cells[DELIVERY_CELLS]; /* the last one is being filled */
    size_t cells;
    struct sample cell_begin;
    struct mark *marks;
    size_t mark_count;
    struct {
        int64_t at, grown;
    } ends[2];       /* older and newer */
    int64_t told_at; /* the last answer */
    int64_t grown;   /* by all ends since the first answer */
    bool ends_told;
    double produced;
};

struct delivery_meter *delivery_meter_new(void)
{
    struct delivery_meter *meter = memory_new(sizeof(*meter));

    meter->produced = -1;
    return meter;
}

void delivery_meter_free(struct delivery_meter *meter)
{
    if (!meter)
        return;
    free(meter->marks);
    free(meter);
}

static struct mark *mark_of(struct delivery_meter *meter, size_t partition)
{
    if (partition >= meter->mark_count) {
        size_t count = partition + 1 + partition / 2;

        meter->marks = memory_resize(meter->marks, count * sizeof(meter->marks[0]));
        for (size_t i = meter->mark_count; i < count; i++)
            meter->marks[i] = (struct mark){ .end = OFFSET_NONE, .committed = OFFSET_NONE };
        meter->mark_count = count;
    }
    return &meter->marks[partition];
}

/* --- what the broker told --------------------------------------------------------------------------------------------*/

/* How far all ends together have moved since the last answer. */
static int64_t take_ends_told(struct delivery_meter *meter, const struct partition_offsets *ends)
{
    int64_t grown = 0;

    for (size_t i = 0; i < ends->count; i++) {
        const struct partition_offset *row = &ends->rows[i];
        struct mark *mark;

        if (row->error || row->offset == OFFSET_NONE || row->partition < 0)
            continue;
        mark = mark_of(meter, (size_t)row->partition);
        if (mark->end != OFFSET_NONE && row->offset > mark->end)
            grown += row->offset - mark->end;
        mark->end = row->offset;
    }
    return grown;
}

void delivery_meter_ends(struct delivery_meter *meter, int64_t now_ms, const struct partition_offsets *ends)
{
    meter->grown += take_ends_told(meter, ends);
    meter->told_at = now_ms;
    if (!meter->ends_told || now_ms - meter->ends[1].at >= PRODUCED_MS) {
        meter->ends[0] = meter->ends[1];
        meter->ends[1].at = now_ms;
        meter->ends[1].grown = meter->grown;
        if (!meter->ends_told)
            meter->ends[0] = meter->ends[1];
        meter->ends_told = true;
    }
    if (now_ms - meter->ends[0].at >= PRODUCED_LEAST_MS)
        meter->produced = (double)(meter->grown - meter->ends[0].grown) * 1000.0 / (double)(now_ms - meter->ends[0].at);
}

void delivery_meter_commits(struct delivery_meter *meter, const struct partition_offsets *committed)
{
    for (size_t i = 0; i < committed->count; i++) {
        const struct partition_offset *row = &committed->rows[i];

        if (!row->error && row->partition >= 0 && row->offset != OFFSET_NONE)
            mark_of(meter, (size_t)row->partition)->committed = row->offset;
    }
}

/* --- totals ----------------------------------------------------------------------------------------------------------*/

static double per_second(const struct sample *from, const struct sample *to, enum counter counter)
{
    int64_t elapsed = to->at - from->at;

    return elapsed > 0 ? (double)(to->counts[counter] - from->counts[counter]) * 1000.0 / (double)elapsed : 0;
}

/* The oldest sample that is at most window_ms old, or the one right before it. */
static const struct sample *sample_before(const struct delivery_meter *meter, int64_t now_ms, int64_t window_ms)
{
    size_t at = meter->newest;

    for (size_t i = 1; i < meter->count; i++) {
        if (now_ms - meter->samples[at].at >= window_ms)
            break;
        at = (at + SAMPLES - 1) % SAMPLES;
    }
    return &meter->samples[at];
}

static void fill_rate(struct delivery_meter *meter, const struct sample *now, enum counter counter,
                      struct delivery_rate *rate)
{
    rate->now = per_second(sample_before(meter, now->at, NOW_MS), now, counter);
    rate->ten_s = per_second(sample_before(meter, now->at, TEN_S_MS), now, counter);
    rate->five_min = per_second(sample_before(meter, now->at, FIVE_MIN_MS), now, counter);
    /* The first second would make a lasting peak of what was waiting. */
    if (now->at - sample_before(meter, now->at, NOW_MS)->at >= NOW_MS && rate->now > meter->peak[counter])
        meter->peak[counter] = rate->now;
    rate->peak =
        rate->now > meter->peak[counter] ? rate->now : meter->peak[counter]; /* never below what stands beside */
}

static void add_sample(struct delivery_meter *meter, const struct sample *now)
{
    if (meter->count > 0 && now->at - meter->samples[meter->newest].at < SAMPLE_MS)
        return;
    meter->newest = meter->count == 0 ? 0 : (meter->newest + 1) % SAMPLES;
    meter->samples[meter->newest] = *now;
    meter->count += meter->count < SAMPLES;
}

static void add_cell(struct delivery_meter *meter, const struct sample *now)
{
    if (meter->cells == 0) {
        meter->cell_begin = *now;
        meter->cells = 1;
        return;
    }
    meter->read_cells[meter->cells - 1] = per_second(&meter->cell_begin, now, READ_BYTES);
    meter->stored_cells[meter->cells - 1] = per_second(&meter->cell_begin, now, STORED_BYTES);
    if (now->at - meter->cell_begin.at < DELIVERY_CELL_MS)
        return;
    if (meter->cells == DELIVERY_CELLS) {
        memmove(meter->read_cells, meter->read_cells + 1, (DELIVERY_CELLS - 1) * sizeof(double));
        memmove(meter->stored_cells, meter->stored_cells + 1, (DELIVERY_CELLS - 1) * sizeof(double));
    } else {
        meter->cells++;
    }
    meter->read_cells[meter->cells - 1] = meter->stored_cells[meter->cells - 1] = 0;
    meter->cell_begin = *now;
}

/* --- partitions ------------------------------------------------------------------------------------------------------*/

static bool has_work(const struct delivery_partition *row, bool paused)
{
    int64_t end = row->until != OFFSET_NONE ? row->until : row->end;

    if (row->state == DELIVERY_PARTITION_PARKED || row->upload_parked || row->stuck_ms > 0)
        return true;
    if (paused || row->state != DELIVERY_PARTITION_READING || end == OFFSET_NONE)
        return false;
    return row->position != OFFSET_NONE && row->position < end;
}

static void take_ends(const struct mark *mark, struct delivery_partition *row)
{
    /* At its end the reader knows better: an open transaction may lie behind it. */
    if (mark->end != OFFSET_NONE && (row->end == OFFSET_NONE || mark->end > row->end))
        row->end = mark->end;
    if (row->state != DELIVERY_PARTITION_ELSEWHERE || mark->committed == OFFSET_NONE)
        return;
    row->committed = mark->committed;
    if (row->delivered == OFFSET_NONE || mark->committed > row->delivered)
        row->delivered = mark->committed;
}

static void take_rate(struct mark *mark, int64_t now_ms, struct delivery_partition *row)
{
    int64_t position = row->state == DELIVERY_PARTITION_ELSEWHERE ? row->delivered : row->position;

    bool elsewhere = row->state == DELIVERY_PARTITION_ELSEWHERE, told = mark->committed != OFFSET_NONE;

    if (position == OFFSET_NONE)
        return;
    /* Nobody reads what lies between the plan's start and where a member begins, and after a seek back nothing is read twice
     * as fast. */
    if (!mark->known || mark->elsewhere != elsewhere || (elsewhere && mark->told != told) ||
        position < mark->positions[1]) {
        mark->elsewhere = elsewhere;
        mark->told = told;
        row->rate = 0;
        mark->at[0] = mark->at[1] = now_ms;
        mark->positions[0] = mark->positions[1] = position;
        mark->known = true;
    } else if (now_ms - mark->at[1] >= MARK_MS) {
        mark->at[0] = mark->at[1];
        mark->positions[0] = mark->positions[1];
        mark->at[1] = now_ms;
        mark->positions[1] = position;
    }
    if (now_ms > mark->at[0])
        row->rate = (double)(position - mark->positions[0]) * 1000.0 / (double)(now_ms - mark->at[0]);
}

static void take_partition(struct delivery_meter *meter, int64_t now_ms, bool paused, struct delivery_partition *row)
{
    struct mark *mark = mark_of(meter, (size_t)row->partition);
    bool moved = row->position != mark->position || row->delivered != mark->delivered;

    take_ends(mark, row);
    if (!mark->known || moved || !has_work(row, paused))
        mark->moved_at = now_ms;
    mark->position = row->position;
    mark->delivered = row->delivered;
    take_rate(mark, now_ms, row);
    row->stuck_ms = now_ms - mark->moved_at >= STUCK_MS ? now_ms - mark->moved_at : 0;
}

void delivery_meter_take(struct delivery_meter *meter, int64_t now_ms, struct delivery_progress *progress)
{
    struct sample now = {
        .at = now_ms,
        .counts = { progress->records_read, progress->bytes_in, progress->records_stored, progress->bytes_out }
    };

    add_sample(meter, &now);
    add_cell(meter, &now);
    fill_rate(meter, &now, READ_RECORDS, &progress->read_records);
    fill_rate(meter, &now, READ_BYTES, &progress->read_bytes);
    fill_rate(meter, &now, STORED_RECORDS, &progress->stored_records);
    fill_rate(meter, &now, STORED_BYTES, &progress->stored_bytes);
    progress->ends_age_ms = meter->ends_told ? now_ms - meter->told_at : -1;
    progress->produced = meter->produced;
    progress->cells = meter->cells;
    memcpy(progress->read_cells, meter->read_cells, sizeof(progress->read_cells));
    memcpy(progress->stored_cells, meter->stored_cells, sizeof(progress->stored_cells));
    progress->stuck = 0;
    for (size_t i = 0; i < progress->count; i++) {
        take_partition(meter, now_ms, progress->state == DELIVERY_PAUSED, &progress->partitions[i]);
        progress->stuck += progress->partitions[i].stuck_ms > 0;
    }
}
