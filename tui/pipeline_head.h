/* The upper part of the pipeline view: what a delivery of this process does as a whole. */
#ifndef TUI_PIPELINE_HEAD_H
#define TUI_PIPELINE_HEAD_H

#include "tui/canvas.h"
#include "tui/delivery_watch.h"

/* Draws from the view's first line on; less of it where the screen is low. detail: the cutover comes first. Returns the line
 * behind it, where the table begins. */
int pipeline_head_draw(const struct delivery_watch *watch, const struct canvas *canvas, bool detail);

#endif
