/* The console on the engine. */
#include "tui/ui.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console.h"
#include "tui/terminal.h"

static uint64_t source_ask(void *context, const struct engine_request *request)
{
    return engine_ask(context, request);
}

static void source_cancel(void *context, uint64_t number)
{
    engine_cancel(context, number);
}

static struct engine_event *source_next(void *context)
{
    return engine_next(context);
}

static int source_fd(void *context)
{
    return engine_fd(context);
}

static bool source_idle(void *context)
{
    return engine_is_idle(context);
}

static uint64_t source_log_count(void *context)
{
    (void)context;
    return log_count();
}

static bool source_log_get(void *context, uint64_t number, struct log_line *line)
{
    (void)context;
    return log_get(number, line);
}

static uint64_t source_launch(void *context, uint64_t launch)
{
    return engine_launch(context, launch);
}

static void source_drain(void *context)
{
    engine_delivery_drain(context);
}

static void source_abort(void *context)
{
    engine_delivery_abort(context);
}

static void source_flush(void *context)
{
    engine_delivery_flush(context);
}

static void source_pause(void *context)
{
    engine_delivery_pause(context);
}

static void source_resume(void *context)
{
    engine_delivery_resume(context);
}

static const struct tui_source engine_source = {
    .ask = source_ask,
    .cancel = source_cancel,
    .next = source_next,
    .fd = source_fd,
    .idle = source_idle,
    .log_count = source_log_count,
    .log_get = source_log_get,
    .launch = source_launch,
    .drain = source_drain,
    .abort = source_abort,
    .flush = source_flush,
    .pause = source_pause,
    .resume = source_resume,
};

/* What the operator calls the cluster: its own name, else the first broker. */
static char *cluster_name(const struct config *config)
{
    if (config->cluster_name)
        return memory_copy_text(config->cluster_name);
    const char *servers = properties_get(&config->kafka, "bootstrap.servers");

    if (!servers)
        servers = properties_get(&config->kafka, "metadata.broker.list");
    return servers ? memory_copy_bytes(servers, strcspn(servers, ",")) : memory_copy_text("-");
}

static bool run(const struct config *config, int signals, struct error *err)
{
    struct tui_source source = engine_source;
    struct engine *engine = NULL;
    char *cluster = cluster_name(config);
    bool ok = false;

    if (engine_new(config, &engine, err)) {
        struct console_options options = {
            .cluster = cluster,
            .allow_write = config->allow_write,
            .script = config->script,
            .signals = signals,
            .refresh_seconds = config->refresh_seconds,
            .colours = !config->no_color,
            .ascii = config->ascii,
        };

        source.context = engine;
        source.config = config;
        ok = console_run(&options, &source, err);
    }
    engine_free(engine);
    free(cluster);
    return ok;
}

int tui_run(const struct config *config, struct error *err)
{
    int signals = -1;

    if (!config->brokers_given) {
        error_set(err, ERROR_USAGE, "which brokers? say -b HOST:PORT, or -F FILE with a client.properties%s",
                  config->guided ? "; ./bootstrap demo starts servers to try it on" : "");
        return 2;
    }
    if (config->guided && (!config->topic || !config->group)) {
        error_set(err, ERROR_USAGE, "the guide needs a topic and the old group: --topic TOPIC --group GROUP");
        return 2;
    }
    log_to_stderr(false, LOG_INFO); /* it is the same terminal; the log view has the lines */
    setlocale(LC_CTYPE, "");        /* for the terminal's character set; numbers and messages stay as they are */
    if (!config->script) {
        signals = terminal_watch_signals(err);
        if (signals < 0)
            return 1;
    }
    bool ok = run(config, signals, err);
    if (signals >= 0)
        terminal_unwatch_signals(signals);
    if (ok)
        return 0;
    return err->kind == ERROR_USAGE ? 2 : 1;
}
