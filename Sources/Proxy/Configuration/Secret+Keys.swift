extension YAMLSection {
    /// The secret under `key`, or in the file named under `key` + `_file`.
    ///
    /// Nothing said here shows any of it.
    func secret(_ key: String) -> Secret? {
        switch (self[key], self["\(key)_file"]) {
        case (let value?, nil): return value.secret()
        case (nil, let value?): return value.secretFile()
        case (_?, let file?):
            file.mistake("stands beside \(key)", "keep one of the two")
            return nil
        case (nil, nil): return nil
        }
    }

    /// The same for a secret that must be there.
    func requiredSecret(_ key: String) -> Secret? {
        if self[key] == nil, self["\(key)_file"] == nil {
            missing(key, "write \(key): ${NAME}, or \(key)_file: with a file's path")
        }
        return secret(key)
    }
}

extension YAMLValue {
    fileprivate func secret() -> Secret? {
        guard let text = text("a secret") else { return nil }
        if !text.isExpanded, Files.isReadableByOthers(reading.file) {
            warning(
                "a secret is written in a file that others can read",
                "use ${NAME} or the _file key, or take the permission away (chmod 600)"
            )
        }
        return secret(Array(text.value.utf8), origin: text.isExpanded ? "the environment variable is" : "the secret is")
    }

    fileprivate func secretFile() -> Secret? {
        guard let text = text("a file's path") else { return nil }
        do throws(FileProblem) {
            var bytes = try Files.read(reading.resolve(text.value), limit: 64 << 10)
            while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            return secret(bytes, origin: "the secret file \(text.shown) is")
        } catch {
            mistake(
                "the secret file \(text.shown) cannot be read: \(error.reason)",
                "correct the path or its permissions"
            )
            return nil
        }
    }

    private func secret(_ bytes: [UInt8], origin: String) -> Secret? {
        if bytes.isEmpty {
            mistake("\(origin) empty", "put the secret there")
            return nil
        }
        // Neither AWS' secrets nor its session tokens have other bytes; a line feed would end a header.
        guard bytes.count <= 8192, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            mistake("\(origin) not a secret: it has spaces, line ends or unprintable bytes, or is too long", "mend it")
            return nil
        }
        return Secret(bytes)
    }
}
