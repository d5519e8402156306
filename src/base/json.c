/* JSON through cJSON, made strict and exact where cJSON is neither.
 *
 * cJSON keeps every number as a double, takes nesting 1,000 deep and raw control characters in strings, and turns
 * \u0000 into the end of a string. So the text is looked over before it is parsed, integers that we set are kept as
 * their own digits (cJSON's "raw" values, which only this file makes), and documents are written here.
 */
#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_LIMIT = 64 * 1024 * 1024,
    DEPTH_LIMIT = 64,
};

#define EXACT_LIMIT 9007199254740992.0 /* 2^53: the doubles below it hold every integer */

static cJSON *cjson(const struct json *value)
{
    return (cJSON *)(uintptr_t)value;
}

static struct json *wrap(cJSON *value)
{
    if (!value)
        abort();
    return (struct json *)value;
}

/* The string that begins behind a quote: returns the byte behind its end, NULL where it holds what we refuse. */
static const char *look_over_string(const char *p, const char *end, const char **problem)
{
    for (; p < end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            *problem = "a control character in a string";
            return NULL;
        }
        if (*p != '\\')
            continue;
        if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0) {
            *problem = "\\u0000 in a string";
            return NULL;
        }
        if (++p == end)
            break;
    }
    if (p == end) {
        *problem = "a string without end";
        return NULL;
    }
    return p + 1;
}

/* What cJSON would let through; NULL when the text is fit for it. */
static const char *look_over(const char *text, size_t length)
{
    const char *end = text + length;
    const char *problem = NULL;
    int depth = 0;

    if (length > TEXT_LIMIT)
        return "more than 64 MiB";
    for (const char *p = text; p < end;) {
        char c = *p++;

        if (c == '"')
            p = look_over_string(p, end, &problem);
        else if ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            problem = "a control character";
        else if ((c == '{' || c == '[') && ++depth > DEPTH_LIMIT)
            problem = "nested more than 64 deep";
        else if (c == '}' || c == ']')
            depth--;
        if (problem)
            return problem;
    }
    return NULL;
}

struct json *json_parse(const char *text, size_t length, const char *what, struct error *err)
{
    const char *problem = look_over(text, length);
    const char *end = NULL;
    cJSON *root;

    if (problem) {
        error_set(err, ERROR_FORMAT, "%s is not JSON that headgate reads: %s", what, problem);
        return NULL;
    }
    root = cJSON_ParseWithLengthOpts(text, length, &end, false);
    if (!root) {
        error_set(err, ERROR_FORMAT, "%s is not JSON: it breaks off or goes wrong at byte %zu", what,
                  end ? (size_t)(end - text) : 0);
        return NULL;
    }
    while (end < text + length && strchr(" \t\r\n", *end))
        end++;
    if (end < text + length) {
        cJSON_Delete(root);
        error_set(err, ERROR_FORMAT, "%s is not JSON: more text behind its end, at byte %zu", what,
                  (size_t)(end - text));
        return NULL;
    }
    return (struct json *)root;
}

void json_free(struct json *root)
{
    cJSON_Delete(cjson(root));
}

struct json *json_object_new(void)
{
    return wrap(cJSON_CreateObject());
}

struct json *json_array_new(void)
{
    return wrap(cJSON_CreateArray());
}

struct json *json_null_new(void)
{
    return wrap(cJSON_CreateNull());
}

static struct json *new_int(int64_t value)
{
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%lld", (long long)value);
    return wrap(cJSON_CreateRaw(digits));
}

void json_set(struct json *object, const char *name, struct json *value)
{
    if (!cJSON_AddItemToObject(cjson(object), name, cjson(value)))
        abort();
}

void json_set_text(struct json *object, const char *name, const char *text)
{
    json_set(object, name, wrap(text ? cJSON_CreateString(text) : cJSON_CreateNull()));
}

void json_set_int(struct json *object, const char *name, int64_t value)
{
    json_set(object, name, new_int(value));
}

void json_set_real(struct json *object, const char *name, double value)
{
    json_set(object, name, wrap(cJSON_CreateNumber(value)));
}

void json_set_bool(struct json *object, const char *name, bool value)
{
    json_set(object, name, wrap(cJSON_CreateBool(value)));
}

void json_set_null(struct json *object, const char *name)
{
    json_set(object, name, wrap(cJSON_CreateNull()));
}

void json_set_int_or_null(struct json *object, const char *name, int64_t value)
{
    if (value >= 0)
        json_set_int(object, name, value);
    else
        json_set_null(object, name);
}

void json_append(struct json *array, struct json *value)
{
    if (!cJSON_AddItemToArray(cjson(array), cjson(value)))
        abort();
}

void json_append_int(struct json *array, int64_t value)
{
    json_append(array, new_int(value));
}

const struct json *json_get(const struct json *object, const char *name)
{
    if (!json_is_object(object))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(cjson(object), name);
}

bool json_get_int(const struct json *object, const char *name, int64_t *value)
{
    return json_int(json_get(object, name), value);
}

bool json_get_bool(const struct json *object, const char *name, bool *value)
{
    const cJSON *item = cjson(json_get(object, name));

    if (!cJSON_IsBool(item))
        return false;
    *value = cJSON_IsTrue(item);
    return true;
}

const char *json_get_text(const struct json *object, const char *name)
{
    return json_text(json_get(object, name));
}

bool json_is_null(const struct json *value)
{
    return cJSON_IsNull(cjson(value));
}

bool json_is_object(const struct json *value)
{
    return cJSON_IsObject(cjson(value));
}

bool json_is_array(const struct json *value)
{
    return cJSON_IsArray(cjson(value));
}

/* Also false for what is not a number. */
static bool is_exact(double value)
{
    return value >= -EXACT_LIMIT && value <= EXACT_LIMIT && (double)(int64_t)value == value;
}

bool json_int(const struct json *value, int64_t *number)
{
    const cJSON *item = cjson(value);

    if (cJSON_IsRaw(item))
        return text_parse_int64(item->valuestring, number);
    if (!cJSON_IsNumber(item) || !is_exact(item->valuedouble))
        return false;
    *number = (int64_t)item->valuedouble;
    return true;
}

const char *json_text(const struct json *value)
{
    return cJSON_IsString(cjson(value)) ? cjson(value)->valuestring : NULL;
}

const struct json *json_first(const struct json *array)
{
    return array ? (const struct json *)cjson(array)->child : NULL;
}

const struct json *json_next(const struct json *item)
{
    return item ? (const struct json *)cjson(item)->next : NULL;
}

size_t json_count(const struct json *array)
{
    return array ? (size_t)cJSON_GetArraySize(cjson(array)) : 0;
}

const char *json_name(const struct json *item)
{
    return item ? cjson(item)->string : NULL;
}

bool json_check_names(const struct json *object, const char *const *names, const char *what, struct error *err)
{
    size_t known = 0;

    if (!json_is_object(object))
        return error_set(err, ERROR_FORMAT, "%s is missing or no object", what);
    for (; names[known]; known++) {
        if (!json_get(object, names[known]))
            return error_set(err, ERROR_FORMAT, "%s has no \"%s\"", what, names[known]);
    }
    for (const struct json *item = json_first(object); item; item = json_next(item)) {
        size_t i = 0;

        while (names[i] && strcmp(names[i], json_name(item)) != 0)
            i++;
        if (!names[i])
            return error_set(err, ERROR_FORMAT, "%s has \"%s\", which this version does not know", what,
                             json_name(item));
    }
    if (json_count(object) != known)
        return error_set(err, ERROR_FORMAT, "%s has a name twice", what);
    return true;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_escaped(uint32_t code, struct buffer *out)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *p = named; *p; p += 2) {
        if (code == (unsigned char)*p) {
            buffer_append_char(out, '\\');
            buffer_append_char(out, p[1]);
            return;
        }
    }
    buffer_printf(out, "\\u%04x", (unsigned)code);
}

static void write_string(const char *text, struct buffer *out)
{
    size_t length = strlen(text);
    size_t used;

    buffer_append_char(out, '"');
    for (size_t at = 0; at < length; at += used) {
        uint32_t code = utf8_next(text + at, length - at, &used);

        if (code == UTF8_INVALID)
            buffer_append_text(out, "\xef\xbf\xbd");
        else if (code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code < 0xa0))
            write_escaped(code, out);
        else
            buffer_append(out, text + at, used);
    }
    buffer_append_char(out, '"');
}

/* The shortest digits that read back as the same double; JSON has no word for what is not finite. */
static void write_number(double value, struct buffer *out)
{
    char digits[32];

    if (value - value != 0) {
        buffer_append_text(out, "null");
        return;
    }
    if (is_exact(value)) {
        buffer_printf(out, "%lld", (long long)value);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    for (char *p = digits; *p; p++)
        *p = *p == ',' ? '.' : *p; /* the locale's decimal comma */
    buffer_append_text(out, digits);
}

static void write_line_break(bool indent, int depth, struct buffer *out)
{
    if (!indent)
        return;
    buffer_append_char(out, '\n');
    for (int i = 0; i < depth; i++)
        buffer_append_text(out, "  ");
}

static void write_value(const cJSON *value, bool indent, int depth, struct buffer *out)
{
    bool object = cJSON_IsObject(value);

    if (!object && !cJSON_IsArray(value)) {
        if (cJSON_IsString(value))
            write_string(value->valuestring, out);
        else if (cJSON_IsNumber(value))
            write_number(value->valuedouble, out);
        else if (cJSON_IsRaw(value))
            buffer_append_text(out, value->valuestring);
        else
            buffer_append_text(out, cJSON_IsBool(value) ? (cJSON_IsTrue(value) ? "true" : "false") : "null");
        return;
    }
    buffer_append_char(out, object ? '{' : '[');
    for (const cJSON *item = value->child; item; item = item->next) {
        write_line_break(indent, depth + 1, out);
        if (object) {
            write_string(item->string, out);
            buffer_append_text(out, indent ? ": " : ":");
        }
        write_value(item, indent, depth + 1, out);
        if (item->next)
            buffer_append_char(out, ',');
    }
    if (value->child)
        write_line_break(indent, depth, out);
    buffer_append_char(out, object ? '}' : ']');
}

void json_write(const struct json *root, bool indent, struct buffer *out)
{
    write_value(cjson(root), indent, 0, out);
    if (indent)
        buffer_append_char(out, '\n');
}
