/* Pointers from thread to thread. A ring that grows; the event descriptor holds 1 exactly while items wait, so that
 * one write or read is made when the queue turns from empty or to empty, not one an item. */
#include "base/queue.h"

#include "base/buffer.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct queue {
    void (*free_item)(void *item);
    int fd;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed; /* an item came, or the queue was closed */
        void **ring;
        size_t size; /* slots of ring */
        size_t first;
        size_t count;
        bool closed;
    } shared;
};

struct queue *queue_new(void (*free_item)(void *item))
{
    struct queue *queue = memory_new(sizeof(*queue));
    pthread_condattr_t attributes;

    queue->free_item = free_item;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0)
        abort();
    pthread_mutex_init(&queue->shared.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->shared.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return queue;
}

void queue_free(struct queue *queue)
{
    void *item;

    if (!queue)
        return;
    while ((item = queue_receive(queue, 0))) {
        if (queue->free_item)
            queue->free_item(item);
    }
    pthread_cond_destroy(&queue->shared.changed);
    pthread_mutex_destroy(&queue->shared.lock);
    close(queue->fd);
    free(queue->shared.ring);
    free(queue);
}

/* Twice the room, the oldest item first. */
static void grow_locked(struct queue *queue)
{
    size_t size = queue->shared.size > 0 ? 2 * queue->shared.size : 16;
    void **ring = memory_new(size * sizeof(void *));

    for (size_t i = 0; i < queue->shared.count; i++)
        ring[i] = queue->shared.ring[(queue->shared.first + i) % queue->shared.size];
    free(queue->shared.ring);
    queue->shared.ring = ring;
    queue->shared.size = size;
    queue->shared.first = 0;
}

static void append_locked(struct queue *queue, void *item)
{
    const uint64_t one = 1;

    if (queue->shared.count == queue->shared.size)
        grow_locked(queue);
    queue->shared.ring[(queue->shared.first + queue->shared.count) % queue->shared.size] = item;
    if (queue->shared.count++ == 0 && write(queue->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        abort();
    pthread_cond_signal(&queue->shared.changed);
}

static void *take_locked(struct queue *queue)
{
    void *item = queue->shared.ring[queue->shared.first];
    uint64_t one;

    queue->shared.first = (queue->shared.first + 1) % queue->shared.size;
    if (--queue->shared.count == 0 && read(queue->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        abort();
    return item;
}

void queue_send(struct queue *queue, void *item)
{
    bool closed;

    assert(item);
    pthread_mutex_lock(&queue->shared.lock);
    closed = queue->shared.closed;
    if (!closed)
        append_locked(queue, item);
    pthread_mutex_unlock(&queue->shared.lock);
    if (closed && queue->free_item)
        queue->free_item(item);
}

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec deadline;

    (void)clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (timeout_ms % 1000) * 1000000L;
    if (deadline.tv_nsec >= 1000000000L) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000L;
    }
    return deadline;
}

void *queue_receive(struct queue *queue, int timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms > 0 ? timeout_ms : 0);
    void *item = NULL;
    int late = 0;

    pthread_mutex_lock(&queue->shared.lock);
    while (queue->shared.count == 0 && !queue->shared.closed && timeout_ms != 0 && late == 0) {
        if (timeout_ms < 0)
            pthread_cond_wait(&queue->shared.changed, &queue->shared.lock);
        else
            late = pthread_cond_timedwait(&queue->shared.changed, &queue->shared.lock, &deadline);
    }
    if (queue->shared.count > 0)
        item = take_locked(queue);
    pthread_mutex_unlock(&queue->shared.lock);
    return item;
}

size_t queue_count(struct queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->shared.lock);
    count = queue->shared.count;
    pthread_mutex_unlock(&queue->shared.lock);
    return count;
}

int queue_fd(struct queue *queue)
{
    return queue->fd;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->shared.lock);
    queue->shared.closed = true;
    pthread_cond_broadcast(&queue->shared.changed);
    pthread_mutex_unlock(&queue->shared.lock);
}

bool queue_is_closed(struct queue *queue)
{
    bool closed;

    pthread_mutex_lock(&queue->shared.lock);
    closed = queue->shared.closed;
    pthread_mutex_unlock(&queue->shared.lock);
    return closed;
}

struct bounded_run {
    void (*work)(void *context);
    void *context;
    struct queue *done;
};

static void *bounded_thread(void *argument)
{
    struct bounded_run *run = argument;

    run->work(run->context);
    queue_send(run->done, run);
    return NULL;
}

bool queue_run_bounded(void (*work)(void *context), void *context, int timeout_ms)
{
    struct bounded_run *run = memory_new(sizeof(*run));
    pthread_t thread;

    run->work = work;
    run->context = context;
    run->done = queue_new(NULL);
    if (pthread_create(&thread, NULL, bounded_thread, run) != 0)
        abort();
    if (!queue_receive(run->done, timeout_ms)) {
        pthread_detach(thread); /* run and its queue stay, for the thread may still come to use them */
        return false;
    }
    pthread_join(thread, NULL);
    queue_free(run->done);
    free(run);
    return true;
}
