// Payment intents, charges, refunds and disputes: what changes them.
#include <optional>
#include <utility>

#include "base/text.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments.h"
#include "modules/payments/profile/card_sent.h"
#include "modules/payments/profile/metadata.h"
#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_ask.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using enum ObjectKind;

// What clients send by habit and what changes nothing where there is one kind of means of payment.
void take_methods_in_general(Params& params) {
  params.ignore(
      {"automatic_payment_methods", "payment_method_options", "return_url", "use_stripe_sdk"});
  for (const std::string& type : params.list("payment_method_types")) {
    if (type == "card") continue;
    params.fail("parameter_invalid", "payment_method_types",
                "The payment method type '" + type + "' is not served here; card is.");
  }
  params.choice("confirmation_method", {"automatic"});
}

// "one_off" and "recurring" say no more here than true.
bool off_session(Params& params) {
  const std::optional<std::string> sent =
      params.choice("off_session", {"true", "false", "one_off", "recurring"});
  const bool no_action = params.boolean("error_on_requires_action").value_or(false);
  return no_action || (sent && *sent != "false");
}

std::optional<std::string> method_of(ProfileAsk& ask) {
  std::optional<std::string> method = ask.params().text("payment_method");
  ask.names("payment_method", kPaymentMethod, method.value_or(""));
  std::optional<std::string> token = token_in_method_data(ask.params());
  if (method && token) {
    ask.params().fail("parameters_exclusive", "payment_method",
                      "You cannot give both payment_method and payment_method_data.");
  }
  return token ? token : method;
}

std::optional<std::string> customer_of(ProfileAsk& ask) {
  std::optional<std::string> customer = ask.params().text("customer");
  ask.names("customer", kCustomer, customer.value_or(""));
  return customer;
}

std::optional<std::string> currency_of(Params& params) {
  std::optional<std::string> currency = params.text("currency");
  return currency ? std::optional(base::ascii_lower(*currency)) : std::nullopt;
}

std::string payment_in(ProfileAsk& ask, const Call& call) {
  ask.about(kPaymentIntent, call.param(0));
  return payment_id(call.param(0));
}

base::Error no_such(const ProfileAsk& ask, const char* reason) {
  return ask.told(base::fail(base::Code::kNotFound, reason, {}));
}

}  // namespace

base::Status ProfileApi::create_intent(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent));
  Params& params = ask.params();
  NewPayment wanted;
  wanted.amount = params.need_integer("amount", 1, kMaxMoney);
  wanted.currency = base::ascii_lower(params.need_text("currency"));
  const auto capture = params.choice("capture_method", {"automatic", "automatic_async", "manual"});
  if (capture == "manual") wanted.capture = Capture::kManual;
  wanted.customer = customer_of(ask).value_or("");
  wanted.method = method_of(ask).value_or("");
  wanted.description = params.text("description").value_or("");
  wanted.descriptor = params.text("statement_descriptor").value_or("");
  wanted.receipt_email = params.text("receipt_email").value_or("");
  wanted.metadata = new_metadata(params);
  wanted.confirm = params.boolean("confirm").value_or(false);
  wanted.off_session = off_session(params);
  take_methods_in_general(params);
  if (wanted.confirm && wanted.method.empty()) {
    params.fail("parameter_missing", "payment_method",
                "You cannot confirm this PaymentIntent because it's missing a payment method.");
  }
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.create(std::move(asked), std::move(wanted), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_intent(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent));
  std::string id = payment_in(ask, call);
  Params& params = ask.params();
  PaymentChange change;
  change.amount = params.integer("amount", 1, kMaxMoney);
  change.currency = currency_of(params);
  change.customer = customer_of(ask);
  change.method = method_of(ask);
  change.description = params.text("description");
  change.descriptor = params.text("statement_descriptor");
  change.receipt_email = params.text("receipt_email");
  change.metadata = params.pairs("metadata");
  take_methods_in_general(params);
  ASHLAR_TRY(ask.finish());
  if (unsets_all(change.metadata)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Payment> payment = reads.payment(id);
      if (!payment.ok()) return ask.told(payment.error());
      change.metadata = without(payment->metadata);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update(std::move(asked), std::move(id), std::move(change),
                   ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::confirm_intent(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent));
  std::string id = payment_in(ask, call);
  Params& params = ask.params();
  Confirmation how;
  how.method = method_of(ask);
  how.receipt_email = params.text("receipt_email");
  how.off_session = off_session(params);
  take_methods_in_general(params);
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.confirm(std::move(asked), std::move(id), std::move(how),
                    ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::capture_intent(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent));
  std::string id = payment_in(ask, call);
  NewCapture wanted;
  wanted.amount = ask.params().integer("amount_to_capture", 1, kMaxMoney);
  ask.renames("/amount", "/amount_to_capture");
  wanted.last = ask.params().boolean("final_capture").value_or(true);
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.capture(std::move(asked), std::move(id), wanted, ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::cancel_intent(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentIntent));
  std::string id = payment_in(ask, call);
  std::string reason = ask.params()
                           .choice("cancellation_reason", {"duplicate", "fraudulent",
                                                           "requested_by_customer", "abandoned"})
                           .value_or("");
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.cancel(std::move(asked), std::move(id), std::move(reason),
                   ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_charge(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCharge));
  ask.about(kCharge, call.param(0));
  Params& params = ask.params();
  ChargeChange change;
  change.description = params.text("description");
  change.receipt_email = params.text("receipt_email");
  change.metadata = params.pairs("metadata");
  ASHLAR_TRY(ask.finish());
  if (unsets_all(change.metadata)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Payment> payment = reads.payment_with(call.param(0));
      const Attempt* charge = payment.ok() ? payment->attempt(call.param(0)) : nullptr;
      if (charge == nullptr) return no_such(ask, "charge_not_found");
      change.metadata = without(charge->metadata);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update_charge(std::move(asked), call.param(0), std::move(change),
                          ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::capture_charge(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCharge));
  ask.about(kCharge, call.param(0));
  NewCapture wanted;
  wanted.amount = ask.params().integer("amount", 1, kMaxMoney);
  ASHLAR_TRY(ask.finish());
  std::string payment;
  // What can be captured is the payment's last attempt; an earlier one was declined.
  ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
    const base::Result<Payment> found = reads.payment_with(call.param(0));
    if (!found.ok()) return ask.told(found.error());
    const Attempt* charge = found->attempt(call.param(0));
    if (charge == nullptr) return no_such(ask, "charge_not_found");
    if (charge != found->latest_attempt()) {
      return base::fail(base::Code::kConflict, "payment_state", "This charge was declined.");
    }
    payment = found->id;
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.capture(std::move(asked), std::move(payment), wanted,
                    ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::create_refund(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kRefund));
  Params& params = ask.params();
  NewRefund wanted;
  wanted.charge = params.text("charge").value_or("");
  const std::string intent = params.text("payment_intent").value_or("");
  wanted.payment = payment_id(intent);
  wanted.amount = params.integer("amount", 1, kMaxMoney);
  wanted.reason =
      params.choice("reason", {"duplicate", "fraudulent", "requested_by_customer"}).value_or("");
  wanted.metadata = new_metadata(params);
  ask.names("charge", kCharge, wanted.charge);
  ask.names("payment_intent", kPaymentIntent, intent);
  if (wanted.charge.empty() && intent.empty()) {
    params.fail("parameter_missing", "charge",
                "One of the following params should be provided: payment_intent or charge.");
  }
  // Both may be sent where they say the same.
  if (!wanted.charge.empty() && !intent.empty()) {
    if (payment_of(wanted.charge) != wanted.payment) {
      params.fail("parameters_exclusive", "charge", "The charge is not of this payment_intent.");
    }
    wanted.payment.clear();
  }
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.refund(std::move(asked), std::move(wanted), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_refund(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kRefund));
  ask.about(kRefund, call.param(0));
  std::optional<Pairs> metadata = ask.params().pairs("metadata");
  ASHLAR_TRY(ask.finish());
  if (unsets_all(metadata)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Payment> payment = reads.payment_with(call.param(0));
      const Refund* refund = payment.ok() ? payment->refund(call.param(0)) : nullptr;
      if (refund == nullptr) return no_such(ask, "refund_not_found");
      metadata = without(refund->metadata);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update_refund(std::move(asked), call.param(0), std::move(metadata).value_or(Pairs{}),
                          ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::cancel_refund(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kRefund));
  ask.about(kRefund, call.param(0));
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.cancel_refund(std::move(asked), call.param(0), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_dispute(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kDispute));
  ask.about(kDispute, call.param(0));
  Params& params = ask.params();
  DisputeChange change;
  change.evidence = params.pairs("evidence");
  check_evidence(params, change.evidence);
  change.metadata = params.pairs("metadata");
  // Evidence is submitted unless it is said to be staged only.
  change.submit = params.boolean("submit").value_or(change.evidence.has_value());
  ASHLAR_TRY(ask.finish());
  if (unsets_all(change.metadata) || unsets_all(change.evidence)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Payment> payment = reads.payment_with(call.param(0));
      const Dispute* dispute = payment.ok() ? payment->dispute(call.param(0)) : nullptr;
      if (dispute == nullptr) return no_such(ask, "dispute_not_found");
      if (unsets_all(change.metadata)) change.metadata = without(dispute->metadata);
      if (unsets_all(change.evidence)) change.evidence = without(dispute->evidence);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update_dispute(std::move(asked), call.param(0), std::move(change),
                           ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::close_dispute(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kDispute));
  ask.about(kDispute, call.param(0));
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.close_dispute(std::move(asked), call.param(0), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

}  // namespace ashlar::payments::profile
