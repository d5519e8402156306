/* The picture above an audit's table: for each partition a bar of what the old side, the new one, both or neither has.
 * Keeps nothing. */
#ifndef TUI_AUDIT_PICTURE_H
#define TUI_AUDIT_PICTURE_H

#include "engine_event.h"
#include "tui/canvas.h"

/* Labels, a bar a partition, and the legend where it is wanted. Where nothing was delivered yet there is no picture.
 * Returns the line behind. */
int audit_picture_draw(const struct engine_event *shown, const struct canvas *canvas, int line, bool legend);

#endif
