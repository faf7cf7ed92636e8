// Which ids callers of the API may not give to accounts and transfers, because parts of Ashlar give
// them: an account of payments that somebody else has opened before, or a transfer's id that
// somebody else has used up, would stop payments.
#pragma once

#include <array>
#include <string_view>

namespace ashlar::ledger {

// Accounts of payments (the posting map), and "~": the book's own.
inline constexpr std::array<std::string_view, 11> kReservedAccounts{
    "provider:", "merchant:", "fees:",        "disputes:", "dispute_fees:", "chargebacks:", "bank:",
    "payouts:",  "suspense:", "differences:", "~"};
// What payments names its transfers after (payments/ids.h), and reconciliation its own.
inline constexpr std::array<std::string_view, 8> kReservedTransfers{"pay_", "ch_", "cap_", "re_",
                                                                    "dp_",  "po_", "txn_", "rec_"};

constexpr bool begins_with_any(std::string_view id, const auto& prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (id.starts_with(prefix)) return true;
  }
  return false;
}
constexpr bool is_reserved_account(std::string_view id) {
  return begins_with_any(id, kReservedAccounts);
}
constexpr bool is_reserved_transfer(std::string_view id) {
  return begins_with_any(id, kReservedTransfers);
}

}  // namespace ashlar::ledger
