/* Two small parsers into the same value. An answer has at most a few kilobytes, nearly all of it the session token. */
#include "aws/credential_answer.h"

#include "aws/digest.h"
#include "base/buffer.h"
#include "base/json.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MOST = 8,
    FIELD_MOST = 16 * 1024, /* session tokens have 1 to 4 KiB */
};

/* The texts of one answer, before they are judged. Owned. */
struct fields {
    char *key_id, *secret, *token, *expires, *arn;
};

static void wipe_free(char *text)
{
    if (text)
        digest_wipe(text, strlen(text));
    free(text);
}

static void fields_clear(struct fields *fields)
{
    wipe_free(fields->key_id);
    wipe_free(fields->secret);
    wipe_free(fields->token);
    free(fields->expires);
    free(fields->arn);
}

/* A value with a blank or control character would be cut, or split a header. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text >= 127)
            return false;
    }
    return true;
}

/* Moves what is complete into credentials. */
static bool settle(struct fields *fields, const char *what, struct credentials *credentials, struct error *err)
{
    const char *const needed[][2] = {
        { fields->key_id, "AccessKeyId"     },
        { fields->secret, "SecretAccessKey" }
    };

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!needed[i][0] || !*needed[i][0])
            return error_set(err, ERROR_CREDENTIALS, "%s has no %s", what, needed[i][1]);
        if (!is_plain(needed[i][0]))
            return error_set(err, ERROR_CREDENTIALS, "%s has a blank or control character in %s", what, needed[i][1]);
    }
    if (fields->token && !is_plain(fields->token))
        return error_set(err, ERROR_CREDENTIALS, "%s has a blank or control character in the session token", what);
    /* An absolute time only: our own parser knows relative ones too. */
    if (fields->expires && *fields->expires &&
        (!strchr(fields->expires, 'T') ||
         !timestamp_parse(fields->expires, timestamp_now(), &credentials->expires, NULL)))
        return error_set(err, ERROR_CREDENTIALS, "%s has an Expiration that is no time: %s", what, fields->expires);
    credentials->key_id = fields->key_id;
    credentials->secret = fields->secret;
    credentials->token = fields->token && *fields->token ? fields->token : NULL;
    if (!credentials->token)
        free(fields->token);
    fields->key_id = fields->secret = fields->token = NULL;
    if (fields->arn) {
        free(credentials->arn);
        credentials->arn = fields->arn;
        fields->arn = NULL;
    }
    return true;
}

/* --- JSON --- */

/* cJSON gives its memory back as it is; a secret in it is overwritten first. */
static void wipe_member(const struct json *root, const char *name)
{
    const char *text = json_get_text(root, name);

    if (text)
        digest_wipe((void *)(uintptr_t)text, strlen(text));
}

static bool check_version(const struct json *root, const char *what, struct error *err)
{
    int64_t version;

    if (json_get_int(root, "Version", &version) && version == 1)
        return true;
    return error_set(err, ERROR_CREDENTIALS, "%s has no \"Version\": 1", what);
}

bool credential_answer_json(const char *bytes, size_t length, bool versioned, const char *what,
                            struct credentials *credentials, struct error *err)
{
    struct json *root = length <= CREDENTIAL_ANSWER_MOST ? json_parse(bytes, length, what, NULL) : NULL;
    struct fields fields = { NULL };
    const char *token;
    bool ok;

    if (!root || !json_is_object(root)) {
        json_free(root);
        return error_set(err, ERROR_CREDENTIALS, "%s is no JSON object", what);
    }
    token = json_get_text(root, "SessionToken");
    fields.key_id = memory_copy_text(json_get_text(root, "AccessKeyId"));
    fields.secret = memory_copy_text(json_get_text(root, "SecretAccessKey"));
    fields.token = memory_copy_text(token ? token : json_get_text(root, "Token"));
    fields.expires = memory_copy_text(json_get_text(root, "Expiration"));
    ok = (!versioned || check_version(root, what, err)) && settle(&fields, what, credentials, err);
    fields_clear(&fields);
    wipe_member(root, "SecretAccessKey");
    wipe_member(root, "SessionToken");
    wipe_member(root, "Token");
    json_free(root);
    return ok;
}

void credential_answer_json_refusal(const char *bytes, size_t length, struct credential_refusal *refusal)
{
    struct json *root = length <= CREDENTIAL_ANSWER_MOST ? json_parse(bytes, length, "answer", NULL) : NULL;
    const char *code, *message;

    memset(refusal, 0, sizeof *refusal);
    if (!root)
        return;
    code = json_get_text(root, "code");
    message = json_get_text(root, "message");
    code = code ? code : json_get_text(root, "Code");
    message = message ? message : json_get_text(root, "Message");
    snprintf(refusal->code, sizeof refusal->code, "%s", code ? code : "");
    snprintf(refusal->message, sizeof refusal->message, "%s", message ? message : "");
    json_free(root);
}

/* --- XML --- */

struct reading {
    XML_Parser parser;
    const char *root; /* the only root that is understood */
    int depth;
    bool refused, closed;
    char open[DEPTH_MOST + 1][64]; /* local names, by depth; cut */
    struct buffer text;
    void (*take)(void *context, const char *parent, const char *name, const char *text);
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
    snprintf(reading->open[reading->depth], sizeof reading->open[0], "%s", name);
    buffer_reset(&reading->text);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct reading *reading = context;

    (void)name;
    if (reading->depth > 1 && !reading->refused && reading->text.length > 0)
        reading->take(reading->context, reading->open[reading->depth - 1], reading->open[reading->depth],
                      reading->text.data);
    if (reading->text.data)
        digest_wipe(reading->text.data, reading->text.length);
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
    ok = length > 0 && length <= CREDENTIAL_ANSWER_MOST &&
         XML_Parse(reading->parser, bytes, (int)length, XML_TRUE) == XML_STATUS_OK && reading->closed &&
         !reading->refused;
    XML_ParserFree(reading->parser);
    buffer_clear(&reading->text);
    return ok;
}

static void take_field(char **field, const char *text)
{
    wipe_free(*field);
    *field = memory_copy_text(text);
}

static void take_credentials(void *context, const char *parent, const char *name, const char *text)
{
    struct fields *fields = context;

    if (strcmp(parent, "AssumedRoleUser") == 0 && strcmp(name, "Arn") == 0)
        take_field(&fields->arn, text);
    if (strcmp(parent, "Credentials") != 0)
        return;
    if (strcmp(name, "AccessKeyId") == 0)
        take_field(&fields->key_id, text);
    else if (strcmp(name, "SecretAccessKey") == 0)
        take_field(&fields->secret, text);
    else if (strcmp(name, "SessionToken") == 0)
        take_field(&fields->token, text);
    else if (strcmp(name, "Expiration") == 0)
        take_field(&fields->expires, text);
}

bool credential_answer_sts(const char *bytes, size_t length, const char *what, struct credentials *credentials,
                           struct error *err)
{
    struct fields fields = { NULL };
    struct reading role = { .root = "AssumeRoleResponse", .take = take_credentials, .context = &fields };
    struct reading web = { .root = "AssumeRoleWithWebIdentityResponse", .take = take_credentials, .context = &fields };
    bool ok = read_document(&role, bytes, length) || read_document(&web, bytes, length);

    if (!ok)
        error_set(err, ERROR_CREDENTIALS, "%s is not what STS answers; is the endpoint right (AWS_ENDPOINT_URL_STS)?",
                  what);
    else
        ok = settle(&fields, what, credentials, err);
    fields_clear(&fields);
    return ok;
}

static void take_identity(void *context, const char *parent, const char *name, const char *text)
{
    struct credential_identity *identity = context;

    if (strcmp(parent, "GetCallerIdentityResult") != 0)
        return;
    if (strcmp(name, "Arn") == 0)
        snprintf(identity->arn, sizeof identity->arn, "%s", text);
    else if (strcmp(name, "Account") == 0)
        snprintf(identity->account, sizeof identity->account, "%s", text);
}

bool credential_answer_identity(const char *bytes, size_t length, struct credential_identity *identity)
{
    struct reading reading = { .root = "GetCallerIdentityResponse", .take = take_identity, .context = identity };

    memset(identity, 0, sizeof *identity);
    return read_document(&reading, bytes, length) && *identity->arn;
}

static void take_refusal(void *context, const char *parent, const char *name, const char *text)
{
    struct credential_refusal *refusal = context;

    if (strcmp(name, "RequestId") == 0)
        snprintf(refusal->request_id, sizeof refusal->request_id, "%s", text);
    if (strcmp(parent, "Error") != 0)
        return;
    if (strcmp(name, "Code") == 0)
        snprintf(refusal->code, sizeof refusal->code, "%s", text);
    else if (strcmp(name, "Message") == 0)
        snprintf(refusal->message, sizeof refusal->message, "%s", text);
}

bool credential_answer_sts_refusal(const char *bytes, size_t length, struct credential_refusal *refusal)
{
    struct reading reading = { .root = "ErrorResponse", .take = take_refusal, .context = refusal };

    memset(refusal, 0, sizeof *refusal);
    if (read_document(&reading, bytes, length))
        return true;
    memset(refusal, 0, sizeof *refusal);
    return false;
}
