package import Desk
import Trading
package import WebSocket

extension BrokerSession {
    /// Opens a socket from where the account's orders leave; nil egress: from whichever address.
    ///
    /// An account that is bound to a proxy has no streams: the sockets' library goes through none that
    /// needs a name, and what left from elsewhere would show the broker an address that is not the
    /// client's. Its fills are learnt by postbacks and looks.
    package func openSocket(_ url: String, headers: [(String, String)] = []) async throws
        -> WebSocketConnection
    {
        switch egress.flatMap(EgressPlace.init) {
        case .address(let address):
            try await WebSocketClient.connect(url: url, headers: headers, from: address)
        case .proxy:
            throw BrokerFailure.unreachable("its account is bound to a proxy, and sockets use none")
        case nil where egress != nil:
            throw BrokerFailure.unreachable("its account's egress is not understood")
        case nil:
            try await WebSocketClient.connect(url: url, headers: headers)
        }
    }
}
