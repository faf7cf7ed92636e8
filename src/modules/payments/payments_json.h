// The JSON of payments: what the native API takes and gives.
//
// Amounts are whole minor units (cents). Currencies are ISO 4217's letters: taken in either case,
// given in upper case. Answers are rendered by json_of() alone, so the same thing looks the same
// whoever asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/payment.h"
#include "modules/payments/reads.h"
#include "platform/json/schema.h"

namespace ashlar::payments {

// Asked for

struct NewPaymentJson {
  std::int64_t amount = 0;
  std::string currency;
  std::string capture = "automatic";
  std::optional<std::string> customer, payment_method, description, statement_descriptor;
  std::optional<std::string> merchant_reference, receipt_email;
  bool confirm = false;
  bool off_session = false;
  json::Value::Object metadata;
};

struct PaymentPatchJson {
  json::Patch<std::int64_t> amount;
  json::Patch<std::string> currency;
  json::Patch<std::optional<std::string>> customer, payment_method, description;
  json::Patch<std::optional<std::string>> statement_descriptor, receipt_email;
  json::Patch<json::Value::Object> metadata;
};

struct ConfirmJson {
  std::optional<std::string> payment_method;
  std::optional<bool> off_session;
};
struct CaptureJson {
  std::optional<std::int64_t> amount;
  bool last = true;
};
struct CancelJson {
  std::optional<std::string> reason;
};
struct NewRefundJson {
  std::optional<std::int64_t> amount;
  std::optional<std::string> reason;
  json::Value::Object metadata;
};
struct EvidenceJson {
  json::Value::Object evidence;
  bool submit = true;
};

// Given

struct NextActionJson {
  std::string type;
  std::string url;
};
struct DeclineJson {
  std::string code;
  std::string message;
};
struct AttemptJson {
  std::string id, state, provider;
  std::optional<std::string> reference, payment_method, network, last4;
  std::int64_t authorized = 0;
  std::optional<DeclineJson> decline;
  base::Time at{};
  std::optional<base::Time> expires_at;
};
struct CapturePartJson {
  std::string id, attempt;
  std::int64_t amount = 0, fee = 0;
  bool last = true;
  base::Time at{}, available_on{};
};
struct RefundJson {
  std::string id, payment, state;
  std::int64_t amount = 0;
  std::string currency;
  std::optional<std::string> reason, failure;
  json::Value::Object metadata;
  base::Time created_at{};
};
struct DisputeJson {
  std::string id, payment, state;
  std::int64_t amount = 0, fee = 0;
  std::string currency;
  std::string reason;
  json::Value::Object evidence, metadata;
  std::int64_t submissions = 0;
  bool expired = false;
  base::Time created_at{};
  std::optional<base::Time> due_by;
};
struct PaymentJson {
  std::string id, state;
  std::int64_t amount = 0;
  std::string currency, capture;
  std::int64_t amount_capturable = 0, amount_captured = 0, amount_refunded = 0;
  std::int64_t amount_disputed = 0, amount_refundable = 0;
  std::optional<std::string> customer, payment_method, description, statement_descriptor;
  std::optional<std::string> merchant_reference, receipt_email, cancel_reason;
  bool off_session = false;
  std::optional<NextActionJson> next_action;
  std::optional<DeclineJson> decline;  // of the last attempt
  json::Value::Object metadata;
  std::vector<AttemptJson> attempts;
  std::vector<CapturePartJson> captures;
  std::vector<RefundJson> refunds;
  std::vector<DisputeJson> disputes;
  base::Time created_at{};
  std::optional<base::Time> canceled_at;
};
struct CurrencyBalanceJson {
  std::string currency;
  std::int64_t available = 0, pending = 0;
};
struct BalanceJson {
  std::vector<CurrencyBalanceJson> balances;
};

const json::Schema<NewPaymentJson>& new_payment_schema();
const json::Schema<PaymentPatchJson>& payment_patch_schema();
const json::Schema<ConfirmJson>& confirm_schema();
const json::Schema<CaptureJson>& capture_schema();
const json::Schema<CancelJson>& cancel_schema();
const json::Schema<NewRefundJson>& new_refund_schema();
const json::Schema<EvidenceJson>& evidence_schema();

const json::Schema<PaymentJson>& payment_schema();
const json::Schema<json::Page<PaymentJson>>& payment_page_schema();
const json::Schema<RefundJson>& refund_schema();
const json::Schema<json::Page<RefundJson>>& refund_page_schema();
const json::Schema<DisputeJson>& dispute_schema();
const json::Schema<json::Page<DisputeJson>>& dispute_page_schema();
const json::Schema<BalanceJson>& balance_schema();

PaymentJson json_of(const Payment& payment);
RefundJson json_of(const Refund& refund, const Payment& payment);
DisputeJson json_of(const Dispute& dispute, const Payment& payment);
BalanceJson json_of(const std::vector<CurrencyBalance>& balances);

std::optional<PaymentState> payment_state_of(std::string_view name);

// "eur" of "EUR" or "eur". kInvalid currency_invalid, with the field.
base::Result<std::string> currency_of(std::string_view given, const char* field);
// An object whose values are texts; null deletes where `may_delete`. kInvalid metadata_invalid,
// with the field. How many and how long is the core's to say.
base::Result<Pairs> pairs_of(const json::Value::Object& given, const char* field,
                             bool may_delete = false);
json::Value::Object object_of(const Pairs& pairs);

}  // namespace ashlar::payments
