/* Handlers for expat that know the path of the element they are in. */
#include "base/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MOST = 8,
    NAME_SIZE = 64,
    TEXT_MOST = 16 * 1024, /* longest: a key of 1,024 bytes, each encoded as three, a session token of 4 KiB */
};

/* One document being read. */
struct reading {
    XML_Parser parser;
    const char *root; /* the only one that is understood */
    int depth;
    bool refused, closed;                 /* closed: the root's end was seen */
    char open[DEPTH_MOST + 1][NAME_SIZE]; /* names, by depth */
    char text[TEXT_MOST + 1];             /* of the element that is open; in one place, so that it can be wiped */
    size_t length;
    xml_take take;
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

/* An answer may hold secrets. */
static void wipe_text(struct reading *reading)
{
    explicit_bzero(reading->text, reading->length + 1);
    reading->length = 0;
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
    snprintf(reading->open[reading->depth], NAME_SIZE, "%s", name);
    wipe_text(reading);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct reading *reading = context;

    (void)name;
    if (reading->depth > 1 && !reading->refused) {
        const struct xml_element element = {
            .depth = reading->depth,
            .parent = reading->open[reading->depth - 1],
            .name = reading->open[reading->depth],
            .text = reading->text,
        };

        reading->take(reading->context, &element);
    }
    wipe_text(reading);
    reading->depth--;
    reading->closed = reading->depth == 0;
}

static void XMLCALL on_text(void *context, const XML_Char *text, int length)
{
    struct reading *reading = context;

    if ((size_t)length > TEXT_MOST - reading->length) {
        refuse(reading);
        return;
    }
    memcpy(reading->text + reading->length, text, (size_t)length);
    reading->length += (size_t)length;
    reading->text[reading->length] = '\0';
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

bool xml_read(const char *bytes, size_t length, const char *root, xml_take take, void *context)
{
    struct reading reading = { .root = root, .take = take, .context = context };
    bool ok;

    if (length == 0 || length > INT_MAX)
        return false;
    reading.parser = XML_ParserCreate(NULL);
    if (!reading.parser)
        abort();
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
    ok = XML_Parse(reading.parser, bytes, (int)length, XML_TRUE) == XML_STATUS_OK && reading.closed && !reading.refused;
    XML_ParserFree(reading.parser);
    wipe_text(&reading);
    return ok;
}
