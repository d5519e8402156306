/* The inspector's own client handles, made when first needed and kept: one Kafka client for each isolation level, one
 * S3 client; and the last survey. Private to src/. Used by the inspector thread only.
 */
#ifndef ENGINE_TOOLS_H
#define ENGINE_TOOLS_H

#include "config.h"
#include "connect/connect_client.h"
#include "cutover/cutover_survey.h"
#include "kafka/kafka_client.h"
#include "s3/s3_client.h"

/* How long a question waits for an answer. A broker that is there answers in milliseconds; 10,000 partitions in half a
 * second. */
enum {
    ENGINE_CONNECT_MS = 8000, /* told within 10 s */
    ENGINE_ASK_MS = 20000,
    ENGINE_ROW_MS = 8000,    /* one row of a list: the others want to be read too */
    ENGINE_TIMES_MS = 30000, /* without any progress */
    ENGINE_S3_MS = 20000,    /* how long transient failures of the store are retried */
};

struct engine_tools {
    const struct config *config;   /* borrowed */
    struct kafka_client *kafka[2]; /* by enum kafka_isolation */
    struct kafka_client *scanner;  /* for the next survey's times (kafka_times_client); NULL */
    struct s3_client *s3;
    struct connect_client *connect;
    char *connect_version;                    /* of its worker; NULL until it has been looked at */
    struct engine_question *connect_question; /* for which it is being asked */
    char *connect_trouble;                    /* why it could not be asked, at this monotonic time */
    int64_t connect_trouble_ms;
    char *bucket; /* of the last question that named one: s3 is a client of it; NULL: the configuration's */
    struct credential_provider *provider; /* the one of the whole program; clients take shares */
    struct cutover_survey *last_survey;   /* see engine_survey_take; NULL */
    struct engine_records *records;       /* that the lists have read */
    /* Called now and then by an answer that takes long, so that quick questions need not wait for its end; NULL: none. */
    void (*meanwhile)(void *context);
    void *meanwhile_context;
};

void engine_tools_init(struct engine_tools *tools, const struct config *config);
void engine_tools_clear(struct engine_tools *tools);

/* The isolation level that was asked for. */
enum kafka_isolation engine_tools_isolation(const struct engine_tools *tools);
struct kafka_settings engine_tools_kafka_settings(const struct engine_tools *tools, enum kafka_isolation isolation);

/* A client that has reached a broker. Borrowed. ERROR_USAGE without brokers. */
bool engine_tools_kafka(struct engine_tools *tools, enum kafka_isolation isolation, struct kafka_client **client,
                        struct error *err) MUST_CHECK;

/* Lets go of clients that wait for a coordinator in vain. To be called between questions: they are borrowed within one. */
void engine_tools_replace_stuck(struct engine_tools *tools);

/* Makes both clients where there are none yet, and does not wait: they connect beside each other. */
void engine_tools_kafka_early(struct engine_tools *tools);

/* Ends the Kafka clients; the next question makes new ones. One of librdkafka keeps about 2 kB for each partition it knows,
 * and a delivery of 10,000 needs the memory itself: gives what is free back to the system. */
void engine_tools_let_go(struct engine_tools *tools);

/* The bucket that the following questions are about; NULL: the configuration's. A client of another one is let go. */
void engine_tools_set_bucket(struct engine_tools *tools, const char *bucket);

/* Texts are borrowed from config, the bucket until the next engine_tools_set_bucket. */
struct s3_settings engine_tools_s3_settings(const struct engine_tools *tools);
/* Borrowed. ERROR_USAGE without a bucket. */
bool engine_tools_s3(struct engine_tools *tools, struct s3_client **client, struct error *err) MUST_CHECK;

/* "host-pid-xxxxxx": who writes; for people. Caller frees. */
char *engine_tools_instance(void);

/* 8 random hex digits. */
void engine_tools_random_id(char id[9]);

#endif
