/* A handle, the error events of its brokers, and a bounded end.
 *
 * Traps this file knows: a wrong password shows in no call but only as an error event, and a consumer serves those only
 * after rd_kafka_poll_set_consumer. The first calls on a new client wait for its connection. rd_kafka_destroy may block
 * before 2.6.1 when a topic has gone: it runs on a thread of its own with a time limit.
 */
#include "kafka/kafka_client.h"

#include "aws/certificate.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/text.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_heard.h"
#include "kafka/kafka_internal.h"
#include "kafka/kafka_symptom.h"
#include "kafka/kafka_token.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct kafka_client {
    rd_kafka_t *rk;
    void *owner;
    char *brokers; /* as configured, for messages */
    char *cluster_id;
    struct kafka_notes notes;
    struct kafka_heard *heard;
    struct kafka_token_source *token; /* NULL: librdkafka needs none of us */
    struct error token_error;         /* why there is none; empty when all is well */
    char token_about[512];            /* the last token's key, region and time */
    char *certificate;                /* this client's own, as configured; "" */
    atomic_int x509_error;            /* why a broker's certificate was last refused; OpenSSL's number */
    rd_kafka_resp_err_t group_error;  /* the last error event that was not of a partition */
    int64_t down_since;               /* librdkafka said that no broker is left; 0: one is */
    bool stuck;                       /* a question to a coordinator was given up */
    int64_t answered_ms;              /* when a broker last answered kafka_client_connect; 0: never */
};

const char *kafka_isolation_name(enum kafka_isolation isolation)
{
    return isolation == KAFKA_READ_UNCOMMITTED ? "read_uncommitted" : "read_committed";
}

const char *kafka_client_version(void)
{
    return rd_kafka_version_str();
}

bool kafka_group_is_ours(const char *group)
{
    return group != NULL && text_starts_with(group, "headgate-") && group[sizeof("headgate-") - 1] != '\0';
}

/* librdkafka reports some failures (2.15: a connection that the broker cuts) in its log only. text begins with
 * "[thrd:...]: ". */
static void hear(struct kafka_client *client, const char *text)
{
    struct kafka_heard_line *line = memory_new(sizeof(*line));
    const char *end = text[0] == '[' ? strstr(text, "]: ") : NULL;

    line->when = timestamp_monotonic();
    line->code = RD_KAFKA_RESP_ERR__TRANSPORT;
    snprintf(line->text, sizeof(line->text), "%s", end == NULL ? text : end + 3);
    kafka_heard_add(client->heard, line);
}

static void take_token(struct kafka_client *client, const char *about)
{
    if (client->token_error.kind != ERROR_NONE)
        client->notes.count = 0; /* they told of the missing token */
    error_clear(&client->token_error);
    snprintf(client->token_about, sizeof(client->token_about), "%.511s", about);
}

/* Takes over what was heard. An error event with the same text and a better code outweighs it. */
static void take_heard(struct kafka_client *client)
{
    struct kafka_heard_line *line;
    unsigned gone = kafka_heard_gone(client->heard);

    if (gone > 0)
        log_write(LOG_DEBUG, "kafka", "%u older failures of brokers were not looked at", gone);
    while ((line = kafka_heard_take(client->heard)) != NULL) {
        if (!line->of_token)
            kafka_notes_add(&client->notes, line->code, line->text, line->when);
        else if (line->code == RD_KAFKA_RESP_ERR_NO_ERROR)
            take_token(client, line->text);
        else
            error_set(&client->token_error, ERROR_CREDENTIALS, "%s", line->text);
        free(line);
    }
}

/* librdkafka's background thread. */
static void on_token_wanted(rd_kafka_t *rk, const char *config, void *opaque)
{
    struct kafka_client *client = opaque;
    struct kafka_heard_line *line = memory_new(sizeof(*line));
    struct error err;

    (void)config;
    line->when = timestamp_monotonic();
    line->of_token = true;
    if (!kafka_token_refresh(client->token, rk, line->text, sizeof(line->text), &err)) {
        log_write(LOG_ERROR, "kafka", "no MSK IAM token: %s", err.message);
        line->code = RD_KAFKA_RESP_ERR__AUTHENTICATION;
        snprintf(line->text, sizeof(line->text), "%s", err.message);
    }
    kafka_heard_add(client->heard, line);
}

/* Any thread of librdkafka. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    /* syslog's numbers, whose names would clash with ours: 0-3 error, 4 warning, 5 notice, 6 info, 7 debug */
    enum log_level ours = level <= 3 ? LOG_ERROR : level == 4 ? LOG_WARNING : level <= 6 ? LOG_INFO : LOG_DEBUG;

    if (strcmp(facility, "FAIL") == 0 && ours != LOG_DEBUG)
        hear(rd_kafka_opaque(rk), text);
    if (strstr(text, "auth=Bearer") != NULL)
        text = "a login with a token, which is not shown";
    log_write(ours, "kafka", "%s: %s", facility, text);
}

/* The owner's thread, inside calls that poll. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_client *client = opaque;

    (void)rk;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && client->down_since == 0)
        client->down_since = timestamp_monotonic();
    kafka_notes_add(&client->notes, (rd_kafka_resp_err_t)code, reason, timestamp_monotonic());
}

/* A broker's thread, for each certificate of a chain. Decides nothing: remembers why OpenSSL refuses, since its message does
 * not say. */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t id, int *x509_error, int depth, const char *bytes,
                          size_t size, char *text, size_t text_size, void *opaque)
{
    struct kafka_client *client = opaque;

    (void)rk, (void)broker, (void)id, (void)depth, (void)bytes, (void)size, (void)text, (void)text_size;
    if (*x509_error != 0)
        atomic_store(&client->x509_error, *x509_error);
    return *x509_error == 0;
}

/* On a queue of its own, which the background thread serves: the first token must not wait for somebody to poll. */
static bool use_tokens(struct kafka_client *client, rd_kafka_conf_t *conf, const struct kafka_settings *settings,
                       struct error *err)
{
    bool wanted;

    if (!kafka_token_wanted(conf, settings->make_token != NULL, &wanted, err))
        return false;
    if (wanted) {
        client->token =
            kafka_token_source_new(conf, settings->properties, settings->make_token, settings->token_context);
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, on_token_wanted);
        rd_kafka_conf_enable_sasl_queue(conf, 1);
    }
    return true;
}

bool kafka_client_from_conf(rd_kafka_conf_t *conf, const struct kafka_settings *settings, void *owner,
                            struct kafka_client **client, struct error *err)
{
    struct kafka_client *made = memory_new(sizeof(*made));
    char text[512] = "";
    const char *remedy;

    if (!use_tokens(made, conf, settings, err)) {
        rd_kafka_conf_destroy(conf);
        free(made);
        return false;
    }
    made->owner = owner;
    made->heard = kafka_heard_new();
    made->brokers = kafka_conf_text(conf, "bootstrap.servers");
    made->certificate = kafka_conf_text(conf, "ssl.certificate.location");
    rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
    rd_kafka_conf_set_opaque(conf, made);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    made->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (made->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        kafka_client_free(made);
        remedy = kafka_symptom_setting(text);
        return error_set(err, ERROR_USAGE, "librdkafka does not take these settings: %s%s%s", text,
                         remedy == NULL ? "" : "; ", remedy == NULL ? "" : remedy);
    }
    rd_kafka_poll_set_consumer(made->rk);
    if (made->token != NULL)
        rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(made->rk));
    *client = made;
    return true;
}

bool kafka_client_new(const struct kafka_settings *settings, struct kafka_client **client, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    return kafka_conf_new(settings, NULL, &conf, err) && kafka_client_from_conf(conf, settings, NULL, client, err);
}

static void destroy_handle(void *context)
{
    rd_kafka_destroy_flags(context, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void kafka_client_destroy(struct kafka_client *client, int timeout_ms)
{
    if (client == NULL)
        return;
    kafka_token_source_end(client->token);
    if (client->rk != NULL && !queue_run_bounded(destroy_handle, client->rk, timeout_ms)) {
        log_write(LOG_WARNING, "kafka", "librdkafka did not end within %d ms and is left behind", timeout_ms);
        return; /* its threads may still reach the client */
    }
    kafka_heard_free(client->heard);
    kafka_token_source_free(client->token);
    free(client->brokers);
    free(client->certificate);
    free(client->cluster_id);
    free(client);
}

void kafka_client_free(struct kafka_client *client)
{
    enum { CLOSE_MS = 5000 };

    kafka_client_destroy(client, CLOSE_MS);
}

void *kafka_client_owner(struct kafka_client *client)
{
    return client->owner;
}

rd_kafka_t *kafka_client_handle(struct kafka_client *client)
{
    return client->rk;
}

void kafka_client_serve(struct kafka_client *client)
{
    rd_kafka_message_t *message;

    take_heard(client);
    if (client->owner != NULL)
        return;
    /* Without subscription nothing but errors comes here: no right to the group, which matters only for commits. */
    while ((message = rd_kafka_consumer_poll(client->rk, 0)) != NULL) {
        if (message->rkt == NULL)
            client->group_error = message->err;
        rd_kafka_message_destroy(message);
    }
}

void kafka_client_give_up(struct kafka_client *client)
{
    client->stuck = true;
}

bool kafka_client_is_stuck(const struct kafka_client *client)
{
    return client->stuck;
}

rd_kafka_resp_err_t kafka_client_group_error(const struct kafka_client *client)
{
    return client->group_error;
}

int kafka_ms_left(int64_t deadline)
{
    int64_t left = deadline - timestamp_monotonic();

    return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : (int)left;
}

bool kafka_client_try_again(struct kafka_client *client, rd_kafka_resp_err_t code, int64_t deadline, int *backoff_ms)
{
    if (kafka_error_classify(code) != KAFKA_ERROR_PASSING || timestamp_monotonic() + *backoff_ms >= deadline)
        return false;
    (void)poll(NULL, 0, *backoff_ms);
    *backoff_ms = *backoff_ms >= 500 ? 1000 : *backoff_ms * 2;
    kafka_client_serve(client);
    return true;
}

/* True for codes that only say "nobody answered": the brokers' own last words explain them. */
static bool says_nothing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__PARTIAL;
}

/* What to do about a refused login or certificate, as far as more is known than the words say. */
static void remedy_of(struct kafka_client *client, const struct kafka_symptom *symptom, struct buffer *out)
{
    timestamp_ms ends;
    char when[TIMESTAMP_TEXT_SIZE];

    if (symptom->kind == KAFKA_SYMPTOM_CERTIFICATE)
        buffer_printf(out, "%s", kafka_symptom_certificate(atomic_load(&client->x509_error)));
    else if (symptom->kind == KAFKA_SYMPTOM_OURS && client->certificate[0] != '\0' &&
             certificate_file_ends(client->certificate, &ends) && ends < timestamp_now())
        buffer_printf(out, "this client's certificate %s expired at %s: renew it", client->certificate,
                      timestamp_text(when, ends));
    else if (symptom->kind == KAFKA_SYMPTOM_LOGIN && client->token != NULL)
        buffer_printf(
            out,
            "the broker refuses the token %s: check this machine's clock (5 minutes off are too many), the "
            "secret access key, the region, and that the identity may kafka-cluster:Connect and its session has not ended",
            client->token_about);
    else
        buffer_printf(out, "%s", symptom->remedy);
}

/* The action of MSK's IAM policies for a right; joining and committing is AlterGroup there. */
static const char *iam_action(const struct kafka_right *right)
{
    bool reads = strcmp(right->operation, "Read") == 0;

    if (strcmp(right->kind, "topic") == 0)
        return reads ? "ReadData" : "DescribeTopic";
    return reads ? "AlterGroup" : "DescribeGroup";
}

/* What failed, why as far as the brokers said it, and the remedy. */
static bool set_error(struct kafka_client *client, rd_kafka_resp_err_t code, struct error *err, const char *begin)
{
    const struct kafka_symptom *symptom;
    struct buffer text, notes;
    rd_kafka_resp_err_t cause = code;
    bool retriable;

    buffer_init(&text, ERROR_MESSAGE_SIZE - 1);
    buffer_init(&notes, 0);
    take_heard(client);
    if (says_nothing(code))
        (void)kafka_notes_text(&client->notes, timestamp_monotonic(), &notes, &cause);
    symptom = kafka_symptom_find(notes.data);
    if (symptom != NULL && symptom->kind == KAFKA_SYMPTOM_CERTIFICATE)
        buffer_append_text(&text, begin); /* OpenSSL's and librdkafka's words for it mislead */
    else if (symptom != NULL && symptom->sure)
        buffer_printf(&text, "%s: %s", begin, notes.data);
    else if (notes.length > 0)
        buffer_printf(&text, "%s: %s (%s)", begin, kafka_error_words(code), notes.data);
    else
        buffer_printf(&text, "%s: %s", begin, kafka_error_words(code));
    retriable = kafka_error_classify(cause) == KAFKA_ERROR_PASSING && !(symptom != NULL && symptom->sure);
    if (symptom != NULL || kafka_error_remedy(cause) != NULL)
        buffer_append_text(&text, symptom != NULL && symptom->kind == KAFKA_SYMPTOM_CERTIFICATE ? ": " : "; ");
    if (symptom != NULL)
        remedy_of(client, symptom, &text);
    else if (kafka_error_remedy(cause) != NULL)
        buffer_append_text(&text, kafka_error_remedy(cause));
    if (retriable)
        error_set_retriable(err, ERROR_KAFKA, "%s", text.data);
    else
        error_set(err, ERROR_KAFKA, "%s", text.data);
    buffer_clear(&notes);
    buffer_clear(&text);
    return false;
}

bool kafka_error_set(struct kafka_client *client, rd_kafka_resp_err_t code, struct error *err, const char *what, ...)
{
    char begin[512];
    va_list arguments;

    va_start(arguments, what);
    vsnprintf(begin, sizeof(begin), what, arguments);
    va_end(arguments);
    return set_error(client, code, err, begin);
}

bool kafka_error_set_right(struct kafka_client *client, rd_kafka_resp_err_t code, const struct kafka_right *right,
                           struct error *err, const char *what, ...)
{
    char begin[512];
    va_list arguments;
    char *missing;

    va_start(arguments, what);
    vsnprintf(begin, sizeof(begin), what, arguments);
    va_end(arguments);
    if (!kafka_error_is_right(code))
        return set_error(client, code, err, begin);
    missing = kafka_right_text(client, code, right);
    error_set(err, ERROR_KAFKA, "%s: %s", begin, missing);
    free(missing);
    return false;
}

char *kafka_right_text(struct kafka_client *client, rd_kafka_resp_err_t code, const struct kafka_right *right)
{
    char *user, *text;

    if (!kafka_error_is_right(code))
        return memory_copy_text(kafka_error_words(code));
    user = kafka_conf_text(rd_kafka_conf(client->rk), "sasl.username");
    if (client->token != NULL)
        text = memory_printf("the right %s on %s %s is missing; the IAM policy must allow kafka-cluster:%s on it",
                             right->operation, right->kind, right->name, iam_action(right));
    else
        text = memory_printf("the right %s on %s %s is missing; grant it: kafka-acls --add --allow-principal User:%s "
                             "--operation %s --%s %s",
                             right->operation, right->kind, right->name, user[0] == '\0' ? "..." : user,
                             right->operation, right->kind, right->name);
    free(user);
    return text;
}

bool kafka_client_unreachable(struct kafka_client *client, int64_t *since, struct error *why)
{
    rd_kafka_resp_err_t cause;
    struct buffer notes;

    take_heard(client);
    *since = client->down_since;
    buffer_init(&notes, 0);
    (void)kafka_notes_text(&client->notes, timestamp_monotonic(), &notes, &cause);
    (void)error_set_retriable(why, ERROR_KAFKA, "%s", notes.data);
    buffer_clear(&notes);
    return client->down_since != 0;
}

void kafka_client_reached(struct kafka_client *client)
{
    client->down_since = 0;
}

bool kafka_client_refused(struct kafka_client *client, struct error *why)
{
    rd_kafka_resp_err_t cause = RD_KAFKA_RESP_ERR_NO_ERROR;
    const struct kafka_symptom *symptom;
    struct buffer notes;
    bool is;

    take_heard(client);
    if (client->token_error.kind != ERROR_NONE) {
        error_set(why, client->token_error.kind, "cannot sign in to Kafka: %s", client->token_error.message);
        return true;
    }
    buffer_init(&notes, 0);
    is = kafka_notes_text(&client->notes, timestamp_monotonic(), &notes, &cause);
    symptom = kafka_symptom_find(notes.data);
    is = is && (kafka_error_classify(cause) == KAFKA_ERROR_RIGHTS || (symptom != NULL && symptom->sure));
    buffer_clear(&notes);
    if (is)
        kafka_error_set(client, RD_KAFKA_RESP_ERR__TRANSPORT, why, "Kafka lets nobody in");
    return is;
}

/* A broker that refuses us will not change its mind: no need to wait for the whole timeout. */
static bool refused(const struct kafka_client *client, int64_t waited_ms)
{
    enum { SURELY_MS = 1000, MAYBE_MS = 6000 };
    int refusal = kafka_notes_refused(&client->notes);

    return (refusal == 2 && waited_ms > SURELY_MS) || (refusal == 1 && waited_ms > MAYBE_MS);
}

bool kafka_client_connect(struct kafka_client *client, int timeout_ms, struct error *err)
{
    enum { SLICE_MS = 500, REST_MS = 50, FRESH_MS = 1000 };
    int64_t start = timestamp_monotonic(), deadline = start + timeout_ms;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code;
    int slice = SLICE_MS;

    /* The answer holds every partition of the cluster: with 10,000 of them it costs 30 ms. */
    if (client->answered_ms != 0 && start - client->answered_ms < FRESH_MS)
        return true;
    do {
        int64_t asked = timestamp_monotonic();
        int left = kafka_ms_left(deadline);

        code = rd_kafka_metadata(client->rk, 1, NULL, &metadata, slice < left ? slice : left);
        slice = slice < timeout_ms ? slice * 2 : slice;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && timestamp_monotonic() - asked < REST_MS)
            (void)poll(NULL, 0, REST_MS); /* a connection that has just ended fails at once, again and again */
        kafka_client_serve(client);
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && timestamp_monotonic() < deadline &&
             client->token_error.kind == ERROR_NONE && !refused(client, timestamp_monotonic() - start));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && client->token_error.kind != ERROR_NONE)
        return error_set(err, client->token_error.kind, "cannot sign in to Kafka at %s: %s", client->brokers,
                         client->token_error.message);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(client, code, err, "cannot talk to Kafka at %s", client->brokers);
    rd_kafka_metadata_destroy(metadata);
    client->notes.count = 0; /* what was said while connecting explains nothing later */
    client->answered_ms = timestamp_monotonic();
    return true;
}

const char *kafka_client_cluster_id(struct kafka_client *client, int timeout_ms)
{
    if (client->cluster_id == NULL) {
        char *id = rd_kafka_clusterid(client->rk, timeout_ms);

        if (id == NULL)
            return "-";
        client->cluster_id = memory_copy_text(id);
        rd_kafka_mem_free(client->rk, id);
    }
    return client->cluster_id;
}

static char *certificate_login(const struct kafka_client *client, const rd_kafka_conf_t *conf)
{
    char *keystore = kafka_conf_text(conf, "ssl.keystore.location"), *text, until[TIMESTAMP_TEXT_SIZE];
    timestamp_ms ends;

    if (client->certificate[0] != '\0' && certificate_file_ends(client->certificate, &ends))
        text = memory_printf("certificate %s, until %s", client->certificate, timestamp_text(until, ends));
    else if (keystore[0] != '\0')
        text = memory_printf("certificate in %s", keystore);
    else
        text = memory_copy_text("nobody: no login");
    free(keystore);
    return text;
}

char *kafka_client_login(struct kafka_client *client)
{
    const rd_kafka_conf_t *conf = rd_kafka_conf(client->rk);
    char *protocol = kafka_conf_text(conf, "security.protocol"), *mechanism = kafka_conf_text(conf, "sasl.mechanisms");
    char *user = kafka_conf_text(conf, "sasl.username"), *text;

    take_heard(client);
    if (strncmp(protocol, "sasl", 4) != 0)
        text = certificate_login(client, conf);
    else if (client->token != NULL)
        text = memory_printf("MSK IAM, token %s", client->token_about);
    else
        text = memory_printf("%s%s%s", mechanism, user[0] == '\0' ? "" : " as ", user);
    free(protocol);
    free(mechanism);
    free(user);
    return text;
}
