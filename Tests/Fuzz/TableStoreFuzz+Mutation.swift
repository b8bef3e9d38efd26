// Requests that JSON refuses reach little, so that half of the mutations change whole values of a request.

/// libFuzzer's own mutations, with the dictionary.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int) -> Int

/// libFuzzer calls this in place of its own mutations.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateRequest(
    _ data: UnsafeMutablePointer<UInt8>,
    _ size: Int,
    _ maximum: Int,
    _ seed: CUnsignedInt
) -> Int {
    var random = SeededRandom(state: UInt64(seed))
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard Bool.random(using: &random), let (range, new) = change(of: bytes, &random) else {
        return mutate(data, size, maximum)
    }
    let mutated = bytes[..<range.lowerBound] + new + bytes[range.upperBound...]
    guard mutated.count <= maximum else { return mutate(data, size, maximum) }
    for (index, byte) in mutated.enumerated() { data[index] = byte }
    return mutated.count
}

/// What to put in the place of which bytes.
private func change(of bytes: [UInt8], _ random: inout SeededRandom) -> (Range<Int>, [UInt8])? {
    let values = jsonValues(in: bytes)
    guard let range = values.randomElement(using: &random), let other = values.randomElement(using: &random) else {
        return nil
    }
    let comma = UInt8(ascii: ",")
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
        return (range, Array(bytes[other]))
    case 1:
        return (range, snippets.randomElement(using: &random) ?? [])
    case 2:
        return (range.upperBound..<range.upperBound, [comma] + bytes[other])
    case 3:
        // The value with its name and a comma.
        var lower = range.lowerBound
        if lower > 1, bytes[lower - 1] == UInt8(ascii: ":"),
            let name = values.last(where: { $0.upperBound == lower - 1 })
        {
            lower = name.lowerBound
        }
        if lower > 0, bytes[lower - 1] == comma { return (lower - 1..<range.upperBound, []) }
        let isFirst = range.upperBound < bytes.count && bytes[range.upperBound] == comma
        return (lower..<range.upperBound + (isFirst ? 1 : 0), [])
    case 4:
        return (range, [UInt8(ascii: "[")] + bytes[range] + [comma] + bytes[other] + [UInt8(ascii: "]")])
    default:
        // The inside of a string.
        let strings = values.filter { bytes[$0.lowerBound] == UInt8(ascii: "\"") }
        guard let string = strings.randomElement(using: &random) else { return nil }
        let inside = string.lowerBound + 1..<string.upperBound - 1
        let room = inside.count + 32
        var text = Array(bytes[inside]) + [UInt8](repeating: 0, count: 32)
        let count = text.withUnsafeMutableBufferPointer { text in
            text.baseAddress.map { mutate($0, inside.count, room) } ?? 0
        }
        return (inside, Array(text[..<count]))
    }
}

/// Where the values and names of JSON texts are, told without looking whether they are right.
private func jsonValues(in bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var open: [Int] = []
    var index = 0
    while index < bytes.count {
        let start = index
        index += 1
        switch bytes[start] {
        case UInt8(ascii: "\""):
            while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\n") {
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            index += 1
            if index <= bytes.count { ranges.append(start..<index) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            open.append(start)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if let first = open.popLast() { ranges.append(first..<index) }
        case UInt8(ascii: "\n"):
            open = []
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            while index < bytes.count, bytes[index] > UInt8(ascii: ","), bytes[index] < UInt8(ascii: "{"),
                bytes[index] != UInt8(ascii: ":"), bytes[index] != UInt8(ascii: "]")
            {
                index += 1
            }
            ranges.append(start..<index)
        default:
            break
        }
    }
    return ranges
}

private let snippets: [[UInt8]] = [
    "null", "true", "\"\"", "{}", "[]", "0", "-1", "1.5", "9223372036854775807", "1e400", "1000000", "\"a\"", "\":v\"",
    "\"Music\"", "\"Numbers\"", "\"Bytes\"", "\"Artist\"", "\"Song\"", "\"Year\"", "\"Genre\"", "\"N\"", "\"B\"",
    "\"ByGenre\"", "\"Genres\"", "\"ByYear\"", "\"ByB\"", "\"ALL\"", "\"NONE\"", "\"COUNT\"", "\"INDEXES\"", "\"OR\"",
    #"{"S":""}"#, #"{"S":"A"}"#, #"{"S":"a"}"#, #"{"S":"pop"}"#, #"{"N":"0"}"#, #"{"N":"1"}"#, #"{"N":"-1"}"#,
    #"{"N":"9.9999999999999999999999999999999999999E+125"}"#, #"{"N":"-1E-130"}"#, #"{"N":"1e126"}"#,
    #"{"N":"007.50"}"#,
    #"{"N":"12345678901234567890123456789012345678"}"#, #"{"N":"1700000000"}"#, #"{"B":""}"#, #"{"B":"AA=="}"#,
    #"{"B":"/w=="}"#, #"{"SS":["a","b"]}"#, #"{"SS":[]}"#, #"{"NS":["1","1.0"]}"#, #"{"BS":["AA==","AQ=="]}"#,
    #"{"L":[]}"#, #"{"L":[{"S":"x"}]}"#, #"{"M":{}}"#, #"{"M":{"a":{"N":"1"}}}"#, #"{"BOOL":true}"#, #"{"NULL":true}"#,
    #"{"NULL":false}"#, #"{"S":"a","N":"1"}"#, #"{"X":"a"}"#,
].map { Array($0.utf8) }

/// SplitMix64.
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
