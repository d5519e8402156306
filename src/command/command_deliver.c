/* headgate deliver: prepare, confirm, launch, watch, and end in good order. */
#include "command/command_ask.h"
#include "command/command_confirm.h"
#include "command/command_live.h"
#include "command/command_print.h"
#include "command/command_report.h"
#include "command/command_rows.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct run {
    const struct config *config;
    struct engine *engine;
    struct command_live live;
    int signal_fd;
    sigset_t signals;
    int interrupted; /* signals so far */
    int ask_round;   /* of the losses answered so far */
};

/* --- signals ---------------------------------------------------------------------------------------------------------*/

/* Blocked before any thread exists, so that every thread leaves them to the descriptor. */
static bool catch_signals(struct run *run, struct error *err)
{
    sigemptyset(&run->signals);
    sigaddset(&run->signals, SIGINT);
    sigaddset(&run->signals, SIGTERM);
    sigaddset(&run->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &run->signals, NULL);
    run->signal_fd = signalfd(-1, &run->signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signal_fd >= 0 || error_set_errno(err, "cannot watch for signals");
}

static bool take_signal(struct run *run)
{
    struct signalfd_siginfo info;

    if (read(run->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return false;
    run->interrupted++;
    return true;
}

/* First: stop in good order. Second: drop what is open; it is read again next time. Third: the system's own way. */
static void end_stream(struct run *run)
{
    if (run->interrupted == 1) {
        command_progress_say(&run->live.line, "stopping: storing what is open (at most 30 s); again: drop it");
        engine_delivery_drain(run->engine);
    } else {
        command_progress_say(&run->live.line, "aborting: what is not stored will be read again");
        engine_delivery_abort(run->engine);
        sigprocmask(SIG_UNBLOCK, &run->signals, NULL);
    }
}

/* --- events ----------------------------------------------------------------------------------------------------------*/

/* The next event, or NULL when a signal came first. */
static struct engine_event *next_event(struct run *run)
{
    struct engine_event *event;

    while ((event = engine_next(run->engine)) == NULL) {
        struct pollfd fds[2] = {
            { .fd = engine_fd(run->engine), .events = POLLIN },
            { .fd = run->signal_fd,         .events = POLLIN }
        };

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            continue;
        if (fds[1].revents && take_signal(run))
            return NULL;
    }
    return event;
}

static void show(struct run *run, const struct engine_event *event)
{
    if (event->kind == ENGINE_DELIVERY)
        command_live_show(&run->live, event->delivery);
    else if (event->kind == ENGINE_PROGRESS && event->keep)
        command_progress_say(&run->live.line, event->progress);
    else if (event->kind == ENGINE_PROGRESS)
        command_progress_show(&run->live.line, event->progress);
}

/* Waits for the final event of what was asked. A signal before the stream runs means that nothing is launched. */
static bool prepare(struct run *run, struct engine_event **answer, struct error *err)
{
    struct engine_request request = { .kind = ENGINE_ASK_LAUNCH };
    struct engine_event *event;

    engine_ask(run->engine, &request);
    while ((event = next_event(run)) != NULL && !event->final) {
        show(run, event);
        engine_event_free(event);
    }
    command_progress_end(&run->live.line);
    if (!event)
        return error_set(err, ERROR_CANCELLED, "interrupted: nothing was launched");
    *answer = event;
    if (event->kind != ENGINE_FAILED)
        return true;
    *err = event->error;
    return false;
}

/* A loss met on the way: the operator decides, while the other partitions go on. */
static void ask_lost(struct run *run, const struct engine_event *event)
{
    const struct delivery_progress *progress = event->delivery;

    if (event->kind != ENGINE_DELIVERY || progress->asking == 0 || progress->ask_round == run->ask_round ||
        run->interrupted > 0)
        return;
    run->ask_round = progress->ask_round;
    command_progress_end(&run->live.line);
    engine_delivery_answer_lost(run->engine, progress->ask_round,
                                command_confirm_lost(progress, event->stream, run->signal_fd));
}

static struct engine_event *watch(struct run *run, uint64_t launch)
{
    struct engine_event *event = NULL;
    bool final = false;

    engine_launch(run->engine, launch);
    while (!final) {
        event = next_event(run);
        if (!event) {
            end_stream(run);
            continue;
        }
        final = event->final;
        show(run, event);
        ask_lost(run, event);
        if (!final)
            engine_event_free(event);
    }
    command_progress_end(&run->live.line);
    return event;
}

/* --- the end ---------------------------------------------------------------------------------------------------------*/

static int exit_code(const struct run *run, const struct delivery_progress *progress)
{
    struct delivery_outlook outlook;

    if (progress->state == DELIVERY_FAILED)
        return COMMAND_FAILED;
    if (run->interrupted > 1)
        return COMMAND_FAILED;
    delivery_progress_outlook(progress, &outlook);
    return progress->parked > 0 || outlook.uncommitted > 0 ? COMMAND_BAD_NEWS : COMMAND_DONE;
}

static int finish(struct run *run, const struct engine_event *event)
{
    const struct delivery_progress *progress = event->delivery;
    struct buffer out;
    int code;

    if (event->kind == ENGINE_FAILED)
        return command_fail(&event->error);
    code = exit_code(run, progress);
    buffer_init(&out, 0);
    if (run->config->json)
        command_json(&out, delivery_progress_to_json(progress, event->stream, event->plan_id));
    else
        command_live_summary(&out, progress, event->stream, event->plan_id);
    if (progress->state == DELIVERY_FAILED)
        command_fail(&progress->error);
    return command_finish(&out, code);
}

static void show_old_sink(const struct engine_event *event)
{
    struct buffer text;

    buffer_init(&text, 0);
    command_report_old_sink(&text, event);
    if (text.length > 0)
        fputs(text.data, stderr);
    buffer_clear(&text);
}

static bool confirm(struct run *run, const struct engine_event *prepared, struct error *err)
{
    const struct engine_launch *launch = prepared->launch;

    command_confirm_show(launch);
    show_old_sink(prepared);
    if (launch->refusal)
        return error_set(err, ERROR_REFUSED, "refused: %s", launch->refusal);
    return run->config->yes || command_confirm_ask(launch, run->signal_fd, err);
}

static int deliver(struct run *run)
{
    struct engine_event *prepared = NULL, *last = NULL;
    struct error err = { 0 };
    int code;

    if (!prepare(run, &prepared, &err) || !confirm(run, prepared, &err)) {
        code = command_fail(&err);
    } else {
        last = watch(run, prepared->request);
        code = finish(run, last);
    }
    engine_event_free(prepared);
    engine_event_free(last);
    return code;
}

static int run_deliver(const struct config *config)
{
    struct run run = { .config = config, .signal_fd = -1 };
    struct config settings = *config; /* its texts are config's */
    struct error err = { 0 };
    int code;

    if (!command_need(config->stream, "stream", &err) || !command_need(config->bucket, "bucket", &err))
        return command_fail(&err);
    if (!config->yes && !command_confirm_possible()) {
        error_set(&err, ERROR_USAGE, "this is no terminal, so nobody can confirm the launch: give --yes");
        return command_fail(&err);
    }
    settings.ask_lost = !config->yes && !config->allow_lost;
    command_live_init(&run.live);
    if (!catch_signals(&run, &err) || !engine_new(&settings, &run.engine, &err))
        code = command_fail(&err);
    else
        code = deliver(&run);
    engine_free(run.engine);
    if (run.signal_fd >= 0)
        close(run.signal_fd);
    return code;
}

const struct command command_deliver_row = {
    .name = "deliver",
    .bit = CONFIG_DELIVER,
    .summary = "launch a stream to S3, or go on with one",
    .usage = "--stream NAME --bucket BUCKET [--prefix PREFIX]\n"
             "           [--brokers HOST:PORT,...] [--topic TOPIC --start START]\n"
             "           [--group GROUP] [--until end|TIME] [--yes]",
    .text = "Launches a stream: shows the plan, asks for the stream's name (or takes --yes),\n"
            "writes the plan into the bucket, and delivers. Where the stream exists already,\n"
            "its plan holds and the delivery goes on: --stream, --bucket, --prefix and\n"
            "--brokers are enough, on any host, as often as wanted, also side by side. One\n"
            "name, one plan: other options that differ are refused, but for --size,\n"
            "--interval and --memory, which hold for this run: where an object ends does not\n"
            "matter to the next one.\n"
            "\n"
            "Where a backlog lies in more partitions than --memory holds objects for, they\n"
            "are read in waves: the others wait, and get larger objects for it.\n"
            "\n"
            "A gap, a loss, members in the old group and a store that cannot do exactly once\n"
            "are refused, with --yes or not, unless --allow-gap, --allow-lost,\n"
            "--allow-members or --allow-weak-store says so. What can be lost is never\n"
            "guessed: `headgate plan` shows it first.\n"
            "\n"
            "Ctrl-C, TERM and HUP store what is open, commit and end; a second one drops what\n"
            "is open, which is then read again next time. Without --until it runs until it is\n"
            "told to stop.\n"
            "\n"
            "Examples:\n"
            "  headgate deliver --stream orders --bucket lake --prefix orders/ -b b1:9092 \\\n"
            "      --topic orders --group connect-orders-s3 --start safe\n"
            "  headgate deliver --stream orders --bucket lake --prefix orders/ \\\n"
            "      -b b1:9092 --yes\n"
            "  headgate deliver --stream copy --bucket lake --prefix copy/ -b b1:9092 \\\n"
            "      --topic orders --start earliest --until end --yes --json\n"
            "\n"
            "Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 done, but partitions\n"
            "are parked or commits could not be made.\n",
    .run = run_deliver,
};
