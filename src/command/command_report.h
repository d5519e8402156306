/* Surveys and plans in words and tables: shared by survey, plan and deliver. */
#ifndef COMMAND_COMMAND_REPORT_H
#define COMMAND_COMMAND_REPORT_H

#include "base/buffer.h"
#include "base/json.h"
#include "engine_event.h"

/* "orders / connect-orders-s3: 6 partitions, group Empty, read_committed, as of 2026-11-23T10:00:00Z" */
void command_report_survey_title(struct buffer *out, const struct cutover_survey *survey);
void command_report_survey_rows(struct buffer *out, const struct cutover_survey *survey);
void command_report_survey_notes(struct buffer *out, const struct cutover_survey *survey);

/* The old sink as Kafka Connect shows it, a line each: "old sink orders-s3 STOPPED". Nothing when it was not asked. */
void command_report_old_sink(struct buffer *out, const struct engine_event *event);
/* The same beside the documented fields: "connectors" and "connect_error", where Kafka Connect was asked. */
void command_report_old_sink_json(struct json *document, const struct engine_event *event);

/* "safe, at 2026-11-23T09:21:00Z": a start in words. */
void command_report_start(struct buffer *out, const struct cutover_start *start);
/* Gap, duplicates, lost and to read, a line each. */
void command_report_plan_totals(struct buffer *out, const struct cutover_plan *plan);
void command_report_plan_rows(struct buffer *out, const struct cutover_plan *plan);
void command_report_plan_notes(struct buffer *out, const struct cutover_plan *plan);

/* The group's other topics, values that `lines` would break: from the survey, where there is one (NULL is fine). */
void command_report_shared_notes(struct buffer *out, const struct cutover_survey *survey);

/* The same for --json: "other_topics" ([{"topic", "partitions"}], what stops with this group too) and "values" (kinds of
 * the values looked at, with how many partitions). Added to a survey's or a plan's document. */
void command_report_facts_json(struct json *document, const struct cutover_survey *survey);

#endif
