/* Handles are kept from question to question: a librdkafka client takes up to a second before its first answer. */
#include "engine/engine_tools.h"

#include "aws/digest.h"
#include "base/buffer.h"
#include "engine/engine_records.h"
#include "engine/engine_token.h"

#include <ctype.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void engine_tools_init(struct engine_tools *tools, const struct config *config)
{
    struct credentials_settings credentials = { .profile = config->profile,
                                                .lookup = credentials_environment,
                                                .region = config->region,
                                                .ca_file = config->ca_file,
                                                .allow_plain_http = config->allow_plain_http };
    struct kafka_settings settings;

    memset(tools, 0, sizeof(*tools));
    tools->config = config;
    tools->provider = credential_provider_new(&credentials);
    settings = engine_tools_kafka_settings(tools, engine_tools_isolation(tools));
    tools->records = engine_records_new(&settings, ENGINE_TIMES_MS);
}

static void end_clients(struct engine_tools *tools)
{
    for (size_t i = 0; i < sizeof(tools->kafka) / sizeof(tools->kafka[0]); i++) {
        kafka_client_free(tools->kafka[i]);
        tools->kafka[i] = NULL;
    }
    kafka_client_free(tools->scanner);
    tools->scanner = NULL;
}

void engine_tools_let_go(struct engine_tools *tools)
{
    end_clients(tools);
    malloc_trim(0);
}

void engine_tools_clear(struct engine_tools *tools)
{
    end_clients(tools);
    s3_client_free(tools->s3);
    credential_provider_free(tools->provider);
    tools->provider = NULL;
    connect_client_free(tools->connect);
    free(tools->connect_version);
    free(tools->connect_trouble);
    tools->s3 = NULL;
    free(tools->bucket);
    tools->bucket = NULL;
    cutover_survey_free(tools->last_survey);
    tools->last_survey = NULL;
    engine_records_free(tools->records);
    tools->records = NULL;
}

enum kafka_isolation engine_tools_isolation(const struct engine_tools *tools)
{
    return tools->config->read_committed ? KAFKA_READ_COMMITTED : KAFKA_READ_UNCOMMITTED;
}

struct kafka_settings engine_tools_kafka_settings(const struct engine_tools *tools, enum kafka_isolation isolation)
{
    struct kafka_settings settings = { .properties = &tools->config->kafka,
                                       .isolation = isolation,
                                       .make_token = engine_token_make,
                                       .token_context = (void *)tools->config };

    return settings;
}

bool engine_tools_kafka(struct engine_tools *tools, enum kafka_isolation isolation, struct kafka_client **client,
                        struct error *err)
{
    struct kafka_settings settings = engine_tools_kafka_settings(tools, isolation);

    if (!tools->config->brokers_given)
        return error_set(err, ERROR_USAGE,
                         "no brokers: give --brokers HOST:PORT,... or --config FILE with bootstrap.servers");
    if (!tools->kafka[isolation] && !kafka_client_new(&settings, &tools->kafka[isolation], err))
        return false;
    if (!kafka_client_connect(tools->kafka[isolation], ENGINE_CONNECT_MS, err))
        return false;
    *client = tools->kafka[isolation];
    return true;
}

void engine_tools_replace_stuck(struct engine_tools *tools)
{
    for (size_t i = 0; i < sizeof(tools->kafka) / sizeof(tools->kafka[0]); i++) {
        if (tools->kafka[i] && kafka_client_is_stuck(tools->kafka[i])) {
            kafka_client_free(tools->kafka[i]);
            tools->kafka[i] = NULL;
        }
    }
}

void engine_tools_kafka_early(struct engine_tools *tools)
{
    for (int i = 0; i < 2 && tools->config->brokers_given; i++) {
        struct kafka_settings settings = engine_tools_kafka_settings(tools, (enum kafka_isolation)i);

        if (!tools->kafka[i] && !kafka_client_new(&settings, &tools->kafka[i], NULL))
            return; /* engine_tools_kafka tells why */
    }
}

void engine_tools_set_bucket(struct engine_tools *tools, const char *bucket)
{
    const char *now = tools->bucket ? tools->bucket : tools->config->bucket;
    const char *wanted = bucket ? bucket : tools->config->bucket;

    if (!now || !wanted || strcmp(now, wanted) != 0) {
        s3_client_free(tools->s3);
        tools->s3 = NULL;
    }
    free(tools->bucket);
    tools->bucket = memory_copy_text(bucket);
}

struct s3_settings engine_tools_s3_settings(const struct engine_tools *tools)
{
    const struct config *config = tools->config;
    struct s3_settings settings = {
        .bucket = tools->bucket ? tools->bucket : config->bucket,
        .region = config->region,
        .endpoint_url = config->endpoint_url,
        .ca_file = config->ca_file,
        .path_style = config->path_style,
        .allow_plain_http = config->allow_plain_http,
        .connections = 16,
        .credentials = { .profile = config->profile, .lookup = credentials_environment },
        .provider = tools->provider,
    };

    return settings;
}

bool engine_tools_s3(struct engine_tools *tools, struct s3_client **client, struct error *err)
{
    struct s3_settings settings = engine_tools_s3_settings(tools);

    if (!settings.bucket)
        return error_set(err, ERROR_USAGE, "no bucket: give --bucket BUCKET");
    if (!tools->s3 && !s3_client_new(&settings, &tools->s3, err))
        return false;
    *client = tools->s3;
    return true;
}

/* Only what may stand in commit metadata and object metadata: 80 bytes hold all of it. */
static void plain_host(char *host)
{
    for (char *c = host; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '-')
            *c = *c == '.' ? '\0' : '-';
        if (*c == '\0')
            return;
    }
}

char *engine_tools_instance(void)
{
    char host[16] = ""; /* with pid and random part at most 32 bytes */
    char random[9];

    if (gethostname(host, sizeof(host)) != 0)
        host[0] = '\0';
    host[sizeof(host) - 1] = '\0';
    plain_host(host);
    engine_tools_random_id(random);
    random[6] = '\0';
    return memory_printf("%s-%ld-%s", host[0] ? host : "host", (long)getpid(), random);
}

void engine_tools_random_id(char id[9])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[4];

    digest_random(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        id[2 * i] = hex[bytes[i] >> 4];
        id[2 * i + 1] = hex[bytes[i] & 15];
    }
    id[8] = '\0';
}
