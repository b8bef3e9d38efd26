import DynamoDB
import TableStore
import Transport

/// How the embedded store behaves, shown and changed over HTTP: `GET` and `PUT /_leveret/service` of `leveret local`.
///
/// Like all of `leveret local` it is for this machine only, and asks for no credentials.
extension Worker {
    private static let ownPaths = "/_leveret/"
    private static let servicePath = "/_leveret/service"
    /// Bytes of settings: all that can be said takes far fewer, and reading YAML takes time.
    private static let maximumSettings = 1 << 16

    /// Answers a request for the service's settings, or for another path of the program's own.
    ///
    /// - Returns: False when it is none.
    func answerServiceControl(_ request: HTTPRequest, _ exchange: HTTPExchange) -> Bool {
        guard let store = shared.localTenant?.route.store, unsafe request.target.starts(with: Self.ownPaths.utf8) else {
            return false
        }
        guard unsafe request.target.elementsEqual(Self.servicePath.utf8) else {
            reply(text: "there is only \(Self.servicePath)\n", status: 404, to: exchange)
            return true
        }
        switch request.method {
        case .get:
            reply(text: ServiceFile.text(store.service), status: 200, to: exchange)
        case .other where unsafe request.body.count > Self.maximumSettings:
            reply(text: "the settings are longer than \(Self.maximumSettings) bytes\n", status: 413, to: exchange)
        case .other where unsafe request.methodBytes.elementsEqual("PUT".utf8):
            let text = unsafe String(validating: request.body, as: UTF8.self)
            do throws(ConfigurationError) {
                store.service = try ServiceFile.parse(text ?? "\u{0}", name: "request")
                reply(text: ServiceFile.text(store.service), status: 200, to: exchange)
            } catch {
                reply(text: error.description + "\n", status: 400, to: exchange)
            }
        default:
            reply(text: "GET shows the settings, PUT changes them\n", status: 405, to: exchange)
        }
        return true
    }

    private func reply(text: String, status: Int, to exchange: HTTPExchange) {
        exchange.reply(
            status: status,
            headers: { writer in writer.header("Content-Type", "text/plain; charset=utf-8") },
            body: Array(text.utf8)
        )
    }
}
