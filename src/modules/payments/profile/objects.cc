#include "modules/payments/profile/objects.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "modules/payments/ids.h"
#include "modules/payments/profile/object_parts.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using json::Writer;

std::string_view status_of(const Attempt& attempt) {
  switch (attempt.state) {
    case AttemptState::kAuthorized:
    case AttemptState::kReleased:
      return "succeeded";
    case AttemptState::kDeclined:
    case AttemptState::kNotDone:
      return "failed";
    case AttemptState::kOpen:
    case AttemptState::kUnknown:
    case AttemptState::kNeedsAction:
      return "pending";
  }
  return "pending";
}

// The customer is asked something: no charge yet, as clients of this API see it.
bool is_charge(const Attempt& attempt) {
  return attempt.state != AttemptState::kNeedsAction && attempt.state != AttemptState::kNotDone;
}

const Attempt* latest_charge(const Payment& payment) {
  for (const Attempt& one : std::views::reverse(payment.attempts)) {
    if (is_charge(one)) return &one;
  }
  return nullptr;
}

const CapturePart* last_capture(const Payment& payment, const Attempt& charge) {
  for (const CapturePart& one : std::views::reverse(payment.captures)) {
    if (one.attempt == charge.id && one.state == CaptureState::kDone) return &one;
  }
  return nullptr;
}

void write_next_action(Writer& out, const Payment& payment) {
  out.key("next_action");
  const Attempt* attempt = payment.latest_attempt();
  if (payment.state != PaymentState::kNeedsAction || attempt == nullptr) {
    out.null();
    return;
  }
  out.begin_object().key("redirect_to_url").begin_object();
  out.key("return_url").null().key("url").string(attempt->action_url);
  out.end_object().key("type").string("redirect_to_url").end_object();
}

base::Status write_last_error(Writer& out, const Payment& payment, const Scene& scene) {
  out.key("last_payment_error");
  const Attempt* attempt = payment.latest_attempt();
  const bool declined = attempt != nullptr && attempt->state == AttemptState::kDeclined &&
                        payment.state == PaymentState::kNeedsMethod;
  if (!declined) {
    out.null();
    return base::ok_status();
  }
  out.begin_object().key("charge").string(attempt->id);
  out.key("code").string(decline_code_of(*attempt));
  out.key("decline_code").string(attempt->decline_code);
  out.key("message").string(attempt->message);
  const std::string& method = attempt->method.empty() ? attempt->token : attempt->method;
  if (scene.reads != nullptr) {
    out.key("payment_method");
    ASHLAR_TRY(write_method_of(out, method, scene, Expand::none()));
  }
  out.key("type").string("card_error").end_object();
  return base::ok_status();
}

}  // namespace

std::string intent_id(std::string_view payment) {
  return payment.starts_with("pay_") ? "pi_" + std::string(payment.substr(4))
                                     : std::string(payment);
}

std::string payment_id(std::string_view intent) {
  return intent.starts_with("pi_") ? "pay_" + std::string(intent.substr(3)) : std::string(intent);
}

std::string_view status_of(PaymentState state) {
  switch (state) {
    case PaymentState::kNeedsMethod:
      return "requires_payment_method";
    case PaymentState::kNeedsConfirmation:
      return "requires_confirmation";
    case PaymentState::kNeedsAction:
      return "requires_action";
    case PaymentState::kProcessing:
      return "processing";
    case PaymentState::kCapturable:
      return "requires_capture";
    case PaymentState::kSucceeded:
      return "succeeded";
    case PaymentState::kCanceled:
      return "canceled";
  }
  return "processing";
}

std::string decline_code_of(const Attempt& attempt) {
  constexpr std::array<std::string_view, 4> kOwn{"expired_card", "incorrect_cvc",
                                                 "processing_error", "authentication_required"};
  const bool own = std::ranges::find(kOwn, attempt.decline_code) != kOwn.end();
  return own ? attempt.decline_code : "card_declined";
}

base::Status write_payment_intent(Writer& out, const Payment& payment, const Scene& scene,
                                  const Expand& expand) {
  out.begin_object().key("id").string(intent_id(payment.id));
  out.key("object").string("payment_intent");
  out.key("amount").integer(payment.amount);
  out.key("amount_capturable").integer(payment.capturable());
  out.key("amount_details").begin_object().key("tip").begin_object().end_object().end_object();
  out.key("amount_received").integer(payment.captured());
  write_nulls(out, {"application", "application_fee_amount", "automatic_payment_methods"});
  write_time(out, "canceled_at", payment.canceled_at);
  write_text(out, "cancellation_reason", payment.cancel_reason);
  out.key("capture_method").string(payment.capture == Capture::kManual ? "manual" : "automatic");
  out.key("client_secret").null().key("confirmation_method").string("automatic");
  write_time(out, "created", payment.created_at);
  out.key("currency").string(payment.currency).key("customer");
  ASHLAR_TRY(write_customer_of(out, payment.customer, scene, expand.find("customer")));
  write_text(out, "description", payment.description);
  ASHLAR_TRY(write_last_error(out, payment, scene));
  out.key("latest_charge");
  const Attempt* charge = latest_charge(payment);
  const Expand* charge_expand = expand.find("latest_charge");
  if (charge == nullptr) {
    out.null();
  } else if (charge_expand != nullptr) {
    ASHLAR_TRY(write_charge(out, payment, *charge, scene, *charge_expand));
  } else {
    out.string(charge->id);
  }
  out.key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", payment.metadata);
  write_next_action(out, payment);
  write_nulls(out, {"on_behalf_of"});
  out.key("payment_method");
  const Expand* method_expand = expand.find("payment_method");
  if (method_expand != nullptr && !payment.method.empty()) {
    ASHLAR_TRY(write_method_of(out, payment.method, scene, *method_expand));
  } else {
    write_text(out, payment.method);
  }
  out.key("payment_method_options").begin_object().end_object();
  out.key("payment_method_types").begin_array().string("card").end_array();
  write_nulls(out, {"processing"});
  write_text(out, "receipt_email", payment.receipt_email);
  write_nulls(out, {"review", "setup_future_usage", "shipping", "source"});
  write_text(out, "statement_descriptor", payment.descriptor);
  write_nulls(out, {"statement_descriptor_suffix"});
  out.key("status").string(profile::status_of(payment.state));
  write_nulls(out, {"transfer_data", "transfer_group"});
  out.end_object();
  return base::ok_status();
}

namespace {

void write_outcome(Writer& out, const Attempt& charge) {
  out.key("outcome");
  const std::string_view status = status_of(charge);
  if (status == "pending") {
    out.null();
    return;
  }
  const bool declined = status == "failed";
  out.begin_object();
  out.key("network_status").string(declined ? "declined_by_network" : "approved_by_network");
  write_text(out, "reason", charge.decline_code);
  out.key("risk_level").string("not_assessed").key("seller_message");
  out.string(declined ? "The bank did not accept this payment." : "Payment complete.");
  out.key("type").string(declined ? "issuer_declined" : "authorized").end_object();
}

void write_card_of(Writer& out, const Payment& payment, const Attempt& charge) {
  out.key("payment_method_details").begin_object().key("card").begin_object();
  out.key("amount_authorized").integer(charge.authorized);
  write_text(out, "brand", charge.network);
  if (charge.expires_at) write_time(out, "capture_before", charge.expires_at);
  const Method card = method_of_token(charge.token);
  write_nulls(out, {"checks", "country"});
  write_number(out, "exp_month", card.exp_month);
  write_number(out, "exp_year", card.exp_year);
  write_nulls(out, {"fingerprint", "funding"});
  write_text(out, "last4", charge.last4);
  write_text(out, "network", charge.network);
  const bool more = payment.capture == Capture::kManual;
  out.key("multicapture").begin_object().key("status");
  out.string(more ? "available" : "unavailable").end_object();
  write_nulls(out, {"three_d_secure", "wallet"});
  out.end_object().key("type").string("card").end_object();
}

base::Status write_refunds_of(Writer& out, const Payment& payment, const Attempt& charge,
                              const Scene& scene, const Expand& expand) {
  out.key("refunds").begin_object().key("object").string("list").key("data").begin_array();
  for (const Refund& one : std::views::reverse(payment.refunds)) {
    if (one.attempt == charge.id) ASHLAR_TRY(write_refund(out, payment, one, scene, expand));
  }
  out.end_array().key("has_more").boolean(false);
  out.key("url").string("/v1/refunds?charge=" + charge.id).end_object();
  return base::ok_status();
}

base::Status write_charge_entry(Writer& out, const Payment& payment, const Attempt& charge,
                                const Scene& scene, const Expand& expand) {
  out.key("balance_transaction");
  const CapturePart* capture = last_capture(payment, charge);
  if (capture == nullptr) {
    out.null();
    return base::ok_status();
  }
  return write_entry_of(out, entry_id(capture->id, 'c'), payment, scene,
                        expand.find("balance_transaction"));
}

}  // namespace

base::Status write_charge(Writer& out, const Payment& payment, const Attempt& charge,
                          const Scene& scene, const Expand& expand) {
  const bool failed = status_of(charge) == "failed";
  const bool disputed =
      std::ranges::find(payment.disputes, charge.id, &Dispute::attempt) != payment.disputes.end();
  // What was authorised and let go counts as refunded here.
  const Money released = charge.state == AttemptState::kReleased ? charge.amount : 0;
  out.begin_object().key("id").string(charge.id).key("object").string("charge");
  out.key("amount").integer(charge.amount).key("amount_captured").integer(charge.captured);
  out.key("amount_refunded").integer(charge.refunded + released);
  write_nulls(out, {"application", "application_fee", "application_fee_amount"});
  ASHLAR_TRY(write_charge_entry(out, payment, charge, scene, expand));
  write_billing_details(out);
  write_text(out, "calculated_statement_descriptor", payment.descriptor);
  out.key("captured").boolean(charge.captured > 0);
  write_time(out, "created", charge.at);
  out.key("currency").string(payment.currency).key("customer");
  ASHLAR_TRY(write_customer_of(out, payment.customer, scene, expand.find("customer")));
  write_text(out, "description",
             charge.description.empty() ? payment.description : charge.description);
  out.key("disputed").boolean(disputed);
  write_nulls(out, {"failure_balance_transaction"});
  write_text(out, "failure_code", failed ? decline_code_of(charge) : "");
  write_text(out, "failure_message", failed ? charge.message : "");
  out.key("fraud_details").begin_object().end_object();
  out.key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", charge.metadata);
  write_nulls(out, {"on_behalf_of"});
  write_outcome(out, charge);
  out.key("paid").boolean(status_of(charge) == "succeeded").key("payment_intent");
  if (const Expand* inner = expand.find("payment_intent")) {
    ASHLAR_TRY(write_payment_intent(out, payment, scene, *inner));
  } else {
    out.string(intent_id(payment.id));
  }
  write_text(out, "payment_method", charge.method.empty() ? charge.token : charge.method);
  write_card_of(out, payment, charge);
  write_text(out, "receipt_email",
             charge.receipt_email.empty() ? payment.receipt_email : charge.receipt_email);
  write_nulls(out, {"receipt_number", "receipt_url"});
  const bool all = charge.captured > 0 && charge.refunded >= charge.captured;
  out.key("refunded").boolean(all || released > 0);
  if (const Expand* inner = expand.find("refunds")) {
    ASHLAR_TRY(write_refunds_of(out, payment, charge, scene, *inner));
  }
  write_nulls(out, {"review", "shipping", "source", "source_transfer"});
  write_text(out, "statement_descriptor", payment.descriptor);
  write_nulls(out, {"statement_descriptor_suffix"});
  out.key("status").string(status_of(charge));
  write_nulls(out, {"transfer_data", "transfer_group"});
  out.end_object();
  return base::ok_status();
}

base::Status write_customer(Writer& out, const Customer& customer, const Scene& scene,
                            const Expand& expand) {
  if (customer.deleted) {
    write_deleted(out, "customer", customer.id);
    return base::ok_status();
  }
  out.begin_object().key("id").string(customer.id).key("object").string("customer");
  write_nulls(out, {"address"});
  out.key("balance").integer(0);
  write_time(out, "created", customer.created_at);
  write_nulls(out, {"currency", "default_source"});
  out.key("delinquent").boolean(false);
  write_text(out, "description", customer.description);
  write_nulls(out, {"discount"});
  write_text(out, "email", customer.email);
  write_nulls(out, {"invoice_prefix"});
  out.key("invoice_settings").begin_object();
  write_nulls(out, {"custom_fields"});
  out.key("default_payment_method");
  const Expand* inner = expand.find("invoice_settings.default_payment_method");
  if (inner != nullptr && !customer.default_method.empty()) {
    ASHLAR_TRY(write_method_of(out, customer.default_method, scene, *inner));
  } else {
    write_text(out, customer.default_method);
  }
  write_nulls(out, {"footer", "rendering_options"});
  out.end_object().key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", customer.metadata);
  write_text(out, "name", customer.name);
  out.key("next_invoice_sequence").integer(1);
  write_text(out, "phone", customer.phone);
  out.key("preferred_locales").begin_array().end_array();
  write_nulls(out, {"shipping"});
  out.key("tax_exempt").string("none");
  write_nulls(out, {"test_clock"});
  out.end_object();
  return base::ok_status();
}

base::Status write_payment_method(Writer& out, const Method& method, const Scene& scene,
                                  const Expand& expand) {
  out.begin_object().key("id").string(method.id).key("object").string("payment_method");
  out.key("allow_redisplay").string("unspecified");
  write_billing_details(out);
  out.key("card").begin_object();
  write_text(out, "brand", method.network);
  write_nulls(out, {"checks", "country"});
  write_text(out, "display_brand", method.network);
  write_number(out, "exp_month", method.exp_month);
  write_number(out, "exp_year", method.exp_year);
  write_nulls(out, {"fingerprint", "funding", "generated_from"});
  write_text(out, "last4", method.last4);
  write_nulls(out, {"networks", "regulated_status"});
  out.key("three_d_secure_usage").begin_object().key("supported").boolean(true).end_object();
  write_nulls(out, {"wallet"});
  out.end_object();
  write_time(out, "created", method.created_at);
  out.key("customer");
  ASHLAR_TRY(write_customer_of(out, method.customer, scene, expand.find("customer")));
  out.key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", method.metadata);
  out.key("type").string("card").end_object();
  return base::ok_status();
}

}  // namespace ashlar::payments::profile
