#include "modules/payments/profile/expand.h"

#include <algorithm>
#include <array>
#include <optional>

#include "modules/payments/profile/params.h"

namespace ashlar::payments::profile {
namespace {

using enum ObjectKind;

constexpr std::array<std::string_view, 10> kNames{
    "payment_intent",      "charge",  "refund", "dispute",         "customer", "payment_method",
    "balance_transaction", "balance", "event",  "webhook_endpoint"};

struct Expandable {
  ObjectKind of;
  std::string_view member;
  ObjectKind is;
};
// A balance transaction's source may be any of three: what a charge lets be expanded, the others
// let be too, where they have it.
constexpr std::array kExpandables{
    Expandable{kPaymentIntent, "customer", kCustomer},
    Expandable{kPaymentIntent, "latest_charge", kCharge},
    Expandable{kPaymentIntent, "payment_method", kPaymentMethod},
    Expandable{kCharge, "balance_transaction", kBalanceTransaction},
    Expandable{kCharge, "customer", kCustomer},
    Expandable{kCharge, "payment_intent", kPaymentIntent},
    Expandable{kCharge, "refunds", kRefund},
    Expandable{kRefund, "balance_transaction", kBalanceTransaction},
    Expandable{kRefund, "charge", kCharge},
    Expandable{kRefund, "payment_intent", kPaymentIntent},
    Expandable{kDispute, "charge", kCharge},
    Expandable{kDispute, "payment_intent", kPaymentIntent},
    Expandable{kBalanceTransaction, "source", kCharge},
    Expandable{kPaymentMethod, "customer", kCustomer},
    Expandable{kCustomer, "invoice_settings.default_payment_method", kPaymentMethod},
};

// The longest known member that `path` begins with, as one may have a dot in it.
std::optional<Expandable> next_in(ObjectKind kind, std::string_view path) {
  for (const Expandable& one : kExpandables) {
    if (one.of != kind || !path.starts_with(one.member)) continue;
    if (path.size() == one.member.size() || path[one.member.size()] == '.') return one;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(ObjectKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

base::Result<Expand> Expand::parse(ObjectKind kind, bool list, std::span<const std::string> paths) {
  const auto refused = [](std::string message) {
    return parameter_error("parameter_invalid", "expand", std::move(message));
  };
  if (paths.size() > kMaxPaths) return refused("At most 20 properties can be expanded.");
  Expand root;
  for (const std::string& path : paths) {
    std::string_view rest = path;
    if (list) {
      if (!rest.starts_with("data.")) {
        return refused("This property cannot be expanded (" + path + "); in a list, expand data." +
                       path + ".");
      }
      rest.remove_prefix(5);
    }
    Expand* node = &root;
    ObjectKind at = kind;
    for (std::size_t depth = 0; !rest.empty(); ++depth) {
      if (depth == kMaxDepth) return refused("Properties can be expanded four levels deep.");
      const std::optional<Expandable> next = next_in(at, rest);
      if (!next) return refused("This property cannot be expanded (" + path + ").");
      const auto found =
          std::ranges::find(node->members_, next->member, &std::pair<std::string, Expand>::first);
      if (found != node->members_.end()) {
        node = &found->second;
      } else {
        node = &node->members_.emplace_back(std::string(next->member), Expand()).second;
      }
      at = next->is;
      rest.remove_prefix(std::min(next->member.size() + 1, rest.size()));
    }
    if (node == &root) return refused("This property cannot be expanded (" + path + ").");
  }
  return root;
}

const Expand* Expand::find(std::string_view member) const {
  for (const auto& [name, inner] : members_) {
    if (name == member) return &inner;
  }
  return nullptr;
}

const Expand& Expand::none() {
  static const Expand none;
  return none;
}

}  // namespace ashlar::payments::profile
