// The one instruction of the cache engine that Swift has no word for.
#pragma once
#include <stdint.h>

/// Asks for the cache line of an address, and waits for nothing; any address will do.
static inline void cprefetch(const void *address) { __builtin_prefetch(address); }

/// The same for many.
static inline void cprefetch_all(const uintptr_t *addresses, long count) {
    for (long index = 0; index < count; index++) __builtin_prefetch((const void *)addresses[index]);
}
