import Foundation

/// Operations of which the last one shows a difference.
struct ModelStory {
    let tables: [ModelTable]
    let isInFile: Bool
    var operations: [ModelOperation]

    /// The first difference when the operations are run anew, and how many it takes.
    private func difference(_ operations: [ModelOperation]) -> (count: Int, error: any Error)? {
        do {
            let runner = try ModelRunner(tables, isInFile: isInFile)
            for (number, operation) in operations.enumerated() {
                do {
                    try runner.perform(operation)
                } catch {
                    return (number + 1, error)
                }
            }
        } catch {
            return (0, error)
        }
        return nil
    }

    /// Leaves out operations as long as there is a difference, for half a minute; tells those that are left.
    func shrunk() -> String {
        let end = Date().addingTimeInterval(30)
        var operations = operations
        guard var last = difference(operations)?.error else {
            return "It does not show again. The last operations:\n\(Self.text(operations.suffix(8)))"
        }
        // Mostly few others matter: those to the same items, or at least to the same tables.
        let places = operations[operations.count - 1].places
        let names = Set(places.map(\.table))
        for isKept: (ModelOperation) -> Bool in [
            { $0.isWrite && ($0.places.isEmpty || $0.places.contains(where: places.contains)) },
            { $0.isWrite && ($0.places.isEmpty || $0.places.contains { names.contains($0.table) }) },
            { $0.isWrite },
        ] {
            let fewer = operations.dropLast().filter(isKept) + operations.suffix(1)
            guard let (count, error) = difference(fewer) else { continue }
            (operations, last) = (Array(fewer.prefix(count)), error)
            break
        }
        var portion = max(1, operations.count / 2)
        while true {
            var start = 0
            while start < operations.count, Date() < end {
                var fewer = operations
                fewer.removeSubrange(start..<min(start + portion, operations.count))
                if let (count, error) = difference(fewer) {
                    (operations, last) = (Array(fewer.prefix(count)), error)
                } else {
                    start += portion
                }
            }
            if portion == 1 || Date() >= end { break }
            portion = max(1, portion / 2)
        }
        return
            "\(operations.count) operations are enough; the last of them:\n\(Self.text(operations.suffix(8)))\n\(last)"
    }

    private static func text(_ operations: ArraySlice<ModelOperation>) -> String {
        operations.map { operation in
            operation.request().map { "  \($0.operation) \($0.body.prefix(2000))" } ?? "  \(operation.kind)"
        }.joined(separator: "\n")
    }
}

extension ModelOperation {
    fileprivate struct Place: Equatable {
        var table: String
        /// Nil for all items.
        var key: ModelItem?
    }

    /// What it is about; nothing when that is all there is.
    fileprivate var places: [Place] {
        func place(_ table: String, _ key: ModelItem) -> Place {
            Place(table: table, key: key.filter { ["pk", "sk"].contains($0.key) })
        }
        func places(_ writes: [ModelWrite]) -> [Place] {
            writes.map { write in
                switch write.action {
                case .put(let key), .update(let key, _), .delete(let key), .check(let key): place(write.table, key)
                }
            }
        }
        switch kind {
        case .write(let write): return places([write])
        case .batchWrite(let writes), .transactWrite(let writes, _): return places(writes)
        case .get(let get): return [place(get.table, get.keys[0])]
        case .batchGet(let gets), .transactGet(let gets):
            return gets.flatMap { get in get.keys.map { place(get.table, $0) } }
        case .read(let read): return [Place(table: read.table)]
        case .broken, .expire, .timeToLive, .toggleIndex, .verify, .restart: return []
        }
    }

    /// Whether it may change something.
    fileprivate var isWrite: Bool {
        switch kind {
        case .get, .read, .batchGet, .transactGet, .broken, .verify: false
        case .write, .batchWrite, .transactWrite, .expire, .timeToLive, .toggleIndex, .restart: true
        }
    }
}
