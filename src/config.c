/* One row for each option. The row says where the value goes, so that a new plain setting is one line and no code. */
#include "config.h"

#include "base/text.h"
#include "format/compression.h"
#include "format/encoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((int64_t)1024 * 1024)

enum {
    /* Firehose stops at 128 MiB; ours is bounded by the memory budget, and S3 takes 5 GiB in one PUT. */
    CONFIG_MOST_SIZE_MIB = 1024,
    CONFIG_MOST_INTERVAL_S = 86400,
    CONFIG_LEAST_MEMORY_MIB = 32,
    CONFIG_MOST_MEMORY_MIB = 1024 * 1024,
    CONFIG_MOST_REFRESH_S = 60,
};

/* What is done with an option's value. */
enum config_kind {
    CONFIG_TEXT,        /* copied to the text at offset */
    CONFIG_FLAG,        /* the bool at offset becomes true */
    CONFIG_BROKERS,     /* bootstrap.servers */
    CONFIG_FILE,        /* a client.properties */
    CONFIG_PAIR,        /* -X name=value */
    CONFIG_ISOLATION,   /* one of two words */
    CONFIG_FORMAT,      /* a name that encoder_find knows */
    CONFIG_FOLDERS,     /* one of two words */
    CONFIG_COMPRESSION, /* a name that compression_find knows */
    CONFIG_SIZE,        /* MiB */
    CONFIG_INTERVAL,    /* seconds */
    CONFIG_MEMORY,      /* MiB */
    CONFIG_REFRESH,     /* seconds */
    CONFIG_WORKERS,     /* URLs of Kafka Connect; adds up */
};

enum config_heading {
    CONFIG_UNDER_WHAT,
    CONFIG_UNDER_KAFKA,
    CONFIG_UNDER_S3,
    CONFIG_UNDER_DELIVERY,
    CONFIG_UNDER_OUTPUT,
};

static const char *const headings[] = {
    [CONFIG_UNDER_WHAT] = "What",         [CONFIG_UNDER_KAFKA] = "Kafka",   [CONFIG_UNDER_S3] = "S3",
    [CONFIG_UNDER_DELIVERY] = "Delivery", [CONFIG_UNDER_OUTPUT] = "Output",
};

struct config_row {
    const char *name;
    char letter;
    const char *argument;
    const char *help;
    unsigned commands; /* bits of enum config_command */
    enum config_heading heading;
    enum config_kind kind;
    size_t offset; /* of CONFIG_TEXT and CONFIG_FLAG */
};

#define AT(member) offsetof(struct config, member)
#define CONSOLES   (CONFIG_CONSOLE | CONFIG_DEMO)
#define WITH_TOPIC \
    (CONFIG_TOPICS | CONFIG_GROUPS | CONFIG_SURVEY | CONFIG_PLAN | CONFIG_DELIVER | CONFIG_DEMO | CONFIG_DOCTOR)
#define WITH_GROUP    (CONFIG_DEMO | CONFIG_SURVEY | CONFIG_PLAN | CONFIG_DELIVER | CONFIG_DOCTOR)
#define WITH_STREAM   (CONSOLES | CONFIG_DELIVER | CONFIG_AUDIT)
#define WITH_DELIVERY (CONSOLES | CONFIG_DELIVER)
#define WITH_OBJECTS  (CONFIG_SURVEY | CONFIG_PLAN | CONFIG_AUDIT)
#define WITH_YES      (CONFIG_DELIVER | CONFIG_CONNECT)
#define WITH_S3       (CONSOLES | CONFIG_DELIVER | WITH_OBJECTS | CONFIG_DOCTOR)

/* The options, a list for each heading of help: _(name, letter, argument, help, commands that take it, where the value
 * goes). They stand first because everything below walks them. */
#define TEXT(member) CONFIG_TEXT, AT(member)
#define FLAG(member) CONFIG_FLAG, AT(member)
#define BY(kind)     CONFIG_##kind, 0 /* a function of its own takes the value */

#define WHAT_OPTIONS(_)                                                                                           \
    _("topic", 0, "TOPIC", "the topic", WITH_TOPIC, TEXT(topic))                                                  \
    _("group", 0, "GROUP", "the old delivery's consumer group, only read", WITH_GROUP, TEXT(group))               \
    _("stream", 0, "NAME", "the stream's name: one name, one plan", WITH_STREAM, TEXT(stream))                    \
    _("start", 0, "START", "safe, committed, earliest, now or a TIME", CONFIG_PLAN | CONFIG_DELIVER, TEXT(start)) \
    _("until", 0, "END", "stop at `end` (as it is at launch) or at a TIME", CONFIG_PLAN | WITH_DELIVERY, TEXT(until))

#define KAFKA_OPTIONS(_)                                                                                              \
    _("brokers", 'b', "HOST:PORT,...", "the brokers to ask first", CONFIG_ALL, BY(BROKERS))                           \
    _("config", 'F', "FILE", "a Kafka client.properties file", CONFIG_ALL, BY(FILE))                                  \
    _("property", 'X', "NAME=VALUE", "any setting of librdkafka", CONFIG_ALL, BY(PAIR))                               \
    _("connect", 0, "URL", "Kafka Connect's REST address, http://HOST:8083", CONFIG_ALL & ~CONFIG_AUDIT, BY(WORKERS)) \
    _("isolation", 0, "LEVEL", "read_committed (default) or read_uncommitted", CONFIG_ALL & ~CONFIG_AUDIT,            \
      BY(ISOLATION))

#define S3_OPTIONS(_)                                                                                          \
    _("bucket", 0, "BUCKET", "the bucket", WITH_S3, TEXT(bucket))                                              \
    _("prefix", 0, "PREFIX", "what every key begins with; let it end in /", WITH_S3, TEXT(prefix))             \
    _("with-connect", 0, "PREFIX", "the old sink's objects: a prefix, or s3://BUCKET/PREFIX", WITH_OBJECTS,    \
      TEXT(with_connect))                                                                                      \
    _("count-all", 0, NULL, "of them read all, not only each partition's last", WITH_OBJECTS, FLAG(count_all)) \
    _("endpoint-url", 0, "URL", "another store than AWS", WITH_S3, TEXT(endpoint_url))                         \
    _("region", 0, "REGION", "the region of the bucket, or of the MSK cluster", CONFIG_ALL, TEXT(region))      \
    _("profile", 0, "NAME", "a profile of ~/.aws", CONFIG_ALL, TEXT(profile))                                  \
    _("ca-bundle", 0, "FILE", "certificates of a private CA", WITH_S3, TEXT(ca_file))                          \
    _("path-style", 0, NULL, "the bucket stands in the path, not in the host name", WITH_S3, FLAG(path_style)) \
    _("allow-plain-http", 0, NULL, "unencrypted HTTP to another host, signed but readable", WITH_S3,           \
      FLAG(allow_plain_http))

#define DELIVERY_OPTIONS(_)                                                                                           \
    _("format", 0, "FORMAT", "lines (default), raw or json", WITH_DELIVERY, BY(FORMAT))                               \
    _("folders", 0, "FOLDERS", "time (default) or partition", WITH_DELIVERY, BY(FOLDERS))                             \
    _("compression", 0, "METHOD", "gzip (default), gzip-small, zstd or none", WITH_DELIVERY, BY(COMPRESSION))         \
    _("size", 0, "MiB", "close an object at this uncompressed size (128)", WITH_DELIVERY, BY(SIZE))                   \
    _("interval", 0, "SECONDS", "or at this age (300)", WITH_DELIVERY, BY(INTERVAL))                                  \
    _("memory", 0, "MiB", "the memory for open objects (256)", WITH_DELIVERY, BY(MEMORY))                             \
    _("yes", 0, NULL, "act without asking for the name", WITH_YES, FLAG(yes))                                         \
    _("allow-gap", 0, NULL, "launch although offsets are delivered by neither side", CONFIG_DELIVER, FLAG(allow_gap)) \
    _("allow-lost", 0, NULL, "launch, and go on, although retention took offsets", CONFIG_DELIVER, FLAG(allow_lost))  \
    _("allow-members", 0, NULL, "launch although the old group still has members", CONFIG_DELIVER,                    \
      FLAG(allow_members))                                                                                            \
    _("allow-weak-store", 0, NULL, "at least once will do, where exactly once cannot be had", CONFIG_DELIVER,         \
      FLAG(allow_weak_store))

#define OUTPUT_OPTIONS(_)                                                                          \
    _("json", 0, NULL, "one JSON document on standard output", CONFIG_ALL & ~CONSOLES, FLAG(json)) \
    _("script", 0, "FILE", "keys for the console, with screen dumps", CONSOLES, TEXT(script))      \
    _("refresh", 0, "SECONDS", "how often the console asks again, 1 to 60", CONSOLES, BY(REFRESH)) \
    _("no-color", 0, NULL, "no colours", CONFIG_ALL, FLAG(no_color))                               \
    _("ascii", 0, NULL, "nothing but ASCII characters", CONFIG_ALL, FLAG(ascii))                   \
    _("plain", 0, NULL, "no bars and no pictures: for screen readers", CONSOLES, FLAG(plain))      \
    _("verbose", 'v', NULL, "the log on standard error", CONFIG_ALL, FLAG(verbose))                \
    _("help", 'h', NULL, "this text", CONFIG_ALL, FLAG(help))                                      \
    _("version", 0, NULL, "the versions of headgate and its libraries", CONFIG_ALL, FLAG(version))

#define ROW(heading, name, letter, argument, help, commands, ...) \
    { name, letter, argument, help, commands, heading, __VA_ARGS__ },
#define WHAT_ROW(...)     ROW(CONFIG_UNDER_WHAT, __VA_ARGS__)
#define KAFKA_ROW(...)    ROW(CONFIG_UNDER_KAFKA, __VA_ARGS__)
#define S3_ROW(...)       ROW(CONFIG_UNDER_S3, __VA_ARGS__)
#define DELIVERY_ROW(...) ROW(CONFIG_UNDER_DELIVERY, __VA_ARGS__)
#define OUTPUT_ROW(...)   ROW(CONFIG_UNDER_OUTPUT, __VA_ARGS__)

/* The empty comments keep each list on a line of its own. */
static const struct config_row rows[] = {
    WHAT_OPTIONS(WHAT_ROW)         //
    KAFKA_OPTIONS(KAFKA_ROW)       //
    S3_OPTIONS(S3_ROW)             //
    DELIVERY_OPTIONS(DELIVERY_ROW) //
    OUTPUT_OPTIONS(OUTPUT_ROW)     //
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Texts of struct config, for clearing and copying. */
static const size_t texts[] = {
    AT(topic),        AT(group),        AT(start),        AT(until),        AT(bucket),       AT(prefix),
    AT(endpoint_url), AT(region),       AT(state_folder), AT(connect_url),  AT(connect_user), AT(connect_password),
    AT(connect_ca),   AT(connect_verb), AT(connect_name), AT(with_connect), AT(cluster_name), AT(profile),
    AT(ca_file),      AT(stream),       AT(format),       AT(folders),      AT(compression),  AT(script),
    AT(export_file),  AT(warning),      AT(unverified),
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const struct {
    enum config_command command;
    const char *name;
} commands[] = {
    { CONFIG_TOPICS,  "topics"  },
    { CONFIG_GROUPS,  "groups"  },
    { CONFIG_SURVEY,  "survey"  },
    { CONFIG_PLAN,    "plan"    },
    { CONFIG_DELIVER, "deliver" },
    { CONFIG_AUDIT,   "audit"   },
    { CONFIG_CONNECT, "connect" },
    { CONFIG_DEMO,    "demo"    },
    { CONFIG_DOCTOR,  "doctor"  },
    { CONFIG_CONSOLE, ""        },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static char **config_text(struct config *config, size_t offset)
{
    return (char **)(void *)((char *)config + offset);
}

static void set_text(struct config *config, size_t offset, const char *value)
{
    char **text = config_text(config, offset);

    free(*text);
    *text = memory_copy_text(value);
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof(*config));
    properties_init(&config->kafka);
    config->read_committed = true;
    config->prefix = memory_copy_text("");
    config->memory_bytes = 256 * MIB;
}

void config_clear(struct config *config)
{
    properties_clear(&config->kafka);
    if (config->connect_password)
        explicit_bzero(config->connect_password, strlen(config->connect_password));
    if (config->connect_url)
        explicit_bzero(config->connect_url, strlen(config->connect_url));
    for (size_t i = 0; i < TEXTS; i++)
        set_text(config, texts[i], NULL);
}

void config_copy(struct config *to, const struct config *from)
{
    *to = *from;
    properties_init(&to->kafka);
    properties_merge(&to->kafka, &from->kafka);
    for (size_t i = 0; i < TEXTS; i++) {
        char **text = config_text(to, texts[i]);

        *text = memory_copy_text(*text);
    }
}

const char *config_command_name(enum config_command command)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].command == command)
            return commands[i].name;
    }
    return "";
}

static bool set_number(const struct config_row *row, const char *value, int64_t least, int64_t most, int64_t *number,
                       struct error *err)
{
    int64_t parsed = 0;

    if (!text_parse_uint(value, most, &parsed) || parsed < least)
        return error_set(err, ERROR_USAGE, "--%s takes a whole number of %s from %lld to %lld, not \"%s\"", row->name,
                         row->argument, (long long)least, (long long)most, value);
    *number = parsed;
    return true;
}

static bool set_isolation(struct config *config, const char *value, struct error *err)
{
    if (strcmp(value, "read_committed") != 0 && strcmp(value, "read_uncommitted") != 0)
        return error_set(err, ERROR_USAGE, "--isolation takes read_committed or read_uncommitted, not \"%s\"", value);
    config->read_committed = strcmp(value, "read_committed") == 0;
    config->isolation_given = true;
    return true;
}

static bool set_format(struct config *config, const char *value, struct error *err)
{
    struct buffer known;

    if (encoder_find(value)) {
        set_text(config, AT(format), value);
        return true;
    }
    buffer_init(&known, 256);
    for (size_t i = 0; encoders[i]; i++)
        buffer_printf(&known, "%s%s", i > 0 ? ", " : "", encoders[i]->name);
    error_set(err, ERROR_USAGE, "--format knows %s, not \"%s\"", known.data ? known.data : "nothing", value);
    buffer_clear(&known);
    return false;
}

static bool set_folders(struct config *config, const char *value, struct error *err)
{
    if (strcmp(value, "time") != 0 && strcmp(value, "partition") != 0)
        return error_set(err, ERROR_USAGE, "--folders takes time or partition, not \"%s\"", value);
    set_text(config, AT(folders), value);
    return true;
}

static bool set_compression(struct config *config, const char *value, struct error *err)
{
    struct buffer known;

    if (compression_find(value)) {
        set_text(config, AT(compression), value);
        return true;
    }
    buffer_init(&known, 256);
    for (size_t i = 0; compressions[i]; i++)
        buffer_printf(&known, "%s%s", i > 0 ? ", " : "", compressions[i]->name);
    error_set(err, ERROR_USAGE, "--compression knows %s, not \"%s\"", known.data ? known.data : "nothing", value);
    buffer_clear(&known);
    return false;
}

static bool set_amount(struct config *config, const struct config_row *row, const char *value, struct error *err)
{
    int64_t number = 0;

    switch (row->kind) {
    case CONFIG_SIZE:
        if (!set_number(row, value, 1, CONFIG_MOST_SIZE_MIB, &number, err))
            return false;
        config->size_bytes = number * MIB;
        return true;
    case CONFIG_INTERVAL:
        if (!set_number(row, value, 1, CONFIG_MOST_INTERVAL_S, &number, err))
            return false;
        config->interval_ms = number * 1000;
        return true;
    case CONFIG_MEMORY:
        if (!set_number(row, value, CONFIG_LEAST_MEMORY_MIB, CONFIG_MOST_MEMORY_MIB, &number, err))
            return false;
        config->memory_bytes = number * MIB;
        return true;
    default:
        if (!set_number(row, value, 1, CONFIG_MOST_REFRESH_S, &number, err))
            return false;
        config->refresh_seconds = (int)number;
        return true;
    }
}

/* Everybody on the machine can read the arguments of a program. */
static void warn_of_secret(struct config *config, const char *what)
{
    free(config->warning);
    config->warning =
        memory_printf("%s stands among the arguments, where everybody on this machine can read it; put it "
                      "into a file that only you can read and name that with --config",
                      what);
}

static void note_secret(struct config *config, const char *pair)
{
    int length = (int)strcspn(pair, "=");
    char *name = memory_printf("%.*s", length, pair);

    if (pair[length] == '=' && properties_is_secret(name, pair + length + 1))
        warn_of_secret(config, name);
    free(name);
}

static bool set_plain_text(struct config *config, const struct config_row *row, const char *value, struct error *err)
{
    /* An empty value is nearly always an unset shell variable; only a prefix may be empty. */
    if (value[0] == '\0' && row->offset != AT(prefix))
        return error_set(err, ERROR_USAGE, "--%s needs a value that is not empty", row->name);
    if (row->offset == AT(prefix))
        config->prefix_given = true;
    set_text(config, row->offset, value);
    return true;
}

/* May be given more than once: workers of one cluster. */
static bool add_workers(struct config *config, const char *value, struct error *err)
{
    char *all;

    if (value[0] == '\0')
        return error_set(err, ERROR_USAGE, "--connect needs a value that is not empty");
    if (properties_url_has_login(value))
        warn_of_secret(config, "the password in --connect (headgate.connect.password)");
    all = config->connect_url ? memory_printf("%s,%s", config->connect_url, value) : memory_copy_text(value);
    set_text(config, AT(connect_url), all);
    free(all);
    return true;
}

static bool set_value(struct config *config, const struct config_row *row, const char *value, struct error *err)
{
    switch (row->kind) {
    case CONFIG_TEXT: return set_plain_text(config, row, value, err);
    case CONFIG_FLAG: *(bool *)((char *)config + row->offset) = true; return true;
    case CONFIG_BROKERS:
        if (value[0] == '\0')
            return error_set(err, ERROR_USAGE, "--brokers needs HOST:PORT,...");
        properties_set(&config->kafka, "bootstrap.servers", value);
        return true;
    case CONFIG_FILE: return properties_load(&config->kafka, value, err);
    case CONFIG_PAIR: note_secret(config, value); return properties_set_pair(&config->kafka, value, err);
    case CONFIG_WORKERS: return add_workers(config, value, err);
    case CONFIG_ISOLATION: return set_isolation(config, value, err);
    case CONFIG_FORMAT: return set_format(config, value, err);
    case CONFIG_FOLDERS: return set_folders(config, value, err);
    case CONFIG_COMPRESSION: return set_compression(config, value, err);
    case CONFIG_SIZE:
    case CONFIG_INTERVAL:
    case CONFIG_MEMORY:
    case CONFIG_REFRESH: return set_amount(config, row, value, err);
    }
    return error_set(err, ERROR_INTERNAL, "option --%s has no setter", row->name);
}

struct parse_context {
    struct config *config;
    enum config_command command;
};

/* "survey" is known to take no --bucket: say who does, which helps more than "unknown option". */
static bool refuse_option(const struct config_row *row, enum config_command command, struct error *err)
{
    const char *name = config_command_name(command);
    struct buffer takers;

    buffer_init(&takers, 256);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (row->commands & (unsigned)commands[i].command)
            buffer_printf(&takers, "%s%s", takers.length > 0 ? ", " : "",
                          commands[i].name[0] ? commands[i].name : "the console");
    }
    error_set(err, ERROR_USAGE, "%s does not take --%s (%s does)", name[0] ? name : "the console", row->name,
              takers.data);
    buffer_clear(&takers);
    return false;
}

static bool parse_option(void *context, int id, const char *value, struct error *err)
{
    struct parse_context *parse = context;

    assert(id >= 0 && id < (int)ROWS);
    if (!(rows[id].commands & (unsigned)parse->command))
        return refuse_option(&rows[id], parse->command, err);
    return set_value(parse->config, &rows[id], value, err);
}

static void option_row_of(const struct config_row *row, int id, struct option_row *option)
{
    option->name = row->name;
    option->letter = row->letter;
    option->argument = row->argument;
    option->help = row->help;
    option->id = id;
}

/* The first of the names that is set and not empty goes to an option that was not given. */
static void take_environment(struct config *config, size_t offset, const char *name)
{
    const char *value = getenv(name);

    if (!*config_text(config, offset) && value && value[0])
        set_text(config, offset, value);
}

/* Where the console keeps its log and what was copied. */
static void find_state_folder(struct config *config)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    free(config->state_folder);
    config->state_folder = NULL;
    if (state && state[0] == '/')
        config->state_folder = memory_printf("%s/headgate", state);
    else if (home && home[0] == '/')
        config->state_folder = memory_printf("%s/.local/state/headgate", home);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && value[0];
}

static void read_environment(struct config *config)
{
    const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    const char *no_color = getenv("NO_COLOR");

    if (!ignore || strcmp(ignore, "true") != 0) {
        take_environment(config, AT(endpoint_url), "AWS_ENDPOINT_URL_S3");
        take_environment(config, AT(endpoint_url), "AWS_ENDPOINT_URL");
    }
    take_environment(config, AT(region), "AWS_REGION");
    take_environment(config, AT(region), "AWS_DEFAULT_REGION");
    take_environment(config, AT(ca_file), "AWS_CA_BUNDLE");
    if (no_color && no_color[0])
        config->no_color = true;
    config->inside = is_set("TMUX") || is_set("STY");
    find_state_folder(config);
}

/* librdkafka takes the port's number modulo 65,536 and would knock at another door. */
static bool check_ports(const char *servers, struct error *err)
{
    for (const char *at = servers; *at; at += at[0] == ',') {
        size_t all = strcspn(at, ","), length = all;

        while (length > 0 && at[length - 1] == ' ')
            length--;
        const char *colon = memrchr(at, ':', length);
        size_t tail = colon ? length - (size_t)(colon + 1 - at) : 0;
        bool bare_ipv6 = !memchr(at, ']', length) && memchr(at, ':', length) != colon;

        if (colon && !bare_ipv6 && !memchr(colon, ']', tail + 1)) {
            char *digits = memory_copy_bytes(colon + 1, tail);
            int64_t port = 0;
            bool good = text_parse_uint(digits, 65535, &port) && port > 0;

            free(digits);
            if (!good)
                return error_set(err, ERROR_USAGE, "the broker %.*s has no port from 1 to 65535", (int)length, at);
        }
        at += all;
    }
    return true;
}

/* --- who the brokers are ---------------------------------------------------------------------------------------------*/

static bool is_off(const char *value)
{
    static const char *const words[] = { "false", "f", "0", "none", "" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(value, words[i]) == 0)
            return true;
    }
    return false;
}

/* Brokers of Amazon's own: what somebody runs on instances there, or behind a balancer, has certificates of its own. */
static bool is_msk(const char *servers)
{
    return strcasestr(servers, ".amazonaws.com") &&
           (strcasestr(servers, ".kafka.") || strcasestr(servers, ".kafka-serverless."));
}

/* Lets TLS without a check of the other side pass, since test clusters have it, but never unseen; and never at AWS, whose
 * certificates are good: whoever answers there without one is somebody else. */
static bool note_unverified(struct config *config, const char *servers, struct error *err)
{
    static const char *const names[] = { "enable.ssl.certificate.verification",
                                         "ssl.endpoint.identification.algorithm" };
    const char *protocol = properties_get(&config->kafka, "security.protocol");

    for (size_t i = 0; protocol && strcasestr(protocol, "ssl") && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = properties_get(&config->kafka, names[i]);

        if (!value || !is_off(value) || config->unverified)
            continue;
        if (servers && is_msk(servers))
            return error_set(err, ERROR_USAGE,
                             "%s is off, and the brokers are Amazon's, whose certificates can be verified: leave that "
                             "setting away",
                             names[i]);
        config->unverified = memory_printf(
            "TLS without a check of who answers (%s is off): anybody on the way can read and change what is "
            "sent, passwords too; set ssl.ca.location, or give the brokers by the names in their "
            "certificates",
            names[i]);
    }
    return true;
}

/* --- a cluster's own settings: headgate.* in a properties file or by -X; none of them reaches librdkafka ------------*/

static bool set_allow_write(struct config *config, const char *value, struct error *err)
{
    config->allow_write = strcmp(value, "true") == 0;
    if (!config->allow_write && strcmp(value, "false") != 0)
        return error_set(err, ERROR_USAGE, "headgate.allow_write takes true or false");
    return true;
}

static const struct {
    const char *name;
    size_t offset;
} cluster_rows[] = {
    { "headgate.cluster.name",     AT(cluster_name)     },
    { "headgate.connect",          AT(connect_url)      },
    { "headgate.connect.user",     AT(connect_user)     },
    { "headgate.connect.password", AT(connect_password) },
    { "headgate.connect.ca",       AT(connect_ca)       },
};

static bool set_cluster_row(struct config *config, const char *name, const char *value, struct error *err)
{
    if (strcmp(name, "headgate.allow_write") == 0)
        return set_allow_write(config, value, err);
    for (size_t i = 0; i < sizeof(cluster_rows) / sizeof(cluster_rows[0]); i++) {
        if (strcmp(name, cluster_rows[i].name) != 0)
            continue;
        if (!*config_text(config, cluster_rows[i].offset)) /* the command line wins */
            set_text(config, cluster_rows[i].offset, value[0] ? value : NULL);
        return true;
    }
    return error_set(err, ERROR_USAGE,
                     "no setting is called \"%s\": there are headgate.cluster.name, headgate.allow_write, "
                     "headgate.connect, and with a dot behind it user, password and ca",
                     name);
}

static bool take_cluster_settings(struct config *config, struct error *err)
{
    char *name, *value;
    bool ok = true;

    while (ok && properties_take(&config->kafka, "headgate.", &name, &value)) {
        ok = set_cluster_row(config, name, value, err);
        free(name);
        free(value);
    }
    return ok;
}

/* headgate connect VERB [NAME]: a third word stays for the message. */
static void take_words(struct config *config, char **argv, int *words)
{
    if (*words > 2)
        return;
    set_text(config, AT(connect_verb), *words > 0 ? argv[0] : NULL);
    set_text(config, AT(connect_name), *words > 1 ? argv[1] : NULL);
    *words = 0;
}

bool config_parse(struct config *config, enum config_command command, int argc, char **argv, struct error *err)
{
    struct option_row options[ROWS];
    struct parse_context parse = { config, command };
    const char *servers;
    int words = 0;

    for (int i = 0; i < (int)ROWS; i++)
        option_row_of(&rows[i], i, &options[i]);
    if (!options_parse(options, ROWS, argv, argc, parse_option, &parse, &words, err))
        return false;
    if (command == CONFIG_CONNECT)
        take_words(config, argv, &words);
    if (words > 0)
        return error_set(err, ERROR_USAGE, "\"%s\" stands alone: every value needs its option, such as --topic %s",
                         argv[0], argv[0]);
    if (!take_cluster_settings(config, err))
        return false;
    servers = properties_get(&config->kafka, "bootstrap.servers");
    if (!servers)
        servers = properties_get(&config->kafka, "metadata.broker.list");
    config->brokers_given = servers && servers[0];
    config->guided = command == CONFIG_DEMO;
    if ((servers && !check_ports(servers, err)) || !note_unverified(config, servers, err))
        return false;
    read_environment(config);
    return true;
}

static void help_heading(enum config_command command, enum config_heading heading, struct buffer *out)
{
    struct option_row options[ROWS];
    size_t count = 0;

    for (int i = 0; i < (int)ROWS; i++) {
        if (rows[i].heading == heading && (rows[i].commands & (unsigned)command))
            option_row_of(&rows[i], i, &options[count++]);
    }
    if (count == 0)
        return;
    buffer_printf(out, "\n%s:\n", headings[heading]);
    options_help(options, count, out);
}

void config_help(enum config_command command, struct buffer *out)
{
    for (int heading = CONFIG_UNDER_WHAT; heading <= CONFIG_UNDER_OUTPUT; heading++)
        help_heading(command, (enum config_heading)heading, out);
}
