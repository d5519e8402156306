/* A running stream: reader thread, encoder threads, uploader thread, and one door for its state.
 *
 * reader (librdkafka) -> open object (encoded, compressed) -> full, old, or memory asks -> conditional PUT -> confirmed
 * -> the object's `next` is committed. Back-pressure is the memory budget. Everything here may be called from any thread
 * and returns at once, except delivery_free, which waits for the threads.
 */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "delivery/delivery_progress.h"
#include "delivery/delivery_settings.h"

struct delivery;

/* Checks what can be checked without I/O, starts the threads. Texts of settings are borrowed until delivery_free. */
bool delivery_start(const struct delivery_settings *settings, struct delivery **delivery, struct error *err) MUST_CHECK;

/* Stop reading, store and commit what is open (at most 30 s), leave the group. Idempotent. */
void delivery_drain(struct delivery *delivery);
/* Drop everything open and end; what is not committed is read again next time. */
void delivery_abort(struct delivery *delivery);
/* Stop reading and stay a member of the group; what is open is closed by its age and stored. Idempotent. */
void delivery_pause(struct delivery *delivery);
void delivery_resume(struct delivery *delivery);
/* As delivery_abort, with the reason: the stream ends as DELIVERY_FAILED. The first reason counts. */
void delivery_fail(struct delivery *delivery, const struct error *err);
/* As delivery_drain, with the reason: what is open is stored, and then the stream ends as DELIVERY_FAILED. */
void delivery_end(struct delivery *delivery, const struct error *err);
/* Close all open objects now. */
void delivery_flush(struct delivery *delivery);
/* Retry parked partitions and waiting uploads at once. */
void delivery_hurry(struct delivery *delivery);

/* The operator's word about the losses that a snapshot asks for (settings.ask_lost, progress.asking): go on behind them, or
 * leave those partitions parked. round: the snapshot's ask_round; what came later is asked for anew. */
void delivery_answer_lost(struct delivery *delivery, int round, bool go_on);

/* The brokers answered a question of the caller's own, asked at at_ms (monotonic): an idle reader would not notice. */
void delivery_reached(struct delivery *delivery, int64_t at_ms);

/* A snapshot; progress was initialised by the caller, who clears it. */
void delivery_progress_get(struct delivery *delivery, struct delivery_progress *progress);

/* Ends the threads (delivery_abort first when still running) and frees. NULL is fine. */
void delivery_free(struct delivery *delivery);

#endif
