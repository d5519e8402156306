/* Topics: names and sizes from one Metadata request, ids and settings from Admin requests where the version and the
 * rights allow. Expected: 1 to 10,000 topics.
 *
 * rd_kafka_metadata() is only asked for all topics or for one by name: with neither it would allow the broker to create
 * topics.
 */
#include "kafka/kafka_directory.h"

#include "base/buffer.h"
#include "base/options.h"
#include "base/text.h"
#include "kafka/kafka_admin.h"
#include "kafka/kafka_error.h"

#include <stdlib.h>
#include <string.h>

static bool is_internal_name(const char *name)
{
    static const char *const names[] = { "__consumer_offsets", "__transaction_state", "__share_group_state",
                                         "__cluster_metadata" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void topic_init(struct kafka_topic *topic, const struct rd_kafka_metadata_topic *from)
{
    memset(topic, 0, sizeof(*topic));
    topic->name = memory_copy_text(from->topic);
    topic->internal = is_internal_name(from->topic);
    topic->retention_ms = -1;
    memcpy(topic->id, "-", sizeof("-"));
    if (from->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        topic->partitions = from->partition_cnt;
    else
        topic->error = memory_copy_text(kafka_error_words(from->err));
}

void kafka_topic_clear(struct kafka_topic *topic)
{
    free(topic->name);
    free(topic->error);
    memset(topic, 0, sizeof(*topic));
}

void kafka_topics_clear(struct kafka_topics *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        kafka_topic_clear(&topics->rows[i]);
    free(topics->rows);
    memset(topics, 0, sizeof(*topics));
}

static int compare_topics(const void *left, const void *right)
{
    return strcmp(((const struct kafka_topic *)left)->name, ((const struct kafka_topic *)right)->name);
}

#if RD_KAFKA_VERSION >= 0x020300ff

static struct kafka_topic *find_topic(struct kafka_topics *topics, const char *name)
{
    struct kafka_topic key = { .name = (char *)name };

    return bsearch(&key, topics->rows, topics->count, sizeof(*topics->rows), compare_topics);
}

/* Kafka's own way of writing an id: base64 with '-' and '_', no padding. librdkafka uses '+', '/' and '='. */
static void set_id(struct kafka_topic *topic, const rd_kafka_Uuid_t *id)
{
    if (rd_kafka_Uuid_most_significant_bits(id) == 0 && rd_kafka_Uuid_least_significant_bits(id) == 0)
        return; /* the broker has none */
    snprintf(topic->id, sizeof(topic->id), "%s", rd_kafka_Uuid_base64str(id));
    for (char *c = topic->id; *c != '\0'; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    topic->id[strcspn(topic->id, "=")] = '\0';
}

static void take_ids(struct kafka_topics *topics, const rd_kafka_DescribeTopics_result_t *result)
{
    size_t count = 0;
    const rd_kafka_TopicDescription_t **rows = rd_kafka_DescribeTopics_result_topics(result, &count);

    for (size_t i = 0; i < count; i++) {
        struct kafka_topic *topic = find_topic(topics, rd_kafka_TopicDescription_name(rows[i]));
        const rd_kafka_error_t *error = rd_kafka_TopicDescription_error(rows[i]);
        const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(rows[i]);

        if (topic == NULL || (error != NULL && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR))
            continue;
        topic->internal = rd_kafka_TopicDescription_is_internal(rows[i]) != 0;
        if (id != NULL)
            set_id(topic, id);
    }
}

/* Fills in ids; a failure leaves "-". topics must be sorted. */
static void read_ids(struct kafka_client *client, int timeout_ms, struct kafka_topics *topics)
{
    const char **names = memory_new((topics->count + 1) * sizeof(*names));
    rd_kafka_TopicCollection_t *collection;
    rd_kafka_resp_err_t code;
    rd_kafka_event_t *event;
    struct kafka_admin admin;

    for (size_t i = 0; i < topics->count; i++)
        names[i] = topics->rows[i].name;
    collection = rd_kafka_TopicCollection_of_topic_names(names, topics->count);
    kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout_ms, &admin);
    rd_kafka_DescribeTopics(kafka_client_handle(client), collection, admin.options, admin.queue);
    event = kafka_admin_wait(client, &admin, &code);
    if (event != NULL) {
        take_ids(topics, rd_kafka_event_DescribeTopics_result(event));
        rd_kafka_event_destroy(event);
    }
    kafka_admin_end(&admin);
    rd_kafka_TopicCollection_destroy(collection);
    free(names);
}

#else

/* The Metadata versions of librdkafka before 2.3.0 carry no topic ids. */
static void read_ids(struct kafka_client *client, int timeout_ms, struct kafka_topics *topics)
{
    (void)client;
    (void)timeout_ms;
    (void)topics;
}

#endif

/* All topics when name is NULL, else that one. */
static rd_kafka_resp_err_t ask_metadata(struct kafka_client *client, const char *name, int timeout_ms,
                                        const struct rd_kafka_metadata **metadata)
{
    rd_kafka_topic_t *topic = name == NULL ? NULL : rd_kafka_topic_new(kafka_client_handle(client), name, NULL);
    rd_kafka_resp_err_t code;

    if (name != NULL && topic == NULL)
        return RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION; /* a name that no topic can have */
    code = rd_kafka_metadata(kafka_client_handle(client), name == NULL, topic, metadata, timeout_ms);
    kafka_client_serve(client);
    if (topic != NULL)
        rd_kafka_topic_destroy(topic);
    return code;
}

/* Names, partitions and errors of all topics, sorted; no ids. */
static bool list_topics(struct kafka_client *client, int timeout_ms, struct kafka_topics *topics, struct error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = ask_metadata(client, NULL, timeout_ms, &metadata);

    memset(topics, 0, sizeof(*topics));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(client, code, err, "cannot list topics");
    topics->rows = memory_new(((size_t)metadata->topic_cnt + 1) * sizeof(*topics->rows));
    for (int i = 0; i < metadata->topic_cnt; i++)
        topic_init(&topics->rows[topics->count++], &metadata->topics[i]);
    qsort(topics->rows, topics->count, sizeof(*topics->rows), compare_topics);
    rd_kafka_metadata_destroy(metadata);
    return true;
}

bool kafka_directory_topics(struct kafka_client *client, int timeout_ms, struct kafka_topics *topics, struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;

    if (!list_topics(client, timeout_ms, topics, err))
        return false;
    if (topics->count > 0)
        read_ids(client, kafka_ms_left(deadline), topics);
    return true;
}

/* One setting's value; what does not parse stays unknown. */
static void take_setting(struct kafka_topic *topic, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (strcmp(name, "message.timestamp.type") == 0)
        topic->log_append = strcmp(value, "LogAppendTime") == 0;
    else if (strcmp(name, "cleanup.policy") == 0)
        topic->compacted = strstr(value, "compact") != NULL;
    else if (strcmp(name, "retention.ms") == 0 && !text_parse_int64(value, &topic->retention_ms))
        topic->retention_ms = -1;
    else if (strcmp(name, "max.message.bytes") == 0 && !text_parse_int64(value, &topic->max_message_bytes))
        topic->max_message_bytes = 0;
}

/* DescribeConfigs; without the right, or an answer, described stays false. */
static void read_settings(struct kafka_client *client, int timeout_ms, struct kafka_topic *topic)
{
    rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    const rd_kafka_ConfigResource_t **answers;
    size_t count = 0, entries = 0;
    rd_kafka_resp_err_t code;
    rd_kafka_event_t *event;
    struct kafka_admin admin;

    kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms, &admin);
    rd_kafka_DescribeConfigs(kafka_client_handle(client), &wanted, 1, admin.options, admin.queue);
    event = kafka_admin_wait(client, &admin, &code);
    if (event != NULL) {
        answers = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
        if (count == 1 && rd_kafka_ConfigResource_error(answers[0]) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const rd_kafka_ConfigEntry_t **rows = rd_kafka_ConfigResource_configs(answers[0], &entries);

            for (size_t i = 0; i < entries; i++)
                take_setting(topic, rd_kafka_ConfigEntry_name(rows[i]), rd_kafka_ConfigEntry_value(rows[i]));
            topic->described = entries > 0;
        }
        rd_kafka_event_destroy(event);
    }
    kafka_admin_end(&admin);
    rd_kafka_ConfigResource_destroy(wanted);
}

/* "there is no topic x on this cluster", with the nearest name where the list can be had. */
static bool no_such_topic(struct kafka_client *client, const char *name, int timeout_ms, struct error *err)
{
    struct kafka_topics topics = { NULL, 0 };
    const char *nearest = NULL;
    const char **names;

    if (!list_topics(client, timeout_ms, &topics, NULL))
        return error_set(err, ERROR_KAFKA, "there is no topic %s on this cluster", name);
    names = memory_new((topics.count + 1) * sizeof(*names));
    for (size_t i = 0; i < topics.count; i++)
        names[i] = topics.rows[i].name;
    nearest = options_nearest(name, names, topics.count);
    error_set(err, ERROR_KAFKA, "there is no topic %s on this cluster%s%s%s", name,
              nearest == NULL ? "; headgate topics lists them" : "; did you mean ", nearest == NULL ? "" : nearest,
              nearest == NULL ? "" : "?");
    free(names);
    kafka_topics_clear(&topics);
    return false;
}

/* Metadata of one topic, asked again while its answer is one that passes (a leader being elected). */
static rd_kafka_resp_err_t ask_topic(struct kafka_client *client, const char *name, int64_t deadline,
                                     struct kafka_topic *topic)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code;
    int backoff_ms = 50;

    do {
        code = ask_metadata(client, name, kafka_ms_left(deadline), &metadata);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            topic_init(topic, &metadata->topics[0]);
        rd_kafka_metadata_destroy(metadata);
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && kafka_client_try_again(client, code, deadline, &backoff_ms));
    return code;
}

bool kafka_directory_topic(struct kafka_client *client, const char *name, int timeout_ms, struct kafka_topic *topic,
                           struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_resp_err_t code = ask_topic(client, name, deadline, topic);
    struct kafka_topics one = { topic, 1 };

    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) {
        topic->missing = true;
        return no_such_topic(client, name, kafka_ms_left(deadline), err);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set_right(client, code, &(struct kafka_right){ "Describe", "topic", name }, err,
                                     "cannot look at topic %s", name);
    read_ids(client, kafka_ms_left(deadline), &one);
    read_settings(client, kafka_ms_left(deadline), topic);
    return true;
}

/* --- brokers --- */

static int compare_brokers(const void *a, const void *b)
{
    const struct kafka_broker *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

bool kafka_directory_brokers(struct kafka_client *client, int timeout_ms, struct kafka_brokers *brokers,
                             struct error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = ask_metadata(client, NULL, timeout_ms, &metadata);

    memset(brokers, 0, sizeof(*brokers));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(client, code, err, "cannot list the brokers");
    brokers->rows = memory_new(((size_t)metadata->broker_cnt + 1) * sizeof(*brokers->rows));
    for (int i = 0; i < metadata->broker_cnt; i++) {
        const struct rd_kafka_metadata_broker *broker = &metadata->brokers[i];

        brokers->rows[brokers->count].id = broker->id;
        brokers->rows[brokers->count++].address = memory_printf("%s:%d", broker->host, broker->port);
    }
    qsort(brokers->rows, brokers->count, sizeof(*brokers->rows), compare_brokers);
    rd_kafka_metadata_destroy(metadata);
    return true;
}

void kafka_brokers_clear(struct kafka_brokers *brokers)
{
    for (size_t i = 0; i < brokers->count; i++)
        free(brokers->rows[i].address);
    free(brokers->rows);
    memset(brokers, 0, sizeof(*brokers));
}
