/* Reading a service's answer in XML with expat, of which this is the only user. What a hostile answer could make large or
 * surprising is refused: a document type (so no entities), another root than the one expected, text behind it, more than 8
 * levels, a text above 16 KiB.
 * Any thread.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/error.h"

#include <stddef.h>

/* An element whose end was read. Names are local ones (no namespace prefix), cut after 63 bytes. Borrowed for the call. */
struct xml_element {
    int depth;          /* 2: just below the root */
    const char *parent; /* its parent's name */
    const char *name;
    const char *text; /* what stood behind its last child, or all of it; "" for none; wiped after the call */
};

/* Called at the end of each element below the root, the innermost first. */
typedef void (*xml_take)(void *context, const struct xml_element *element);

/* True when the whole document was read to the end of its root; take may have been called before it turns out false. */
bool xml_read(const char *bytes, size_t length, const char *root, xml_take take, void *context) MUST_CHECK;

#endif
