import Desk
import Postgres
import Secrets
import Trading

/// An attempt as it was written down, before its token is decrypted.
struct AttemptDraft: Sendable {
    let job: OrderJob
    let number: Int16
    let reference: String
    let terms: OrderTerms
    let quantity: Quantity
    let sizingPrice: Price
    let door: SealedSession
    let owner: OrderOwner
    /// The quantities of the orders for the rest, where this is the first slice.
    var later: [Quantity] = []
    /// Those orders, once they are made.
    var slices: [OrderJob] = []

    var client: ClientID { owner.client }

    /// The attempt with an open session; a new attempt's fence is 1.
    func attempt(with session: BrokerSession) -> Attempt {
        Attempt(
            job: job,
            number: number,
            reference: reference,
            fence: 1,
            terms: terms,
            quantity: quantity,
            sizingPrice: sizingPrice,
            session: session,
            owner: owner,
            slices: slices
        )
    }
}

/// A broker session whose token is still encrypted.
struct SealedSession: Sendable {
    /// Nil where the paper broker executes, who needs no token.
    let account: AccountID?
    let brokerClientID: String
    let token: [UInt8]?
    let egress: String?
    let instrument: BrokerInstrument?

    /// The columns that `init` reads; `i` is the intent, `$instrument` what it trades in.
    static func columns(instrument: String) -> String {
        "i.account_id, a.broker_client_id, a.token, a.egress, \(instrument), b.segment, b.code"
    }

    /// The joins of these columns.
    static func joins(instrument: String) -> String {
        """
        LEFT JOIN broker_account a ON a.id = i.account_id
        \(listing(broker: "i.broker", instrument: instrument))
        """
    }

    /// Joins a broker's name of an instrument as `b`, if the broker lists it.
    ///
    /// Both columns of the key come from outside. A plain join may be planned by the broker alone
    /// while the table seems small, and then reads a broker's whole list for every order. Its own
    /// names must not be those of its surroundings, which `broker` may mean.
    static func listing(broker: String, instrument: String) -> String {
        """
        LEFT JOIN LATERAL (
            SELECT listed.segment, listed.code FROM broker_instrument AS listed
            WHERE listed.broker = \(broker) AND listed.instrument_id = \(instrument)
            OFFSET 0
        ) AS b ON true
        """
    }

    /// Joins the last account of a client `c` who has no live one `a`, under a name.
    ///
    /// Its accounts are read first and ordered afterwards: asked for the newest of them at once, the
    /// planner may walk all accounts of all clients from the newest on, for each client anew.
    static func lastAccount(as name: String) -> String {
        """
        LEFT JOIN LATERAL (
            SELECT had.id, had.client_id, had.broker, had.status FROM (
                SELECT o.id, o.client_id, o.broker, o.status FROM broker_account o
                WHERE o.client_id = c.id AND a.id IS NULL OFFSET 0
            ) AS had
            ORDER BY had.id DESC LIMIT 1
        ) AS \(name) ON true
        """
    }

    init(reading columns: inout Columns) {
        account = columns.optionalID()
        brokerClientID = columns.optionalText() ?? ""
        token = columns.optionalBytes()
        egress = columns.optionalText()
        let id: InstrumentID = columns.id()
        let segment = columns.optionalText()
        let code = columns.optionalText()
        instrument =
            if let segment, let code {
                BrokerInstrument(instrument: id, segment: segment, code: code)
            } else { nil }
    }

    /// The session with its token decrypted; nil where there is none that this key opens.
    func opened(with secrets: SecretBox) -> BrokerSession? {
        guard let account else { return closed }
        guard let token,
            let plain = try? secrets.open(token, context: "account:\(account)")
        else { return nil }
        return session(Secret(String(decoding: plain, as: UTF8.self)))
    }

    /// The session without a token.
    var closed: BrokerSession { session(Secret("")) }

    private func session(_ token: Secret) -> BrokerSession {
        BrokerSession(
            account: account,
            brokerClientID: brokerClientID,
            token: token,
            egress: egress,
            instrument: instrument
        )
    }
}
