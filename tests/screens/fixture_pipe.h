/* Launches, streams and audits for the console without a cluster: the worked example. */
#ifndef TESTS_SCREENS_FIXTURE_PIPE_H
#define TESTS_SCREENS_FIXTURE_PIPE_H

#include "engine.h"

/* Fills event->launch with plan (taken) and survey (copied), as the engine prepares it for the request. */
void fixture_pipe_launch(struct engine_event *event, const struct engine_request *request, struct cutover_plan *plan,
                         const struct cutover_survey *survey);
/* The connector of the survey's group: STOPPED, or RUNNING while the group has members. */
void fixture_pipe_connector(struct engine_event *event, const struct cutover_survey *survey);
/* name NULL: three streams; else the one of that name with its rows. */
void fixture_pipe_streams(struct engine_event *event, const char *name);
/* Coverage and objects at 10:30:00Z. */
enum fixture_audit {
    FIXTURE_AUDIT_PASS,
    FIXTURE_AUDIT_OPEN,
    FIXTURE_AUDIT_FAIL,
    FIXTURE_AUDIT_GAP,
    FIXTURE_AUDIT_NOTHING, /* delivered yet */
};
void fixture_pipe_audit(struct engine_event *event, struct cutover_plan *plan, enum fixture_audit verdict, bool deep);

#endif
