/* The old side by its objects, in words: shared by survey, plan and audit. */
#ifndef COMMAND_COMMAND_OBJECTS_H
#define COMMAND_COMMAND_OBJECTS_H

#include "base/buffer.h"
#include "cutover/cutover_connect.h"

/* A table of partitions (all up to 100, else those that differ) and what it means. plan (may be NULL) adds what its start
 * costs by the objects. */
void command_objects_report(struct buffer *out, const struct cutover_connect *connect, const struct cutover_plan *plan);

#endif
