import Desk
import Testing
import Trading

/// The questions whose form is held against the official SDKs'.
extension ServicesWireTests {
    private static func order(
        _ segment: String,
        _ code: String,
        _ type: OrderType,
        _ quantity: Int64,
        _ price: String
    ) -> ProspectiveOrder {
        ProspectiveOrder(
            instrument: BrokerInstrument(
                instrument: InstrumentID(1),
                segment: segment,
                code: code
            ),
            side: .buy,
            type: type,
            product: .delivery,
            quantity: Quantity(quantity),
            price: Price(rupees: price) ?? Price(raw: 0)
        )
    }

    private static func day(_ text: String) -> CalendarDay {
        CalendarDay(text) ?? CalendarDay(number: 0)
    }

    static let cases: [Case] = dhan + zerodha + upstoxAndGroww

    private static let bank = order("NSE_EQ", "1333", .limit, 5, "1428")
    private static let emptyBook = #"{"depth":{"buy":[],"sell":[]}}"#
    private static let october = day("2026-10-01")...day("2026-10-31")
    private static let pnl = #"{"pnlExitStatus":"ACTIVE","message":"done"}"#

    private static let dhan: [Case] = [
        Case(
            kind: .dhan,
            call: "margin_calculator",
            answers: ["POST /v2/margincalculator": #"{"totalMargin":1}"#]
        ) { services, session in _ = try await services.margins?.margin([bank], session) },
        Case(
            kind: .dhan,
            call: "margin_calculator_multi",
            answers: [
                "POST /v2/margincalculator/multi": #"{"total_margin":"1.00"}"#,
                "GET /v2/fundlimit": #"{"availabelBalance":1}"#,
            ],
            // Ours is about these orders alone; the captured call had but one of them.
            except: ["includePosition", "includeOrder", "scripList"]
        ) { services, session in _ = try await services.margins?.margin([bank, bank], session) },
        Case(
            kind: .dhan,
            call: "convert_position",
            answers: ["POST /v2/positions/convert": "{}"]
        ) { services, session in
            try await services.conversion?.convert(
                Conversion(
                    instrument: bank.instrument,
                    side: .buy,
                    quantity: Quantity(5),
                    from: .intraday,
                    to: .delivery
                ),
                session
            )
        },
        Case(
            kind: .dhan,
            call: "renew_token",
            answers: ["GET /v2/RenewToken": #"{"accessToken":"T2"}"#]
        ) { services, session in _ = try await services.renewal?.renew(session) },
        Case(
            kind: .dhan,
            call: "exit_all_positions",
            answers: ["DELETE /v2/positions": #"{"status":"SUCCESS","message":"done"}"#]
        ) { services, session in _ = try await services.exit?.exitPositions(session) },
        Case(
            kind: .dhan,
            call: "kill_switch",
            answers: [
                "POST /v2/killswitch": "{}",
                "GET /v2/killswitch": #"{"killSwitchStatus":"ACTIVATE"}"#,
            ]
        ) { services, session in
            _ = try await services.killSwitch?.setKillSwitch(on: true, segments: [], session)
        },
        Case(kind: .dhan, call: "set_pnl_exit", answers: ["POST /v2/pnlExit": pnl]) {
            services,
            session in
            try await services.profitExit?.setProfitExit(
                ProfitExitRule(
                    profit: Money(paise: 150_000),
                    loss: Money(paise: 50_000),
                    products: [.intraday, .delivery],
                    killsAfter: true
                ),
                session
            )
        },
        Case(
            kind: .dhan,
            call: "stop_pnl_exit",
            answers: ["DELETE /v2/pnlExit": #"{"pnlExitStatus":"DISABLED"}"#]
        ) { services, session in try await services.profitExit?.clearProfitExit(session) },
        Case(kind: .dhan, call: "generate_tpin", answers: ["GET /v2/edis/tpin": ""]) {
            services,
            session in try await services.sales?.sendPIN(session)
        },
        Case(
            kind: .dhan,
            call: "open_browser_for_tpin",
            answers: ["POST /v2/edis/form": #"{"edisFormHtml":"<form></form>"}"#]
        ) { services, session in
            let shares = SharesToSell(
                isin: "INE733E01010",
                quantity: Quantity(1),
                exchange: .nse
            )
            _ = try await services.sales?.authorize([shares], session)
        },
        Case(
            kind: .dhan,
            call: "set_ip",
            answers: [
                "GET /v2/ip/getIP": "{}", "POST /v2/ip/setIP": #"{"status":"SUCCESS"}"#,
            ]
        ) { services, session in
            _ = try await services.addresses?.register(
                primary: "10.200.10.10",
                secondary: nil,
                session
            )
        },
        Case(
            kind: .dhan,
            call: "modify_ip",
            answers: [
                "GET /v2/ip/getIP": #"{"primaryIP":"10.200.10.10"}"#,
                "PUT /v2/ip/modifyIP": #"{"status":"SUCCESS"}"#,
            ]
        ) { services, session in
            _ = try await services.addresses?.register(
                primary: "10.200.10.11",
                secondary: nil,
                session
            )
        },
        Case(
            kind: .dhan,
            call: "get_trade_history",
            answers: ["GET /v2/trades/2026-10-01/2026-10-31/0": "[]"]
        ) { services, session in
            _ = try await services.tradeHistory?.pastTrades(october, page: 0, session)
        },
        Case(kind: .dhan, call: "ledger_report", answers: ["GET /v2/ledger": "[]"]) {
            services,
            session in _ = try await services.ledger?.ledger(october, session)
        },
    ]

    private static let infosys = order("NSE", "INFY", .market, 1, "1500")
    private static let kiteFunds = #"{"status":"success","data":{"net":1}}"#

    private static let zerodha: [Case] = [
        Case(
            kind: .zerodha,
            call: "order_margins",
            answers: [
                "POST /margins/orders": #"{"status":"success","data":[{"total":1}]}"#,
                "GET /user/margins/equity": kiteFunds,
            ]
        ) { services, session in _ = try await services.margins?.margin([infosys], session) },
        Case(
            kind: .zerodha,
            call: "get_virtual_contract_note",
            answers: [
                "POST /charges/orders":
                    #"{"status":"success","data":[{"charges":{"total":1}}]}"#
            ]
        ) { services, session in _ = try await services.charges?.charges([infosys], session) },
        Case(
            kind: .zerodha,
            call: "convert_position",
            answers: ["PUT /portfolio/positions": #"{"status":"success","data":true}"#]
        ) { services, session in
            try await services.conversion?.convert(
                Conversion(
                    instrument: infosys.instrument,
                    side: .buy,
                    quantity: Quantity(5),
                    from: .intraday,
                    to: .delivery,
                    isOvernight: true
                ),
                session
            )
        },
    ]

    private static let idea = order("NSE_EQ", "INE669E01016", .limit, 10, "100")
    private static let one = order("NSE_EQ", "INE669E01016", .limit, 1, "100")
    private static let wipro = order("NSE_CASH", "WIPRO", .limit, 1, "250")

    private static func success(_ data: String) -> String {
        #"{"status":"success","data":\#(data)}"#
    }

    private static let upstoxAndGroww: [Case] = [
        Case(
            kind: .groww,
            call: "get_quote",
            answers: [
                "GET /v1/live-data/quote": #"{"status":"SUCCESS","payload":\#(emptyBook)}"#
            ]
        ) { services, session in
            let wipro = order("NSE_CASH", "WIPRO", .limit, 1, "1").instrument
            _ = try await services.depth?.depth(wipro, session)
        },
        Case(
            kind: .zerodha,
            call: "quote",
            answers: ["GET /quote": success(#"{"NSE:TCS":\#(emptyBook)}"#)]
        ) { services, session in
            // The captured call asks for two; of a name that is there twice the last one is compared.
            let tata = order("NSE", "TCS", .limit, 1, "1").instrument
            _ = try await services.depth?.depth(tata, session)
        },
        Case(
            kind: .upstox,
            call: "get_brokerage",
            answers: ["GET /v2/charges/brokerage": success(#"{"charges":{"total":1}}"#)]
        ) { services, session in _ = try await services.charges?.charges([idea], session) },
        Case(
            kind: .upstox,
            call: "post_margin",
            answers: [
                "POST /v2/charges/margin": success(#"{"final_margin":1}"#),
                "GET /v3/user/get-funds-and-margin": success(
                    #"{"available_to_trade":{"cash_available_to_trade":{"total":1}}}"#
                ),
            ]
        ) { services, session in _ = try await services.margins?.margin([one], session) },
        Case(
            kind: .zerodha,
            call: "get_auction_instruments",
            answers: ["GET /portfolio/holdings/auctions": success("[]")]
        ) { services, session in _ = try await services.auctions?.auctions(session) },
        Case(
            kind: .upstox,
            call: "logout",
            answers: ["DELETE /v2/logout": success("true")]
        ) { services, session in try await services.sessionEnd?.end(session) },
        Case(
            kind: .zerodha,
            call: "invalidate_access_token",
            answers: ["DELETE /session/token": success("true")]
        ) { services, _ in
            try await services.sessionEnd?.end(Sample.session(token: "apikey:accesstoken"))
        },
        Case(
            kind: .upstox,
            call: "convert_positions",
            answers: ["PUT /v2/portfolio/convert-position": success(#"{"status":"complete"}"#)]
        ) { services, session in
            try await services.conversion?.convert(
                Conversion(
                    instrument: one.instrument,
                    side: .buy,
                    quantity: Quantity(1),
                    from: .intraday,
                    to: .delivery
                ),
                session
            )
        },
        Case(
            kind: .upstox,
            call: "exit_positions",
            answers: ["POST /v2/order/positions/exit": success(#"{"order_ids":["1"]}"#)],
            exceptQuery: ["segment"]
        ) { services, session in _ = try await services.exit?.exitPositions(session) },
        Case(
            kind: .upstox,
            call: "get_trade_wise_profit_and_loss_meta_data",
            answers: ["GET /v2/trade/profit-loss/metadata": success(#"{"trades_count":0}"#)]
        ) { services, session in
            _ = try await services.profitReport?.profitReport(try year, page: 0, session)
        },
        Case(
            kind: .upstox,
            call: "get_trade_wise_profit_and_loss_data",
            answers: [
                "GET /v2/trade/profit-loss/metadata": success(
                    #"{"trades_count":1,"page_size_limit":50}"#
                ), "GET /v2/trade/profit-loss/data": success("[]"),
            ]
        ) { services, session in
            _ = try await services.profitReport?.profitReport(try year, page: 0, session)
        },
        Case(
            kind: .upstox,
            call: "get_profit_and_loss_charges",
            answers: [
                "GET /v2/trade/profit-loss/charges": success(#"{"charges_breakdown":{"total":1}}"#)
            ]
        ) { services, session in
            _ = try await services.profitReport?.profitCharges(try year, session)
        },
        Case(
            kind: .upstox,
            call: "update_kill_switch",
            answers: [
                "GET /v2/user/kill-switch": success(killSwitches),
                "POST /v2/user/kill-switch": success(killSwitches),
            ]
        ) { services, session in
            _ = try await services.killSwitch?.setKillSwitch(
                on: false,
                segments: ["NSE_EQ"],
                session
            )
        },
        Case(
            kind: .upstox,
            call: "update_user_ip",
            answers: ["GET /v2/user/ip": success("{}"), "PUT /v2/user/ip": success("{}")]
        ) { services, session in
            _ = try await services.addresses?.register(
                primary: "10.0.0.1",
                secondary: "10.0.0.2",
                session
            )
        },
        Case(
            kind: .groww,
            call: "get_order_margin_details",
            answers: [
                "POST /v1/margins/detail/orders":
                    #"{"status":"SUCCESS","payload":{"total_requirement":1}}"#,
                "GET /v1/margins/detail/user": #"{"status":"SUCCESS","payload":{"clear_cash":1}}"#,
            ]
        ) { services, session in _ = try await services.margins?.margin([wipro], session) },
    ]

    /// All but a day of it, since the captured calls name days.
    private static var year: ReportPeriod {
        get throws {
            try #require(
                ReportPeriod(
                    segment: .equity,
                    startYear: 2_025,
                    days: day("2025-04-02")...day("2026-03-31")
                )
            )
        }
    }

    private static let killSwitches =
        #"[{"segment":"NSE_EQ","segment_status":"ACTIVE","kill_switch_enabled":false}]"#
}
