/* One source for each client; it holds no token, librdkafka does. */
#include "kafka/kafka_token.h"

#include "base/buffer.h"
#include "base/log.h"
#include "kafka/kafka_internal.h"
#include "kafka/kafka_java.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct kafka_token_source {
    kafka_token_maker make;
    void *context;
    char *brokers;
    char *profile;
    atomic_bool ended;
};

static bool conf_is(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char *text = kafka_conf_text(conf, name);
    bool equal = strcasecmp(text, value) == 0;

    free(text);
    return equal;
}

bool kafka_token_wanted(const rd_kafka_conf_t *conf, bool can_make, bool *wanted, struct error *err)
{
    *wanted = conf_is(conf, "sasl.mechanisms", "OAUTHBEARER") && !conf_is(conf, "sasl.oauthbearer.method", "oidc") &&
              !conf_is(conf, "enable.sasl.oauthbearer.unsecure.jwt", "true");
    if (!*wanted)
        return true;
    if (!can_make)
        return error_set(err, ERROR_USAGE, "sasl.mechanism=OAUTHBEARER needs sasl.oauthbearer.method=oidc here");
    if (!conf_is(conf, "security.protocol", "sasl_ssl"))
        return error_set(
            err, ERROR_USAGE,
            "MSK IAM (sasl.mechanism=AWS_MSK_IAM or OAUTHBEARER) needs security.protocol=SASL_SSL: without "
            "TLS the token could be read on the way");
    return true;
}

struct kafka_token_source *kafka_token_source_new(const rd_kafka_conf_t *conf, const struct properties *user,
                                                  kafka_token_maker make, void *context)
{
    struct kafka_token_source *source = memory_new(sizeof(*source));

    source->make = make;
    source->context = context;
    source->brokers = kafka_conf_text(conf, "bootstrap.servers");
    source->profile = user == NULL ? NULL : kafka_java_profile(user);
    return source;
}

void kafka_token_source_free(struct kafka_token_source *source)
{
    if (source == NULL)
        return;
    free(source->brokers);
    free(source->profile);
    free(source);
}

void kafka_token_source_end(struct kafka_token_source *source)
{
    if (source != NULL)
        atomic_store(&source->ended, true);
}

bool kafka_token_refresh(struct kafka_token_source *source, rd_kafka_t *rk, char *about, size_t size, struct error *err)
{
    const struct kafka_login login = { .brokers = source->brokers, .profile = source->profile };
    struct msk_token token = { 0 };
    char text[512] = "";
    bool ok;

    if (atomic_load(&source->ended)) {
        (void)rd_kafka_oauthbearer_set_token_failure(rk, "the client is closing");
        return true;
    }
    ok = source->make(source->context, &login, &token, err);
    if (ok && rd_kafka_oauthbearer_set_token(rk, token.text, token.expires, "kafka-cluster", NULL, 0, text,
                                             sizeof(text)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        ok = error_set(err, ERROR_CREDENTIALS, "librdkafka does not take the token: %s", text);
    if (ok) {
        snprintf(about, size, "%s", token.about);
        log_write(LOG_INFO, "kafka", "new MSK IAM token %s, valid for %lld s", token.about,
                  (long long)(token.expires - timestamp_now()) / 1000);
    } else
        (void)rd_kafka_oauthbearer_set_token_failure(rk, err->message);
    msk_token_clear(&token);
    return ok;
}
