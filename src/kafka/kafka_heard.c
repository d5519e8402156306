/* Two queues, for a token's news must not be pushed out by a broker's: they are seldom and the last one counts. A sender
 * that finds its queue full takes the oldest out itself. */
#include "kafka/kafka_heard.h"

#include "base/buffer.h"
#include "base/queue.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { OF_BROKERS, OF_TOKENS, KINDS };

struct kafka_heard {
    struct queue *queues[KINDS];
    struct kafka_heard_line *next[KINDS]; /* received, not taken yet; owner's thread */
    atomic_uint gone;
};

struct kafka_heard *kafka_heard_new(void)
{
    struct kafka_heard *heard = memory_new(sizeof(*heard));

    for (int kind = 0; kind < KINDS; kind++)
        heard->queues[kind] = queue_new(free);
    return heard;
}

void kafka_heard_free(struct kafka_heard *heard)
{
    if (!heard)
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        queue_free(heard->queues[kind]);
        free(heard->next[kind]);
    }
    free(heard);
}

void kafka_heard_add(struct kafka_heard *heard, struct kafka_heard_line *line)
{
    struct queue *queue = heard->queues[line->of_token ? OF_TOKENS : OF_BROKERS];

    queue_send(queue, line);
    while (queue_count(queue) > KAFKA_HEARD_MOST) {
        free(queue_receive(queue, 0));
        atomic_fetch_add(&heard->gone, 1);
    }
}

struct kafka_heard_line *kafka_heard_take(struct kafka_heard *heard)
{
    struct kafka_heard_line *taken;
    int oldest = OF_BROKERS;

    for (int kind = 0; kind < KINDS; kind++)
        if (!heard->next[kind])
            heard->next[kind] = queue_receive(heard->queues[kind], 0);
    if (!heard->next[OF_BROKERS] ||
        (heard->next[OF_TOKENS] && heard->next[OF_TOKENS]->when < heard->next[OF_BROKERS]->when))
        oldest = OF_TOKENS;
    taken = heard->next[oldest];
    heard->next[oldest] = NULL;
    return taken;
}

unsigned kafka_heard_gone(struct kafka_heard *heard)
{
    return atomic_exchange(&heard->gone, 0);
}
