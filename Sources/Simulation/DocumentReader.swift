import Foundation
import Glibc

/// Reads JSON documents from files.
enum DocumentReader {
    /// A document of this many bytes has millions of tenants.
    private static let most = 1 << 30

    /// The document in a file; `-` is standard input.
    static func read<Document: Decodable>(_ path: String, as type: Document.Type) throws(SimulationError) -> Document {
        let data = try data(path)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            if case DecodingError.dataCorrupted(let context) = error, context.codingPath.isEmpty {
                throw SimulationError(file: name(path), problem: "not JSON: \(syntaxProblem(data))")
            }
            throw SimulationError(file: name(path), problem: Problem(error).description)
        }
    }

    /// What is wrong with text that is no JSON: the decoder does not tell, the other parser does.
    private static func syntaxProblem(_ data: Data) -> String {
        let unknown = "it can't be understood"
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return unknown
        } catch {
            guard let text = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String else { return unknown }
            let parts = text.lowercased().split(separator: " around character ")
            guard parts.count == 2, let offset = Int(parts[1].prefix(while: \.isNumber)) else {
                return text.lowercased()
            }
            let before = data.prefix(offset)
            let line = before.count(where: { byte in byte == UInt8(ascii: "\n") }) + 1
            let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")).map { index in index + 1 } ?? 0) + 1
            return "\(parts[0]) at line \(line), column \(column)"
        }
    }

    /// What errors call the file.
    static func name(_ path: String) -> String { path == "-" ? "standard input" : path }

    private static func data(_ path: String) throws(SimulationError) -> Data {
        let data: Data
        do {
            let file = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            data = try file.read(upToCount: most + 1) ?? Data()
        } catch {
            throw SimulationError(file: name(path), problem: reason(error))
        }
        guard data.count <= most else { throw SimulationError(file: name(path), problem: "more than 1 GiB") }
        guard !data.isEmpty else { throw SimulationError(file: name(path), problem: "empty; JSON belongs there") }
        return data
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        guard cause.domain == NSPOSIXErrorDomain, let text = unsafe strerror(Int32(truncatingIfNeeded: cause.code))
        else {
            return error.localizedDescription
        }
        return unsafe String(cString: text).lowercased()
    }
}
