#ifndef LEVERET_FREEDMEMORY_H
#define LEVERET_FREEDMEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Looks at what a thread gives back with free. Linking this target into a test binary replaces that function for the whole
// process by one that looks and does the same.
//
// Under AddressSanitizer and ThreadSanitizer, which replace it themselves, nothing is replaced or seen.

/// Whether freed memory is looked at in this build. When false, all counts stay 0.
bool freed_memory_available(void);

/// Blocks of more than 1 MiB that the current thread has freed since it began.
uint64_t freed_memory_large_blocks(void);

/// Sets the current thread's count of blocks with a secret in them to 0 and starts counting; the bytes must stay where they
/// are.
void freed_memory_watch(const void *secret, size_t count);

/// Stops counting and returns how many blocks the current thread has freed with the secret in them.
uint64_t freed_memory_stop(void);

#endif
