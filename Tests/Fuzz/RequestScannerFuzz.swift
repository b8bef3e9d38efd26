// Whatever the request scanners do with the bytes given, they must not crash or read beyond them; and what
// GetItemRequest.parse accepts, jansson must accept too: the proxy must not see a request where another parser sees
// none, or another one.

private import CJansson
@testable import DynamoDB

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequestScanners(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // A copy of the exact size, so that AddressSanitizer sees the first byte read beyond it.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
    defer { copy.deallocate() }
    if size > 0 { copy.copyMemory(from: UnsafeRawBufferPointer(start: data, count: size)) }
    let body = UnsafeRawBufferPointer(copy)

    scan(body)
    if let request = try? GetItemRequest.parse(body) {
        checkAgainstJansson(body)
        let key = KeyBuffer()
        if ItemKey.appendCanonical(keyObject: request.key.slice(of: body), to: key) {
            precondition(key.count <= 2 * (255 + 2048 + 4), "a key beyond the documented bound")
        } else {
            precondition(key.count == 0, "a refused key left something behind")
        }
    }
    return 0
}

private func scan(_ body: UnsafeRawBufferPointer) {
    _ = Target.parse(body)
    _ = try? NumberText.canonical(body)
    _ = try? BatchGetItemRequest.parse(body)
    let schema = KeySchema(
        partitionKey: .init(name: "Artist", type: .string),
        sortKey: .init(name: "Year", type: .number)
    )
    _ = ItemKey.appendCanonical(item: body, schema: schema, to: KeyBuffer())
    let operations: [Operation?] = [
        .putItem, .batchWriteItem, .transactWriteItems, .executeTransaction, .importTable, nil,
    ]
    for operation in operations {
        guard let found = try? TouchedResources.of(operation, body: body) else { continue }
        for write in found.writes {
            precondition(found.tables.indices.contains(write.table))
            switch write.location {
            case .key(let range): _ = ItemKey.appendCanonical(keyObject: range.slice(of: body), to: KeyBuffer())
            case .item(let range):
                _ = ItemKey.appendCanonical(item: range.slice(of: body), schema: schema, to: KeyBuffer())
            }
        }
        if let token = found.clientRequestToken {
            _ = RequestWriter.replacing(token.range, of: body, with: "token".utf8)
        }
    }
    if body.count <= 300 { _ = PartiQL.classify(String(decoding: body, as: UTF8.self)) }
}

private func checkAgainstJansson(_ body: UnsafeRawBufferPointer) {
    var error = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
    if let tree = json_loadb(body.baseAddress, body.count, flags, &error) {
        json_delete(tree)
        return
    }
    // Limits of jansson's own: numbers that do not fit its types, and a NUL in a name.
    let code = json_error_code(&error)
    precondition(
        code == json_error_numeric_overflow || code == json_error_null_byte_in_key,
        "jansson refuses an accepted body"
    )
}
