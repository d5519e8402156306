/* Where the AWS credentials come from: a table of sources, asked in the AWS command line's order; the first that is
 * configured decides.
 *
 * Environment (not with --profile) · role of the profile (role_arn with source_profile or credential_source, chained) · web
 * identity · keys in the credentials file · credential_process · keys in the config file · container · instance metadata. SSO
 * and `aws login` are refused with what to do instead, and so is a role that wants an MFA code.
 */
#ifndef AWS_CREDENTIAL_CHAIN_H
#define AWS_CREDENTIAL_CHAIN_H

#include "aws/credentials.h"

/* Fills credentials, which the caller clears in any case. Blocks up to settings' patience, when a source is a service or a
 * program. Fails with ERROR_CREDENTIALS: what was looked at and what to set. A configured source that is broken is an error,
 * never a reason to fall through to another identity. Files that others may read are refused with the chmod to type. */
bool credential_chain_load(const struct credentials_settings *settings, struct credentials *credentials,
                           struct error *err) MUST_CHECK;

#endif
