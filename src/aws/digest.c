/* SHA-256 and HMAC by OpenSSL's EVP interface. It fails only without memory or with a broken installation; neither can
 * be survived, so both abort. Sizes: a few hundred bytes when signing, up to 100 MB for a body over plain HTTP. */
#include "aws/digest.h"

#include "base/buffer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

struct digest_stream {
    EVP_MD_CTX *context;
};

static void must(bool worked)
{
    if (!worked)
        abort();
}

void digest_sha256(const void *bytes, size_t length, unsigned char out[DIGEST_SIZE])
{
    must(EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) == 1);
}

struct digest_stream *digest_stream_new(void)
{
    struct digest_stream *stream = memory_new(sizeof *stream);

    stream->context = EVP_MD_CTX_new();
    must(stream->context != NULL && EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) == 1);
    return stream;
}

void digest_stream_update(struct digest_stream *stream, const void *bytes, size_t length)
{
    must(EVP_DigestUpdate(stream->context, bytes, length) == 1);
}

void digest_stream_finish(struct digest_stream *stream, unsigned char out[DIGEST_SIZE])
{
    must(EVP_DigestFinal_ex(stream->context, out, NULL) == 1);
    digest_stream_free(stream);
}

void digest_stream_free(struct digest_stream *stream)
{
    if (!stream)
        return;
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t length, unsigned char out[DIGEST_SIZE])
{
    unsigned int size = 0;

    must(HMAC(EVP_sha256(), key, (int)key_length, bytes, length, out, &size) != NULL && size == DIGEST_SIZE);
}

void digest_hex(const unsigned char digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[DIGEST_HEX_SIZE - 1] = '\0';
}

void digest_sha256_hex(const void *bytes, size_t length, char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[DIGEST_SIZE];

    digest_sha256(bytes, length, digest);
    digest_hex(digest, out);
}

void digest_random(void *out, size_t length)
{
    must(RAND_bytes(out, (int)length) == 1);
}

void digest_wipe(void *secret, size_t length)
{
    OPENSSL_cleanse(secret, length);
}
