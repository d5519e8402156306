/* A list of name=value settings: librdkafka's -X options and Kafka's client.properties files.
 *
 * Order is kept, and a later setting of the same name wins. Values may be secrets: they are never printed, and
 * properties_clear wipes them.
 */
#ifndef BASE_PROPERTIES_H
#define BASE_PROPERTIES_H

#include "base/error.h"

#include <stddef.h>

struct property {
    char *name;
    char *value;
};

struct properties {
    struct property *rows;
    size_t count;
};

void properties_init(struct properties *properties);
void properties_clear(struct properties *properties);

/* Copies both texts. Replaces an earlier value of that name. */
void properties_set(struct properties *properties, const char *name, const char *value);

/* Splits "name=value". Fails with ERROR_USAGE when there is no '=' or no name. */
bool properties_set_pair(struct properties *properties, const char *pair, struct error *err) MUST_CHECK;

/* Takes the first setting whose name begins with prefix out of the list. False when there is none. The caller frees both
 * texts; the value may be a secret. */
bool properties_take(struct properties *properties, const char *prefix, char **name, char **value) MUST_CHECK;

/* NULL when there is none. Borrowed. */
const char *properties_get(const struct properties *properties, const char *name);

/* "http://user:password@host", also one of several: the @ stands before the path. */
bool properties_url_has_login(const char *urls);

/* True for a setting that is secret: a password, a key, a JAAS line or a URL that holds one. Nothing empty is. */
bool properties_is_secret(const char *name, const char *value);

/* Appends all rows of `from`. */
void properties_merge(struct properties *properties, const struct properties *from);

/* Reads a Java properties file: comments with # or !, separators = : or blank, lines continued with a backslash.
 * Fails with the file's name and the line; at most 1 MiB. The file must be a regular file, and one that holds a secret must
 * be as secret_file_check wants it. */
bool properties_load(struct properties *properties, const char *path, struct error *err) MUST_CHECK;

/* The same from memory; what names it in the error. Bytes are kept as they are, so UTF-8 stays UTF-8. */
bool properties_parse(struct properties *properties, const char *text, size_t length, const char *what,
                      struct error *err) MUST_CHECK;

#endif
