import CMallocCounter
import Glibc
import Testing

/// That an allocation is seen at all, so that a count of zero elsewhere means something.
@Suite(.enabled(if: malloc_counter_available(), "malloc is not counted under a sanitizer"))
struct MallocCounterTests {
    @Test func countsEveryKindOfAllocation() {
        malloc_counter_start()
        let allocated = malloc(10)
        let cleared = calloc(2, 8)
        let grown = realloc(nil, 16)
        var aligned: UnsafeMutableRawPointer?
        let status = posix_memalign(&aligned, 64, 100)
        let alsoAligned = aligned_alloc(64, 128)
        let count = malloc_counter_stop()
        for block in [allocated, cleared, grown, aligned, alsoAligned] {
            free(block)
        }
        #expect(status == 0)
        #expect(count == 5)
    }

    @Test func countsWhatSwiftAllocates() {
        _ = [UInt8](repeating: 0, count: 100)
        malloc_counter_start()
        let array = [UInt8](unsafeUninitializedCapacity: Int.random(in: 100...200)) { _, count in count = 0 }
        let count = malloc_counter_stop()
        #expect(array.isEmpty)
        #expect(count >= 1)
    }

    @Test func countsNothingOutsideOrOnOtherThreads() {
        free(malloc(10))
        malloc_counter_start()
        let nothing = malloc_counter_stop()
        #expect(nothing == 0)

        var thread = pthread_t()
        let status = pthread_create(&thread, nil, allocate, nil)
        malloc_counter_start()
        pthread_join(thread, nil)
        #expect(malloc_counter_stop() == 0)
        #expect(status == 0)
    }
}

private func allocate(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    free(malloc(10))
    return nil
}
