/* What a record's value looks like: JSON, text, multi-line, Avro wire format, binary. A cheap look, not a parser. */
#ifndef FORMAT_VALUE_KIND_H
#define FORMAT_VALUE_KIND_H

#include "base/topic_partition.h"

/* value NULL: VALUE_TOMBSTONE. A trailing newline does not make text multi-line. Looks at at most the first 64 KiB. */
enum value_kind value_kind_of(const void *value, size_t length);

const char *value_kind_name(enum value_kind kind); /* "JSON", "multi", "avro", "binary", ... as the console shows it */

/* True where `lines` would break it. */
bool value_kind_breaks_lines(enum value_kind kind);

#endif
