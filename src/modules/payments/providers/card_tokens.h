// CardTokens: the tokens that the sandbox knows, what card each stands for and how that card
// behaves: the names that programs which test card payments use already, and some of its own
// (docs/payment-providers.md lists them). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

// What happens to whoever charges such a card.
enum class CardConduct : std::uint8_t {
  kPays,
  kDeclines,       // with `code`
  kAsksCustomer,   // needs_action each time
  kDisputes,       // the customer disputes the charge: `code` is the reason
  kRefundFails,    // a refund is done, and later it is not
  kRefundPending,  // a refund takes its time
  kAnswerLost,     // it is authorised, and nobody hears of it
  kCallLost,       // it never arrives, and nobody hears of that
  kArrivesLate,    // nobody hears of it, and later it is authorised
  kNotDone,        // refused before it was read
};

struct CardToken {
  std::string_view token;
  CardConduct conduct = CardConduct::kPays;
  std::string_view code{};
  std::string_view network = "visa";
  std::string_view last4 = "4242";
  std::string_view funding = "credit";
};

// nullptr: it stands for nothing.
const CardToken* find_card(std::string_view token);
std::span<const CardToken> all_cards();

// For people: "Your card has insufficient funds."
std::string_view decline_message(std::string_view code);

CardFace face_of(const CardToken& card);

// The bank account that a payout never reaches; every other token and none does.
inline constexpr std::string_view kFailingAccount = "ba_failure";

}  // namespace ashlar::payments
