/* One delivery at a time: the engine runs no second one. */
#include "tui/delivery_watch.h"

#include <stdlib.h>

#include "base/buffer.h"

void delivery_watch_init(struct delivery_watch *watch)
{
    *watch = (struct delivery_watch){ .began = TIMESTAMP_NONE, .ended = TIMESTAMP_NONE, .news_at = TIMESTAMP_NONE };
}

void delivery_watch_clear(struct delivery_watch *watch)
{
    engine_event_free(watch->launch);
    engine_event_free(watch->news);
    free(watch->progress);
    free(watch->error);
    delivery_watch_init(watch);
}

void delivery_watch_begin(struct delivery_watch *watch, uint64_t request, struct engine_event *launch, timestamp_ms now)
{
    delivery_watch_clear(watch);
    watch->request = request;
    watch->launch = launch;
    watch->began = now;
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = value ? memory_copy_text(value) : NULL;
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
        engine_event_free(watch->news);
        watch->news = *event;
        watch->news_at = now;
        *event = NULL;
        set_text(&watch->progress, NULL);
        if (watch->news->delivery && watch->news->delivery->state == DELIVERY_FAILED)
            set_text(&watch->error, watch->news->delivery->error.message);
    }
    engine_event_free(*event);
    *event = NULL;
    return true;
}

bool delivery_watch_runs(const struct delivery_watch *watch)
{
    return watch->request != 0 && !watch->over;
}

enum delivery_state delivery_watch_state(const struct delivery_watch *watch)
{
    if (watch->news && watch->news->delivery)
        return watch->news->delivery->state;
    return watch->error ? DELIVERY_FAILED : DELIVERY_IDLE;
}
