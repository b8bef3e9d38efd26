// Makes the slow paths of Swift's Synchronization.Mutex visible to ThreadSanitizer. The fast paths are inlined into
// instrumented code; the slow ones sit in a library that is not, so whatever a contended mutex protects looks like a
// race. These stand-ins call the library's and tell ThreadSanitizer which way memory was handed on.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void mutex_lock_slow(uint32_t owner, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT void mutex_unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);

static void *library(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        abort();
    }
    return function;
}

SWIFT void mutex_lock_slow(uint32_t owner, SELF void *mutex) {
    ((SWIFT void (*)(uint32_t, SELF void *))library(LOCK_SLOW))(owner, mutex);
    __tsan_acquire(mutex);
}

SWIFT void mutex_unlock_slow(SELF void *mutex) {
    __tsan_release(mutex);
    ((SWIFT void (*)(SELF void *))library(UNLOCK_SLOW))(mutex);
}

#endif
#endif
