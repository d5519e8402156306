/* Partitions and what was learned about each: the plain lists that kafka/ returns and cutover/ understands.
 *
 * An offset range is [start, end). Lists are sorted by partition number and hold a partition once. A list is a plain
 * value owned by whoever declared it. Expected sizes: 1 to 10,000 rows.
 */
#ifndef BASE_TOPIC_PARTITION_H
#define BASE_TOPIC_PARTITION_H

#include "base/timestamp.h"

#include <stdbool.h>

/* "No such offset": no commit, no record at or after a time, not asked. */
#define OFFSET_NONE ((int64_t)-1)

struct offset_range {
    int64_t start; /* first offset in it */
    int64_t end;   /* first offset not in it */
};

/* "A-B" with 0 <= A <= B: [A, B). False for anything else. */
bool offset_range_parse(const char *text, struct offset_range *range) MUST_CHECK;

/* One offset per partition: a log start, an end, a commit, an offset by time. */
struct partition_offset {
    int32_t partition;
    int64_t offset; /* OFFSET_NONE: none */
    char *metadata; /* of a commit; NULL otherwise; owned */
    char *error;    /* why this row is unknown, sanitised; NULL when it is fine; owned */
};

struct partition_offsets {
    struct partition_offset *rows;
    size_t count;
    size_t size; /* allocated rows */
};

void partition_offsets_init(struct partition_offsets *list);
void partition_offsets_clear(struct partition_offsets *list);

/* The row of a partition, made with OFFSET_NONE where it is missing. The pointer lives until the next call. Appending
 * in rising order is O(1). */
struct partition_offset *partition_offsets_row(struct partition_offsets *list, int32_t partition);

/* NULL where it is missing. O(log n). */
const struct partition_offset *partition_offsets_find(const struct partition_offsets *list, int32_t partition);

/* The offset, or OFFSET_NONE where there is no row or an error. */
int64_t partition_offsets_get(const struct partition_offsets *list, int32_t partition);

/* Sets offset (and forgets an error); sets an error (copied). */
void partition_offsets_set(struct partition_offsets *list, int32_t partition, int64_t offset);
void partition_offsets_set_error(struct partition_offsets *list, int32_t partition, const char *error);

/* What kind of value a record carries; `lines` would break some. */
enum value_kind {
    VALUE_UNKNOWN,    /* not looked at */
    VALUE_JSON,       /* one line of JSON */
    VALUE_TEXT,       /* one line of UTF-8 */
    VALUE_MULTI_LINE, /* text with embedded newlines: breaks `lines` */
    VALUE_AVRO,       /* Confluent wire format: 0, four bytes of schema id: breaks `lines` */
    VALUE_BINARY,     /* anything else: breaks `lines` */
    VALUE_TOMBSTONE,  /* no value */
};

/* The record found at or after an offset. */
struct partition_record {
    int32_t partition;
    bool found;        /* false: the end came first */
    int64_t offset;    /* of the record; at least the offset asked for */
    timestamp_ms time; /* TIMESTAMP_NONE when below zero */
    bool log_append;   /* the broker's time, not the producer's */
    size_t size;       /* bytes of the value */
    enum value_kind kind;
    char *error; /* owned; NULL when fine */
};

struct partition_records {
    struct partition_record *rows; /* sorted by partition */
    size_t count;
    size_t size;
};

void partition_records_init(struct partition_records *list);
void partition_records_clear(struct partition_records *list);
struct partition_record *partition_records_row(struct partition_records *list, int32_t partition);
const struct partition_record *partition_records_find(const struct partition_records *list, int32_t partition);

#endif
