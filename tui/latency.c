/* Keys to screen. The kernel's counter of this thread's writes tells the bytes: ncurses writes to the descriptor itself. */
#include "tui/latency.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

int64_t latency_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Bytes this thread ever wrote; 0 where the kernel does not say. */
static int64_t bytes_written(void)
{
    char text[512];
    int64_t bytes = 0;
    int file = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof(text) - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *at = strstr(text, "wchar: ");
    for (at = at ? at + 7 : ""; *at >= '0' && *at <= '9'; at++)
        bytes = 10 * bytes + (*at - '0');
    return bytes;
}

void latency_start(struct latency *latency)
{
    *latency = (struct latency){ .on = true };
    latency->micros = memory_new(LATENCY_MOST * sizeof(*latency->micros));
    latency->began_bytes = bytes_written();
    latency->began_at = latency->empty_at = latency_now();
}

void latency_clear(struct latency *latency)
{
    free(latency->micros);
    *latency = (struct latency){ 0 };
}

void latency_empty(struct latency *latency)
{
    if (latency->on)
        latency->empty_at = latency_now();
}

void latency_key(struct latency *latency)
{
    if (!latency->on || latency->key_at != 0)
        return;
    latency->key_at = latency->empty_at;
    latency->before_bytes = bytes_written();
}

void latency_shown(struct latency *latency)
{
    if (!latency->on || latency->key_at == 0)
        return;
    int64_t bytes = bytes_written() - latency->before_bytes;
    latency->micros[latency->count++ % LATENCY_MOST] = (uint32_t)(latency_now() - latency->key_at);
    latency->key_bytes += bytes;
    if (bytes > latency->most_bytes)
        latency->most_bytes = bytes;
    latency->key_at = 0;
}

uint32_t latency_percentile(const uint32_t *sorted, size_t count, int percent)
{
    if (count == 0)
        return 0;
    size_t rank = (count * (size_t)percent + 99) / 100;
    return sorted[rank > 0 ? rank - 1 : 0];
}

static int by_size(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return a < b ? -1 : a > b;
}

static void append_ms(struct buffer *out, const char *name, uint32_t micros)
{
    buffer_printf(out, "%s %u.%u ms", name, micros / 1000, micros % 1000 / 100);
}

void latency_report(const struct latency *latency, struct buffer *out)
{
    size_t count = latency->count < LATENCY_MOST ? latency->count : LATENCY_MOST;
    int64_t seconds = (latency_now() - latency->began_at) / 1000000;
    char text[TEXT_NUMBER_SIZE];

    buffer_printf(out, "%s keys to screen", text_count(text, (int64_t)latency->count));
    if (count > 0) {
        uint32_t *sorted = memory_new(count * sizeof(*sorted));

        memcpy(sorted, latency->micros, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), by_size);
        append_ms(out, ": p50", latency_percentile(sorted, count, 50));
        append_ms(out, ", p99", latency_percentile(sorted, count, 99));
        append_ms(out, ", longest", sorted[count - 1]);
        free(sorted);
        buffer_printf(out, "; %s bytes a key", text_count(text, latency->key_bytes / (int64_t)latency->count));
        buffer_printf(out, ", %s at most", text_count(text, latency->most_bytes));
    }
    buffer_printf(out, "; %s bytes in all", text_count(text, bytes_written() - latency->began_bytes));
    buffer_printf(out, " in %s s", text_count(text, seconds));
}
