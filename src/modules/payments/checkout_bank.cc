#include "modules/payments/checkout_bank.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "modules/payments/payments.h"
#include "modules/payments/reads.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/sagas/participant.h"
#include "platform/security/idempotency.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using sagas::Answer;
using sagas::StepCall;

constexpr std::string_view kMark = "checkout";  // in the payment's metadata: whose it is
constexpr std::string_view kUnknownYet = "its outcome is not known yet";
constexpr base::Millis kToRecord{1'000};  // of a step's time, kept for what follows the answer

std::string text_in(const json::Value* object, std::string_view name) {
  const json::Value* found = object == nullptr ? nullptr : object->find(name);
  const std::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? "" : *text;
}

std::string of_request(const StepCall& call, std::string_view name) {
  return text_in(call.data.find("request"), name);
}

Money amount_of(const StepCall& call) {
  const json::Value* request = call.data.find("request");
  const json::Value* amount = request == nullptr ? nullptr : request->find("amount");
  const std::int64_t* number = amount == nullptr ? nullptr : amount->if_integer();
  return number == nullptr ? 0 : *number;
}

bool is_ours(const StepCall& call, const Payment& payment) {
  const auto mark = std::ranges::find(payment.metadata, kMark, &Pairs::value_type::first);
  return mark != payment.metadata.end() && mark->second == call.saga.to_string();
}

Asked asked_by(const StepCall& call, std::string key) {
  Asked asked;
  asked.tenant = call.tenant;
  asked.mode = text_in(&call.data, "mode");
  asked.principal = text_in(&call.data, "principal");
  asked.request_id = "saga-" + call.saga.to_string();
  asked.fingerprint = security::request_hash("CHECKOUT", call.saga.to_string(), key);
  asked.key = std::move(key);
  asked.deadline = call.deadline - kToRecord;
  return asked;
}

// Who has seen the payment as it is now, and does the same to it, has the same key.
Asked asked_at(const StepCall& call, const Payment& payment) {
  return asked_by(call, std::string(call.idempotency_key) + ":" + std::to_string(payment.events));
}

std::string said(const base::Error& error) {
  return std::string(error.reason) + ": " + error.detail;
}

// What may be otherwise in a moment is a failure, whatever its code.
Answer answer_of(const base::Error& error) {
  const std::string_view reason = error.reason;
  const bool passing = reason == "payment_state" || reason == "payment_in_progress" ||
                       reason == "idempotency_key_in_use";
  if (passing || !sagas::is_refusal(error)) return Answer::failed(said(error));
  return Answer::refused(said(error));
}

Answer authorised(const std::string& payment) {
  json::Value::Object add;
  add.emplace_back("payment", json::Value(payment));
  return Answer::done(std::move(add));
}

}  // namespace

base::Result<std::optional<Payment>> CheckoutBank::find(const StepCall& call) const {
  const std::string reference = of_request(call, "merchant_reference");
  return db_.read(storage::Context::tenant(call.tenant), [&](storage::Transaction& tx) {
    return Reads(tx).by_merchant_reference(reference);
  });
}

void CheckoutBank::create(const StepCall& call, bool confirm, Done done) const {
  std::string key(call.idempotency_key);
  if (key.ends_with(sagas::kUndoSuffix)) key.resize(key.size() - sagas::kUndoSuffix.size());
  NewPayment wanted;
  wanted.amount = amount_of(call);
  wanted.currency = of_request(call, "currency");
  wanted.capture = Capture::kManual;
  wanted.method = of_request(call, "payment_method");
  wanted.merchant_reference = of_request(call, "merchant_reference");
  wanted.metadata = {{std::string(kMark), call.saga.to_string()}};
  wanted.off_session = true;
  wanted.confirm = confirm;
  payments_.create(asked_by(call, std::move(key)), std::move(wanted), std::move(done));
}

void CheckoutBank::authorise(const StepCall& call, Tell tell) const {
  auto found = find(call);
  if (!found.ok()) return tell(Answer::failed(said(found.error())));
  const auto on_answer = [this, &call, tell](base::Result<Answered> answered) {
    on_authorised(call, std::move(answered), tell);
  };
  if (!*found) return create(call, true, on_answer);
  const Payment& payment = **found;
  if (!is_ours(call, payment)) {
    return tell(Answer::refused("merchant_reference_used: " + payment.id + " has it"));
  }
  switch (payment.state) {
    case PaymentState::kCapturable:
    case PaymentState::kSucceeded:
      return tell(authorised(payment.id));
    case PaymentState::kProcessing:
      return tell(Answer::failed(std::string(kUnknownYet)));
    case PaymentState::kNeedsConfirmation: {
      Confirmation how;
      how.off_session = true;
      return payments_.confirm(asked_at(call, payment), payment.id, std::move(how), on_answer);
    }
    case PaymentState::kCanceled:
      return tell(Answer::refused("the payment is canceled"));
    case PaymentState::kNeedsMethod:
    case PaymentState::kNeedsAction:
      break;
  }
  const Attempt* const last = payment.latest_attempt();
  give_up(call, payment.id, last == nullptr ? "declined" : "declined: " + last->decline_code, tell);
}

void CheckoutBank::on_authorised(const StepCall& call, base::Result<Answered> answered,
                                 Tell tell) const {
  if (!answered.ok()) return tell(answer_of(answered.error()));
  const base::Result<json::Value> body = json::parse(answered->body);
  if (!body.ok()) return tell(Answer::failed(said(body.error())));
  constexpr int kDeclined = 402;
  if (answered->status == kDeclined) {
    return give_up(call, text_in(body->find("payment"), "id"),
                   "declined: " + text_in(&*body, "decline_code"), std::move(tell));
  }
  const std::string id = text_in(&*body, "id");
  const std::string state = text_in(&*body, "state");
  if (state == name_of(PaymentState::kCapturable)) return tell(authorised(id));
  if (state == name_of(PaymentState::kNeedsAction)) {
    return give_up(call, id, "the customer would have to authenticate", std::move(tell));
  }
  tell(Answer::failed(std::string(kUnknownYet)));
}

void CheckoutBank::give_up(const StepCall& call, const std::string& payment, const std::string& why,
                           Tell tell) const {
  payments_.cancel(asked_by(call, std::string(call.idempotency_key) + ":over"), payment,
                   "abandoned", [why, tell = std::move(tell)](base::Result<Answered> answered) {
                     if (!answered.ok()) return tell(answer_of(answered.error()));
                     tell(Answer::refused(why));
                   });
}

void CheckoutBank::cancel(const StepCall& call, Tell tell) const {
  auto found = find(call);
  if (!found.ok()) return tell(Answer::failed(said(found.error())));
  if (*found) return cancel_found(call, **found, std::move(tell));
  // What it makes is canceled at the next attempt, when it is seen.
  create(call, false, [tell = std::move(tell)](base::Result<Answered> answered) {
    if (answered.ok()) return tell(Answer::failed("the payment is there now, to be canceled"));
    const Answer answer = answer_of(answered.error());
    // Refused to this one, it would be refused to the action too: nothing can come of it.
    tell(answer.kind == Answer::Kind::kRefused ? Answer::done() : answer);
  });
}

void CheckoutBank::cancel_found(const StepCall& call, const Payment& payment, Tell tell) const {
  if (!is_ours(call, payment) || payment.state == PaymentState::kCanceled) {
    return tell(Answer::done());
  }
  if (payment.state == PaymentState::kSucceeded) {
    return tell(Answer::refused("the payment is captured"));
  }
  if (payment.state == PaymentState::kProcessing) {
    return tell(Answer::failed(std::string(kUnknownYet)));
  }
  payments_.cancel(asked_at(call, payment), payment.id, "abandoned",
                   [tell = std::move(tell)](base::Result<Answered> answered) {
                     if (!answered.ok()) return tell(answer_of(answered.error()));
                     const base::Result<json::Value> body = json::parse(answered->body);
                     const bool over =
                         body.ok() && text_in(&*body, "state") == name_of(PaymentState::kCanceled);
                     tell(over ? Answer::done() : Answer::failed(std::string(kUnknownYet)));
                   });
}

void CheckoutBank::capture(const StepCall& call, Tell tell) const {
  auto found = find(call);
  if (!found.ok()) return tell(Answer::failed(said(found.error())));
  if (!*found || !is_ours(call, **found)) return tell(Answer::refused("there is no such payment"));
  const Payment& payment = **found;
  if (payment.state == PaymentState::kSucceeded) return tell(Answer::done());
  if (payment.state == PaymentState::kProcessing) {
    return tell(Answer::failed(std::string(kUnknownYet)));
  }
  if (payment.state != PaymentState::kCapturable) {
    return tell(Answer::refused("the payment is " + std::string(name_of(payment.state))));
  }
  payments_.capture(asked_at(call, payment), payment.id, {},
                    [tell = std::move(tell)](base::Result<Answered> answered) {
                      if (!answered.ok()) return tell(answer_of(answered.error()));
                      const base::Result<json::Value> body = json::parse(answered->body);
                      const bool taken = body.ok() && text_in(&*body, "state") ==
                                                          name_of(PaymentState::kSucceeded);
                      tell(taken ? Answer::done() : Answer::failed(std::string(kUnknownYet)));
                    });
}

}  // namespace ashlar::payments
