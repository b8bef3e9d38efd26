#ifndef LEVERET_CMALLOCCOUNTER_H
#define LEVERET_CMALLOCCOUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "FreedMemory.h"
#include "SystemCallCounter.h"

// Counts the heap allocations of one thread: malloc, calloc, realloc, posix_memalign, aligned_alloc and memalign, each
// call as one, whether it succeeds or not. Linking this target into a test binary replaces those functions for the
// whole process; they still allocate from the C library's heap, so memory may be freed by anyone.
//
// Under AddressSanitizer and ThreadSanitizer, which replace malloc themselves, nothing is replaced or counted.

/// Whether allocations are counted in this build. When false, `malloc_counter_stop` always returns 0.
bool malloc_counter_available(void);

/// Sets the current thread's count to 0 and starts counting.
void malloc_counter_start(void);

/// Stops counting and returns the number of allocations the current thread made since `malloc_counter_start`.
uint64_t malloc_counter_stop(void);

#endif
