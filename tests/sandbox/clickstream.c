/* Produces a clickstream: shoppers of an imaginary shop who look at things, fill carts and now and then buy.
 *
 * What demo and tests need from it: every record carries "seq", a number that counts over the whole topic, so that any
 * reader of the topic or of the objects in S3 can tell which records are missing or double without knowing anything of
 * offsets. The same options give the same records, keys, partitions and (with --start-time) timestamps. About 600 bytes
 * a record; made for runs of a few hundred up to tens of millions of records, at well over 100,000 a second.
 *
 * A partition is chosen here and not by a hash of the key: that makes the skew exact and the same with any client. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

enum { SESSIONS = 512, MAX_PARTITIONS = 100000, MAX_SETTINGS = 64, RECORD_SIZE = 2048 };

enum placement {
    PLACE_BY_SESSION,  /* a session stays in one partition; partitions get sessions by their weight */
    PLACE_BY_SEQUENCE, /* seq modulo partitions */
    PLACE_IN_ONE,      /* all in one partition */
};

struct options {
    const char *brokers;
    const char *topic;
    bool create;
    int partitions; /* 0: as many as the topic has */
    int64_t count;
    double rate; /* records a second; 0: as fast as possible */
    int unsent;  /* records that wait for the broker at most */
    double skew; /* weight of partition p is 1 / (p + 1) ^ skew */
    int64_t start_seq;
    uint64_t seed;
    int64_t start_time_ms; /* -1: timestamps are the time of sending */
    double time_step_ms;
    double late_minutes; /* at most this late */
    double late_percent; /* so many of the records */
    enum placement placement;
    int one_partition;
    const char *client_settings[MAX_SETTINGS];
    int client_settings_count;
    const char *topic_settings[MAX_SETTINGS];
    int topic_settings_count;
};

struct session {
    uint64_t id;
    uint32_t shopper;
    int partition;
    int events;
    int cart_items;
    int cart_cents;
};

struct partition_count {
    int64_t records;
    int64_t first_offset; /* -1 before the first delivery */
    int64_t last_offset;
};

struct counts {
    struct partition_count *partitions;
    int partition_count;
    int64_t sent;
    int64_t late;
    int64_t bytes;
    int64_t delivered;
    int64_t failed;
    int64_t first_time_ms;
    int64_t last_time_ms;
    char first_failure[256];
};

struct product {
    const char *name;
    const char *category;
    int cents;
};

static const struct product products[] = {
    { "Enamel mug, speckled blue", "kitchen",  1290  },
    { "Cast iron skillet, 26 cm",  "kitchen",  4450  },
    { "Linen apron with pockets",  "kitchen",  3200  },
    { "Desk lamp, brass arm",      "lighting", 8900  },
    { "String of paper lanterns",  "lighting", 1890  },
    { "Candle holder, oak",        "lighting", 1550  },
    { "Wool blanket, herringbone", "bedroom",  11900 },
    { "Pillow, buckwheat hulls",   "bedroom",  3900  },
    { "Alarm clock, no radio",     "bedroom",  2750  },
    { "Garden trowel, ash handle", "garden",   1990  },
    { "Watering can, 9 litres",    "garden",   3450  },
    { "Seed box, twelve herbs",    "garden",   2490  },
    { "Folding ruler, beech",      "workshop", 990   },
    { "Set of six chisels",        "workshop", 7900  },
    { "Tool roll, waxed canvas",   "workshop", 5600  },
    { "Notebook, squared, A5",     "paper",    850   },
};

static const char *const events[] = { "view", "view", "view", "search", "view", "add_to_cart", "view", "compare" };

static const char *const agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
};

static const char *const referrers[] = { "https://search.example/?q=", "https://news.example/garden-and-home/",
                                         "https://mail.example/newsletter/autumn/", "direct://" };

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* splitmix64: small, fast, and the same everywhere. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int random_below(uint64_t *state, int limit)
{
    return (int)(random_next(state) % (uint64_t)limit);
}

/* In [0, 1). */
static double random_share(uint64_t *state)
{
    return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double monotonic_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static void session_begin(struct session *session, uint64_t *state, const double *weights, int partitions)
{
    double share = random_share(state);

    session->id = random_next(state);
    session->shopper = (uint32_t)random_below(state, 900000) + 100000;
    session->events = 0;
    session->cart_items = 0;
    session->cart_cents = 0;
    session->partition = 0;
    while (session->partition < partitions - 1 && share >= weights[session->partition])
        session->partition++;
}

/* Running sums of the partitions' weights, the last one 1. Caller frees. */
static double *cumulative_weights(int partitions, double skew)
{
    double *weights = calloc((size_t)partitions, sizeof(*weights));
    double total = 0;

    if (weights == NULL)
        abort();
    for (int i = 0; i < partitions; i++)
        weights[i] = total += 1.0 / pow(i + 1, skew);
    for (int i = 0; i < partitions; i++)
        weights[i] /= total;
    return weights;
}

/* RFC 3339 with milliseconds. The second's text is kept: most records fall into the second of the one before. */
static void time_text(int64_t time_ms, char *text, size_t size)
{
    static _Thread_local int64_t kept_second = INT64_MIN;
    static _Thread_local char kept[32];
    int64_t second = time_ms / 1000;

    if (second != kept_second) {
        time_t when = (time_t)second;
        struct tm parts;

        gmtime_r(&when, &parts);
        strftime(kept, sizeof(kept), "%Y-%m-%dT%H:%M:%S", &parts);
        kept_second = second;
    }
    snprintf(text, size, "%s.%03dZ", kept, (int)(time_ms % 1000));
}

/* What the shopper does next; changes the cart. */
static const char *session_step(struct session *session, const struct product *product, uint64_t *state)
{
    const char *event = events[random_below(state, LENGTH(events))];

    session->events++;
    if (session->cart_items > 0 && random_below(state, 12) == 0) {
        session->cart_items = 0;
        session->cart_cents = 0;
        return "checkout";
    }
    if (strcmp(event, "add_to_cart") == 0) {
        session->cart_items++;
        session->cart_cents += product->cents;
    }
    return event;
}

/* Writes one record's JSON; gives its length. */
static int record_write(char *record, size_t size, int64_t seq, int64_t time_ms, struct session *session,
                        uint64_t *state)
{
    const struct product *product = &products[random_below(state, LENGTH(products))];
    const char *event = session_step(session, product, state);
    uint64_t noise = random_next(state);
    char when[64];

    time_text(time_ms, when, sizeof(when));
    return snprintf(
        record, size,
        "{\"seq\":%" PRId64 ",\"time\":\"%s\",\"time_ms\":%" PRId64 ",\"session\":\"%016" PRIx64
        "\",\"shopper\":%" PRIu32 ",\"event\":\"%s\",\"step\":%d,"
        "\"product\":{\"id\":%d,\"name\":\"%s\",\"category\":\"%s\",\"price\":%d.%02d,\"currency\":\"EUR\"},"
        "\"cart\":{\"items\":%d,\"total\":%d.%02d},"
        "\"page\":\"https://shop.example/%s/%d?from=%s&trace=%016" PRIx64 "\","
        "\"referrer\":\"%s%x\",\"device\":{\"agent\":\"%s\",\"screen\":\"%dx%d\",\"address\":\"10.%d.%d.%d\"},"
        "\"render_ms\":%d,\"experiment\":\"%s-%02x\",\"consent\":%s}",
        seq, when, time_ms, session->id, session->shopper, event, session->events, (int)(product - products) + 1000,
        product->name, product->category, product->cents / 100, product->cents % 100, session->cart_items,
        session->cart_cents / 100, session->cart_cents % 100, product->category, (int)(product - products) + 1000,
        event, noise, referrers[noise & 3], (unsigned)(noise >> 40), agents[(noise >> 2) & 3],
        360 + (int)((noise >> 4) & 7) * 240, 640 + (int)((noise >> 7) & 7) * 120, (int)((noise >> 10) & 255),
        (int)((noise >> 18) & 255), (int)((noise >> 26) & 255), 20 + (int)((noise >> 34) & 511),
        (noise & 64) != 0 ? "blue" : "green", (unsigned)((noise >> 50) & 255), (noise & 128) != 0 ? "true" : "false");
}

/* --- Kafka -------------------------------------------------------------------------------------------------------- */

/* Delivery reports; called from rd_kafka_poll, so in the one thread of this program. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct counts *counts = opaque;

    (void)client;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (counts->failed++ == 0)
            snprintf(counts->first_failure, sizeof(counts->first_failure), "%s", rd_kafka_message_errstr(message));
        return;
    }
    counts->delivered++;
    struct partition_count *partition = &counts->partitions[message->partition];
    partition->records++;
    if (partition->first_offset < 0 || message->offset < partition->first_offset)
        partition->first_offset = message->offset;
    if (message->offset > partition->last_offset)
        partition->last_offset = message->offset;
}

static bool client_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];

    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) == RD_KAFKA_CONF_OK)
        return true;
    fprintf(stderr, "clickstream: %s\n", error);
    return false;
}

/* Cuts "name=value" into two; false if there is no '='. */
static bool setting_split(const char *setting, char *name, size_t size, const char **value)
{
    const char *equals = strchr(setting, '=');

    if (equals == NULL || (size_t)(equals - setting) >= size) {
        fprintf(stderr, "clickstream: a setting is written NAME=VALUE, not %s\n", setting);
        return false;
    }
    memcpy(name, setting, (size_t)(equals - setting));
    name[equals - setting] = '\0';
    *value = equals + 1;
    return true;
}

static rd_kafka_t *client_new(const struct options *options, struct counts *counts)
{
    /* Idempotence: a lost answer must not put a record in twice, or the oracle would blame the wrong program. */
    static const char *const fixed[][2] = {
        { "enable.idempotence",           "true"        },
        { "linger.ms",                    "20"          },
        { "batch.num.messages",           "10000"       },
        { "queue.buffering.max.messages", "200000"      },
        { "queue.buffering.max.kbytes",   "262144"      },
        { "client.id",                    "clickstream" },
        { "log_level",                    "4"           },
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client = NULL;
    char name[128];
    char error[512];
    const char *value;

    for (int i = 0; i < LENGTH(fixed); i++) {
        if (!client_set(conf, fixed[i][0], fixed[i][1]))
            goto out;
    }
    if (!client_set(conf, "bootstrap.servers", options->brokers))
        goto out;
    for (int i = 0; i < options->client_settings_count; i++) {
        if (!setting_split(options->client_settings[i], name, sizeof(name), &value) || !client_set(conf, name, value))
            goto out;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, counts);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (client != NULL)
        return client;
    fprintf(stderr, "clickstream: %s\n", error);
out:
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* The topic's number of partitions once all of them have a leader; 0 after 30 s without. */
static int topic_partitions(rd_kafka_t *client, const char *topic, int wanted)
{
    double give_up = monotonic_seconds() + 30;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    int found = 0;

    while (found == 0 && monotonic_seconds() < give_up && !stop_asked) {
        const struct rd_kafka_metadata *metadata = NULL;

        if (rd_kafka_metadata(client, 0, handle, &metadata, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const rd_kafka_metadata_topic_t *answer = &metadata->topics[0];

            found = answer->err == RD_KAFKA_RESP_ERR_NO_ERROR ? answer->partition_cnt : 0;
            for (int i = 0; i < answer->partition_cnt; i++) {
                if (answer->partitions[i].leader < 0)
                    found = 0;
            }
            if (found < wanted)
                found = 0;
            rd_kafka_metadata_destroy(metadata);
        }
        if (found == 0)
            rd_kafka_poll(client, 50);
    }
    rd_kafka_topic_destroy(handle);
    if (found == 0)
        fprintf(stderr, "clickstream: no topic %s with a leader for each partition\n", topic);
    return found;
}

/* False, and says why, unless the topic was made. */
static bool creation_succeeded(rd_kafka_queue_t *queue, const char *topic)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 35000);
    bool ok = false;

    if (event == NULL) {
        fprintf(stderr, "clickstream: no answer to the creation of topic %s\n", topic);
    } else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fprintf(stderr, "clickstream: cannot create topic %s: %s\n", topic, rd_kafka_event_error_string(event));
    } else {
        size_t count = 0;
        const rd_kafka_topic_result_t **results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);

        ok = count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!ok && count == 1)
            fprintf(stderr, "clickstream: cannot create topic %s: %s\n", topic,
                    rd_kafka_topic_result_error_string(results[0]));
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    return ok;
}

static bool topic_create(rd_kafka_t *client, const struct options *options)
{
    char error[512] = "";
    char name[128];
    const char *value;
    bool ok = false;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_AdminOptions_t *admin = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(options->topic, options->partitions, 1, error, sizeof(error));

    if (topic == NULL) {
        fprintf(stderr, "clickstream: %s\n", error);
        goto out;
    }
    for (int i = 0; i < options->topic_settings_count; i++) {
        if (!setting_split(options->topic_settings[i], name, sizeof(name), &value))
            goto out;
        rd_kafka_NewTopic_set_config(topic, name, value);
    }
    rd_kafka_AdminOptions_set_operation_timeout(admin, 30000, error, sizeof(error));
    rd_kafka_CreateTopics(client, &topic, 1, admin, queue);
    ok = creation_succeeded(queue, options->topic);
out:
    if (topic != NULL)
        rd_kafka_NewTopic_destroy(topic);
    rd_kafka_AdminOptions_destroy(admin);
    rd_kafka_queue_destroy(queue);
    return ok;
}

/* Hands one record to librdkafka; waits while too much is unsent: its own waiting at a full queue is slow before 2.3. */
static bool record_send(rd_kafka_t *client, const struct options *options, int partition, const char *key,
                        const char *record, size_t length, int64_t time_ms)
{
    rd_kafka_resp_err_t code;

    while (rd_kafka_outq_len(client) >= options->unsent)
        rd_kafka_poll(client, 5);
    code = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(options->topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE((void *)record, length),
                             RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    fprintf(stderr, "\nclickstream: cannot produce: %s\n", rd_kafka_err2str(code));
    return false;
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static void show_progress(const struct options *options, const struct counts *counts, double began)
{
    double seconds = monotonic_seconds() - began;

    fprintf(stderr, "clickstream: %" PRId64 " of %" PRId64 " records delivered, %.0f a second\n", counts->delivered,
            options->count, seconds > 0 ? (double)counts->delivered / seconds : 0);
}

/* Waits until it is the turn of the record numbered index, at the rate asked for. */
static void keep_pace(rd_kafka_t *client, const struct options *options, int64_t index, double began)
{
    if (options->rate <= 0)
        return;
    double ahead = began + (double)index / options->rate - monotonic_seconds();
    while (ahead > 0.001 && !stop_asked) {
        rd_kafka_poll(client, ahead > 0.1 ? 100 : (int)(ahead * 1000));
        ahead = began + (double)index / options->rate - monotonic_seconds();
    }
}

static int64_t record_time(const struct options *options, int64_t index, uint64_t *state, struct counts *counts)
{
    int64_t time_ms = options->start_time_ms < 0
                          ? now_ms()
                          : options->start_time_ms + (int64_t)((double)index * options->time_step_ms);

    if (options->late_minutes > 0 && random_share(state) * 100 < options->late_percent) {
        time_ms -= (int64_t)(random_share(state) * options->late_minutes * 60000);
        counts->late++;
    }
    if (counts->sent == 0 || time_ms < counts->first_time_ms)
        counts->first_time_ms = time_ms;
    if (counts->sent == 0 || time_ms > counts->last_time_ms)
        counts->last_time_ms = time_ms;
    return time_ms;
}

static int record_partition(const struct options *options, const struct session *session, int64_t seq, int partitions)
{
    switch (options->placement) {
    case PLACE_BY_SEQUENCE: return (int)(seq % partitions);
    case PLACE_IN_ONE: return options->one_partition;
    case PLACE_BY_SESSION: break;
    }
    return session->partition;
}

/* Produces all records and waits for their delivery. */
static bool produce(rd_kafka_t *client, const struct options *options, struct counts *counts)
{
    struct session sessions[SESSIONS];
    uint64_t state = options->seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)options->start_seq;
    double *weights = cumulative_weights(counts->partition_count, options->skew);
    double began = monotonic_seconds();
    double next_word = began + 2;
    bool ok = true;

    for (int i = 0; i < SESSIONS; i++)
        session_begin(&sessions[i], &state, weights, counts->partition_count);
    for (int64_t i = 0; i < options->count && ok && !stop_asked; i++) {
        struct session *session = &sessions[random_below(&state, SESSIONS)];
        int64_t seq = options->start_seq + i;
        char key[32];
        char record[RECORD_SIZE];

        keep_pace(client, options, i, began);
        int64_t time_ms = record_time(options, i, &state, counts);
        int partition = record_partition(options, session, seq, counts->partition_count);
        int length = record_write(record, sizeof(record), seq, time_ms, session, &state);

        snprintf(key, sizeof(key), "%016" PRIx64, session->id);
        ok = record_send(client, options, partition, key, record, (size_t)length, time_ms);
        counts->sent += ok;
        counts->bytes += length;
        if (random_below(&state, 40) == 0)
            session_begin(session, &state, weights, counts->partition_count);
        if ((i & 255) == 0)
            rd_kafka_poll(client, 0);
        if ((i & 1023) == 0 && monotonic_seconds() >= next_word) {
            show_progress(options, counts, began);
            next_word += 2;
        }
    }
    rd_kafka_flush(client, 60000);
    show_progress(options, counts, began);
    free(weights);
    return ok;
}

/* The last line on standard output, for programs. */
static void print_result(const struct options *options, const struct counts *counts, double seconds)
{
    printf("{\"topic\":\"%s\",\"records\":%" PRId64 ",\"failed\":%" PRId64 ",\"first_seq\":%" PRId64
           ",\"next_seq\":%" PRId64 ",\"bytes\":%" PRId64 ",\"late\":%" PRId64 ",\"first_time_ms\":%" PRId64
           ",\"last_time_ms\":%" PRId64 ",\"seconds\":%.3f,\"partitions\":[",
           options->topic, counts->delivered, counts->sent - counts->delivered, options->start_seq,
           options->start_seq + counts->sent, counts->bytes, counts->late, counts->first_time_ms, counts->last_time_ms,
           seconds);
    for (int i = 0; i < counts->partition_count; i++) {
        const struct partition_count *partition = &counts->partitions[i];

        printf("%s{\"partition\":%d,\"records\":%" PRId64 ",\"first_offset\":%" PRId64 ",\"last_offset\":%" PRId64 "}",
               i == 0 ? "" : ",", i, partition->records, partition->first_offset, partition->last_offset);
    }
    printf("]}\n");
}

static int run(const struct options *options)
{
    struct counts counts = { 0 };
    double began = monotonic_seconds();
    int status = 1;
    rd_kafka_t *client = client_new(options, &counts);

    if (client == NULL)
        return 1;
    if (options->create && !topic_create(client, options))
        goto out;
    counts.partition_count = topic_partitions(client, options->topic, options->create ? options->partitions : 1);
    if (counts.partition_count == 0)
        goto out;
    if (options->placement == PLACE_IN_ONE && options->one_partition >= counts.partition_count) {
        fprintf(stderr, "clickstream: topic %s has no partition %d\n", options->topic, options->one_partition);
        goto out;
    }
    counts.partitions = calloc((size_t)counts.partition_count, sizeof(*counts.partitions));
    if (counts.partitions == NULL)
        abort();
    for (int i = 0; i < counts.partition_count; i++)
        counts.partitions[i].first_offset = counts.partitions[i].last_offset = -1;
    bool produced = produce(client, options, &counts);
    print_result(options, &counts, monotonic_seconds() - began);
    if (counts.failed > 0)
        fprintf(stderr, "clickstream: %" PRId64 " records failed, the first with: %s\n", counts.failed,
                counts.first_failure);
    status = produced && counts.delivered == options->count ? 0 : 1;
out:
    rd_kafka_destroy(client);
    free(counts.partitions);
    return status;
}

/* --- the command line --------------------------------------------------------------------------------------------- */

static const char help[] =
    "usage: clickstream --topic NAME [options]\n"
    "  --brokers LIST        broker addresses (default $SANDBOX_BROKERS)\n"
    "  --topic NAME          topic to produce to\n"
    "  --create              create the topic first, with --partitions N (6) and --topic-config NAME=VALUE (repeatable)\n"
    "  --count N             records to produce (10000)\n"
    "  --rate N              records a second; 0: as fast as possible (0)\n"
    "  --unsent N            records that wait for the broker at most (60000); many partitions want more of them, for\n"
    "                        larger batches\n"
    "  --skew X              partition p gets a share like 1/(p+1)^X; 0: even (0)\n"
    "  --partition-by HOW    session (default), sequence (seq modulo partitions), or a partition's number\n"
    "  --start-seq N         number of the first record (0)\n"
    "  --seed N              another seed makes other records (1)\n"
    "  --start-time TIME     time of the first record, milliseconds since 1970 or like -30m, -45s, -2h before now;\n"
    "                        without it a record's time is that of sending\n"
    "  --time-step MS        from one record's time to the next, may be a fraction (1)\n"
    "  --disorder MIN[:PCT]  PCT percent of the records (5) are up to MIN minutes late\n"
    "  -X NAME=VALUE         a setting of librdkafka, repeatable\n"
    "Progress goes to standard error; a line of JSON with the counts of each partition to standard output.\n";

/* A number with nothing behind it but rest (which may be NULL: then nothing at all). */
static bool parse_number(const char *text, double *value, const char **rest)
{
    char *end = NULL;

    errno = 0;
    *value = strtod(text, &end);
    if (end == text || errno != 0 || !isfinite(*value) || (rest == NULL && *end != '\0'))
        return false;
    if (rest != NULL)
        *rest = end;
    return true;
}

static bool parse_integer(const char *text, int64_t low, int64_t high, int64_t *value)
{
    char *end = NULL;

    errno = 0;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *value >= low && *value <= high;
}

static bool parse_time(const char *text, int64_t *time_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {
        { "s", 1e3    },
        { "m", 6e4    },
        { "h", 3.6e6  },
        { "d", 8.64e7 }
    };
    const char *rest;
    double value;

    if (text[0] != '-')
        return parse_integer(text, 0, INT64_MAX / 2, time_ms);
    if (!parse_number(text + 1, &value, &rest))
        return false;
    for (int i = 0; i < LENGTH(units); i++) {
        if (strcmp(rest, units[i].unit) == 0) {
            *time_ms = now_ms() - (int64_t)(value * units[i].ms);
            return true;
        }
    }
    return false;
}

static bool parse_disorder(const char *text, struct options *options)
{
    const char *rest;

    if (!parse_number(text, &options->late_minutes, &rest) || options->late_minutes < 0)
        return false;
    if (*rest == '\0')
        return true;
    return *rest == ':' && parse_number(rest + 1, &options->late_percent, NULL) && options->late_percent >= 0 &&
           options->late_percent <= 100;
}

static bool parse_placement(const char *text, struct options *options)
{
    int64_t number;

    if (strcmp(text, "session") == 0) {
        options->placement = PLACE_BY_SESSION;
        return true;
    }
    if (strcmp(text, "sequence") == 0) {
        options->placement = PLACE_BY_SEQUENCE;
        return true;
    }
    if (!parse_integer(text, 0, MAX_PARTITIONS, &number))
        return false;
    options->placement = PLACE_IN_ONE;
    options->one_partition = (int)number;
    return true;
}

static bool keep_setting(const char **list, int *count, const char *setting)
{
    if (*count >= MAX_SETTINGS)
        return false;
    list[(*count)++] = setting;
    return true;
}

/* Takes one option; false when its value makes no sense. */
static bool take_option(int option, const char *value, struct options *options)
{
    int64_t number = 0;

    switch (option) {
    case 'b': options->brokers = value; return true;
    case 't': options->topic = value; return true;
    case 'c': options->create = true; return true;
    case 'p':
        if (!parse_integer(value, 1, MAX_PARTITIONS, &number))
            return false;
        options->partitions = (int)number;
        return true;
    case 'n': return parse_integer(value, 0, INT64_MAX / 2, &options->count);
    case 'r': return parse_number(value, &options->rate, NULL) && options->rate >= 0;
    case 'u':
        if (!parse_integer(value, 1, 10000000, &number))
            return false;
        options->unsent = (int)number;
        return true;
    case 'k': return parse_number(value, &options->skew, NULL);
    case 'q': return parse_integer(value, 0, INT64_MAX / 2, &options->start_seq);
    case 's':
        if (!parse_integer(value, 0, INT64_MAX, &number))
            return false;
        options->seed = (uint64_t)number;
        return true;
    case 'T': return parse_time(value, &options->start_time_ms);
    case 'S': return parse_number(value, &options->time_step_ms, NULL);
    case 'd': return parse_disorder(value, options);
    case 'y': return parse_placement(value, options);
    case 'C': return keep_setting(options->topic_settings, &options->topic_settings_count, value);
    case 'X': return keep_setting(options->client_settings, &options->client_settings_count, value);
    default: return false;
    }
}

static const struct option long_options[] = {
    { "brokers",      required_argument, NULL, 'b' },
    { "topic",        required_argument, NULL, 't' },
    { "create",       no_argument,       NULL, 'c' },
    { "partitions",   required_argument, NULL, 'p' },
    { "count",        required_argument, NULL, 'n' },
    { "rate",         required_argument, NULL, 'r' },
    { "unsent",       required_argument, NULL, 'u' },
    { "skew",         required_argument, NULL, 'k' },
    { "start-seq",    required_argument, NULL, 'q' },
    { "seed",         required_argument, NULL, 's' },
    { "start-time",   required_argument, NULL, 'T' },
    { "time-step",    required_argument, NULL, 'S' },
    { "disorder",     required_argument, NULL, 'd' },
    { "partition-by", required_argument, NULL, 'y' },
    { "topic-config", required_argument, NULL, 'C' },
    { "help",         no_argument,       NULL, 'h' },
    { NULL,           0,                 NULL, 0   },
};

int main(int argc, char **argv)
{
    struct options options = {
        .brokers = getenv("SANDBOX_BROKERS"),
        .partitions = 6,
        .count = 10000,
        .unsent = 60000,
        .seed = 1,
        .start_time_ms = -1,
        .time_step_ms = 1,
        .late_percent = 5,
    };
    int option;

    while ((option = getopt_long(argc, argv, "b:X:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (option == '?')
            return 2;
        if (!take_option(option, optarg, &options)) {
            fprintf(stderr, "clickstream: %s makes no sense there; see --help\n", optarg);
            return 2;
        }
    }
    if (optind < argc || options.topic == NULL || options.brokers == NULL) {
        fputs(help, stderr);
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return run(&options);
}
