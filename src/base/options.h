/* Command-line options from a table: parsing, and the help that is printed from the same rows.
 *
 * Understands --name VALUE, --name=VALUE, -x VALUE, -xVALUE, bundled flags, and "--". A unique prefix of a long name
 * is not accepted: a script must not change its meaning when an option is added.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/buffer.h"

struct option_row {
    const char *name;     /* long name without dashes, "brokers" */
    char letter;          /* short form, or 0 */
    const char *argument; /* what stands behind it in help, "HOST:PORT,..."; NULL for a flag */
    const char *help;     /* one line; lower case, no full stop */
    int id;               /* the caller's number for it, handed to the setter */
};

/* Called for each option in the order typed; value is NULL for a flag; borrowed from argv. Fails with ERROR_USAGE. */
typedef bool (*option_setter)(void *context, int id, const char *value, struct error *err);

/* Walks argv[0..argc); count rows. Words that are no options are counted into *words and moved, in order, to the
 * front of argv. Unknown option: ERROR_USAGE that names it and the nearest known one. */
bool options_parse(const struct option_row *rows, size_t count, char **argv, int argc, option_setter set, void *context,
                   int *words, struct error *err) MUST_CHECK;

/* Appends one aligned help line per row, at most 80 cells wide. */
void options_help(const struct option_row *rows, size_t count, struct buffer *out);

/* The candidate nearest to word (at most two edits away), or NULL. For "did you mean". */
const char *options_nearest(const char *word, const char *const *candidates, size_t count);

#endif
