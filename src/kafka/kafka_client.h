/* One librdkafka handle: how it is set up, what its errors mean, how it is closed within a time limit.
 *
 * Nothing of librdkafka appears in our headers. A client belongs to the thread that made it; several clients may be
 * used by several threads. Every client has an own throw-away group id (headgate-scan-...) unless it delivers: it never
 * joins a group then. Traps: reference of librdkafka versions in kafka_client.c.
 */
#ifndef KAFKA_KAFKA_CLIENT_H
#define KAFKA_KAFKA_CLIENT_H

#include "base/properties.h"
#include "base/topic_partition.h"
#include "kafka/kafka_login.h"

struct kafka_client;

enum kafka_isolation {
    KAFKA_READ_COMMITTED,   /* librdkafka's default, and ours */
    KAFKA_READ_UNCOMMITTED, /* Java's default, so Connect sinks' */
};

const char *kafka_isolation_name(enum kafka_isolation isolation); /* "read_committed" */

struct kafka_settings {
    const struct properties *properties; /* librdkafka's names; -F files and -X pairs, brokers among them; borrowed */
    enum kafka_isolation isolation;
    const char *client_name;      /* goes into client.id; borrowed; NULL: "headgate" */
    kafka_token_maker make_token; /* NULL: OAUTHBEARER only as librdkafka itself can do it (method oidc) */
    void *token_context;          /* must outlive every client */
};

/* Connects lazily; fails (ERROR_USAGE) on a setting that librdkafka does not know, naming it, and refuses librdkafka
 * 2.10.0 (memory corruption). Java names without a librdkafka form (client.dns.lookup, sasl.jaas.config, ...) fail with
 * the name of the file setting to use instead. */
bool kafka_client_new(const struct kafka_settings *settings, struct kafka_client **client,
                      struct error *err) MUST_CHECK;

/* Bounded: gives up waiting for librdkafka after 5 s and leaks the handle instead of hanging. NULL is fine. */
void kafka_client_free(struct kafka_client *client);

/* Waits for a broker to answer a metadata request: the one question to ask first; an answer stands for a second.
 * ERROR_KAFKA with the brokers' names, the last error of each (refused, authentication failed, TLS) and the setting to
 * look at. */
bool kafka_client_connect(struct kafka_client *client, int timeout_ms, struct error *err) MUST_CHECK;

/* True when a question to a group's coordinator was given up: within an hour of that, the client is to be freed and another
 * one made, before or after the broker is back. */
bool kafka_client_is_stuck(const struct kafka_client *client);

/* As whom the brokers know this client: "SCRAM-SHA-512 as sailor", a client certificate with its end, an MSK IAM token with
 * the credentials that it was made with. Caller frees. */
char *kafka_client_login(struct kafka_client *client);

/* The cluster's id, or "-" when the broker gave none within timeout_ms. Borrowed from client. */
const char *kafka_client_cluster_id(struct kafka_client *client, int timeout_ms);

/* librdkafka's version at run time, "2.15.1". Static. */
const char *kafka_client_version(void);

/* True for names that begin with "headgate-": the only groups that headgate may ever commit to or join. */
bool kafka_group_is_ours(const char *group);

#endif
