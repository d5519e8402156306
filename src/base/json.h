/* JSON for configuration, REST bodies, the stream object and --json. Never on the data path. Only user of cJSON.
 *
 * A struct json is a value in a tree. A tree has one owner: json_free(root). A value added to an object or array
 * belongs to that tree from then on. Integers are written exactly; read exactly up to 2^53 (offsets stay far below).
 * Bounded: at most 64 MiB of text, nesting 64 deep. Strings are kept as they are (JSON is not a screen): valid UTF-8
 * is written through, bytes that are not are written as U+FFFD.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"

#include <stdint.h>

struct json; /* opaque: a cJSON value */

/* Parses one document and nothing behind it but blanks. what names it in the error. NULL on failure; caller frees. */
struct json *json_parse(const char *text, size_t length, const char *what, struct error *err) MUST_CHECK;
void json_free(struct json *root);

struct json *json_object_new(void);
struct json *json_array_new(void);
struct json *json_null_new(void); /* for json_append */

/* Add to an object; name is copied. Returns nothing: allocation failure aborts. */
void json_set_text(struct json *object, const char *name, const char *text); /* NULL gives null */
void json_set_int(struct json *object, const char *name, int64_t value);
void json_set_real(struct json *object, const char *name, double value);
void json_set_bool(struct json *object, const char *name, bool value);
void json_set_null(struct json *object, const char *name);
void json_set(struct json *object, const char *name, struct json *value); /* takes value */

/* value >= 0 as integer, below zero as null: "unknown is null". */
void json_set_int_or_null(struct json *object, const char *name, int64_t value);

void json_append(struct json *array, struct json *value); /* takes value */
void json_append_int(struct json *array, int64_t value);

/* Reading. A missing name or wrong type gives false / NULL; borrowed pointers live as long as the tree. */
const struct json *json_get(const struct json *object, const char *name);
bool json_get_int(const struct json *object, const char *name, int64_t *value) MUST_CHECK;
bool json_get_bool(const struct json *object, const char *name, bool *value) MUST_CHECK;
const char *json_get_text(const struct json *object, const char *name);
bool json_is_null(const struct json *value);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_int(const struct json *value, int64_t *number) MUST_CHECK;
const char *json_text(const struct json *value); /* NULL when it is no string */

/* Walking an array or object: for (item = json_first(array); item; item = json_next(item)). O(1) a step. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *item);
size_t json_count(const struct json *array);
const char *json_name(const struct json *item); /* of an object's member, else NULL */

/* True when object has every one of the NULL-terminated names once and nothing else; else ERROR_FORMAT with the name that
 * is missing, unknown or there twice. what names the object in the message. For documents that another version or
 * another hand may have written. */
bool json_check_names(const struct json *object, const char *const *names, const char *what,
                      struct error *err) MUST_CHECK;

/* Appends the document; indent: one member a line. */
void json_write(const struct json *root, bool indent, struct buffer *out);

#endif
