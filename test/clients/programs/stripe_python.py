"""PyPI's `stripe`, unmodified, against the card-API profile: KEY and PORT are the arguments. Prints the number of checks."""
import sys
import time

import stripe

key, port = sys.argv[1], sys.argv[2]
base = f"http://127.0.0.1:{port}"
client = stripe.StripeClient(key, base_addresses={"api": base, "files": base})
checks = 0


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"FAILED: {what}")


def fails(call, kind, status):
    try:
        call()
    except stripe.StripeError as error:
        check(isinstance(error, kind), f"{type(error).__name__} is a {kind.__name__}")
        check(error.http_status == status, f"{error.http_status} is {status}")
        return error
    sys.exit(f"FAILED: a success where {kind.__name__} was due")


payments = client.v1.payment_intents if hasattr(client, "v1") else client.payment_intents
refunds = client.v1.refunds if hasattr(client, "v1") else client.refunds
customers = client.v1.customers if hasattr(client, "v1") else client.customers

customer = customers.create({"name": "Ada", "metadata": {"language": "python"}})
check(customer.id.startswith("cus_"), "a customer")
paid = payments.create(
    {"amount": 2000, "currency": "usd", "customer": customer.id, "payment_method": "pm_card_visa", "confirm": True,
     "metadata": {"order": "6735"}, "expand": ["latest_charge.balance_transaction"]})
check(paid.status == "succeeded", "paid")
check(paid.metadata["order"] == "6735", "metadata")
check(paid.latest_charge.balance_transaction.net == 2000 - paid.latest_charge.balance_transaction.fee, "expanded twice")
refund = refunds.create({"payment_intent": paid.id, "amount": 700})
check(refund.status == "succeeded", "refunded")
check(payments.retrieve(paid.id).amount_received == 2000, "retrieved")

for i in range(4):
    payments.create({"amount": 100 + i, "currency": "usd", "customer": customer.id})
listed = payments.list({"customer": customer.id, "limit": 2, "created": {"gte": int(time.time()) - 600}})
check(len(listed.data) == 2 and listed.has_more, "a page")
check(len(list(listed.auto_paging_iter())) == 5, "all pages")
check(len(payments.list({"customer": customer.id, "created": {"gt": int(time.time()) + 600}}).data) == 0, "nothing from the future")

error = fails(lambda: payments.create({"amount": 1, "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": True}), stripe.CardError, 402)
check(error.code == "card_declined", "its code")
fails(lambda: payments.retrieve("pi_none"), stripe.InvalidRequestError, 404)
fails(lambda: stripe.StripeClient("no_key", base_addresses={"api": base}).v1.payment_intents.list(), stripe.AuthenticationError, 401)
once = {"idempotency_key": f"python-{time.time_ns()}"}
first = payments.create({"amount": 5, "currency": "usd"}, once)
check(payments.create({"amount": 5, "currency": "usd"}, once).id == first.id, "the same key, the same payment")
fails(lambda: payments.create({"amount": 6, "currency": "usd"}, once), stripe.IdempotencyError, 400)
check(customers.delete(customer.id).deleted, "deleted")
print(checks)
