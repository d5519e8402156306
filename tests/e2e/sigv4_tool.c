/* Signs what tests/e2e/test_sigv4.py asks for: a JSON array of requests on standard input, an array of what each stage made of
 * them on standard output. */
#include "aws/sigv4.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 64 };

/* An array of [name, value] pairs as borrowed rows. */
static size_t read_rows(const struct json *array, struct http_header rows[MOST_ROWS])
{
    size_t count = 0;

    for (const struct json *item = json_first(array); item && count < MOST_ROWS; item = json_next(item)) {
        rows[count].name = json_text(json_first(item));
        rows[count].value = json_text(json_next(json_first(item)));
        count++;
    }
    return count;
}

static struct json *sign(const struct json *asked, struct error *err)
{
    struct http_header query[MOST_ROWS], headers[MOST_ROWS];
    struct buffer path, canonical, names, to_sign, header;
    struct credentials credentials = { .key_id = (char *)(uintptr_t)json_get_text(asked, "key_id"),
                                       .secret = (char *)(uintptr_t)json_get_text(asked, "secret") };
    struct sigv4_scope scope = { .region = json_get_text(asked, "region"), .service = json_get_text(asked, "service") };
    struct sigv4_request request = { .method = json_get_text(asked, "method"),
                                     .query = query,
                                     .query_count = read_rows(json_get(asked, "query"), query),
                                     .headers = headers,
                                     .header_count = read_rows(json_get(asked, "headers"), headers),
                                     .payload_hash = json_get_text(asked, "payload_hash") };
    struct json *made = json_object_new();

    buffer_init(&path, 0);
    buffer_init(&canonical, 0);
    buffer_init(&names, 0);
    buffer_init(&to_sign, 0);
    buffer_init(&header, 0);
    sigv4_encode_path(json_get_text(asked, "key"), &path);
    request.path = path.data;
    if (json_get_int(asked, "time_ms", &scope.time) && sigv4_canonical_request(&request, &canonical, &names, err) &&
        sigv4_authorization(&request, &scope, &credentials, &header, err)) {
        sigv4_string_to_sign(&scope, canonical.data, canonical.length, &to_sign);
        json_set_text(made, "canonical", canonical.data);
        json_set_text(made, "string_to_sign", to_sign.data);
        json_set_text(made, "authorization", header.data);
    }
    buffer_clear(&path);
    buffer_clear(&canonical);
    buffer_clear(&names);
    buffer_clear(&to_sign);
    buffer_clear(&header);
    return made;
}

int main(void)
{
    struct buffer text;
    struct error err = { .kind = ERROR_NONE };
    struct json *asked, *made = json_array_new();
    char chunk[4096];
    size_t got;

    buffer_init(&text, 0);
    while ((got = fread(chunk, 1, sizeof chunk, stdin)) > 0)
        buffer_append(&text, chunk, got);
    asked = json_parse(text.data, text.length, "standard input", &err);
    for (const struct json *item = asked ? json_first(asked) : NULL; item; item = json_next(item))
        json_append(made, sign(item, &err));
    buffer_reset(&text);
    json_write(made, false, &text);
    printf("%s\n", text.data);
    json_free(asked);
    json_free(made);
    buffer_clear(&text);
    if (err.kind != ERROR_NONE)
        fprintf(stderr, "%s\n", err.message);
    return err.kind == ERROR_NONE ? 0 : 1;
}
