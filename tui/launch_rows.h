/* A plan as rows of a table: what the launch dialog adds up, partition by partition. UI thread only; up to 10,000 rows. */
#ifndef TUI_LAUNCH_ROWS_H
#define TUI_LAUNCH_ROWS_H

#include "cutover/cutover_plan.h"
#include "tui/export.h"
#include "tui/table.h"

struct launch_rows {
    const struct cutover_plan *plan; /* borrowed; NULL until the first */
    struct table table;
};

/* rows stays where it is until it is cleared: its table points to it. */
void launch_rows_init(struct launch_rows *rows);
void launch_rows_clear(struct launch_rows *rows);

/* Another plan, borrowed until the next one, or NULL for none. */
void launch_rows_take(struct launch_rows *rows, const struct cutover_plan *plan);

/* All rows, whatever is shown. */
void launch_rows_export(const struct launch_rows *rows, struct export *out);

#endif
