import Exchange

/// Shares whose sale a client is about to authorise at the depository.
struct SaleRequest: Sendable {
    let account: Int
    /// Empty: all that is held.
    let shares: [(isin: String, quantity: Int64)]
}

extension World {
    /// The client has given its word.
    mutating func authorise(_ sale: SaleRequest) {
        let wanted = Dictionary(sale.shares.map { ($0.isin, $0.quantity) }) { $0 + $1 }
        for (index, holding) in exchange.accounts[sale.account].holdings {
            let quantity = wanted[exchange.instrument(index).isin]
            guard wanted.isEmpty || quantity != nil else { continue }
            clients[sale.account].authorised[index] = min(
                quantity ?? holding.quantity,
                holding.quantity
            )
        }
    }

    /// Of shares that are held, how many the depository would give away.
    func authorised(_ index: Int, of account: Int) -> Int64 {
        let held = exchange.accounts[account].holdings[index]?.quantity ?? 0
        guard clients[account].checksAuthorisation else { return held }
        return min(clients[account].authorised[index] ?? 0, held)
    }

    /// Whether a sale would be refused since its client has not authorised it.
    func lacksAuthorisation(_ request: OrderRequest) -> Bool {
        request.side == .sell && request.product == .delivery
            && clients[request.account].checksAuthorisation
            && authorised(request.instrument, of: request.account) < request.quantity
    }
}
