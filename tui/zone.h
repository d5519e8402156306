/* Local times, where the operator asks for them: UTC is the rule, and local times are shown by shifting the time and naming
 * the offset. The machine's zone (TZ, /etc/localtime). Any thread.
 */
#ifndef TUI_ZONE_H
#define TUI_ZONE_H

#include "base/timestamp.h"

#include <stdbool.h>

enum { ZONE_NAME_SIZE = 8 };

/* The time to hand to the formatters of timestamp.h: itself, or shifted by the zone's offset at that time. What is below
 * zero stays. */
timestamp_ms zone_time(bool local, timestamp_ms time);

/* "Z", or "+02:00". Returns out. */
const char *zone_name(bool local, timestamp_ms time, char out[ZONE_NAME_SIZE]);

#endif
