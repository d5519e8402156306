/* Reading S3's XML with expat: a handler that knows the path of the element it is in, and takes the text of a few. */
#include "s3/s3_xml.h"

#include "base/buffer.h"
#include "base/text.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MOST = 8,
    FIELD_MOST = 16 * 1024, /* longest: a key of 1,024 bytes, each encoded as three, and an opaque token */
};

/* One document being read. Element names are compared without namespace prefix. */
struct reading {
    XML_Parser parser;
    const char *root; /* the only root that is understood */
    int depth;
    bool in_row;        /* below <Contents> */
    bool refused;       /* wrong root, DTD, too deep, a field too long */
    bool closed;        /* the root's end was seen */
    struct buffer text; /* of the element that is open */
    /* Called at the end of each element below the root. */
    void (*take)(void *context, const struct reading *reading, const char *name);
    void *context;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static void refuse(struct reading *reading)
{
    reading->refused = true;
    XML_StopParser(reading->parser, XML_FALSE);
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = context;

    (void)attributes;
    name = local_name(name);
    if (++reading->depth > DEPTH_MOST || (reading->depth == 1 && strcmp(name, reading->root) != 0)) {
        refuse(reading);
        return;
    }
    if (reading->depth == 2)
        reading->in_row = strcmp(name, "Contents") == 0;
    buffer_reset(&reading->text);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct reading *reading = context;

    if (reading->depth > 1 && !reading->refused)
        reading->take(reading->context, reading, local_name(name));
    buffer_reset(&reading->text);
    reading->depth--;
    reading->closed = reading->depth == 0;
}

static void XMLCALL on_text(void *context, const XML_Char *text, int length)
{
    struct reading *reading = context;

    if (!buffer_append(&reading->text, text, (size_t)length))
        refuse(reading);
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    refuse(context);
}

/* True when the whole document was read to the end of its root. */
static bool read_document(struct reading *reading, const char *bytes, size_t length)
{
    bool ok;

    reading->parser = XML_ParserCreate(NULL);
    if (!reading->parser)
        abort();
    buffer_init(&reading->text, FIELD_MOST);
    XML_SetUserData(reading->parser, reading);
    XML_SetElementHandler(reading->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reading->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
    ok = length > 0 && length < 64 * 1024 * 1024 &&
         XML_Parse(reading->parser, bytes, (int)length, XML_TRUE) == XML_STATUS_OK && reading->closed &&
         !reading->refused;
    XML_ParserFree(reading->parser);
    buffer_clear(&reading->text);
    return ok;
}

static const char *text_of(const struct reading *reading)
{
    return reading->text.data && reading->text.length ? reading->text.data : "";
}

/* --- <Error> --- */

static void take_error(void *context, const struct reading *reading, const char *name)
{
    struct s3_xml_error *found = context;
    const char *text = text_of(reading);

    if (reading->depth != 2)
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
    struct reading reading = { .root = "Error", .take = take_error, .context = found };

    memset(found, 0, sizeof *found);
    if (read_document(&reading, bytes, length))
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

static void take_list(void *context, const struct reading *document, const char *name)
{
    struct list_reading *reading = context;
    const char *text = text_of(document);

    if (document->depth == 3 && document->in_row)
        take_row_field(reading, name, text);
    if (document->depth != 2)
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
    struct reading document = { .root = "ListBucketResult", .take = take_list, .context = &reading };
    bool ok;

    memset(list, 0, sizeof *list);
    ok = read_document(&document, bytes, length) && !reading.broken;
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
