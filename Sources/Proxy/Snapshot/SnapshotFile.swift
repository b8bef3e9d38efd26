import DynamoDB
import Glibc
import Logging

/// A snapshot that a start has found, with its beginning read and found right.
final class SnapshotFile: Sendable {
    /// One block, checked.
    struct Block {
        var kind: SnapshotFormat.BlockKind
        var tenant: UInt32
        var payload: [UInt8]
    }

    let path: String
    let header: SnapshotHeader
    let directory: SnapshotDirectory
    /// Whether nothing was served since it was written, as far as this file knows.
    let hasUsableItems: Bool
    private let descriptor: Int32
    /// Behind the directory.
    private let start: Int

    /// Opens the file; nil when there is none.
    ///
    /// `now` is nanoseconds since 1970. Throws what is wrong with the file's head and directory.
    static func open(_ path: String, now: Int64) throws(SnapshotRefusal) -> SnapshotFile? {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SnapshotRefusal("it cannot be read: \(Files.systemError())")
        }
        return try SnapshotFile(path, descriptor, now: now)
    }

    private init(_ path: String, _ descriptor: Int32, now: Int64) throws(SnapshotRefusal) {
        self.path = path
        self.descriptor = descriptor
        do throws(SnapshotRefusal) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw SnapshotRefusal("it is no regular file")
            }
            let size = Int(status.st_size)
            let head = try Self.read(descriptor, at: 0, min(size, SnapshotFormat.headerBytes))
            header = try SnapshotHeader(decoding: head)
            guard header.fileLength == UInt64(size) else { throw SnapshotRefusal("it is cut short or too long") }
            guard header.savedAt <= now else {
                throw SnapshotRefusal("it was saved later than the clock says it is now")
            }
            switch Array(head[SnapshotFormat.usableOffset...]) {
            case SnapshotFormat.usable: hasUsableItems = true
            case SnapshotFormat.consumed: hasUsableItems = false
            default: throw SnapshotRefusal("its header is damaged")
            }
            var offset = SnapshotFormat.headerBytes
            let first = try Self.block(descriptor, at: &offset, end: size, sequence: 0)
            guard first.kind == .directory, let directory = SnapshotDirectory(decoding: first.payload) else {
                throw SnapshotRefusal("its directory is damaged")
            }
            self.directory = directory
            start = offset
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(descriptor)
    }

    /// The snapshot at a path, if there is one that can be used; what keeps it from being used is logged.
    static func found(_ path: String?, wallClock: (@Sendable () -> Int64)?, logger: Logger) -> SnapshotFile? {
        guard let path else { return nil }
        do throws(SnapshotRefusal) {
            guard let file = try open(path, now: WallClock.now(wallClock)) else { return nil }
            logger.info("snapshot found", fields: [.file: "\(path)", .bytes: "\(file.header.fileLength)"])
            return file
        } catch {
            logger.warning("snapshot refused: a cold start", fields: [.file: "\(path)", .reason: "\(error.reason)"])
            return nil
        }
    }

    /// Takes the items for this process alone; before it answers its first request.
    ///
    /// - Returns: whether they may be used.
    func claimItems(_ logger: Logger) -> Bool {
        guard hasUsableItems else {
            let reason = "the proxy has run since the snapshot was saved, and was not stopped cleanly"
            logger.warning("items of the snapshot are not used", fields: [.file: "\(path)", .reason: "\(reason)"])
            return false
        }
        if setUsable(false) { return true }
        logger.warning(
            "items of the snapshot are not used",
            fields: [.file: "\(path)", .error: "it cannot be changed"]
        )
        return false
    }

    /// Notes in the file, on the disk, that its items are not to be used again, or that they are after all.
    ///
    /// - Returns: false when the system refuses.
    func setUsable(_ isUsable: Bool) -> Bool {
        let word = isUsable ? SnapshotFormat.usable : SnapshotFormat.consumed
        return unsafe pwrite(descriptor, word, word.count, off_t(SnapshotFormat.usableOffset)) == word.count
            && fsync(descriptor) == 0
    }

    /// Calls `body` with one block after the other, the directory excepted, until it returns false.
    ///
    /// - Throws: When a block is not as it was written; those before it have been given to `body`.
    func forEachBlock(_ body: (Block) -> Bool) throws(SnapshotRefusal) {
        var offset = start
        var sequence: UInt32 = 1
        let end = Int(header.fileLength)
        while offset < end {
            let block = try Self.block(descriptor, at: &offset, end: end, sequence: sequence)
            guard block.kind != .directory else { throw SnapshotRefusal("it has two directories") }
            sequence += 1
            guard body(block) else { return }
        }
        guard sequence == header.blocks else { throw SnapshotRefusal("it lacks blocks") }
    }

    private static func block(
        _ descriptor: Int32,
        at offset: inout Int,
        end: Int,
        sequence: UInt32
    ) throws(SnapshotRefusal) -> Block {
        let head = try read(descriptor, at: offset, min(SnapshotFormat.blockHeaderBytes, end - offset))
        guard let header = SnapshotBlockHeader(decoding: head), header.sequence == sequence,
            let kind = SnapshotFormat.BlockKind(rawValue: header.kind)
        else { throw SnapshotRefusal("block \(sequence) is damaged") }
        offset += SnapshotFormat.blockHeaderBytes
        let count = Int(header.payloadBytes)
        let most = kind == .directory ? SnapshotFormat.largestDirectory : SnapshotFormat.largestPayload
        guard count <= min(most, end - offset) else { throw SnapshotRefusal("block \(sequence) is damaged") }
        let payload = try read(descriptor, at: offset, count)
        guard header.checksum(of: payload) == header.checksum else {
            throw SnapshotRefusal("block \(sequence) is damaged")
        }
        offset += count
        return Block(kind: kind, tenant: header.tenant, payload: payload)
    }

    private static func read(_ descriptor: Int32, at offset: Int, _ count: Int) throws(SnapshotRefusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe pread(descriptor, bytes.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset + done))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SnapshotRefusal("it cannot be read: \(Files.systemError())") }
            guard read > 0 else { throw SnapshotRefusal("it is cut short") }
            done += read
        }
        return bytes
    }
}
