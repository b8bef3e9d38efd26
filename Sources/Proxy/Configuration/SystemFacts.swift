import Glibc

extension Configuration {
    /// Number of cores online, at least 1.
    public static var coresOnline: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// An environment variable of this process; nil when it is not set.
    public static func environmentVariable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// Why a file could not be read, in the system's words.
struct FileProblem: Error {
    var reason: String
}

/// What is needed of files, without Foundation.
enum Files {
    /// The whole file; refused when it is not a regular file or pipe, or larger than `limit` bytes.
    static func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(reason: systemError()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(reason: systemError()) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw FileProblem(reason: "it is larger than \(limit) bytes") }
        }
    }

    /// Why this process cannot read the file; nil when it can.
    static func unreadable(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return systemError() }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return systemError() }
        return status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : nil
    }

    /// Why this process can neither open nor make a file of its own there; nil when it can.
    static func unusable(_ path: String) -> String? {
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
            return unsafe access(path, R_OK | W_OK) == 0 ? nil : systemError()
        }
        guard errno == ENOENT else { return systemError() }
        return unsafe access(folder(of: path), W_OK | X_OK) == 0 ? nil : "its folder: \(systemError())"
    }

    /// Why this process cannot read the file, if there is one, and put another in its place; nil when it can.
    static func unreplaceable(_ path: String) -> String? {
        if let reason = unusable(path) { return reason }
        let folder = folder(of: path)
        return unsafe access(folder, W_OK | X_OK) == 0 ? nil : "its folder: \(systemError())"
    }

    /// Sees to it that the names in a file's folder are on the disk.
    static func syncFolder(of path: String) {
        let descriptor = unsafe open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Whether the file's mode lets its group or everybody read it.
    static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_mode & (S_IRGRP | S_IROTH) != 0
    }

    /// Whether `host` is an IPv4 or IPv6 address.
    static func isAddress(_ host: String) -> Bool {
        var bytes = in6_addr()
        return unsafe inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
    }

    static func systemError() -> String {
        unsafe String(cString: strerror(errno))
    }
}
