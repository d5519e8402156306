/* The more special rows stand first. The words were collected from librdkafka 2.15.1 with OpenSSL 3 and a broker 4.3.1. */
#include "kafka/kafka_symptom.h"

#include <stddef.h>
#include <string.h>

#define REFUSED_OURS                                                                                                     \
    "the broker refuses this client's certificate: is it expired, or signed by a CA that the broker does not know? set " \
    "another one by ssl.certificate.location or ssl.keystore.location"
#define MISSING_OURS                                                                                        \
    "the broker wants a certificate of this client: set ssl.certificate.location and ssl.key.location, or " \
    "ssl.keystore.location (PKCS12)"

static const struct kafka_symptom rows[] = {
    { "Unsupported SASL mechanism",              "set sasl.mechanism to one that the broker supports",                  KAFKA_SYMPTOM_PLAIN,       true  },
    { "Request not valid in current SASL state",
     "this listener has no SASL: set security.protocol=SSL (PLAINTEXT where there is no TLS either), or use the port "
      "that has SASL",                                                                                                  KAFKA_SYMPTOM_PLAIN,       true  },
    { "PLAINTEXT broker listener",
     "this listener has no TLS: set security.protocol=PLAINTEXT (SASL_PLAINTEXT to sign in), or use the port that has "
      "TLS",                                                                                                            KAFKA_SYMPTOM_PLAIN,       true  },
    { "certificate verify failed",               NULL,                                                                  KAFKA_SYMPTOM_CERTIFICATE, true  },
    { "alert bad certificate",                   MISSING_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert certificate required",              MISSING_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert certificate unknown",               REFUSED_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert certificate expired",               REFUSED_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert certificate revoked",               REFUSED_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert unsupported certificate",           REFUSED_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert unknown ca",                        REFUSED_OURS,                                                          KAFKA_SYMPTOM_OURS,        true  },
    { "alert protocol version",
     "broker and client have no TLS version in common; check ssl.enabled.protocols of the broker",                      KAFKA_SYMPTOM_PLAIN,
     true                                                                                                                                                },
    { "SASL authentication error",
     "check user and password: sasl.username and sasl.password, or username and password in sasl.jaas.config",          KAFKA_SYMPTOM_LOGIN,       true  },
    { "Authentication failed",
     "check user and password: sasl.username and sasl.password, or username and password in sasl.jaas.config",          KAFKA_SYMPTOM_LOGIN,       true  },
    { "SSL transport error",                     "check security.protocol: the broker may want a login too (SASL_SSL)", KAFKA_SYMPTOM_PLAIN,
     false                                                                                                                                               },
    { "SSL connection closed by peer",           "check security.protocol: the broker may want a login too (SASL_SSL)",
     KAFKA_SYMPTOM_PLAIN,                                                                                                                          false },
    { "security.protocol",                       "check security.protocol: the broker may want TLS or SASL",            KAFKA_SYMPTOM_PLAIN,       false },
    { "Disconnected",                            "check security.protocol: the broker may want TLS or SASL",            KAFKA_SYMPTOM_PLAIN,       false },
    { "Broken pipe",                             "check security.protocol: the broker may want TLS or SASL",            KAFKA_SYMPTOM_PLAIN,       false },
    { "Connection reset",                        "check security.protocol: the broker may want TLS or SASL",            KAFKA_SYMPTOM_PLAIN,       false },
};

const struct kafka_symptom *kafka_symptom_find(const char *text)
{
    for (size_t i = 0; text != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strstr(text, rows[i].text) != NULL)
            return &rows[i];
    return NULL;
}

/* OpenSSL's numbers are part of its interface, see x509_vfy.h. */
const char *kafka_symptom_certificate(int number)
{
    switch (number) {
    case 9: return "the broker's certificate is not valid yet by this machine's clock: check the clock";
    case 10: return "the broker's certificate has expired: renew it there, or check this machine's clock";
    case 2:
    case 18:
    case 19:
    case 20:
    case 21:
        return "the broker's certificate is signed by an unknown CA: set ssl.ca.location to a file with that CA's "
               "certificate (PEM)";
    case 62:
    case 64:
        return "the broker's certificate is for another host: give the brokers by the names in their certificates "
               "(advertised.listeners too), or have this name added to the certificate";
    default: return "the broker's certificate cannot be trusted: check ssl.ca.location and the host name";
    }
}

/* The more special ones first. */
const char *kafka_symptom_setting(const char *text)
{
    static const struct {
        const char *text, *remedy;
    } settings[] = {
        { "Unsupported SASL mechanism",
         "sasl.mechanism is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM"                        },
        { "key values mismatch",             "ssl.key.location is not the key of ssl.certificate.location"          },
        { "ssl.keystore.location PKCS#12",   "it is no PKCS12 file, or ssl.keystore.password is not its password"   },
        { "ssl.key.location failed",
         "it holds no private key that can be read: PEM is wanted, with ssl.key.password where it is encrypted"     },
        { "ssl.certificate.location failed", "it holds no certificate: PEM is wanted (-----BEGIN CERTIFICATE-----)" },
        { "ssl.ca.location failed",          "it holds no certificate: PEM is wanted (-----BEGIN CERTIFICATE-----)" },
    };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strstr(text, settings[i].text) != NULL)
            return settings[i].remedy;
    return NULL;
}
