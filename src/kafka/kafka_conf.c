/* Settings of a librdkafka handle: ours first, then the user's, then those that are not the user's to choose.
 *
 * The reasons stand beside the rows; what a version does not know is skipped where the row says so.
 */
#include "kafka/kafka_internal.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/options.h"
#include "base/text.h"
#include "kafka/kafka_client.h"
#include "kafka/kafka_files.h"
#include "kafka/kafka_java.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct default_row {
    const char *name;
    const char *value;
    bool if_known; /* newer than 2.0.2 */
};

/* The user may change these. */
static const struct default_row defaults[] = {
    { "socket.nagle.disable",    "true",    false }, /* Nagle was on until 2.10.0 */
    { "socket.keepalive.enable", "true",    false }, /* NAT drops idle connections */
    { "reconnect.backoff.ms",    "20",      false }, /* half of it passes between two connections of a new client */
    { "enable.metrics.push",     "false",   true  }, /* on since 2.5.0, where it could abort the process */
    { "fetch.queue.backoff.ms",  "1",       true  }, /* default 1,000: a full queue stops fetching for 1 s; >= 2.2.0 */
    { "fetch.message.max.bytes", "1048576", false }, /* larger was not faster */
    { "fetch.max.bytes",         "8388608", false }  /* of one answer for all partitions: it is memory beside the budget */
};

/* The user may not (kafka_java refuses them). */
static const struct default_row fixed[] = {
    { "enable.auto.commit",       "false", false }, /* commits only after S3 has the object */
    { "enable.auto.offset.store", "false", false }, /* likewise */
    { "auto.offset.reset",        "error", false }, /* anything else jumps over lost data silently */
    { "check.crcs",               "true",  false }, /* off by default: flipped bits would be delivered as data */
    { "enable.partition.eof",     "true",  false }, /* the only sign that a tail holds no visible record */
    { "allow.auto.create.topics", "false", false }  /* looking must not create */
};

bool kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(err, ERROR_INTERNAL, "librdkafka %s does not take %s=%s: %s", rd_kafka_version_str(), name, value,
                     text);
}

char *kafka_conf_text(const rd_kafka_conf_t *conf, const char *name)
{
    size_t size = 0;
    char *value;

    if (rd_kafka_conf_get(conf, name, NULL, &size) != RD_KAFKA_CONF_OK)
        return memory_copy_text("");
    value = memory_new(size + 1);
    (void)rd_kafka_conf_get(conf, name, value, &size);
    return value;
}

void kafka_conf_set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_INVALID)
        log_write(LOG_WARNING, "kafka", "librdkafka does not take %s=%s: %s", name, value, text);
}

static bool set_rows(rd_kafka_conf_t *conf, const struct default_row *rows, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].if_known)
            kafka_conf_set_if_known(conf, rows[i].name, rows[i].value);
        else if (!kafka_conf_set(conf, rows[i].name, rows[i].value, err))
            return false;
    }
    return true;
}

/* headgate-0.1.0-bastion7-4711: operators find and quota us by it. */
static bool set_client_id(rd_kafka_conf_t *conf, const char *client_name, struct error *err)
{
    char host[128] = "", id[256];

    if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
        memcpy(host, "localhost", sizeof("localhost"));
    snprintf(id, sizeof(id), "%s-%s-%s-%ld", client_name == NULL ? "headgate" : client_name, PACKAGE_VERSION, host,
             (long)getpid());
    return kafka_conf_set(conf, "client.id", id, err);
}

static bool set_group(rd_kafka_conf_t *conf, const char *group, struct error *err)
{
    char scan[64];
    uint64_t random = 0;

    if (group == NULL) {
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return error_set_errno(err, "cannot get random bytes");
        snprintf(scan, sizeof(scan), "headgate-scan-%016llx", (unsigned long long)random);
        group = scan;
    }
    if (!kafka_group_is_ours(group))
        return error_set(err, ERROR_REFUSED, "headgate joins no group but its own (headgate-...): %s", group);
    return kafka_conf_set(conf, "group.id", group, err);
}

/* ERROR_USAGE for a name that librdkafka does not know, with the nearest that it does. */
static bool unknown_setting(const char *name, struct error *err)
{
    /* librdkafka's dump leaves out aliases and what has no default */
    static const char *const more[] = {
        "bootstrap.servers", "client.rack",     "debug",           "sasl.mechanism",
        "sasl.username",     "sasl.password",   "ssl.ca.location", "ssl.certificate.location",
        "ssl.key.location",  "ssl.key.password"
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    size_t count = 0, names = 0;
    const char **dump = rd_kafka_conf_dump(conf, &count); /* name, value, name, value, ... */
    const char **list = memory_new((count + sizeof(more) / sizeof(more[0])) * sizeof(*list));
    const char *nearest;

    for (size_t i = 0; i < count; i += 2)
        list[names++] = dump[i];
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        list[names++] = more[i];
    nearest = options_nearest(name, list, names);
    error_set(err, ERROR_USAGE, "librdkafka %s has no setting %s%s%s%s", rd_kafka_version_str(), name,
              nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    free(list);
    rd_kafka_conf_dump_free(dump, count);
    rd_kafka_conf_destroy(conf);
    return false;
}

static bool is_secret(const char *name)
{
    static const char *const parts[] = { "password", "secret", "pem", "key", "jaas" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(name, parts[i]) != NULL)
            return true;
    return false;
}

static bool set_user_settings(rd_kafka_conf_t *conf, const struct properties *properties, struct error *err)
{
    char text[512];

    for (size_t i = 0; i < properties->count; i++) {
        const struct property *property = &properties->rows[i];

        switch (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text))) {
        case RD_KAFKA_CONF_OK: break;
        case RD_KAFKA_CONF_UNKNOWN: return unknown_setting(property->name, err);
        case RD_KAFKA_CONF_INVALID:
            return error_set(err, ERROR_USAGE, "the Kafka setting %s is not valid: %s", property->name,
                             is_secret(property->name) ? "librdkafka does not take its value" : text);
        }
    }
    return true;
}

static bool set_all(rd_kafka_conf_t *conf, const struct kafka_settings *settings, const struct properties *user,
                    const char *group, struct error *err)
{
    char brokers[2];
    size_t size = sizeof(brokers);

    /* 16 MiB of prefetch; before 2.2.0 a full queue stalls a second, so the default of 64 MiB stays. */
    if (rd_kafka_version() >= 0x02020000)
        kafka_conf_set_if_known(conf, "queued.max.messages.kbytes", "16384");
    if (!set_rows(conf, defaults, sizeof(defaults) / sizeof(defaults[0]), err) ||
        !set_client_id(conf, settings->client_name, err) || !set_user_settings(conf, user, err) ||
        !set_rows(conf, fixed, sizeof(fixed) / sizeof(fixed[0]), err) || !set_group(conf, group, err) ||
        !kafka_conf_set(conf, "isolation.level", kafka_isolation_name(settings->isolation), err))
        return false;
    if (rd_kafka_conf_get(conf, "bootstrap.servers", brokers, &size) != RD_KAFKA_CONF_OK || size <= 1)
        return error_set(err, ERROR_USAGE, "no Kafka brokers given: use --brokers HOST:PORT, or bootstrap.servers");
    return true;
}

bool kafka_conf_new(const struct kafka_settings *settings, const char *group, rd_kafka_conf_t **conf, struct error *err)
{
    static const struct properties none = { NULL, 0 };
    struct properties user;
    rd_kafka_conf_t *made = rd_kafka_conf_new();
    bool ok;

    properties_init(&user);
    if ((rd_kafka_version() >> 8) == 0x020a00)
        ok = error_set(err, ERROR_REFUSED, "librdkafka 2.10.0 corrupts memory; use another version");
    else
        ok = kafka_java_translate(settings->properties == NULL ? &none : settings->properties, &user, err) &&
             kafka_files_check(&user, err) && set_all(made, settings, &user, group, err);
    properties_clear(&user);
    if (ok)
        *conf = made;
    else
        rd_kafka_conf_destroy(made);
    return ok;
}
