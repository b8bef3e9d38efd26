// liblzma for Trace: .xz files.
#pragma once
#include <lzma.h>

/// Prepares a zeroed stream for .xz streams one after the other, with zero padding between them.
static inline lzma_ret leveret_xz_decoder(lzma_stream *stream, uint64_t memory_limit) {
    return lzma_stream_decoder(stream, memory_limit, LZMA_CONCATENATED);
}
