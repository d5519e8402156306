/* One of the two files of the AWS command line: ~/.aws/credentials or ~/.aws/config, read whole. Only user of inih.
 *
 * Expected sizes: a few kilobytes, at most 1 MiB. The values may be secrets: profile_file_free wipes them.
 * A setting nested below another ("s3 =" and an indented "endpoint_url = ..." below it) is found as "s3.endpoint_url".
 */
#ifndef AWS_PROFILE_FILE_H
#define AWS_PROFILE_FILE_H

#include "base/error.h"

struct profile_file;

/* Reads path. A file that does not exist gives *file = NULL and true. Fails with ERROR_CREDENTIALS when it cannot be read,
 * is no regular file, or has a line that is no setting (named by its number). no_links: a symbolic link is refused. */
bool profile_file_read(const char *path, bool no_links, struct profile_file **file, struct error *err) MUST_CHECK;
void profile_file_free(struct profile_file *file); /* NULL is fine */

/* True when section ("lake", "profile lake", "services x") has any setting. Blanks and quotes in it count as written by
 * the AWS command line: [profile "my lake"] is "profile my lake". NULL file: false. */
bool profile_file_has(const struct profile_file *file, const char *section);

/* The last value of a setting; NULL when missing, empty, or file is NULL. Borrowed. */
const char *profile_file_get(const struct profile_file *file, const char *section, const char *name);

/* Fails unless the file is ours and nobody else may read it: what a file with secrets must be. The text has the command
 * that mends it. */
bool profile_file_private(const struct profile_file *file, struct error *err) MUST_CHECK;

#endif
