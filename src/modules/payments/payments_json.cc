#include "modules/payments/payments_json.h"
#include "modules/payments/customers_json.h"

#include <utility>

#include "base/currency.h"
#include "base/text.h"

namespace ashlar::payments {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

base::Error wrong_field(const char* reason, const char* field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

std::optional<DeclineJson> decline_of(const Attempt& attempt) {
  if (attempt.state != AttemptState::kDeclined) return std::nullopt;
  return DeclineJson{attempt.decline_code, attempt.message};
}

AttemptJson json_of(const Attempt& attempt) {
  AttemptJson json;
  json.id = attempt.id;
  json.state = std::string(name_of(attempt.state));
  json.provider = attempt.provider;
  json.reference = unless_empty(attempt.reference);
  json.payment_method = unless_empty(attempt.method);
  json.network = unless_empty(attempt.network);
  json.last4 = unless_empty(attempt.last4);
  json.authorized = attempt.authorized;
  json.decline = decline_of(attempt);
  json.at = attempt.at;
  json.expires_at = attempt.expires_at;
  return json;
}

CapturePartJson json_of(const CapturePart& part) {
  return {part.id, part.attempt, part.amount, part.fee, part.last, part.at, part.available_on};
}

void add_texts(PaymentJson& json, const Payment& payment) {
  json.customer = unless_empty(payment.customer);
  json.payment_method = unless_empty(payment.method);
  json.description = unless_empty(payment.description);
  json.statement_descriptor = unless_empty(payment.descriptor);
  json.merchant_reference = unless_empty(payment.merchant_reference);
  json.receipt_email = unless_empty(payment.receipt_email);
  json.cancel_reason = unless_empty(payment.cancel_reason);
}

}  // namespace

std::optional<PaymentState> payment_state_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(PaymentState::kCanceled); ++i) {
    if (name_of(static_cast<PaymentState>(i)) == name) return static_cast<PaymentState>(i);
  }
  return std::nullopt;
}

PaymentJson json_of(const Payment& payment) {
  PaymentJson json;
  json.id = payment.id;
  json.state = name_of(payment.state);
  json.amount = payment.amount;
  json.currency = upper(payment.currency);
  json.capture = payment.capture == Capture::kManual ? "manual" : "automatic";
  json.amount_capturable = payment.capturable();
  json.amount_captured = payment.captured();
  json.amount_refunded = payment.refunded();
  json.amount_disputed = payment.disputed();
  json.amount_refundable = payment.refundable();
  add_texts(json, payment);
  json.off_session = payment.off_session;
  if (const Attempt* last = payment.latest_attempt()) {
    if (last->state == AttemptState::kNeedsAction) {
      json.next_action = NextActionJson{"redirect", last->action_url};
    }
    json.decline = decline_of(*last);
  }
  json.metadata = object_of(payment.metadata);
  for (const Attempt& one : payment.attempts) json.attempts.push_back(json_of(one));
  for (const CapturePart& one : payment.captures) json.captures.push_back(json_of(one));
  for (const Refund& one : payment.refunds) json.refunds.push_back(json_of(one, payment));
  for (const Dispute& one : payment.disputes) json.disputes.push_back(json_of(one, payment));
  json.created_at = payment.created_at;
  json.canceled_at = payment.canceled_at;
  return json;
}

RefundJson json_of(const Refund& refund, const Payment& payment) {
  RefundJson json;
  json.id = refund.id;
  json.payment = payment.id;
  json.state = std::string(name_of(refund.state));
  json.amount = refund.amount;
  json.currency = upper(payment.currency);
  json.reason = unless_empty(refund.reason);
  json.failure = unless_empty(refund.failure);
  json.metadata = object_of(refund.metadata);
  json.created_at = refund.at;
  return json;
}

DisputeJson json_of(const Dispute& dispute, const Payment& payment) {
  DisputeJson json;
  json.id = dispute.id;
  json.payment = payment.id;
  json.state = name_of(dispute.state);
  json.amount = dispute.amount;
  json.fee = dispute.fee;
  json.currency = upper(payment.currency);
  json.reason = dispute.reason;
  json.evidence = object_of(dispute.evidence);
  json.metadata = object_of(dispute.metadata);
  json.submissions = dispute.submissions;
  json.expired = dispute.expired;
  json.created_at = dispute.at;
  json.due_by = dispute.due_by;
  return json;
}

CustomerJson json_of(const Customer& customer) {
  CustomerJson json;
  json.id = customer.id;
  json.name = unless_empty(customer.name);
  json.email = unless_empty(customer.email);
  json.phone = unless_empty(customer.phone);
  json.description = unless_empty(customer.description);
  json.default_payment_method = unless_empty(customer.default_method);
  json.metadata = object_of(customer.metadata);
  json.created_at = customer.created_at;
  return json;
}

MethodJson json_of(const Method& method) {
  MethodJson json;
  json.id = method.id;
  json.provider = method.provider;
  json.customer = unless_empty(method.customer);
  json.network = unless_empty(method.network);
  json.last4 = unless_empty(method.last4);
  if (method.exp_month > 0) json.exp_month = method.exp_month;
  if (method.exp_year > 0) json.exp_year = method.exp_year;
  json.metadata = object_of(method.metadata);
  json.created_at = method.created_at;
  return json;
}

PayoutJson json_of(const Payout& payout) {
  PayoutJson json;
  json.id = payout.id;
  json.state = std::string(name_of(payout.state));
  json.provider = payout.provider;
  json.amount = payout.amount;
  json.currency = upper(payout.currency);
  json.destination = unless_empty(payout.destination);
  json.statement_descriptor = unless_empty(payout.descriptor);
  json.reference = unless_empty(payout.reference);
  json.failure = unless_empty(payout.failure);
  json.metadata = object_of(payout.metadata);
  json.created_at = payout.created_at;
  return json;
}

BalanceJson json_of(const std::vector<CurrencyBalance>& balances) {
  BalanceJson json;
  for (const CurrencyBalance& one : balances) {
    json.balances.push_back({upper(one.currency), one.available, one.pending});
  }
  return json;
}

base::Result<std::string> currency_of(std::string_view given, const char* field) {
  if (!base::currency_digits(given))
    return wrong_field("currency_invalid", field, "must be a currency of ISO 4217, such as EUR");
  return base::ascii_lower(given);
}

base::Result<Pairs> pairs_of(const json::Value::Object& given, const char* field, bool may_delete) {
  Pairs pairs;
  for (const auto& [name, value] : given) {
    const std::string* text = value.if_string();
    if (text == nullptr && !(may_delete && value.is_null())) {
      return wrong_field("metadata_invalid", field, "values must be texts");
    }
    pairs.emplace_back(name, text == nullptr ? std::string() : *text);
  }
  return pairs;
}

json::Value::Object object_of(const Pairs& pairs) {
  json::Value::Object object;
  for (const auto& [name, value] : pairs) object.emplace_back(name, json::Value(value));
  return object;
}

}  // namespace ashlar::payments
