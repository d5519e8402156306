/* The one limit on record memory: batches on their way to an encoder, open objects, sealed objects. Waiting here is the
 * back-pressure: when the budget is spent the reader stops, and nothing is ever dropped.
 *
 * Taking never fails and never waits, so that a thread that holds memory can always finish its work and give it back;
 * only the reader waits, before it reads more. The overshoot is what the reader hands over in one turn (about 1 MiB).
 */
#ifndef DELIVERY_MEMORY_BUDGET_H
#define DELIVERY_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct memory_budget;

enum memory_use {
    MEMORY_BATCH,  /* records between reader and encoder: at most an eighth of the budget */
    MEMORY_OPEN,   /* codec states and compressed bytes of objects that still grow */
    MEMORY_SEALED, /* objects that wait for S3 or are being sent, and come back by themselves */
    MEMORY_PARKED, /* objects that wait for an operator, and whatever is sealed behind them: nobody knows how long */
    MEMORY_USES,
};

/* limit in bytes. Any thread may use a budget. */
struct memory_budget *memory_budget_new(int64_t limit);
void memory_budget_free(struct memory_budget *budget);

void memory_budget_take(struct memory_budget *budget, enum memory_use use, int64_t bytes);
void memory_budget_give(struct memory_budget *budget, enum memory_use use, int64_t bytes);

/* True when the reader may read on; waits up to timeout_ms for that. */
bool memory_budget_wait(struct memory_budget *budget, int timeout_ms);

/* True when an encoder should close its largest object: of what is not parked three quarters are spent, and less than a
 * quarter is already on its way to S3 and will come back by itself. */
bool memory_budget_pressed(struct memory_budget *budget);

/* The reader says whether partitions wait for memory (waves). */
void memory_budget_ask_back(struct memory_budget *budget, bool asked);
/* How many bytes encoders should give back for them by closing objects that are as large as they can be for now; 0: none.
 * Down to half of what is not parked, and less what is already on its way to S3. */
int64_t memory_budget_asked_back(struct memory_budget *budget);

/* Moves bytes from one use to another. */
void memory_budget_move(struct memory_budget *budget, enum memory_use from, enum memory_use to, int64_t bytes);

/* What may be promised to partitions whose turn begins: five eighths of what is not parked, less what is used of it. May be
 * below zero. */
int64_t memory_budget_promise(struct memory_budget *budget);

/* Bytes in use for anything. */
int64_t memory_budget_used(struct memory_budget *budget);

#endif
