/* One delivery at a time: the engine runs no second one. */
#include "tui/delivery_watch.h"

#include <stdlib.h>

#include "base/buffer.h"

void delivery_watch_init(struct delivery_watch *watch)
{
    *watch = (struct delivery_watch){
        .began = TIMESTAMP_NONE, .ended = TIMESTAMP_NONE, .news_at = TIMESTAMP_NONE, .held_at = TIMESTAMP_NONE
    };
}

void delivery_watch_clear(struct delivery_watch *watch)
{
    engine_event_free(watch->launch);
    engine_event_free(watch->news);
    engine_event_free(watch->held);
    free(watch->progress);
    free(watch->error);
    delivery_watch_init(watch);
}

void delivery_watch_begin(struct delivery_watch *watch, uint64_t request, struct engine_event *launch, timestamp_ms now)
{
    bool frozen = watch->frozen;

    delivery_watch_clear(watch);
    watch->frozen = frozen;
    watch->request = request;
    watch->launch = launch;
    watch->began = now;
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = value ? memory_copy_text(value) : NULL;
}

/* The newest, shown or not; NULL. */
static const struct delivery_progress *newest(const struct delivery_watch *watch)
{
    const struct engine_event *event = watch->held ? watch->held : watch->news;

    return event ? event->delivery : NULL;
}

static void take_news(struct delivery_watch *watch, struct engine_event *event, timestamp_ms now)
{
    struct engine_event **place = watch->frozen && watch->news ? &watch->held : &watch->news;

    engine_event_free(*place);
    *place = event;
    *(place == &watch->held ? &watch->held_at : &watch->news_at) = now;
    set_text(&watch->progress, NULL);
    if (event->delivery && event->delivery->state == DELIVERY_FAILED)
        set_text(&watch->error, event->delivery->error.message);
}

void delivery_watch_freeze(struct delivery_watch *watch, bool frozen)
{
    watch->frozen = frozen;
    if (frozen || !watch->held)
        return;
    engine_event_free(watch->news);
    watch->news = watch->held;
    watch->news_at = watch->held_at;
    watch->held = NULL;
}

bool delivery_watch_event(struct delivery_watch *watch, struct engine_event **event, timestamp_ms now)
{
    if (watch->request == 0 || (*event)->request != watch->request)
        return false;
    if ((*event)->final || (*event)->kind == ENGINE_FAILED) {
        watch->over = true;
        watch->ended = now;
    }
    if ((*event)->kind == ENGINE_FAILED)
        set_text(&watch->error, (*event)->error.message);
    if ((*event)->kind == ENGINE_PROGRESS)
        set_text(&watch->progress, (*event)->progress);
    if ((*event)->kind == ENGINE_DELIVERY) {
        take_news(watch, *event, now);
        *event = NULL;
    }
    engine_event_free(*event);
    *event = NULL;
    return true;
}

bool delivery_watch_shows_end(const struct delivery_watch *watch)
{
    return watch->over && !watch->held;
}

bool delivery_watch_runs(const struct delivery_watch *watch)
{
    return watch->request != 0 && !watch->over;
}

enum delivery_state delivery_watch_state(const struct delivery_watch *watch)
{
    if (newest(watch))
        return newest(watch)->state;
    return watch->error ? DELIVERY_FAILED : DELIVERY_IDLE;
}
