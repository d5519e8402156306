/* S3's XML answers: errors and listings.
 *
 * What comes in is not trusted (base/xml.h). Sizes are the caller's to limit: 64 KiB for an error, 4 MiB for a list.
 */
#ifndef S3_S3_XML_H
#define S3_S3_XML_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Of an <Error>; missing fields are "". Raw text from outside, cut at the field's size: sanitise before showing. */
struct s3_xml_error {
    char code[64];
    char message[256];
    char region[64];
    char request_id[80];
};

/* False when this is no whole <Error> document. */
bool s3_xml_parse_error(const char *bytes, size_t length, struct s3_xml_error *found);

struct s3_list_entry {
    char *key;
    int64_t size;
    char *modified; /* as S3 says it */
};

/* One page of ListObjectsV2. Keys are decoded where the answer says that it encoded them. */
struct s3_xml_list {
    struct s3_list_entry *entries;
    size_t count, size;
    bool truncated;
    char *token; /* for the next page; NULL when there is none */
};

/* Fills list, which the caller clears in any case. Fails with ERROR_FORMAT: cut, no listing, or a row without key or size. */
bool s3_xml_parse_list(const char *bytes, size_t length, struct s3_xml_list *list, struct error *err) MUST_CHECK;
void s3_xml_list_clear(struct s3_xml_list *list);

#endif
