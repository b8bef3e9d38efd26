internal import Glibc
internal import Synchronization

/// A lock for what is held for well under a microsecond as a rule.
///
/// Who finds it taken looks again for some microseconds before it sleeps, since sleeping and being woken takes longer than
/// most holds. One word says all there is to know:
///
///     31         17 16       1 0
///     +------------+----------+------+
///     | asleep     | awake    | held |
///     +------------+----------+------+
///
/// - A thread that waits is counted either as awake or as asleep. It falls asleep only in one step with seeing the lock
///   held, so whoever holds it then sees a sleeper when letting go.
/// - Letting go wakes a sleeper, which counts as awake from then on, unless somebody is awake already: that one takes the
///   lock, and wakes the next when letting go in turn. So there is one call to the system for each sleep, and nobody is
///   forgotten.
/// - It isn't fair: whoever comes first takes it. A thread that holds it again and again looks at `isWanted` meanwhile, and
///   calls `letOthersIn` in between.
///
/// Not recursive. Unchecked because it points to its semaphore, which threads share by nature.
@safe struct ShardLock: ~Copyable, @unchecked Sendable {
    private let word = Atomic<UInt32>(0)
    private let bed: UnsafeMutablePointer<sem_t>

    private static let held: UInt32 = 1
    private static let awake: UInt32 = 1 << 1
    private static let asleep: UInt32 = 1 << 17
    /// Looks at the word before sleeping, some nanoseconds each.
    private static let patience = 10_000
    private static let quietLooks = 100

    init() {
        unsafe bed = .allocate(capacity: 1)
        unsafe sem_init(bed, 0, 0)
    }

    deinit {
        unsafe sem_destroy(bed)
        unsafe bed.deallocate()
    }

    @inline(__always)
    func lock() {
        if word.weakCompareExchange(expected: 0, desired: Self.held, ordering: .acquiring).exchanged { return }
        wait()
    }

    /// Takes it if nobody has it.
    @inline(__always)
    func lockIfFree() -> Bool {
        word.compareExchange(expected: 0, desired: Self.held, ordering: .acquiring).exchanged
    }

    @inline(__always)
    func unlock() {
        if word.compareExchange(expected: Self.held, desired: 0, ordering: .releasing).exchanged { return }
        unlockForOthers()
    }

    /// Whether a thread that is awake waits; exact enough for the thread that holds the lock.
    @inline(__always)
    var isWanted: Bool {
        word.load(ordering: .relaxed) & (Self.asleep - Self.awake) != 0
    }

    /// How many threads wait, for tests.
    var waiting: (awake: Int, asleep: Int) {
        let seen = word.load(ordering: .relaxed)
        return (Int(seen & (Self.asleep - Self.awake)) / Int(Self.awake), Int(seen / Self.asleep))
    }

    /// Waits a few microseconds at most for those to take the lock who want it; called without it.
    func letOthersIn() {
        var patience = Self.patience
        while patience > 0, isWanted { patience -= 1 }
    }

    @inline(never)
    private func wait() {
        // First without writing to the word, which the holder is about to: most holds end within this time.
        for _ in 0..<Self.quietLooks {
            let seen = word.load(ordering: .relaxed)
            guard seen & Self.held == 0 else { continue }
            if word.weakCompareExchange(
                expected: seen,
                desired: seen | Self.held,
                successOrdering: .acquiring,
                failureOrdering: .relaxed
            ).exchanged {
                return
            }
        }
        var seen = word.wrappingAdd(Self.awake, ordering: .relaxed).newValue
        while true {
            var patience = Self.patience
            while patience > 0 {
                patience -= 1
                if seen & Self.held == 0 {
                    let (isTaken, now) = word.weakCompareExchange(
                        expected: seen,
                        desired: seen - Self.awake | Self.held,
                        successOrdering: .acquiring,
                        failureOrdering: .relaxed
                    )
                    if isTaken { return }
                    seen = now
                } else {
                    seen = word.load(ordering: .relaxed)
                }
            }
            seen = sleep(seen)
        }
    }

    /// Sleeps if the lock is held, until woken; what the word is then.
    private func sleep(_ seen: UInt32) -> UInt32 {
        var seen = seen
        while seen & Self.held != 0 {
            let (isAsleep, now) = word.weakCompareExchange(
                expected: seen,
                desired: seen - Self.awake + Self.asleep,
                ordering: .relaxed
            )
            seen = now
            guard isAsleep else { continue }
            // A signal may interrupt it.
            while unsafe sem_wait(bed) != 0 {}
            return word.load(ordering: .relaxed)
        }
        return seen
    }

    @inline(never)
    private func unlockForOthers() {
        var seen = word.load(ordering: .relaxed)
        while true {
            let wakes = seen >= Self.asleep && seen & (Self.asleep - Self.awake) == 0
            let free = seen & ~Self.held
            let (isFree, now) = word.weakCompareExchange(
                expected: seen,
                desired: wakes ? free - Self.asleep + Self.awake : free,
                successOrdering: .releasing,
                failureOrdering: .relaxed
            )
            if isFree {
                if wakes { unsafe sem_post(bed) }
                return
            }
            seen = now
        }
    }
}
