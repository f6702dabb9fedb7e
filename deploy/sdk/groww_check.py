#!/usr/bin/env python3
"""Drives a running broker-sandbox with Groww's official Python SDK and checks what it decodes.

The SDK is somebody else's reading of the same API, so a drift in our field names or types shows
here although our own adapter and sandbox may agree with each other.

    python3 -m venv /tmp/groww-sdk && /tmp/groww-sdk/bin/pip install growwapi==1.5.0
    broker-sandbox --listen 127.0.0.1:9100 --ws-listen 127.0.0.1:9101 &
    /tmp/groww-sdk/bin/python deploy/sdk/groww_check.py http://127.0.0.1:9100 ws://127.0.0.1:9101

Leaves the sandbox's ledger empty and its clock and faults as they were at its start. The SDK writes
the instrument file and its keys for the socket into its own folder, so its environment must be writable.
"""

import datetime
import json
import sys
import time
import urllib.request

CLIENT = "1000000001"
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


def eventually(what, look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit(f"FAILED after {checks} checks: waited for {what}")


def failure(code, what, call, *given, **named):
    """Makes a call that must fail with this code of Groww's."""
    from growwapi.groww.exceptions import GrowwAPIException

    try:
        answer = call(*given, **named)
    except GrowwAPIException as error:
        equal(error.code, code, what)
        return error.msg
    raise SystemExit(f"FAILED after {checks} checks: {what} was answered with {answer!r}")


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
                    if "too many calls" not in str(error) or time.monotonic() > end:
                        raise
                time.sleep(0.3)

        return call


def log_in(api, base):
    """Both ways to a token that the SDK knows; each new token ends the one before."""
    import requests

    post = requests.post
    real = "https://api.groww.in/v1"

    def redirected(url, **named):
        return post(url.replace(real, f"{base}/groww/v1"), **named)

    requests.post = redirected
    try:
        first = api.get_access_token(CLIENT, totp="123456")
        failure("400", "a code that is none", api.get_access_token, CLIENT, totp="12")
        token = api.get_access_token(CLIENT, secret="any secret")
    finally:
        requests.post = post
    check(token != first, "an approval makes a new token")
    failure("GA005", "the token before", client_of(api, base, first).get_user_profile)
    return token


def client_of(api, base, token):
    """The SDK's client at the sandbox: its constructor sets the real host and calls it at once."""

    class Redirected(api):
        @property
        def domain(self):
            return f"{base}/groww/v1"

        @domain.setter
        def domain(self, _):
            pass

    return Redirected(token)


def place(
    g, side, quantity, kind, product, price=0.0, trigger=None, reference=None, symbol="HDFCBANK"
):
    return g.place_order(
        validity=g.VALIDITY_DAY,
        exchange=g.EXCHANGE_NSE,
        order_type=kind,
        product=product,
        quantity=quantity,
        segment=g.SEGMENT_CASH,
        trading_symbol=symbol,
        transaction_type=side,
        order_reference_id=reference,
        price=price,
        trigger_price=trigger,
    )


def check_orders(g):
    equal(g.get_order_list()["order_list"], [], "an empty book is a list")
    placed = place(g, "BUY", 10, "LIMIT", "CNC", 1400.0, reference="sdk-order-1")
    equal(placed["order_status"], "OPEN", "limit order")
    equal(placed["order_reference_id"], "sdk-order-1", "limit order")
    number = placed["groww_order_id"]
    check(number.startswith("GMK"), f"order id {number}")
    order = g.get_order_detail(groww_order_id=number, segment="CASH")
    for name, wanted in {
        "groww_order_id": number, "trading_symbol": "HDFCBANK", "order_status": "APPROVED",
        "quantity": 10, "price": 1400.0, "filled_quantity": 0, "remaining_quantity": 10,
        "validity": "DAY", "exchange": "NSE", "order_type": "LIMIT", "transaction_type": "BUY",
        "segment": "CASH", "product": "CNC", "amo_status": "NA",
        "order_reference_id": "sdk-order-1",
    }.items():
        equal(order[name], wanted, f"order {name}")
    check(isinstance(order["price"], float) and isinstance(order["quantity"], int), "types")
    datetime.datetime.strptime(order["created_at"], "%Y-%m-%dT%H:%M:%S")
    equal(g.get_order_list()["order_list"], [order], "the book has the order")
    equal(g.get_order_list(segment="CASH")["order_list"], [order], "the book of shares has it")
    equal(g.get_order_list(segment="FNO")["order_list"], [], "the book of derivatives has not")
    equal(g.get_order_list(segment="CASH", page=1)["order_list"], [], "the second page is empty")
    status = g.get_order_status(groww_order_id=number, segment="CASH")
    equal((status["order_status"], status["filled_quantity"]), ("APPROVED", 0), "status")
    by_reference = g.get_order_status_by_reference(
        order_reference_id="sdk-order-1", segment="CASH"
    )
    equal(by_reference, status, "by reference as by id")
    failure(
        "GA007", "a reference twice",
        place, g, "BUY", 10, "LIMIT", "CNC", 1400.0, reference="sdk-order-1",
    )
    changed = g.modify_order(
        order_type="LIMIT", segment="CASH", groww_order_id=number, quantity=12, price=1401.0
    )
    equal(changed["groww_order_id"], number, "modify")
    order = g.get_order_detail(groww_order_id=number, segment="CASH")
    equal((order["quantity"], order["price"]), (12, 1401.0), "what was modified")
    cancelled = g.cancel_order(groww_order_id=number, segment="CASH")
    equal(cancelled["order_status"], "CANCELLED", "cancel")
    failure("GA006", "cancelling twice", g.cancel_order, groww_order_id=number, segment="CASH")
    failure("GA004", "an unknown order", g.get_order_detail, groww_order_id="GMK1", segment="CASH")
    failure(
        "GA004", "an unknown symbol",
        place, g, "BUY", 1, "MARKET", "CNC", symbol="NOSUCH",
    )
    failure("GA001", "an unknown product", place, g, "BUY", 1, "MARKET", "BO")
    stop = place(g, "SELL", 5, "SL", "MIS", 1400.0, 1401.0)
    asleep = g.get_order_detail(groww_order_id=stop["groww_order_id"], segment="CASH")
    equal((asleep["order_status"], asleep["trigger_price"]), ("TRIGGER_PENDING", 1401.0), "stop")
    g.cancel_order(groww_order_id=stop["groww_order_id"], segment="CASH")
    poor = place(g, "BUY", 5000, "LIMIT", "CNC", 1400.0)
    order = g.get_order_detail(groww_order_id=poor["groww_order_id"], segment="CASH")
    equal(order["order_status"], "FAILED", "beyond funds")
    check("Margin Exceeds" in order["remark"], "reason of a failure")


def check_trades(g):
    number = place(g, "BUY", 7, "MARKET", "MIS")["groww_order_id"]
    order = g.get_order_detail(groww_order_id=number, segment="CASH")
    equal(order["order_status"], "EXECUTED", "market order")
    equal((order["filled_quantity"], order["average_fill_price"]), (7, 1430.0), "fill")
    trades = g.get_trade_list_for_order(groww_order_id=number, segment="CASH")["trade_list"]
    equal(sum(trade["quantity"] for trade in trades), 7, "trades")
    for name, wanted in {
        "price": 1430.0, "groww_order_id": number, "trading_symbol": "HDFCBANK",
        "isin": "INE040A01034", "exchange": "NSE", "segment": "CASH", "product": "MIS",
        "transaction_type": "BUY",
    }.items():
        equal(trades[0][name], wanted, f"trade {name}")
    check(isinstance(trades[0]["exchange_trade_id"], str), "trade ids are strings")
    more = g.get_trade_list_for_order(groww_order_id=number, segment="CASH", page=1)
    equal(more["trade_list"], [], "the second page is empty")


def check_portfolio(g):
    held = g.get_holdings_for_user()["holdings"]
    equal((held[0]["trading_symbol"], held[0]["quantity"]), ("RELIANCE", 10), "holding")
    equal((held[0]["average_price"], held[0]["demat_free_quantity"]), (2900.0, 10), "holding")
    position = g.get_positions_for_user()["positions"][0]
    equal((position["trading_symbol"], position["product"]), ("HDFCBANK", "MIS"), "position")
    equal((position["credit_quantity"], position["credit_price"]), (7, 1430.0), "position")
    equal(
        g.get_position_for_trading_symbol(trading_symbol="HDFCBANK", segment="CASH")["positions"],
        [position],
        "position of a symbol",
    )
    equal(g.get_positions_for_user(segment="FNO")["positions"], [], "no derivatives")
    funds = g.get_available_margin_details()
    used = 7 * 1430.0 / 5
    equal(funds["clear_cash"], 1_000_000.0, "cash")
    check(abs(funds["net_margin_used"] - used) < 0.01, f"margin used {funds}")
    available = funds["equity_margin_details"]["cnc_balance_available"]
    check(abs(available - (1_000_000.0 - used)) < 0.01, f"funds {funds}")
    order = {
        "trading_symbol": "HDFCBANK", "transaction_type": "BUY", "quantity": 5, "price": 1430.0,
        "order_type": "LIMIT", "product": "CNC", "exchange": "NSE",
    }
    needed = g.get_order_margin_details(segment="CASH", orders=[order])
    equal(needed["total_requirement"], 7150.0, "margin of an order")
    failure(
        "GA001", "two orders of shares",
        g.get_order_margin_details, segment="CASH", orders=[order, order],
    )
    equal(g.get_user_profile()["ucc"], CLIENT, "user")


def check_depth(buy, sell, totals):
    """Five levels a side, best first, none empty, which add up to what the quote says of each side."""
    for levels, order, total in ((buy, -1, totals[0]), (sell, 1, totals[1])):
        prices = [level["price"] for level in levels]
        equal(len(set(prices)), 5, "five levels")
        equal(prices, sorted(prices, key=lambda price: order * price), "best first")
        check(all(level["quantity"] > 0 for level in levels), "no level is empty")
        equal(sum(level["quantity"] for level in levels), total, "shares of a side")
    check(buy[0]["price"] < sell[0]["price"], "bid below ask")


def check_quotes(g):
    near = (1429.9, 1430.0)
    pair = g.get_ltp(exchange_trading_symbols=("NSE_HDFCBANK", "NSE_M&M"), segment="CASH")
    check(pair["NSE_HDFCBANK"] in near and "NSE_M&M" in pair, f"last prices {pair}")
    text = g.get_ltp(exchange_trading_symbols="NSE_HDFCBANK,NSE_TCS", segment="CASH")
    equal(list(text), ["NSE_HDFCBANK", "NSE_TCS"], "last prices of a text")
    bars = g.get_ohlc(exchange_trading_symbols=("NSE_HDFCBANK",), segment="CASH")
    equal(bars["NSE_HDFCBANK"]["close"], 1430.0, "close")
    full = g.get_quote(trading_symbol="HDFCBANK", exchange="NSE", segment="CASH")
    check(full["last_price"] in near, f"last price {full['last_price']}")
    buy, sell = full["depth"]["buy"], full["depth"]["sell"]
    check_depth(buy, sell, (full["total_buy_quantity"], full["total_sell_quantity"]))
    equal((full["bid_price"], full["offer_price"]), (buy[0]["price"], sell[0]["price"]), "the best")
    check(full["lower_circuit_limit"] < 1430.0 < full["upper_circuit_limit"], "circuit limits")


def check_feed(base, socket, g):
    """Orders and prices over NATS, decoded by the SDK's own reading of the Protocol Buffers."""
    from growwapi import GrowwAPI, GrowwFeed

    GrowwAPI._GROWW_GENERATE_SOCKET_TOKEN_URL = f"{base}/groww/v1/api/apex/v1/socket/token/create/"
    GrowwFeed._GROWW_SOCKET_URL = f"{socket}/groww"
    feed = GrowwFeed(g.client)
    told = []
    check(
        feed.subscribe_equity_order_updates(lambda _: told.append(feed.get_equity_order_update())),
        "a subscription to orders",
    )
    bank = [{"exchange": "NSE", "segment": "CASH", "exchange_token": "1333"}]
    feed.subscribe_ltp(bank)
    feed.subscribe_market_depth(bank)

    def price():
        live = feed.get_ltp()["NSE"]["CASH"]["1333"]
        return live and live["ltp"]

    # What was subscribed to before it is subscribed to as well.
    eventually("the first price", lambda: price() == 1430.0)
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1436.50", "frozen": True})
    eventually("the next price", lambda: price() == 1436.5)
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})
    eventually("the first price again", lambda: price() == 1430.0)
    live = feed.get_ltp()["NSE"]["CASH"]["1333"]
    # Other checks on this sandbox may have moved the price further.
    check(live["low"] <= 1430.0 and live["high"] >= 1436.5, f"the day {live}")
    check(live["tsInMillis"] > 1.7e12 and live["close"] > 0, f"the day {live}")
    book = eventually("the book", lambda: feed.get_market_depth()["NSE"]["CASH"]["1333"])
    equal((len(book["buyBook"]), len(book["sellBook"])), (5, 5), "five levels")
    check(book["buyBook"]["1"]["price"] < book["sellBook"]["1"]["price"], "bid below ask")

    def update(number, status):
        return eventually(
            f"{status} of {number}",
            lambda: next(
                (o for o in told if (o["growwOrderId"], o["orderStatus"]) == (number, status)), None
            ),
        )

    number = place(g, "BUY", 4, "LIMIT", "CNC", 1400.0)["groww_order_id"]
    update(number, "NEW")
    order = update(number, "APPROVED")
    for name, wanted in {
        "qty": 4, "remainingQty": 4, "filledQty": 0, "price": "140000", "avgFillPrice": "0",
        "duration": "DAY", "exchange": "NSE", "segment": "CASH", "product": "CNC",
        "orderType": "LIMIT", "transactionType": "BUY", "contractId": "INE040A01034",
    }.items():
        equal(order[name], wanted, f"update {name}")
    g.cancel_order(groww_order_id=number, segment="CASH")
    update(number, "CANCELLED")
    sold = place(g, "SELL", 7, "MARKET", "MIS")["groww_order_id"]
    order = update(sold, "EXECUTED")
    equal((order["filledQty"], order["remainingQty"]), (7, 0), "update of a fill")
    equal(
        (order["orderType"], order["product"], order["transactionType"]),
        ("MARKET", "MIS", "SELL"),
        "update of a fill",
    )
    paise = int(order["avgFillPrice"])
    check(142_900 <= paise <= 143_000, f"average price in paise {paise}")
    check(feed.unsubscribe_equity_order_updates(), "the end of a subscription")
    check(feed.unsubscribe_ltp(bank)["NSE"]["CASH"]["1333"], "the end of a subscription")


def check_instruments(g):
    row = g.get_instrument_by_exchange_and_trading_symbol("NSE", "RELIANCE")
    for name, wanted in {
        "exchange_token": "2885", "groww_symbol": "NSE-RELIANCE", "instrument_type": "EQ",
        "segment": "CASH", "isin": "INE002A01018", "lot_size": "1", "tick_size": "0.10",
    }.items():
        equal(row[name], wanted, f"instrument {name}")
    option = g.get_instrument_by_groww_symbol("NSE-NIFTY26NOV26000CE")
    equal((option["strike_price"], option["expiry_date"]), ("26000", "2026-11-24"), "option")


def check_smart_orders(base, g):
    """GTT and OCO: created, changed, cancelled, and fired by the price."""
    # The sandbox forgets no smart order, and takes no reference of one twice.
    mark = format(time.time_ns() // 1_000_000, "x")
    made = g.create_smart_order(
        smart_order_type="GTT", reference_id=f"sdk-{mark}-1", segment="CASH",
        trading_symbol="HDFCBANK", quantity=5, product_type="CNC", exchange="NSE", duration="DAY",
        trigger_price="1400.00", trigger_direction="DOWN",
        order={"order_type": "LIMIT", "price": "1401.00", "transaction_type": "BUY"},
    )
    number = made["smart_order_id"]
    equal((made["status"], made["trigger_price"]), ("ACTIVE", "1400.00"), "GTT")
    changed = g.modify_smart_order(
        smart_order_id=number, smart_order_type="GTT", segment="CASH", quantity=6,
        trigger_price="1410.00", trigger_direction="DOWN",
        order={"order_type": "LIMIT", "price": "1411.00", "transaction_type": "BUY"},
    )
    equal((changed["quantity"], changed["trigger_price"]), (6, "1410.00"), "a changed GTT")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1410.00", "frozen": True})
    seen = g.get_smart_order(segment="CASH", smart_order_type="GTT", smart_order_id=number)
    equal(seen["status"], "TRIGGERED", "a GTT that was reached")
    g.place_order(
        trading_symbol="HDFCBANK", quantity=5, validity="DAY", exchange="NSE", segment="CASH",
        product="MIS", order_type="MARKET", transaction_type="BUY",
        order_reference_id="sdk-smart-position",
    )
    pair = g.create_smart_order(
        smart_order_type="OCO", reference_id=f"sdk-{mark}-2", segment="CASH",
        trading_symbol="HDFCBANK", quantity=5, product_type="MIS", exchange="NSE", duration="DAY",
        net_position_quantity=5, transaction_type="SELL",
        target={"trigger_price": "1450.00", "order_type": "LIMIT", "price": "1450.00"},
        stop_loss={"trigger_price": "1390.00", "order_type": "SL_M", "price": None},
    )
    equal((pair["status"], pair["target"]["trigger_price"]), ("ACTIVE", "1450.00"), "OCO")
    g.cancel_smart_order(
        segment="CASH", smart_order_type="OCO", smart_order_id=pair["smart_order_id"]
    )
    seen = g.get_smart_order(
        segment="CASH", smart_order_type="OCO", smart_order_id=pair["smart_order_id"]
    )
    equal(seen["status"], "CANCELLED", "a cancelled OCO")
    listed = g.get_smart_order_list(
        segment="CASH", smart_order_type="GTT", status="TRIGGERED", page=0, page_size=10,
        start_date_time="2020-01-01T00:00:00", end_date_time="2099-01-01T00:00:00",
    )
    check(number in [o["smart_order_id"] for o in listed["orders"]], "list of smart orders")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})


def check_errors(base, api, g, hasty):
    wrong = client_of(api, base, "WRONG")
    failure("GA005", "a wrong token", wrong.get_order_list)
    limited = 0
    for _ in range(300):
        try:
            place(hasty, "BUY", 1, "LIMIT", "CNC", 1400.0)
        except Exception as error:
            if "too many calls" not in str(error):
                raise
            limited += 1
    check(limited > 0, "three hundred orders in a row meet a limit")
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/faults", {"kind": "drop_after_booking", "face": "groww", "times": 1})
    try:
        place(g, "BUY", 1, "LIMIT", "CNC", 1400.0, reference="sdk-lost-1")
        raise SystemExit(f"FAILED after {checks} checks: a dropped answer was answered")
    except Exception as error:
        check("Groww" in str(error) or "Connection" in str(error), f"a dropped answer: {error!r}")
    found = g.get_order_status_by_reference(order_reference_id="sdk-lost-1", segment="CASH")
    equal(found["order_status"], "APPROVED", "the lost order is live")
    equal(control(base, "GET", "/ledger/summary")["booked"], 1, "booked once")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    base, socket = sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/")
    from growwapi import GrowwAPI

    GrowwAPI.INSTRUMENT_CSV_URL = f"{base}/groww/instruments/instrument.csv"
    control(base, "POST", "/clock", {"market": "open"})
    control(base, "DELETE", "/ledger")
    control(base, "DELETE", "/faults")
    account = {
        "face": "groww", "client_id": CLIENT, "funds": "1000000.00",
        "holdings": [{"symbol": "RELIANCE", "quantity": 10, "average_price": "2900.00"}],
    }
    control(base, "POST", "/accounts", {"accounts": [account]})
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "price": "1430.00", "frozen": True})

    hasty = client_of(GrowwAPI, base, log_in(GrowwAPI, base))
    g = Patient(hasty)
    check_orders(g)
    check_trades(g)
    check_portfolio(g)
    check_quotes(g)
    check_feed(base, socket, g)
    check_instruments(g)
    check_smart_orders(base, g)
    check_errors(base, GrowwAPI, g, hasty)
    control(base, "DELETE", "/faults")
    control(base, "DELETE", "/ledger")
    control(base, "POST", "/prices", {"symbol": "HDFCBANK", "frozen": False})
    print(f"growwapi against {base}: {checks} checks passed")


if __name__ == "__main__":
    main()
