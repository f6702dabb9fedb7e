/// What becomes of a request, known once its head is read, and how much of its body is kept.
struct Intake {
    enum Destination {
        case route(HTTPRoute)
        case refusal(HTTPRefusal)

        var startsAtOnce: Bool {
            switch self {
            case .route(let route): route.startsAtOnce
            case .refusal: false
            }
        }
    }

    /// How much of a body that nobody wants is read, so that the client comes to read the answer.
    ///
    /// A client whose connection is closed while it is still sending may never see why.
    static let drainedBytes = 16 << 20

    private(set) var destination: Destination
    /// The refusal cannot wait for the body.
    let answersBeforeBody: Bool
    private let limit: Int
    private let declared: Int
    private var received = 0

    init(_ destination: Destination, limit: Int, headers: [(name: String, value: String)]) {
        self.limit = limit
        self.destination = destination
        let declared = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        self.declared = declared
        if case .route = destination, declared > limit {
            self.destination = .refusal(.bodyTooLarge(limit: limit))
        }
        guard case .refusal(let refusal) = self.destination else {
            answersBeforeBody = false
            return
        }
        let waitsForLeave = headers.contains {
            $0.name == "expect" && $0.value.lowercased() == "100-continue"
        }
        if case .malformed = refusal {
            answersBeforeBody = true
        } else {
            answersBeforeBody = waitsForLeave || declared > limit + Self.drainedBytes
        }
    }

    /// Keeps a piece of the body, or lets it pass; false once the peer sends far too much.
    mutating func take(_ bytes: UnsafeRawBufferPointer, into body: inout [UInt8]) -> Bool {
        received += bytes.count
        guard case .route = destination else { return received <= limit + Self.drainedBytes }
        guard received <= limit else {
            destination = .refusal(.bodyTooLarge(limit: limit))
            body = []
            return true
        }
        if body.isEmpty { body.reserveCapacity(max(declared, bytes.count)) }
        body.append(contentsOf: bytes)
        return true
    }
}
