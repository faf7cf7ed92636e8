// Disputes, customers, means of payment, balance, events and lists by npm's `stripe`.
import { eventually } from "../support/process.mjs";
import { assert, fails } from "../support/stripe.mjs";

const disputed = async (shop) => {
  const paid = await shop.paid({ payment_method: "pm_card_createDispute" });
  const dispute = await eventually("the dispute", async () => (await shop.stripe.disputes.list({ payment_intent: paid.id })).data[0], 20_000, 100);
  return { paid, dispute };
};

export function disputes(it, shop) {
  it("a dispute: evidence is staged, submitted, and wins", async () => {
    const { stripe } = shop;
    const { paid, dispute } = await disputed(shop);
    assert.match(dispute.id, /^dp_/);
    assert.equal(dispute.object, "dispute");
    assert.equal(dispute.status, "needs_response");
    assert.equal(dispute.reason, "fraudulent");
    assert.equal(dispute.amount, 2000);
    assert.equal(dispute.charge, paid.latest_charge);
    assert.ok(dispute.evidence_details.due_by > Date.now() / 1000);
    assert.equal(dispute.evidence_details.submission_count, 0);
    assert.equal(dispute.balance_transactions[0].amount, -2000);
    assert.equal((await stripe.charges.retrieve(paid.latest_charge)).disputed, true);
    await fails(stripe.refunds.create({ payment_intent: paid.id }), "StripeInvalidRequestError", { code: "charge_disputed", statusCode: 400 });
    const staged = await stripe.disputes.update(dispute.id, { evidence: { customer_name: "Ada" }, metadata: { who: "eve" }, submit: false });
    assert.equal(staged.status, "needs_response");
    assert.equal(staged.evidence.customer_name, "Ada");
    assert.equal(staged.evidence_details.has_evidence, true);
    assert.deepEqual(staged.metadata, { who: "eve" });
    await fails(stripe.disputes.update(dispute.id, { evidence: { nonsense: "x" } }), "StripeInvalidRequestError", { param: "evidence[nonsense]" });
    const submitted = await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: "winning_evidence" } });
    assert.equal(submitted.evidence.customer_name, "Ada");
    assert.equal(submitted.evidence_details.submission_count, 1);
    assert.ok(["under_review", "won"].includes(submitted.status), submitted.status);
    const won = await eventually("the dispute is won", async () => {
      const now = await stripe.disputes.retrieve(dispute.id);
      return now.status === "won" && now;
    }, 30_000, 200);
    assert.deepEqual(won.balance_transactions.map(({ amount }) => amount), [-2000, 2000]);
    const entries = await stripe.balanceTransactions.list({ source: dispute.id, type: "adjustment" });
    assert.equal(entries.data.length, 2);
  });

  it("a dispute that is given in to is lost", async () => {
    const { stripe } = shop;
    const { paid, dispute } = await disputed(shop);
    const closed = await stripe.disputes.close(dispute.id);
    assert.equal(closed.status, "lost");
    await fails(stripe.disputes.close(dispute.id), "StripeInvalidRequestError", { statusCode: 400 });
    const looked = await stripe.disputes.retrieve(dispute.id, { expand: ["charge", "payment_intent"] });
    assert.equal(looked.charge.id, paid.latest_charge);
    assert.equal(looked.payment_intent.id, paid.id);
    assert.deepEqual((await stripe.disputes.list({ charge: paid.latest_charge })).data.map(({ id }) => id), [dispute.id]);
  });
}

export function customers(it, shop) {
  it("customers and their means of payment", async () => {
    const { stripe } = shop;
    const email = `ada-${process.pid}@example.com`;
    const made = await stripe.customers.create({ name: "Ada", email, phone: "+1 555", description: "First", metadata: { a: "1" } });
    assert.match(made.id, /^cus_/);
    assert.equal(made.object, "customer");
    assert.equal(made.email, email);
    assert.equal(made.delinquent, false);
    assert.deepEqual((await stripe.customers.list({ email })).data.map(({ id }) => id), [made.id]);

    const method = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
    assert.match(method.id, /^pm_[0-9A-Za-z]{22}$/);
    assert.equal(method.type, "card");
    assert.equal(method.card.last4, "4242");
    assert.equal(method.customer, null);
    const attached = await stripe.paymentMethods.attach(method.id, { customer: made.id });
    assert.equal(attached.customer, made.id);
    const other = await stripe.paymentMethods.attach("pm_card_mastercard", { customer: made.id });
    assert.match(other.id, /^pm_[0-9A-Za-z]{22}$/);
    assert.equal(other.card.brand, "mastercard");
    assert.deepEqual((await stripe.paymentMethods.list({ customer: made.id, type: "card" })).data.map(({ id }) => id), [other.id, method.id]);
    assert.deepEqual((await stripe.customers.listPaymentMethods(made.id)).data.map(({ id }) => id), [other.id, method.id]);
    assert.equal((await stripe.customers.retrievePaymentMethod(made.id, method.id)).id, method.id);
    assert.equal((await stripe.paymentMethods.retrieve("pm_card_amex")).card.brand, "amex");
    const renewed = await stripe.paymentMethods.update(method.id, { card: { exp_month: 5, exp_year: 2031 }, metadata: { k: "v" } });
    assert.equal(renewed.card.exp_year, 2031);
    assert.deepEqual(renewed.metadata, { k: "v" });

    const changed = await stripe.customers.update(made.id, { name: "Ada L.", invoice_settings: { default_payment_method: method.id }, metadata: { a: "", b: "2" } });
    assert.equal(changed.name, "Ada L.");
    assert.equal(changed.invoice_settings.default_payment_method, method.id);
    assert.deepEqual(changed.metadata, { b: "2" });
    const paid = await shop.paid({ customer: made.id, payment_method: method.id, off_session: true, expand: ["customer", "payment_method"] });
    assert.equal(paid.status, "succeeded");
    assert.equal(paid.customer.name, "Ada L.");
    assert.equal(paid.payment_method.id, method.id);
    assert.deepEqual((await stripe.paymentIntents.list({ customer: made.id })).data.map(({ id }) => id), [paid.id]);
    const whole = await stripe.customers.retrieve(made.id, { expand: ["invoice_settings.default_payment_method"] });
    assert.equal(whole.invoice_settings.default_payment_method.card.last4, "4242");

    assert.equal((await stripe.paymentMethods.detach(other.id)).customer, null);
    assert.deepEqual(await stripe.customers.del(made.id), { id: made.id, object: "customer", deleted: true });
    assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
    assert.deepEqual((await stripe.customers.list({ email })).data, []);
    await fails(stripe.customers.update(made.id, { name: "x" }), "StripeInvalidRequestError", { statusCode: 404, code: "resource_missing" });
  });
}

export function balance(it, shop) {
  it("the balance is the sum of its entries", async () => {
    const { stripe } = shop;
    const of = async () => {
      const now = await stripe.balance.retrieve();
      assert.equal(now.object, "balance");
      return [...now.available, ...now.pending].filter(({ currency }) => currency === "chf").reduce((sum, { amount }) => sum + amount, 0);
    };
    const before = await of();
    const paid = await shop.paid({ amount: 5000, currency: "chf" });
    await stripe.refunds.create({ payment_intent: paid.id, amount: 1200 });
    const entries = await stripe.balanceTransactions.list({ currency: "chf", limit: 2 });
    assert.deepEqual(entries.data.map(({ type, amount }) => [type, amount]), [["refund", -1200], ["charge", 5000]]);
    assert.equal(await of() - before, entries.data.reduce((sum, { net }) => sum + net, 0));
    const one = await stripe.balanceTransactions.retrieve(entries.data[1].id, { expand: ["source"] });
    assert.equal(one.source.id, paid.latest_charge);
    assert.equal(one.status, "pending");
    assert.ok(one.available_on >= one.created);
    assert.deepEqual((await stripe.balanceTransactions.list({ currency: "chf", type: "refund" })).data.map(({ amount }) => amount), [-1200]);
    await fails(stripe.balanceTransactions.retrieve("txn_none"), "StripeInvalidRequestError", { statusCode: 404 });
  });
}

export function events(it, shop) {
  it("events: what happened, as it then was", async () => {
    const { stripe } = shop;
    const made = await stripe.paymentIntents.create({ amount: 700, currency: "usd" });
    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" }, { idempotencyKey: `events-${made.id}` });
    // Others' events may come in between: disputes and refunds of the sandbox take their time.
    const all = (await stripe.events.list({ limit: 50 })).data.filter(({ data: { object } }) => object.id === made.id || object.payment_intent === made.id);
    assert.deepEqual(all.map(({ type }) => type), ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]);
    assert.deepEqual(all.map(({ data }) => data.object.id), [made.id, paid.latest_charge, made.id]);
    assert.equal(all[0].object, "event");
    assert.equal(all[0].api_version, "2026-10-28.endive");
    assert.equal(all[0].data.object.status, "succeeded");
    assert.equal(all[2].data.object.status, "requires_payment_method");  // not what it is now
    assert.equal(all[0].request.idempotency_key, `events-${made.id}`);
    assert.equal(all[0].request.id, paid.lastResponse.requestId);
    for (const { id } of all) assert.equal((await stripe.events.retrieve(id)).id, id);
    const next = await stripe.events.list({ limit: 1, starting_after: all[0].id });
    assert.deepEqual(next.data.map(({ id }) => id), [all[1].id]);
    assert.equal(next.has_more, true);
    assert.deepEqual((await stripe.events.list({ limit: 1, ending_before: all[1].id })).data.map(({ id }) => id), [all[0].id]);
    const newer = await stripe.events.list({ limit: 100, ending_before: all[2].id });
    assert.deepEqual(newer.data.map(({ id }) => id).filter((id) => all.some((event) => event.id === id)), [all[0].id, all[1].id]);
    const created = await stripe.events.list({ type: "payment_intent.created", limit: 1 });
    assert.equal(created.data[0].id, all[2].id);
    assert.equal(created.has_more, true);
    const customer = await stripe.customers.create({ name: "Old" });
    await stripe.customers.update(customer.id, { name: "New" });
    const [updated] = (await stripe.events.list({ types: ["customer.updated", "customer.deleted"], limit: 1 })).data;
    assert.equal(updated.data.object.name, "New");
    assert.deepEqual(updated.data.previous_attributes, { name: "Old" });
    await fails(stripe.events.list({ type: "no.such" }), "StripeInvalidRequestError", { statusCode: 400 });
    await fails(stripe.events.retrieve("evt_none"), "StripeInvalidRequestError", { statusCode: 404, code: "resource_missing" });
  });
}

export function lists(it, shop) {
  it("lists: pages forward and back, by time, all of it by itself", async () => {
    const { stripe } = shop;
    const customer = await stripe.customers.create({ name: "Lists" });
    const ids = [];
    for (let i = 0; i < 7; ++i) ids.unshift((await stripe.paymentIntents.create({ amount: 100 + i, currency: "usd", customer: customer.id })).id);
    const first = await stripe.paymentIntents.list({ customer: customer.id, limit: 3 });
    assert.equal(first.object, "list");
    assert.equal(first.url, "/v1/payment_intents");
    assert.equal(first.has_more, true);
    assert.deepEqual(first.data.map(({ id }) => id), ids.slice(0, 3));
    const second = await stripe.paymentIntents.list({ customer: customer.id, limit: 3, starting_after: ids[2] });
    assert.deepEqual(second.data.map(({ id }) => id), ids.slice(3, 6));
    const back = await stripe.paymentIntents.list({ customer: customer.id, limit: 2, ending_before: ids[3] });
    assert.deepEqual(back.data.map(({ id }) => id), ids.slice(1, 3));
    assert.equal(back.has_more, true);
    const walked = await stripe.paymentIntents.list({ customer: customer.id, limit: 2 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(walked.map(({ id }) => id), ids);
    let count = 0;
    for await (const { customer: whose } of stripe.paymentIntents.list({ customer: customer.id, limit: 4, expand: ["data.customer"] })) {
      assert.equal(whose.name, "Lists");
      count += 1;
    }
    assert.equal(count, 7);
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await stripe.paymentIntents.list({ customer: customer.id, created: { gte: now - 600, lt: now + 600 } })).data.length, 7);
    assert.equal((await stripe.paymentIntents.list({ customer: customer.id, created: { gt: now + 600 } })).data.length, 0);
    assert.equal((await stripe.paymentIntents.list({ customer: customer.id, created: { lte: now - 600 } })).data.length, 0);
    await fails(stripe.paymentIntents.list({ limit: 101 }), "StripeInvalidRequestError", { param: "limit", code: "parameter_invalid_integer" });
    await fails(stripe.paymentIntents.list({ starting_after: "pi_none" }), "StripeInvalidRequestError", { statusCode: 400 });
    await fails(stripe.paymentIntents.list({ starting_after: ids[0], ending_before: ids[1] }), "StripeInvalidRequestError", { code: "parameters_exclusive" });
    const everyone = await stripe.customers.list({ limit: 2 }).autoPagingToArray({ limit: 1000 });
    assert.equal(new Set(everyone.map(({ id }) => id)).size, everyone.length);
    assert.ok(everyone.some(({ id }) => id === customer.id));
    const events = await stripe.events.list({ limit: 3 }).autoPagingToArray({ limit: 40 });
    assert.equal(new Set(events.map(({ id }) => id)).size, 40);
  });
}
