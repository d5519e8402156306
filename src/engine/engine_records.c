#include "engine/engine_records.h"

#include "format/value_kind.h"
#include "kafka/kafka_times.h"

struct records_scan {
    struct engine_question *question;
};

static bool go_on(void *context, size_t done, size_t total)
{
    struct records_scan *scan = context;

    (void)done;
    (void)total;
    return engine_question_wanted(scan->question, NULL);
}

bool engine_records_read(struct engine_tools *tools, struct engine_question *question, const char *topic,
                         const struct partition_offsets *from, const struct partition_offsets *ends,
                         struct partition_records *records, struct error *err)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    struct records_scan scan = { question };

    return from->count == 0 || kafka_times_read(&settings, NULL, topic, from, ends, ENGINE_TIMES_MS, value_kind_of,
                                                go_on, &scan, records, err);
}
