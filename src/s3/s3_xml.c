/* S3's XML: what is taken of each answer. */
#include "s3/s3_xml.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MOST = 64 * 1024 * 1024 };

static bool read_document(const char *bytes, size_t length, const char *root, xml_take take, void *context)
{
    return length < ANSWER_MOST && xml_read(bytes, length, root, take, context);
}

/* --- <Error> --- */

static void take_error(void *context, const struct xml_element *element)
{
    struct s3_xml_error *found = context;
    const char *name = element->name, *text = element->text;

    if (element->depth != 2)
        return;
    if (strcmp(name, "Code") == 0)
        snprintf(found->code, sizeof found->code, "%s", text);
    else if (strcmp(name, "Message") == 0)
        snprintf(found->message, sizeof found->message, "%s", text);
    else if (strcmp(name, "Region") == 0)
        snprintf(found->region, sizeof found->region, "%s", text);
    else if (strcmp(name, "RequestId") == 0)
        snprintf(found->request_id, sizeof found->request_id, "%s", text);
}

bool s3_xml_parse_error(const char *bytes, size_t length, struct s3_xml_error *found)
{
    memset(found, 0, sizeof *found);
    if (read_document(bytes, length, "Error", take_error, found))
        return true;
    memset(found, 0, sizeof *found);
    return false;
}

/* --- <ListBucketResult> --- */

/* A list and the row that is being read. */
struct list_reading {
    struct s3_xml_list *list;
    struct s3_list_entry row;
    bool has_size;
    bool encoded; /* EncodingType is url */
    bool broken;
};

static void row_clear(struct list_reading *reading)
{
    free(reading->row.key);
    free(reading->row.modified);
    memset(&reading->row, 0, sizeof reading->row);
    reading->has_size = false;
}

static void finish_row(struct list_reading *reading)
{
    struct s3_xml_list *list = reading->list;

    if (!reading->row.key || !*reading->row.key || !reading->has_size) {
        reading->broken = true;
        return;
    }
    if (!reading->row.modified)
        reading->row.modified = memory_copy_text("");
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 256;
        list->entries = memory_resize(list->entries, list->size * sizeof *list->entries);
    }
    list->entries[list->count++] = reading->row;
    memset(&reading->row, 0, sizeof reading->row);
    reading->has_size = false;
}

static void take_row_field(struct list_reading *reading, const char *name, const char *text)
{
    if (strcmp(name, "Key") == 0) {
        free(reading->row.key);
        reading->row.key = memory_copy_text(text);
    } else if (strcmp(name, "Size") == 0) {
        reading->has_size = text_parse_uint(text, INT64_MAX, &reading->row.size);
    } else if (strcmp(name, "LastModified") == 0) {
        free(reading->row.modified);
        reading->row.modified = memory_copy_text(text);
    }
}

static void take_list(void *context, const struct xml_element *element)
{
    struct list_reading *reading = context;
    const char *name = element->name, *text = element->text;

    if (element->depth == 3 && strcmp(element->parent, "Contents") == 0)
        take_row_field(reading, name, text);
    if (element->depth != 2)
        return;
    if (strcmp(name, "Contents") == 0)
        finish_row(reading);
    else if (strcmp(name, "IsTruncated") == 0)
        reading->list->truncated = strcmp(text, "true") == 0;
    else if (strcmp(name, "EncodingType") == 0)
        reading->encoded = strcmp(text, "url") == 0;
    else if (strcmp(name, "NextContinuationToken") == 0 && *text) {
        free(reading->list->token);
        reading->list->token = memory_copy_text(text);
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; '+' is a space. False for a broken code or a NUL, which no key can hold. */
static bool decode(char *text)
{
    char *out = text;

    for (; *text; text++) {
        if (*text != '%') {
            *out++ = (char)(*text == '+' ? ' ' : *text);
            continue;
        }
        int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);

        if (low < 0 || high * 16 + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        text += 2;
    }
    *out = '\0';
    return true;
}

bool s3_xml_parse_list(const char *bytes, size_t length, struct s3_xml_list *list, struct error *err)
{
    struct list_reading reading = { .list = list };
    bool ok;

    memset(list, 0, sizeof *list);
    ok = read_document(bytes, length, "ListBucketResult", take_list, &reading) && !reading.broken;
    row_clear(&reading);
    for (size_t i = 0; ok && reading.encoded && i < list->count; i++)
        ok = decode(list->entries[i].key);
    if (!ok)
        return error_set(err, ERROR_FORMAT, "the listing is cut or is none");
    if (list->truncated && !list->token)
        return error_set(err, ERROR_FORMAT, "the listing says there is more, but not where");
    return true;
}

void s3_xml_list_clear(struct s3_xml_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].key);
        free(list->entries[i].modified);
    }
    free(list->entries);
    free(list->token);
    memset(list, 0, sizeof *list);
}
