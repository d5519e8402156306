/* Is the object at a key part of this plan? A topic made again, a second cluster or a second plan at the same place
 * would otherwise be adopted, which is silent loss. */
#include "delivery/object_identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool differs(struct error *err, const char *what, const char *theirs, const char *ours)
{
    return error_set(err, ERROR_FORMAT,
                     "this key holds an object that is not part of this plan: its %s is %s, ours is %s", what,
                     theirs ? theirs : "missing", ours);
}

/* '-': a librdkafka before 2.3 cannot ask. */
static bool is_known(const char *topic_id)
{
    return strcmp(topic_id, "-") != 0;
}

static bool same_text(const struct s3_metadata *metadata, const char *name, const char *ours, bool dash_matches,
                      struct error *err)
{
    const char *theirs = s3_metadata_get(metadata, name);

    if (theirs && (strcmp(theirs, ours) == 0 || (dash_matches && !(is_known(theirs) && is_known(ours)))))
        return true;
    return differs(err, name, theirs, ours);
}

static bool read_number(const struct s3_metadata *metadata, const char *name, int64_t *number, struct error *err)
{
    const char *text = s3_metadata_get(metadata, name);

    if (text && text_parse_int64(text, number))
        return true;
    return error_set(err, ERROR_FORMAT, "this key holds an object that is not part of this plan: its %s is %s", name,
                     text ? text : "missing");
}

/* hg-lost: "A-B", [A, B) was lost at the source. Without it nothing was. */
static bool read_lost(const struct s3_metadata *metadata, struct offset_range *lost, struct error *err)
{
    const char *text = s3_metadata_get(metadata, "hg-lost");

    *lost = (struct offset_range){ 0 };
    if (!text || (offset_range_parse(text, lost) && lost->start < lost->end))
        return true;
    return error_set(err, ERROR_FORMAT, "this key holds an object that is not part of this plan: its hg-lost is %s",
                     text);
}

static bool read_fingerprint(const struct s3_metadata *metadata, uint32_t *number, struct error *err)
{
    const char *text = s3_metadata_get(metadata, "hg-fp");
    char *rest = NULL;

    if (text && strlen(text) == 8) {
        *number = (uint32_t)strtoul(text, &rest, 16);
        if (*rest == '\0')
            return true;
    }
    return error_set(err, ERROR_FORMAT, "this key holds an object that is not part of this plan: its hg-fp is %s",
                     text ? text : "missing");
}

bool object_identity_read(const struct stream_object *stream, const struct s3_metadata *metadata, int64_t start,
                          struct object_identity *identity, struct error *err)
{
    const struct cutover_plan *plan = stream->plan;

    *identity = (struct object_identity){ 0 };
    if (!same_text(metadata, "hg-v", "1", false, err) ||
        !same_text(metadata, "hg-cluster", plan->cluster_id, false, err) ||
        !same_text(metadata, "hg-plan", plan->id, false, err) ||
        !same_text(metadata, "hg-topic-id", plan->topic_id, true, err) ||
        !read_number(metadata, "hg-start", &identity->start, err) ||
        !read_number(metadata, "hg-next", &identity->next, err) ||
        !read_number(metadata, "hg-first", &identity->first, err) ||
        !read_number(metadata, "hg-count", &identity->count, err) ||
        !read_number(metadata, "hg-ts-first", &identity->time_first, err) ||
        !read_number(metadata, "hg-ts-last", &identity->time_last, err) ||
        !read_fingerprint(metadata, &identity->fingerprint, err))
        return false;
    if (!read_lost(metadata, &identity->lost, err))
        return false;
    identity->same_topic = is_known(plan->topic_id) && is_known(s3_metadata_get(metadata, "hg-topic-id"));
    if (start != OFFSET_NONE && identity->start != start)
        return error_set(err, ERROR_FORMAT,
                         "this key holds an object that is not part of this plan: it starts at %lld, "
                         "the key says %lld",
                         (long long)identity->start, (long long)start);
    if (identity->first < identity->start || identity->next <= identity->first || identity->count < 1 ||
        identity->count > identity->next - identity->first ||
        (identity->lost.end > 0 && (identity->lost.start < identity->start || identity->lost.end > identity->first)))
        return error_set(err, ERROR_FORMAT,
                         "this key holds an object whose metadata contradicts itself (start %lld, "
                         "first %lld, next %lld, count %lld)",
                         (long long)identity->start, (long long)identity->first, (long long)identity->next,
                         (long long)identity->count);
    return true;
}
