import DynamoDB

/// When provisioned throughput was raised and lowered; times are milliseconds since 1970.
///
/// It may be lowered four times a UTC day, and then an hour after the last time (Developer Guide, "Quotas"; messages of the
/// service as apache/hadoop's S3Guard documentation quotes them).
struct ThroughputHistory: Equatable {
    private static let millisecondsPerHour: Int64 = 3_600_000
    private static let millisecondsPerDay: Int64 = 86_400_000
    private static let freeDecreases = 4

    var lastIncrease: Int64?
    var lastDecrease: Int64?
    /// On the day of ``lastDecrease``.
    var decreasesToday = 0

    func decreases(onDayOf now: Int64) -> Int {
        lastDecrease.map { $0 / Self.millisecondsPerDay == now / Self.millisecondsPerDay } == true ? decreasesToday : 0
    }

    /// The history after a change; throws a LimitExceededException when throughput was lowered too often.
    func changed(from old: Throughput, to new: Throughput, at now: Int64) throws(ErrorReply) -> ThroughputHistory {
        var history = self
        if new.read > old.read || new.write > old.write { history.lastIncrease = now }
        guard new.read < old.read || new.write < old.write else { return history }
        let count = decreases(onDayOf: now)
        if count >= Self.freeDecreases, let lastDecrease, now - lastDecrease < Self.millisecondsPerHour {
            let midnight = (now / Self.millisecondsPerDay + 1) * Self.millisecondsPerDay
            let next = min(lastDecrease + Self.millisecondsPerHour, midnight)
            throw .limitExceeded(
                "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
                    + "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed "
                    + "at most once every 3600 seconds. Number of decreases today: \(count). "
                    + "Last decrease at \(TimestampText.long(lastDecrease)). "
                    + "Next decrease can be made at \(TimestampText.long(next))"
            )
        }
        history.lastDecrease = now
        history.decreasesToday = count + 1
        return history
    }

    /// What a reply tells while the change goes on: the new times with the old count.
    func shown(over old: ThroughputHistory, now: Int64) -> ThroughputHistory {
        ThroughputHistory(
            lastIncrease: lastIncrease,
            lastDecrease: lastDecrease,
            decreasesToday: old.decreases(onDayOf: now)
        )
    }
}

extension TableDefinition {
    var throughputHistory: ThroughputHistory {
        get {
            ThroughputHistory(
                lastIncrease: lastIncrease,
                lastDecrease: lastDecrease,
                decreasesToday: decreasesToday
            )
        }
        set {
            (lastIncrease, lastDecrease, decreasesToday) = (
                newValue.lastIncrease, newValue.lastDecrease, newValue.decreasesToday
            )
        }
    }
}

extension Index {
    var throughputHistory: ThroughputHistory {
        get {
            ThroughputHistory(
                lastIncrease: lastIncrease,
                lastDecrease: lastDecrease,
                decreasesToday: decreasesToday
            )
        }
        set {
            (lastIncrease, lastDecrease, decreasesToday) = (
                newValue.lastIncrease, newValue.lastDecrease, newValue.decreasesToday
            )
        }
    }
}
