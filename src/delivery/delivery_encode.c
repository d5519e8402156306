/* Encoder thread. Owns: the open objects of its partitions (a partition is always on the same thread).
 * Gets: batches of records, and orders, in order. Gives: sealed objects and fences to the uploader.
 *
 * It never waits for memory: what it was handed is already paid for, and compressing makes it smaller. When the budget
 * is pressed it closes its largest object, so that many open objects cannot starve each other.
 */
#include <stdlib.h>
#include <string.h>

#include "delivery/delivery_ring.h"
#include "format/value_kind.h"

enum { TICK_MS = 200, GIVE_BACK_MS = 20 };

/* One partition of this encoder. */
struct encode_slot {
    int32_t partition;
    uint32_t epoch;
    int64_t start;            /* chain position where the next object begins; OFFSET_NONE: nothing is to be encoded */
    int64_t position;         /* next offset after all that was seen */
    struct offset_range lost; /* for the next object's hg-lost */
    bool at_end;              /* nothing follows for now: the object is as large as it can be */
    bool look;                /* ask whether an object begins here once the first record is known */
    struct open_object *open; /* NULL until the first visible record */
};

struct encode {
    struct delivery *delivery;
    struct object_workshop workshop;
    bool lines;                /* embedded newlines are counted */
    struct encode_slot *slots; /* by partition / encoder_count */
    size_t slot_count;
    size_t turn; /* where the last search for objects to close for others ended */
};

static struct encode_slot *slot_of(struct encode *encode, int32_t partition)
{
    size_t index = (size_t)partition / encode->delivery->encoder_count;

    if (index >= encode->slot_count) {
        size_t count = index + 64;
        encode->slots = memory_resize(encode->slots, count * sizeof(*encode->slots));
        for (size_t i = encode->slot_count; i < count; i++)
            encode->slots[i] = (struct encode_slot){ .start = OFFSET_NONE };
        encode->slot_count = count;
    }
    encode->slots[index].partition = partition;
    return &encode->slots[index];
}

static void fail(struct encode *encode, int32_t partition, const struct error *err)
{
    struct reader_message *message = reader_message_new(READER_FAILED, partition, 0);

    message->error = *err;
    delivery_send_reader(encode->delivery, message);
}

/* The first record of the object that is open now, for those who ask how late the partition is. */
static void tell_open(struct encode *encode, int32_t partition, timestamp_ms time)
{
    struct delivery *delivery = encode->delivery;

    pthread_mutex_lock(&delivery->shared.lock);
    struct delivery_partition *row = delivery_partition_locked(delivery, partition);
    row->open_time = time;
    if (row->pending_time == TIMESTAMP_NONE)
        row->pending_time = time;
    pthread_mutex_unlock(&delivery->shared.lock);
}

/* Closes the open object, if there is something in it to store; the next one begins where it ends. */
static void seal(struct encode *encode, struct encode_slot *slot, enum rotation_reason reason)
{
    struct upload_message *message;
    struct sealed_object *sealed;
    struct error err;

    if (!slot->open || open_object_records(slot->open) == 0)
        return;
    int64_t next = slot->position;
    if (!open_object_seal(slot->open, next, reason, &sealed, &err)) {
        slot->open = NULL;
        slot->start = OFFSET_NONE;
        fail(encode, slot->partition, &err);
        return;
    }
    slot->open = NULL;
    tell_open(encode, slot->partition, TIMESTAMP_NONE);
    slot->start = next;
    slot->lost = (struct offset_range){ 0 };
    atomic_fetch_add_explicit(&encode->delivery->sealed_raw, sealed->raw_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&encode->delivery->sealed_stored, (int64_t)sealed->length, memory_order_relaxed);
    message = upload_message_new(UPLOAD_OBJECT, slot->partition, slot->epoch);
    message->object = sealed;
    delivery_send_uploader(encode->delivery, message);
}

/* Walking a chain that is already there costs one record and one question an object. */
static void look(struct encode *encode, struct encode_slot *slot)
{
    struct upload_message *message;
    struct buffer key;

    slot->look = false;
    if (!encode->delivery->stream->settings.exactly_once)
        return; /* keys there end in their writer: nothing to find */
    buffer_init(&key, 0);
    if (open_object_key(slot->open, &key, NULL)) {
        message = upload_message_new(UPLOAD_LOOK, slot->partition, slot->epoch);
        message->key = buffer_take(&key);
        message->start = slot->start;
        message->fingerprint = open_object_first(slot->open)->fingerprint;
        delivery_send_uploader(encode->delivery, message);
    }
    buffer_clear(&key);
}

static void count_value(struct encode *encode, const struct encoder_record *record)
{
    if (!record->value && !encode->workshop.encoder->skips_tombstones)
        return;
    if (!record->value)
        atomic_fetch_add_explicit(&encode->delivery->tombstones, 1, memory_order_relaxed);
    else if (encode->lines && record->value_length > 1 && memchr(record->value, '\n', record->value_length - 1))
        atomic_fetch_add_explicit(&encode->delivery->multi_line, 1, memory_order_relaxed);
}

static void encode_batch(struct encode *encode, struct encode_slot *slot, struct record_batch *batch)
{
    struct encoder_record record = { .topic = encode->delivery->stream->plan->topic };
    int64_t now = timestamp_monotonic();

    slot->at_end = false;
    for (size_t i = 0; i < batch->count && slot->start != OFFSET_NONE; i++) {
        record_batch_get(batch, i, &record);
        if (record.offset < slot->position)
            continue; /* read again after a seek: already in this object */
        if (!slot->open)
            slot->open = open_object_new(&encode->workshop, batch->partition, slot->epoch, slot->start, slot->lost);
        bool empty = open_object_records(slot->open) == 0;
        open_object_add(slot->open, &record, now);
        if (empty && open_object_records(slot->open) > 0)
            tell_open(encode, slot->partition, record.time);
        slot->position = record.offset + 1;
        count_value(encode, &record);
        if (slot->look)
            look(encode, slot);
        enum rotation_reason reason = rotation_due(&encode->delivery->limits, open_object_records(slot->open),
                                                   open_object_raw_bytes(slot->open), open_object_age(slot->open, now));
        if (reason != ROTATION_NONE)
            seal(encode, slot, reason);
    }
    if (slot->open)
        open_object_settle(slot->open);
}

/* Nothing of the partition is read and not delivered any more. */
static void forget_pending(struct encode *encode, int32_t partition)
{
    struct delivery *delivery = encode->delivery;

    pthread_mutex_lock(&delivery->shared.lock);
    struct delivery_partition *row = delivery_partition_locked(delivery, partition);
    row->open_time = row->pending_time = TIMESTAMP_NONE;
    pthread_mutex_unlock(&delivery->shared.lock);
}

static void begin(struct encode *encode, struct encode_slot *slot, const struct encoder_message *message)
{
    forget_pending(encode, message->partition);
    open_object_free(slot->open);
    *slot = (struct encode_slot){
        .partition = message->partition,
        .epoch = message->epoch,
        .start = message->offset,
        .position = message->offset,
        .lost = message->lost,
        .look = true,
    };
}

/* Nothing is visible between the last record and offset. With an open object that becomes part of its range. A tombstone
 * is visible: it decides the key of the object to come, so a stretch with one is not empty. */
static void pass_empty(struct encode *encode, struct encode_slot *slot, const struct encoder_message *message)
{
    struct reader_message *answer;

    slot->at_end = true;
    if (message->offset > slot->position)
        slot->position = message->offset;
    if (slot->open || slot->start == OFFSET_NONE || slot->position == slot->start)
        return;
    answer = reader_message_new(READER_EMPTY, message->partition, slot->epoch);
    answer->start = slot->start;
    answer->next = slot->position;
    delivery_send_reader(encode->delivery, answer);
}

static void fence(struct encode *encode, struct encode_slot *slot, const struct encoder_message *message)
{
    struct upload_message *onward;

    if (message->offset != OFFSET_NONE && message->offset > slot->position)
        slot->position = message->offset;
    seal(encode, slot, message->reason);
    onward = upload_message_new(UPLOAD_FENCE, message->partition, message->epoch);
    onward->reason = message->reason;
    onward->start = slot->start;
    /* At the end nothing follows that a tombstone could give its key to. */
    onward->position = slot->open && message->reason != ROTATION_END ? slot->start : slot->position;
    delivery_send_uploader(encode->delivery, onward);
}

static void handle(struct encode *encode, struct encoder_message *message)
{
    struct encode_slot *slot = slot_of(encode, message->partition);

    if (message->kind == ENCODER_BEGIN)
        begin(encode, slot, message);
    else if (message->kind == ENCODER_FENCE)
        fence(encode, slot, message);
    else if (message->epoch == slot->epoch && message->kind == ENCODER_BATCH)
        encode_batch(encode, slot, message->batch);
    else if (message->epoch == slot->epoch && message->kind == ENCODER_EMPTY)
        pass_empty(encode, slot, message);
}

/* Memory for partitions that wait: objects of partitions that were read to their end are closed, in turn. */
static void give_back(struct encode *encode)
{
    int64_t bytes = memory_budget_asked_back(encode->delivery->budget) / (int64_t)encode->delivery->encoder_count;

    for (size_t i = 0; i < encode->slot_count && bytes > 0; i++) {
        struct encode_slot *slot = &encode->slots[encode->turn++ % encode->slot_count];
        if (!slot->open || !slot->at_end || open_object_records(slot->open) == 0)
            continue;
        bytes -= open_object_memory(slot->open);
        seal(encode, slot, ROTATION_MEMORY);
    }
}

/* Closes what is old, and the largest when memory is short. */
static void tick(struct encode *encode)
{
    int64_t now = timestamp_monotonic(), largest_bytes = 0;
    struct encode_slot *largest = NULL;

    for (size_t i = 0; i < encode->slot_count; i++) {
        struct encode_slot *slot = &encode->slots[i];
        if (!slot->open)
            continue;
        if (rotation_due(&encode->delivery->limits, open_object_records(slot->open), 0,
                         open_object_age(slot->open, now)) == ROTATION_AGE)
            seal(encode, slot, ROTATION_AGE);
        if (slot->open && open_object_memory(slot->open) > largest_bytes) {
            largest_bytes = open_object_memory(slot->open);
            largest = slot;
        }
    }
    if (largest && memory_budget_pressed(encode->delivery->budget))
        seal(encode, largest, ROTATION_MEMORY);
}

static void close_all(struct encode *encode)
{
    for (size_t i = 0; i < encode->slot_count; i++)
        open_object_free(encode->slots[i].open);
    free(encode->slots);
    object_workshop_clear(&encode->workshop);
}

void *delivery_encode_thread(void *argument)
{
    struct encoder_thread *thread = argument;
    struct delivery *delivery = thread->delivery;
    struct encode encode = { .delivery = delivery };
    struct queue *inbox = delivery->to_encoder[thread->index];
    int64_t next_tick = 0, next_give_back = 0;

    pthread_setname_np(pthread_self(), "hg-encoder");
    object_workshop_init(&encode.workshop, delivery->stream, delivery->budget, delivery->settings.instance);
    encode.lines = strcmp(encode.workshop.encoder->name, "lines") == 0;
    for (;;) {
        struct encoder_message *message = queue_receive(inbox, TICK_MS);
        if (!message && queue_is_closed(inbox))
            break;
        if (message)
            handle(&encode, message);
        encoder_message_free(delivery, message);
        if (timestamp_monotonic() >= next_give_back) {
            give_back(&encode);
            next_give_back = timestamp_monotonic() + GIVE_BACK_MS;
        }
        if (timestamp_monotonic() >= next_tick || memory_budget_pressed(delivery->budget)) {
            tick(&encode);
            next_tick = timestamp_monotonic() + TICK_MS;
        }
    }
    close_all(&encode);
    free(thread);
    return NULL;
}
