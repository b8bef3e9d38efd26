internal import CCurl

/// Owns one libcurl easy handle with the memory libcurl keeps pointers into.
@safe
final class EasyHandle {
    /// The handle itself.
    let pointer: UnsafeMutableRawPointer
    /// Names the handle in libcurl's messages.
    var identity: UInt { unsafe UInt(bitPattern: pointer) }
    /// False once an option was refused (an older libcurl, or out of memory): such a handle must not be used.
    private(set) var isConfigured = true
    private let errorText: UnsafeMutablePointer<CChar>
    private var url: OpaquePointer?
    private var headers = HeaderList()

    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = unsafe pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        unsafe note(ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_url_cleanup(url)
        unsafe errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) {
        unsafe note(ccurl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, offset value: Int) {
        unsafe note(ccurl_set_offset(pointer, option, curl_off_t(value)))
    }

    /// libcurl copies the text; nil restores the option's absence.
    func set(_ option: CURLoption, _ value: String?) {
        unsafe note(ccurl_set_string(pointer, option, value))
    }

    /// Sets the URL, parsed once for all calls.
    func setURL(_ text: String) {
        unsafe curl_url_cleanup(url)
        unsafe url = curl_url()
        guard let url = unsafe url, unsafe curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else {
            isConfigured = false
            return
        }
        unsafe note(ccurl_set_pointer(pointer, CURLOPT_CURLU, UnsafeRawPointer(url)))
    }

    func set(_ option: CURLoption, context: UnsafeMutableRawPointer) {
        unsafe note(ccurl_set_pointer(pointer, option, context))
    }

    func set(_ option: CURLoption, _ callback: ccurl_data_callback) {
        unsafe note(ccurl_set_data_callback(pointer, option, callback))
    }

    func setPreRequest(_ callback: ccurl_prereq_callback) {
        unsafe note(ccurl_set_prereq_callback(pointer, callback))
    }

    func setClose(_ callback: ccurl_close_callback) {
        unsafe note(ccurl_set_close_callback(pointer, callback))
    }

    /// libcurl copies the body, so that nothing here has to outlive the call.
    func setBody(_ body: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, offset: body.count)
        unsafe body.withUnsafeBytes { bytes in
            // Without a pointer libcurl would read the body from a callback: an empty one still needs an address.
            if let start = bytes.baseAddress {
                unsafe note(ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start))
            } else {
                unsafe note(ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, UnsafeRawPointer(errorText)))
            }
        }
    }

    /// The body is asked for with the read callback, piece by piece.
    func setBody(count: Int) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, offset: count)
        unsafe note(ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, nil))
    }

    /// Sets the header lines that `write` writes.
    ///
    /// - Returns: false when they are not such as can be sent; the handle is as it was without lines then.
    func setHeaders(_ write: (inout HeaderList) -> Void) -> Bool {
        headers.removeAll()
        write(&headers)
        guard headers.isValid else {
            headers.removeAll()
            return false
        }
        unsafe note(ccurl_set_headers(pointer, headers.linked()))
        return true
    }

    /// Forgets the last call's headers, body and error, so that an idle handle holds neither memory nor secrets.
    func clear() {
        unsafe note(ccurl_set_headers(pointer, nil))
        headers.removeAll()
        unsafe note(ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, nil))
        unsafe errorText.pointee = 0
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        guard unsafe ccurl_get_long(pointer, info, &value) == CURLE_OK else { return 0 }
        return value
    }

    /// The connection that the call has made and left behind for others; nil when it made none.
    var newConnection: Int32? {
        guard long(CURLINFO_NUM_CONNECTS) > 0 else { return nil }
        let descriptor = unsafe ccurl_kept_socket(pointer)
        return descriptor == CURL_SOCKET_BAD ? nil : descriptor
    }

    /// What libcurl says of the last error, in printable ASCII.
    func explain(_ code: CURLcode) -> String {
        var text = unsafe String(cString: errorText)
        if text.isEmpty, let known = unsafe curl_easy_strerror(code) {
            text = unsafe String(cString: known)
        }
        return String(
            text.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F ? Character($0) : "?" }
        )
    }

    private func note(_ code: CURLcode) {
        if code != CURLE_OK {
            isConfigured = false
        }
    }
}
