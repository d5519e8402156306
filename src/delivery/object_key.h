/* The key of an object: a pure function of stream, partition, chain position and first visible record's time. */
#ifndef DELIVERY_OBJECT_KEY_H
#define DELIVERY_OBJECT_KEY_H

#include "delivery/stream_object.h"

/* Appends <prefix>YYYY/MM/dd/HH/<topic>+<partition>+<P, 20 digits>.<ext>, folders in UTC; partition=<n>/ instead where
 * the stream's folders say so. first_time below zero or past year 9999: no-timestamp/. Bytes of the topic outside
 * [A-Za-z0-9._-] become %XX, whatever the locale. next and writer are used only when the stream is at-least-once
 * (-NEXT-WRITER before the extension). Fails above 1,024 bytes. */
bool object_key_make(const struct stream_object *stream, int32_t partition, int64_t start, timestamp_ms first_time,
                     int64_t next, const char *writer, struct buffer *key, struct error *err) MUST_CHECK;

/* Appends <prefix>partition=<n>/, under which all keys of the partition lie; false where time decides the folder. */
bool object_key_folder(const struct stream_object *stream, int32_t partition, struct buffer *folder);

/* Partition and start of a key that object_key_make would have made for this stream, its folders included: objects of
 * another stream whose prefix continues ours are not taken for our own. False otherwise; nothing is set then. */
bool object_key_read(const struct stream_object *stream, const char *key, int32_t *partition,
                     int64_t *start) MUST_CHECK;

/* The part of the extension behind the number: ".txt"-like format part and compression's, e.g. ".jsonl.gz". */
const char *object_key_extension(const struct stream_object *stream, char out[32]);

#endif
