/* Text for people: sanitising what comes from outside, cell widths, numbers, durations, sizes, and strict parsing.
 *
 * Rules of the sanitiser: control characters (C0, C1, DEL) are shown as \x1b, invalid UTF-8 byte by byte as
 * \xNN, bidirectional and zero-width characters as \u{202e}. Its output is valid UTF-8 without control characters.
 * Everything that is shown passes it once, where it comes in or where it is printed; requests and JSON keep the original.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buffer.h"

#include <stdint.h>

/* Appends the harmless form of length bytes to out. */
void text_sanitise(struct buffer *out, const char *bytes, size_t length);

/* The harmless form in a new string that the caller frees. NULL gives "". */
char *text_sanitised(const char *text);

/* Terminal cells that sanitised UTF-8 text takes (wide characters count 2). Needs no locale. */
size_t text_width(const char *text);

/* Appends text cut or padded to exactly `cells` cells. Cut text ends in '>'; a wide character that does not fit
 * becomes '>'. left: pad on the right (left-aligned); otherwise pad on the left. text must be sanitised. */
void text_fit(struct buffer *out, const char *text, size_t cells, bool left);

/* Numbers for people. Each writes into a caller's array of TEXT_NUMBER_SIZE and returns it. */
enum { TEXT_NUMBER_SIZE = 48 };
char *text_count(char out[TEXT_NUMBER_SIZE], int64_t value);       /* 1,234,567 */
char *text_short_count(char out[TEXT_NUMBER_SIZE], int64_t value); /* 1.23G, at most 7 cells; exact below 1,000,000 */
char *text_bytes(char out[TEXT_NUMBER_SIZE], int64_t bytes);       /* 1.2 GB, decimal units */
/* "1 partition", "1,204 offsets": count and noun, with an s where it is not one. */
enum { TEXT_COUNTED_SIZE = 96 };
char *text_counted(char out[TEXT_COUNTED_SIZE], int64_t count, const char *noun);
char *text_duration(char out[TEXT_NUMBER_SIZE], int64_t ms); /* 32m08s, 4d03h, 0m00s; cut, never rounded */

/* Strict parsers: the whole text must fit, no sign but '-', no blanks; false leaves *value alone. */
bool text_parse_int64(const char *text, int64_t *value) MUST_CHECK;
bool text_parse_uint(const char *text, int64_t most, int64_t *value) MUST_CHECK; /* 0..most */

/* True when text begins with prefix. */
bool text_starts_with(const char *text, const char *prefix);

#endif
