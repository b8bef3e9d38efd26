/// Why a database can't be opened.
struct StorageOpenError: Error, Equatable, CustomStringConvertible {
    enum Kind: Equatable {
        /// Another process, or another store of this one, has it open.
        case inUse
        /// It is no database, or not one of this program's.
        case foreign
        /// It was made by a later version.
        case tooNew
        /// It is damaged.
        case damaged
        /// It can't be read or written.
        case system
    }

    var kind: Kind
    /// One sentence that names the file and says what to do.
    var description: String
}

extension StorageOpenError {
    static func inUse(_ file: String) -> Self {
        Self(kind: .inUse, description: "the database \(file) is in use already: close the other, or name another file")
    }

    static func foreign(_ file: String) -> Self {
        Self(
            kind: .foreign,
            description: "\(file) is not a database of leveret: name another file, which may be one to be created"
        )
    }

    static func tooNew(_ file: String, version: Int32) -> Self {
        Self(
            kind: .tooNew,
            description: "the database \(file) has format \(version) of a later leveret, and this one knows up to "
                + "\(Schema.version): use that leveret, or name another file"
        )
    }

    static func damaged(_ file: String, _ what: String) -> Self {
        Self(
            kind: .damaged,
            description: "the database \(file) is damaged (\(what)): restore a copy, or move it away to begin anew"
        )
    }

    static func system(_ file: String, _ what: String) -> Self {
        Self(
            kind: .system,
            description: "the database \(file) can't be opened (\(what)): see to its folder, or name another file"
        )
    }

    /// A failure of SQLite after the file's header was found right.
    init(_ failure: Connection.Failure, file: String) {
        self =
            switch failure.kind {
            case .inUse: .inUse(file)
            case .damaged: .damaged(file, failure.description)
            case .other: .system(file, failure.description)
            }
    }
}
