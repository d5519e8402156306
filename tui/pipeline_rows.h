/* The partitions of a delivery of this process as rows of a table: how far each is, or what the cutover costs it.
 *
 * UI thread only; up to 10,000 rows.
 */
#ifndef TUI_PIPELINE_ROWS_H
#define TUI_PIPELINE_ROWS_H

#include "tui/delivery_watch.h"
#include "tui/export.h"
#include "tui/table.h"

struct pipeline_rows {
    const struct delivery_watch *delivery; /* borrowed; NULL in small tests */
    bool detail;                           /* the cutover is shown */
    struct table table;
};

/* rows stays where it is until it is cleared: its table points to it. */
void pipeline_rows_init(struct pipeline_rows *rows, const struct delivery_watch *delivery);
void pipeline_rows_clear(struct pipeline_rows *rows);

void pipeline_rows_show_detail(struct pipeline_rows *rows, bool detail);

/* The selected partition, or NULL. */
const struct delivery_partition *pipeline_rows_selected(const struct pipeline_rows *rows);

/* The table and its total, once there is a snapshot. */
void pipeline_rows_draw(struct pipeline_rows *rows, struct canvas *canvas, int line, int last);

void pipeline_rows_export(const struct pipeline_rows *rows, struct export *out);

#endif
