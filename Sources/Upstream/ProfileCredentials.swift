internal import Glibc
public import SigV4
import Synchronization

/// Credentials from a profile of AWS's shared credentials file, read again when the file changes, so that keys can be
/// rotated under a running proxy.
///
/// While a changed file cannot be used (half written, the profile gone), the last good credentials stay in force and
/// `reloadError` says why.
public final class ProfileCredentials: CredentialsProvider {
    private struct State {
        var credentials: SigningCredentials
        var stamp: FileStamp
        var checkedAt: UInt64
        var reloadError: CredentialsError?
    }

    /// The file read.
    public let file: String
    /// The profile used.
    public let profile: String
    private let checkInterval: UInt64
    private let state: Mutex<State>

    /// Reads the profile.
    ///
    /// - Parameters:
    ///   - profile: nil for `AWS_PROFILE`, or else `default`.
    ///   - file: nil for `AWS_SHARED_CREDENTIALS_FILE`, or else `~/.aws/credentials`. A leading `~/` is `HOME`.
    ///   - checkInterval: how long a change of the file may go unnoticed, in nanoseconds.
    ///   - variable: the environment; nil for the process's own.
    /// - Throws: `CredentialsError` when the file or the profile cannot be used.
    public init(
        profile: String? = nil,
        file: String? = nil,
        checkInterval: UInt64 = 5_000_000_000,
        variable: ((String) -> String?)? = nil
    ) throws(CredentialsError) {
        func value(_ name: String) -> String? {
            let value = variable.map { $0(name) } ?? environmentVariable(name)
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        let name = profile ?? value("AWS_PROFILE") ?? "default"
        let path = file ?? value("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials"
        if path.hasPrefix("~/") {
            guard let home = value("HOME") else {
                throw CredentialsError("cannot find \(path): the environment variable HOME is not set")
            }
            self.file = home + path.dropFirst(1)
        } else {
            self.file = path
        }
        self.profile = name
        self.checkInterval = checkInterval
        let (credentials, stamp) = try Self.load(self.file, name)
        state = Mutex(State(credentials: credentials, stamp: stamp, checkedAt: monotonicNow()))
    }

    /// The credentials of the file as of at most `checkInterval` ago.
    public func current() -> SigningCredentials {
        state.withLock { state in
            let now = monotonicNow()
            guard now &- state.checkedAt >= checkInterval else { return state.credentials }
            state.checkedAt = now
            guard FileStamp(path: file) != state.stamp else { return state.credentials }
            do throws(CredentialsError) {
                (state.credentials, state.stamp) = try Self.load(file, profile)
                state.reloadError = nil
            } catch {
                state.reloadError = error
            }
            return state.credentials
        }
    }

    /// Why the file's latest state could not be used; nil when it could.
    public var reloadError: CredentialsError? {
        state.withLock { $0.reloadError }
    }

    private static func load(
        _ file: String,
        _ profile: String
    ) throws(CredentialsError) -> (SigningCredentials, FileStamp) {
        do throws(CredentialsError) {
            var (bytes, stamp) = try readFile(file)
            defer { erase(&bytes) }
            return (try ProfileFile(bytes, profile: profile).credentials(profile: profile), stamp)
        } catch {
            throw CredentialsError("\(file): \(error)")
        }
    }

    /// Largest file read, in bytes.
    private static let sizeLimit = 1 << 20

    private static func readFile(_ path: String) throws(CredentialsError) -> ([UInt8], FileStamp) {
        // Not to be blocked by a pipe put in the file's place.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw CredentialsError("cannot be opened: \(systemError())") }
        defer { close(descriptor) }
        guard let stamp = FileStamp(descriptor: descriptor) else {
            throw CredentialsError("is not a regular file")
        }
        guard stamp.size <= sizeLimit else { throw CredentialsError("is larger than \(sizeLimit) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(stamp.size))
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CredentialsError("cannot be read: \(systemError())") }
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return (bytes, stamp)
    }
}

/// What changes when a file is written or replaced.
private struct FileStamp: Equatable {
    private let device: UInt
    private let inode: UInt
    private let seconds: Int
    private let nanoseconds: Int
    let size: Int

    init?(path: String) {
        var info = stat()
        guard unsafe stat(path, &info) == 0 else { return nil }
        self.init(info)
    }

    init?(descriptor: Int32) {
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0 else { return nil }
        self.init(info)
    }

    private init?(_ info: stat) {
        guard info.st_mode & S_IFMT == S_IFREG else { return nil }
        device = info.st_dev
        inode = info.st_ino
        seconds = info.st_mtim.tv_sec
        nanoseconds = info.st_mtim.tv_nsec
        size = info.st_size
    }
}

private func erase(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
        if let start = buffer.baseAddress {
            unsafe explicit_bzero(start, buffer.count)
        }
    }
}

private func monotonicNow() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
}

private func systemError() -> String {
    guard let text = unsafe strerror(errno) else { return "error \(errno)" }
    return unsafe String(cString: text)
}
