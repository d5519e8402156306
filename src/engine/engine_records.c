/* Kept per topic and user: what was asked, and what was found. Errors are not kept. */
#include "engine/engine_records.h"

#include "base/buffer.h"
#include "format/value_kind.h"
#include "kafka/kafka_times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_ROWS_MOST = 500 * 1000, /* all is forgotten beyond that: about 50 MB */
};

struct answer {
    char *topic, *user;
    char id[40];
    struct partition_offsets from, ends;
    struct partition_records records;
};

struct engine_records {
    struct kafka_settings settings;
    int timeout_ms;
    struct answer *answers;
    size_t count;
    size_t rows;
};

static void answer_clear(struct answer *answer)
{
    free(answer->topic);
    free(answer->user);
    partition_offsets_clear(&answer->from);
    partition_offsets_clear(&answer->ends);
    partition_records_clear(&answer->records);
}

static void forget_all(struct engine_records *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        answer_clear(&kept->answers[i]);
    free(kept->answers);
    kept->answers = NULL;
    kept->count = kept->rows = 0;
}

struct engine_records *engine_records_new(const struct kafka_settings *settings, int timeout_ms)
{
    struct engine_records *kept = memory_new(sizeof(*kept));

    kept->settings = *settings;
    kept->timeout_ms = timeout_ms;
    return kept;
}

void engine_records_free(struct engine_records *kept)
{
    if (!kept)
        return;
    forget_all(kept);
    free(kept);
}

static struct answer *find(struct engine_records *kept, const struct engine_records_place *place)
{
    for (size_t i = 0; i < kept->count; i++) {
        if (strcmp(kept->answers[i].topic, place->topic) == 0 && strcmp(kept->answers[i].user, place->user) == 0)
            return &kept->answers[i];
    }
    return NULL;
}

/* A record that was found stays the first one as long as it is in the log. That there was none holds for the same end. */
static const struct partition_record *still_true(const struct answer *answer, int32_t partition, int64_t offset,
                                                 int64_t end)
{
    const struct partition_record *record = partition_records_find(&answer->records, partition);

    if (!record || record->error || end == OFFSET_NONE || partition_offsets_get(&answer->from, partition) != offset)
        return NULL;
    if (record->found ? record->offset < end : partition_offsets_get(&answer->ends, partition) == end)
        return record;
    return NULL;
}

/* Copies what is known already to records, and leaves in missing what has to be read. */
static void take_known(struct engine_records *kept, const struct engine_records_place *place,
                       const struct partition_offsets *from, const struct partition_offsets *ends,
                       struct partition_records *records, struct partition_offsets *missing)
{
    const struct answer *answer = place->id ? find(kept, place) : NULL;

    if (answer && strcmp(answer->id, place->id) != 0)
        answer = NULL;
    for (size_t i = 0; i < from->count; i++) {
        int32_t partition = from->rows[i].partition;
        const struct partition_record *known =
            answer ? still_true(answer, partition, from->rows[i].offset, partition_offsets_get(ends, partition)) : NULL;

        if (known)
            *partition_records_row(records, partition) = *known;
        else
            partition_offsets_set(missing, partition, from->rows[i].offset);
    }
}

static void keep(struct engine_records *kept, const struct engine_records_place *place,
                 const struct partition_offsets *from, const struct partition_offsets *ends,
                 const struct partition_records *records)
{
    struct answer *answer;

    if (!place->id || strcmp(place->id, "-") == 0)
        return;
    if (kept->rows + records->count > KEPT_ROWS_MOST)
        forget_all(kept);
    answer = find(kept, place);
    if (answer) {
        kept->rows -= answer->records.count;
        answer_clear(answer);
    } else {
        kept->answers = memory_resize(kept->answers, (kept->count + 1) * sizeof(*kept->answers));
        answer = &kept->answers[kept->count++];
    }
    *answer = (struct answer){ .topic = memory_copy_text(place->topic), .user = memory_copy_text(place->user) };
    snprintf(answer->id, sizeof(answer->id), "%s", place->id);
    partition_offsets_init(&answer->from);
    partition_offsets_init(&answer->ends);
    partition_records_init(&answer->records);
    for (size_t i = 0; i < records->count; i++) {
        const struct partition_record *record = &records->rows[i];
        int32_t partition = record->partition;

        if (record->error)
            continue;
        partition_offsets_set(&answer->from, partition, partition_offsets_get(from, partition));
        partition_offsets_set(&answer->ends, partition, partition_offsets_get(ends, partition));
        *partition_records_row(&answer->records, partition) = *record;
    }
    kept->rows += answer->records.count;
}

static bool go_on(void *context, size_t done, size_t total)
{
    (void)done;
    (void)total;
    return engine_question_wanted(context, NULL);
}

bool engine_records_read(struct engine_records *kept, struct engine_question *question,
                         const struct engine_records_place *place, const struct partition_offsets *from,
                         const struct partition_offsets *ends, struct partition_records *records, struct error *err)
{
    struct partition_offsets missing;
    bool ok;

    partition_offsets_init(&missing);
    take_known(kept, place, from, ends, records, &missing);
    ok = missing.count == 0 || kafka_times_read(&kept->settings, NULL, place->topic, &missing, ends, kept->timeout_ms,
                                                value_kind_of, go_on, question, records, err);
    if (ok)
        keep(kept, place, from, ends, records);
    partition_offsets_clear(&missing);
    return ok;
}
