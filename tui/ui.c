/* The console on the engine. */
#include "tui/ui.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* Makes a folder and those above it, for the operator alone. */
static bool make_folders(const char *path, struct error *err)
{
    char *part = memory_copy_text(path);
    bool ok = true;

    for (char *slash = strchr(part + 1, '/'); ok; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        ok = mkdir(part, 0700) == 0 || errno == EEXIST;
        if (!slash)
            break;
        *slash = '/';
    }
    if (!ok)
        error_set_errno(err, "cannot make the folder %s", part);
    free(part);
    return ok;
}

/* The log's file. Where there can be none the console works all the same, and its log says why. */
static char *begin_log(const struct config *config)
{
    struct error err = { 0 };
    char *path = config->state_folder ? memory_printf("%s/headgate.log", config->state_folder) : NULL;

    if (path && make_folders(config->state_folder, &err) && log_to_file(path, &err))
        return path;
    log_write(LOG_WARNING, "log", "no log file: %s", path ? err.message : "neither XDG_STATE_HOME nor HOME is set");
    free(path);
    return NULL;
}

static bool run(const struct config *config, int signals, struct buffer *report, struct error *err)
{
    struct tui_source source = engine_source;
    struct engine *engine = NULL;
    char *cluster = cluster_name(config), *log_path = begin_log(config);
    char *clipboard = log_path ? memory_printf("%s/clipboard", config->state_folder) : NULL;
    bool ok = false;

    if (engine_new(config, &engine, err)) {
        struct console_options options = {
            .cluster = cluster,
            .unverified = config->unverified != NULL,
            .allow_write = config->allow_write,
            .inside = config->inside,
            .demo = config->guided && config->allow_write,
            .guided = config->guided,
            .topic = config->topic,
            .group = config->group,
            .script = config->script,
            .clipboard_file = clipboard,
            .report = report,
            .signals = signals,
            .refresh_seconds = config->refresh_seconds,
            .colours = !config->no_color,
            .ascii = config->ascii,
            .plain = config->plain,
        };

        source.context = engine;
        source.config = config;
        source.log_path = log_path;
        ok = console_run(&options, &source, err);
    }
    engine_free(engine);
    free(cluster);
    free(log_path);
    free(clipboard);
    return ok;
}

int tui_run(const struct config *config, struct error *err)
{
    bool measured = config->verbose || config->script;
    struct buffer report;
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
    log_to_stderr(false,
                  config->verbose ? LOG_DEBUG : LOG_INFO); /* it is the same terminal; the log view has the lines */
    setlocale(LC_CTYPE, ""); /* for the terminal's character set; numbers and messages stay as they are */
    if (!config->script) {
        signals = terminal_watch_signals(err);
        if (signals < 0)
            return 1;
    }
    buffer_init(&report, 0);
    bool ok = run(config, signals, measured ? &report : NULL, err);
    if (signals >= 0)
        terminal_unwatch_signals(signals);
    if (measured && report.length > 0) {
        log_to_stderr(true, LOG_INFO);
        log_write(LOG_INFO, "console", "%s", report.data);
    }
    buffer_clear(&report);
    log_close();
    if (ok)
        return 0;
    return err->kind == ERROR_USAGE ? 2 : 1;
}
