#!/usr/bin/env python3
"""Drives a running broker-sandbox with Dhan's official Python SDK and checks what it decodes.

The SDK is somebody else's reading of the same API, so a drift in our field names or types shows
here although our own adapter and sandbox may agree with each other.

    python3 -m venv /tmp/dhan-sdk && /tmp/dhan-sdk/bin/pip install dhanhq==2.3.0
    broker-sandbox --listen 127.0.0.1:9100 --ws-listen 127.0.0.1:9101 &
    /tmp/dhan-sdk/bin/python deploy/sdk/dhan_check.py http://127.0.0.1:9100 ws://127.0.0.1:9101

Leaves the sandbox's ledger empty and its clock and faults as they were at its start.
"""

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request
import webbrowser

# Of each run its own: kill switches and orders that wait stay with a client for the day.
CLIENT = f"{3_000_000_000 + time.time_ns() // 1_000_000 % 1_000_000_000}"
TOKEN = f"SDKTOKEN{CLIENT}"
PATIENCE = 30  # seconds to wait for anything that happens by itself

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


def data(answer, what):
    """What the SDK took from an answer that it counts as a success."""
    equal(answer["status"], "success", f"{what} {answer['remarks']}")
    return answer["data"]


def failure(answer, code, what):
    equal(answer["status"], "failure", what)
    equal(answer["remarks"]["error_code"], code, what)


def eventually(what, look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit(f"FAILED after {checks} checks: waited for {what}")


class Patient:
    """The SDK's client, asking again when a call is over the limit: such a call books nothing."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        value = getattr(self.client, name)
        if not callable(value):
            return value

        def call(*given, **named):
            end = time.monotonic() + PATIENCE
            while True:
                answer = value(*given, **named)
                remarks = answer.get("remarks") if isinstance(answer, dict) else None
                limited = isinstance(remarks, dict) and remarks.get("error_code") == "DH-904"
                if not limited or time.monotonic() > end:
                    return answer
                time.sleep(0.3)

        return call


def log_in(login):
    """All ways to a token that the SDK knows; each new token ends the one before."""
    renewed = login.renew_token(TOKEN)["accessToken"]
    check(renewed != TOKEN, "renewal makes a new token")
    equal(login.user_profile(renewed)["dhanClientId"], CLIENT, "profile of a renewed token")
    made = login.generate_token("1234", "654321")
    equal(made["dhanClientId"], CLIENT, "client of a token made by PIN")
    check(len(made["expiryTime"]) == 23, "expiry time with milliseconds")
    opened = []
    webbrowser.open = lambda url, *_: opened.append(url)
    consent = login.generate_login_session("app-1", "secret-1")
    check(opened[0].endswith(f"/login/consentApp-login?consentAppId={consent}"), "login page")

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        urllib.request.build_opener(Stay).open(opened[0], timeout=PATIENCE)
        raise SystemExit("FAILED: the login page did not send the browser on")
    except urllib.error.HTTPError as answer:
        equal(answer.code, 302, "login page")
        token_id = answer.headers["Location"].split("tokenId=")[1]
    token = login.consume_token_id(token_id, "app-1", "secret-1")["accessToken"]
    check(token != made["accessToken"], "a consent makes a new token")
    try:
        login.renew_token(token)
        raise SystemExit("FAILED: a login's token was renewed")
    except Exception as refusal:
        check("DH-905" in str(refusal), "a login's token is not renewed")
    profile = login.user_profile(token)
    equal(profile["dhanClientId"], CLIENT, "profile")
    equal(profile["dataPlan"], "Active", "profile")
    return token


def check_orders(d):
    equal(data(d.get_order_list(), "empty book"), [], "an empty book is a list")
    placed = data(
        d.place_order("1333", d.NSE, d.BUY, 10, d.LIMIT, d.CNC, 1400.0, tag="sdk-1"), "limit order"
    )
    equal(placed["orderStatus"], "PENDING", "limit order")
    number = placed["orderId"]
    check(isinstance(number, str), "order ids are strings")
    order = data(d.get_order_by_id(number), "by id")
    for name, wanted in {
        "dhanClientId": CLIENT, "correlationId": "sdk-1", "orderStatus": "PENDING",
        "transactionType": "BUY", "exchangeSegment": "NSE_EQ", "productType": "CNC",
        "orderType": "LIMIT", "validity": "DAY", "securityId": "1333", "quantity": 10,
        "price": 1400.0, "filledQty": 0, "remainingQuantity": 10, "afterMarketOrder": False,
        "omsErrorCode": None, "tradingSymbol": "HDFCBANK",
    }.items():
        equal(order[name], wanted, f"order {name}")
    check(isinstance(order["price"], float) and isinstance(order["quantity"], int), "types")
    equal(data(d.get_order_by_correlationID("sdk-1"), "by tag"), order, "by tag as by id")
    equal(data(d.get_order_list(), "book"), [order], "the book has the order")

    changed = d.modify_order(number, d.LIMIT, "ENTRY_LEG", 12, 1401.0, 0, 0, d.DAY)
    equal(data(changed, "modify")["orderStatus"], "TRANSIT", "modify")
    order = data(d.get_order_by_id(number), "after modify")
    equal((order["quantity"], order["price"]), (12, 1401.0), "what was modified")
    equal(data(d.cancel_order(number), "cancel")["orderStatus"], "CANCELLED", "cancel")
    failure(d.cancel_order(number), "DH-906", "cancelling twice")
    failure(d.get_order_by_id("1"), "DH-907", "an unknown order")
    failure(
        d.place_order("999999", d.NSE, d.BUY, 1, d.MARKET, d.CNC, 0), "DH-905", "unknown security"
    )
    stop = data(
        d.place_order("1333", d.NSE, d.SELL, 5, d.SL, d.INTRA, 1400.0, trigger_price=1401.0), "stop"
    )
    equal(data(d.get_order_by_id(stop["orderId"]), "stop")["triggerPrice"], 1401.0, "trigger price")
    data(d.cancel_order(stop["orderId"]), "cancel stop")
    poor = data(d.place_order("1333", d.NSE, d.BUY, 5000, d.LIMIT, d.CNC, 1400.0), "beyond funds")
    order = data(d.get_order_by_id(poor["orderId"]), "beyond funds")
    equal(order["orderStatus"], "REJECTED", "beyond funds")
    check("Margin Exceeds" in order["omsErrorDescription"], "reason of a rejection")
    slices = data(
        d.place_slice_order("52175", d.NSE_FNO, d.BUY, 3600, d.LIMIT, d.MARGIN, 2.0), "slices"
    )
    equal(len(slices), 2, "slices at the freeze quantity")
    for piece in slices:
        data(d.cancel_order(piece["orderId"]), "cancel slice")


def check_trades(d):
    equal(data(d.get_trade_book(), "no trades"), [], "no trades is a list")
    placed = data(d.place_order("1333", d.NSE, d.BUY, 7, d.MARKET, d.INTRA, 0), "market order")
    number = placed["orderId"]
    order = data(d.get_order_by_id(number), "market order")
    equal(order["orderStatus"], "TRADED", "market order")
    equal((order["filledQty"], order["averageTradedPrice"]), (7, 1430.0), "fill")
    trades = data(d.get_trade_book(), "trades")
    equal(data(d.get_trade_book(number), "trades of the order"), trades, "trades of the order")
    equal(trades[0]["tradedQuantity"], 7, "trade")
    equal(trades[0]["tradedPrice"], 1430.0, "trade")
    check(isinstance(trades[0]["exchangeTradeId"], str), "trade ids are strings")
    today = order["createTime"][:10]
    history = data(d.get_trade_history(today, today, 0), "history")
    equal(history[0]["orderId"], number, "history")
    equal(history[0]["stt"], "NA", "history")
    equal(data(d.ledger_report(today, today), "ledger")[0]["debit"], "0.00", "ledger")
    return number


def check_portfolio(d):
    held = data(d.get_holdings(), "holdings")
    equal((held[0]["tradingSymbol"], held[0]["availableQty"]), ("RELIANCE", 10), "holding")
    equal(held[0]["avgCostPrice"], 2900.0, "holding")
    position = data(d.get_positions(), "positions")[0]
    equal((position["positionType"], position["netQty"]), ("LONG", 7), "position")
    equal((position["productType"], position["buyAvg"]), ("INTRADAY", 1430.0), "position")
    data(d.convert_position(d.INTRA, d.NSE, "LONG", "1333", 3, d.CNC), "convert")
    products = {p["productType"]: p["netQty"] for p in data(d.get_positions(), "converted")}
    equal(products, {"INTRADAY": 4, "CNC": 3}, "converted positions")
    funds = data(d.get_fund_limits(), "funds")
    spent = 3 * 1430.0 + 4 * 1430.0 / 5
    check(abs(funds["availabelBalance"] - (1_000_000.0 - spent)) < 0.01, f"funds {funds}")
    margin = data(d.margin_calculator("1333", d.NSE, d.BUY, 5, d.CNC, 1430.0), "margin")
    equal((margin["totalMargin"], margin["leverage"]), (7150.0, "1.00"), "margin")
    scrip = {
        "exchangeSegment": d.NSE, "transactionType": d.BUY, "quantity": 5, "productType": d.CNC,
        "securityId": "1333", "price": 1430.0, "triggerPrice": 0,
    }
    equal(data(d.margin_calculator_multi([scrip]), "margins")["total_margin"], "7150.00", "margins")
    failure(d.kill_switch("ACTIVATE"), "DH-906", "kill switch with an open position")
    equal(data(d.exit_all_positions(), "exit")["status"], "SUCCESS", "exit")
    check(all(p["netQty"] == 0 for p in data(d.get_positions(), "flat")), "nothing is open")
    check("activated" in data(d.kill_switch("ACTIVATE"), "kill")["killSwitchStatus"], "kill switch")
    equal(data(d.status_kill_switch(), "kill")["killSwitchStatus"], "ACTIVATE", "kill switch")
    failure(
        d.place_order("1333", d.NSE, d.BUY, 1, d.MARKET, d.CNC, 0), "DH-906", "order when killed"
    )
    data(d.kill_switch("DEACTIVATE"), "kill switch off")
    exit_at = {"profit_value": 1500.0, "loss_value": 500.0, "product_type": ["INTRADAY"]}
    equal(data(d.set_pnl_exit(**exit_at), "exit")["pnlExitStatus"], "ACTIVE", "exit at a limit")
    kept = data(d.get_pnl_exit(), "exit")
    equal((kept["profit"], kept["loss"]), ("1500.00", "500.00"), "limits of an exit")
    equal(data(d.stop_pnl_exit(), "exit")["pnlExitStatus"], "DISABLED", "no exit at a limit")
    equal(d.generate_tpin()["remarks"], "OTP sent", "T-PIN")
    data(d.open_browser_for_tpin("INE002A01018", 1, "NSE"), "EDIS form")
    equal(data(d.edis_inquiry("ALL"), "EDIS")["aprvdQty"], 10, "EDIS inquiry")


def check_depth(buy, sell, totals):
    """Five levels a side, best first, none empty, which add up to what the quote says of each side."""
    for levels, order, total in ((buy, -1, totals[0]), (sell, 1, totals[1])):
        prices = [level["price"] for level in levels]
        equal(len(set(prices)), 5, "five levels")
        equal(prices, sorted(prices, key=lambda price: order * price), "best first")
        check(all(level["quantity"] > 0 for level in levels), "no level is empty")
        equal(sum(level["quantity"] for level in levels), total, "shares of a side")
    check(buy[0]["price"] < sell[0]["price"], "bid below ask")


def check_quotes(d):
    wanted = {"NSE_EQ": [1333]}
    last = data(d.ticker_data(dict(wanted)), "last price")
    price = last["data"]["NSE_EQ"]["1333"]["last_price"]
    check(price in (1429.9, 1430.0), f"last price {price} is neither the bid nor the ask")
    bars = data(d.ohlc_data(dict(wanted)), "ohlc")
    equal(bars["data"]["NSE_EQ"]["1333"]["ohlc"]["close"], 1430.0, "close")
    full = data(d.quote_data(dict(wanted)), "quote")["data"]["NSE_EQ"]["1333"]
    buy, sell = full["depth"]["buy"], full["depth"]["sell"]
    check_depth(buy, sell, (full["buy_quantity"], full["sell_quantity"]))
    check(all(level["orders"] > 0 for level in buy + sell), "orders of each level")
    check(full["lower_circuit_limit"] < 1430.0 < full["upper_circuit_limit"], "circuit limits")


def check_instruments(d):
    compact = d.fetch_security_list("compact")
    row = compact[(compact.SEM_TRADING_SYMBOL == "RELIANCE") & (compact.SEM_SERIES == "EQ")].iloc[0]
    equal(int(row.SEM_SMST_SECURITY_ID), 2885, "compact instrument file")
    equal(float(row.SEM_TICK_SIZE), 10.0, "tick size in paise")
    detailed = d.fetch_security_list("detailed")
    row = detailed[detailed.SECURITY_ID == 2885].iloc[0]
    equal((row.ISIN, row.UNDERLYING_SYMBOL), ("INE002A01018", "RELIANCE"), "detailed file")


def check_updates(base, socket, context, d, order_update):
    """The order-update socket, through the SDK's own client."""
    told = []
    feed = order_update(context)
    feed.order_feed_wss = socket
    feed.on_update = told.append

    def listen():
        try:
            asyncio.run(feed.connect_order_update())
        except Exception as end:  # the sandbox may close first: what counts is what was told
            told.append({"Type": "end", "Data": {"reason": repr(end)}})

    threading.Thread(target=listen, daemon=True).start()

    def is_listening():
        accounts = control(base, "GET", "/accounts")["accounts"]
        return any(a["client_id"] == CLIENT and a["listeners"] > 0 for a in accounts)

    eventually("the login of the socket", is_listening)
    placed = data(
        d.place_order("1333", d.NSE, d.BUY, 3, d.MARKET, d.CNC, 0, tag="sdk-told"), "told order"
    )
    eventually("three updates", lambda: len(told) >= 3)
    equal([m["Type"] for m in told[:3]], ["order_alert"] * 3, "update type")
    updates = [m["Data"] for m in told[:3]]
    equal([u["Status"] for u in updates], ["Transit", "Pending", "Traded"], "updates in order")
    for name, wanted in {
        "OrderNo": placed["orderId"], "CorrelationId": "sdk-told", "ClientId": CLIENT,
        "SecurityId": "1333", "Exchange": "NSE", "Segment": "E", "Source": "P", "Product": "C",
        "ProductName": "CNC", "TxnType": "B", "OrderType": "MKT", "Quantity": 3, "TradedQty": 3,
        "RemainingQuantity": 0, "AvgTradedPrice": 1430.0, "OffMktFlag": "0", "LegNo": 1,
        "Symbol": "HDFCBANK", "Isin": "INE040A01034", "Series": "EQ", "TickSize": 0.1,
    }.items():
        equal(updates[-1][name], wanted, f"update {name}")


def check_market_feed(base, socket, context, feed_type):
    """The market feed's binary packets, as the SDK's own client takes them apart."""
    feed_type.market_feed_wss = socket
    told, ends = [], []
    instruments = [
        (feed_type.NSE, "1333", feed_type.Ticker), (feed_type.NSE, "11536", feed_type.Quote),
        (feed_type.NSE, "2885", feed_type.Full),
    ]

    def listen():
        asyncio.set_event_loop(asyncio.new_event_loop())
        feed = feed_type(context, instruments, "v2", on_message=lambda _, m: told.append(m))
        feed.on_error = lambda _, error: ends.append(repr(error))
        feed.run()

    threading.Thread(target=listen, daemon=True).start()

    def packet(kind, security):
        return next(
            (m for m in reversed(told) if m["type"] == kind and m["security_id"] == security), None
        )

    ticker = eventually("a ticker packet", lambda: packet("Ticker Data", 1333))
    equal((ticker["exchange_segment"], ticker["LTP"]), (1, "1430.00"), "ticker packet")
    close = eventually("a previous close", lambda: packet("Previous Close", 1333))
    equal(close["prev_close"], "1430.00", "previous close")
    quote = eventually("a quote packet", lambda: packet("Quote Data", 11536))
    check(float(quote["low"]) <= float(quote["LTP"]) <= float(quote["high"]), f"quote {quote}")
    full = eventually("a full packet", lambda: packet("Full Data", 2885))
    equal(len(full["depth"]), 5, "five levels")
    best = full["depth"][0]
    check(float(best["bid_price"]) < float(best["ask_price"]), f"bid below ask {best}")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1433.30", "frozen": True})
    eventually("the next price", lambda: packet("Ticker Data", 1333)["LTP"] == "1433.30")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})
    equal(ends, [], "the feed's errors")


def check_conditional(base, api, context, d):
    """Super, forever and conditional orders: placed, changed, cancelled, and fired by the price."""
    from dhanhq import ConditionalOrder, ForeverOrder, SuperOrder

    s, f, t = (Patient(kind(context)) for kind in (SuperOrder, ForeverOrder, ConditionalOrder))
    placed = data(
        s.place_super_order(
            "1333", d.NSE, d.BUY, 5, d.LIMIT, d.CNC, 1420.0, targetPrice=1450.0,
            stopLossPrice=1400.0, trailingJump=5.0, tag="sdk-super",
        ),
        "super order",
    )
    number = placed["orderId"]
    equal(placed["orderStatus"], "PENDING", "super order")
    listed = [o for o in data(s.get_super_order_list(), "supers") if o["orderId"] == number][0]
    equal((listed["orderStatus"], listed["correlationId"]), ("PENDING", "sdk-super"), "super")
    legs = {leg["legName"]: leg for leg in listed["legDetails"]}
    equal(legs["TARGET_LEG"]["price"], 1450.0, "target")
    stop = legs["STOP_LOSS_LEG"]
    equal((stop["price"], stop["trailingJump"]), (1400.0, 5.0), "stop")
    data(s.modify_super_order(number, "LIMIT", "TARGET_LEG", targetPrice=1455.0), "target moved")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1420.00", "frozen": True})
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1455.00", "frozen": True})
    listed = [o for o in data(s.get_super_order_list(), "supers") if o["orderId"] == number][0]
    equal(listed["orderStatus"], "CLOSED", "a super order whose target was reached")
    other = data(
        s.place_super_order(
            "1333", d.NSE, d.BUY, 5, d.LIMIT, d.CNC, 1420.0, targetPrice=1460.0,
            stopLossPrice=1400.0, trailingJump=0.0,
        ),
        "super order",
    )["orderId"]
    data(s.cancel_super_order(other, "ENTRY_LEG"), "cancel of a super order")

    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})
    single = data(
        f.place_forever("1333", d.NSE, d.BUY, d.CNC, d.LIMIT, 5, 1421.0, 1420.0, tag="sdk-gtt"),
        "forever order",
    )["orderId"]
    pair = data(
        f.place_forever(
            "1333", d.NSE, d.SELL, d.CNC, d.LIMIT, 5, 1500.0, 1499.0, order_flag="OCO",
            price1=1400.0, trigger_Price1=1401.0, quantity1=5,
        ),
        "OCO",
    )["orderId"]
    lines = data(f.get_forever(), "forever orders")
    equal({o["orderType"] for o in lines if o["orderId"] == pair}, {"OCO"}, "OCO")
    equal(len([o for o in lines if o["orderId"] == pair]), 2, "legs of an OCO")
    equal({o["orderStatus"] for o in lines}, {"CONFIRM"}, "forever orders wait")
    data(
        f.modify_forever(single, "SINGLE", d.LIMIT, "TARGET_LEG", 6, 1416.0, 1415.0, 0, d.DAY),
        "forever order changed",
    )
    line = [o for o in data(f.get_forever(), "forever") if o["orderId"] == single][0]
    equal((line["quantity"], line["triggerPrice"]), (6, 1415.0), "what was changed")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1415.00", "frozen": True})
    line = [o for o in data(f.get_forever(), "forever") if o["orderId"] == single][0]
    equal(line["orderStatus"], "TRADED", "a forever order that was triggered")
    data(f.cancel_forever(pair), "cancel of an OCO")
    failure(f.cancel_forever(pair), "DH-906", "cancelling it twice")

    condition = {
        "comparisonType": "PRICE_WITH_VALUE", "exchangeSegment": "NSE_EQ", "securityId": "1333",
        "operator": "CROSSING_UP", "comparingValue": 1500, "expDate": "2030-12-31",
        "frequency": "ONCE",
    }
    order = {
        "transactionType": "BUY", "exchangeSegment": "NSE_EQ", "productType": "INTRADAY",
        "orderType": "LIMIT", "securityId": "1333", "quantity": 5, "validity": "DAY",
        "price": "1500.00", "discQuantity": "0", "triggerPrice": "0",
    }
    alert = data(t.place_conditional_order(condition, [order]), "conditional trigger")
    equal(alert["alertStatus"], "ACTIVE", "conditional trigger")
    seen = data(t.get_conditional_order(alert["alertId"]), "conditional trigger")
    equal(seen["condition"]["operator"], "CROSSING_UP", "conditional trigger")
    data(t.cancel_conditional_order(alert["alertId"]), "cancel of a conditional trigger")
    listed = data(t.get_conditional_orders(), "conditional triggers")
    equal([a["alertStatus"] for a in listed], ["CANCELLED"], "conditional triggers")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})


def check_errors(base, context_type, api_type, d, hasty):
    wrong = api_type(context_type(CLIENT, "WRONG"))
    failure(wrong.get_order_list(), "DH-901", "a wrong token")
    control(base, "POST", "/accounts", {"client_id": "1000000002", "token": "EMPTY"})
    empty = api_type(context_type("1000000002", "EMPTY"))
    failure(empty.get_holdings(), "DH-1111", "no holdings")
    codes = [
        hasty.place_order("1333", d.NSE, d.BUY, 1, d.LIMIT, d.CNC, 1400.0)["status"]
        for _ in range(300)
    ]
    check("failure" in codes, "three hundred orders in a row meet a limit")
    control(base, "DELETE", "/ledger")
    rule = {"kind": "drop_after_booking", "times": 1}
    control(base, "POST", "/faults", rule)
    lost = d.place_order("1333", d.NSE, d.BUY, 1, d.LIMIT, d.CNC, 1400.0, tag="sdk-lost")
    equal((lost["status"], lost["data"]), ("failure", ""), "a dropped answer")
    found = data(d.get_order_by_correlationID("sdk-lost"), "the lost order")
    equal(found["orderStatus"], "PENDING", "the lost order is live")
    equal(control(base, "GET", "/ledger/summary")["booked"], 1, "booked once")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    base, socket = sys.argv[1].rstrip("/"), sys.argv[2]
    from dhanhq import DhanContext, DhanLogin, MarketFeed, OrderUpdate, dhanhq
    from dhanhq._security import Security
    from dhanhq.dhan_http import DhanHTTP

    DhanHTTP.API_BASE_URL = f"{base}/dhan/v2"
    DhanLogin.API_BASE_URL = f"{base}/dhan/v2"
    DhanLogin.AUTH_BASE_URL = f"{base}/dhan"
    Security.COMPACT_CSV_URL = f"{base}/dhan/api-data/api-scrip-master.csv"
    Security.DETAILED_CSV_URL = f"{base}/dhan/api-data/api-scrip-master-detailed.csv"

    control(base, "POST", "/clock", {"market": "open"})
    control(base, "DELETE", "/ledger")
    control(base, "DELETE", "/faults")
    account = {
        "face": "dhan", "client_id": CLIENT, "token": TOKEN, "funds": "1000000.00",
        "holdings": [{"symbol": "RELIANCE", "quantity": 10, "average_price": "2900.00"}],
    }
    control(base, "POST", "/accounts", {"accounts": [account]})
    price = {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True}
    control(base, "POST", "/prices", price)

    login = DhanLogin(CLIENT)
    token = log_in(login)
    saved = login.set_ip(token, "10.200.10.10", "PRIMARY")
    equal(data(saved, "address")["message"], "IP saved successfully", "static address")
    equal(data(login.get_ip(token), "address")["primaryIP"], "10.200.10.10", "static address")
    context = DhanContext(CLIENT, token)
    hasty = dhanhq(context)
    d = Patient(hasty)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the SDK writes files into the working directory
        check_orders(d)
        check_trades(d)
        check_portfolio(d)
        check_quotes(d)
        check_instruments(d)
        check_updates(base, socket, context, d, OrderUpdate)
        check_market_feed(base, socket, context, MarketFeed)
        check_conditional(base, dhanhq, context, d)
        check_errors(base, DhanContext, dhanhq, d, hasty)
        os.chdir("/")
    control(base, "DELETE", "/faults")
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "frozen": False})
    print(f"dhanhq against {base}: {checks} checks passed")


if __name__ == "__main__":
    main()
