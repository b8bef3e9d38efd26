private import Glibc

/// What a projection takes of one value.
///
/// Two paths that would need both a map and a list at one place are refused, so every value has one case.
indirect enum ProjectionTree: Sendable {
    /// All of it.
    case all
    /// Members of a map (or attributes of an item), sorted by name.
    case members([Member])
    /// Elements of a list, sorted by index.
    case elements([Element])

    struct Member: Sendable {
        let name: [UInt8]
        let tree: ProjectionTree
    }

    struct Element: Sendable {
        let index: Int
        let tree: ProjectionTree
    }

    /// Two paths that DynamoDB does not take together.
    struct Clash: Error {
        enum Kind: String {
            /// One leads to the other or into it.
            case overlap
            /// One takes a value for a map, the other for a list.
            case conflict
        }

        let kind: Kind
        /// Positions of the paths, the lesser one first.
        let positions: (Int, Int)

        fileprivate init(_ kind: Kind, _ one: Branch, _ other: Branch) {
            self.kind = kind
            positions = (min(one.position, other.position), max(one.position, other.position))
        }
    }

    /// What is left of a path at some place in the tree, and the path's position among all.
    fileprivate struct Branch {
        let position: Int
        let rest: ArraySlice<DocumentPath.Element>

        var next: Branch { Branch(position: position, rest: rest.dropFirst()) }
    }

    /// The tree of some paths, which begin with an attribute.
    init(_ paths: some Sequence<[DocumentPath.Element]>) throws(Clash) {
        try self.init(branches: paths.enumerated().map { Branch(position: $0.offset, rest: $0.element[...]) })
    }

    /// The tree of the branches at one place.
    ///
    /// Recursion ends with the longest path.
    private init(branches: [Branch]) throws(Clash) {
        if let ended = branches.first(where: \.rest.isEmpty) {
            if let other = branches.first(where: { $0.position != ended.position }) {
                throw Clash(.overlap, ended, other)
            }
            self = .all
            return
        }
        // Attributes come first, so that a conflict shows in the first and the last branch.
        let sorted = branches.sorted { $0.rest[$0.rest.startIndex].precedes($1.rest[$1.rest.startIndex]) }
        var members: [Member] = []
        var elements: [Element] = []
        var start = 0
        while start < sorted.count {
            let step = sorted[start].rest.first
            let end = sorted[start...].firstIndex { $0.rest.first != step } ?? sorted.count
            let tree = try ProjectionTree(branches: sorted[start..<end].map(\.next))
            switch step {
            case .attribute(let name): members.append(Member(name: name, tree: tree))
            case .index(let index): elements.append(Element(index: index, tree: tree))
            case nil: break
            }
            start = end
        }
        if !members.isEmpty, !elements.isEmpty { throw Clash(.conflict, sorted[0], sorted[sorted.count - 1]) }
        self = elements.isEmpty ? .members(members) : .elements(elements)
    }

    /// What to take of the member `name`; nil for nothing.
    static func find(_ name: UnsafeRawBufferPointer, in members: [Member]) -> ProjectionTree? {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            let order = unsafe members[middle].name.withUnsafeBytes { other in unsafe compare(other, name) }
            if order == 0 { return members[middle].tree }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let common = min(left.count, right.count)
        if let one = left.baseAddress, let other = right.baseAddress {
            let order = unsafe memcmp(one, other, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }
}
