/* The streams that others run, seen through the commits of their groups, and the partitions of one that is picked.
 *
 * UI thread only; up to some hundred streams and 10,000 partitions.
 */
#ifndef TUI_PIPELINE_STREAMS_H
#define TUI_PIPELINE_STREAMS_H

#include "engine_event.h"
#include "tui/export.h"
#include "tui/table.h"

struct pipeline_streams {
    char *picked;                     /* name of the one whose partitions are shown; NULL: the list */
    struct engine_event *shown;       /* ENGINE_STREAMS; NULL until the first */
    struct engine_stream_info before; /* the picked one at the last reading but one; rows owned */
    struct table others, remote;      /* streams; partitions of the picked one */
};

/* streams is empty (zeroed) and stays where it is until it is cleared: its tables point to it. */
void pipeline_streams_init(struct pipeline_streams *streams);
void pipeline_streams_clear(struct pipeline_streams *streams);

/* The next answer; takes it. */
void pipeline_streams_take(struct pipeline_streams *streams, struct engine_event *event);

/* Picks one by name (copied), or none (NULL). */
void pipeline_streams_pick(struct pipeline_streams *streams, const char *name);

/* The picked one in the last answer; NULL. */
const struct engine_stream_info *pipeline_streams_picked(const struct pipeline_streams *streams);

/* The selected one of the list; NULL. */
const struct engine_stream_info *pipeline_streams_selected(const struct pipeline_streams *streams);

/* The rows that are shown of one of the two tables. */
void pipeline_streams_export(const struct table *table, struct export *out);

#endif
