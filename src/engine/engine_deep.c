/* One object at a time, in memory as it is stored; plain bytes only pass by. */
#include "engine/engine_deep.h"

#include "base/buffer.h"
#include "base/text.h"
#include "format/decompression.h"

#include <stdlib.h>
#include <string.h>

enum { DEEP_MS = 60 * 1000, NUMBER_MOST = 32 };
static const size_t most_bytes = (size_t)1 << 30;

/* What has been seen of the plain bytes. */
struct plain {
    bool json;
    const struct coverage_object *object;
    int64_t lines;
    char last;
    /* json: the number behind "offset": in each line */
    size_t matched; /* letters of the name */
    bool in_number;
    bool found; /* in this line */
    char number[NUMBER_MOST];
    size_t digits;
    int64_t newest;
    char *trouble;
};

static void take_offset(struct plain *plain)
{
    int64_t offset;

    plain->number[plain->digits] = '\0';
    plain->in_number = false;
    plain->digits = 0;
    plain->found = true;
    if (plain->trouble || !text_parse_int64(plain->number, &offset))
        return;
    if (offset <= plain->newest)
        plain->trouble = memory_printf("offset %lld comes after %lld", (long long)offset, (long long)plain->newest);
    else if (offset < plain->object->start || offset >= plain->object->next)
        plain->trouble = memory_printf("offset %lld is outside of the object's range", (long long)offset);
    plain->newest = offset;
}

/* The encoder writes "offset" before key and value, so the first one of a line is it. */
static void look_for_offset(struct plain *plain, char c)
{
    static const char name[] = "\"offset\":";

    if (c == '\n') {
        plain->found = false;
        plain->matched = 0;
        return;
    }
    if (plain->in_number) {
        if ((c >= '0' && c <= '9') && plain->digits < NUMBER_MOST - 1)
            plain->number[plain->digits++] = c;
        else
            take_offset(plain);
        return;
    }
    if (plain->found)
        return;
    plain->matched = c == name[plain->matched] ? plain->matched + 1 : c == name[0];
    if (plain->matched < sizeof(name) - 1)
        return;
    plain->matched = 0;
    plain->in_number = true;
}

static void take_plain(void *context, const void *bytes, size_t length)
{
    struct plain *plain = context;
    const char *text = bytes;

    for (size_t i = 0; i < length; i++) {
        plain->lines += text[i] == '\n';
        if (plain->json)
            look_for_offset(plain, text[i]);
    }
    if (length > 0)
        plain->last = text[length - 1];
}

static char *judge(const struct stream_object *stream, const struct plain *plain)
{
    bool lines = strcmp(stream->settings.format, "lines") == 0;
    int64_t records = plain->object->records;

    if (!plain->json && !lines)
        return NULL;
    if (plain->lines < records || (plain->json && plain->lines > records))
        return memory_printf("%lld lines, the metadata say %lld records", (long long)plain->lines, (long long)records);
    if (records > 0 && plain->last != '\n')
        return memory_copy_text("ends in the middle of a line");
    return NULL;
}

bool engine_deep_check(struct s3_client *client, const struct stream_object *stream, const char *key,
                       const struct coverage_object *object, char **trouble, struct error *err)
{
    struct plain plain = { .json = strcmp(stream->settings.format, "json") == 0,
                           .object = object,
                           .newest = OFFSET_NONE };
    struct buffer body;
    struct error why = { 0 };
    bool missing = false, ok;

    *trouble = NULL;
    buffer_init(&body, most_bytes);
    ok = s3_client_get(client, key, most_bytes, DEEP_MS, &body, &missing, err);
    if (ok && missing)
        *trouble = memory_copy_text("is gone since it was listed");
    else if (ok && (int64_t)body.length != object->bytes)
        *trouble = memory_printf("%zu bytes, the listing says %lld", body.length, (long long)object->bytes);
    else if (ok && !decompress(stream->settings.compression, body.data, body.length, take_plain, &plain, &why))
        *trouble = memory_copy_text(why.message);
    else if (ok)
        *trouble = plain.trouble ? memory_copy_text(plain.trouble) : judge(stream, &plain);
    free(plain.trouble);
    buffer_clear(&body);
    return ok;
}
