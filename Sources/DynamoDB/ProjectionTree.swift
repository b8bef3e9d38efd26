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
        var tree: ProjectionTree
    }

    struct Element: Sendable {
        let index: Int
        var tree: ProjectionTree
    }

    /// Why a path cannot be added to the paths already in a tree.
    enum Clash: String, Error {
        /// The path, or the place it leads into, is already taken as a whole.
        case overlap
        /// One path takes a value for a map, another for a list.
        case conflict
    }

    /// The tree of one path.
    init(_ path: ArraySlice<DocumentPath.Element>) {
        guard let first = path.first else {
            self = .all
            return
        }
        let tree = ProjectionTree(path.dropFirst())
        switch first {
        case .attribute(let name): self = .members([Member(name: name, tree: tree)])
        case .index(let index): self = .elements([Element(index: index, tree: tree)])
        }
    }

    /// Adds a path.
    mutating func insert(_ path: ArraySlice<DocumentPath.Element>) throws(Clash) {
        switch (self, path.first) {
        case (.all, _), (_, nil):
            throw .overlap
        case (.members(var members), .attribute(let name)):
            // Emptied meanwhile, so that `members` is the array's only owner.
            self = .all
            let (position, isPresent) = unsafe name.withUnsafeBytes { name in unsafe Self.find(name, in: members) }
            if isPresent {
                try members[position].tree.insert(path.dropFirst())
            } else {
                members.insert(Member(name: name, tree: ProjectionTree(path.dropFirst())), at: position)
            }
            self = .members(members)
        case (.elements(var elements), .index(let index)):
            self = .all
            let position = elements.firstIndex { $0.index >= index } ?? elements.count
            if position < elements.count, elements[position].index == index {
                try elements[position].tree.insert(path.dropFirst())
            } else {
                elements.insert(Element(index: index, tree: ProjectionTree(path.dropFirst())), at: position)
            }
            self = .elements(elements)
        case (.members, .index), (.elements, .attribute):
            throw .conflict
        }
    }

    /// Where `name` stands, or would, among members sorted by name.
    static func find(_ name: UnsafeRawBufferPointer, in members: [Member]) -> (position: Int, isPresent: Bool) {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            let order = unsafe members[middle].name.withUnsafeBytes { other in unsafe compare(other, name) }
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
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
