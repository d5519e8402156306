/* Sorted lists of partitions. Arrays with binary search: 10,000 rows at most, nearly always filled in rising order. */
#include "base/topic_partition.h"

#include "base/buffer.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Both kinds of row begin with their partition; stride is the size of a row. Returns the index of the first row whose
 * partition is not below the one asked for. */
static size_t lower_bound(const void *rows, size_t count, size_t stride, int32_t partition)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int32_t number;

        memcpy(&number, (const char *)rows + middle * stride, sizeof(number));
        if (number < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where a row for partition is or belongs. The end is looked at first, so that appending costs nothing. */
static size_t place_of(const void *rows, size_t count, size_t stride, int32_t partition)
{
    int32_t last;

    if (count == 0)
        return 0;
    memcpy(&last, (const char *)rows + (count - 1) * stride, sizeof(last));
    return last < partition ? count : lower_bound(rows, count, stride, partition);
}

static size_t larger_size(size_t size)
{
    return size > 0 ? 2 * size : 16;
}

void partition_offsets_init(struct partition_offsets *list)
{
    *list = (struct partition_offsets){ 0 };
}

void partition_offsets_clear(struct partition_offsets *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].metadata);
        free(list->rows[i].error);
    }
    free(list->rows);
    partition_offsets_init(list);
}

struct partition_offset *partition_offsets_row(struct partition_offsets *list, int32_t partition)
{
    size_t at = place_of(list->rows, list->count, sizeof(*list->rows), partition);

    if (at < list->count && list->rows[at].partition == partition)
        return &list->rows[at];
    if (list->count == list->size) {
        list->size = larger_size(list->size);
        list->rows = memory_resize(list->rows, list->size * sizeof(*list->rows));
    }
    memmove(&list->rows[at + 1], &list->rows[at], (list->count - at) * sizeof(*list->rows));
    list->count++;
    list->rows[at] = (struct partition_offset){ .partition = partition, .offset = OFFSET_NONE };
    return &list->rows[at];
}

const struct partition_offset *partition_offsets_find(const struct partition_offsets *list, int32_t partition)
{
    size_t at = lower_bound(list->rows, list->count, sizeof(*list->rows), partition);

    return at < list->count && list->rows[at].partition == partition ? &list->rows[at] : NULL;
}

int64_t partition_offsets_get(const struct partition_offsets *list, int32_t partition)
{
    const struct partition_offset *row = partition_offsets_find(list, partition);

    return row && !row->error ? row->offset : OFFSET_NONE;
}

void partition_offsets_set(struct partition_offsets *list, int32_t partition, int64_t offset)
{
    struct partition_offset *row = partition_offsets_row(list, partition);

    row->offset = offset;
    free(row->error);
    row->error = NULL;
}

void partition_offsets_set_error(struct partition_offsets *list, int32_t partition, const char *error)
{
    struct partition_offset *row = partition_offsets_row(list, partition);
    char *copy = memory_copy_text(error);

    free(row->error);
    row->error = copy;
}

void partition_records_init(struct partition_records *list)
{
    *list = (struct partition_records){ 0 };
}

void partition_records_clear(struct partition_records *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->rows[i].error);
    free(list->rows);
    partition_records_init(list);
}

struct partition_record *partition_records_row(struct partition_records *list, int32_t partition)
{
    size_t at = place_of(list->rows, list->count, sizeof(*list->rows), partition);

    if (at < list->count && list->rows[at].partition == partition)
        return &list->rows[at];
    if (list->count == list->size) {
        list->size = larger_size(list->size);
        list->rows = memory_resize(list->rows, list->size * sizeof(*list->rows));
    }
    memmove(&list->rows[at + 1], &list->rows[at], (list->count - at) * sizeof(*list->rows));
    list->count++;
    list->rows[at] = (struct partition_record){
        .partition = partition, .offset = OFFSET_NONE, .time = TIMESTAMP_NONE, .kind = VALUE_UNKNOWN
    };
    return &list->rows[at];
}

const struct partition_record *partition_records_find(const struct partition_records *list, int32_t partition)
{
    size_t at = lower_bound(list->rows, list->count, sizeof(*list->rows), partition);

    return at < list->count && list->rows[at].partition == partition ? &list->rows[at] : NULL;
}

bool offset_range_parse(const char *text, struct offset_range *range)
{
    char start[24];
    size_t length = strcspn(text, "-");

    if (length >= sizeof(start) || text[length] != '-')
        return false;
    memcpy(start, text, length);
    start[length] = '\0';
    return text_parse_uint(start, INT64_MAX, &range->start) &&
           text_parse_uint(text + length + 1, INT64_MAX, &range->end) && range->start <= range->end;
}
