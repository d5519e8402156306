/* AWS Signature Version 4, from AWS's public description: canonical request, string to sign, key, header.
 *
 * A request has 5 to 25 headers and at most 10 query fields, so plain arrays and qsort do.
 */
#include "aws/sigv4.h"

#include "aws/digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One header or query field in canonical form; both texts are owned. */
struct field {
    char *name;
    char *value;
};

/* What proxies and libcurl add, change or take away, so a signature over it would break. */
static const char *const unsigned_headers[] = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "keep-alive",
    "te",
    "tracestate",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
    "x-amzn-trace-id",
    "upgrade",
    "via",
};

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static void encode(const char *text, bool keep_slash, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (is_unreserved(*at) || (keep_slash && *at == '/')) {
            buffer_append_char(out, (char)*at);
            continue;
        }
        buffer_append_char(out, '%');
        buffer_append_char(out, digits[*at >> 4]);
        buffer_append_char(out, digits[*at & 15]);
    }
}

void sigv4_encode_path(const char *key, struct buffer *out)
{
    encode(key, true, out);
}

void sigv4_encode_query(const char *text, struct buffer *out)
{
    encode(text, false, out);
}

static int compare_fields(const void *left, const void *right)
{
    const struct field *a = left, *b = right;
    int names = strcmp(a->name, b->name);

    return names ? names : strcmp(a->value, b->value);
}

/* For headers: those of one name keep the order in which they are sent, since their values are joined in it. */
static int compare_header_names(const struct field *a, const struct field *b)
{
    return strcmp(a->name, b->name);
}

static void fields_free(struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(fields[i].name);
        free(fields[i].value);
    }
    free(fields);
}

static char *query_encoded(const char *text)
{
    struct buffer out;

    buffer_init(&out, 0);
    sigv4_encode_query(text ? text : "", &out);
    return buffer_take(&out);
}

void sigv4_query_string(const struct http_header *query, size_t count, struct buffer *out)
{
    struct field *fields = memory_new((count + 1) * sizeof *fields);

    for (size_t i = 0; i < count; i++) {
        fields[i].name = query_encoded(query[i].name);
        fields[i].value = query_encoded(query[i].value);
    }
    qsort(fields, count, sizeof *fields, compare_fields);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s=%s", i ? "&" : "", fields[i].name, fields[i].value);
    fields_free(fields, count);
}

void sigv4_date(timestamp_ms time, char out[17])
{
    struct timestamp_calendar at = timestamp_to_calendar(time);

    assert(time >= 0 && at.year <= 9999);
    snprintf(out, 17, "%04u%02u%02uT%02u%02u%02uZ", (unsigned)at.year % 10000, (unsigned)at.month % 100,
             (unsigned)at.day % 100, (unsigned)at.hour % 100, (unsigned)at.minute % 100, (unsigned)at.second % 100);
}

static bool is_signed(const char *name)
{
    for (size_t i = 0; i < sizeof unsigned_headers / sizeof *unsigned_headers; i++) {
        if (strcasecmp(name, unsigned_headers[i]) == 0)
            return false;
    }
    return strncasecmp(name, "proxy-", 6) != 0;
}

static char *lower_case(const char *name)
{
    char *copy = memory_copy_text(name);

    for (char *at = copy; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return copy;
}

/* Outer blanks go, inner runs of blanks become one space. */
static char *trimmed(const char *value)
{
    struct buffer out;
    bool gap = false;

    buffer_init(&out, 0);
    for (; *value; value++) {
        if (*value == ' ' || *value == '\t') {
            gap = out.length > 0;
            continue;
        }
        if (gap)
            buffer_append_char(&out, ' ');
        gap = false;
        buffer_append_char(&out, *value);
    }
    return buffer_take(&out);
}

/* Sorted by name, insertion keeping the order of equal names; headers that are not signed are left out. */
static bool canonical_headers(const struct sigv4_request *request, struct field *fields, size_t *count,
                              struct error *err)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        struct field field;
        size_t at = *count;

        if (strpbrk(header->name, "\r\n") || strpbrk(header->value, "\r\n"))
            return error_set(err, ERROR_USAGE, "header %s holds a line break", header->name);
        if (!is_signed(header->name))
            continue;
        field.name = lower_case(header->name);
        field.value = trimmed(header->value);
        for (; at > 0 && compare_header_names(&fields[at - 1], &field) > 0; at--)
            fields[at] = fields[at - 1];
        fields[at] = field;
        (*count)++;
    }
    return true;
}

bool sigv4_canonical_request(const struct sigv4_request *request, struct buffer *canonical,
                             struct buffer *signed_headers, struct error *err)
{
    struct field *fields = memory_new((request->header_count + 1) * sizeof *fields);
    size_t count = 0;
    bool ok = canonical_headers(request, fields, &count, err);

    if (!ok)
        goto out;
    buffer_printf(canonical, "%s\n%s\n", request->method, request->path);
    sigv4_query_string(request->query, request->query_count, canonical);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_header_names(&fields[i - 1], &fields[i]) == 0) {
            buffer_printf(canonical, ",%s", fields[i].value);
            continue;
        }
        buffer_printf(canonical, "\n%s:%s", fields[i].name, fields[i].value);
        buffer_printf(signed_headers, "%s%s", signed_headers->length ? ";" : "", fields[i].name);
    }
    buffer_printf(canonical, "\n\n%s\n%s", signed_headers->length ? signed_headers->data : "", request->payload_hash);
out:
    fields_free(fields, count);
    return ok;
}

static void append_scope(const struct sigv4_scope *scope, struct buffer *out)
{
    char date[17];

    sigv4_date(scope->time, date);
    buffer_printf(out, "%.8s/%s/%s/aws4_request", date, scope->region, scope->service);
}

void sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical, size_t length, struct buffer *out)
{
    char date[17], hash[DIGEST_HEX_SIZE];

    sigv4_date(scope->time, date);
    digest_sha256_hex(canonical, length, hash);
    buffer_printf(out, "AWS4-HMAC-SHA256\n%s\n", date);
    append_scope(scope, out);
    buffer_printf(out, "\n%s", hash);
}

void sigv4_signing_key(const struct sigv4_scope *scope, const char *secret, unsigned char key[32])
{
    char date[17];
    char *start = memory_printf("AWS4%s", secret);
    unsigned char step[DIGEST_SIZE];

    sigv4_date(scope->time, date);
    digest_hmac(start, strlen(start), date, 8, key);
    digest_hmac(key, DIGEST_SIZE, scope->region, strlen(scope->region), step);
    digest_hmac(step, DIGEST_SIZE, scope->service, strlen(scope->service), key);
    digest_hmac(key, DIGEST_SIZE, "aws4_request", strlen("aws4_request"), step);
    memcpy(key, step, DIGEST_SIZE);
    digest_wipe(start, strlen(start));
    digest_wipe(step, sizeof step);
    free(start);
}

bool sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         const struct credentials *credentials, struct buffer *out, struct error *err)
{
    struct buffer canonical, signed_headers, to_sign;
    unsigned char key[DIGEST_SIZE], signature[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    bool ok = false;

    buffer_init(&canonical, 0);
    buffer_init(&signed_headers, 0);
    buffer_init(&to_sign, 0);
    if (!sigv4_canonical_request(request, &canonical, &signed_headers, err))
        goto out;
    sigv4_string_to_sign(scope, canonical.data, canonical.length, &to_sign);
    sigv4_signing_key(scope, credentials->secret, key);
    digest_hmac(key, sizeof key, to_sign.data, to_sign.length, signature);
    digest_hex(signature, hex);
    buffer_printf(out, "AWS4-HMAC-SHA256 Credential=%s/", credentials->key_id);
    append_scope(scope, out);
    buffer_printf(out, ", SignedHeaders=%s, Signature=%s", signed_headers.length ? signed_headers.data : "", hex);
    ok = true;
out:
    digest_wipe(key, sizeof key);
    /* The canonical request holds the session token. */
    if (canonical.data)
        digest_wipe(canonical.data, canonical.length);
    buffer_clear(&canonical);
    buffer_clear(&signed_headers);
    buffer_clear(&to_sign);
    return ok;
}
