/* Filter expressions: "p>=2500 behind>5m lake": all words must hold.
 *
 * A word with one of < <= > >= = != compares a field, blanks beside the sign or not; any other word is searched for in
 * the row's name, in either case.
 * A field may be shortened ("p" for "part"); blanks in its name are left out ("behindp50"). Values: numbers (1,204 12k
 * 3M 2G), durations (5m, 1h30m, 250ms, plain seconds), times (09:44, 09:44Z, RFC 3339, -15m), texts. What is unknown
 * in a row fits no comparison, and is told apart: what cannot be compared may be the worst row of all. A sign without a
 * known column before it, or without a value behind it, is refused: it would only ever match nothing. Pure.
 */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include "base/buffer.h"
#include "base/timestamp.h"

enum filter_kind {
    FILTER_NUMBER,
    FILTER_DURATION, /* milliseconds */
    FILTER_TIME,     /* timestamp_ms */
    FILTER_TEXT,
};

struct filter_field {
    const char *name;
    enum filter_kind kind;
};

struct filter_value {
    bool known;
    int64_t number;
    const char *text; /* of FILTER_TEXT; borrowed */
};

struct filter;

/* fields are borrowed until filter_free. now: what relative times count from. Fails with ERROR_USAGE: the word, and what
 * would be right. */
bool filter_parse(const char *text, const struct filter_field *fields, size_t count, timestamp_ms now,
                  struct filter **filter, struct error *err) MUST_CHECK;
void filter_free(struct filter *filter);

enum filter_fit {
    FILTER_FITS,
    FILTER_FITS_NOT,
    FILTER_UNKNOWN, /* nothing speaks against it, but a value to compare is not known */
};

/* name: the row's; read: the value of a field, by its index in fields. */
enum filter_fit filter_fit(const struct filter *filter, const char *name,
                           struct filter_value (*read)(const void *context, size_t field), const void *context);

/* Whether a time or a duration is compared. */
bool filter_asks_time(const struct filter *filter);

/* Appends "part, behind, toend": the names as they are typed, with separator between them. */
void filter_columns(const struct filter_field *fields, size_t count, const char *separator, struct buffer *out);

#endif
