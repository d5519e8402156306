/* Kafka Connect beside the brokers: the connectors, which of them owns a group, stop and resume. Private to src/;
 * inspector thread only.
 *
 * Stopping and resuming are Kafka Connect's own acts. They happen on a request that names the connector, which the operator
 * has typed; the engine decides nothing. The brokers are only read.
 */
#ifndef ENGINE_CONNECT_H
#define ENGINE_CONNECT_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_CONNECTORS: all connectors, or with a topic the sinks that may read it. */
bool engine_connectors_answer(struct engine_tools *tools, struct engine_question *question,
                              struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_CONNECT_STATUS: one connector with its group's state (with brokers), offsets and settings; without a
 * name as engine_connectors_answer. A name that is not there is ERROR_CONNECT with the nearest. */
bool engine_connect_status_answer(struct engine_tools *tools, struct engine_question *question,
                                  struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_CONNECT_STOP: asks for the stop and waits, for two minutes at most, until the connector is STOPPED
 * without tasks and (with brokers) its group is Empty; says meanwhile what still runs. A sink that is stopped already is
 * fine. ERROR_REFUSED for a source, ERROR_CONNECT that names what still runs when it takes too long. The final event is
 * the connector's status. */
bool engine_connect_stop_answer(struct engine_tools *tools, struct engine_question *question,
                                struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_CONNECT_RESUME: the same, until the connector and all its tasks are RUNNING and (with brokers) its
 * group is Stable with a member for each. */
bool engine_connect_resume_answer(struct engine_tools *tools, struct engine_question *question,
                                  struct error *err) MUST_CHECK;

/* "http://connect:8083, Kafka Connect 4.3.1" and how many connectors it has; the caller frees place. */
bool engine_connect_look(struct engine_tools *tools, struct engine_question *question, char **place, size_t *connectors,
                         struct error *err) MUST_CHECK;

/* Adds to the event the sink connectors whose group this is, and where they were found. Nothing happens without an address
 * of Kafka Connect or a group. One that cannot be asked is a word in the event, never a failure, and is left alone for
 * half a minute. */
void engine_connect_attach(struct engine_tools *tools, struct engine_question *question, const char *group,
                           struct engine_event *event);

/* The same for a list of groups: fills connector and connector_state of each. place and error as in the event; NULL. */
void engine_connect_attach_groups(struct engine_tools *tools, struct engine_question *question,
                                  struct engine_group *groups, size_t count, char **place, char **error);

#endif
