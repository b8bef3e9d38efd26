#include "CMallocCounter.h"
#include "Sanitized.h"

#ifdef SANITIZED

bool malloc_counter_available(void) { return false; }
void malloc_counter_start(void) {}
uint64_t malloc_counter_stop(void) { return 0; }

#else

#include <errno.h>
#include <stddef.h>

// The C library's allocator under its own names. dlsym(RTLD_NEXT) would do the same but allocates by itself.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local bool counting;
static _Thread_local uint64_t allocations;

static inline void count(void) {
    if (counting) {
        allocations++;
    }
}

bool malloc_counter_available(void) { return true; }

void malloc_counter_start(void) {
    allocations = 0;
    counting = true;
}

uint64_t malloc_counter_stop(void) {
    counting = false;
    return allocations;
}

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
    count();
    return __libc_calloc(items, size);
}

void *realloc(void *block, size_t size) {
    count();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    count();
    void *result = __libc_memalign(alignment, size);
    if (result == NULL) {
        return ENOMEM;
    }
    *block = result;
    return 0;
}

#endif
