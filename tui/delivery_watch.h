/* The delivery of this process as the console sees it: what was launched, and the newest snapshot. It
 * goes on while no view shows it. Owned by the console, read by views; UI thread only.
 */
#ifndef TUI_DELIVERY_WATCH_H
#define TUI_DELIVERY_WATCH_H

#include "engine_event.h"

struct delivery_watch {
    uint64_t request;            /* number of the launch; 0: nothing was launched by this process */
    bool over;                   /* its last word was said */
    timestamp_ms began, ended;   /* of the launch, and of the last word; TIMESTAMP_NONE */
    struct engine_event *launch; /* what was confirmed (ENGINE_LAUNCH); NULL */
    struct engine_event *news;   /* the newest ENGINE_DELIVERY that is shown; NULL until the first */
    timestamp_ms news_at;
    bool frozen;               /* the screen is: see delivery_watch_freeze */
    struct engine_event *held; /* the newest one, while it is not to be shown; NULL */
    timestamp_ms held_at;
    char *progress; /* what the launch does before its stream runs; NULL */
    char *error;    /* why it failed; NULL */
};

void delivery_watch_init(struct delivery_watch *watch);
void delivery_watch_clear(struct delivery_watch *watch);

/* A launch begins; takes the event that described it (may be NULL). What was before is forgotten. */
void delivery_watch_begin(struct delivery_watch *watch, uint64_t request, struct engine_event *launch,
                          timestamp_ms now);

/* Takes *event where it belongs to the delivery, and sets it NULL. False when it is not about it. */
bool delivery_watch_event(struct delivery_watch *watch, struct engine_event **event, timestamp_ms now);

/* On a frozen screen the news stays what it was; what comes meanwhile is kept and shown afterwards. Whether the delivery
 * runs, and in which state it is, never waits. */
void delivery_watch_freeze(struct delivery_watch *watch, bool frozen);

/* Its last word was said, and what is shown is from then. */
bool delivery_watch_shows_end(const struct delivery_watch *watch);

/* Launched, and its last word not said: a process that ends now must drain first. */
bool delivery_watch_runs(const struct delivery_watch *watch);

/* DELIVERY_IDLE before the first snapshot; DELIVERY_FAILED too where the launch itself failed. */
enum delivery_state delivery_watch_state(const struct delivery_watch *watch);

#endif
