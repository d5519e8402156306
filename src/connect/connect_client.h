/* Kafka Connect's REST interface: connectors, their states and offsets; stop and resume. JSON over HTTP/1.1.
 *
 * Blocking, for one thread. Each request goes to the worker that answered last; one that cannot be reached or answers 5xx
 * is passed over for the next of the list. 409 (the workers rebalance) is tried again until the deadline. Facts about
 * calls and versions: Kafka's documentation of Connect's REST interface; GET .../offsets and PUT .../stop exist since 3.5.
 */
#ifndef CONNECT_CONNECT_CLIENT_H
#define CONNECT_CONNECT_CLIENT_H

#include "base/error.h"
#include "connect/connect_connector.h"

#include <stdint.h>

struct connect_client;

/* Texts are copied. */
struct connect_settings {
    const char *urls; /* http://host:8083, or https; several by commas, all of one Connect cluster; user:password@
                                   in front of the host is taken out and never shown */
    const char *user, *password;   /* for URLs that name none; NULL: none */
    const char *ca_file;           /* private CA in PEM; NULL: the system's */
    int rebalance_ms;              /* how long 409 is tried again; 0: 60,000 */
    bool (*wanted)(void *context); /* asked while waiting; false ends with ERROR_CANCELLED; NULL: always */
    void *context;
};

struct connect_offset {
    char *topic;
    int32_t partition;
    int64_t offset; /* the next one the sink will read */
};

struct connect_offsets {
    struct connect_offset *rows; /* sorted by topic and partition */
    size_t count;
    bool known; /* false: the worker is older than the call, or the connector is no sink */
};

/* ERROR_USAGE for a URL that cannot be one, or a CA file that cannot be read. Asks nobody. */
bool connect_client_new(const struct connect_settings *settings, struct connect_client **client,
                        struct error *err) MUST_CHECK;
void connect_client_free(struct connect_client *client);

/* "http://connect:8083": the worker that answered last, else the first; without user and password. Borrowed. */
const char *connect_client_place(const struct connect_client *client);

/* GET /: the worker's version and the cluster whose topics it moves ("" where it does not tell). Caller frees both. An
 * answer that is not Kafka Connect's is ERROR_CONNECT. */
bool connect_client_root(struct connect_client *client, char **version, char **cluster_id,
                         struct error *err) MUST_CHECK;

/* All connectors with settings and states, in one request. Caller clears. */
bool connect_client_list(struct connect_client *client, struct connect_connectors *list, struct error *err) MUST_CHECK;

/* Where a sink goes on. Caller clears. */
bool connect_client_offsets(struct connect_client *client, const char *name, struct connect_offsets *offsets,
                            struct error *err) MUST_CHECK;
void connect_offsets_clear(struct connect_offsets *offsets);

/* Asks for it; both come true later. A worker before 3.5 has no stop: ERROR_CONNECT with what to do instead. The name is
 * the operator's, typed for this: nothing here decides to stop anything. */
bool connect_client_stop(struct connect_client *client, const char *name, struct error *err) MUST_CHECK;
bool connect_client_resume(struct connect_client *client, const char *name, struct error *err) MUST_CHECK;

#endif
