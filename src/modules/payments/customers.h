// Customers, their means of payment, and payouts: what is kept beside payments. Each is one
// document; each change of one is an event that holds the whole of it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/payment.h"

namespace ashlar::payments {

struct Customer {
  std::string id;  // "cus_…"
  std::string name, email, phone, description;
  Pairs metadata;
  std::string default_method;
  bool deleted = false;
  base::Time created_at{};
};

// A provider's token for a means of payment; never a card number.
struct Method {
  std::string id;  // "pm_…"
  std::string provider, token, customer, network, last4;
  int exp_month = 0, exp_year = 0;
  Pairs metadata;
  base::Time created_at{};
};

//   create ──> open ──provider took it──> in_transit ──paid──> paid
//                └── it did nothing ──┐        └──failed──> failed
//                                     └──────────────────────^
enum class PayoutState : std::uint8_t { kOpen, kUnknown, kInTransit, kPaid, kFailed };
struct Payout {
  std::string id;  // "po_…"
  PayoutState state = PayoutState::kOpen;
  Money amount = 0;
  std::string currency, provider, destination, descriptor, reference, failure;
  Pairs metadata;
  base::Time created_at{};
};

std::string_view name_of(PayoutState state);

// As JSON, for their rows and events.
std::string to_json(const Customer& customer);
std::string to_json(const Method& method);
std::string to_json(const Payout& payout);
base::Result<Customer> customer_of(std::string_view json);
base::Result<Method> method_of(std::string_view json);
base::Result<Payout> payout_of(std::string_view json);

}  // namespace ashlar::payments
