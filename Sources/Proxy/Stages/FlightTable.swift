import DynamoDB
import Synchronization
import Transport
import Upstream

/// Reads in flight upstream that later requests for the same item may wait for (single-flight).
///
/// A flight is known by cache key and stripe version, so a request that arrives after a write never joins a read that
/// was begun before it. It belongs to no connection: it lands even when the client that began it has gone.
final class FlightTable: Sendable {
    struct Key: Hashable, Sendable {
        let cacheKey: [UInt8]
        let version: UInt64
    }

    /// Where a waiting request wants to hear of the landing: its worker's mailbox, and which of its requests it is.
    struct Waiter: Sendable {
        let mailbox: Mailbox<FlightLanding>
        let ticket: UInt64
    }

    private let flights = Mutex<[Key: [Waiter]]>([:])

    /// What came of asking for a flight.
    enum Boarding: Sendable {
        case joined
        /// There was none: the caller now leads one and must land it.
        case leads
        /// There was none, and the caller may not lead one.
        case none
    }

    /// Joins the flight of that key, or leads one if it may.
    func join(_ key: Key, _ waiter: Waiter, mayLead: Bool = true) -> Boarding {
        flights.withLock { flights in
            if flights[key] != nil {
                flights[key]?.append(waiter)
                return .joined
            }
            guard mayLead else { return .none }
            flights[key] = []
            return .leads
        }
    }

    /// Ends a flight and tells those who waited.
    func land(_ key: Key, _ result: FetchResult) {
        let waiters = flights.withLock { $0.removeValue(forKey: key) } ?? []
        for waiter in waiters {
            waiter.mailbox.send(FlightLanding(ticket: waiter.ticket, result: result))
        }
    }
}

/// The end of a flight, for one that waited for it.
struct FlightLanding: Sendable {
    let ticket: UInt64
    let result: FetchResult
}

/// What came of reading one item upstream.
enum FetchResult: Sendable {
    /// A reply whose parts are known; `item` is nil when there is no such item.
    case item(UpstreamReply, item: ByteRange?, consumedCapacity: ByteRange?)
    /// A reply to be passed on as it is: an error, or a form this version does not know.
    case opaque(UpstreamReply)
    /// No reply.
    case failure(UpstreamFailure)
}
