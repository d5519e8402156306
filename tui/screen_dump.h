/* The screen as text: what stands in each cell, and in which role. Golden tests compare it, pictures are made of it.
 *
 *   screen 80x24 cursor 3,0            size, and line and column of the cursor
 *   (24 lines of text, blanks at the end cut)
 *   roles
 *   (24 lines of one letter a cell: theme_letter, in capitals where the cell is reversed; '.' plain text, blank: a
 *    blank cell without a role; blanks at the end cut)
 */
#ifndef TUI_SCREEN_DUMP_H
#define TUI_SCREEN_DUMP_H

#include "base/buffer.h"

/* Appends what ncurses' stdscr holds. */
void screen_dump(struct buffer *out);

/* The same into a file, made anew. */
bool screen_dump_to(const char *path, struct error *err) MUST_CHECK;

/* Appends the text of one line, without the blanks at its end; nothing for a line that is not on the screen. */
void screen_line(int line, struct buffer *out);

#endif
