/* A reader driven by lines on standard input; every event is a line of JSON on standard output.
 *
 *   seek P OFFSET · stop P · hold · go · budget N (records a poll; 0: polls without taking any) · range · committed
 *   commit P:OFFSET[:METADATA] · commit-wait P:OFFSET[:METADATA] · quit
 *
 * Where a partition begins: as given on the command line (-1: parked), else at its commit, else at its log start. When
 * partitions are taken away in good order, their next offsets are committed.
 */
#include "tests/e2e/kafka_probe.h"

#include "base/buffer.h"
#include "kafka/kafka_reader.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000 };

struct session {
    struct kafka_reader *reader;
    struct partition_offsets starts; /* from the command line */
    size_t budget;
    int64_t polled; /* bytes of values that this poll has handed out */
    bool waiting;
    bool ended;
    struct buffer input;
};

static struct json *event_new(const char *name)
{
    struct json *object = json_object_new();

    json_set_text(object, "event", name);
    return object;
}

static void on_record(void *context, const struct kafka_record *record)
{
    struct session *session = context;
    struct json *object = event_new("record");

    session->polled += (int64_t)record->value_length;
    json_set_int(object, "partition", record->partition);
    json_set_int(object, "offset", record->offset);
    json_set_int(object, "time", record->time);
    json_set_int(object, "length", record->value == NULL ? -1 : (int64_t)record->value_length);
    json_set_int(object, "key_length", record->key == NULL ? -1 : (int64_t)record->key_length);
    if (record->header_count > 0) {
        struct json *headers = json_object_new();

        for (size_t i = 0; i < record->header_count; i++)
            json_set_int(headers, record->headers[i].name,
                         record->headers[i].value == NULL ? -1 : (int64_t)record->headers[i].value_length);
        json_set(object, "headers", headers);
    }
    probe_print(object);
}

static void on_end(void *context, int32_t partition, int64_t offset)
{
    struct json *object = event_new("end");

    (void)context;
    json_set_int(object, "partition", partition);
    json_set_int(object, "offset", offset);
    probe_print(object);
}

static void print_failure(const char *name, const struct error *err)
{
    struct json *object = probe_error(err);

    json_set_text(object, "event", name);
    probe_print(object);
}

static void on_assigned(void *context, struct partition_offsets *partitions)
{
    struct session *session = context;
    struct partition_offsets starts;
    struct json *object = event_new("assigned");
    struct error err;

    partition_offsets_init(&starts);
    if (!kafka_reader_committed(session->reader, partitions, TIMEOUT_MS, &err) ||
        !kafka_reader_range(session->reader, partitions, TIMEOUT_MS, &starts, NULL, &err))
        print_failure("lookup", &err);
    json_set(object, "partitions", probe_offsets(partitions)); /* with commits and metadata */
    for (size_t i = 0; i < partitions->count; i++) {
        struct partition_offset *row = &partitions->rows[i];
        const struct partition_offset *given = partition_offsets_find(&session->starts, row->partition);

        if (given != NULL)
            row->offset = given->offset;
        else if (row->offset == OFFSET_NONE)
            row->offset = partition_offsets_get(&starts, row->partition);
    }
    partition_offsets_clear(&starts);
    probe_print(object);
}

static void on_revoked(void *context, const struct partition_offsets *partitions, bool lost)
{
    struct session *session = context;
    struct json *object = event_new("revoked");
    struct error err;

    json_set(object, "partitions", probe_offsets(partitions));
    json_set_bool(object, "lost", lost);
    json_set_bool(object, "committed",
                  !lost && kafka_reader_commit(session->reader, partitions, true, TIMEOUT_MS, &err));
    probe_print(object);
}

static void on_partition_error(void *context, int32_t partition, bool out_of_range, const struct error *err)
{
    struct json *object = probe_error(err);

    (void)context;
    json_set_text(object, "event", "partition_error");
    json_set_int(object, "partition", partition);
    json_set_bool(object, "out_of_range", out_of_range);
    probe_print(object);
}

static void on_fatal(void *context, const struct error *err)
{
    (void)context;
    print_failure("fatal", err);
}

static void on_committed(void *context, const struct partition_offsets *offsets, const struct error *err)
{
    struct json *object = event_new("committed");

    (void)context;
    json_set(object, "partitions", probe_offsets(offsets));
    json_set_text(object, "error", err == NULL ? NULL : err->message);
    probe_print(object);
}

static const struct kafka_reader_events events = {
    .record = on_record,
    .end_of_partition = on_end,
    .assigned = on_assigned,
    .revoked = on_revoked,
    .partition_error = on_partition_error,
    .fatal = on_fatal,
    .committed = on_committed,
};

/* Rows for the partitions 0 to 15 and what they hold, or the failure. */
static void run_question(struct session *session, bool range)
{
    struct partition_offsets all, starts, ends;
    struct json *object = event_new(range ? "range" : "committed-offsets");
    struct error err;
    bool ok;

    partition_offsets_init(&all);
    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    for (size_t i = 0; i < session->starts.count; i++)
        (void)partition_offsets_row(&all, session->starts.rows[i].partition);
    ok = range ? kafka_reader_range(session->reader, &all, TIMEOUT_MS, &starts, &ends, &err)
               : kafka_reader_committed(session->reader, &all, TIMEOUT_MS, &err);
    if (range) {
        json_set(object, "starts", probe_offsets(&starts));
        json_set(object, "ends", probe_offsets(&ends));
    } else {
        json_set(object, "partitions", probe_offsets(&all));
    }
    if (!ok)
        json_set_text(object, "error", err.message);
    probe_print(object);
    partition_offsets_clear(&ends);
    partition_offsets_clear(&starts);
    partition_offsets_clear(&all);
}

static void run_commit(struct session *session, char *argument, bool wait)
{
    struct partition_offsets offsets;
    struct error err;
    bool ok;

    partition_offsets_init(&offsets);
    ok = probe_parse_offset(argument, &offsets) &&
         kafka_reader_commit(session->reader, &offsets, wait, TIMEOUT_MS, &err);
    if (!ok)
        print_failure("commit", &err);
    else if (wait)
        probe_print(event_new("commit-done"));
    partition_offsets_clear(&offsets);
}

static void run_line(struct session *session, char *line)
{
    char *argument = strchr(line, ' '), *rest = NULL;
    struct error err;

    if (argument != NULL)
        *argument++ = '\0';
    if (strcmp(line, "quit") == 0) {
        session->ended = true;
    } else if (strcmp(line, "hold") == 0 || strcmp(line, "go") == 0) {
        kafka_reader_hold(session->reader, line[0] == 'h');
    } else if (strcmp(line, "range") == 0 || strcmp(line, "committed") == 0) {
        run_question(session, line[0] == 'r');
    } else if (argument != NULL && strcmp(line, "seek") == 0) {
        int32_t partition = (int32_t)strtol(argument, &rest, 10);

        if (!kafka_reader_seek(session->reader, partition, strtoll(rest, NULL, 10), &err))
            print_failure("seek", &err);
    } else if (argument != NULL && strcmp(line, "stop") == 0) {
        kafka_reader_stop_partition(session->reader, (int32_t)strtol(argument, NULL, 10));
    } else if (argument != NULL && strcmp(line, "budget") == 0) {
        session->budget = (size_t)strtol(argument, NULL, 10);
    } else if (argument != NULL && strncmp(line, "commit", 6) == 0) {
        run_commit(session, argument, line[6] != '\0');
    }
    probe_print(event_new("ok"));
}

/* Takes what stands on standard input, without waiting. Its end is "quit". */
static void take_input(struct session *session)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    char bytes[4096], *end;
    ssize_t count;

    if (poll(&in, 1, 0) <= 0)
        return;
    count = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count <= 0)
        session->ended = true;
    else
        buffer_append(&session->input, bytes, (size_t)count);
    while (session->input.length > 0 && (end = memchr(session->input.data, '\n', session->input.length)) != NULL) {
        size_t length = (size_t)(end - session->input.data);
        char *line = memory_copy_bytes(session->input.data, length), *left;

        left = memory_copy_bytes(end + 1, session->input.length - length - 1);
        buffer_reset(&session->input);
        buffer_append_text(&session->input, left);
        run_line(session, line);
        free(left);
        free(line);
    }
}

/* How much a poll has handed out is told when it is much. */
static void take_records(struct session *session)
{
    struct json *object;

    session->polled = 0;
    (void)kafka_reader_poll(session->reader, session->budget, 20);
    if (session->polled < 1024 * 1024)
        return;
    object = event_new("polled");
    json_set_int(object, "bytes", session->polled);
    probe_print(object);
}

struct json *probe_reader(struct probe *probe, char **arguments, struct error *err)
{
    struct session session = { .budget = 1000 };
    struct kafka_reader_settings settings = {
        .kafka = *probe->settings,
        .group = arguments[0],
        .topic = arguments[1],
        .want_headers = true,
        .session_timeout_ms = (int)strtol(arguments[2], NULL, 10),
    };

    partition_offsets_init(&session.starts);
    buffer_init(&session.input, 0);
    for (size_t i = 3; arguments[i] != NULL; i++)
        if (!probe_parse_offset(arguments[i], &session.starts))
            return NULL;
    if (!kafka_reader_new(&settings, &events, &session, &session.reader, err))
        return NULL;
    while (!session.ended) {
        bool waiting = kafka_reader_waiting(session.reader);

        if (waiting != session.waiting)
            probe_print(event_new(waiting ? "waiting" : "joined"));
        session.waiting = waiting;
        if (session.budget > 0)
            take_records(&session);
        else
            (void)poll(NULL, 0, 20);
        take_input(&session);
    }
    kafka_reader_close(session.reader, KAFKA_LEAVE_MS);
    buffer_clear(&session.input);
    partition_offsets_clear(&session.starts);
    return event_new("closed");
}
