/* The old connector's own objects: lists them, counts what has to be counted. Private to src/; inspector thread only. */
#ifndef ENGINE_OBJECTS_H
#define ENGINE_OBJECTS_H

#include "cutover/cutover_connect.h"
#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* Where --with-connect of the configuration says, for a topic whose partitions have these logs. Read the commits before:
 * a sink that still runs commits only what is stored. The last object of each partition is downloaded whole (512 MiB at
 * most, one at a time), with count_all every one. skip (may be NULL) tells keys that are ours. NULL with err set when it
 * cannot be listed; an object that cannot be counted is a word in the answer. */
struct cutover_connect *engine_objects_read(struct engine_tools *tools, struct engine_question *question,
                                            const char *topic, const struct cutover_connect_log *logs, size_t count,
                                            bool (*skip)(void *context, const char *key), void *context,
                                            struct error *err) MUST_CHECK;

/* The same for the event's survey, with its commits; nothing happens without --with-connect. */
bool engine_objects_attach(struct engine_tools *tools, struct engine_question *question, struct engine_event *event,
                           struct error *err) MUST_CHECK;

#endif
