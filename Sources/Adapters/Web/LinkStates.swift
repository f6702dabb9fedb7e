import Desk
import JSON
import Secrets
import Trading

/// What a link to a broker's login page carries there and back: which account it is for, signed.
struct LinkStates: Sendable {
    let signer: JWTSigner
    let clock: any WallClock

    /// Why a state is not taken.
    enum Refusal: Error {
        /// Not ours, or of another broker.
        case forged
        case expired
    }

    /// A new link to an account, with its state.
    func make(for account: BrokerAccount) -> (link: LoginLink, state: String) {
        let seconds = now + LogInAtBroker.linkLife.components.seconds
        let link = LoginLink(
            mark: Tokens.random(bytes: 16),
            account: account.id,
            ends: Timestamp(microseconds: seconds * 1_000_000)
        )
        var claims = JSONWriter()
        claims.beginObject()
        claims.field("broker", account.broker.rawValue)
        claims.field("account", account.id.raw)
        claims.field("jti", Tokens.base64URL(link.mark))
        claims.field("exp", seconds)
        claims.endObject()
        return (link, signer.sign(claims.bytes))
    }

    /// What a state says that a browser brought back from this broker.
    func read(_ state: String, from broker: BrokerName) throws(Refusal) -> LogInAtBroker.Ticket {
        let bytes: [UInt8]
        do throws(JWTFailure) {
            bytes = try signer.verify(state, now: now)
        } catch {
            throw error == .expired ? .expired : .forged
        }
        guard let claims = try? JSONValue(parsing: bytes),
            claims["broker"]?.string == broker.rawValue,
            let account = claims["account"]?.int64,
            let mark = claims["jti"]?.string.flatMap(Tokens.fromBase64URL)
        else { throw .forged }
        return LogInAtBroker.Ticket(mark: mark, account: AccountID(account))
    }

    private var now: Int64 { clock.now().microseconds / 1_000_000 }
}
