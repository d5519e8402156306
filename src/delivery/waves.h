/* Waves: which partitions of a backlog are read now. Pure; reader thread only.
 *
 * With many partitions and little memory, reading all of them at once would cut every object small. So as many are read
 * at a time as the memory budget holds objects of the size they can reach; the others wait in a line, paused in Kafka.
 * A turn ends at the partition's end, when it has filled an object while others wait, or when nothing comes. Whoever
 * stands at the end stays readable: new records get their interval, and are no reason to wait in line.
 *
 *   OUT --join--> CAUGHT_UP <----at_end---- READING --turn over--> WAITING (back of the line)
 *          \          \-------record-------->  ^                      |
 *           \------------------------------> WAITING ------next-------/
 *
 * Sizes expected: 1 to 10,000 partitions, 56 bytes each. Every call but waves_next is O(1).
 */
#ifndef DELIVERY_WAVES_H
#define DELIVERY_WAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wave_place {
    WAVE_OUT,       /* not read: not ours, parked, done */
    WAVE_WAITING,   /* in line; paused in Kafka */
    WAVE_READING,   /* its turn */
    WAVE_CAUGHT_UP, /* at its end; readable */
    WAVE_PLACES,
};

/* What an object of so many raw bytes costs in memory, as measured so far. */
struct wave_price {
    double ratio;         /* stored bytes per raw byte */
    int64_t state_bytes;  /* of a codec */
    int64_t lazy_bytes;   /* an object up to so many raw bytes is kept raw, without a codec */
    int64_t record_bytes; /* of an average record */
};

struct waves;

/* size_bytes: raw size at which an object is cut. least: so many partitions are read at a time whatever memory there is. */
struct waves *waves_new(int64_t size_bytes, size_t least);
void waves_free(struct waves *waves);

enum wave_place waves_place(const struct waves *waves, int32_t partition);
size_t waves_count(const struct waves *waves, enum wave_place place);

/* Takes part from now on; behind: offsets to the known end. 0: caught up; otherwise at the back of the line. */
void waves_join(struct waves *waves, int32_t partition, int64_t behind);
void waves_leave(struct waves *waves, int32_t partition);

/* A record of so many raw bytes was read; now_ms is monotonic. True when its turn is over by that (it waits again): what
 * follows is read in its next turn, and the owner pauses it. */
bool waves_record(struct waves *waves, int32_t partition, int64_t bytes, int64_t now_ms);

/* The partition's end was met. */
void waves_at_end(struct waves *waves, int32_t partition);

/* Ends a turn in which nothing came since quiet_since, when others wait. behind: offsets left. True: it waits again. */
bool waves_end_quiet(struct waves *waves, int32_t partition, int64_t quiet_since, int64_t behind);

/* The next in line when memory has room for what it will need: room is what may be taken by all turns together, on top
 * of what is in use. It reads from now on. -1: nobody, or not now. */
int32_t waves_next(struct waves *waves, const struct wave_price *price, int64_t room, int64_t now_ms);

#endif
