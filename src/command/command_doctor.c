/* headgate doctor: what works from here and what does not, before anything is launched. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_print.h"
#include "command/command_rows.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_AT = 32, LINE = 80 }; /* where the text begins, and how wide it may be */

static const char *const words[] = {
    [ENGINE_CHECK_OK] = "ok", [ENGINE_CHECK_NOTE] = "-", [ENGINE_CHECK_WARN] = "warn", [ENGINE_CHECK_FAIL] = "FAIL"
};

static size_t count_of(const struct engine_event *event, enum engine_check_verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < event->check_count; i++)
        count += event->checks[i].verdict == verdict;
    return count;
}

static struct json *checks_json(const struct engine_event *event)
{
    static const char *const names[] = { [ENGINE_CHECK_OK] = "ok",
                                         [ENGINE_CHECK_NOTE] = "note",
                                         [ENGINE_CHECK_WARN] = "warn",
                                         [ENGINE_CHECK_FAIL] = "fail" };
    struct json *document = json_object_new(), *list = json_array_new();

    json_set_text(document, "verdict",
                  count_of(event, ENGINE_CHECK_FAIL) > 0 ? "fail"
                                                         : (count_of(event, ENGINE_CHECK_WARN) > 0 ? "warn" : "ok"));
    for (size_t i = 0; i < event->check_count; i++) {
        struct json *row = json_object_new();

        json_set_text(row, "about", event->checks[i].about);
        json_set_text(row, "check", event->checks[i].what);
        json_set_text(row, "verdict", names[event->checks[i].verdict]);
        json_set_text(row, "text", event->checks[i].said);
        json_append(list, row);
    }
    json_set(document, "checks", list);
    return document;
}

/* Breaks text at blanks; lines after the first begin where the first one does. */
static void print_wrapped(struct buffer *out, const char *text)
{
    size_t column = TEXT_AT;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > TEXT_AT && column + 1 + word > LINE) {
            buffer_printf(out, "\n%*s", TEXT_AT, "");
            column = TEXT_AT;
        } else if (column > TEXT_AT) {
            buffer_append_char(out, ' ');
            column++;
        }
        buffer_append(out, text, word);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    buffer_append_char(out, '\n');
}

static void print_checks(struct buffer *out, const struct engine_event *event)
{
    const char *about = "";

    for (size_t i = 0; i < event->check_count; i++) {
        const struct engine_check *check = &event->checks[i];
        char *said = text_sanitised(check->said), *what = text_sanitised(check->what);

        buffer_printf(out, "%-12s  %-10s  %-4s  ", strcmp(about, check->about) == 0 ? "" : check->about, what,
                      words[check->verdict]);
        print_wrapped(out, said);
        about = check->about;
        free(said);
        free(what);
    }
    buffer_printf(out, "\n%zu ok, %zu warn, %zu FAIL\n", count_of(event, ENGINE_CHECK_OK),
                  count_of(event, ENGINE_CHECK_WARN), count_of(event, ENGINE_CHECK_FAIL));
}

static int run(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_DOCTOR, .topic = config->topic, .group = config->group };
    struct engine_event *event;
    struct error err = { 0 };
    struct buffer out;
    int code;

    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    code = count_of(event, ENGINE_CHECK_FAIL) > 0 ? COMMAND_BAD_NEWS : COMMAND_DONE;
    buffer_init(&out, 0);
    if (config->json)
        command_json(&out, checks_json(event));
    else
        print_checks(&out, event);
    engine_event_free(event);
    return command_finish(&out, code);
}

const struct command command_doctor_row = {
    .name = "doctor",
    .bit = CONFIG_DOCTOR,
    .summary = "check credentials, store, brokers, Connect and this host",
    .usage = "[--bucket BUCKET [--prefix PREFIX]] [--connect URL]\n"
             "           [--brokers HOST:PORT,... [--topic TOPIC] [--group GROUP]]",
    .text = "One table of what works from here: which AWS credentials were found, for whom\n"
            "and until when; the store's endpoint, TLS and clock, and whether the bucket can\n"
            "be read and written exactly once (small objects below PREFIX_headgate/probe/\n"
            "are written and deleted again); the cluster and each of its brokers; a topic's\n"
            "and a group's rights; Kafka Connect with --connect; the terminal and the\n"
            "versions of libraries. `-` was not looked at. STS is only asked who one is\n"
            "where the store is AWS's or AWS_ENDPOINT_URL_STS is set, and is never needed.\n"
            "\n"
            "Examples:\n"
            "  headgate doctor --bucket lake --prefix orders/ -b b1:9092\n"
            "  headgate doctor -F client.properties --topic orders \\\n"
            "      --group connect-orders-s3\n"
            "\n"
            "Exit codes: 0 nothing failed, 1 could not be done, 2 wrong usage, 3 a check\n"
            "failed.\n",
    .run = run,
};
