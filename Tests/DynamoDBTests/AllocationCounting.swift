import CMallocCounter

/// How many allocations `body` makes when it is run for the second time: the first one warms the language's runtime, which
/// makes the metadata of generic types when they are first met.
func warmAllocations(_ body: () throws -> Void) rethrows -> UInt64 {
    try body()
    malloc_counter_start()
    defer { _ = malloc_counter_stop() }
    try body()
    return malloc_counter_stop()
}
