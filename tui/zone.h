/* Local times, where the operator asks for them: UTC is the rule, and local times are shown by shifting the time and naming
 * the offset. The machine's zone (TZ, /etc/localtime). Any thread.
 */
#ifndef TUI_ZONE_H
#define TUI_ZONE_H

#include "base/timestamp.h"

#include <stdbool.h>

enum { ZONE_NAME_SIZE = 8, ZONE_TEXT_SIZE = TIMESTAMP_TEXT_SIZE + ZONE_NAME_SIZE };

/* The time to hand to the formatters of timestamp.h: itself, or shifted by the zone's offset at that time. What is below
 * zero stays. */
timestamp_ms zone_time(bool local, timestamp_ms time);

/* "Z", or "+02:00". Returns out. */
const char *zone_name(bool local, timestamp_ms time, char out[ZONE_NAME_SIZE]);

/* As timestamp_short: "09:43:30", with the date where that is another than now's there. Names no zone. Returns out. */
char *zone_short(bool local, char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time, timestamp_ms now);

/* The same with its zone: "09:43:30Z", "15:13:30+05:30"; "-" for none. Returns out. */
char *zone_named(bool local, char out[ZONE_TEXT_SIZE], timestamp_ms time, timestamp_ms now);

/* "2026-11-23T09:43:30.250Z", "2026-11-23T15:13:30.250+05:30"; "-" for none. Returns out. */
char *zone_full(bool local, char out[ZONE_TEXT_SIZE], timestamp_ms time);

/* What asks for a time: as in UTC, or, where local times are shown, that what one sees is not what is read. */
const char *zone_asked(bool local, const char *in_utc);

#endif
