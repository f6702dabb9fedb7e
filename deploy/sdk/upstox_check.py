#!/usr/bin/env python3
"""Drives a running broker-sandbox with Upstox's official Python SDK and checks what it decodes.

The SDK is somebody else's reading of the same API, so a drift in our field names or types shows
here although our own adapter and sandbox may agree with each other.

    python3 -m venv /tmp/upstox-sdk
    /tmp/upstox-sdk/bin/pip install upstox-python-sdk==2.30.0
    broker-sandbox --market open --listen 127.0.0.1:9100 --ws-listen 127.0.0.1:9101 &
    /tmp/upstox-sdk/bin/python deploy/sdk/upstox_check.py http://127.0.0.1:9100 ws://127.0.0.1:9101

Leaves the sandbox's ledger empty and its clock and faults as they were at its start.
"""

import datetime
import gzip
import http.server
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

# Of each run its own: kill switches and orders that wait stay with a client for the day.
CLIENT = f"{3_000_000_000 + time.time_ns() // 1_000_000 % 1_000_000_000}"
TOKEN = f"SDKTOKEN{CLIENT}"
KEY = "NSE_EQ|INE669E01016"  # IDEA
PATIENCE = 30  # seconds to wait for anything that happens by itself
VERSION = "2.0"

checks = 0


def check(condition, what):
    """Counts one fact, or ends the run with it."""
    global checks
    if not condition:
        raise SystemExit(f"FAILED after {checks} checks: {what}")
    checks += 1


def equal(seen, wanted, what):
    check(seen == wanted, f"{what}: wanted {wanted!r}, saw {seen!r}")


def control(base, method, path, body=None):
    request = urllib.request.Request(
        f"{base}/control{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def eventually(what, look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit(f"FAILED after {checks} checks: waited for {what}")


class Patient:
    """An API of the SDK, asking again when a call is over the limit: such a call books nothing."""

    def __init__(self, api, refusal):
        self.api = api
        self.refusal = refusal

    def __getattr__(self, name):
        value = getattr(self.api, name)

        def call(*given, **named):
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    return value(*given, **named)
                except self.refusal as error:
                    if error.status != 429 or time.monotonic() > end:
                        raise
                time.sleep(0.3)

        return call


class Broker:
    """The SDK's APIs of one token, redirected to the sandbox."""

    def __init__(self, sdk, base, token):
        self.sdk = sdk
        self.refusal = sdk.rest.ApiException
        configuration = sdk.Configuration()
        configuration.host = f"{base}/upstox"
        configuration.order_host = f"{base}/upstox"
        configuration.access_token = token
        self.client = sdk.ApiClient(configuration)
        self.hasty = sdk.OrderApiV3(self.client)
        for name, api in {
            "v3": sdk.OrderApiV3, "v2": sdk.OrderApi, "portfolio": sdk.PortfolioApi,
            "user": sdk.UserApi, "quotes": sdk.MarketQuoteV3Api, "old_quotes": sdk.MarketQuoteApi,
            "login": sdk.LoginApi, "socket": sdk.WebsocketApi, "charges": sdk.ChargeApi,
            "reports": sdk.TradeProfitAndLossApi,
        }.items():
            setattr(self, name, Patient(api(self.client), self.refusal))

    def order(self, quantity=10, kind="LIMIT", price=9.1, **more):
        fields = {
            "quantity": quantity, "product": "D", "validity": "DAY", "price": price, "tag": "sdk-1",
            "slice": False, "instrument_token": KEY, "order_type": kind,
            "transaction_type": "BUY", "disclosed_quantity": 0, "trigger_price": 0.0,
            "is_amo": False, **more,
        }
        return self.sdk.PlaceOrderV3Request(**fields)

    def place(self, what, **order):
        answer = self.v3.place_order(self.order(**order))
        equal((answer.status, len(answer.data.order_ids)), ("success", 1), what)
        check(isinstance(answer.metadata.latency, int), "latency of a placement")
        return answer.data.order_ids[0]

    def details(self, number):
        return self.v2.get_order_status(order_id=number).data

    def refused(self, what, status, code, call):
        try:
            call()
        except self.refusal as error:
            equal(error.status, status, f"status of {what}")
            fault = json.loads(error.body)["errors"][0]
            equal((fault["errorCode"], fault["error_code"]), (code, code), what)
            return
        raise SystemExit(f"FAILED after {checks} checks: {what} was not refused")


def browse(base, app, place):
    """The browser's step by hand: what the login page of an app sends it back with."""
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": app, "redirect_uri": place, "state": "s1",
        "user_id": CLIENT,
    })

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        page = f"{base}/upstox/v2/login/authorization/dialog?{query}"
        urllib.request.build_opener(Stay).open(page, timeout=PATIENCE)
        raise SystemExit("FAILED: the login page did not send the browser on")
    except urllib.error.HTTPError as answer:
        equal(answer.code, 302, "login page")
        told = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    equal(told["state"], ["s1"], "state of the login")
    return told["code"][0]


def log_in(sdk, base, broker):
    """The browser's step, then the SDK's: a code for a token."""
    place = "http://127.0.0.1/cb"
    trade = {
        "code": browse(base, "app-1", place), "client_id": "app-1", "client_secret": "secret-1",
        "redirect_uri": place, "grant_type": "authorization_code",
    }
    made = broker.login.token(VERSION, **trade)
    equal((made.user_id, made.broker, made.is_active), (CLIENT, "UPSTOX", True), "token")
    check(made.access_token not in ("", TOKEN), "a login makes a new token")
    broker.refused("a code used twice", 401, "UDAPI100057", lambda: broker.login.token(
        VERSION, **trade))
    astray = {**trade, "code": browse(base, "app-2", place)}
    broker.refused("a code of another app", 400, "UDAPI100068", lambda: broker.login.token(
        VERSION, **astray))
    broker.refused("the old token", 401, "UDAPI100050", lambda: broker.user.get_profile(VERSION))
    return Broker(sdk, base, made.access_token)


def check_orders(b):
    equal(b.v2.get_order_book(VERSION).data, [], "an empty book is a list")
    number = b.place("limit order")
    check(isinstance(number, str), "order ids are strings")
    order = b.details(number)
    for name, wanted in {
        "exchange": "NSE", "product": "D", "price": 9.1, "quantity": 10, "status": "open",
        "tag": "sdk-1", "instrument_token": KEY, "placed_by": CLIENT, "trading_symbol": "IDEA",
        "tradingsymbol": "IDEA", "order_type": "LIMIT", "validity": "DAY", "trigger_price": 0.0,
        "disclosed_quantity": 0, "transaction_type": "BUY", "average_price": 0.0,
        "filled_quantity": 0, "pending_quantity": 10, "status_message": None, "order_id": number,
        "parent_order_id": None, "variety": "SIMPLE", "is_amo": False,
    }.items():
        equal(getattr(order, name), wanted, f"order {name}")
    check(order.exchange_order_id != "", "an order that is open has a number at the exchange")
    equal(b.v2.get_order_book(VERSION).data[0].to_dict(), order.to_dict(), "the book has the order")
    tagged = b.v2.get_order_details(VERSION, tag="sdk-1").data
    equal({state.order_id for state in tagged}, {number}, "history by tag")
    equal(tagged[-1].status, "open", "the present state is the last")

    change = b.sdk.ModifyOrderRequest(
        order_id=number, order_type="LIMIT", validity="DAY", price=9.2, trigger_price=0.0,
        quantity=12, disclosed_quantity=0,
    )
    equal(b.v3.modify_order(change).data.order_id, number, "modify")
    order = b.details(number)
    equal((order.quantity, order.price), (12, 9.2), "what was modified")
    equal(b.v3.cancel_order(number).data.order_id, number, "cancel")
    equal(b.details(number).status, "cancelled", "cancelled")
    b.refused("cancelling twice", 400, "UDAPI100040", lambda: b.v3.cancel_order(number))
    b.refused("changing what has ended", 400, "UDAPI100041", lambda: b.v3.modify_order(change))
    b.refused("an unknown order", 400, "UDAPI100010", lambda: b.details("1"))
    b.refused("no quantity", 400, "UDAPI1052", lambda: b.place("none", quantity=0))
    b.refused("a long tag", 400, "UDAPI1119", lambda: b.place("long", tag="t" * 41))
    b.refused("an unknown instrument", 400, "UDAPI100011", lambda: b.place(
        "unknown", instrument_token="NSE_EQ|INE000000000"))
    stop = b.place("stop", kind="SL", price=10.2, trigger_price=10.1, product="I")
    order = b.details(stop)
    equal((order.status, order.trigger_price), ("trigger pending", 10.1), "stop order")
    b.v3.cancel_order(stop)
    poor = b.details(b.place("beyond funds", quantity=1_000_000))
    equal(poor.status, "rejected", "beyond funds")
    check("Margin Exceeds" in poor.status_message, "reason of a rejection")
    old = b.v2.place_order(b.sdk.PlaceOrderRequest(
        quantity=1, product="D", validity="DAY", price=9.1, instrument_token=KEY,
        order_type="LIMIT", transaction_type="BUY", disclosed_quantity=0, trigger_price=0.0,
        is_amo=False, tag="sdk-2",
    ), VERSION)
    equal(b.v2.cancel_order(old.data.order_id, VERSION).data.order_id, old.data.order_id, "v2")


def check_several(b):
    lines = [
        b.sdk.MultiOrderRequest(
            quantity=1, product="D", validity="DAY", price=9.0, tag="sdk-many", slice=False,
            instrument_token=KEY, order_type="LIMIT", transaction_type="BUY",
            disclosed_quantity=0, trigger_price=0.0, is_amo=False, correlation_id=str(place),
        )
        for place in range(3)
    ]
    placed = b.v2.place_multi_order(lines)
    equal([line.correlation_id for line in placed.data], ["0", "1", "2"], "several orders")
    equal((placed.summary.total, placed.summary.success), (3, 3), "several orders")
    ended = b.v2.cancel_multi_order(tag="sdk-many")
    equal(sorted(ended.data.order_ids), sorted(line.order_id for line in placed.data), "cancel all")


def check_trades(b):
    equal(b.v2.get_trade_history(VERSION).data, [], "no trades is a list")
    number = b.place("market order", quantity=7, kind="MARKET", price=0.0, product="I",
                     market_protection=-1)
    order = b.details(number)
    equal((order.status, order.filled_quantity, order.pending_quantity), ("complete", 7, 0), "fill")
    equal(order.average_price, 9.5, "fill")
    trades = b.v2.get_trade_history(VERSION).data
    own = b.v2.get_trades_by_order(number, VERSION).data
    equal([t.to_dict() for t in own], [t.to_dict() for t in trades], "trades of the order")
    for name, wanted in {
        "order_id": number, "quantity": 7, "average_price": 9.5, "exchange": "NSE", "product": "I",
        "trading_symbol": "IDEA", "instrument_token": KEY, "transaction_type": "BUY",
    }.items():
        equal(getattr(trades[0], name), wanted, f"trade {name}")
    check(isinstance(trades[0].trade_id, str), "trade ids are strings")
    equal(len(trades[0].exchange_timestamp), len("03-Aug-2017 15:03:42"), "time of a trade")


def check_portfolio(b):
    held = b.portfolio.get_holdings(VERSION).data[0]
    equal((held.trading_symbol, held.quantity, held.average_price), ("RELIANCE", 10, 2900.0), "held")
    equal((held.isin, held.instrument_token), ("INE002A01018", "NSE_EQ|INE002A01018"), "held")
    position = b.portfolio.get_positions(VERSION).data[0]
    equal((position.quantity, position.product), (7, "I"), "position")
    equal((position.buy_price, position.average_price), (9.5, 9.5), "position")
    equal(b.portfolio.get_mtf_positions().data, [], "funded positions")
    change = b.sdk.ConvertPositionRequest(
        instrument_token=KEY, new_product="D", old_product="I", transaction_type="BUY", quantity=3,
    )
    equal(b.portfolio.convert_positions(change, VERSION).data.status, "complete", "convert")
    products = {p.product: p.quantity for p in b.portfolio.get_positions(VERSION).data}
    equal(products, {"I": 4, "D": 3}, "converted positions")
    spent = 3 * 9.5 + 4 * 9.5 / 5
    funds = b.user.get_user_fund_margin(VERSION).data["equity"]
    check(abs(funds.available_margin - (1_000_000.0 - spent)) < 0.01, f"funds {funds}")
    check(abs(funds.used_margin - spent) < 0.01, f"funds {funds}")
    newer = b.user.get_user_fund_margin_v3().to_dict()
    equal(newer["data"]["available_to_trade"]["total"], funds.available_margin, "funds v3")
    cash = newer["data"]["available_to_trade"]["cash_available_to_trade"]
    equal(cash["total"], funds.available_margin, "cash, funds v3")
    equal(cash["margin_used"]["total"], funds.used_margin, "used, funds v3")
    equal(cash["margin_used"]["delivery_margin"]["fo_settlement"], 0.0, "delivery, funds v3")
    pledged = newer["data"]["available_to_trade"]["pledge_available_to_trade"]
    equal(pledged["margin_from_pledge"]["total"], 0.0, "pledged, funds v3")
    closing = b.v2.exit_positions()
    equal(len(closing.data.order_ids), 1, "exit of what is not under delivery")
    products = {p.product: p.quantity for p in b.portfolio.get_positions(VERSION).data}
    equal(products, {"I": 0, "D": 3}, "positions after the exit")
    profile = b.user.get_profile(VERSION).data
    equal((profile.user_id, profile.broker), (CLIENT, "UPSTOX"), "profile")
    check("MTF" in profile.products and "SL-M" in profile.order_types, "profile")


def check_payments(base, b):
    paid = {
        "face": "upstox", "client_id": CLIENT, "way": "in", "id": "order_1", "amount": "16995.50",
        "status": "SUCCESS", "mode": "UPI", "at": "2026-11-20 10:00:00",
    }
    late = {**paid, "way": "out", "id": "qws_1", "status": "TRANSFER_IN_PROGRESS", "mode": "NEFT"}
    control(base, "POST", "/payments", {"payments": [paid, late]})
    newest = b.user.get_payin_history().data[0]
    equal(
        [newest[name] for name in ("transaction_id", "amount", "status", "mode", "created_at")],
        ["order_1", 16995.5, "SUCCESS", "UPI", "2026-11-20 10:00:00"],
        "what was paid in",
    )
    newest = b.user.get_payout_history().data[0]
    equal(
        [newest[name] for name in ("transaction_id", "status", "mode")],
        ["qws_1", "TRANSFER_IN_PROGRESS", "NEFT"],
        "what was paid out",
    )


def check_charges(b):
    bill = b.charges.get_brokerage(KEY, 10, "D", "BUY", 100.0, VERSION).data.charges
    taxes = bill.taxes
    check(abs(taxes.stt - 1.0) < 0.001, f"tax {taxes}")
    others = bill.other_taxes
    total = bill.brokerage + taxes.gst + taxes.stt + taxes.stamp_duty + others.transaction
    check(abs(bill.total - total) < 0.02, f"charges {bill}")
    instrument = b.sdk.Instrument(
        instrument_key=KEY, quantity=10, product="D", transaction_type="BUY", price=9.5,
    )
    need = b.charges.post_margin(b.sdk.MarginRequest(instruments=[instrument])).data
    equal((need.required_margin, need.final_margin), (95.0, 95.0), "margin")
    equal(need.margins[0].equity_margin, 95.0, "margin of one order")
    switches = b.user.get_kill_switch().data
    equal([s["kill_switch_enabled"] for s in switches], [False] * 8, "kill switches")
    action = b.sdk.KillSwitchSegmentUpdateRequest(segment="MCX_FO", action="DISABLE")
    changed = b.user.update_kill_switch([action]).data
    stopped = [s["segment"] for s in changed if s["kill_switch_enabled"]]
    equal(stopped, ["MCX_FO"], "a stopped segment")


def check_reports(b):
    # Of what was bought above, the exit has sold 4.
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(minutes=330)))
    first = today.year - (today.month < 4)
    year = f"{first % 100:02}{(first + 1) % 100:02}"
    head = b.reports.get_trade_wise_profit_and_loss_meta_data("EQ", year, VERSION).data
    check(head.trades_count >= 1 and head.page_size_limit >= 1, f"report {head}")
    rows = b.reports.get_trade_wise_profit_and_loss_data("EQ", year, 1, 50, VERSION).data
    equal(len(rows), head.trades_count, "rows of the report")
    row = rows[0]
    equal((row.isin, row.trade_type, row.quantity), ("INE669E01016", "EQ", 4.0), "row")
    check(abs(row.buy_amount - row.quantity * row.buy_average) < 0.01, f"row {row}")
    equal(len(row.sell_date), len("23-11-2026"), "day of a sale")
    bill = b.reports.get_profit_and_loss_charges("EQ", year, VERSION).data.charges_breakdown
    parts = bill.brokerage + bill.taxes.stt + bill.charges.demat_transaction
    check(abs(bill.total - parts) < 0.02, f"charges of the report {bill}")


def check_depth(buy, sell, totals):
    """Five levels a side, best first, none empty, which add up to what the quote says of each side."""
    for levels, order, total in ((buy, -1, totals[0]), (sell, 1, totals[1])):
        prices = [level["price"] for level in levels]
        equal(len(set(prices)), 5, "five levels")
        equal(prices, sorted(prices, key=lambda price: order * price), "best first")
        check(all(level["quantity"] > 0 for level in levels), "no level is empty")
        equal(sum(level["quantity"] for level in levels), total, "shares of a side")
    check(buy[0]["price"] < sell[0]["price"], "bid below ask")


def check_quotes(b):
    last = b.quotes.get_ltp(instrument_key=KEY).data["NSE_EQ:IDEA"]
    check(abs(last.last_price - 9.5) < 0.02, f"last price {last.last_price}")
    equal((last.instrument_token, last.cp), (KEY, 10.0), "last price")
    bars = b.quotes.get_market_quote_ohlc("1d", instrument_key=KEY).data["NSE_EQ:IDEA"]
    check(bars.live_ohlc.low <= bars.live_ohlc.high, "ohlc")
    old = b.old_quotes.get_full_market_quote(KEY, VERSION).data["NSE_EQ:IDEA"]
    new = b.quotes.get_full_market_quote_v3(instrument_key=KEY).data["NSE_EQ:IDEA"]
    equal((new.prev_close_price, new.instrument_token), (10.0, KEY), "whole quote of v3")
    for full in (old, new):
        buy = [level.to_dict() for level in full.depth.buy]
        sell = [level.to_dict() for level in full.depth.sell]
        check_depth(buy, sell, (full.total_buy_quantity, full.total_sell_quantity))
        check(all(level["orders"] > 0 for level in buy + sell), "orders of each level")
        check(full.lower_circuit_limit < 9.5 < full.upper_circuit_limit, "circuit limits")


def check_instruments(base):
    url = f"{base}/upstox/market-quote/instruments/exchange/complete.json.gz"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        rows = json.loads(gzip.decompress(answer.read()))
    row = next(row for row in rows if row["trading_symbol"] == "RELIANCE")
    equal((row["instrument_key"], row["segment"]), ("NSE_EQ|INE002A01018", "NSE_EQ"), "instrument")
    equal((row["tick_size"], row["lot_size"]), (10.0, 1), "tick size in paise")


def check_updates(base, socket, b):
    """The portfolio stream, through the SDK's own client, whose address is written into it."""
    import websocket

    made = websocket.WebSocketApp
    literal = "wss://api.upstox.com"

    def redirected(url, *given, **named):
        check(url.startswith(literal), f"the SDK's stream address {url}")
        return made(f"{socket}/upstox{url[len(literal):]}", *given, **named)

    websocket.WebSocketApp = redirected
    told = []
    streamer = b.sdk.PortfolioDataStreamer(b.client)
    streamer.auto_reconnect(False)
    streamer.on("message", lambda message: told.append(json.loads(message)))
    streamer.connect()

    def is_listening():
        accounts = control(base, "GET", "/accounts")["accounts"]
        return any(a["client_id"] == CLIENT and a["listeners"] > 0 for a in accounts)

    eventually("the handshake of the stream", is_listening)
    number = b.place("told order", quantity=3, kind="MARKET", price=0.0, tag="sdk-told")
    eventually("three updates", lambda: len(told) >= 3)
    equal([m["update_type"] for m in told[:3]], ["order"] * 3, "update type")
    states = ["open pending", "open", "complete"]
    equal([m["status"] for m in told[:3]], states, "updates in order")
    for name, wanted in {
        "order_id": number, "tag": "sdk-told", "user_id": CLIENT, "userId": CLIENT,
        "instrument_key": KEY, "instrument_token": KEY, "filled_quantity": 3, "quantity": 3,
        "average_price": 9.5, "product": "D", "transaction_type": "BUY", "order_type": "MARKET",
    }.items():
        equal(told[2][name], wanted, f"update {name}")
    streamer.disconnect()
    way = b.socket.get_portfolio_stream_feed_authorize(VERSION).data.authorized_redirect_uri
    check(way.startswith("ws://") and "code=" in way, f"the stream's address {way}")


def check_market_feed(base, b):
    """The market feed, decoded by the SDK's own reading of the Protocol Buffers."""
    told = []
    streamer = b.sdk.MarketDataStreamerV3(b.client, [KEY], "full")
    streamer.auto_reconnect(False)
    streamer.on("message", told.append)
    streamer.connect()
    info = eventually("how the market stands", lambda: told[0] if told else None)
    equal(info["type"], "market_info", "the first message")
    equal(info["marketInfo"]["segmentStatus"]["NSE_EQ"], "NORMAL_OPEN", "the market is open")

    def feed(price):
        for message in reversed(told):
            of_key = message.get("feeds", {}).get(KEY)
            full = of_key and of_key["fullFeed"]["marketFF"]
            if full and full["ltpc"]["ltp"] == price:
                return full
        return None

    full = eventually("a price", lambda: feed(9.5))
    equal(len(full["marketLevel"]["bidAskQuote"]), 5, "five levels")
    best = full["marketLevel"]["bidAskQuote"][0]
    check(best["bidP"] < best["askP"], f"bid below ask {best}")
    equal(full["marketOHLC"]["ohlc"][0]["interval"], "1d", "the day's bar")
    equal(told[1]["type"] if "type" in told[1] else "initial_feed", "initial_feed", "a snapshot")
    control(base, "POST", "/prices", {"symbol": "IDEA", "price": "9.65", "frozen": True})
    eventually("the next price", lambda: feed(9.65))
    control(base, "POST", "/prices", {"symbol": "IDEA", "price": "9.50", "frozen": True})
    streamer.disconnect()


def check_triggers(sdk, base, b):
    """GTT: an entry at a trigger, and an entry with a target and a stop."""

    def rule(strategy, kind, price):
        return sdk.GttRule(strategy=strategy, trigger_type=kind, trigger_price=price)

    single = b.v3.place_gtt_order(
        sdk.GttPlaceOrderRequest(
            type="SINGLE", quantity=2, product="D", instrument_token=KEY, transaction_type="BUY",
            rules=[rule("ENTRY", "BELOW", 9.0)],
        )
    ).data.gtt_order_ids[0]
    several = b.v3.place_gtt_order(
        sdk.GttPlaceOrderRequest(
            type="MULTIPLE", quantity=3, product="D", instrument_token=KEY, transaction_type="BUY",
            rules=[
                rule("ENTRY", "BELOW", 8.9), rule("TARGET", "IMMEDIATE", 9.6),
                rule("STOPLOSS", "IMMEDIATE", 8.6),
            ],
        )
    ).data.gtt_order_ids[0]
    waiting = {g.gtt_order_id: g for g in b.v3.get_gtt_order_details().data}
    equal(set(waiting), {single, several}, "GTT orders wait")
    equal([r.status for r in waiting[single].rules], ["SCHEDULED"], "a single rule")
    equal(
        [(r.strategy, r.status) for r in waiting[several].rules],
        [("ENTRY", "SCHEDULED"), ("TARGET", "INACTIVE"), ("STOPLOSS", "INACTIVE")],
        "several rules",
    )
    b.v3.modify_gtt_order(
        sdk.GttModifyOrderRequest(
            type="SINGLE", quantity=4, gtt_order_id=single, rules=[rule("ENTRY", "BELOW", 9.1)]
        )
    )
    changed = b.v3.get_gtt_order_details(gtt_order_id=single).data[0]
    equal((changed.quantity, changed.rules[0].trigger_price), (4, 9.1), "a changed GTT order")
    control(base, "POST", "/prices", {"symbol": "IDEA", "price": "9.10", "frozen": True})
    fired = b.v3.get_gtt_order_details(gtt_order_id=single).data[0]
    equal(fired.rules[0].status, "COMPLETED", "a GTT order that was reached")
    equal(b.details(fired.rules[0].order_id).status, "complete", "its order")
    b.v3.cancel_gtt_order(sdk.GttCancelOrderRequest(gtt_order_id=several))
    equal(b.v3.get_gtt_order_details().data, [], "nothing waits any more")
    control(base, "POST", "/prices", {"symbol": "IDEA", "price": "9.50", "frozen": True})


def check_errors(sdk, base, b):
    wrong = Broker(sdk, base, "WRONG")
    wrong.refused("a wrong token", 401, "UDAPI100050", lambda: wrong.v2.get_order_book(VERSION))
    statuses = []
    for _ in range(300):
        try:
            b.hasty.place_order(b.order(quantity=1))
            statuses.append(200)
        except b.refusal as error:
            statuses.append(error.status)
    equal(set(statuses), {200, 429}, "three hundred orders in a row meet a limit")
    control(base, "DELETE", "/ledger")
    rule = {"kind": "status_504_but_placed", "face": "upstox", "placing": True, "times": 1}
    control(base, "POST", "/faults", rule)
    try:
        b.v3.place_order(b.order(tag="sdk-lost"))
        raise SystemExit("FAILED: a gateway's page was taken for an answer")
    except b.refusal as error:
        equal(error.status, 504, "a lost answer")
    found = b.v2.get_order_details(VERSION, tag="sdk-lost").data
    equal(found[-1].status, "open", "the lost order is live")
    equal(control(base, "GET", "/ledger/summary")["booked"], 1, "booked once")
    equal(b.login.logout(VERSION).data, True, "logout")
    b.refused("after logout", 401, "UDAPI100050", lambda: b.v2.get_order_book(VERSION))


def check_login_request(sdk, base, b):
    """A session that the client is asked for in the app, and that then comes by itself."""
    heard = []

    class Notifier(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Notifier)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/notify"
    app = {"face": "upstox", "app_key": "sdk-app", "app_secret": "s", "client_id": CLIENT}
    control(base, "POST", "/apps", {**app, "notifier_url": url})
    ask = b.login.init_token_request_for_indie_user
    wrong = sdk.IndieUserTokenRequest(client_secret="guessed")
    b.refused("a wrong secret", 401, "UDAPI100016", lambda: ask(wrong, "sdk-app"))
    asked = ask(sdk.IndieUserTokenRequest(client_secret="s"), "sdk-app").data
    equal(asked.notifier_url, url, "where the token will go")
    check(int(asked.authorization_expiry) > 1_700_000_000_000, "end of the request")
    control(base, "POST", "/login-approvals", {"face": "upstox", "app_key": "sdk-app"})
    letter = eventually("the token", lambda: heard and heard[0])
    server.shutdown()
    equal((letter["client_id"], letter["user_id"]), ("sdk-app", CLIENT), "who granted it")
    equal((letter["message_type"], letter["token_type"]), ("access_token", "Bearer"), "its kind")
    mine = Broker(sdk, base, letter["access_token"])
    equal(mine.user.get_profile(VERSION).data.user_id, CLIENT, "a granted token")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    base, socket = sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/")
    import upstox_client as sdk

    control(base, "POST", "/clock", {"market": "open"})
    control(base, "DELETE", "/ledger")
    control(base, "DELETE", "/faults")
    account = {
        "face": "upstox", "client_id": CLIENT, "token": TOKEN, "funds": "1000000.00",
        "holdings": [{"symbol": "RELIANCE", "quantity": 10, "average_price": "2900.00"}],
    }
    control(base, "POST", "/accounts", {"accounts": [account]})
    control(base, "POST", "/prices", {"symbol": "IDEA", "price": "9.50", "frozen": True})

    b = log_in(sdk, base, Broker(sdk, base, TOKEN))
    check_orders(b)
    check_several(b)
    check_trades(b)
    check_portfolio(b)
    check_payments(base, b)
    check_charges(b)
    check_reports(b)
    check_quotes(b)
    check_instruments(base)
    check_updates(base, socket, b)
    check_market_feed(base, b)
    check_triggers(sdk, base, b)
    check_errors(sdk, base, b)
    check_login_request(sdk, base, b)
    control(base, "DELETE", "/faults")
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/prices", {"symbol": "IDEA", "frozen": False})
    print(f"upstox-python-sdk against {base}: {checks} checks passed")


if __name__ == "__main__":
    main()
