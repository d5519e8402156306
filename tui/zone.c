/* The C library knows the zone. */
#include "tui/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds east of Greenwich at that time. */
static long offset_at(timestamp_ms time)
{
    time_t seconds = (time_t)(time / 1000);
    struct tm at;

    return localtime_r(&seconds, &at) ? at.tm_gmtoff : 0;
}

timestamp_ms zone_time(bool local, timestamp_ms time)
{
    return local && time >= 0 ? time + 1000 * (timestamp_ms)offset_at(time) : time;
}

const char *zone_name(bool local, timestamp_ms time, char out[ZONE_NAME_SIZE])
{
    long minutes = local ? offset_at(time) / 60 : 0;

    if (local)
        snprintf(out, ZONE_NAME_SIZE, "%c%02d:%02d", minutes < 0 ? '-' : '+', (int)(labs(minutes) / 60 % 100),
                 (int)(labs(minutes) % 60));
    else
        snprintf(out, ZONE_NAME_SIZE, "Z");
    return out;
}

char *zone_short(bool local, char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time, timestamp_ms now)
{
    return timestamp_short(out, zone_time(local, time), zone_time(local, now));
}

char *zone_named(bool local, char out[ZONE_TEXT_SIZE], timestamp_ms time, timestamp_ms now)
{
    zone_short(local, out, time, now);
    if (time >= 0)
        zone_name(local, time, out + strlen(out));
    return out;
}

char *zone_full(bool local, char out[ZONE_TEXT_SIZE], timestamp_ms time)
{
    size_t length;

    timestamp_text(out, zone_time(local, time));
    length = strlen(out);
    if (time >= 0 && length > 0 && out[length - 1] == 'Z')
        zone_name(local, time, out + length - 1);
    return out;
}

const char *zone_asked(bool local, const char *in_utc)
{
    return local ? "time, UTC unless it has an offset: " : in_utc;
}
