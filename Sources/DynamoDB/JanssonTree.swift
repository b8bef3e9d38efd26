private import CJansson

/// A JSON text parsed by jansson, and the owner of the parsed values.
///
/// For replies of the control plane, which are rare and read member by member; data-plane replies are scanned in place
/// (``JSONReader``).
@safe
final class JanssonTree {
    private let root: UnsafeMutablePointer<json_t>

    /// Parses a text.
    ///
    /// Nil when it is not JSON or an object in it names a member twice.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress,
            let root = unsafe leveret_json_load(base.assumingMemoryBound(to: CChar.self), bytes.count)
        else { return nil }
        unsafe self.root = root
    }

    deinit {
        unsafe json_decref(root)
    }

    /// The value the text consists of.
    var value: Value { unsafe Value(tree: self, handle: root) }

    /// A value of a tree, which it keeps alive.
    @safe
    struct Value {
        private let tree: JanssonTree
        private let handle: UnsafeMutablePointer<json_t>

        fileprivate init(tree: JanssonTree, handle: UnsafeMutablePointer<json_t>) {
            self.tree = tree
            unsafe self.handle = handle
        }

        /// The member of an object; nil when this is no object or has no such member.
        subscript(name: String) -> Value? {
            guard let member = unsafe json_object_get(handle, name) else { return nil }
            return unsafe Value(tree: tree, handle: member)
        }

        /// The elements of an array; nil when this is none.
        var elements: [Value]? {
            guard unsafe leveret_json_type(handle) == JSON_ARRAY else { return nil }
            return unsafe (0..<json_array_size(handle)).compactMap { index in
                unsafe json_array_get(handle, index).map { unsafe Value(tree: tree, handle: $0) }
            }
        }

        /// The text of a string; nil when this is none.
        var string: String? {
            guard let bytes = unsafe json_string_value(handle) else { return nil }
            let text = unsafe UnsafeRawBufferPointer(start: bytes, count: json_string_length(handle))
            return unsafe String(decoding: text, as: UTF8.self)
        }

        /// The value of a number, whole or not; nil when this is none.
        var number: Double? {
            switch unsafe leveret_json_type(handle) {
            case JSON_INTEGER, JSON_REAL: unsafe json_number_value(handle)
            default: nil
            }
        }

        /// Whether this is an object.
        var isObject: Bool { unsafe leveret_json_type(handle) == JSON_OBJECT }
    }
}
