/* Groups. rd_kafka_list_groups() is the one call that shows every group with its protocol type, Connect's worker groups
 * included; but it describes groups by the classic protocol only, in which a KIP-848 group looks dead and without a
 * type. Those are looked up by the Admin interface. Expected: 1 to 10,000 groups.
 */
#include "kafka/kafka_directory.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/options.h"
#include "kafka/kafka_admin.h"
#include "kafka/kafka_error.h"

#include <stdlib.h>
#include <string.h>

void kafka_group_clear(struct kafka_group *group)
{
    free(group->name);
    free(group->error);
    memset(group, 0, sizeof(*group));
}

void kafka_groups_clear(struct kafka_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        kafka_group_clear(&groups->rows[i]);
    free(groups->rows);
    memset(groups, 0, sizeof(*groups));
}

static int compare_groups(const void *left, const void *right)
{
    return strcmp(((const struct kafka_group *)left)->name, ((const struct kafka_group *)right)->name);
}

/* True where the classic protocol knows the name but nothing else: a group of a newer kind, or one that just goes. */
static bool is_foreign_kind(const struct rd_kafka_group_info *info)
{
    return info->err == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND ||
           (strcmp(info->state, "Dead") == 0 && info->protocol_type[0] == '\0');
}

static void group_init(struct kafka_client *client, struct kafka_group *group, const struct rd_kafka_group_info *info)
{
    bool foreign = is_foreign_kind(info);

    memset(group, 0, sizeof(*group));
    group->name = memory_copy_text(info->group);
    snprintf(group->state, sizeof(group->state), "%s", foreign || info->state[0] == '\0' ? "-" : info->state);
    snprintf(group->protocol_type, sizeof(group->protocol_type), "%s", info->protocol_type);
    snprintf(group->kind, sizeof(group->kind), "%s", foreign ? "-" : "classic");
    group->members = info->member_cnt;
    if (info->err != RD_KAFKA_RESP_ERR_NO_ERROR && !foreign)
        group->error = kafka_right_text(client, info->err, &(struct kafka_right){ "Describe", "group", info->group });
}

/* Sorts, and keeps the first of equal names: a group may move between brokers while both are asked. */
static void sort_unique(struct kafka_groups *groups)
{
    size_t kept = 0;

    qsort(groups->rows, groups->count, sizeof(*groups->rows), compare_groups);
    for (size_t i = 0; i < groups->count; i++) {
        if (kept > 0 && strcmp(groups->rows[kept - 1].name, groups->rows[i].name) == 0)
            kafka_group_clear(&groups->rows[i]);
        else
            groups->rows[kept++] = groups->rows[i];
    }
    groups->count = kept;
}

static struct kafka_group *find_group(struct kafka_groups *groups, const char *name)
{
    struct kafka_group key = { .name = (char *)name };

    return bsearch(&key, groups->rows, groups->count, sizeof(*groups->rows), compare_groups);
}

/* "consumer" (KIP-848) or "classic" by what librdkafka tells; before 2.6.0 it does not know. */
static void take_kind(struct kafka_group *group, const rd_kafka_ConsumerGroupListing_t *row)
{
#if RD_KAFKA_VERSION >= 0x020600ff
    rd_kafka_consumer_group_type_t type = rd_kafka_ConsumerGroupListing_type(row);

    if (type == RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER || type == RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC)
        snprintf(group->kind, sizeof(group->kind), "%s",
                 type == RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER ? "consumer" : "classic");
#else
    (void)group;
    (void)row;
#endif
}

/* State and kind of the groups that the classic protocol could not describe. */
static void take_listing(struct kafka_groups *groups, const rd_kafka_ListConsumerGroups_result_t *result)
{
    size_t count = 0;
    const rd_kafka_ConsumerGroupListing_t **rows = rd_kafka_ListConsumerGroups_result_valid(result, &count);

    for (size_t i = 0; i < count; i++) {
        struct kafka_group *group = find_group(groups, rd_kafka_ConsumerGroupListing_group_id(rows[i]));
        rd_kafka_consumer_group_state_t state = rd_kafka_ConsumerGroupListing_state(rows[i]);

        if (group == NULL || strcmp(group->kind, "-") != 0)
            continue;
        if (state != RD_KAFKA_CONSUMER_GROUP_STATE_UNKNOWN)
            snprintf(group->state, sizeof(group->state), "%s", rd_kafka_consumer_group_state_name(state));
        if (!rd_kafka_ConsumerGroupListing_is_simple_consumer_group(rows[i]))
            snprintf(group->protocol_type, sizeof(group->protocol_type), "consumer");
        take_kind(group, rows[i]);
    }
}

/* How many members the KIP-848 groups have; librdkafka can ask that since 2.10.0. */
static void read_members(struct kafka_client *client, int timeout_ms, struct kafka_groups *groups)
{
    const char **names = memory_new((groups->count + 1) * sizeof(*names));
    size_t wanted = 0, count = 0;
    rd_kafka_resp_err_t code;
    rd_kafka_event_t *event = NULL;
    struct kafka_admin admin;

    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->rows[i].kind, "consumer") == 0)
            names[wanted++] = groups->rows[i].name;
    if (wanted > 0 && rd_kafka_version() >= 0x020a0000) {
        kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout_ms, &admin);
        rd_kafka_DescribeConsumerGroups(kafka_client_handle(client), names, wanted, admin.options, admin.queue);
        event = kafka_admin_wait(client, &admin, &code);
        kafka_admin_end(&admin);
    }
    free(names);
    if (event == NULL)
        return;
    const rd_kafka_ConsumerGroupDescription_t **rows =
        rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        struct kafka_group *group = find_group(groups, rd_kafka_ConsumerGroupDescription_group_id(rows[i]));

        if (group != NULL && rd_kafka_ConsumerGroupDescription_error(rows[i]) == NULL)
            group->members = (int)rd_kafka_ConsumerGroupDescription_member_count(rows[i]);
    }
    rd_kafka_event_destroy(event);
}

/* Looks the "-" groups up by the Admin interface; what it does not tell stays "-". groups must be sorted. */
static void read_new_kinds(struct kafka_client *client, int64_t deadline, struct kafka_groups *groups)
{
    rd_kafka_resp_err_t code;
    rd_kafka_event_t *event;
    struct kafka_admin admin;
    bool any = false;

    for (size_t i = 0; i < groups->count; i++)
        any = any || strcmp(groups->rows[i].kind, "-") == 0;
    if (!any)
        return;
    kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, kafka_ms_left(deadline), &admin);
    rd_kafka_ListConsumerGroups(kafka_client_handle(client), admin.options, admin.queue);
    event = kafka_admin_wait(client, &admin, &code);
    if (event != NULL) {
        take_listing(groups, rd_kafka_event_ListConsumerGroups_result(event));
        rd_kafka_event_destroy(event);
    }
    kafka_admin_end(&admin);
    read_members(client, kafka_ms_left(deadline), groups);
}

/* All groups when name is NULL, else that one (or none). *partial: a broker did not answer. */
static bool ask_groups(struct kafka_client *client, const char *name, int64_t deadline, struct kafka_groups *groups,
                       bool *partial, struct error *err)
{
    const struct rd_kafka_group_list *list = NULL;
    rd_kafka_resp_err_t code;
    int backoff_ms = 50;

    do {
        code = rd_kafka_list_groups(kafka_client_handle(client), name, &list, kafka_ms_left(deadline));
        kafka_client_serve(client);
        *partial = code == RD_KAFKA_RESP_ERR__PARTIAL;
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && !*partial &&
             kafka_client_try_again(client, code, deadline, &backoff_ms));
    memset(groups, 0, sizeof(*groups));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !*partial)
        return kafka_error_set(client, code, err, "cannot list groups");

    groups->rows = memory_new(((size_t)list->group_cnt + 1) * sizeof(*groups->rows));
    for (int i = 0; i < list->group_cnt; i++)
        group_init(client, &groups->rows[groups->count++], &list->groups[i]);
    rd_kafka_group_list_destroy(list);
    sort_unique(groups);
    read_new_kinds(client, deadline, groups);
    return true;
}

bool kafka_directory_groups(struct kafka_client *client, int timeout_ms, struct kafka_groups *groups, struct error *err)
{
    bool partial = false;

    if (!ask_groups(client, NULL, timestamp_monotonic() + timeout_ms, groups, &partial, err))
        return false;
    if (partial)
        log_write(LOG_WARNING, "kafka", "not all brokers answered: groups may be missing from the list");
    return true;
}

/* True when the group is not listed because the user may not see it. Asked by name, a broker says so. */
static bool is_hidden(struct kafka_client *client, const char *name, int timeout_ms, rd_kafka_resp_err_t *code)
{
    size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t **rows;
    rd_kafka_event_t *event;
    struct kafka_admin admin;

    kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout_ms, &admin);
    rd_kafka_DescribeConsumerGroups(kafka_client_handle(client), &name, 1, admin.options, admin.queue);
    event = kafka_admin_wait(client, &admin, code);
    if (event != NULL) {
        rows =
            rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
        if (count == 1 && rd_kafka_ConsumerGroupDescription_error(rows[0]) != NULL)
            *code = rd_kafka_error_code(rd_kafka_ConsumerGroupDescription_error(rows[0]));
        rd_kafka_event_destroy(event);
    }
    kafka_admin_end(&admin);
    return kafka_error_is_right(*code);
}

static bool no_such_group(struct kafka_client *client, const char *name, int timeout_ms, bool partial,
                          struct error *err)
{
    struct kafka_groups groups = { NULL, 0 };
    const char **names = NULL;
    const char *nearest = NULL;
    rd_kafka_resp_err_t code;

    if (is_hidden(client, name, timeout_ms, &code))
        return kafka_error_set_right(client, code, &(struct kafka_right){ "Describe", "group", name }, err,
                                     "cannot look at group %s", name);
    if (partial)
        return error_set_retriable(err, ERROR_KAFKA, "group %s was not found, but not all brokers answered", name);
    if (kafka_directory_groups(client, timeout_ms, &groups, NULL)) {
        names = memory_new((groups.count + 1) * sizeof(*names));
        for (size_t i = 0; i < groups.count; i++)
            names[i] = groups.rows[i].name;
        nearest = options_nearest(name, names, groups.count);
    }
    if (groups.count == 0)
        error_set(err, ERROR_KAFKA, "there is no group %s; none is visible (a missing Describe right looks the same)",
                  name);
    else
        error_set(err, ERROR_KAFKA, "there is no group %s%s%s%s", name,
                  nearest == NULL ? "; headgate groups lists them" : "; did you mean ", nearest == NULL ? "" : nearest,
                  nearest == NULL ? "" : "?");
    free(names);
    kafka_groups_clear(&groups);
    return false;
}

bool kafka_directory_group(struct kafka_client *client, const char *name, int timeout_ms, struct kafka_group *group,
                           struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    struct kafka_groups groups = { NULL, 0 };
    bool partial = false;

    if (!ask_groups(client, name, deadline, &groups, &partial, err))
        return false;
    if (groups.count == 0) {
        kafka_groups_clear(&groups);
        return no_such_group(client, name, kafka_ms_left(deadline), partial, err);
    }
    *group = groups.rows[0];
    groups.count = 0; /* its texts are the caller's now */
    kafka_groups_clear(&groups);
    return true;
}
