/* UTF-8, strictly: decoding, checking, and the harmless form of one character.
 *
 * The lowest module, because messages of errors are sanitised too: no allocation, no error, no state, no locale.
 * Well-formed means the Unicode Standard's table 3-7: no overlong form, no surrogate, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What utf8_next returns for a byte that begins no well-formed sequence. */
#define UTF8_INVALID UINT32_MAX

/* The code point at bytes (length at least 1). *used: the bytes it takes, 1 for UTF8_INVALID. */
uint32_t utf8_next(const char *bytes, size_t length, size_t *used);

/* Writes the bytes of a code point (no surrogate, at most U+10FFFF) without a NUL; returns how many, 1 to 4. */
size_t utf8_write(uint32_t code, char out[4]);

/* True when all bytes are well-formed. Skips ASCII eight bytes at a time: also used on record values. */
bool utf8_is_valid(const void *bytes, size_t length);

/* The bytes at the end that begin a sequence whose rest is cut off: 0 to 3. For text cut at a byte count. */
size_t utf8_cut_tail(const char *bytes, size_t length);

/* Terminal cells of a code point: 0 combining, 1, or 2 wide. For code points that utf8_harmless leaves alone. */
unsigned utf8_cells(uint32_t code);

/* Writes the harmless form of the first character of bytes (length at least 1) and a NUL into out, returns its length
 * and sets *used to the bytes it stands for. Controls and invalid bytes come out as \x1b, invisible and direction
 * changing characters as \u{202e}; first: nothing stands before it, so that a combining mark is escaped as well
 * instead of changing the cell beside the text. The form is never shorter than the bytes that it stands for. */
enum { UTF8_HARMLESS_SIZE = 12 };
size_t utf8_harmless(const char *bytes, size_t length, bool first, size_t *used, char out[UTF8_HARMLESS_SIZE]);

/* The harmless form of text in an array of size bytes (at least 1), cut between characters, NUL-terminated. */
void utf8_harmless_text(const char *text, char *out, size_t size);

#endif
