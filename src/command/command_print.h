/* How commands speak: answers on standard output, everything else on standard error, and exit codes.
 *
 * Everything from outside passes the sanitiser on its way into a buffer; JSON keeps the original.
 */
#ifndef COMMAND_COMMAND_PRINT_H
#define COMMAND_COMMAND_PRINT_H

#include "base/buffer.h"
#include "base/json.h"
#include "base/timestamp.h"

enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,
    COMMAND_USAGE = 2,
    COMMAND_BAD_NEWS = 3, /* done, and the answer is bad news */
};

/* "headgate: <message>" on standard error. The exit code that fits: usage 2, everything else 1. */
int command_fail(const struct error *err);

/* What the settings gave reason to warn of, if anything, on standard error. */
void command_warn(const char *warning);

/* Writes the answer to standard output and clears it. code, or COMMAND_FAILED with a message when it cannot be written
 * (a closed pipe, a full disk): half an answer must not look like a whole one. */
int command_finish(struct buffer *out, int code);
/* Appends a JSON document, which is freed, and a newline. */
void command_json(struct buffer *out, struct json *document);

/* Appends text from outside, harmless. */
void command_outside(struct buffer *out, const char *text);

/* A line below a table, wrapped at 80 columns. What it is made of must be harmless. */
void command_note(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
