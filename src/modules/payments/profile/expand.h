// Expand: what of an answer is to be written whole where it would be an id: `expand[]=customer`,
// `expand[]=data.latest_charge.balance_transaction`.
//
// parse() holds each path against what the kind of object lets be expanded, so rendering never
// meets a name that it does not know. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::payments::profile {

enum class ObjectKind : std::uint8_t {
  kPaymentIntent,
  kCharge,
  kRefund,
  kDispute,
  kCustomer,
  kPaymentMethod,
  kBalanceTransaction,
  kBalance,
  kEvent,
  kWebhookEndpoint,
};
std::string_view name_of(ObjectKind kind);  // "payment_intent"

class Expand {
 public:
  static constexpr std::size_t kMaxPaths = 20;
  static constexpr std::size_t kMaxDepth = 4;  // of names in a path, "data" aside

  // `list`: paths begin with "data.". Errors: kInvalid parameter_invalid of /expand.
  static base::Result<Expand> parse(ObjectKind kind, bool list, std::span<const std::string> paths);

  // What is to be expanded within `member`; null: it stays an id.
  [[nodiscard]] const Expand* find(std::string_view member) const;
  // Nothing is expanded.
  static const Expand& none();
  [[nodiscard]] bool empty() const { return members_.empty(); }

 private:
  std::vector<std::pair<std::string, Expand>> members_;
};

}  // namespace ashlar::payments::profile
