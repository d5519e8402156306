/* What the two files of kafka_probe share. */
#ifndef TESTS_KAFKA_PROBE_H
#define TESTS_KAFKA_PROBE_H

#include "base/json.h"
#include "kafka/kafka_client.h"

struct probe {
    const struct kafka_settings *settings;
    struct kafka_client *client;
};

/* Prints the document on a line of its own and frees it. */
void probe_print(struct json *document);

struct json *probe_error(const struct error *err);
struct json *probe_offsets(const struct partition_offsets *offsets);

/* Reads PARTITION:OFFSET[:METADATA] into a row. */
bool probe_parse_offset(char *text, struct partition_offsets *offsets);

/* reader GROUP TOPIC SESSION_MS [PARTITION:OFFSET]...: a member that prints every event and obeys lines on standard
 * input; see kafka_probe_reader.c. */
struct json *probe_reader(struct probe *probe, char **arguments, struct error *err);

#endif
