// zlib for DynamoDB: CRC-32 of replies, gzip request bodies.
#pragma once
#include <zlib.h>

/// Prepares a zeroed stream for gzip members (and nothing else); `inflateInit2` is a macro.
static inline int leveret_inflate_init_gzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}
