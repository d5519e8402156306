/* Uploader thread. Owns: one S3 client with its libcurl multi handle, and per partition a line of what is to be done.
 * Gets: sealed objects, questions, fences, in order. Gives: settled objects and fences to the reader.
 *
 * One request of a partition is under way at a time: where the next object begins is known only when the former is
 * settled. A few requests fly at once; a waiting or parked partition holds no connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "delivery/delivery_ring.h"
#include "delivery/object_identity.h"
#include "s3/s3_upload.h"

enum { MOST_FLYING = 8, IDLE_POLL_MS = 200, LATENCIES = 500 };

struct upload;

/* One partition with something to do. */
struct upload_slot {
    struct upload *upload;
    int32_t partition;
    int64_t dead_epoch;           /* everything up to and with this epoch is let go; -1: nothing */
    struct upload_message **line; /* first in line is what is being done */
    size_t line_count, line_size;
    struct s3_upload *put; /* of an UPLOAD_OBJECT */
    struct s3_put put_settings;
    struct object_identity winner; /* of the last adoptable object */
    bool looking;                  /* an UPLOAD_LOOK is under way */
    bool parked;                   /* its object waits for an operator, and the line behind it with it */
    uint64_t look_number;
    bool listed;           /* in upload.busy */
    bool flying;           /* a request is under way */
    bool finished;         /* the first in line is done: to be taken off */
    int64_t due;           /* monotonic: when the next step is wanted */
    int64_t trouble_since; /* monotonic; 0: none */
    unsigned failures;
};

struct upload {
    struct delivery *delivery;
    const struct encoder *encoder;
    const struct compression *compression;
    struct upload_slot **slots; /* by partition; NULL until used */
    size_t slot_count;
    size_t flying;
    int latencies[LATENCIES];  /* ms from first attempt to stored; a ring */
    size_t latency_count;      /* ever */
    struct upload_slot **busy; /* with something in line, in the order in which they are served */
    size_t busy_count, busy_size;
};

static struct upload_slot *slot_of(struct upload *upload, int32_t partition)
{
    if ((size_t)partition >= upload->slot_count) {
        size_t count = (size_t)partition + 64;
        upload->slots = memory_resize(upload->slots, count * sizeof(*upload->slots));
        memset(upload->slots + upload->slot_count, 0, (count - upload->slot_count) * sizeof(*upload->slots));
        upload->slot_count = count;
    }
    if (!upload->slots[partition]) {
        struct upload_slot *slot = memory_new(sizeof(*slot));
        slot->upload = upload;
        slot->partition = partition;
        slot->dead_epoch = -1;
        upload->slots[partition] = slot;
    }
    return upload->slots[partition];
}

static void set_flying(struct upload_slot *slot, bool flying)
{
    if (slot->flying != flying)
        slot->upload->flying += flying ? 1 : (size_t)-1;
    slot->flying = flying;
}

static void answer_fence(struct upload *upload, const struct upload_message *fence)
{
    struct reader_message *message = reader_message_new(READER_FENCE, fence->partition, fence->epoch);

    message->start = fence->start;
    message->next = fence->position;
    message->reason = fence->reason;
    delivery_send_reader(upload->delivery, message);
}

static void tell_settled(struct upload_slot *slot, uint32_t epoch, int64_t start, int64_t next, int64_t records,
                         bool restart)
{
    struct reader_message *message = reader_message_new(READER_SETTLED, slot->partition, epoch);

    message->start = start;
    message->next = next;
    message->records = records;
    message->restart = restart;
    delivery_send_reader(slot->upload->delivery, message);
}

/* Whether the memory of the line comes back by itself. */
static void set_parked(struct upload_slot *slot, bool parked)
{
    for (size_t i = 0; i < slot->line_count && slot->parked != parked; i++)
        if (slot->line[i]->object)
            sealed_object_set_parked(slot->line[i]->object, parked);
    slot->parked = parked;
}

static void clear_trouble_locked(struct upload_slot *slot, struct delivery_partition *row)
{
    slot->trouble_since = 0;
    slot->failures = 0;
    row->note[0] = '\0';
    row->stuck_ms = 0;
    row->upload_parked = false;
}

/* The first record that waits behind the first in line: of the next sealed object, else of the open one. */
static timestamp_ms pending_behind(const struct upload_slot *slot, const struct delivery_partition *row)
{
    for (size_t i = 1; i < slot->line_count; i++) {
        if (slot->line[i]->kind == UPLOAD_OBJECT && (int64_t)slot->line[i]->epoch > slot->dead_epoch)
            return slot->line[i]->object->first.time;
    }
    return row->open_time;
}

static int compare_ms(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* Nearest rank over the last LATENCIES objects. */
static void measure_put(struct upload *upload, double seconds, struct delivery_progress *progress)
{
    int sorted[LATENCIES];
    size_t count;

    upload->latencies[upload->latency_count++ % LATENCIES] = (int)(seconds * 1000);
    count = upload->latency_count < LATENCIES ? upload->latency_count : LATENCIES;
    memcpy(sorted, upload->latencies, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_ms);
    progress->put_p50_ms = sorted[(count + 1) / 2 - 1];
    progress->put_p99_ms = sorted[(count * 99 + 99) / 100 - 1];
}

/* stored: by this process, now or with an answer that was lost. */
static void count_settled(struct upload_slot *slot, const struct sealed_object *object, bool adopted, bool stored,
                          double seconds)
{
    struct delivery *delivery = slot->upload->delivery;
    struct delivery_progress *progress = &delivery->shared.progress;

    pthread_mutex_lock(&delivery->shared.lock);
    struct delivery_partition *row = delivery_partition_locked(delivery, slot->partition);
    clear_trouble_locked(slot, row);
    row->pending_time = pending_behind(slot, row);
    measure_put(slot->upload, seconds, progress);
    progress->adopted += adopted;
    if (stored) {
        progress->objects++;
        progress->records_stored += object->records;
        progress->bytes_out += (int64_t)object->length;
        progress->rotations[object->reason]++;
        row->records += object->records;
    }
    snprintf(row->last_object, sizeof(row->last_object), "%d/%lld", (int)slot->partition, (long long)object->start);
    pthread_mutex_unlock(&delivery->shared.lock);
}

/* For counting only: hg-writer is never a matter of identity. */
static bool is_our_own(const struct upload_slot *slot, const struct s3_object_info *info)
{
    const char *writer = s3_metadata_get(&info->metadata, "hg-writer");

    return writer && strcmp(writer, slot->upload->delivery->settings.instance) == 0;
}

static void on_settled(void *context, struct s3_upload *put, enum s3_upload_outcome outcome,
                       const struct s3_object_info *info, double seconds, unsigned retries)
{
    struct upload_slot *slot = context;
    const struct sealed_object *object = slot->line[0]->object;
    bool adopted = outcome == S3_UPLOAD_ADOPTED;
    int64_t next = adopted ? slot->winner.next : object->next;
    bool restart = adopted && (next != object->next || slot->winner.lost.end != object->lost.end);

    (void)put;
    (void)retries;
    set_parked(slot, false);
    if (restart)
        slot->dead_epoch = object->epoch; /* what was built behind it began at the wrong place */
    count_settled(slot, object, adopted, !adopted || is_our_own(slot, info), seconds);
    tell_settled(slot, object->epoch, object->start, next, adopted ? 0 : object->records, restart);
    slot->finished = true;
}

static enum delivery_retry cause_of(int status)
{
    if (status == 0)
        return DELIVERY_RETRY_NETWORK;
    if (status == 503 || status == 429)
        return DELIVERY_RETRY_THROTTLED;
    return status >= 500 ? DELIVERY_RETRY_SERVER : DELIVERY_RETRY_REFUSED;
}

static void on_trouble(void *context, struct s3_upload *put, const struct error *err, int64_t wait_ms, bool parked)
{
    struct upload_slot *slot = context;
    struct delivery *delivery = slot->upload->delivery;

    if (parked)
        delivery_send_reader(delivery, reader_message_new(READER_STUCK, slot->partition, slot->line[0]->epoch));
    set_parked(slot, parked);
    slot->failures++;
    if (!slot->trouble_since)
        slot->trouble_since = timestamp_monotonic();
    pthread_mutex_lock(&delivery->shared.lock);
    struct delivery_partition *row = delivery_partition_locked(delivery, slot->partition);
    delivery->shared.progress.retries++;
    delivery->shared.progress.retries_by[cause_of(s3_upload_status(put))]++;
    row->stuck_ms = timestamp_monotonic() - slot->trouble_since;
    row->upload_parked = parked;
    snprintf(row->note, sizeof(row->note), "%s %u: %.360s", parked ? "parked, try" : "retry", slot->failures,
             err->message);
    pthread_mutex_unlock(&delivery->shared.lock);
    delivery_say(delivery, parked ? LOG_ERROR : LOG_WARNING, "partition %d: %s, %s in %lld ms", (int)slot->partition,
                 err->message, parked ? "parked; tried again" : "tried again", (long long)wait_ms);
}

static bool fingerprint_agrees(const struct upload_slot *slot, uint32_t ours, struct error *err)
{
    if (slot->upload->delivery->stream->plan->compacted || slot->winner.fingerprint == ours)
        return true;
    return error_set(err, ERROR_S3,
                     "this key holds an object that is not part of this plan: its first record is another one "
                     "(fingerprint %08x, ours %08x); was the topic made again?",
                     slot->winner.fingerprint, ours);
}

/* A loss was declared, and a former owner's PUT, still under way then, had some of it: its first record is one that we
 * never saw. The topic's id must tell instead whether the topic is still the same. */
static bool has_what_was_lost(const struct upload_slot *slot)
{
    const struct sealed_object *object = slot->line[0]->object;

    return slot->winner.same_topic && slot->winner.first < object->lost.end;
}

/* What this process stored is as long as what it sent, or the store has changed it. */
static bool length_agrees(const struct upload_slot *slot, const struct s3_object_info *info, struct error *err)
{
    const struct sealed_object *object = slot->line[0]->object;

    if (!is_our_own(slot, info) || info->size == (int64_t)object->length)
        return true;
    return error_set(err, ERROR_S3, "the store holds %lld bytes of our object, sent were %zu", (long long)info->size,
                     object->length);
}

static bool on_adoptable(void *context, const struct s3_object_info *info, struct error *err)
{
    struct upload_slot *slot = context;
    const struct sealed_object *object = slot->line[0]->object;

    struct error cause;

    if (object_identity_read(slot->upload->delivery->stream, &info->metadata, object->start, &slot->winner, &cause) &&
        (has_what_was_lost(slot) || fingerprint_agrees(slot, object->first.fingerprint, &cause)) &&
        length_agrees(slot, info, &cause))
        return true;
    return error_set(err, ERROR_S3, "%s: %s; move that object away, or launch another stream under another --prefix",
                     object->key.data, cause.message);
}

static const struct s3_upload_events upload_events = {
    .settled = on_settled,
    .trouble = on_trouble,
    .adoptable = on_adoptable,
};

static void on_looked(void *context, const struct s3_answer *answer, const struct s3_object_info *info)
{
    struct upload_slot *slot = context;
    const struct upload_message *message = slot->line[0];

    slot->looking = false;
    set_flying(slot, false);
    slot->finished = true;
    if (answer->verdict != S3_DONE || (int64_t)message->epoch <= slot->dead_epoch ||
        !object_identity_read(slot->upload->delivery->stream, &info->metadata, message->start, &slot->winner, NULL) ||
        !fingerprint_agrees(slot, message->fingerprint, NULL))
        return; /* the conditional PUT decides, and reports */
    slot->dead_epoch = message->epoch;
    pthread_mutex_lock(&slot->upload->delivery->shared.lock);
    slot->upload->delivery->shared.progress.adopted++;
    pthread_mutex_unlock(&slot->upload->delivery->shared.lock);
    tell_settled(slot, message->epoch, message->start, slot->winner.next, 0, true);
}

/* Takes the first off the line and whatever behind it is let go; fences are answered wherever they stand. */
static void take_off_finished(struct upload_slot *slot)
{
    size_t kept = 0;

    for (size_t i = 0; i < slot->line_count; i++) {
        struct upload_message *message = slot->line[i];
        bool first = i == 0 && slot->finished;
        bool dead = (int64_t)message->epoch <= slot->dead_epoch;
        bool busy = i == 0 && !slot->finished && (slot->put || slot->looking);
        if (message->kind == UPLOAD_FENCE && (kept == 0 || dead)) {
            answer_fence(slot->upload, message);
        } else if (!first && (busy || !dead)) {
            slot->line[kept++] = message;
            continue;
        }
        upload_message_free(message);
    }
    slot->line_count = kept;
    slot->finished = false;
}

/* Lets go of everything up to an epoch. A PUT under way may still be stored: the next owner adopts it. */
static void drop(struct upload_slot *slot, uint32_t epoch)
{
    if ((int64_t)epoch > slot->dead_epoch)
        slot->dead_epoch = epoch;
    if (slot->line_count > 0 && (int64_t)slot->line[0]->epoch <= slot->dead_epoch) {
        set_parked(slot, false);
        if (slot->looking) {
            http_client_cancel(slot->upload->delivery->http, slot->look_number); /* ends in on_looked */
        } else {
            s3_upload_free(slot->put);
            slot->put = NULL;
            set_flying(slot, false);
            slot->finished = true;
        }
    }
    take_off_finished(slot);
}

/* At the end of the list, unless it is there already. */
static void list_busy(struct upload *upload, struct upload_slot *slot)
{
    if (slot->listed)
        return;
    if (upload->busy_count == upload->busy_size) {
        upload->busy_size = upload->busy_size ? upload->busy_size * 2 : 64;
        upload->busy = memory_resize(upload->busy, upload->busy_size * sizeof(struct upload_slot *));
    }
    upload->busy[upload->busy_count++] = slot;
    slot->listed = true;
}

static void put_in_line(struct upload_slot *slot, struct upload_message *message)
{
    list_busy(slot->upload, slot);
    if (slot->parked && message->object)
        sealed_object_set_parked(message->object, true);
    if (slot->line_count == slot->line_size) {
        slot->line_size = slot->line_size ? slot->line_size * 2 : 4;
        slot->line = memory_resize(slot->line, slot->line_size * sizeof(*slot->line));
    }
    slot->line[slot->line_count++] = message;
    if (!slot->put && !slot->looking)
        take_off_finished(slot); /* a fence with nothing before it, an object of a dead epoch */
}

static void receive(struct upload *upload, struct upload_message *message)
{
    struct upload_slot *slot = slot_of(upload, message->partition);

    if (message->kind == UPLOAD_DROP) {
        drop(slot, message->epoch);
        upload_message_free(message);
        return;
    }
    put_in_line(slot, message);
}

static void start_put(struct upload_slot *slot)
{
    struct upload *upload = slot->upload;
    const struct sealed_object *object = slot->line[0]->object;

    slot->put_settings = (struct s3_put){
        .key = object->key.data,
        .content_type = upload->encoder->content_type,
        .content_encoding = upload->compression->content_encoding,
        .metadata = &object->metadata,
        .pieces = object->pieces,
        .piece_count = object->piece_count,
        .length = object->length,
        .crc32c = object->crc32c,
        .most_ms = delivery_put_limit_ms(upload->delivery),
        .if_none_match = upload->delivery->stream->settings.exactly_once,
    };
    slot->put = s3_upload_new(upload->delivery->s3, &slot->put_settings, &upload_events, slot);
    slot->due = 0;
}

static void start_look(struct upload_slot *slot)
{
    slot->looking = true;
    slot->due = INT64_MAX;
    set_flying(slot, true);
    slot->look_number = s3_client_head_start(slot->upload->delivery->s3, slot->line[0]->key, on_looked, slot);
}

/* What a callback finished is put away outside of it. */
static void put_away(struct upload_slot *slot)
{
    if (!slot->finished)
        return;
    s3_upload_free(slot->put);
    slot->put = NULL;
    set_flying(slot, false);
    take_off_finished(slot);
}

/* Does what is due for one partition; starts nothing new while enough requests fly. */
static void step(struct upload_slot *slot, int64_t now)
{
    put_away(slot);
    if (slot->line_count == 0)
        return;
    if (!slot->put && !slot->looking) {
        if (slot->upload->flying >= MOST_FLYING)
            return;
        if (slot->line[0]->kind == UPLOAD_LOOK)
            start_look(slot);
        else
            start_put(slot);
    }
    if (slot->put && (slot->flying || (slot->due <= now && slot->upload->flying < MOST_FLYING))) {
        slot->due = s3_upload_step(slot->put, now);
        set_flying(slot, slot->due == INT64_MAX && !slot->finished);
    }
    put_away(slot);
}

/* Takes the first count entries off the busy list but for the kept ones, which lie in front. */
static void close_ranks(struct upload *upload, size_t kept, size_t count)
{
    if (count > kept)
        memmove(upload->busy + kept, upload->busy + count, (upload->busy_count - count) * sizeof(struct upload_slot *));
    upload->busy_count -= count - kept;
}

/* Steps all partitions with something to do; returns how long there is nothing to do, in ms. Who had something settled goes
 * to the end of the list: nobody's second object comes before another's first. */
static int step_all(struct upload *upload)
{
    int64_t now = timestamp_monotonic(), due = now + IDLE_POLL_MS;
    size_t kept = 0, count = upload->busy_count;
    int waiting = 0;

    for (size_t i = 0; i < count; i++) {
        struct upload_slot *slot = upload->busy[i];
        size_t had = slot->line_count;
        step(slot, now);
        slot->listed = slot->line_count > 0 && slot->line_count >= had;
        if (slot->listed)
            upload->busy[kept++] = slot;
        if (slot->line_count == 0)
            continue;
        list_busy(upload, slot);
        if (!slot->put && !slot->looking && upload->flying < MOST_FLYING)
            due = now; /* the next in line can start at once */
        else if (slot->put && !slot->flying && slot->due < due && upload->flying < MOST_FLYING)
            due = slot->due;
        waiting += !slot->flying;
    }
    close_ranks(upload, kept, count);
    pthread_mutex_lock(&upload->delivery->shared.lock);
    upload->delivery->shared.progress.uploads_in_flight = (int)upload->flying;
    upload->delivery->shared.progress.uploads_waiting = waiting;
    pthread_mutex_unlock(&upload->delivery->shared.lock);
    return due <= now ? 0 : (int)(due - now);
}

static void hurry_all(struct upload *upload)
{
    for (size_t i = 0; i < upload->slot_count; i++) {
        struct upload_slot *slot = upload->slots[i];
        if (!slot || !slot->put)
            continue;
        s3_upload_hurry(slot->put);
        slot->due = 0;
    }
}

static void close_all(struct upload *upload)
{
    for (size_t i = 0; i < upload->slot_count; i++)
        if (upload->slots[i])
            drop(upload->slots[i], UINT32_MAX);
    http_client_poll(upload->delivery->http, 0); /* cancelled questions end here */
    for (size_t i = 0; i < upload->slot_count; i++) {
        struct upload_slot *slot = upload->slots[i];
        if (!slot)
            continue;
        take_off_finished(slot);
        free(slot->line);
        free(slot);
    }
    free(upload->slots);
    free(upload->busy);
}

void *delivery_upload_thread(void *argument)
{
    struct delivery *delivery = argument;
    struct upload upload = {
        .delivery = delivery,
        .encoder = encoder_find(delivery->stream->settings.format),
        .compression = compression_find(delivery->stream->settings.compression),
    };
    struct upload_message *message;

    pthread_setname_np(pthread_self(), "hg-uploader");
    while (!queue_is_closed(delivery->to_uploader)) {
        while ((message = queue_receive(delivery->to_uploader, 0)))
            receive(&upload, message);
        if (atomic_exchange(&delivery->hurry, false))
            hurry_all(&upload);
        http_client_poll(delivery->http, step_all(&upload));
    }
    close_all(&upload);
    return NULL;
}
