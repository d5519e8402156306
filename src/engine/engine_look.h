/* Looks after a running stream from outside: is its topic still the same, where does it end, what have the other instances
 * committed, how long does it keep. The reader knows an end only where it has read to it. Private to src/.
 *
 * A thread with a Kafka client of its own asks every 5 s, and less often where that takes long. What it cannot read is
 * left out; a delivery never fails for it. A topic that was deleted or made again is what it must stop for: librdkafka
 * waits for the one in silence, as if nothing more had come, and reads on in the other.
 */
#ifndef ENGINE_LOOK_H
#define ENGINE_LOOK_H

#include "delivery/stream_object.h"
#include "kafka/kafka_client.h"

struct engine_look;

struct engine_look_answer {
    int64_t at_ms; /* monotonic: when the ends were asked for */
    struct partition_offsets ends, committed;
    int64_t retention_ms;  /* -1 unlimited or unknown */
    struct error replaced; /* not ERROR_NONE: the topic is not the plan's any more */
    struct error deleted;  /* not ERROR_NONE: the topic is not there any more, two looks in a row */
};
void engine_look_answer_clear(struct engine_look_answer *answer);

/* settings' properties and object are borrowed until engine_look_end. NULL when no thread can be had. */
struct engine_look *engine_look_start(const struct kafka_settings *settings, const struct stream_object *object);
/* Waits for a question that is under way, at most some seconds. NULL is fine. */
void engine_look_end(struct engine_look *look);

/* The answer since the last call, moved out. False when there is none; NULL is fine. Any thread. */
bool engine_look_take(struct engine_look *look, struct engine_look_answer *answer);

#endif
