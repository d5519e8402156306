/* Each answer is one request to a worker and, where a group is looked at, one to the brokers. Stop and resume look again twice
 * a second: a worker rebalances in about three seconds. */
#include "engine/engine_connect.h"

#include "base/buffer.h"
#include "base/options.h"
#include "base/text.h"
#include "connect/connect_client.h"
#include "kafka/kafka_directory.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LEFT_ALONE_MS = 30000, /* a worker that could not be asked */
    WAIT_MOST_MS = 120000,
    LOOK_EVERY_MS = 500,
    NAMES_SHOWN = 10,
};

/* --- the client ------------------------------------------------------------------------------------------------------*/

static bool still_wanted(void *context)
{
    struct engine_tools *tools = context;

    return !tools->connect_question || engine_question_wanted(tools->connect_question, NULL);
}

/* The worker must move the topics of the brokers given: connectors of another cluster have groups of the same names. */
static bool check_cluster(struct engine_tools *tools, const char *cluster_id, struct error *err)
{
    struct kafka_client *kafka;
    const char *here;

    if (!tools->config->brokers_given || !cluster_id[0])
        return true;
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &kafka, err))
        return false;
    here = kafka_client_cluster_id(kafka, ENGINE_ASK_MS);
    if (strcmp(here, "-") == 0 || strcmp(here, cluster_id) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "Kafka Connect at %s works for cluster %s, the brokers given are cluster %s: check --connect and "
                     "--brokers",
                     connect_client_place(tools->connect), cluster_id, here);
}

static bool look_at_worker(struct engine_tools *tools, struct error *err)
{
    char *version = NULL, *cluster_id = NULL;
    bool ok = false;

    if (!connect_client_root(tools->connect, &version, &cluster_id, err) || !check_cluster(tools, cluster_id, err))
        goto out;
    free(tools->connect_version);
    tools->connect_version = version;
    version = NULL;
    ok = true;
out:
    free(version);
    free(cluster_id);
    return ok;
}

/* A client whose worker has been found to be Kafka Connect, of the right cluster. Borrowed. */
static bool connect_of(struct engine_tools *tools, struct engine_question *question, struct connect_client **client,
                       struct error *err)
{
    const struct config *config = tools->config;
    struct connect_settings settings = {
        .urls = config->connect_url,
        .user = config->connect_user,
        .password = config->connect_password,
        .ca_file = config->connect_ca,
        .wanted = still_wanted,
        .context = tools,
    };

    tools->connect_question = question;
    if (!settings.urls)
        return error_set(
            err, ERROR_USAGE,
            "no Kafka Connect: give --connect http://HOST:8083, or headgate.connect in the file of --config");
    if (!tools->connect && !connect_client_new(&settings, &tools->connect, err))
        return false;
    if (!tools->connect_version && !look_at_worker(tools, err))
        return false;
    *client = tools->connect;
    return true;
}

static char *place_of(const struct engine_tools *tools)
{
    return memory_printf("%s, Kafka Connect %s", connect_client_place(tools->connect), tools->connect_version);
}

/* --- rows ------------------------------------------------------------------------------------------------------------*/

static void connector_from(const struct connect_connector *from, struct engine_connector *to)
{
    memset(to, 0, sizeof(*to));
    to->name = memory_copy_text(from->name);
    to->sink = from->sink;
    memcpy(to->state, from->state, sizeof(to->state));
    to->group = memory_copy_text(from->group);
    to->topics = memory_copy_text(from->topics);
    to->class_name = memory_copy_text(from->class_name);
    to->worker = memory_copy_text(from->worker);
    to->tasks = from->tasks;
    to->running_tasks = from->running_tasks;
    to->failed_tasks = from->failed_tasks;
    to->trouble = memory_copy_text(from->trouble);
    properties_init(&to->settings);
    properties_merge(&to->settings, &from->settings);
}

static void take_offsets(struct connect_offsets *from, struct engine_connector *to)
{
    to->offsets_known = from->known;
    to->offsets = memory_new((from->count + 1) * sizeof(to->offsets[0]));
    to->offset_count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        to->offsets[i].topic = from->rows[i].topic;
        to->offsets[i].partition = from->rows[i].partition;
        to->offsets[i].offset = from->rows[i].offset;
        from->rows[i].topic = NULL; /* taken */
    }
}

/* Whether a topic is among the names, or matches the expression; one that cannot be read here may match. */
static bool reads_topic(const struct connect_connector *row, const char *topic)
{
    const char *at = row->topics;
    size_t length = at ? strlen(at) : 0;

    if (!row->sink || !at)
        return false;
    if (at[0] == '/' && length > 1) {
        char *pattern = memory_printf("^(%.*s)$", (int)(length - 2), at + 1);
        regex_t regex;
        bool match = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0;

        if (!match) {
            match = regexec(&regex, topic, 0, NULL, 0) == 0;
            regfree(&regex);
        }
        free(pattern);
        return match;
    }
    while (*at) {
        size_t part = strcspn(at, ", ");

        if (part == strlen(topic) && strncmp(at, topic, part) == 0)
            return true;
        at += part;
        at += strspn(at, ", ");
    }
    return false;
}

static void post_connectors(struct engine_tools *tools, struct engine_question *question,
                            struct engine_connector *connectors, size_t count)
{
    struct engine_event *event = engine_event_new(ENGINE_CONNECTORS);

    event->final = true;
    event->connectors = connectors;
    event->connector_count = count;
    event->connect_place = place_of(tools);
    engine_question_post(question, event);
}

bool engine_connectors_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct connect_connectors list;
    struct connect_client *client;
    struct engine_connector *rows;
    size_t count = 0;

    engine_question_progress(question, 0, 0, "asking Kafka Connect");
    if (!connect_of(tools, question, &client, err) || !connect_client_list(client, &list, err))
        return false;
    rows = memory_new((list.count + 1) * sizeof(rows[0]));
    for (size_t i = 0; i < list.count; i++) {
        if (!question->topic || reads_topic(&list.rows[i], question->topic))
            connector_from(&list.rows[i], &rows[count++]);
    }
    connect_connectors_clear(&list);
    post_connectors(tools, question, rows, count);
    return true;
}

/* --- one connector ---------------------------------------------------------------------------------------------------*/

static bool refuse_unknown(struct engine_tools *tools, const struct connect_connectors *list, const char *name,
                           struct error *err)
{
    const char **names = memory_new((list->count + 1) * sizeof(names[0]));
    const char *nearest;
    struct buffer known;

    buffer_init(&known, 0);
    for (size_t i = 0; i < list->count; i++) {
        names[i] = list->rows[i].name;
        if (i < NAMES_SHOWN)
            buffer_printf(&known, "%s%s", i > 0 ? ", " : "", list->rows[i].name);
    }
    if (list->count > NAMES_SHOWN)
        buffer_printf(&known, " and %zu more", list->count - NAMES_SHOWN);
    nearest = options_nearest(name, names, list->count);
    if (nearest)
        error_set(err, ERROR_CONNECT, "Kafka Connect at %s has no connector \"%s\"; did you mean %s?",
                  connect_client_place(tools->connect), name, nearest);
    else
        error_set(err, ERROR_CONNECT, "Kafka Connect at %s has no connector \"%s\"; there is %s",
                  connect_client_place(tools->connect), name, known.data ? known.data : "none");
    buffer_clear(&known);
    free(names);
    return false;
}

static bool find_connector(struct engine_tools *tools, const char *name, struct engine_connector *found,
                           struct error *err)
{
    struct connect_connectors list;
    const struct connect_connector *row;
    bool ok;

    if (!connect_client_list(tools->connect, &list, err))
        return false;
    row = connect_connectors_find(&list, name);
    ok = row != NULL || refuse_unknown(tools, &list, name, err);
    if (row)
        connector_from(row, found);
    connect_connectors_clear(&list);
    return ok;
}

/* State and members; a group that is not there has none. Without brokers nothing is known. */
static bool look_at_group(struct engine_tools *tools, struct engine_connector *connector, struct error *err)
{
    struct kafka_group group = { 0 };
    struct kafka_groups groups = { 0 };
    struct kafka_client *kafka;

    if (!connector->group || !tools->config->brokers_given)
        return true;
    if (!engine_tools_kafka(tools, engine_tools_isolation(tools), &kafka, err))
        return false;
    if (kafka_directory_group(kafka, connector->group, ENGINE_ASK_MS, &group, NULL)) {
        snprintf(connector->group_state, sizeof(connector->group_state), "%s", group.state);
        connector->group_members = group.members;
        kafka_group_clear(&group);
        return true;
    }
    if (!kafka_directory_groups(kafka, ENGINE_ASK_MS, &groups, err))
        return false;
    snprintf(connector->group_state, sizeof(connector->group_state), "none");
    kafka_groups_clear(&groups);
    return true;
}

static bool read_status(struct engine_tools *tools, const char *name, struct engine_connector *found, struct error *err)
{
    struct connect_offsets offsets = { 0 };

    if (!find_connector(tools, name, found, err))
        return false;
    if (!look_at_group(tools, found, err) ||
        (found->sink && !connect_client_offsets(tools->connect, name, &offsets, err)))
        return false;
    take_offsets(&offsets, found);
    connect_offsets_clear(&offsets);
    return true;
}

static bool post_status(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct engine_connector *found = memory_new(sizeof(*found));

    if (!read_status(tools, question->connector, found, err)) {
        engine_connectors_free(found, 1);
        return false;
    }
    post_connectors(tools, question, found, 1);
    return true;
}

bool engine_connect_status_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct connect_client *client;

    if (!question->connector)
        return engine_connectors_answer(tools, question, err);
    engine_question_progress(question, 0, 0, "asking Kafka Connect");
    return connect_of(tools, question, &client, err) && post_status(tools, question, err);
}

/* --- stop and resume -------------------------------------------------------------------------------------------------*/

static bool is_stopped(const struct engine_connector *connector)
{
    bool quiet = !connector->group_state[0] || strcmp(connector->group_state, "Empty") == 0 ||
                 strcmp(connector->group_state, "Dead") == 0 || strcmp(connector->group_state, "none") == 0;

    return strcmp(connector->state, "STOPPED") == 0 && connector->tasks == 0 && quiet && connector->group_members == 0;
}

static bool is_running(const struct engine_connector *connector)
{
    /* A task has a member each. Stable without any is a new kind of group whose members this librdkafka cannot see. */
    bool member =
        !connector->group_state[0] || (strcmp(connector->group_state, "Stable") == 0 &&
                                       (connector->group_members >= connector->tasks || connector->group_members == 0));

    return strcmp(connector->state, "RUNNING") == 0 && connector->tasks > 0 &&
           connector->running_tasks == connector->tasks && member;
}

/* "connector RUNNING, 2 of 2 tasks running, group connect-x Stable with 2 members" */
static char *describe(const struct engine_connector *connector)
{
    struct buffer text;

    buffer_init(&text, 0);
    buffer_printf(&text, "connector %s", connector->state);
    if (connector->tasks > 0)
        buffer_printf(&text, ", %d of %d task%s running", connector->running_tasks, connector->tasks,
                      connector->tasks == 1 ? "" : "s");
    else
        buffer_append_text(&text, ", no tasks");
    if (connector->group_state[0])
        buffer_printf(&text, ", group %s %s with %d member%s", connector->group, connector->group_state,
                      connector->group_members, connector->group_members == 1 ? "" : "s");
    if (connector->trouble)
        buffer_printf(&text, "; %s", connector->trouble);
    return buffer_take(&text);
}

static void pause_a_little(void)
{
    const struct timespec pause = { .tv_nsec = LOOK_EVERY_MS * 1000000L };

    nanosleep(&pause, NULL);
}

/* Looks until it is so. A task that failed will not come to run by waiting. */
static bool wait_until(struct engine_tools *tools, struct engine_question *question, const char *what,
                       bool (*is_so)(const struct engine_connector *), struct error *err)
{
    int64_t began = timestamp_monotonic();
    int times = 0; /* in a row; a group that has just become Stable often rebalances once more */

    for (;;) {
        struct engine_connector now = { 0 };
        int64_t waited = timestamp_monotonic() - began;
        bool ok = find_connector(tools, question->connector, &now, err) && look_at_group(tools, &now, err), so, failed;
        char *text = ok ? describe(&now) : NULL;

        so = ok && is_so(&now);
        failed = ok && is_so == is_running && now.failed_tasks > 0;
        if (ok && !so)
            engine_question_progress(question, 0, 0, "%s %s: %s", what, question->connector, text);
        if (ok && !so && (failed || waited >= WAIT_MOST_MS))
            ok = error_set(err, ERROR_CONNECT,
                           "%s %s was asked for and has not come true in %lld s: %s; look at the worker's "
                           "log, then at headgate connect status %s",
                           what, question->connector, (long long)(waited / 1000), text, question->connector);
        free(text);
        /* the row stands on the stack: its parts are freed by moving it to the heap */
        engine_connectors_free(memcpy(memory_new(sizeof(now)), &now, sizeof(now)), 1);
        times = so ? times + 1 : 0;
        if (!ok || times == (is_so == is_running ? 3 : 1))
            return ok;
        pause_a_little();
        if (!engine_question_wanted(question, err))
            return false;
    }
}

/* Finds the connector that may be acted on: a sink that is there. */
static bool find_sink(struct engine_tools *tools, struct engine_question *question, char state[24], struct error *err)
{
    struct engine_connector *found = memory_new(sizeof(*found));
    bool ok = find_connector(tools, question->connector, found, err);

    if (ok && !found->sink)
        ok = error_set(err, ERROR_REFUSED, "connector %s is no sink: headgate stops and resumes sinks only",
                       question->connector);
    if (ok)
        memcpy(state, found->state, sizeof(found->state));
    engine_connectors_free(found, 1);
    return ok;
}

bool engine_connect_stop_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct connect_client *client;
    char state[24];

    if (!question->connector)
        return error_set(err, ERROR_USAGE, "which connector? give its name");
    engine_question_progress(question, 0, 0, "asking Kafka Connect");
    if (!connect_of(tools, question, &client, err) || !find_sink(tools, question, state, err))
        return false;
    if (strcmp(state, "STOPPED") != 0 && !connect_client_stop(client, question->connector, err))
        return false;
    return wait_until(tools, question, "stopping", is_stopped, err) && post_status(tools, question, err);
}

bool engine_connect_resume_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct connect_client *client;
    char state[24];

    if (!question->connector)
        return error_set(err, ERROR_USAGE, "which connector? give its name");
    engine_question_progress(question, 0, 0, "asking Kafka Connect");
    if (!connect_of(tools, question, &client, err) || !find_sink(tools, question, state, err))
        return false;
    if (strcmp(state, "RUNNING") != 0 && !connect_client_resume(client, question->connector, err))
        return false;
    return wait_until(tools, question, "resuming", is_running, err) && post_status(tools, question, err);
}

/* --- beside other answers --------------------------------------------------------------------------------------------*/

/* The list, where Kafka Connect is known and answers; false otherwise, with a word in *error where there is one. */
static bool ask_aside(struct engine_tools *tools, struct engine_question *question, struct connect_connectors *list,
                      char **place, char **error)
{
    struct connect_client *client;
    struct error own = { 0 };

    if (!tools->config->connect_url)
        return false;
    if (tools->connect_trouble && timestamp_monotonic() - tools->connect_trouble_ms < LEFT_ALONE_MS) {
        *error = memory_copy_text(tools->connect_trouble);
        return false;
    }
    free(tools->connect_trouble);
    tools->connect_trouble = NULL;
    if (connect_of(tools, question, &client, &own) && connect_client_list(client, list, &own)) {
        *place = place_of(tools);
        return true;
    }
    if (own.kind == ERROR_CANCELLED)
        return false;
    tools->connect_trouble = memory_copy_text(own.message);
    tools->connect_trouble_ms = timestamp_monotonic();
    *error = memory_copy_text(own.message);
    return false;
}

static bool is_of_group(const struct connect_connector *row, const char *group)
{
    return row->group && strcmp(row->group, group) == 0;
}

void engine_connect_attach(struct engine_tools *tools, struct engine_question *question, const char *group,
                           struct engine_event *event)
{
    struct connect_connectors list;

    if (!group || !ask_aside(tools, question, &list, &event->connect_place, &event->connect_error))
        return;
    event->connectors = memory_new((list.count + 1) * sizeof(event->connectors[0]));
    for (size_t i = 0; i < list.count; i++) {
        if (is_of_group(&list.rows[i], group))
            connector_from(&list.rows[i], &event->connectors[event->connector_count++]);
    }
    connect_connectors_clear(&list);
}

void engine_connect_attach_groups(struct engine_tools *tools, struct engine_question *question,
                                  struct engine_group *groups, size_t count, char **place, char **error)
{
    struct connect_connectors list;

    if (!ask_aside(tools, question, &list, place, error))
        return;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < list.count && !groups[i].connector; j++) {
            if (!is_of_group(&list.rows[j], groups[i].name))
                continue;
            groups[i].connector = memory_copy_text(list.rows[j].name);
            memcpy(groups[i].connector_state, list.rows[j].state, sizeof(groups[i].connector_state));
        }
    }
    connect_connectors_clear(&list);
}

bool engine_connect_look(struct engine_tools *tools, struct engine_question *question, char **place, size_t *connectors,
                         struct error *err)
{
    struct connect_connectors list = { 0 };
    struct connect_client *client;
    bool ok;

    *place = NULL;
    if (!connect_of(tools, question, &client, err))
        return false;
    ok = connect_client_list(client, &list, err);
    if (ok)
        *place = place_of(tools);
    *connectors = list.count;
    connect_connectors_clear(&list);
    return ok;
}
