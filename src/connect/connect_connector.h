/* A connector as Kafka Connect's REST interface tells of it: a plain value, read from JSON. Pure.
 *
 * Its configuration holds secrets in clear text. They are masked here, before anything else sees them.
 */
#ifndef CONNECT_CONNECT_CONNECTOR_H
#define CONNECT_CONNECT_CONNECTOR_H

#include "base/json.h"
#include "base/properties.h"

/* A connector, with its settings. Texts are original bytes. */
struct connect_connector {
    char *name;
    bool sink, source; /* neither: the worker does not know (a plugin that is missing) */
    char state[24];    /* "RUNNING", "PAUSED", "STOPPED", "FAILED", "UNASSIGNED", "RESTARTING"; "-": none told */
    char *worker;      /* "10.0.0.7:8083"; NULL */
    char *group;       /* of a sink: consumer.override.group.id, else connect-NAME; NULL where it is hidden in ${...} */
    char *topics;      /* setting topics, or topics.regex between slashes; NULL */
    char *class_name;  /* NULL */
    int tasks, running_tasks, failed_tasks;
    char *trouble; /* first line of the first trace; what the settings keep secret is masked in it too; NULL */
    struct properties settings; /* secrets masked */
};

struct connect_connectors {
    struct connect_connector *rows; /* sorted by name */
    size_t count;
};

/* Fills row from one item of GET /connectors?expand=info&expand=status; cleared with the list that it is a row of. */
void connect_connector_read(const struct json *item, struct connect_connector *row);

void connect_connectors_clear(struct connect_connectors *list);
/* NULL when there is none of that name. */
struct connect_connector *connect_connectors_find(struct connect_connectors *list, const char *name);

/* Whether a setting's value must not be seen: the name holds secret, password, key, token, jaas or credential; or the
 * value itself holds user:password@ or password=. A value that is nothing but ${...} names a place, not a secret. Pure. */
bool connect_is_secret(const char *name, const char *value);

/* What stands in its place. */
#define CONNECT_MASK "********"

#endif
