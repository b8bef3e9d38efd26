import CSQLite

/// A prepared statement.
///
/// In use from ``Storage/take(_:)`` to ``Storage/give(_:)``; between two uses it is reset and has no parameters bound.
@safe
final class Statement {
    private let handle: OpaquePointer
    /// Whether somebody has taken it.
    private(set) var isTaken = false
    /// The first failure to bind a parameter.
    private var bindResult = SQLITE_OK

    /// Takes over a handle of `sqlite3_prepare`.
    @unsafe
    init(_ handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Begins a use.
    func take() {
        isTaken = true
    }

    /// Ends a use.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
        bindResult = SQLITE_OK
        isTaken = false
    }

    // MARK: Parameters

    func bind(_ value: Int64, at index: Int32) {
        note(unsafe sqlite3_bind_int64(handle, index, value))
    }

    /// Binds a number, or NULL; a parameter that is not bound is NULL.
    func bind(_ value: Int64?, at index: Int32) {
        if let value { bind(value, at: index) }
    }

    /// Binds a copy of `bytes`.
    func bind(_ bytes: [UInt8], at index: Int32) {
        unsafe bytes.withUnsafeBytes {
            note(unsafe csqlite_bind_copy(handle, index, $0.baseAddress, $0.count))
        }
    }

    /// Binds a key to three parameters from `index` on; it is copied.
    func bind(_ key: StorageKey, at index: Int32) {
        bind(key.slot, at: index)
        bind(key.partition, at: index + 1)
        bind(key.sort, at: index + 2)
    }

    private func bind(inPlace bytes: UnsafeRawBufferPointer, at index: Int32) {
        note(unsafe csqlite_bind_static(handle, index, bytes.baseAddress, bytes.count))
    }

    private func note(_ result: Int32) {
        if result != SQLITE_OK && bindResult == SQLITE_OK { bindResult = result }
    }

    // MARK: Rows

    /// Goes to the next row; `SQLITE_ROW`, `SQLITE_DONE` or a failure.
    func step() -> Int32 {
        if bindResult != SQLITE_OK { return bindResult }
        return unsafe sqlite3_step(handle)
    }

    /// Steps once with parameters 1 to 4 being a table and a key; the key is not copied.
    func step(_ table: Int64, _ key: StorageKey) -> Int32 {
        bind(table, at: 1)
        bind(key.slot, at: 2)
        return unsafe key.partition.withUnsafeBytes { partition in
            unsafe key.sort.withUnsafeBytes { sort in
                unsafe bind(inPlace: partition, at: 3)
                unsafe bind(inPlace: sort, at: 4)
                return step()
            }
        }
    }

    /// Steps once with a parameter being `bytes`, which are not copied.
    func step(withBytes bytes: [UInt8], at index: Int32) -> Int32 {
        unsafe bytes.withUnsafeBytes {
            unsafe bind(inPlace: $0, at: index)
            return step()
        }
    }

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// A number, or nil for NULL.
    func optionalInteger(_ column: Int32) -> Int64? {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    func text(_ column: Int32) -> String {
        String(decoding: blob(column), as: UTF8.self)
    }

    /// A key in three columns from `column` on.
    func key(_ column: Int32) -> StorageKey {
        StorageKey(slot: integer(column), partition: blob(column + 1), sort: blob(column + 2))
    }
}
