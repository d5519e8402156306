/* Two small parsers into the same value. An answer has at most a few kilobytes, nearly all of it the session token. */
#include "aws/credential_answer.h"

#include "aws/digest.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool read_document(const char *bytes, size_t length, const char *root, xml_take take, void *context)
{
    return length <= CREDENTIAL_ANSWER_MOST && xml_read(bytes, length, root, take, context);
}

static void take_field(char **field, const char *text)
{
    wipe_free(*field);
    *field = memory_copy_text(text);
}

static void take_credentials(void *context, const struct xml_element *element)
{
    struct fields *fields = context;
    const char *name = element->name, *text = element->text;

    if (!*text)
        return;
    if (strcmp(element->parent, "AssumedRoleUser") == 0 && strcmp(name, "Arn") == 0)
        take_field(&fields->arn, text);
    if (strcmp(element->parent, "Credentials") != 0)
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
    bool ok = read_document(bytes, length, "AssumeRoleResponse", take_credentials, &fields) ||
              read_document(bytes, length, "AssumeRoleWithWebIdentityResponse", take_credentials, &fields);

    if (!ok)
        error_set(err, ERROR_CREDENTIALS, "%s is not what STS answers; is the endpoint right (AWS_ENDPOINT_URL_STS)?",
                  what);
    else
        ok = settle(&fields, what, credentials, err);
    fields_clear(&fields);
    return ok;
}

static void take_identity(void *context, const struct xml_element *element)
{
    struct credential_identity *identity = context;

    if (!*element->text)
        return;
    if (strcmp(element->parent, "GetCallerIdentityResult") != 0)
        return;
    if (strcmp(element->name, "Arn") == 0)
        snprintf(identity->arn, sizeof identity->arn, "%s", element->text);
    else if (strcmp(element->name, "Account") == 0)
        snprintf(identity->account, sizeof identity->account, "%s", element->text);
}

bool credential_answer_identity(const char *bytes, size_t length, struct credential_identity *identity)
{
    memset(identity, 0, sizeof *identity);
    return read_document(bytes, length, "GetCallerIdentityResponse", take_identity, identity) && *identity->arn;
}

static void take_refusal(void *context, const struct xml_element *element)
{
    struct credential_refusal *refusal = context;
    const char *name = element->name, *text = element->text;

    if (!*text)
        return;
    if (strcmp(name, "RequestId") == 0)
        snprintf(refusal->request_id, sizeof refusal->request_id, "%s", text);
    if (strcmp(element->parent, "Error") != 0)
        return;
    if (strcmp(name, "Code") == 0)
        snprintf(refusal->code, sizeof refusal->code, "%s", text);
    else if (strcmp(name, "Message") == 0)
        snprintf(refusal->message, sizeof refusal->message, "%s", text);
}

bool credential_answer_sts_refusal(const char *bytes, size_t length, struct credential_refusal *refusal)
{
    memset(refusal, 0, sizeof *refusal);
    if (read_document(bytes, length, "ErrorResponse", take_refusal, refusal))
        return true;
    memset(refusal, 0, sizeof *refusal);
    return false;
}
