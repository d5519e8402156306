/* The one limit on record memory; see the header for why only the reader ever waits. */
#include "delivery/memory_budget.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"

struct memory_budget {
    int64_t limit;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t given;
        int64_t used[MEMORY_USES];
        bool asked_back;
    } shared;
};

static int64_t used_locked(const struct memory_budget *budget)
{
    int64_t used = 0;

    for (int use = 0; use < MEMORY_USES; use++)
        used += budget->shared.used[use];
    return used;
}

/* What partitions that can move have among them, and what they use of it. */
static int64_t moving_limit_locked(const struct memory_budget *budget)
{
    int64_t left = budget->limit - budget->shared.used[MEMORY_PARKED];

    return left > 0 ? left : 0;
}

static int64_t moving_locked(const struct memory_budget *budget)
{
    return used_locked(budget) - budget->shared.used[MEMORY_PARKED];
}

static bool has_room_locked(const struct memory_budget *budget)
{
    return used_locked(budget) < budget->limit && budget->shared.used[MEMORY_BATCH] < budget->limit / 8;
}

struct memory_budget *memory_budget_new(int64_t limit)
{
    struct memory_budget *budget = memory_new(sizeof(*budget));
    pthread_condattr_t attributes;

    budget->limit = limit;
    pthread_mutex_init(&budget->shared.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&budget->shared.given, &attributes);
    pthread_condattr_destroy(&attributes);
    return budget;
}

void memory_budget_free(struct memory_budget *budget)
{
    if (!budget)
        return;
    pthread_cond_destroy(&budget->shared.given);
    pthread_mutex_destroy(&budget->shared.lock);
    free(budget);
}

void memory_budget_take(struct memory_budget *budget, enum memory_use use, int64_t bytes)
{
    pthread_mutex_lock(&budget->shared.lock);
    budget->shared.used[use] += bytes;
    pthread_mutex_unlock(&budget->shared.lock);
}

void memory_budget_give(struct memory_budget *budget, enum memory_use use, int64_t bytes)
{
    pthread_mutex_lock(&budget->shared.lock);
    budget->shared.used[use] -= bytes;
    pthread_cond_signal(&budget->shared.given);
    pthread_mutex_unlock(&budget->shared.lock);
}

void memory_budget_move(struct memory_budget *budget, enum memory_use from, enum memory_use to, int64_t bytes)
{
    pthread_mutex_lock(&budget->shared.lock);
    budget->shared.used[from] -= bytes;
    budget->shared.used[to] += bytes;
    pthread_mutex_unlock(&budget->shared.lock);
}

bool memory_budget_wait(struct memory_budget *budget, int timeout_ms)
{
    struct timespec deadline;
    bool room;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_nsec += (long)timeout_ms * 1000000;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    pthread_mutex_lock(&budget->shared.lock);
    while (!(room = has_room_locked(budget)))
        if (pthread_cond_timedwait(&budget->shared.given, &budget->shared.lock, &deadline) != 0)
            break;
    pthread_mutex_unlock(&budget->shared.lock);
    return room;
}

bool memory_budget_pressed(struct memory_budget *budget)
{
    pthread_mutex_lock(&budget->shared.lock);
    int64_t limit = moving_limit_locked(budget);
    bool pressed = moving_locked(budget) > limit / 4 * 3 && budget->shared.used[MEMORY_SEALED] < limit / 4;
    pthread_mutex_unlock(&budget->shared.lock);
    return pressed;
}

void memory_budget_ask_back(struct memory_budget *budget, bool asked)
{
    pthread_mutex_lock(&budget->shared.lock);
    budget->shared.asked_back = asked;
    pthread_mutex_unlock(&budget->shared.lock);
}

int64_t memory_budget_asked_back(struct memory_budget *budget)
{
    int64_t bytes = 0;

    pthread_mutex_lock(&budget->shared.lock);
    int64_t limit = moving_limit_locked(budget);
    if (budget->shared.asked_back && budget->shared.used[MEMORY_SEALED] < limit / 4)
        bytes = moving_locked(budget) - budget->shared.used[MEMORY_SEALED] - limit / 2;
    pthread_mutex_unlock(&budget->shared.lock);
    return bytes > 0 ? bytes : 0;
}

int64_t memory_budget_promise(struct memory_budget *budget)
{
    pthread_mutex_lock(&budget->shared.lock);
    int64_t room = moving_limit_locked(budget) / 8 * 5 - moving_locked(budget);
    pthread_mutex_unlock(&budget->shared.lock);
    return room;
}

int64_t memory_budget_used(struct memory_budget *budget)
{
    pthread_mutex_lock(&budget->shared.lock);
    int64_t used = used_locked(budget);
    pthread_mutex_unlock(&budget->shared.lock);
    return used;
}
