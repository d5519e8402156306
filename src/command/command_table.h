/* A table that fits 80 columns: columns are as wide as their cells; when that is too much, the widest counts are
 * shortened (1.23G) first, then spare columns are left out from the right, then the widest texts are cut.
 */
#ifndef COMMAND_COMMAND_TABLE_H
#define COMMAND_COMMAND_TABLE_H

#include "base/buffer.h"

#include <stdint.h>

struct command_table;

enum command_column {
    COMMAND_COLUMN_TEXT,  /* left-aligned; may be cut */
    COMMAND_COLUMN_RIGHT, /* right-aligned text of ours; never cut */
    COMMAND_COLUMN_COUNT, /* a number */
    COMMAND_COLUMN_SPARE, /* left-aligned text of ours; left out, whole, before a text is cut */
};

struct command_table *command_table_new(void);
void command_table_free(struct command_table *table);

/* All columns before the first cell. heading is copied. */
void command_table_column(struct command_table *table, const char *heading, enum command_column kind);

/* Cells, row by row from left to right. Text is sanitised; NULL is empty. A count below zero is shown as "?". */
void command_table_text(struct command_table *table, const char *text);
void command_table_count(struct command_table *table, int64_t count);

/* Appends heading and rows. */
void command_table_print(struct command_table *table, struct buffer *out);

#endif
