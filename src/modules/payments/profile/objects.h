// Objects: payments and what belongs to them as card-API clients know them.
//
// Names differ from ours in one place: a payment "pay_X" is the payment intent "pi_X" here (both
// are understood when they come in). What a member is expanded to is looked up in `reads`; without
// it everything stays an id. What Ashlar does not have is there with null, an empty list or the
// like: clients of typed languages miss what is missing.
//
// Errors: those of Reads.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/payments/payment.h"
#include "modules/payments/profile/expand.h"
#include "modules/payments/reads.h"

namespace ashlar::json {
class Writer;
}

namespace ashlar::payments::profile {

std::string intent_id(std::string_view payment);  // "pay_X" to "pi_X"
std::string payment_id(std::string_view intent);  // and back; any other text stays

struct Scene {
  Reads* reads = nullptr;
  bool live = true;
};

base::Status write_payment_intent(json::Writer& out, const Payment& payment, const Scene& scene,
                                  const Expand& expand);
base::Status write_charge(json::Writer& out, const Payment& payment, const Attempt& charge,
                          const Scene& scene, const Expand& expand);
base::Status write_refund(json::Writer& out, const Payment& payment, const Refund& refund,
                          const Scene& scene, const Expand& expand);
base::Status write_dispute(json::Writer& out, const Payment& payment, const Dispute& dispute,
                           const Scene& scene, const Expand& expand);
base::Status write_customer(json::Writer& out, const Customer& customer, const Scene& scene,
                            const Expand& expand);
base::Status write_payment_method(json::Writer& out, const Method& method, const Scene& scene,
                                  const Expand& expand);
// `payment`: null where the entry is none of a payment's.
base::Status write_balance_transaction(json::Writer& out, const Entry& entry,
                                       const Payment* payment, const Scene& scene,
                                       const Expand& expand);
void write_payout(json::Writer& out, const Payout& payout, const Scene& scene);
void write_balance(json::Writer& out, const std::vector<CurrencyBalance>& balance,
                   const Scene& scene);
void write_deleted(json::Writer& out, std::string_view object, std::string_view id);

// The status of a payment intent: "requires_capture".
std::string_view status_of(PaymentState state);
// The token that a client may use without storing it first, as a method; it is none's.
Method method_of_token(std::string_view token);
// The error code of a declined attempt: "card_declined", "expired_card" …
std::string decline_code_of(const Attempt& attempt);
// All that evidence of a dispute can be.
std::span<const std::string_view> evidence_names();

}  // namespace ashlar::payments::profile
