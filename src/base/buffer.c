/* Growable bytes with a limit, and memory that aborts when there is none left. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_new(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (!memory)
        abort();
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size > 0 ? size : 1);

    if (!resized)
        abort();
    return resized;
}

char *memory_copy_text(const char *text)
{
    return text ? memory_copy_bytes(text, strlen(text)) : NULL;
}

char *memory_copy_bytes(const void *bytes, size_t length)
{
    char *copy = memory_resize(NULL, length + 1);

    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *memory_printf(const char *format, ...)
{
    char *text = NULL;
    va_list values;
    int length;

    va_start(values, format);
    length = vasprintf(&text, format, values);
    va_end(values);
    if (length < 0)
        abort();
    return text;
}

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){ .limit = limit };
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->limit);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->overflow = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

/* Room for length more bytes and the NUL; false when the limit forbids it. */
static bool make_room(struct buffer *buffer, size_t length)
{
    size_t most = buffer->limit > 0 ? buffer->limit : SIZE_MAX / 2;
    size_t size;

    if (length > most || buffer->length > most - length) {
        buffer->overflow = true;
        return false;
    }
    if (buffer->length + length < buffer->size)
        return true;
    size = buffer->size > 0 ? buffer->size : 64;
    while (size <= buffer->length + length)
        size *= 2;
    buffer->data = memory_resize(buffer->data, size);
    buffer->size = size;
    return true;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!make_room(buffer, length))
        return false;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

bool buffer_append_char(struct buffer *buffer, char c)
{
    return buffer_append(buffer, &c, 1);
}

bool buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (length < 0)
        abort();
    if (!make_room(buffer, (size_t)length))
        return false;
    va_start(values, format);
    (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, values);
    va_end(values);
    buffer->length += (size_t)length;
    return true;
}

char *buffer_take(struct buffer *buffer)
{
    char *data = buffer->data ? buffer->data : memory_new(1);

    buffer_init(buffer, buffer->limit);
    return data;
}
