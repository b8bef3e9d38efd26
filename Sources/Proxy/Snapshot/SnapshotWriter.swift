import DynamoDB
import Glibc

/// Writes a snapshot beside the one it replaces, and puts it in its place when it is whole and on the disk.
final class SnapshotWriter {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private var header: SnapshotHeader
    private var length = 0
    private var isFinished = false

    /// Makes the temporary file, readable by its owner only: what is in it are the tenants' items, and the seed with which
    /// keys could be made to collide.
    ///
    /// - Throws: What the system says.
    init(replacing path: String, savedAt: Int64, seed: (UInt64, UInt64)) throws(FileProblem) {
        self.path = path
        temporary = path + ".new"
        unsafe unlink(temporary)
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileProblem(reason: Files.systemError()) }
        header = SnapshotHeader(savedAt: savedAt, seed: seed, fileLength: 0, blocks: 0)
        try write([UInt8](repeating: 0, count: SnapshotFormat.headerBytes))
    }

    deinit {
        close(descriptor)
        if !isFinished { unsafe unlink(temporary) }
    }

    /// Bytes written.
    var bytes: Int { length }

    /// Appends a block.
    func append(_ kind: SnapshotFormat.BlockKind, tenant: UInt32 = 0, _ payload: [UInt8]) throws(FileProblem) {
        let block = SnapshotBlockHeader(kind, tenant: tenant, sequence: header.blocks, payload: payload)
        try write(block.encoded())
        try write(payload)
        header.blocks += 1
    }

    /// Makes the file the snapshot.
    ///
    /// Its items are usable, since nothing has been served after they were written.
    func finish() throws(FileProblem) {
        header.fileLength = UInt64(length)
        let bytes = header.encoded() + SnapshotFormat.usable
        guard unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0,
            unsafe rename(temporary, path) == 0
        else { throw FileProblem(reason: Files.systemError()) }
        isFinished = true
        Files.syncFolder(of: path)
    }

    private func write(_ bytes: [UInt8]) throws(FileProblem) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileProblem(reason: Files.systemError()) }
            offset += count
        }
        length += bytes.count
    }
}
