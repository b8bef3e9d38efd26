import Glibc
import Synchronization

/// A database's file, looked at before SQLite gets to see it, so that a foreign one stays as it is.
struct StorageFile {
    /// As the user named it.
    let name: String
    /// How SQLite is to open it: neither a URI nor one of SQLite's own names.
    let path: String
    /// Keeps other stores of this process away; nil as long as there is no file.
    private(set) var claim: FileClaim?

    /// Checks the file and claims it.
    init(_ name: String) throws(StorageOpenError) {
        self.name = name
        guard !name.isEmpty, !name.utf8.contains(0) else { throw .system(name, "the name is empty or has a zero byte") }
        path = name.hasPrefix("/") ? name : "./" + name

        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(name, "\(SystemError(errno))") }
            try checkFolder()
            return
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .system(name, "it is not a file") }
        // Before the file is opened here: closing any descriptor of it would drop this process's locks.
        try claim(status)
        try checkContents(size: status.st_size)
    }

    /// Claims a file that SQLite has created.
    mutating func claimCreated() throws(StorageOpenError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .system(name, "\(SystemError(errno))") }
        try claim(status)
    }

    private mutating func claim(_ status: stat) throws(StorageOpenError) {
        guard let claim = FileClaim.take(device: status.st_dev, inode: status.st_ino) else { throw .inUse(name) }
        self.claim = claim
    }

    /// Whether a file can be made in the folder; SQLite would not say why not.
    private func checkFolder() throws(StorageOpenError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard unsafe access(folder, W_OK | X_OK) == 0 else {
            throw .system(name, "the folder \(folder): \(SystemError(errno))")
        }
    }

    /// Reads the header: SQLite's magic, `user_version` and `application_id`, which are there since the file was made.
    private func checkContents(size: Int) throws(StorageOpenError) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(name, "\(SystemError(errno))") }
        defer { close(descriptor) }
        if size == 0 { return }
        var header = [UInt8](repeating: 0, count: 100)
        let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw .system(name, "\(SystemError(errno))") }
        if count == header.count && header.allSatisfy({ $0 == 0 }) && Self.size(path + "-journal") > 0 {
            // Power was lost while it was made: SQLite undoes that.
            return
        }
        guard count == header.count, header.starts(with: "SQLite format 3\0".utf8),
            Self.integer(header[68..<72]) == Schema.applicationID
        else { throw .foreign(name) }
        let version = Self.integer(header[60..<64])
        if version > Schema.version { throw .tooNew(name, version: version) }
        if version != Schema.version { throw .damaged(name, "there is no format \(version)") }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int32 {
        Int32(bitPattern: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Bytes of a file; 0 when there is none.
    static func size(_ path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_size : 0
    }
}

/// The right to open a file in this process, until it is let go.
///
/// SQLite's locks keep other processes away, but not its other connections in the same one.
final class FileClaim: Sendable {
    private struct File: Hashable {
        var device: UInt
        var inode: UInt
    }

    private static let claimed = Mutex<Set<File>>([])
    private let file: File

    private init(_ file: File) {
        self.file = file
    }

    /// Nil when somebody has the file.
    static func take(device: UInt, inode: UInt) -> FileClaim? {
        let file = File(device: device, inode: inode)
        return claimed.withLock { $0.insert(file).inserted } ? FileClaim(file) : nil
    }

    deinit {
        _ = Self.claimed.withLock { $0.remove(file) }
    }
}
