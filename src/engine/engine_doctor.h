/* What works and what does not, in one list: credentials, store, brokers, Kafka Connect, this host. Private to src/; inspector
 * thread only.
 */
#ifndef ENGINE_DOCTOR_H
#define ENGINE_DOCTOR_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Answers ENGINE_ASK_DOCTOR. Looks at what the configuration names: the store with a bucket, Kafka with brokers, one topic's and
 * group's rights where given. Fails only when it is no longer wanted; whatever does not work is a row. Kafka is only read; in
 * the bucket the store probe writes below <prefix>_headgate/probe/ and deletes it again. */
bool engine_doctor_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
