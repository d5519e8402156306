/* Ctrl-C needs no care here: these questions write nothing, so the process may simply end. */
#include "command/command_ask.h"

#include "command/command_progress.h"

#include <poll.h>

bool command_need(const char *value, const char *option, struct error *err)
{
    return value || error_set(err, ERROR_USAGE, "--%s is missing", option);
}

/* The next event of the one question that is open; waits for it. */
static struct engine_event *wait_event(struct engine *engine)
{
    struct engine_event *event;

    while ((event = engine_next(engine)) == NULL) {
        struct pollfd fd = { .fd = engine_fd(engine), .events = POLLIN };

        poll(&fd, 1, -1);
    }
    return event;
}

bool command_ask_engine(struct engine *engine, const struct engine_request *request, struct engine_event **answer,
                        struct error *err)
{
    struct command_progress progress;
    struct engine_event *event;
    bool ok;

    command_progress_init(&progress);
    engine_ask(engine, request);
    while (!(event = wait_event(engine))->final) {
        if (event->kind == ENGINE_PROGRESS)
            command_progress_show(&progress, event->progress);
        engine_event_free(event);
    }
    command_progress_end(&progress);
    ok = event->kind != ENGINE_FAILED;
    if (ok) {
        *answer = event;
    } else {
        *err = event->error;
        engine_event_free(event);
    }
    return ok;
}

bool command_ask(const struct config *config, const struct engine_request *request, struct engine_event **answer,
                 struct error *err)
{
    struct engine *engine = NULL;
    bool ok;

    if (!engine_new(config, &engine, err))
        return false;
    ok = command_ask_engine(engine, request, answer, err);
    engine_free(engine);
    return ok;
}
