/* Rows for a file: CSV or JSON, exact numbers. A view fills it, the console writes it. Pure but for export_write.
 *
 * Expected sizes: 1 to 10,000 rows, up to about 20 columns.
 */
#ifndef TUI_EXPORT_H
#define TUI_EXPORT_H

#include "base/buffer.h"
#include "base/timestamp.h"

struct export;

struct export *export_new(void);
void export_free(struct export *export);

/* Columns first, in order; names are the words of the screen and of --json: "committed", "behind_ms". Copied. */
void export_column(struct export *export, const char *name);

/* The next cell, row by row; a row is full after as many cells as there are columns. Copied. */
void export_text(struct export *export, const char *text); /* NULL: empty in CSV, null in JSON */
void export_number(struct export *export, int64_t number);
void export_time(struct export *export, timestamp_ms time); /* RFC 3339 in UTC, with milliseconds */
void export_null(struct export *export);

size_t export_rows(const struct export *export);
/* Nothing was added, not even a column: what is to be written is not there yet. */
bool export_is_empty(const struct export *export);

/* The whole text. In CSV (RFC 4180, with plain line ends) a cell that begins with = + - or @ gets an apostrophe, unless it
 * is a number of ours: spreadsheets would run it. */
void export_csv(const struct export *export, struct buffer *out);
void export_json(const struct export *export, struct buffer *out);

/* Writes path, created anew with mode 0600: CSV for .csv, JSON for .json. Refuses another ending, a file that exists, what
 * cannot be created, and (a mistake of a view) rows with more or fewer cells than there are columns. */
bool export_write(const struct export *export, const char *path, struct error *err) MUST_CHECK;

/* Writes text over what path held, mode 0600. */
bool export_text_file(const char *path, const struct buffer *text, struct error *err) MUST_CHECK;

#endif
