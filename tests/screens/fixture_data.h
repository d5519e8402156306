/* The data of the scenarios, as the engine would bring it. */
#ifndef TESTS_SCREENS_FIXTURE_DATA_H
#define TESTS_SCREENS_FIXTURE_DATA_H

#include "base/log.h"
#include "engine.h"

/* reading: 0 for the first answer, which is of 10 s before the second, and so on. */
void fixture_topics_orders(struct engine_event *event, int reading);
/* topic NULL: all groups. */
void fixture_groups_orders(struct engine_event *event, const char *topic);
struct cutover_survey *fixture_survey_orders(void);
struct cutover_survey *fixture_survey_clicks(void);
struct cutover_survey *fixture_survey_events(void);
/* One partition for each state, and what else can stand in a row. */
struct cutover_survey *fixture_survey_states(void);
/* Retention has overtaken the first commit, and the two last partitions have none. */
void fixture_survey_lose(struct cutover_survey *survey);
/* The same before all times are read. */
struct cutover_survey *fixture_survey_partial(void);

/* Names that try to write on the terminal. */
void fixture_topics_hostile(struct engine_event *event);
void fixture_groups_states(struct engine_event *event);
void fixture_groups_hostile(struct engine_event *event);
struct cutover_survey *fixture_survey_hostile(void);
/* The record that a request asks for; its value only with details. */
void fixture_record(struct engine_record *record, const struct engine_request *request);
void fixture_record_hostile(struct engine_record *record, const struct engine_request *request);
/* By partition: p0 has none, p1 a tombstone without key and time, p2 Avro, at the broker's time; the others JSON. */
void fixture_record_states(struct engine_record *record, const struct engine_request *request);
bool fixture_log_line(uint64_t number, struct log_line *line);

#endif
