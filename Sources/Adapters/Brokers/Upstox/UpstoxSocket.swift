import BrokerKit
import Desk
import JSON

/// Where the sockets of one account are, which a call with its token tells: each address needs no
/// token, and is good for one connection.
enum UpstoxSocket {
    static func address(_ path: String, by calls: BrokerCalls, _ session: BrokerSession)
        async throws(BrokerFailure) -> String
    {
        let headers = UpstoxBroker.headers(session)
        let reply = try await calls.read("GET", path, headers: headers, egress: session.egress)
        let value = try UpstoxErrors.data(of: reply)
        // The second spelling is the one of the official SDK's model.
        guard
            let address = value.text("authorized_redirect_uri")
                ?? value.text("authorizedRedirectUri")
        else { throw .unreachable("no address in the answer") }
        // What is secret in it goes in the open only where the broker's calls do too.
        guard address.hasPrefix("wss://") || !calls.base.hasPrefix("https://") else {
            throw .unreachable("the address is not of a socket under TLS")
        }
        return address
    }
}
