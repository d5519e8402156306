/* Seven query fields of a GET that is never sent. The steps are AWS's public ones; what differs from other presigned
 * addresses is the user agent, which is appended after signing. */
#include "aws/msk_token.h"

#include "aws/digest.h"
#include "aws/sigv4.h"
#include "base/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALID_S = 900 };

static const char service[] = "kafka-cluster";

/* A region becomes part of a host name and of the credential's scope. */
static bool is_region(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '-'))
            return false;
    return length > 0 && length <= 32;
}

static void wipe(struct buffer *buffer)
{
    if (buffer->data)
        digest_wipe(buffer->data, buffer->length);
    buffer_clear(buffer);
}

/* What is signed, and the query as it stands in the address. */
static bool sign(const struct sigv4_scope *scope, const struct credentials *credentials, const char *host,
                 struct buffer *query, char signature[DIGEST_HEX_SIZE], struct error *err)
{
    char date[17], empty[DIGEST_HEX_SIZE], expires[8];
    unsigned char key[DIGEST_SIZE], digest[DIGEST_SIZE];
    struct buffer canonical, names, to_sign;
    char *scoped;
    bool ok;

    sigv4_date(scope->time, date);
    digest_sha256_hex("", 0, empty);
    snprintf(expires, sizeof(expires), "%d", VALID_S);
    scoped = memory_printf("%s/%.8s/%s/%s/aws4_request", credentials->key_id, date, scope->region, scope->service);
    const struct http_header fields[] = {
        { "Action",               "kafka-cluster:Connect" },
        { "X-Amz-Algorithm",      "AWS4-HMAC-SHA256"      },
        { "X-Amz-Credential",     scoped                  },
        { "X-Amz-Date",           date                    },
        { "X-Amz-Expires",        expires                 },
        { "X-Amz-SignedHeaders",  "host"                  },
        { "X-Amz-Security-Token", credentials->token      }, /* last: left out where there is none */
    };
    const struct http_header headers[] = {
        { "host", host }
    };
    const struct sigv4_request request = { .method = "GET",
                                           .path = "/",
                                           .query = fields,
                                           .query_count = sizeof(fields) / sizeof(fields[0]) - !credentials->token,
                                           .headers = headers,
                                           .header_count = 1,
                                           .payload_hash = empty };

    buffer_init(&canonical, 0);
    buffer_init(&names, 0);
    buffer_init(&to_sign, 0);
    ok = sigv4_canonical_request(&request, &canonical, &names, err);
    if (ok) {
        sigv4_string_to_sign(scope, canonical.data, canonical.length, &to_sign);
        sigv4_signing_key(scope, credentials->secret, key);
        digest_hmac(key, sizeof(key), to_sign.data, to_sign.length, digest);
        digest_wipe(key, sizeof(key));
        digest_hex(digest, signature);
        sigv4_query_string(request.query, request.query_count, query);
    }
    wipe(&canonical);
    wipe(&to_sign);
    buffer_clear(&names);
    free(scoped);
    return ok;
}

/* base64 with '-' and '_' and without padding. Caller frees. */
static char *base64url(const char *bytes, size_t length)
{
    char *text = memory_new(BASE64_LENGTH(length) + 1);

    text[base64_encode(bytes, length, text)] = '\0';
    for (char *at = text; *at; at++) {
        if (*at == '=') {
            *at = '\0';
            break;
        }
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    }
    return text;
}

static char *about(const struct credentials *credentials, const char *region, timestamp_ms now)
{
    size_t length = strlen(credentials->key_id);
    bool ends = credentials->expires != TIMESTAMP_NONE;
    char when[TIMESTAMP_TEXT_SIZE], until[TIMESTAMP_TEXT_SIZE];

    return memory_printf("of key ...%s (%s%s%s) for region %s, made at %s by this machine's clock",
                         credentials->key_id + (length > 4 ? length - 4 : length),
                         credentials->source ? credentials->source : "given", ends ? ", until " : "",
                         ends ? timestamp_text(until, credentials->expires) : "", region, timestamp_text(when, now));
}

bool msk_token_make(const struct credentials *credentials, const char *region, const char *agent, timestamp_ms now,
                    struct msk_token *token, struct error *err)
{
    const struct sigv4_scope scope = { .region = region, .service = service, .time = now };
    char signature[DIGEST_HEX_SIZE];
    struct buffer query, address;
    char *host;
    bool ok;

    memset(token, 0, sizeof(*token));
    if (!is_region(region, strlen(region)))
        return error_set(err, ERROR_USAGE, "%s cannot be a region", region);
    if (credentials->expires != TIMESTAMP_NONE && credentials->expires <= now)
        return error_set(err, ERROR_CREDENTIALS, "the AWS credentials (%s) have expired; renew them",
                         credentials->source ? credentials->source : "given");
    host = memory_printf("kafka.%s.amazonaws.com", region);
    buffer_init(&query, 0);
    buffer_init(&address, 0);
    ok = sign(&scope, credentials, host, &query, signature, err);
    if (ok) {
        buffer_printf(&address, "https://%s/?%s&X-Amz-Signature=%s&User-Agent=", host, query.data, signature);
        sigv4_encode_query(agent, &address);
        token->text = base64url(address.data, address.length);
        token->about = about(credentials, region, now);
        /* the date in the address has no milliseconds */
        token->expires = now - now % 1000 + (timestamp_ms)VALID_S * 1000;
        if (credentials->expires != TIMESTAMP_NONE && credentials->expires < token->expires)
            token->expires = credentials->expires;
    }
    wipe(&query);
    wipe(&address);
    free(host);
    return ok;
}

void msk_token_clear(struct msk_token *token)
{
    if (token->text)
        digest_wipe(token->text, strlen(token->text));
    free(token->text);
    free(token->about);
    memset(token, 0, sizeof(*token));
}

/* The label behind ".kafka." or ".kafka-serverless." in a host below AWS's own domains. */
static char *region_of_host(const char *host, size_t length)
{
    static const char *const marks[] = { ".kafka.", ".kafka-serverless." };
    static const char *const domains[] = { ".amazonaws.com", ".amazonaws.com.cn", ".api.aws" };

    for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
        const char *at = memmem(host, length, marks[m], strlen(marks[m]));
        size_t label, rest;

        if (!at)
            continue;
        at += strlen(marks[m]);
        rest = (size_t)(host + length - at);
        label = strcspn(at, ".,:");
        for (size_t d = 0; d < sizeof(domains) / sizeof(domains[0]) && label < rest; d++)
            if (rest - label == strlen(domains[d]) && memcmp(at + label, domains[d], rest - label) == 0 &&
                is_region(at, label))
                return memory_printf("%.*s", (int)label, at);
    }
    return NULL;
}

char *msk_token_region(const char *brokers)
{
    while (brokers && *brokers) {
        size_t entry = strcspn(brokers, ","), host;
        const char *scheme = memmem(brokers, entry, "://", 3);
        const char *begin = scheme ? scheme + 3 : brokers + strspn(brokers, " ");
        char *region;

        host = strcspn(begin, ":, ");
        region = region_of_host(begin, host);
        if (region)
            return region;
        brokers += entry + (brokers[entry] == ',');
    }
    return NULL;
}
