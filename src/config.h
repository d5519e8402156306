/* Every setting of a run in one table: name, letter, help, where it may stand. Help and parsing read the same rows.
 *
 * A plain struct of values; texts are owned by it. Precedence: command line, then environment, then default.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "base/options.h"
#include "base/properties.h"
#include "base/timestamp.h"

#include <stdint.h>

struct config {
    /* Kafka */
    struct properties kafka; /* -F files and -X pairs in order, brokers as bootstrap.servers */
    bool brokers_given;      /* bootstrap.servers is set by any of them */
    bool read_committed;     /* --isolation; true by default */
    bool isolation_given;
    char *topic, *group;
    char *connect_user, *connect_password, *connect_ca; /* headgate.connect.user, .password, .ca; NULL */
    char *connect_verb, *connect_name;                  /* words behind headgate connect: status, stop, ...; NULL */
    bool count_all;     /* read all of the connector's objects, not only the last of each partition */
    char *with_connect; /* where the connector's objects are: PREFIX, or s3://BUCKET/PREFIX; NULL */
    char *connect_url;  /* Kafka Connect's REST address: --connect, else headgate.connect; NULL */
    char *cluster_name; /* headgate.cluster.name: what the operator calls it; NULL */
    bool allow_write;   /* headgate.allow_write: the console may be armed */
    char *start;        /* as typed; NULL when not given */
    char *until;        /* "end" or a TIME; NULL */
    /* S3 */
    char *bucket, *prefix; /* prefix "" when not given */
    bool prefix_given;
    /* Command line, else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; AWS_REGION, AWS_DEFAULT_REGION; AWS_CA_BUNDLE; else NULL.
     * profile only from the command line: credentials look at AWS_PROFILE themselves. */
    char *endpoint_url, *region, *profile, *ca_file;
    bool path_style;
    bool allow_plain_http; /* to another host; loopback needs none */
    /* deliver */
    char *stream;
    char *format, *folders,
        *compression;                /* NULL when not given: defaults lines, time, gzip; resume takes the stream's */
    int64_t size_bytes, interval_ms; /* 0 when not given: 128 MiB, 300 s */
    int64_t memory_bytes;            /* 256 MiB */
    bool yes, allow_gap, allow_lost, allow_members, allow_weak_store;
    bool ask_lost; /* no option: somebody can answer when a running delivery meets a loss */
    /* how it talks */
    char *warning;    /* something that should not be so, to be said and gone on; NULL */
    char *unverified; /* which setting lets a broker be anybody: said by every command, on every screen; NULL */
    bool json, no_color, ascii, plain, verbose, help, version;
    bool guided;        /* the console begins with the guided demo */
    char *script;       /* keys for the console */
    char *state_folder; /* XDG_STATE_HOME/headgate, else HOME/.local/state/headgate; NULL where neither is set */
    bool inside;        /* within tmux or screen: TMUX or STY is set */
    char *export_file;
    int refresh_seconds; /* console; 0 when not given */
};

/* Defaults, nothing from the environment yet. */
void config_init(struct config *config);
void config_clear(struct config *config);
/* `to` is initialised by this; every text is copied. */
void config_copy(struct config *to, const struct config *from);

/* Which commands take an option: bits for config_help and config_parse. */
enum config_command {
    CONFIG_CONSOLE = 1,
    CONFIG_TOPICS = 2,
    CONFIG_GROUPS = 4,
    CONFIG_SURVEY = 8,
    CONFIG_PLAN = 16,
    CONFIG_DELIVER = 32,
    CONFIG_AUDIT = 64,
    CONFIG_CONNECT = 128,
    CONFIG_DEMO = 256, /* the console with the guide */
    CONFIG_DOCTOR = 512,
    CONFIG_ALL = 1023,
};

/* Reads the options of `command` from argv (without program and command names), then the environment for what is not
 * given. A word left over, an option of another command and a value out of range are ERROR_USAGE. Files named by -F are
 * read here. */
bool config_parse(struct config *config, enum config_command command, int argc, char **argv,
                  struct error *err) MUST_CHECK;

/* Appends the option lines of a command, in groups with headings. */
void config_help(enum config_command command, struct buffer *out);

/* The command's word as it is typed: "survey"; "" for the console. Static. */
const char *config_command_name(enum config_command command);

#endif
