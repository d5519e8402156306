/* A table of names that differ, and a small reader for sasl.jaas.config. Expected input: 1 to 30 settings. */
#include "kafka/kafka_java.h"

#include "base/buffer.h"

#include <string.h>
#include <strings.h>

enum java_action {
    JAVA_IGNORE,    /* means nothing outside a JVM, or is always so here */
    JAVA_REFUSE,    /* cannot be used; text says what to set instead */
    JAVA_ONLY,      /* headgate decides it; accepted only with the value in text, which is what it is anyway */
    JAVA_TRANSLATE, /* by a function */
};

typedef bool (*java_translate)(const struct properties *from, const char *value, struct properties *to,
                               struct error *err);

struct java_row {
    const char *name;
    enum java_action action;
    const char *text;
    java_translate translate;
};

static const char no_truststore[] =
    "write its certificates as PEM and set ssl.ca.location=ca.pem (PKCS12: openssl pkcs12 -in FILE -nokeys -out ca.pem; "
    "JKS: keytool -exportcert -rfc -alias CA -keystore FILE -file ca.pem)";

/* Copies the next word or "quoted word" of JAAS text, stopping at blank, '=' or ';'. False at a broken quote. */
static bool jaas_word(const char **at, struct buffer *word)
{
    const char *p = *at + strspn(*at, " \t\r\n");

    buffer_reset(word);
    if (*p == '"') {
        for (p++; *p != '"'; p++) {
            if (*p == '\\' && p[1] != '\0')
                p++;
            if (*p == '\0')
                return false;
            buffer_append_char(word, *p);
        }
        p++;
    } else {
        size_t length = strcspn(p, " \t\r\n=;");

        buffer_append(word, p, length);
        p += length;
    }
    *at = p;
    return true;
}

/* Reads "Module flag name=value ...;". False: does not parse. */
static bool jaas_read(const char *text, struct buffer *module, struct properties *options)
{
    struct buffer name, value;
    bool ok = false;

    buffer_init(&name, 0);
    buffer_init(&value, 0);
    if (!jaas_word(&text, module) || module->length == 0 || !jaas_word(&text, &value) || value.length == 0)
        goto out;
    for (;;) {
        text += strspn(text, " \t\r\n");
        ok = *text == ';' || *text == '\0';
        if (ok || !jaas_word(&text, &name) || name.length == 0 || *text++ != '=' || !jaas_word(&text, &value))
            break;
        properties_set(options, name.data, value.length == 0 ? "" : value.data);
    }
out:
    if (value.data != NULL)
        explicit_bzero(value.data, value.size); /* it held the password */
    buffer_clear(&value);
    buffer_clear(&name);
    return ok;
}

static bool ends_with(const char *text, const char *tail)
{
    size_t length = strlen(text), tail_length = strlen(tail);

    return length >= tail_length && strcmp(text + length - tail_length, tail) == 0;
}

/* Login by Amazon's module, or by its handler for Kafka's own OAUTHBEARER module. */
static bool is_iam(const struct properties *from, const char *module)
{
    const char *handler = properties_get(from, "sasl.login.callback.handler.class");

    return ends_with(module, ".IAMLoginModule") || strcmp(module, "IAMLoginModule") == 0 ||
           (ends_with(module, ".OAuthBearerLoginModule") && handler != NULL &&
            ends_with(handler, ".IAMOAuthBearerLoginCallbackHandler"));
}

/* The profile is for kafka_java_profile; what else changes who we are cannot be left out silently. */
static bool check_iam(const struct properties *options, struct error *err)
{
    static const char *const harmless[] = { "awsProfileName", "awsDebugCreds", "awsMaxRetries", "awsMaxBackOffTimeMs" };

    for (size_t i = 0; i < options->count; i++) {
        bool known = false;

        for (size_t h = 0; h < sizeof(harmless) / sizeof(harmless[0]); h++)
            known = known || strcmp(options->rows[i].name, harmless[h]) == 0;
        if (!known)
            return error_set(err, ERROR_USAGE,
                             "sasl.jaas.config: %s cannot be used; write it as a profile in ~/.aws/config (role_arn, "
                             "source_profile) and name that with awsProfileName or --profile",
                             options->rows[i].name);
    }
    return true;
}

static bool take_password(const struct properties *options, struct properties *to, struct error *err)
{
    const char *user = properties_get(options, "username"), *password = properties_get(options, "password");

    if (user == NULL || password == NULL)
        return error_set(err, ERROR_USAGE,
                         "sasl.jaas.config needs username=\"...\" and password=\"...\"; or set sasl.username and "
                         "sasl.password instead");
    properties_set(to, "sasl.username", user);
    properties_set(to, "sasl.password", password);
    return true;
}

static bool translate_jaas(const struct properties *from, const char *value, struct properties *to, struct error *err)
{
    struct properties options;
    struct buffer module;
    bool ok = false;

    buffer_init(&module, 0);
    properties_init(&options);
    if (!jaas_read(value, &module, &options))
        error_set(err, ERROR_USAGE,
                  "sasl.jaas.config cannot be read: it needs a module, a flag and name=\"value\" pairs; or set "
                  "sasl.username and sasl.password instead");
    else if (is_iam(from, module.data))
        ok = check_iam(&options, err);
    else if (ends_with(module.data, ".PlainLoginModule") || ends_with(module.data, ".ScramLoginModule"))
        ok = take_password(&options, to, err);
    else
        error_set(err, ERROR_USAGE,
                  "sasl.jaas.config: only PlainLoginModule, ScramLoginModule and MSK's IAMLoginModule can be read; set "
                  "librdkafka's sasl.* settings instead (sasl.kerberos.*, sasl.oauthbearer.*)");
    properties_clear(&options);
    buffer_clear(&module);
    return ok;
}

char *kafka_java_profile(const struct properties *from)
{
    const char *value = properties_get(from, "sasl.jaas.config"), *profile = NULL;
    struct properties options;
    struct buffer module;
    char *copy = NULL;

    buffer_init(&module, 0);
    properties_init(&options);
    if (value != NULL && jaas_read(value, &module, &options) && is_iam(from, module.data))
        profile = properties_get(&options, "awsProfileName");
    if (profile != NULL && profile[0] != '\0')
        copy = memory_copy_text(profile);
    properties_clear(&options);
    buffer_clear(&module);
    return copy;
}

static bool is_pem(const struct properties *from, const char *type_name)
{
    const char *type = properties_get(from, type_name);

    return type != NULL && strcasecmp(type, "PEM") == 0;
}

static bool translate_truststore(const struct properties *from, const char *value, struct properties *to,
                                 struct error *err)
{
    if (!is_pem(from, "ssl.truststore.type"))
        return error_set(err, ERROR_USAGE, "ssl.truststore.location: a Java truststore cannot be read; %s",
                         no_truststore);
    properties_set(to, "ssl.ca.location", value);
    return true;
}

static bool translate_truststore_pem(const struct properties *from, const char *value, struct properties *to,
                                     struct error *err)
{
    (void)from;
    (void)err;
    properties_set(to, "ssl.ca.pem", value);
    return true;
}

/* librdkafka reads PKCS12 under Java's own names; PEM goes to two settings; JKS cannot be read. */
static bool translate_keystore(const struct properties *from, const char *value, struct properties *to,
                               struct error *err)
{
    const char *type = properties_get(from, "ssl.keystore.type");

    if (is_pem(from, "ssl.keystore.type")) {
        properties_set(to, "ssl.certificate.location", value);
        properties_set(to, "ssl.key.location", value);
        return true;
    }
    if (type == NULL || strcasecmp(type, "PKCS12") != 0)
        return error_set(err, ERROR_USAGE,
                         "ssl.keystore.location: a JKS keystore cannot be read; convert it to PKCS12 (keytool "
                         "-importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12) and set "
                         "ssl.keystore.type=PKCS12, or set ssl.certificate.location and ssl.key.location");
    properties_set(to, "ssl.keystore.location", value);
    return true;
}

/* Java switches the check off with an empty value. */
static bool translate_host_check(const struct properties *from, const char *value, struct properties *to,
                                 struct error *err)
{
    (void)from;
    (void)err;
    properties_set(to, "ssl.endpoint.identification.algorithm", value[0] == '\0' ? "none" : value);
    return true;
}

/* Amazon's own name is a wrapper of the same signature; every MSK broker takes it as OAUTHBEARER too. */
static bool translate_mechanism(const struct properties *from, const char *value, struct properties *to,
                                struct error *err)
{
    (void)from;
    (void)err;
    properties_set(to, "sasl.mechanism", strcmp(value, "AWS_MSK_IAM") == 0 ? "OAUTHBEARER" : value);
    return true;
}

/* Amazon's handlers make the token that is made here; another one would have to be written here first. */
static bool translate_handler(const struct properties *from, const char *value, struct properties *to,
                              struct error *err)
{
    (void)from;
    (void)to;
    if (ends_with(value, ".IAMClientCallbackHandler") || ends_with(value, ".IAMOAuthBearerLoginCallbackHandler"))
        return true;
    return error_set(err, ERROR_USAGE,
                     "a callback handler of Java cannot be used (only MSK's IAM handlers are known); set librdkafka's "
                     "sasl.oauthbearer.* settings instead");
}

static bool translate_chain(const struct properties *from, const char *value, struct properties *to, struct error *err)
{
    (void)from;
    (void)err;
    properties_set(to, "ssl.certificate.pem", value);
    return true;
}

static bool translate_key(const struct properties *from, const char *value, struct properties *to, struct error *err)
{
    (void)from;
    (void)err;
    properties_set(to, "ssl.key.pem", value);
    return true;
}

/* What Java calls use_all_dns_ips is what librdkafka always did; anything else is for newer ones to know. */
static bool translate_dns(const struct properties *from, const char *value, struct properties *to, struct error *err)
{
    (void)from;
    (void)err;
    if (strcmp(value, "use_all_dns_ips") != 0)
        properties_set(to, "client.dns.lookup", value);
    return true;
}

static const struct java_row rows[] = {
    { "sasl.jaas.config",                      JAVA_TRANSLATE, NULL,                                                                           translate_jaas           },
    { "sasl.mechanism",                        JAVA_TRANSLATE, NULL,                                                                           translate_mechanism      },
    { "sasl.mechanisms",                       JAVA_TRANSLATE, NULL,                                                                           translate_mechanism      },
    { "sasl.client.callback.handler.class",    JAVA_TRANSLATE, NULL,                                                                           translate_handler        },
    { "sasl.login.callback.handler.class",     JAVA_TRANSLATE, NULL,                                                                           translate_handler        },
    { "sasl.login.class",                      JAVA_REFUSE,    "set librdkafka's sasl.* settings instead",                                     NULL                     },
    { "ssl.truststore.location",               JAVA_TRANSLATE, NULL,                                                                           translate_truststore     },
    { "ssl.truststore.certificates",           JAVA_TRANSLATE, NULL,                                                                           translate_truststore_pem },
    { "ssl.truststore.password",               JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.truststore.type",                   JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.keystore.location",                 JAVA_TRANSLATE, NULL,                                                                           translate_keystore       },
    { "ssl.keystore.type",                     JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.keystore.certificate.chain",        JAVA_TRANSLATE, NULL,                                                                           translate_chain          },
    { "ssl.keystore.key",                      JAVA_TRANSLATE, NULL,                                                                           translate_key            },
    { "ssl.endpoint.identification.algorithm", JAVA_TRANSLATE, NULL,                                                                           translate_host_check     },
    { "ssl.protocol",                          JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.enabled.protocols",                 JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.trustmanager.algorithm",            JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.keymanager.algorithm",              JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "ssl.secure.random.implementation",      JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "client.dns.lookup",                     JAVA_TRANSLATE, NULL,                                                                           translate_dns            },
    { "key.deserializer",                      JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "value.deserializer",                    JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "key.serializer",                        JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "value.serializer",                      JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "max.poll.records",                      JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "default.api.timeout.ms",                JAVA_IGNORE,    NULL,                                                                           NULL                     },
    { "metric.reporters",                      JAVA_IGNORE,    NULL,                                                                           NULL                     },
    /* What headgate decides. */
    { "group.id",                              JAVA_REFUSE,    "headgate uses groups of its own; the group to look at is an option (--group)", NULL                     },
    { "group.instance.id",                     JAVA_REFUSE,    "headgate's members are dynamic",                                               NULL                     },
    { "group.protocol",                        JAVA_ONLY,      "classic",                                                                      NULL                     },
    { "partition.assignment.strategy",         JAVA_REFUSE,    "headgate chooses it by librdkafka's version",                                  NULL                     },
    { "isolation.level",                       JAVA_REFUSE,    "it belongs to the plan; use --isolation",                                      NULL                     },
    { "enable.auto.commit",                    JAVA_ONLY,      "false",                                                                        NULL                     },
    { "enable.auto.offset.store",              JAVA_ONLY,      "false",                                                                        NULL                     },
    { "auto.offset.reset",                     JAVA_ONLY,      "error",                                                                        NULL                     },
    { "enable.partition.eof",                  JAVA_ONLY,      "true",                                                                         NULL                     },
    { "check.crcs",                            JAVA_ONLY,      "true",                                                                         NULL                     },
    { "allow.auto.create.topics",              JAVA_ONLY,      "false",                                                                        NULL                     },
    { "plugin.library.paths",                  JAVA_REFUSE,    "headgate loads no plugins",                                                    NULL                     },
};

static const struct java_row *row_of(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool kafka_java_translate(const struct properties *from, struct properties *to, struct error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct property *property = &from->rows[i];
        const struct java_row *row = row_of(property->name);

        if (row == NULL) {
            properties_set(to, property->name, property->value);
            continue;
        }
        switch (row->action) {
        case JAVA_IGNORE: break;
        case JAVA_REFUSE:
            return error_set(err, ERROR_USAGE, "the Kafka setting %s cannot be used: %s", row->name, row->text);
        case JAVA_ONLY:
            if (strcmp(property->value, row->text) != 0)
                return error_set(err, ERROR_USAGE, "the Kafka setting %s is always %s here and cannot be changed",
                                 row->name, row->text);
            break;
        case JAVA_TRANSLATE:
            if (!row->translate(from, property->value, to, err))
                return false;
        }
    }
    return true;
}
