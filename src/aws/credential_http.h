/* One short exchange with a service that hands out credentials, inside the time that a search for credentials has.
 *
 * Blocks its thread; meant for the provider's own. Answers hold secrets: credential_http_clear wipes them.
 */
#ifndef AWS_CREDENTIAL_HTTP_H
#define AWS_CREDENTIAL_HTTP_H

#include "aws/credentials.h"
#include "http/http_client.h"

/* One search: what it may look at and until when. */
struct credential_search {
    const struct credentials_settings *settings;
    int64_t until;  /* timestamp_monotonic() */
    char note[256]; /* why a source that may be absent was; for the text when nothing is found at all */
};

struct credential_call {
    const char *method, *url;
    const struct http_request_header *headers;
    size_t header_count;
    const char *body;    /* NULL for none */
    int attempt_ms;      /* for one attempt, from connecting to the last byte */
    int attempts;        /* no answer, 429 and 5xx are tried again after 100, 200, 400 ms ... */
    const char *service; /* for texts: "STS" */
    const char *remedy;  /* and what to look at when it cannot be reached */
};

struct credential_reply {
    struct http_response response;
    int64_t skew_ms; /* the service's clock minus ours, by its Date; 0: none said, or under 2 s */
};

/* True when an answer came, whatever its status. Fails with ERROR_CREDENTIALS, retriable: "STS at URL did not answer within 5
 * s" and the like. reply is cleared by the caller in any case. */
bool credential_http(const struct credential_search *search, const struct credential_call *call,
                     struct credential_reply *reply, struct error *err) MUST_CHECK;
void credential_http_clear(struct credential_reply *reply);

/* An expiry that a service states, as this host's clock will show it; warns once for each answer when they differ by more than
 * a minute. */
void credential_http_localise(const struct credential_reply *reply, const char *service,
                              struct credentials *credentials);

#endif
