package import Desk
package import Trading

/// Dhan's order-update sockets, one for each account that is followed.
package struct DhanOrderStream: OrderStream {
    private let url: String

    /// The sockets at `url`, such as `wss://api-order-update.dhan.co`.
    package init(url: String) { self.url = url }

    package var broker: BrokerName { .dhan }

    package func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async {
        let updates = DhanLiveOrderUpdate(url: url, session: session)
        await updates.run(
            listener.hinted,
            onConnected: listener.connected,
            onLost: listener.lost
        )
    }
}
