/* The partitions of an audit as rows of a table: where the old side ends, where the new one begins and ends, what is wrong.
 *
 * UI thread only; up to 10,000 rows.
 */
#ifndef TUI_AUDIT_ROWS_H
#define TUI_AUDIT_ROWS_H

#include "engine_event.h"
#include "tui/export.h"
#include "tui/table.h"

struct audit_rows {
    const struct coverage *coverage; /* borrowed; NULL until the first */
    struct table table;
};

/* rows stays where it is until it is cleared: its table points to it. */
void audit_rows_init(struct audit_rows *rows);
void audit_rows_clear(struct audit_rows *rows);

/* coverage is borrowed until the next one is shown. */
void audit_rows_show(struct audit_rows *rows, const struct coverage *coverage);

/* The selected partition, or NULL. */
const struct coverage_partition *audit_rows_selected(const struct audit_rows *rows);

/* The table and its total, once there is a coverage; last at most. Returns the line behind, last where no row is listed. */
int audit_rows_draw(struct audit_rows *rows, struct canvas *canvas, int line, int last);

void audit_rows_export(const struct audit_rows *rows, struct export *out);

#endif
