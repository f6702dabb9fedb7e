/// A server that notices go to: those that wait, and its connections.
final class PosterServer {
    typealias Notice = (target: PosterTarget, body: HTTPPoster.Body)

    let address: ServerAddress
    var free: [PosterConnection] = []
    /// Free ones and those that are at work.
    var connections = 0
    private var notices: [Notice] = []
    private var first = 0

    init(_ address: ServerAddress) { self.address = address }

    /// Nothing waits and nothing is connected: it may be forgotten.
    var isAtRest: Bool { connections == 0 && first == notices.count }

    func add(_ notice: Notice) { notices.append(notice) }

    /// The oldest notice that waits.
    func next() -> Notice? {
        guard first < notices.count else { return nil }
        let notice = notices[first]
        first += 1
        if first == notices.count {
            notices.removeAll(keepingCapacity: first <= 1024)
            first = 0
        } else if first >= 1024, first * 2 > notices.count {
            notices.removeFirst(first)
            first = 0
        }
        return notice
    }
}
