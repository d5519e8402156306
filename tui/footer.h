/* The last row: the keys of the view, from the list of actions. What does not fit is left out, never "? help". */
#ifndef TUI_FOOTER_H
#define TUI_FOOTER_H

#include "tui/canvas.h"

/* scope: the view's bit. */
void footer_draw(unsigned scope, const struct canvas *canvas, int line);

#endif
