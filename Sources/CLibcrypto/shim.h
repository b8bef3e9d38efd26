// libcrypto for SigV4. The low-level SHA256_* calls are deprecated in OpenSSL 3 but neither allocate nor fetch.
#pragma once
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
