/* Growable bytes with a stated limit, so that nothing from outside can grow without bound.
 *
 * data is always followed by a NUL byte that does not count, so text can be read in place. A buffer is a plain value
 * owned by whoever declared it: buffer_init, use, buffer_clear. Expected sizes: a few bytes (a key) to 4 MiB (a page
 * of an S3 list). Not for record data, whose memory comes from the memory budget. Allocation failure aborts.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/error.h"

#include <stddef.h>

struct buffer {
    char *data;    /* never NULL after the first append; NUL-terminated */
    size_t length; /* bytes in use */
    size_t size;   /* bytes allocated */
    size_t limit;  /* length never exceeds this; 0 means no limit */
    bool overflow; /* an append was refused because of the limit */
};

/* Starts empty, allocates nothing. limit in bytes, 0 for none. */
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_clear(struct buffer *buffer);

/* Forgets the content, keeps the memory. */
void buffer_reset(struct buffer *buffer);

/* Each append returns false, adds nothing and sets overflow when the limit would be passed; callers that build text
 * of known size may ignore it and ask `overflow` once at the end. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
bool buffer_append_text(struct buffer *buffer, const char *text);
bool buffer_append_char(struct buffer *buffer, char c);
bool buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the NUL-terminated bytes to the caller, who frees them; the buffer is empty afterwards. Never NULL. */
char *buffer_take(struct buffer *buffer);

/* malloc, realloc, strdup, strndup and printf to the heap that abort when memory is out. Free with free(). */
void *memory_new(size_t size); /* zeroed */
void *memory_resize(void *memory, size_t size);
char *memory_copy_text(const char *text);                  /* NULL gives NULL */
char *memory_copy_bytes(const void *bytes, size_t length); /* NUL added */
char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
