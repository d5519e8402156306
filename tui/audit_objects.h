/* The objects of one partition as an audit found them, each with the hole before it.
 *
 * UI thread only; some ten thousand objects.
 */
#ifndef TUI_AUDIT_OBJECTS_H
#define TUI_AUDIT_OBJECTS_H

#include "engine_event.h"
#include "tui/export.h"
#include "tui/table.h"

struct audit_objects {
    const struct engine_audit *audit; /* borrowed; NULL until the first */
    int32_t partition;                /* whose objects are listed; -1: none's */
    struct table table;
};

/* objects stays where it is until it is cleared: its table points to it. */
void audit_objects_init(struct audit_objects *objects);
void audit_objects_clear(struct audit_objects *objects);

/* audit is borrowed until the next one is shown; NULL is fine. */
void audit_objects_show(struct audit_objects *objects, const struct engine_audit *audit);

/* Lists a partition's objects, the first one behind a hole selected, else the last one. -1 closes the list. */
void audit_objects_open(struct audit_objects *objects, int32_t partition);

void audit_objects_export(const struct audit_objects *objects, struct export *out);

#endif
