/* Where the console's answers come from: the engine, or fixtures of a test.
 *
 * The functions mean what those of engine.h mean. All are called by the UI thread and none may block.
 */
#ifndef TUI_TUI_SOURCE_H
#define TUI_TUI_SOURCE_H

#include "base/log.h"
#include "engine.h"

struct tui_source {
    void *context; /* handed to each; the engine */
    const struct config
        *config; /* settings of the run: bucket, stream, sizes; outlives the console; NULL in small tests */
    uint64_t (*ask)(void *context, const struct engine_request *request);
    void (*cancel)(void *context, uint64_t number);
    struct engine_event *(*next)(void *context);
    int (*fd)(void *context);
    bool (*idle)(void *context);
    uint64_t (*log_count)(void *context);
    const char *log_path; /* the log's file; NULL: there is none */
    bool (*log_get)(void *context, uint64_t number, struct log_line *line);
    /* The delivery of this process, as engine_launch, engine_delivery_drain and so on. */
    uint64_t (*launch)(void *context, uint64_t launch);
    void (*drain)(void *context);
    void (*abort)(void *context);
    void (*flush)(void *context);
    void (*pause)(void *context);
    void (*resume)(void *context);
};

#endif
