// Fuzzes the HTTP/1.1 codec: whatever the bytes and however they are cut, it neither traps nor loops, and the outcome
// of the pieces is that of the whole, and of a head that is like known ones that of one never seen.

@testable import Transport

/// One request as a handler would see it, or the refusal.
private enum Outcome: Equatable {
    case request(head: [UInt8], headers: [HeaderSlice], body: [UInt8], parts: RequestHead)
    case refusal(HTTPRefusal)
}

/// Small, so that short inputs reach them.
private func fuzzLimits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.headBytes = 1024
    limits.headerCount = 8
    limits.bodyBytes = 512
    return limits
}

private func outcomes(_ pieces: [ArraySlice<UInt8>], _ table: HeaderTable? = nil) -> [Outcome] {
    let limits = fuzzLimits()
    let headers = table ?? HeaderTable(capacity: limits.headerCount)
    var codec = HTTPCodec()
    var seen: [Outcome] = []
    for piece in pieces {
        let input = Array(piece)
        var position = 0
        while position < input.count {
            let before = position
            switch codec.next(input.span, &position, limits: limits, headers: headers) {
            case .needsInput:
                precondition(position == input.count, "input is left over")
            case .expectsContinue: break
            case .request(let layout):
                precondition(position > before, "a request was made of nothing")
                let bytes = layout.isHeld ? codec.takeHeld() : (head: input, body: input)
                let head = Array(bytes.head[layout.head])
                let slices = unsafe Array(headers.slices)
                for slice in slices {
                    precondition(Int(slice.x) + Int(slice.y) < Int(slice.z), "name and value overlap")
                    precondition(Int(slice.z) + Int(slice.w) < head.count, "a value lies outside the head")
                }
                let body = Array(bytes.body[layout.body])
                precondition(head.count <= limits.headBytes && body.count <= limits.bodyBytes, "limits exceeded")
                seen.append(.request(head: head, headers: slices, body: body, parts: layout.parts))
            case .refusal(let reason):
                seen.append(.refusal(reason))
                return seen
            }
            precondition(codec.heldCount <= limits.headBytes + limits.bodyBytes, "too much is held")
        }
    }
    return seen
}

/// libFuzzer's entry point.
///
/// The first byte says where the rest is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPHead(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let first = bytes.first else { return 0 }
    let input = bytes.dropFirst()
    let whole = outcomes([input])
    let cut = input.startIndex + Int(first) * input.count / 256
    precondition(outcomes([input[..<cut], input[cut...]]) == whole, "the cut changes the outcome")
    if first % 16 == 0 {
        let single = input.indices.map { input[$0...$0] }
        precondition(outcomes(single) == whole, "single bytes change the outcome")
    }
    let table = HeaderTable(capacity: fuzzLimits().headerCount)
    for _ in 0..<3 { precondition(outcomes([input], table) == whole, "a known head is read otherwise") }
    // Digits stay digits.
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let varied = input.enumerated().map { $1 ^ (digits.contains($1) && $0 % 3 != Int(first) % 3 ? 1 : 0) }
    precondition(outcomes([varied[...]], table) == outcomes([varied[...]]), "a head like a known one is read otherwise")
    return 0
}
