/* Hands pointers from thread to thread, whole: after queue_send the sender forgets the item.
 *
 * First in, first out. A queue can be waited for by a blocking receive or through a file descriptor that is readable
 * while items wait (for poll(2) loops). The queue itself is unbounded: what bounds the data is the memory budget.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/error.h"

#include <stddef.h>

struct queue;

/* free_item is called for items left over in queue_free; NULL: nothing is. Aborts without memory or descriptors. */
struct queue *queue_new(void (*free_item)(void *item));
void queue_free(struct queue *queue);

/* Takes item (not NULL). Any thread. After queue_close the item is freed at once. */
void queue_send(struct queue *queue, void *item);

/* The oldest item, now the caller's, or NULL after timeout_ms (0: do not wait, -1: for ever) or when closed and empty. */
void *queue_receive(struct queue *queue, int timeout_ms);

/* Items waiting now. Any thread. */
size_t queue_count(struct queue *queue);

/* Readable (poll POLLIN) while items wait; never read from it. */
int queue_fd(struct queue *queue);

/* No more items will come; receivers wake up. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);

/* Runs work(context) on a thread of its own and waits at most timeout_ms for its end: for calls of libraries that may
 * hang. False: it still runs and may do so for ever; context and what it touches belong to it from then on. Aborts when
 * no thread can be made. */
bool queue_run_bounded(void (*work)(void *context), void *context, int timeout_ms);

#endif
