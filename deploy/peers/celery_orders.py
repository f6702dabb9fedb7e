"""The least that must happen for an order, as a Celery program: what `bench celery` compares with.

The same work on the wire as `bench ceiling`'s minimal loop: a confirmed message in a quorum queue, a
transaction that reserves and inserts, one POST an order, a transaction that records, an acknowledgement
after it, and a result in Redis. No sizing, no ledger, no audit, no pace, no fills; and nothing that
keeps an order from being sent twice when a worker dies.

    python -m celery -A celery_orders worker --pool prefork --concurrency 8
    python celery_orders.py FIRST COUNT     # enqueues orders FIRST, FIRST + 1, ...

It is told where everything is by CELERY_ORDERS_AMQP, _REDIS, _DATABASE and _BROKER.
"""

import os
import sys

import psycopg
import requests
from celery import Celery
from celery.signals import worker_process_init

PREFIX = "CELERY_ORDERS_"

app = Celery("orders", broker=os.environ[PREFIX + "AMQP"], backend=os.environ[PREFIX + "REDIS"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    result_expires=3600,
    task_acks_late=True,
    task_default_queue="celery-orders",
    task_default_queue_type="quorum",
    task_reject_on_worker_lost=True,
    worker_detect_quorum_queues=True,
    worker_prefetch_multiplier=16,
)

database = None
broker = None


@worker_process_init.connect
def connect(**_):
    """One connection of each kind for each process, kept open."""
    global database, broker
    database = psycopg.connect(os.environ[PREFIX + "DATABASE"], autocommit=True)
    broker = requests.Session()


@app.task(name="celery_orders.place")
def place(order):
    reference = f"CELERY{order}"
    with database.transaction():
        database.execute("UPDATE minimal_account SET held = held + 295000 WHERE id = %s", (order,))
        database.execute(
            "INSERT INTO minimal_order (id, reference, state) VALUES (%s, %s, 'SENDING')",
            (order, reference),
        )
    answer = broker.post(
        os.environ[PREFIX + "BROKER"] + "/dhan/v2/orders",
        headers={"access-token": f"token-{order}", "client-id": f"{1100000000 + order}"},
        json={
            "dhanClientId": f"{1100000000 + order}",
            "correlationId": reference,
            "transactionType": "BUY",
            "exchangeSegment": "NSE_EQ",
            "productType": "CNC",
            "orderType": "MARKET",
            "validity": "DAY",
            "securityId": "2885",
            "quantity": 1,
            "disclosedQuantity": 0,
            "price": 0,
            "triggerPrice": 0,
            "afterMarketOrder": False,
        },
        timeout=30,
    )
    answer.raise_for_status()
    number = answer.json()["orderId"]
    database.execute(
        "UPDATE minimal_order SET state = 'ACCEPTED', broker_order_id = %s WHERE id = %s",
        (number, order),
    )
    return number


def main():
    first, count = (int(word) for word in sys.argv[1:3])
    with app.producer_pool.acquire(block=True) as producer:
        for order in range(first, first + count):
            place.apply_async((order,), producer=producer)


if __name__ == "__main__":
    main()
