/* Each check is a few seconds at most: what cannot be reached is said within ten. */
#include "engine/engine_doctor.h"

#include "aws/endpoints.h"
#include "aws/sts.h"
#include "base/buffer.h"
#include "base/text.h"
#include "engine/engine_connect.h"
#include "engine_event.h"
#include "http/http_client.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"
#include "s3/s3_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STS_MS = 5000,
    STORE_MS = 3000, /* how long passing failures of the store are tried again */
    CONNECT_MS = 7000,
    BROKER_MS = 5000,
    ASK_MS = 7000,
    BROKERS_MOST = 12, /* each gets a client of its own, one after the other */
    CLOCK_WARN_MS = 60 * 1000,
    EXPIRES_SOON_MS = 15 * 60 * 1000,
};

struct doctor {
    struct engine_tools *tools;
    struct engine_question *question;
    struct engine_event *event;
    const char *about;   /* of the rows being made */
    bool no_credentials; /* said once */
};

static void add(struct doctor *doctor, enum engine_check_verdict verdict, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct doctor *doctor, enum engine_check_verdict verdict, const char *what, const char *format, ...)
{
    struct engine_event *event = doctor->event;
    char text[ERROR_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    event->checks = memory_resize(event->checks, (event->check_count + 1) * sizeof(event->checks[0]));
    event->checks[event->check_count++] = (struct engine_check){
        .about = doctor->about, .what = memory_copy_text(what), .verdict = verdict, .said = memory_copy_text(text)
    };
}

/* --- credentials -----------------------------------------------------------------------------------------------------*/

static void check_until(struct doctor *doctor, const struct credentials *credentials)
{
    char until[TIMESTAMP_TEXT_SIZE], left[TEXT_NUMBER_SIZE];
    int64_t ms = credentials->expires - timestamp_now();

    if (credentials->expires == TIMESTAMP_NONE && credentials->token)
        add(doctor, ENGINE_CHECK_WARN, "until",
            "a session token whose end is not told: a delivery stops when it ends; name a source that can be renewed "
            "(role, credential_process), or set AWS_CREDENTIAL_EXPIRATION");
    else if (credentials->expires == TIMESTAMP_NONE)
        add(doctor, ENGINE_CHECK_OK, "until", "they do not end");
    else
        add(doctor, ms < EXPIRES_SOON_MS ? ENGINE_CHECK_WARN : ENGINE_CHECK_OK, "until", "%s, in %s",
            timestamp_text(until, credentials->expires), text_duration(left, ms));
}

/* Asking STS shows the key id and a signature to it: not where the store is somebody else's. */
static bool may_ask_sts(const struct doctor *doctor, const struct credentials_settings *settings)
{
    return !doctor->tools->config->endpoint_url || credentials_look_up(settings, "AWS_ENDPOINT_URL_STS");
}

static void check_identity(struct doctor *doctor, const struct credentials *credentials)
{
    const struct config *config = doctor->tools->config;
    struct credentials_settings settings = { .profile = config->profile,
                                             .lookup = credentials_environment,
                                             .region = config->region,
                                             .ca_file = config->ca_file,
                                             .allow_plain_http = config->allow_plain_http };
    struct credential_search search = { .settings = &settings, .until = timestamp_monotonic() + STS_MS };
    struct credential_identity identity;
    struct error err = { 0 };

    if (!may_ask_sts(doctor, &settings))
        add(doctor, ENGINE_CHECK_NOTE, "who", "not asked: the store is not AWS's (AWS_ENDPOINT_URL_STS names an STS)");
    else if (sts_caller_identity(&search, credentials, &identity, &err))
        add(doctor, ENGINE_CHECK_OK, "who", "%s, account %s", identity.arn, identity.account);
    else if (err.retriable)
        add(doctor, ENGINE_CHECK_NOTE, "who", "%s%s%s; it is not needed", credentials->arn ? credentials->arn : "",
            credentials->arn ? "; " : "", err.message);
    else
        add(doctor, ENGINE_CHECK_WARN, "who", "%s", err.message);
}

static bool needs_credentials(const struct config *config)
{
    return config->bucket || !config->brokers_given;
}

static void check_credentials(struct doctor *doctor)
{
    struct credentials credentials;
    struct error err = { 0 };

    doctor->about = "credentials";
    engine_question_progress(doctor->question, 0, 0, "looking for credentials");
    if (credential_provider_get(doctor->tools->provider, &credentials, &err)) {
        char *who = credentials_describe(&credentials);

        add(doctor, ENGINE_CHECK_OK, "found", "%s", who);
        free(who);
        check_until(doctor, &credentials);
        check_identity(doctor, &credentials);
    } else {
        doctor->no_credentials = true;
        add(doctor,
            needs_credentials(doctor->tools->config) || doctor->question->bucket ? ENGINE_CHECK_FAIL
                                                                                 : ENGINE_CHECK_NOTE,
            "found", "%s", err.message);
    }
    credentials_clear(&credentials);
}

/* --- store -----------------------------------------------------------------------------------------------------------*/

static void check_tls(struct doctor *doctor, const char *endpoint)
{
    const struct config *config = doctor->tools->config;
    struct credentials_settings settings = { .profile = config->profile, .lookup = credentials_environment };
    char *ca = config->ca_file ? memory_copy_text(config->ca_file) : endpoint_ca_file(&settings);

    if (strncmp(endpoint, "https:", 6) == 0)
        add(doctor, ENGINE_CHECK_OK, "tls", "verified against %s", ca ? ca : "the system's certificates");
    else
        add(doctor, config->allow_plain_http ? ENGINE_CHECK_WARN : ENGINE_CHECK_NOTE, "tls",
            "plain HTTP: signed, and readable on the way%s", config->allow_plain_http ? " (--allow-plain-http)" : "");
    free(ca);
}

static void check_clock(struct doctor *doctor, int64_t skew_ms)
{
    if (skew_ms == 0)
        add(doctor, ENGINE_CHECK_NOTE, "clock", "the store told no time");
    else if (llabs(skew_ms) < CLOCK_WARN_MS)
        add(doctor, ENGINE_CHECK_OK, "clock", "within %lld s of the store's", (long long)(llabs(skew_ms) / 1000 + 1));
    else
        add(doctor, ENGINE_CHECK_WARN, "clock",
            "this host's clock is %lld s %s the store's; S3 refuses beyond 900 s (headgate then signs with the store's time), "
            "record times are judged by a wrong clock: set it (chronyc makestep, timedatectl set-ntp true)",
            (long long)(llabs(skew_ms) / 1000), skew_ms < 0 ? "ahead of" : "behind");
}

static void check_probe(struct doctor *doctor, struct s3_client *s3)
{
    const char *prefix = doctor->question->prefix ? doctor->question->prefix : doctor->tools->config->prefix;
    struct s3_probe_report report;
    struct error err = { 0 };
    char nonce[9];

    engine_question_progress(doctor->question, 0, 0, "probing the store");
    engine_tools_random_id(nonce);
    if (!s3_probe_run(s3, prefix, nonce, &report, &err)) {
        add(doctor, ENGINE_CHECK_FAIL, "write", "%s", err.message);
        return;
    }
    add(doctor, report.left_behind ? ENGINE_CHECK_WARN : ENGINE_CHECK_OK, "write", "%s%s_headgate/probe/",
        report.left_behind ? "works, but s3:DeleteObject is missing: objects were left below "
                           : "written, read and deleted below ",
        prefix);
    add(doctor, report.verdict == S3_PROBE_EXACTLY_ONCE ? ENGINE_CHECK_OK : ENGINE_CHECK_WARN, "store", "%s%s%s",
        s3_probe_verdict_name(report.verdict), report.reason[0] ? ": " : "", report.reason);
    if (!report.checks_checksum)
        add(doctor, ENGINE_CHECK_WARN, "checksum", "the store does not check checksums");
}

static void check_store(struct doctor *doctor)
{
    struct s3_client *s3 = NULL;
    struct error err = { 0 };

    doctor->about = "store";
    if (!doctor->tools->config->bucket && !doctor->question->bucket) {
        add(doctor, ENGINE_CHECK_NOTE, "bucket", "not looked at: give --bucket");
        return;
    }
    if (doctor->no_credentials) {
        add(doctor, ENGINE_CHECK_NOTE, "bucket", "not looked at: there are no credentials for it");
        return;
    }
    engine_question_progress(doctor->question, 0, 0, "asking the store");
    if (!engine_tools_s3(doctor->tools, &s3, &err)) {
        add(doctor, ENGINE_CHECK_FAIL, "bucket", "%s", err.message);
        return;
    }
    add(doctor, ENGINE_CHECK_OK, "endpoint", "%s, region %s", s3_client_endpoint(s3), s3_client_region(s3));
    check_tls(doctor, s3_client_endpoint(s3));
    if (s3_client_check_bucket(s3, STORE_MS, &err)) {
        add(doctor, ENGINE_CHECK_OK, "read", "bucket %s can be listed", s3_client_bucket(s3));
        check_probe(doctor, s3);
    } else {
        add(doctor, ENGINE_CHECK_FAIL, "read", "%s", err.message);
    }
    check_clock(doctor, s3_client_skew_ms(s3));
}

/* --- Kafka -----------------------------------------------------------------------------------------------------------*/

/* A client of its own for one broker: its name, its port, its certificate and the login are tried. */
static void check_broker(struct doctor *doctor, const struct kafka_broker *broker)
{
    struct kafka_settings settings = engine_tools_kafka_settings(doctor->tools, engine_tools_isolation(doctor->tools));
    struct kafka_client *client = NULL;
    struct properties properties;
    struct error err = { 0 };
    char what[32];
    int64_t began = timestamp_monotonic();

    snprintf(what, sizeof(what), "broker %d", broker->id);
    properties_init(&properties);
    properties_merge(&properties, settings.properties);
    properties_set(&properties, "bootstrap.servers", broker->address);
    settings.properties = &properties;
    if (kafka_client_new(&settings, &client, &err) && kafka_client_connect(client, BROKER_MS, &err))
        add(doctor, ENGINE_CHECK_OK, what, "%s answers (%lld ms)", broker->address,
            (long long)(timestamp_monotonic() - began));
    else
        add(doctor, ENGINE_CHECK_FAIL, what, "%s: %s", broker->address, err.message);
    kafka_client_free(client);
    properties_clear(&properties);
}

static void check_brokers(struct doctor *doctor, struct kafka_client *kafka)
{
    struct kafka_brokers brokers;
    struct error err = { 0 };

    if (!kafka_directory_brokers(kafka, ASK_MS, &brokers, &err)) {
        add(doctor, ENGINE_CHECK_FAIL, "brokers", "%s", err.message);
        return;
    }
    for (size_t i = 0; i < brokers.count && i < BROKERS_MOST && engine_question_wanted(doctor->question, NULL); i++) {
        engine_question_progress(doctor->question, (int64_t)i, (int64_t)brokers.count, "asking broker %d",
                                 brokers.rows[i].id);
        check_broker(doctor, &brokers.rows[i]);
    }
    if (brokers.count > BROKERS_MOST)
        add(doctor, ENGINE_CHECK_NOTE, "brokers", "%zu more were not tried one by one", brokers.count - BROKERS_MOST);
    kafka_brokers_clear(&brokers);
}

/* Offsets of partition 0 want the right to Describe; the settings DescribeConfigs. */
static void check_topic(struct doctor *doctor, struct kafka_client *kafka, const char *name)
{
    struct partition_offsets ends = { 0 };
    struct kafka_topic topic = { 0 };
    struct error err = { 0 };

    if (!kafka_directory_topic(kafka, name, ASK_MS, &topic, &err) ||
        !kafka_offsets_range(kafka, name, topic.partitions, KAFKA_LOG_END, ASK_MS, &ends, &err))
        add(doctor, ENGINE_CHECK_FAIL, "topic", "%s", err.message);
    else if (!topic.described)
        add(doctor, ENGINE_CHECK_WARN, "topic",
            "%s: %d partitions; its settings are not to be read (right DescribeConfigs on the topic), so that compaction and "
            "retention are not known",
            name, topic.partitions);
    else
        add(doctor, ENGINE_CHECK_OK, "topic", "%s: %d partitions", name, topic.partitions);
    partition_offsets_clear(&ends);
    kafka_topic_clear(&topic);
}

static void check_group(struct doctor *doctor, struct kafka_client *kafka, const char *name)
{
    struct kafka_group group = { 0 };
    struct error err = { 0 };

    if (!kafka_directory_group(kafka, name, ASK_MS, &group, &err))
        add(doctor, ENGINE_CHECK_FAIL, "group", "%s", err.message);
    else
        add(doctor, ENGINE_CHECK_OK, "group", "%s: %s, %d members", name, group.state, group.members);
    kafka_group_clear(&group);
}

/* With MSK IAM these may be other credentials than the store's. */
static void check_login(struct doctor *doctor, struct kafka_client *kafka)
{
    char *login = kafka_client_login(kafka);

    add(doctor, ENGINE_CHECK_OK, "login", "%s", login);
    free(login);
}

static void check_kafka(struct doctor *doctor)
{
    const struct engine_question *question = doctor->question;
    struct engine_tools *tools = doctor->tools;
    const char *protocol = properties_get(&tools->config->kafka, "security.protocol");
    struct kafka_settings settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    struct kafka_client *kafka = NULL;
    struct error err = { 0 };

    doctor->about = "kafka";
    if (!tools->config->brokers_given) {
        add(doctor, ENGINE_CHECK_NOTE, "cluster", "not looked at: give --brokers");
        return;
    }
    engine_question_progress(doctor->question, 0, 0, "asking the brokers");
    if (!kafka_client_new(&settings, &kafka, &err) || !kafka_client_connect(kafka, CONNECT_MS, &err)) {
        add(doctor, ENGINE_CHECK_FAIL, "cluster", "%s", err.message);
    } else {
        add(doctor, ENGINE_CHECK_OK, "cluster", "%s, %s", kafka_client_cluster_id(kafka, ASK_MS),
            protocol ? protocol : "plaintext: no login, no encryption");
        check_login(doctor, kafka);
        if (tools->config->unverified)
            add(doctor, ENGINE_CHECK_WARN, "tls", "%s", tools->config->unverified);
        check_brokers(doctor, kafka);
        if (question->topic)
            check_topic(doctor, kafka, question->topic);
        if (question->group)
            check_group(doctor, kafka, question->group);
    }
    kafka_client_free(kafka);
}

/* --- Kafka Connect ---------------------------------------------------------------------------------------------------*/

static void check_connect(struct doctor *doctor)
{
    char *place = NULL, counted[TEXT_COUNTED_SIZE];
    struct error err = { 0 };
    size_t connectors = 0;

    doctor->about = "connect";
    if (!doctor->tools->config->connect_url) {
        add(doctor, ENGINE_CHECK_NOTE, "worker", "not looked at: give --connect");
        return;
    }
    engine_question_progress(doctor->question, 0, 0, "asking Kafka Connect");
    if (engine_connect_look(doctor->tools, doctor->question, &place, &connectors, &err))
        add(doctor, ENGINE_CHECK_OK, "worker", "%s, %s", place,
            text_counted(counted, (int64_t)connectors, "connector"));
    else
        add(doctor, ENGINE_CHECK_FAIL, "worker", "%s", err.message);
    free(place);
}

/* --- this host -------------------------------------------------------------------------------------------------------*/

static void check_terminal(struct doctor *doctor)
{
    const char *term = credentials_environment(NULL, "TERM"), *locale = credentials_environment(NULL, "LC_ALL");
    bool utf8, inside = credentials_environment(NULL, "TMUX") || credentials_environment(NULL, "STY");

    if (!locale || !*locale)
        locale = credentials_environment(NULL, "LC_CTYPE");
    if (!locale || !*locale)
        locale = credentials_environment(NULL, "LANG");
    utf8 = locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "utf8"));
    if (!term || !*term || strcmp(term, "dumb") == 0)
        add(doctor, ENGINE_CHECK_NOTE, "terminal", "none (TERM is %s): commands work, the console does not",
            term && *term ? term : "not set");
    else
        add(doctor, utf8 ? ENGINE_CHECK_OK : ENGINE_CHECK_WARN, "terminal", "%s, %s%s", term,
            utf8 ? "UTF-8" : "no UTF-8 (LANG=C.UTF-8 helps; the console draws in ASCII)",
            inside ? ", inside tmux or screen" : "");
    if (!inside && credentials_environment(NULL, "SSH_CONNECTION"))
        add(doctor, ENGINE_CHECK_WARN, "session",
            "over SSH without tmux or screen: a delivery drains and ends when the connection is lost; start tmux first");
}

static void check_host(struct doctor *doctor)
{
    doctor->about = "here";
    check_terminal(doctor);
    add(doctor, ENGINE_CHECK_OK, "versions", "headgate %s, librdkafka %s, %s", PACKAGE_VERSION, kafka_client_version(),
        http_client_version());
}

/* The first rows, count of them, go behind the others. */
static void move_behind(struct engine_event *event, size_t count)
{
    struct engine_check *first = memory_new((count + 1) * sizeof(*first));

    memcpy(first, event->checks, count * sizeof(*first));
    memmove(event->checks, event->checks + count, (event->check_count - count) * sizeof(*first));
    memcpy(event->checks + event->check_count - count, first, count * sizeof(*first));
    free(first);
}

/* Kafka comes first: meanwhile credentials are looked for, which both may have to wait for. Shown are they the other way. */
static void check_both(struct doctor *doctor)
{
    size_t of_kafka;

    credential_provider_begin(doctor->tools->provider);
    check_kafka(doctor);
    of_kafka = doctor->event->check_count;
    check_credentials(doctor);
    check_store(doctor);
    move_behind(doctor->event, of_kafka);
}

bool engine_doctor_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    static void (*const checks[])(struct doctor *) = { check_both, check_connect, check_host };
    struct doctor doctor = { .tools = tools, .question = question, .event = engine_event_new(ENGINE_DOCTOR) };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (!engine_question_wanted(question, err)) {
            engine_event_free(doctor.event);
            return false;
        }
        checks[i](&doctor);
    }
    doctor.event->final = true;
    engine_question_post(question, doctor.event);
    return true;
}
