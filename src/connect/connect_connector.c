/* One connector from the answer's JSON, a few KB each. */
#include "connect/connect_connector.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TROUBLE_SHOWN = 400 };

/* --- secrets ---------------------------------------------------------------------------------------------------------*/

static bool holds_any(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcasestr(text, *words))
            return true;
    }
    return false;
}

static bool holds_user_info(const char *value)
{
    const char *scheme = strstr(value, "://"), *at;

    if (!scheme)
        return false;
    at = strchr(scheme, '@');
    return at && memchr(scheme + 3, ':', (size_t)(at - scheme - 3));
}

static bool is_placeholder(const char *value)
{
    const char *end = strchr(value, '}');

    return value[0] == '$' && value[1] == '{' && end && end[1] == '\0';
}

bool connect_is_secret(const char *name, const char *value)
{
    static const char *const names[] = { "secret", "password", "key", "token", "jaas", "credential", NULL };
    static const char *const values[] = { "password=", "secret=", "passwd=", NULL };

    if (is_placeholder(value))
        return false;
    return holds_any(name, names) || holds_any(value, values) || holds_user_info(value);
}

/* Settings as they may be seen. */
static void take_settings(const struct json *config, struct properties *settings)
{
    for (const struct json *item = json_first(config); item; item = json_next(item)) {
        const char *name = json_name(item), *value = json_text(item);

        if (!name || !value)
            continue;
        properties_set(settings, name, connect_is_secret(name, value) ? CONNECT_MASK : value);
    }
}

/* A trace may repeat what the settings hide. */
static void append_masked(struct buffer *out, const char *text, size_t length, const struct json *config)
{
    size_t at = 0;

    while (at < length) {
        size_t hidden = 0;

        for (const struct json *item = json_first(config); item; item = json_next(item)) {
            const char *name = json_name(item), *value = json_text(item);
            size_t size = value ? strlen(value) : 0;

            if (size >= 4 && size <= length - at && size > hidden && memcmp(text + at, value, size) == 0 &&
                connect_is_secret(name ? name : "", value))
                hidden = size;
        }
        if (hidden > 0)
            buffer_append_text(out, CONNECT_MASK);
        else
            buffer_append_char(out, text[at]);
        at += hidden > 0 ? hidden : 1;
    }
}

static void take_trouble(struct connect_connector *row, const char *trace, const struct json *config)
{
    struct buffer line;
    size_t length;

    if (row->trouble || !trace)
        return;
    length = strcspn(trace, "\r\n");
    buffer_init(&line, 0);
    append_masked(&line, trace, length < TROUBLE_SHOWN ? length : TROUBLE_SHOWN, config);
    row->trouble = buffer_take(&line);
}

/* --- connectors ------------------------------------------------------------------------------------------------------*/

static void take_state(struct connect_connector *row, const struct json *status, const struct json *config)
{
    const struct json *connector = json_get(status, "connector");
    const char *state = json_get_text(connector, "state");

    snprintf(row->state, sizeof(row->state), "%s", state ? state : "-");
    row->worker = memory_copy_text(json_get_text(connector, "worker_id"));
    take_trouble(row, json_get_text(connector, "trace"), config);
    for (const struct json *task = json_first(json_get(status, "tasks")); task; task = json_next(task)) {
        state = json_get_text(task, "state");
        row->tasks++;
        row->running_tasks += state && strcmp(state, "RUNNING") == 0;
        row->failed_tasks += state && strcmp(state, "FAILED") == 0;
        take_trouble(row, json_get_text(task, "trace"), config);
    }
}

static void take_group(struct connect_connector *row, const struct json *config)
{
    const char *override = json_get_text(config, "consumer.override.group.id");

    if (!row->sink)
        return;
    if (!override || !override[0])
        row->group = memory_printf("connect-%s", row->name);
    else if (!is_placeholder(override))
        row->group = memory_copy_text(override);
}

void connect_connector_read(const struct json *item, struct connect_connector *row)
{
    const struct json *info = json_get(item, "info"), *status = json_get(item, "status");
    const struct json *config = json_get(info, "config");
    const char *type = json_get_text(info, "type"), *topics = json_get_text(config, "topics");
    const char *regex = json_get_text(config, "topics.regex");

    memset(row, 0, sizeof(*row));
    row->name = memory_copy_text(json_name(item));
    row->sink = type && strcasecmp(type, "sink") == 0;
    row->source = type && strcasecmp(type, "source") == 0;
    row->class_name = memory_copy_text(json_get_text(config, "connector.class"));
    if (topics && topics[0])
        row->topics = memory_copy_text(topics);
    else if (regex && regex[0])
        row->topics = memory_printf("/%s/", regex);
    properties_init(&row->settings);
    take_settings(config, &row->settings);
    take_state(row, status, config);
    take_group(row, config);
}

void connect_connectors_clear(struct connect_connectors *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct connect_connector *row = &list->rows[i];

        free(row->name);
        free(row->worker);
        free(row->group);
        free(row->topics);
        free(row->class_name);
        free(row->trouble);
        properties_clear(&row->settings);
    }
    free(list->rows);
    memset(list, 0, sizeof(*list));
}

struct connect_connector *connect_connectors_find(struct connect_connectors *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].name, name) == 0)
            return &list->rows[i];
    }
    return NULL;
}
