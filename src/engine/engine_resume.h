/* A stream that exists: may this command line go on with it, and does its group still say what the plan says?
 * Private to src/; inspector thread only. */
#ifndef ENGINE_RESUME_H
#define ENGINE_RESUME_H

#include "delivery/stream_object.h"
#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* What was asked for, wherever it came from. Borrowed texts; NULL: not given. */
struct engine_wish {
    const char *stream, *bucket, *prefix, *topic, *group, *start, *until;
    timestamp_ms asked_at; /* what relative times count from */
};

/* ERROR_REFUSED that lists every option that was given and differs, with both values. */
bool engine_resume_same(const struct engine_wish *wish, const struct config *config, const struct stream_object *stream,
                        struct error *err) MUST_CHECK;

/* Cluster and topic are those of the plan: ERROR_REFUSED for a topic that was made again under its name. Any error of
 * another kind says that it could not be found out. */
bool engine_resume_source(const struct stream_object *stream, struct kafka_client *client,
                          struct error *err) MUST_CHECK;

/* Cluster and topic are those of the plan, and each commit of the own group carries this plan and this place. Fills
 * `committed`. ERROR_REFUSED shows both sides. */
bool engine_resume_check(struct engine_tools *tools, const struct stream_object *stream,
                         struct partition_offsets *committed, struct error *err) MUST_CHECK;

/* Offsets not yet delivered by the commits: up to the --until ends, else to the ends as they are now. */
bool engine_resume_behind(struct engine_tools *tools, const struct stream_object *stream,
                          const struct partition_offsets *committed, int64_t *behind, struct error *err) MUST_CHECK;

/* Commits the plan's start for each partition of the plan that has no commit, unless the group has members: then another
 * instance runs, and the reader fills in. */
bool engine_resume_fill_in(struct engine_tools *tools, struct engine_question *question,
                           const struct stream_object *stream, bool fresh, const char *instance,
                           struct error *err) MUST_CHECK;

#endif
