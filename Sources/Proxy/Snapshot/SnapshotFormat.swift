import DynamoDB

/// The file that a clean stop leaves and the next start reads.
///
/// All numbers are little-endian.
///
///     0       8         12          16         24     40            48       52           56               64
///     +-------+---------+-----------+----------+------+-------------+--------+------------+----------------+--------
///     | magic | version | 0 (unused)| saved at | seed | file length | blocks | CRC of 0-52| items usable?  | blocks
///     +-------+---------+-----------+----------+------+-------------+--------+------------+----------------+--------
///
/// A block:
///
///     0        4        8          12             16                20
///     +--------+--------+----------+--------------+-----------------+---------
///     | kind   | tenant | sequence | payload size | CRC of all else | payload
///     +--------+--------+----------+--------------+-----------------+---------
///
/// The first block is the directory, which says what the numbers in the others stand for. Whether the items are usable is
/// apart from the header's checksum, because a start overwrites it in place: from then on writes go by which the file
/// knows nothing of.
enum SnapshotFormat {
    static let version: UInt32 = 1
    static let magic: [UInt8] = [0x89, 0x4C, 0x56, 0x52, 0x54, 0x0D, 0x0A, 0x1A]
    static let headerBytes = 64
    static let checkedBytes = 52
    static let usableOffset = 56
    static let usable: [UInt8] = Array("ITEMS OK".utf8)
    static let consumed = [UInt8](repeating: 0, count: 8)
    static let blockHeaderBytes = 20
    /// A block is written when it has reached this size.
    static let fullBlock = 256 << 10
    /// No payload is larger, but for the directory: a full block and one more entry of 4 MiB.
    static let largestPayload = 8 << 20
    static let largestDirectory = 64 << 20

    enum BlockKind: UInt32 {
        case directory = 1
        /// How often keys were asked for: see `SavedFrequency`.
        case frequencies = 2
        /// Whole entries: see `SavedItem`.
        case items = 3
        /// A tenant's miss-ratio curve, as its estimator writes it.
        case curve = 4
    }
}

/// Why a snapshot is not used, in half a sentence.
struct SnapshotRefusal: Error, Equatable {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// What the file begins with.
struct SnapshotHeader: Equatable {
    /// Nanoseconds since 1970.
    var savedAt: Int64
    /// What gave cache keys their hashes.
    var seed: (UInt64, UInt64)
    var fileLength: UInt64
    var blocks: UInt32

    static func == (one: SnapshotHeader, other: SnapshotHeader) -> Bool {
        one.savedAt == other.savedAt && one.seed == other.seed && one.fileLength == other.fileLength
            && one.blocks == other.blocks
    }

    /// The bytes before the word that says whether the items are usable.
    func encoded() -> [UInt8] {
        var bytes = SnapshotFormat.magic
        bytes.append(little: SnapshotFormat.version)
        bytes.append(little: UInt32(0))
        bytes.append(little: savedAt)
        bytes.append(little: seed.0)
        bytes.append(little: seed.1)
        bytes.append(little: fileLength)
        bytes.append(little: blocks)
        bytes.append(little: unsafe bytes.withUnsafeBytes { unsafe CRC32.checksum($0) })
        return bytes
    }

    /// Takes apart the file's first `headerBytes`, or all of a shorter file.
    ///
    /// - Throws: When they are not what a snapshot of this version begins with.
    init(decoding bytes: [UInt8]) throws(SnapshotRefusal) {
        guard bytes.starts(with: SnapshotFormat.magic) else {
            throw SnapshotRefusal("it is not a snapshot of Leveret's")
        }
        guard bytes.count >= SnapshotFormat.headerBytes else { throw SnapshotRefusal("it is cut short") }
        var reader = ByteReader(bytes, from: SnapshotFormat.magic.count)
        guard let version = reader.integer(UInt32.self), version == SnapshotFormat.version else {
            throw SnapshotRefusal("it is of another version's form")
        }
        guard let unused = reader.integer(UInt32.self), let savedAt = reader.integer(Int64.self),
            let first = reader.integer(UInt64.self), let second = reader.integer(UInt64.self),
            let fileLength = reader.integer(UInt64.self), let blocks = reader.integer(UInt32.self),
            let checksum = reader.integer(UInt32.self), unused == 0,
            unsafe bytes.withUnsafeBytes({ bytes in
                unsafe CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<SnapshotFormat.checkedBytes]))
            }) == checksum
        else { throw SnapshotRefusal("its header is damaged") }
        self.init(savedAt: savedAt, seed: (first, second), fileLength: fileLength, blocks: blocks)
    }

    init(savedAt: Int64, seed: (UInt64, UInt64), fileLength: UInt64, blocks: UInt32) {
        self.savedAt = savedAt
        self.seed = seed
        self.fileLength = fileLength
        self.blocks = blocks
    }
}

/// A block's fixed part.
struct SnapshotBlockHeader {
    var kind: UInt32
    var tenant: UInt32
    var sequence: UInt32
    var payloadBytes: UInt32
    var checksum: UInt32

    /// Of a block about to be written.
    init(_ kind: SnapshotFormat.BlockKind, tenant: UInt32, sequence: UInt32, payload: [UInt8]) {
        self.kind = kind.rawValue
        self.tenant = tenant
        self.sequence = sequence
        payloadBytes = UInt32(payload.count)
        checksum = 0
        checksum = checksum(of: payload)
    }

    /// Nil when there are too few bytes.
    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let kind = reader.integer(UInt32.self), let tenant = reader.integer(UInt32.self),
            let sequence = reader.integer(UInt32.self), let payloadBytes = reader.integer(UInt32.self),
            let checksum = reader.integer(UInt32.self)
        else { return nil }
        self.kind = kind
        self.tenant = tenant
        self.sequence = sequence
        self.payloadBytes = payloadBytes
        self.checksum = checksum
    }

    func encoded() -> [UInt8] {
        var bytes = checkedFields
        bytes.append(little: checksum)
        return bytes
    }

    func checksum(of payload: [UInt8]) -> UInt32 {
        let head = unsafe checkedFields.withUnsafeBytes { unsafe CRC32.checksum($0) }
        return unsafe payload.withUnsafeBytes { unsafe CRC32.update(head, $0) }
    }

    private var checkedFields: [UInt8] {
        var bytes: [UInt8] = []
        for field in [kind, tenant, sequence, payloadBytes] { bytes.append(little: field) }
        return bytes
    }
}
