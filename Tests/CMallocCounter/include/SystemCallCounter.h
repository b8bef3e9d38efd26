#ifndef LEVERET_SYSTEMCALLCOUNTER_H
#define LEVERET_SYSTEMCALLCOUNTER_H

#include <stdbool.h>
#include <stdint.h>

// Counts the calls to the system that one thread makes to move bytes and to wait for them: epoll_wait, epoll_ctl, recv and
// send, by these functions or by syscall. Linking this target into a test binary replaces those of the C library by ones
// that count and do the same.
//
// Under AddressSanitizer and ThreadSanitizer, which replace them themselves, nothing is replaced or counted.

/// How often each was called.
struct system_calls {
    uint64_t epoll_wait;
    uint64_t epoll_ctl;
    uint64_t recv;
    uint64_t send;
};

/// Whether calls are counted in this build. When false, all counts stay 0.
bool system_call_counter_available(void);

/// The calls of the current thread since it began.
struct system_calls system_call_counts(void);

#endif
