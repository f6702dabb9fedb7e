#!/usr/bin/env python3
"""Drives a running broker-sandbox with Zerodha's official Python SDK and checks what it decodes.

The SDK is somebody else's reading of the same API, so a drift in our field names or types shows
here although our own adapter and sandbox may agree with each other.

    python3 -m venv /tmp/kite-sdk && /tmp/kite-sdk/bin/pip install kiteconnect==5.2.2
    broker-sandbox --listen 127.0.0.1:9100 --ws-listen 127.0.0.1:9101 &
    /tmp/kite-sdk/bin/python deploy/sdk/zerodha_check.py http://127.0.0.1:9100 ws://127.0.0.1:9101

Leaves the sandbox's ledger empty and its clock and faults as they were at its start.
"""

import datetime
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

CLIENT = "AB1234"
KEY, SECRET = "sdk-key", "secret"
PATIENCE = 30  # seconds to wait for anything that happens by itself
INFY = 1594 * 256 + 1

checks = 0


def check(condition, what):
    """Counts one fact, or ends the run with it."""
    global checks
    if not condition:
        raise SystemExit(f"FAILED after {checks} checks: {what}")
    checks += 1


def equal(seen, wanted, what):
    check(seen == wanted, f"{what}: wanted {wanted!r}, saw {seen!r}")


def members(seen, wanted, what):
    for name, value in wanted.items():
        equal(seen[name], value, f"{what} {name}")


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


def failure(kind, code, what, call, *given, **named):
    """The SDK's exception of this class, with the status that it came under."""
    try:
        answer = call(*given, **named)
    except kind as error:
        equal((type(error), error.code), (kind, code), f"{what}: {error}")
        return str(error)
    raise SystemExit(f"FAILED after {checks} checks: {what} was answered: {answer!r}")


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
                try:
                    return value(*given, **named)
                except Exception as error:
                    if getattr(error, "code", None) != 429 or time.monotonic() > end:
                        raise
                    time.sleep(0.3)

        return call


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def log_in(k, base, errors):
    """The browser's way to a request token, and the SDK's to a session."""
    k._default_login_uri = f"{base}/kite/connect/login"
    page = k.login_url() + f"&client_id={CLIENT}"
    try:
        urllib.request.build_opener(Stay).open(page, timeout=PATIENCE)
        raise SystemExit("FAILED: the login page did not send the browser on")
    except urllib.error.HTTPError as answer:
        equal(answer.code, 302, "login page")
        query = urllib.parse.urlparse(answer.headers["Location"]).query
    told = dict(urllib.parse.parse_qsl(query))
    equal((told["action"], told["status"]), ("login", "success"), "login page")
    session = k.generate_session(told["request_token"], SECRET)
    members(session, {"user_id": CLIENT, "api_key": KEY, "broker": "ZERODHA"}, "session")
    check(isinstance(session["login_time"], datetime.datetime), "login time")
    token = session["access_token"]
    failure(
        errors.TokenException, 403, "a request token used twice",
        k.generate_session, told["request_token"], SECRET,
    )
    k.set_access_token(token)
    equal(k.profile()["user_id"], CLIENT, "profile")
    return token


def check_orders(k, errors):
    equal(k.orders(), [], "an empty book is a list")
    limit = dict(
        variety=k.VARIETY_REGULAR, exchange=k.EXCHANGE_NSE, tradingsymbol="INFY",
        transaction_type=k.TRANSACTION_TYPE_BUY, quantity=10, product=k.PRODUCT_CNC,
        order_type=k.ORDER_TYPE_LIMIT, price=1500.5, validity=k.VALIDITY_DAY,
    )
    number = k.place_order(**limit, tag="sdk1")
    check(isinstance(number, str), "order ids are strings")
    book = k.orders()
    equal(len(book), 1, "the book has the order")
    members(
        book[0],
        {
            "account_id": CLIENT, "placed_by": CLIENT, "order_id": number, "status": "OPEN",
            "variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY",
            "instrument_token": INFY, "order_type": "LIMIT", "transaction_type": "BUY",
            "validity": "DAY", "product": "CNC", "quantity": 10, "price": 1500.5,
            "filled_quantity": 0, "pending_quantity": 10, "cancelled_quantity": 0,
            "status_message": None, "parent_order_id": None, "tag": "sdk1", "tags": ["sdk1"],
        },
        "order",
    )
    check(isinstance(book[0]["order_timestamp"], datetime.datetime), "times are read as times")
    equal(k.modify_order(k.VARIETY_REGULAR, number, quantity=12, price=1501.0), number, "modify")
    history = k.order_history(number)
    equal(history[0]["status"], "PUT ORDER REQ RECEIVED", "a history begins before the exchange")
    members(history[-1], {"status": "OPEN", "quantity": 12, "price": 1501.0}, "after modify")
    equal(k.cancel_order(k.VARIETY_REGULAR, number), number, "cancel")
    members(k.order_history(number)[-1], {"status": "CANCELLED"}, "after cancel")
    members(k.orders()[0], {"status": "CANCELLED", "cancelled_quantity": 12}, "cancelled")
    failure(
        errors.OrderException, 400, "cancelling twice", k.cancel_order, k.VARIETY_REGULAR, number
    )
    failure(errors.GeneralException, 400, "an unknown order", k.order_history, "1")
    failure(
        errors.InputException, 400, "an unknown symbol",
        k.place_order, **{**limit, "tradingsymbol": "NOBODY"},
    )
    market = {**limit, "order_type": k.ORDER_TYPE_MARKET, "price": None}
    failure(errors.InputException, 400, "no market protection", k.place_order, **market)
    stop = k.place_order(
        **{**limit, "transaction_type": "SELL", "product": k.PRODUCT_MIS, "price": None,
           "order_type": k.ORDER_TYPE_SLM},
        trigger_price=1490.0, market_protection=-1,
    )
    waiting = k.order_history(stop)[-1]
    members(waiting, {"status": "TRIGGER PENDING", "trigger_price": 1490.0}, "stop")
    k.cancel_order(k.VARIETY_REGULAR, stop)
    poor = k.place_order(**{**limit, "quantity": 5000})
    rejected = k.order_history(poor)[-1]
    equal(rejected["status"], "REJECTED", "beyond funds")
    check("Margin Exceeds" in rejected["status_message"], "reason of a rejection")
    return market


def check_trades(k, market):
    equal(k.trades(), [], "no trades is a list")
    number = k.place_order(**{**market, "quantity": 7, "product": "MIS"}, market_protection=-1)
    members(
        k.order_history(number)[-1],
        {"status": "COMPLETE", "filled_quantity": 7, "average_price": 1560.0},
        "market order",
    )
    trades = k.trades()
    equal(k.order_trades(number), trades, "trades of the order")
    members(
        trades[0],
        {
            "order_id": number, "quantity": 7, "average_price": 1560.0, "tradingsymbol": "INFY",
            "exchange": "NSE", "product": "MIS", "transaction_type": "BUY",
            "instrument_token": INFY,
        },
        "trade",
    )
    check(isinstance(trades[0]["trade_id"], str), "trade ids are strings")
    check(isinstance(trades[0]["fill_timestamp"], datetime.datetime), "fill times are times")


def check_portfolio(k):
    held = k.holdings()
    equal(len(held), 1, "one holding")
    members(
        held[0],
        {
            "tradingsymbol": "RELIANCE", "exchange": "NSE", "isin": "INE002A01018",
            "quantity": 10, "t1_quantity": 0, "used_quantity": 0, "average_price": 2900.0,
        },
        "holding",
    )
    equal(len(held[0]["authorised_date"]), 19, "authorised date")
    positions = k.positions()
    equal(sorted(positions), ["day", "net"], "positions")
    members(
        positions["net"][0],
        {
            "tradingsymbol": "INFY", "product": "MIS", "quantity": 7, "buy_quantity": 7,
            "buy_price": 1560.0, "average_price": 1560.0, "sell_quantity": 0, "multiplier": 1,
        },
        "position",
    )
    moved = k.convert_position("NSE", "INFY", "BUY", "day", 7, "MIS", "CNC")
    equal(moved, True, "conversion")
    equal(k.positions()["net"][-1]["product"], "CNC", "converted")
    both = k.margins()
    equal(sorted(both), ["commodity", "equity"], "margins")
    equity = k.margins("equity")
    equal(equity["available"]["opening_balance"], 1000000.0, "funds")
    equal(equity["utilised"]["debits"], 7 * 1560.0, "funds used")
    equal(equity["available"]["live_balance"], 1000000.0 - 7 * 1560.0, "funds left")


def check_auctions(base, k):
    equal(k.get_auction_instruments(), [], "no auction")
    control(base, "POST", "/auctions", {"symbol": "RELIANCE", "number": "20"})
    control(base, "POST", "/auctions", {"symbol": "SBIN", "number": "21"})
    found = k.get_auction_instruments()
    equal(len(found), 1, "an auction of shares that are held")
    members(
        found[0],
        {
            "auction_number": "20", "tradingsymbol": "RELIANCE", "exchange": "NSE",
            "isin": "INE002A01018", "quantity": 10, "average_price": 2900.0,
        },
        "auction",
    )
    for symbol in ("RELIANCE", "SBIN"):
        control(base, "POST", "/auctions", {"symbol": symbol})
    equal(k.get_auction_instruments(), [], "auctions that are over")


def check_margins(k):
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
        "variety": "regular", "product": "CNC", "order_type": "LIMIT", "quantity": 5,
        "price": 1560.0, "trigger_price": 0,
    }
    need = k.order_margins([order])[0]
    equal((need["total"], need["tradingsymbol"]), (7800.0, "INFY"), "margin of an order")
    basket = k.basket_order_margins([order, dict(order, product="MIS")], mode="compact")
    check(7800.0 < basket["final"]["total"] < 15600.0, f"margin of a basket {basket['final']}")
    equal(len(basket["orders"]), 2, "orders of a basket")
    executed = dict(order, order_id="1", average_price=1560.0)
    charges = k.get_virtual_contract_note([executed])[0]["charges"]
    parts = [
        "transaction_tax", "exchange_turnover_charge", "sebi_turnover_charge", "brokerage",
        "stamp_duty",
    ]
    total = sum(charges[part] for part in parts) + charges["gst"]["total"]
    check(abs(total - charges["total"]) < 0.02, f"contract note {charges}")
    equal(charges["transaction_tax"], 7.8, "tax of a contract note")


def check_depth(buy, sell, totals):
    """Five levels a side, best first, none empty, which add up to what the quote says of each side."""
    for levels, order, total in ((buy, -1, totals[0]), (sell, 1, totals[1])):
        prices = [level["price"] for level in levels]
        equal(len(set(prices)), 5, "five levels")
        equal(prices, sorted(prices, key=lambda price: order * price), "best first")
        check(all(level["quantity"] > 0 for level in levels), "no level is empty")
        equal(sum(level["quantity"] for level in levels), total, "shares of a side")
    check(buy[0]["price"] < sell[0]["price"], "bid below ask")


def check_quotes(k):
    wanted = ["NSE:INFY", "NSE:NOBODY"]
    last = k.ltp(wanted)
    equal(list(last), ["NSE:INFY"], "what is unknown is missing")
    equal(last["NSE:INFY"], {"instrument_token": INFY, "last_price": 1560.0}, "last price")
    equal(k.ohlc(wanted)["NSE:INFY"]["ohlc"]["close"], 1560.0, "close")
    full = k.quote(wanted)["NSE:INFY"]
    buy, sell = full["depth"]["buy"], full["depth"]["sell"]
    check_depth(buy, sell, (full["buy_quantity"], full["sell_quantity"]))
    check(all(level["orders"] > 0 for level in buy + sell), "orders of each level")
    check(full["lower_circuit_limit"] < 1560.0 < full["upper_circuit_limit"], "circuit limits")


def check_instruments(k):
    listed = k.instruments("NSE")
    row = next(r for r in listed if r["tradingsymbol"] == "INFY")
    members(
        row,
        {
            "instrument_token": INFY, "exchange_token": "1594", "instrument_type": "EQ",
            "segment": "NSE", "exchange": "NSE", "tick_size": 0.1, "lot_size": 1,
        },
        "instrument",
    )
    options = [r for r in k.instruments() if r["segment"] == "NFO-OPT"]
    check(all(isinstance(r["expiry"], datetime.date) for r in options), "expiry dates")
    check("NIFTY26NOV26000CE" in [r["tradingsymbol"] for r in options], "an option's symbol")


def check_stream(base, socket, token, k, market, ticker_type):
    """Order frames and ticks, through the SDK's own ticker."""
    told, ticks = [], []
    ticker = ticker_type(KEY, token, root=f"{socket}/kite")
    ticker.on_order_update = lambda _, order: told.append(order)
    ticker.on_ticks = lambda _, some: ticks.extend(some)
    ticker.on_connect = lambda ws, _: (ws.subscribe([INFY]), ws.set_mode(ws.MODE_FULL, [INFY]))
    ticker.connect(threaded=True)

    def is_listening():
        accounts = control(base, "GET", "/accounts")["accounts"]
        return any(a["client_id"] == CLIENT and a["listeners"] > 0 for a in accounts)

    eventually("the login of the ticker", is_listening)
    number = k.place_order(**{**market, "quantity": 3}, market_protection=-1, tag="sdktold")
    eventually("three order frames", lambda: len(told) >= 3)
    equal(
        [order["status"] for order in told[:3]],
        ["PUT ORDER REQ RECEIVED", "OPEN", "COMPLETE"],
        "frames in order",
    )
    members(
        told[2],
        {
            "order_id": number, "tag": "sdktold", "filled_quantity": 3, "average_price": 1560.0,
            "user_id": CLIENT, "tradingsymbol": "INFY",
        },
        "frame",
    )
    full = eventually("a full tick", lambda: next((t for t in ticks if t["mode"] == "full"), None))
    members(full, {"instrument_token": INFY, "tradable": True, "last_price": 1560.0}, "tick")
    equal(full["ohlc"]["close"], 1560.0, "tick close")
    equal((len(full["depth"]["buy"]), len(full["depth"]["sell"])), (5, 5), "tick depth")
    check(full["depth"]["buy"][0]["price"] < full["depth"]["sell"][0]["price"], "tick depth")
    check(isinstance(full["exchange_timestamp"], datetime.datetime), "tick time")
    ticker.close()


def check_triggers(base, k):
    """GTT, single and two-leg: placed, changed, deleted, and fired by the price."""

    def order(side, price, quantity=1):
        return {
            "transaction_type": side, "quantity": quantity, "order_type": "LIMIT",
            "product": "CNC", "price": price,
        }

    single = k.place_gtt("single", "INFY", "NSE", [1500.0], 1560.0, [order("BUY", 1501.0)])
    number = single["trigger_id"]
    check(isinstance(number, int), "trigger ids are numbers")
    pair = k.place_gtt(
        "two-leg", "INFY", "NSE", [1450.0, 1650.0], 1560.0,
        [order("SELL", 1450.0), order("SELL", 1650.0)],
    )["trigger_id"]
    known = {g["id"]: g for g in k.get_gtts()}
    equal({known[n]["status"] for n in (number, pair)}, {"active"}, "triggers wait")
    equal(known[pair]["condition"]["trigger_values"], [1450.0, 1650.0], "trigger values")
    k.modify_gtt(
        number, "single", "INFY", "NSE", [1510.0], 1560.0, [order("BUY", 1511.0, quantity=2)]
    )
    changed = k.get_gtt(number)
    equal(changed["condition"]["trigger_values"], [1510.0], "a changed trigger")
    equal(changed["orders"][0]["quantity"], 2, "a changed quantity")
    control(base, "POST", "/prices", {"symbol": "INFY", "price": "1510.00", "frozen": True})
    fired = k.get_gtt(number)
    equal(fired["status"], "triggered", "a trigger that was reached")
    result = fired["orders"][0]["result"]["order_result"]
    equal(k.order_history(result["order_id"])[-1]["status"], "COMPLETE", "its order")
    equal(k.delete_gtt(pair)["trigger_id"], pair, "delete")
    equal(k.get_gtt(pair)["status"], "deleted", "a deleted trigger")
    control(base, "POST", "/prices", {"symbol": "INFY", "price": "1560.00", "frozen": True})


def check_errors(base, kite_type, k, market, errors):
    wrong = kite_type(KEY, access_token="WRONG", root=base)
    failure(errors.TokenException, 403, "a wrong token", wrong.orders)
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/faults", {"kind": "drop_after_booking", "times": 1})
    limit = {**market, "order_type": "LIMIT", "price": 1500.5, "tag": "sdklost"}
    try:
        k.client.place_order(**limit)
        raise SystemExit("FAILED: a dropped answer was an answer")
    except OSError:
        pass  # requests' ConnectionError: nobody knows what became of the order
    lost = [order for order in k.orders() if order["tag"] == "sdklost"]
    equal([order["status"] for order in lost], ["OPEN"], "the lost order is live")
    equal(control(base, "GET", "/ledger/summary")["booked"], 1, "booked once")
    hasty = []
    for _ in range(30):
        try:
            hasty.append(k.client.cancel_order("regular", "1"))
        except errors.NetworkException as error:
            hasty.append(error.code)
        except errors.GeneralException:
            pass
    check(429 in hasty, "thirty calls in a row meet a limit")
    equal(k.invalidate_access_token(), True, "logout")
    failure(errors.TokenException, 403, "a token after its logout", k.orders)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    base, socket = sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/")
    from kiteconnect import KiteConnect, KiteTicker
    from kiteconnect import exceptions as errors

    # The SDK puts its paths at the root of the host; the sandbox has other brokers there too.
    KiteConnect._routes = {name: "/kite" + path for name, path in KiteConnect._routes.items()}

    control(base, "POST", "/clock", {"market": "open"})
    control(base, "DELETE", "/ledger")
    control(base, "DELETE", "/faults")
    account = {
        "face": "zerodha", "client_id": CLIENT, "token": "none:yet", "funds": "1000000.00",
        "holdings": [{"symbol": "RELIANCE", "quantity": 10, "average_price": "2900.00"}],
    }
    control(base, "POST", "/accounts", {"accounts": [account]})
    control(base, "POST", "/prices", {"symbol": "INFY", "price": "1560.00", "frozen": True})

    k = Patient(KiteConnect(KEY, root=base))
    token = log_in(k.client, base, errors)
    market = check_orders(k, errors)
    check_trades(k, market)
    check_portfolio(k)
    check_auctions(base, k)
    check_margins(k)
    check_quotes(k)
    check_instruments(k)
    check_stream(base, socket, token, k, market, KiteTicker)
    check_triggers(base, k)
    check_errors(base, KiteConnect, k, market, errors)
    control(base, "DELETE", "/faults")
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/prices", {"symbol": "INFY", "frozen": False})
    print(f"kiteconnect against {base}: {checks} checks passed")


if __name__ == "__main__":
    main()
