/* Takes a survey: turns what kafka/ answers into a cutover survey. Private to src/; inspector thread only. */
#ifndef ENGINE_SURVEY_H
#define ENGINE_SURVEY_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"

/* Everything without records: topic, group, commits, L, E, high watermark. group NULL: there is no old side, every
 * partition is no_commit. Fails for an unknown topic or group, and for a group that has no commit for the topic (the
 * error names the topics for which it has some). */
bool engine_survey_offsets(struct engine_tools *tools, struct engine_question *question, const char *topic,
                           const char *group, struct cutover_survey **survey, struct error *err) MUST_CHECK;

/* To be called before engine_survey_offsets where engine_survey_times follows: its client connects meanwhile. */
void engine_survey_expect_times(struct engine_tools *tools);

/* Reads the records at B of the committed partitions. Partial surveys and progress go out as events meanwhile.
 * What was read stays with the tools as the last survey, when it was cancelled too. */
bool engine_survey_times(struct engine_tools *tools, struct engine_question *question, struct cutover_survey *survey,
                         struct error *err) MUST_CHECK;

/* Whether the last survey is of the question's topic and group, and not too old for it. */
bool engine_survey_is_at_hand(const struct engine_tools *tools, const struct engine_question *question);

/* A survey for question->topic and group: the last one where it is of both and at most question->max_age_ms old, else a
 * new one. times: the records at B are read too, as far as the last one does not have them (it was cancelled). The caller
 * frees it. */
bool engine_survey_take(struct engine_tools *tools, struct engine_question *question, bool times,
                        struct cutover_survey **survey, struct error *err) MUST_CHECK;

/* Commits, log starts, ends at one isolation level, and high watermarks of a topic; what else the group has commits for. */
struct engine_offsets {
    struct partition_offsets committed, starts, ends, marks;
    struct kafka_group_topic *topics; /* of the group */
    size_t topic_count;
};
void engine_offsets_init(struct engine_offsets *offsets);
void engine_offsets_clear(struct engine_offsets *offsets);
bool engine_offsets_read(struct engine_tools *tools, const char *topic, int32_t partitions, const char *group,
                         struct engine_offsets *offsets, struct error *err) MUST_CHECK;

/* Answers ENGINE_ASK_SURVEY. */
bool engine_survey_answer(struct engine_tools *tools, struct engine_question *question, struct error *err) MUST_CHECK;

#endif
