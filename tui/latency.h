/* How long keys take to reach the screen, and what that costs in bytes: measured inside the process.
 *
 * A key's time is an upper bound: it begins when the input was last seen empty, or when poll(2) woke up for it. It ends
 * when everything drawn for it has been written. Bytes are those that the UI thread wrote (the kernel counts them), so
 * a few of its other writes are in them.
 */
#ifndef TUI_LATENCY_H
#define TUI_LATENCY_H

#include "base/buffer.h"

#include <stdint.h>

enum {
    LATENCY_MOST = 16384, /* keys that are kept; the newest */
};

struct latency {
    bool on;                       /* otherwise nothing is measured */
    int64_t empty_at;              /* monotonic microseconds: no key was waiting */
    int64_t key_at;                /* of the oldest key not on screen yet; 0: none */
    uint32_t *micros;              /* LATENCY_MOST of them */
    size_t count;                  /* ever */
    int64_t began_bytes, began_at; /* since latency_start */
    int64_t before_bytes;          /* at the key */
    int64_t key_bytes, most_bytes; /* of drawings for keys: sum, largest */
};

void latency_start(struct latency *latency);
void latency_clear(struct latency *latency);

/* Now, in monotonic microseconds. */
int64_t latency_now(void);

/* The input is empty, or was until now: poll(2) slept and woke up. */
void latency_empty(struct latency *latency);
/* A key was taken. */
void latency_key(struct latency *latency);
/* The screen was written. */
void latency_shown(struct latency *latency);

/* The value below which `percent` of the sorted values lie, nearest rank; 0 for none. Pure. */
uint32_t latency_percentile(const uint32_t *sorted, size_t count, int percent);

/* Appends "412 keys to screen: p50 1.2 ms, p99 4.8 ms, longest 9.1 ms; 640 bytes a key, 7,214 at most; 91 bytes/s". */
void latency_report(const struct latency *latency, struct buffer *out);

#endif
