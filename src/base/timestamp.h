/* Points in time: milliseconds since 1970-01-01T00:00:00Z, as Kafka stores them.
 *
 * A time below zero is "no time" (producers may send -1, and -1 and -2 mean other things to a broker), so
 * TIMESTAMP_NONE stands for every such value. Times are shown in UTC and say so.
 */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef int64_t timestamp_ms;

#define TIMESTAMP_NONE ((timestamp_ms) - 1)

enum { TIMESTAMP_TEXT_SIZE = 32 };

/* The wall clock. Any thread. Not for cutover/, which takes the time as an argument. */
timestamp_ms timestamp_now(void);

/* Milliseconds of a clock that never jumps, for ages and waits. Any thread. */
int64_t timestamp_monotonic(void);

/* Reads RFC 3339 (a missing zone is UTC; a bare date is its midnight; "HH:MM[:SS]Z" is today), epoch milliseconds,
 * "now", or a relative "-15m" (units s, m, h, d; also combined: -1h30m) counted from `now`. Never rounds up: digits
 * after the milliseconds are cut. A time below zero is refused; one after `now` is read and is the caller's to refuse.
 * Fails with ERROR_USAGE and the forms that are understood. */
bool timestamp_parse(const char *text, timestamp_ms now, timestamp_ms *time, struct error *err) MUST_CHECK;

/* Reads an HTTP Date header, "Mon, 23 Nov 2026 10:00:59 GMT"; false for anything else. */
bool timestamp_parse_http(const char *text, timestamp_ms *time) MUST_CHECK;

/* 2026-11-23T09:43:30Z, with .123 where the milliseconds are not zero. "-" for a time below zero. Returns out. */
char *timestamp_text(char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time);

/* 09:43:30 when on the UTC day of `now`, else 11-22 17:40 (this year) or 2025-11-22. "-" for no time. Returns out. */
char *timestamp_short(char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time, timestamp_ms now);

/* The UTC calendar of a time, by arithmetic (no C library call, no zone). Years beyond 9999 are the caller's matter. */
struct timestamp_calendar {
    int64_t year;
    int month, day, hour, minute, second, millisecond; /* month 1..12, day 1..31 */
};
struct timestamp_calendar timestamp_to_calendar(timestamp_ms time);

#endif
