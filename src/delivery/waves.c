/* The line is a ring of partition numbers. Who leaves it out of turn stays in the ring until it comes up; a ticket tells
 * that entry from a later one. */
#include "delivery/waves.h"

#include <stdlib.h>

#include "base/buffer.h"

struct wave_row {
    enum wave_place place;
    uint32_t ticket; /* of the entry in line that counts */
    int64_t behind;
    int64_t expected, cost; /* of this turn: raw bytes, and memory for them */
    int64_t got;            /* raw bytes of this turn so far */
    int64_t moved_at;       /* monotonic: begin of the turn, or last record */
};

struct wave_entry {
    int32_t partition;
    uint32_t ticket;
};

struct waves {
    int64_t size_bytes;
    size_t least;
    struct wave_row *rows; /* by partition */
    size_t row_count;
    size_t counts[WAVE_PLACES];
    int64_t reserved; /* what the turns under way will still take */
    struct wave_entry *line;
    size_t line_first, line_count, line_size;
};

struct waves *waves_new(int64_t size_bytes, size_t least)
{
    struct waves *waves = memory_new(sizeof(*waves));

    waves->size_bytes = size_bytes;
    waves->least = least;
    return waves;
}

void waves_free(struct waves *waves)
{
    if (!waves)
        return;
    free(waves->rows);
    free(waves->line);
    free(waves);
}

static struct wave_row *row_of(struct waves *waves, int32_t partition)
{
    if ((size_t)partition >= waves->row_count) {
        size_t count = (size_t)partition + 64;
        waves->rows = memory_resize(waves->rows, count * sizeof(*waves->rows));
        for (size_t i = waves->row_count; i < count; i++)
            waves->rows[i] = (struct wave_row){ .place = WAVE_OUT };
        waves->row_count = count;
    }
    return &waves->rows[partition];
}

enum wave_place waves_place(const struct waves *waves, int32_t partition)
{
    return (size_t)partition < waves->row_count ? waves->rows[partition].place : WAVE_OUT;
}

size_t waves_count(const struct waves *waves, enum wave_place place)
{
    return waves->counts[place];
}

/* What a turn will still take. */
static int64_t left(const struct wave_row *row)
{
    if (row->place != WAVE_READING || row->got >= row->expected)
        return 0;
    return row->cost - (int64_t)((double)row->cost * (double)row->got / (double)row->expected);
}

/* The one place where a place changes. */
static void move(struct waves *waves, struct wave_row *row, enum wave_place place)
{
    waves->reserved -= left(row);
    if (row->place != WAVE_OUT)
        waves->counts[row->place]--;
    row->place = place;
    if (place != WAVE_OUT)
        waves->counts[place]++;
    row->got = row->expected = row->cost = 0;
}

static void put_in_line(struct waves *waves, int32_t partition, int64_t behind)
{
    struct wave_row *row = row_of(waves, partition);

    move(waves, row, WAVE_WAITING);
    row->behind = behind;
    if (waves->line_count == waves->line_size) {
        size_t size = waves->line_size ? waves->line_size * 2 : 64;
        struct wave_entry *line = memory_new(size * sizeof(*line));
        for (size_t i = 0; i < waves->line_count; i++)
            line[i] = waves->line[(waves->line_first + i) % waves->line_size];
        free(waves->line);
        waves->line = line;
        waves->line_first = 0;
        waves->line_size = size;
    }
    waves->line[(waves->line_first + waves->line_count++) % waves->line_size] =
        (struct wave_entry){ .partition = partition, .ticket = ++row->ticket };
}

void waves_join(struct waves *waves, int32_t partition, int64_t behind)
{
    struct wave_row *row = row_of(waves, partition);

    if (row->place != WAVE_OUT)
        return;
    if (behind > 0)
        put_in_line(waves, partition, behind);
    else
        move(waves, row, WAVE_CAUGHT_UP);
}

void waves_leave(struct waves *waves, int32_t partition)
{
    if (waves_place(waves, partition) != WAVE_OUT)
        move(waves, row_of(waves, partition), WAVE_OUT);
}

bool waves_record(struct waves *waves, int32_t partition, int64_t bytes, int64_t now_ms)
{
    struct wave_row *row = row_of(waves, partition);

    if (row->place == WAVE_CAUGHT_UP)
        move(waves, row, WAVE_READING);
    if (row->place != WAVE_READING)
        return false;
    waves->reserved -= left(row);
    row->got += bytes;
    row->behind -= row->behind > 1;
    row->moved_at = now_ms;
    waves->reserved += left(row);
    if (row->got < waves->size_bytes || waves->counts[WAVE_WAITING] == 0)
        return false;
    put_in_line(waves, partition, row->behind);
    return true;
}

void waves_at_end(struct waves *waves, int32_t partition)
{
    struct wave_row *row = row_of(waves, partition);

    if (row->place == WAVE_READING)
        move(waves, row, WAVE_CAUGHT_UP);
}

bool waves_end_quiet(struct waves *waves, int32_t partition, int64_t quiet_since, int64_t behind)
{
    struct wave_row *row = row_of(waves, partition);

    if (row->place != WAVE_READING || row->moved_at > quiet_since || waves->counts[WAVE_WAITING] == 0)
        return false;
    put_in_line(waves, partition, behind);
    return true;
}

static int64_t price_of(const struct wave_price *price, int64_t raw_bytes)
{
    return raw_bytes <= price->lazy_bytes ? raw_bytes
                                          : (int64_t)((double)raw_bytes * price->ratio) + price->state_bytes;
}

/* The first entry in line that still counts, or NULL; those before it are taken off. */
static const struct wave_entry *first_in_line(struct waves *waves)
{
    while (waves->line_count > 0) {
        const struct wave_entry *entry = &waves->line[waves->line_first];
        const struct wave_row *row = &waves->rows[entry->partition];
        if (row->place == WAVE_WAITING && row->ticket == entry->ticket)
            return entry;
        waves->line_first = (waves->line_first + 1) % waves->line_size;
        waves->line_count--;
    }
    return NULL;
}

int32_t waves_next(struct waves *waves, const struct wave_price *price, int64_t room, int64_t now_ms)
{
    const struct wave_entry *entry = first_in_line(waves);
    int64_t expected, cost;
    struct wave_row *row;

    if (!entry)
        return -1;
    row = &waves->rows[entry->partition];
    expected = row->behind < waves->size_bytes / price->record_bytes
                   ? (row->behind > 0 ? row->behind : 1) * price->record_bytes
                   : waves->size_bytes;
    cost = price_of(price, expected);
    if (waves->counts[WAVE_READING] >= waves->least && waves->reserved + cost > room)
        return -1;
    waves->line_first = (waves->line_first + 1) % waves->line_size;
    waves->line_count--;
    move(waves, row, WAVE_READING);
    row->expected = expected;
    row->cost = cost;
    row->moved_at = now_ms;
    waves->reserved += left(row);
    return (int32_t)(row - waves->rows);
}
