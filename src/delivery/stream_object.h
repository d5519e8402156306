/* The plan in the bucket: <prefix>_headgate/<stream>.json, written once before any commit, read by resume and audit.
 *
 * It is the only state besides the group's commits. Whoever loses the conditional PUT reads the winner's.
 */
#ifndef DELIVERY_STREAM_OBJECT_H
#define DELIVERY_STREAM_OBJECT_H

#include "cutover/cutover_plan.h"
#include "s3/s3_client.h"

enum stream_folders {
    STREAM_FOLDERS_TIME,      /* YYYY/MM/dd/HH/ of the first visible record */
    STREAM_FOLDERS_PARTITION, /* partition=<n>/ */
};

struct stream_settings {
    char format[16];      /* "lines" */
    char compression[16]; /* "gzip" */
    enum stream_folders folders;
    int64_t size_bytes;  /* BufferingHints.SizeInMBs, uncompressed */
    int64_t interval_ms; /* BufferingHints.IntervalInSeconds */
    bool exactly_once;   /* the probe's verdict at creation; false: keys end in -NEXT-WRITER */
};

struct stream_object {
    char *stream;
    char *endpoint, *bucket, *prefix; /* prefix as given, may be "" */
    struct stream_settings settings;
    char *store_reason; /* why at least once; "" */
    timestamp_ms created_at;
    char *created_by;          /* host-pid, for people */
    struct cutover_plan *plan; /* owned; with identity and the --until ends */
};

void stream_object_free(struct stream_object *object);

/* Letters, digits, '.', '_' and '-', 1 to 200 of them; ERROR_USAGE otherwise. */
bool stream_name_check(const char *stream, struct error *err) MUST_CHECK;
/* A prefix must not begin with '/' or hold empty, '.' or '..' segments or control characters. */
bool stream_prefix_check(const char *prefix, struct error *err) MUST_CHECK;

void stream_object_key(const char *prefix, const char *stream, struct buffer *key);
/* headgate-<stream>: the own group. Caller frees. */
char *stream_group(const char *stream);
/* First 8 hex digits of SHA-256 over endpoint, bucket, prefix: what a commit's metadata says of the place. */
void stream_place_hash(const struct stream_object *object, char out[9]);

/* The document: settings under Firehose's names (BufferingHints, CompressionFormat, Prefix) and exactly under ours,
 * identity, store verdict, and the plan, with its --until ends, as `plan --json` prints it. 10,000 partitions stay below 4 MiB.
 * Reading refuses with ERROR_FORMAT, and says where, whatever this version would not have written: an unknown name, a
 * setting that differs between its two names, a plan that does not add up or could never be launched. Settings are
 * frozen for the life of a stream, so one that is ignored would fork the chain. */
struct json *stream_object_to_json(const struct stream_object *object);
struct stream_object *stream_object_from_json(const struct json *document, struct error *err) MUST_CHECK;

/* False with ERROR_REFUSED when the object is not of this stream at this place: a bucket was copied. */
bool stream_object_is_at(const struct stream_object *object, const char *bucket, const char *prefix, const char *stream,
                         struct error *err) MUST_CHECK;

/* False with ERROR_REFUSED when a topic's id says that it was made again under its name since the plan; "-" on either side
 * matches anything. */
bool stream_object_is_of(const struct stream_object *object, const char *topic_id, struct error *err) MUST_CHECK;

/* Conditional PUT. *taken: somebody else's (or our own lost answer's) stands there: read it. Blocks. */
bool stream_object_put(struct s3_client *client, const struct stream_object *object, bool *taken,
                       struct error *err) MUST_CHECK;
/* *missing: there is none. Otherwise *object is the caller's, and of this stream at this place. Blocks. */
bool stream_object_get(struct s3_client *client, const char *prefix, const char *stream, struct stream_object **object,
                       bool *missing, struct error *err) MUST_CHECK;

/* Commit metadata, at most 80 bytes: "hg1 <plan> <place> seen=<N> [lost=<A>-<B>] <instance>", cut at the end: the
 * instance is for people. seen: nothing visible between the commit and N, but for what was lost. lost: [A, B) was lost at
 * the source and declared so, which the next object will carry; start == end: nothing. Where 80 bytes do not hold both
 * (offsets above 10^14), seen is left out: that is read again. */
enum { COMMIT_METADATA_SIZE = 81 };
void commit_metadata_write(const struct stream_object *object, int64_t seen, struct offset_range lost,
                           const char *instance, char out[COMMIT_METADATA_SIZE]);
struct commit_metadata {
    char plan[CUTOVER_PLAN_ID_SIZE];
    char place[9];
    int64_t seen; /* OFFSET_NONE */
    struct offset_range lost;
};
/* False when text is not ours (NULL, empty, another format). */
bool commit_metadata_read(const char *text, struct commit_metadata *metadata) MUST_CHECK;

#endif
