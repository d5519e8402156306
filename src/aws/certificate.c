#include "aws/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

bool certificate_file_ends(const char *path, timestamp_ms *ends)
{
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool ok = certificate && epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;

    if (ok)
        *ends = ((timestamp_ms)days * 86400 + seconds) * 1000;
    ASN1_TIME_free(epoch);
    X509_free(certificate);
    BIO_free(file);
    ERR_clear_error();
    return ok;
}
