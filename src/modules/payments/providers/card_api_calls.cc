#include "modules/payments/providers/card_api_calls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::payments {
namespace {

using enum ProviderEnd;
using json::Value;

constexpr std::string_view kIntents = "/v1/payment_intents";
constexpr std::string_view kExpandFee = "latest_charge.balance_transaction";
// Things are found among those made this near to the call: it is sent again for half of the time
// that keys are remembered, and an hour may pass on the way.
constexpr base::Seconds kBefore{300};
constexpr base::Seconds kAfter{13 * 3600};

class Form {
 public:
  Form& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += form_encoded(name) + "=" + form_encoded(value);
    return *this;
  }
  Form& add(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }
  Form& mark(std::string_view name, std::string_view value) {
    return add("metadata[" + std::string(name) + "]", value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string under(std::string_view path, std::string_view id, std::string_view action = {}) {
  std::string out(path);
  out += "/" + form_encoded(id);
  if (!action.empty()) out += "/" + std::string(action);
  return out;
}

ProviderAnswer ended(ProviderEnd end, std::string_view message = {}) {
  ProviderAnswer answer;
  answer.end = end;
  answer.message = message;
  return answer;
}

CardApiRequest authorize(const ProviderCall& call, const CardApiTerms& terms) {
  Form form;
  form.add("amount", call.amount).add("currency", call.currency);
  form.add("payment_method", call.token).add("payment_method_types[0]", "card");
  form.add("confirm", "true").add("capture_method", call.capture ? "automatic" : "manual");
  if (call.off_session) form.add("off_session", "true");
  if (!call.descriptor.empty()) form.add("statement_descriptor_suffix", call.descriptor);
  if (!terms.return_url.empty()) form.add("return_url", terms.return_url);
  if (!call.capture && terms.several_captures) {
    form.add("payment_method_options[card][request_multicapture]", "if_available");
  }
  for (const auto& [name, value] : call.details) form.mark(name, value);
  form.mark("ashlar_key", call.key).mark("ashlar_tenant", call.tenant.to_string());
  form.add("expand[0]", kExpandFee);
  return {"POST", std::string(kIntents), form.take()};
}

CardApiRequest capture(const ProviderCall& call, const CardApiTerms& terms) {
  Form form;
  form.add("amount_to_capture", call.amount);
  if (!call.last) form.add("final_capture", "false");
  if (terms.marks_captures) form.mark("ashlar_capture", call.key);
  form.add("expand[0]", kExpandFee);
  return {"POST", under(kIntents, call.reference, "capture"), form.take()};
}

CardApiRequest refund(const ProviderCall& call) {
  Form form;
  form.add("payment_intent", call.reference).add("amount", call.amount);
  for (const auto& [name, value] : call.details) form.mark(name, value);
  form.mark("ashlar_key", call.key).mark("ashlar_tenant", call.tenant.to_string());
  return {"POST", "/v1/refunds", form.take()};
}

CardApiRequest payout(const ProviderCall& call) {
  Form form;
  form.add("amount", call.amount).add("currency", call.currency);
  if (!call.token.empty()) form.add("destination", call.token);
  form.mark("ashlar_key", call.key).mark("ashlar_tenant", call.tenant.to_string());
  return {"POST", "/v1/payouts", form.take()};
}

CardApiRequest evidence(const ProviderCall& call) {
  Form form;
  for (const auto& [name, value] : call.details) {
    form.add("evidence[" + name + "]", value);
  }
  form.mark("ashlar_evidence", call.key).add("submit", "true");
  return {"POST", under("/v1/disputes", call.reference), form.take()};
}

void read_card(const Value& holder, ProviderAnswer& answer) {
  const Value* card = holder.find("card");
  if (card == nullptr) return;
  answer.network = text_of(*card, "brand");
  answer.last4 = text_of(*card, "last4");
  const Value* until = card->find("capture_before");
  if (until != nullptr && until->if_integer() != nullptr) {
    answer.expires_at = base::Time{base::Seconds{*until->if_integer()}};
  }
}

// Of a charge's entry. In another currency than the charge it is no amount of the payment's:
// reconciliation shows it.
std::int64_t fee_of(const Value& charge, std::string_view currency) {
  const Value* entry = charge.find("balance_transaction");
  if (entry == nullptr) return 0;
  const std::string_view settled = text_of(*entry, "currency");
  if (!settled.empty() && settled != currency) return 0;
  return std::max<std::int64_t>(number_of(*entry, "fee"), 0);
}

// The charge of an intent: its fee, card and capture.
void read_charge(const Value& intent, ProviderAnswer& answer) {
  const Value* charge = intent.find("latest_charge");
  if (charge == nullptr || charge->if_object() == nullptr) return;
  if (const Value* details = charge->find("payment_method_details")) read_card(*details, answer);
  answer.fee = fee_of(*charge, text_of(intent, "currency"));
}

std::string capture_reference(const ProviderCall& call, const Value& intent,
                              std::int64_t received) {
  const std::string charge(id_of(intent, "latest_charge"));
  if (received == call.amount) return charge;  // the first part, or the whole
  const Value* expanded = intent.find("latest_charge");
  const std::string_view entry =
      expanded == nullptr ? std::string_view() : id_of(*expanded, "balance_transaction");
  return entry.empty() ? charge + ":" + call.key : std::string(entry);
}

void read_decline(const Value& error, ProviderAnswer& answer) {
  answer.end = kDeclined;
  answer.decline_code = text_of(error, "decline_code");
  if (answer.decline_code.empty()) answer.decline_code = text_of(error, "code");
  if (answer.decline_code.empty()) answer.decline_code = text_of(error, "type");
  answer.message = text_of(error, "message");
  if (const Value* method = error.find("payment_method")) read_card(*method, answer);
}

ProviderAnswer intent_answer(const ProviderCall& call, const Value& intent) {
  ProviderAnswer answer;
  answer.reference = text_of(intent, "id");
  answer.amount = number_of(intent, "amount");
  read_charge(intent, answer);
  const std::string_view status = text_of(intent, "status");
  if (status == "succeeded") {
    answer.end = kApplied;
    answer.amount = number_of(intent, "amount_received");
    answer.capture_reference = id_of(intent, "latest_charge");
  } else if (status == "requires_capture") {
    answer.end = kApplied;
    answer.amount = number_of(intent, "amount_capturable");
    answer.fee = 0;
  } else if (status == "requires_action") {
    answer.end = kNeedsAction;
    const Value* action = intent.find("next_action");
    const Value* page = action == nullptr ? nullptr : action->find("redirect_to_url");
    if (page != nullptr) answer.action_url = text_of(*page, "url");
  } else if (status == "processing") {
    answer.end = kPending;
  } else if (status == "requires_payment_method" || status == "canceled") {
    const Value* error = intent.find("last_payment_error");
    if (error != nullptr && error->if_object() != nullptr) {
      read_decline(*error, answer);
    } else {
      answer.end = kDeclined;
      answer.decline_code = status;
    }
  } else {
    answer.end = kUnknown;
  }
  if (call.op != ProviderOp::kAuthorize) answer.capture_reference.clear();
  return answer;
}

ProviderAnswer capture_answer(const ProviderCall& call, const Value& intent) {
  ProviderAnswer answer = intent_answer(call, intent);
  const std::string_view status = text_of(intent, "status");
  if (status != "succeeded" && status != "requires_capture") return ended(kUnknown);
  if (const Value* charge = intent.find("latest_charge"))
    answer.fee = fee_of(*charge, text_of(intent, "currency"));
  answer.reference = capture_reference(call, intent, number_of(intent, "amount_received"));
  answer.amount = call.amount;
  return answer;
}

ProviderAnswer cancel_answer(const Value& intent) {
  if (text_of(intent, "status") != "canceled") return ended(kUnknown);
  ProviderAnswer answer = ended(kApplied);
  answer.reference = text_of(intent, "id");
  answer.amount = number_of(intent, "amount") - number_of(intent, "amount_received");
  return answer;
}

// Refunds and payouts.
ProviderAnswer transfer_answer(const Value& object) {
  ProviderAnswer answer;
  answer.reference = text_of(object, "id");
  answer.amount = number_of(object, "amount");
  const std::string_view status = text_of(object, "status");
  if (status == "succeeded" || status == "paid") {
    answer.end = kApplied;
  } else if (status == "pending" || status == "in_transit" || status == "requires_action") {
    answer.end = kPending;
  } else if (status == "failed" || status == "canceled") {
    answer.end = kDeclined;
    answer.decline_code = text_of(object, "failure_reason");
    if (answer.decline_code.empty()) answer.decline_code = text_of(object, "failure_code");
    if (answer.decline_code.empty()) answer.decline_code = status;
  } else {
    answer.end = kUnknown;
  }
  return answer;
}

ProviderAnswer object_answer(const ProviderCall& call, const Value& object) {
  if (text_of(object, "id").empty()) return ended(kUnknown, "the answer is no object of the API");
  switch (call.op) {
    case ProviderOp::kAuthorize:
      return intent_answer(call, object);
    case ProviderOp::kCapture:
      return capture_answer(call, object);
    case ProviderOp::kCancel:
      return cancel_answer(object);
    case ProviderOp::kRefund:
    case ProviderOp::kPayout:
      return transfer_answer(object);
    case ProviderOp::kEvidence:
    case ProviderOp::kCloseDispute: {
      ProviderAnswer answer = ended(kApplied);
      answer.reference = text_of(object, "id");
      if (call.op == ProviderOp::kCloseDispute) answer.amount = number_of(object, "amount");
      return answer;
    }
  }
  return ended(kUnknown);
}

ProviderAnswer error_answer(const outbound::Answer& http, const Value& error) {
  ProviderAnswer answer;
  answer.message = text_of(error, "message");
  const std::string_view type = text_of(error, "type");
  const bool nothing_begun = http.status == 401 || http.status == 403 || http.status == 429;
  const bool again = header_of(http.headers, "stripe-should-retry") == "true";
  if (http.status == 409 || type == "idempotency_error") {
    answer.end = kUnknown;
  } else if (nothing_begun || (again && http.status != 402)) {
    answer.end = kNotDone;
  } else {
    read_decline(error, answer);
    const Value* intent = error.find("payment_intent");
    if (intent != nullptr) answer.reference = text_of(*intent, "id");
  }
  return answer;
}

bool is_client_error(int status) { return status >= 400 && status < 500; }

const Value* mark_of(const Value& object, std::string_view name) {
  const Value* metadata = object.find("metadata");
  return metadata == nullptr ? nullptr : metadata->find(name);
}

bool has_mark(const Value& object, std::string_view name, const std::string& value) {
  const Value* mark = mark_of(object, name);
  return mark != nullptr && mark->if_string() != nullptr && *mark->if_string() == value;
}

// What the object that a call is about says of the call. nullopt: nothing certain.
std::optional<ProviderAnswer> about_answer(const ProviderCall& call, const Value& object) {
  const std::string_view status = text_of(object, "status");
  switch (call.op) {
    case ProviderOp::kCapture: {
      if (has_mark(object, "ashlar_capture", call.key)) return capture_answer(call, object);
      const std::int64_t received = number_of(object, "amount_received");
      const bool other = mark_of(object, "ashlar_capture") != nullptr;
      if (other || received == 0) return ended(kNotDone);
      if (received != call.amount) return std::nullopt;
      return capture_answer(call, object);
    }
    case ProviderOp::kCancel:
      return status == "canceled" ? cancel_answer(object) : ended(kNotDone);
    case ProviderOp::kEvidence:
      if (has_mark(object, "ashlar_evidence", call.key)) return object_answer(call, object);
      return ended(kNotDone);
    case ProviderOp::kCloseDispute:
      return status == "lost" ? object_answer(call, object) : ended(kNotDone);
    default:
      return ended(kUnknown);
  }
}

bool is_listed(ProviderOp op) {
  return op == ProviderOp::kAuthorize || op == ProviderOp::kRefund || op == ProviderOp::kPayout;
}

}  // namespace

std::string_view text_of(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  return found != nullptr && found->if_string() != nullptr ? std::string_view(*found->if_string())
                                                           : std::string_view();
}

std::int64_t number_of(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  return found != nullptr && found->if_integer() != nullptr ? *found->if_integer() : 0;
}

std::string_view id_of(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  if (found == nullptr) return {};
  if (found->if_string() != nullptr) return *found->if_string();
  return text_of(*found, "id");
}

std::string form_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

CardApiTerms card_api_terms(std::string_view base_url) {
  const bool itself = base_url == "https://api.stripe.com";
  CardApiTerms terms;
  terms.several_captures = terms.marks_captures = itself;
  return terms;
}

CardApiRequest card_api_request(const ProviderCall& call, const CardApiTerms& terms) {
  switch (call.op) {
    case ProviderOp::kAuthorize:
      return authorize(call, terms);
    case ProviderOp::kCapture:
      return capture(call, terms);
    case ProviderOp::kCancel:
      return {"POST", under(kIntents, call.reference, "cancel"), {}};
    case ProviderOp::kRefund:
      return refund(call);
    case ProviderOp::kPayout:
      return payout(call);
    case ProviderOp::kEvidence:
      return evidence(call);
    case ProviderOp::kCloseDispute:
      return {"POST", under("/v1/disputes", call.reference, "close"), {}};
  }
  return {};
}

ProviderAnswer card_api_answer(const ProviderCall& call, const outbound::Answer& answer) {
  const auto body = json::parse(answer.body);
  const bool object = body.ok() && body->if_object() != nullptr;
  if (answer.status >= 200 && answer.status < 300) {
    return object ? object_answer(call, *body) : ended(kUnknown, "the answer cannot be read");
  }
  const Value* error = object ? body->find("error") : nullptr;
  if (!is_client_error(answer.status) || error == nullptr || error->if_object() == nullptr) {
    return ended(kUnknown, "HTTP " + std::to_string(answer.status));
  }
  return error_answer(answer, *error);
}

std::optional<CardApiRequest> card_api_question(const ProviderCall& call,
                                                std::string_view page_after) {
  if (!is_listed(call.op)) {
    if (call.reference.empty()) return std::nullopt;
    const bool dispute = call.op == ProviderOp::kEvidence || call.op == ProviderOp::kCloseDispute;
    std::string path = under(dispute ? "/v1/disputes" : kIntents, call.reference);
    if (!dispute) path += "?" + Form().add("expand[0]", kExpandFee).take();
    return CardApiRequest{"GET", std::move(path), {}};
  }
  Form form;
  form.add("limit", 100);
  if (call.op == ProviderOp::kRefund) {
    if (call.reference.empty()) return std::nullopt;
    form.add("payment_intent", call.reference);
  } else {
    form.add("created[gte]", base::to_unix_seconds(call.begun_at - kBefore));
    form.add("created[lte]", base::to_unix_seconds(call.begun_at + kAfter));
  }
  if (call.op == ProviderOp::kAuthorize) form.add("expand[0]", "data." + std::string(kExpandFee));
  if (!page_after.empty()) form.add("starting_after", page_after);
  const std::string_view path = call.op == ProviderOp::kAuthorize ? kIntents
                                : call.op == ProviderOp::kRefund  ? "/v1/refunds"
                                                                  : "/v1/payouts";
  return CardApiRequest{"GET", std::string(path) + "?" + form.take(), {}};
}

CardApiFinding card_api_finding(const ProviderCall& call, const outbound::Answer& answer) {
  constexpr json::ParseLimits kLimits{.max_depth = 32, .max_values = 100'000};
  const auto body = json::parse(answer.body, kLimits);
  if (answer.status != 200 || !body.ok() || body->if_object() == nullptr) {
    const bool gone = answer.status == 404 && body.ok() && body->find("error") != nullptr;
    return {ended(gone ? kNotDone : kUnknown), {}};
  }
  if (!is_listed(call.op)) return {about_answer(call, *body), {}};
  const Value* data = body->find("data");
  if (data == nullptr || data->if_array() == nullptr) return {ended(kUnknown), {}};
  for (const Value& object : *data->if_array()) {
    if (has_mark(object, "ashlar_key", call.key)) return {object_answer(call, object), {}};
  }
  const Value* more = body->find("has_more");
  const bool goes_on = more != nullptr && more->if_boolean() != nullptr && *more->if_boolean();
  if (!goes_on || data->if_array()->empty()) return {ended(kNotDone), {}};
  return {std::nullopt, std::string(text_of(data->if_array()->back(), "id"))};
}

}  // namespace ashlar::payments
