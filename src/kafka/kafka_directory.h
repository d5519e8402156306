/* Which topics and groups there are. Only asks; nothing is created by asking (allow.auto.create.topics=false). */
#ifndef KAFKA_KAFKA_DIRECTORY_H
#define KAFKA_KAFKA_DIRECTORY_H

#include "kafka/kafka_client.h"

struct kafka_topic {
    char *name;                /* original bytes; sanitise to show */
    char id[40];               /* topic id, "-" where librdkafka (< 2.3) or the broker does not tell */
    int32_t partitions;        /* 0 when error is set */
    bool internal;             /* __consumer_offsets and the like */
    bool missing;              /* the brokers answered that there is no such topic (and the call failed) */
    bool log_append;           /* message.timestamp.type=LogAppendTime */
    bool compacted;            /* cleanup.policy contains compact */
    bool described;            /* the two above, and retention, were really read (needs DescribeConfigs) */
    int64_t retention_ms;      /* -1: unlimited or unknown */
    int64_t max_message_bytes; /* of the topic; 0 when unknown */
    char *error;               /* NULL when fine */
};

struct kafka_topics {
    struct kafka_topic *rows; /* sorted by name */
    size_t count;
};

/* All topics the user may see. Settings (compacted, ...) are not read here. Blocks up to timeout_ms. */
bool kafka_directory_topics(struct kafka_client *client, int timeout_ms, struct kafka_topics *topics,
                            struct error *err) MUST_CHECK;
void kafka_topics_clear(struct kafka_topics *topics);

/* One topic with id and settings. An unknown topic is ERROR_KAFKA: "there is no topic x on this cluster", with the
 * nearest name, and `missing`. Settings that may not be read leave described false and no error. Free with
 * kafka_topic_clear. */
bool kafka_directory_topic(struct kafka_client *client, const char *name, int timeout_ms, struct kafka_topic *topic,
                           struct error *err) MUST_CHECK;
void kafka_topic_clear(struct kafka_topic *topic);

/* The brokers that the cluster says it has. */
struct kafka_broker {
    int32_t id;
    char *address; /* "host:port" as advertised to this client */
};
struct kafka_brokers {
    struct kafka_broker *rows; /* sorted by id */
    size_t count;
};

/* Blocks up to timeout_ms. Lists all topics on the way: the one Metadata request that cannot create any. */
bool kafka_directory_brokers(struct kafka_client *client, int timeout_ms, struct kafka_brokers *brokers,
                             struct error *err) MUST_CHECK;
void kafka_brokers_clear(struct kafka_brokers *brokers);

struct kafka_group {
    char *name;             /* original bytes */
    char state[24];         /* "Empty", "Stable", "Dead", "PreparingRebalance", ..., "-" unknown */
    char protocol_type[24]; /* "consumer", "connect", "" (offsets committed without members) */
    char kind[12];          /* "classic", "consumer" (KIP-848), "-" where not told */
    int members; /* 0 for a KIP-848 group before librdkafka 2.10: whether there are any, state says (not "Empty") */
    char *error;
};

struct kafka_groups {
    struct kafka_group *rows; /* sorted by name */
    size_t count;
};

/* Every group the user may see, Connect worker groups included. An empty list may mean missing rights. */
bool kafka_directory_groups(struct kafka_client *client, int timeout_ms, struct kafka_groups *groups,
                            struct error *err) MUST_CHECK;
void kafka_groups_clear(struct kafka_groups *groups);

/* One group. A group that does not exist is ERROR_KAFKA: "there is no group x", with the nearest name. */
bool kafka_directory_group(struct kafka_client *client, const char *name, int timeout_ms, struct kafka_group *group,
                           struct error *err) MUST_CHECK;
void kafka_group_clear(struct kafka_group *group);

#endif
