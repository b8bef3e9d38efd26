/// Decodes a chunked body (RFC 9112, 7.1), however the input is cut.
///
/// Chunk extensions and trailers are checked for form, counted, and dropped.
struct ChunkedBody {
    private enum State {
        case size
        case chunkExtension
        case sizeEnd
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerEnd
        case lastLineFeed
    }

    private static let maximumSizeDigits = 16

    private var state = State.size
    private var remaining = 0
    private var sizeDigits = 0
    private var decoded = 0
    /// Bytes of extensions and trailers.
    private var overhead = 0

    /// Appends decoded bytes to `body` and moves `position` behind what it has read.
    ///
    /// True at the end of the body.
    mutating func decode(
        _ input: Span<UInt8>,
        _ position: inout Int,
        into body: inout [UInt8],
        limits: HTTPLimits
    ) throws(HTTPRefusal) -> Bool {
        while position < input.count {
            if state == .data {
                takeData(input, &position, into: &body, limits)
                continue
            }
            let byte = input[position]
            position += 1
            if state == .lastLineFeed {
                guard byte == ASCII.lineFeed else { throw .malformedChunk }
                return true
            }
            state = try next(byte, limits)
        }
        return false
    }

    private mutating func takeData(
        _ input: Span<UInt8>,
        _ position: inout Int,
        into body: inout [UInt8],
        _ limits: HTTPLimits
    ) {
        let count = min(remaining, input.count - position)
        body.reserveRoom(for: count, limit: limits.bodyBytes)
        body.append(input, position..<position + count)
        position += count
        remaining -= count
        if remaining == 0 {
            state = .dataCarriageReturn
        }
    }

    private mutating func next(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPRefusal) -> State {
        switch state {
        case .size:
            if let digit = byte.hexDigit {
                sizeDigits += 1
                remaining = remaining * 16 + digit
                guard sizeDigits <= ChunkedBody.maximumSizeDigits else { throw .malformedChunk }
                guard remaining <= limits.bodyBytes - decoded else { throw .bodyTooLarge }
                return .size
            }
            guard sizeDigits > 0 else { throw .malformedChunk }
            return try endOfSize(byte)
        case .chunkExtension:
            try count(byte, limits)
            return byte == ASCII.semicolon ? .chunkExtension : try endOfSize(byte, inExtension: true)
        case .sizeEnd:
            guard byte == ASCII.lineFeed else { throw .malformedChunk }
            sizeDigits = 0
            decoded += remaining
            return remaining == 0 ? .trailerStart : .data
        case .dataCarriageReturn:
            guard byte == ASCII.carriageReturn else { throw .malformedChunk }
            return .dataLineFeed
        case .dataLineFeed:
            guard byte == ASCII.lineFeed else { throw .malformedChunk }
            return .size
        case .trailerStart:
            if byte == ASCII.carriageReturn { return .lastLineFeed }
            try count(byte, limits)
            guard byte.isTokenByte else { throw .malformedChunk }
            return .trailerName
        case .trailerName:
            try count(byte, limits)
            if byte == ASCII.colon { return .trailerValue }
            guard byte.isTokenByte else { throw .malformedChunk }
            return .trailerName
        case .trailerValue:
            try count(byte, limits)
            if byte == ASCII.carriageReturn { return .trailerEnd }
            guard byte.isFieldByte else { throw .malformedChunk }
            return .trailerValue
        case .trailerEnd:
            guard byte == ASCII.lineFeed else { throw .malformedChunk }
            return .trailerStart
        case .data, .lastLineFeed:
            // Handled by decode.
            throw .malformedChunk
        }
    }

    private func endOfSize(_ byte: UInt8, inExtension: Bool = false) throws(HTTPRefusal) -> State {
        switch byte {
        case ASCII.carriageReturn: return .sizeEnd
        case ASCII.semicolon: return .chunkExtension
        default:
            guard inExtension, byte.isFieldByte else { throw .malformedChunk }
            return .chunkExtension
        }
    }

    private mutating func count(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPRefusal) {
        overhead += 1
        guard overhead <= limits.headBytes else { throw .headTooLarge }
    }
}
