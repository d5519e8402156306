/* A list with columns: sort, filter, selection and scrolling, all by the identity of a row and never by its index.
 *
 * New data is told by table_changed: rows are filtered and sorted again, the selected row is found by its identity and
 * keeps its line on the screen, so a refresh moves nobody. The table owns no rows; it reads the view's through
 * struct table_rows. Expected sizes: 1 to 10,000 rows, up to 12 columns.
 */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include "tui/action.h"
#include "tui/canvas.h"
#include "tui/export.h"
#include "tui/filter.h"

enum {
    TABLE_COLUMNS = 12,
};

/* What the number of a table_value means, for filters and exports. */
enum table_unit {
    TABLE_AUTO,     /* a text in columns that are aligned to the left, else a number */
    TABLE_NUMBER,   /* exact */
    TABLE_TIME,     /* timestamp_ms */
    TABLE_DURATION, /* ms */
    TABLE_TEXT,
};

struct table_column {
    const char *name; /* heading, and its name in "sort ... down" */
    int least;        /* cells it can shrink to when the screen is narrow */
    int want;         /* cells it has at least where there is room */
    int most;         /* cells it grows to for long contents */
    int gap;          /* blank cells before it */
    bool left;        /* aligned to the left */
    bool keep;        /* never dropped; others are dropped from the right */
    bool picture;     /* drawn by the view; takes what is left, in steps of ten cells */
    bool unsorted;    /* sorting by it makes no sense */
    enum table_unit unit;
    const char *field; /* what it is called in filters and exports; NULL: its name. Not exported without either */
};

/* What a cell is sorted by. Ranks always rise, so unknown and failed rows stay at the end in both directions. */
struct table_value {
    int rank; /* 0 known */
    int64_t number;
    const char *text; /* NULL where the number counts; borrowed */
};

/* How a table reads the rows of its view. Rows count from 0 in the view's own order. */
struct table_rows {
    const struct table_column *columns;
    size_t column_count;
    size_t error_column; /* where the text of a failed row begins */
    size_t (*count)(const void *view);
    /* What stays the same when data is new. May write into out, or return borrowed text. */
    const char *(*identity)(const void *view, size_t row, char out[64]);
    /* Appends the text of a cell and returns its role. */
    enum theme_role (*cell)(const void *view, size_t row, size_t column, struct buffer *out);
    struct table_value (*value)(const void *view, size_t row, size_t column);
    /* As value, where that is not what the column says but only what it is sorted by; NULL: value. Rank 0 is known. */
    struct table_value (*exact)(const void *view, size_t row, size_t column);
    /* Whether the row is listed at all; NULL: every row. */
    bool (*listed)(const void *view, size_t row);
    /* Why a row has no values; NULL for a row that is fine. */
    const char *(*error)(const void *view, size_t row);
    /* Draws a picture cell; line -1 draws nothing. NULL without such a column. */
    void (*paint)(const void *view, size_t row, const struct canvas *canvas, int line, int column, int cells);
    void (*paint_heading)(const void *view, const struct canvas *canvas, int line, int column, int cells);
};

struct table {
    const struct table_rows *rows;
    const void *view;      /* handed to the functions of rows; borrowed */
    size_t *order;         /* rows that are shown, in order */
    size_t count;          /* of them */
    size_t listed;         /* rows before the filter */
    size_t left_out;       /* rows that the filter cannot compare: what it asks for is not known of them */
    size_t selected;       /* index into order */
    size_t top;            /* index of the first row on screen */
    size_t height;         /* rows on screen at the last drawing */
    char *identity;        /* of the selected row; NULL without rows */
    bool pinned;           /* the selection is a choice, or was shown on settled data: new data follows it */
    char *filter;          /* as typed; NULL: none */
    struct filter *parsed; /* of it; NULL where it is no filter */
    char *filter_error;    /* why not; NULL */
    struct filter_field fields[TABLE_COLUMNS]; /* that it speaks of */
    char **marks;                              /* identities of marked rows */
    size_t mark_count;
    timestamp_ms now; /* at the last drawing */
    size_t sort_column;
    bool descending;
    int longest[TABLE_COLUMNS];
};

void table_init(struct table *table, const struct table_rows *rows, const void *view, size_t sort_column,
                bool descending);
void table_clear(struct table *table);

/* The view's rows are different from before. settled: they are complete enough to be sorted as they will stay. Until then,
 * and until somebody moves, the first row is the selected one. */
void table_changed(struct table *table, bool settled);

/* Shows the rows that fit a filter expression (filter.h). Copied; "" or NULL shows all. What is no filter shows none, and
 * why. */
void table_set_filter(struct table *table, const char *filter);

/* Movement, sorting and marking. False when the action is none of the table's. */
bool table_action(struct table *table, enum action action);

/* Selects a row of the view's numbering where it is shown; false where it is not. */
bool table_select(struct table *table, size_t row);

/* The view's row number of the selected row. False without rows. */
bool table_selected(const struct table *table, size_t *row);

/* Heading in the first line, rows below it up to and with last; sets the cursor to the selected row. */
void table_draw(struct table *table, struct canvas *canvas, int first, int last);

/* Why no row is shown, from the line on: the filter is none, or fits none. Nothing where rows are shown. */
void table_draw_why_empty(const struct table *table, const struct canvas *canvas, int line, int last);

/* "name; < > = on part behind toend": what a filter may say here. */
void table_filter_forms(const struct table *table, struct buffer *out);

/* "1 row without a time left out   ": what a filter says nothing of must not read as if all were well. Nothing where
 * there is none. */
void table_left_out(const struct table *table, struct buffer *out);

/* "7 of 12" when filtered, else "12". */
void table_counts(const struct table *table, struct buffer *out);
/* "rows 1-4 of 10,000", where not all of them are on the screen. */
void table_range(const struct table *table, struct buffer *out);
/* "rec/s down" */
void table_sorting(const struct table *table, struct buffer *out);

/* The rows that are shown, in their order, exact; only the marked ones of them where any is marked. A last column "error"
 * where rows can fail. */
void table_export(const struct table *table, struct export *out);

/* Whether it exports the index-th row that is shown: for views that write more about a row than its columns. */
bool table_is_exported(const struct table *table, size_t index);

/* A count as a cell's text, or - for OFFSET_NONE. */
void table_append_count(struct buffer *out, int64_t count);

/* What `c` copies: the selected row whole, whatever of it is on the screen. Its cells are not cut, and two blanks apart;
 * pictures and empty cells are left out. Harmless text; nothing without rows. */
void table_copy(const struct table *table, struct buffer *out);

/* Where the column begins and how wide it is on a screen of so many cells; width 0: dropped. For totals below. */
void table_layout(const struct table *table, int cells, int start[TABLE_COLUMNS], int width[TABLE_COLUMNS]);

#endif
