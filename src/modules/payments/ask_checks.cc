#include "modules/payments/ask_checks.h"

#include <algorithm>

#include "base/currency.h"
#include "base/text.h"
#include "modules/payments/card_numbers.h"

namespace ashlar::payments {
namespace {

constexpr std::size_t kShort = 255;
constexpr std::size_t kLong = 1'000;
constexpr std::size_t kDescriptor = 22;
constexpr std::size_t kPairKey = 40;
constexpr std::size_t kPairValue = 500;
constexpr std::size_t kEvidence = 20'000;

base::Error invalid(std::string_view field, const char* reason, std::string why) {
  return base::Error{base::Code::kInvalid, reason, why, {{std::string(field), reason, why}}};
}

base::Status check_amount(std::string_view field, Money amount) {
  if (amount >= 1 && amount <= kMaxMoney) return base::ok_status();
  return invalid(field, "amount_invalid",
                 "An amount is a whole number of minor units, 1 to 9007199254740991.");
}

base::Status check_currency(std::string_view currency) {
  if (base::currency_digits(currency) && base::ascii_lower(currency) == currency) {
    return base::ok_status();
  }
  return invalid("/currency", "currency_invalid",
                 "This is no currency of ISO 4217 in which money is paid, such as usd.");
}

base::Status check_text(std::string_view field, std::string_view text, std::size_t most = kShort) {
  if (text.size() > most) {
    return invalid(field, "text_too_long",
                   "This text is longer than " + std::to_string(most) + " bytes.");
  }
  if (!base::is_utf8(text) || text.find('\0') != std::string_view::npos)
    return invalid(field, "text_invalid", "Texts are UTF-8, without NUL.");
  return refuse_card_number(field, text);
}

base::Status check_maybe(std::string_view field, const std::optional<std::string>& text,
                         std::size_t most = kShort) {
  return text ? check_text(field, *text, most) : base::ok_status();
}

// Keys are unique: two readers of one text must not see two things.
base::Status check_keys(std::string_view field, const Pairs& pairs) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (pairs[i].first == pairs[j].first)
        return invalid(field, "metadata_invalid", "A key comes twice.");
    }
  }
  return base::ok_status();
}

base::Status check_pair(std::string_view field, const std::pair<std::string, std::string>& pair,
                        std::size_t most) {
  if (pair.first.empty() || pair.first.size() > kPairKey)
    return invalid(field, "metadata_invalid", "Keys are of 1 to 40 bytes.");
  ASHLAR_TRY(check_text(field, pair.first, kPairKey));
  return check_text(std::string(field) + "/" + pair.first, pair.second, most);
}

}  // namespace

base::Status check_metadata(std::string_view field, const Pairs& pairs) {
  if (pairs.size() > kMaxPairs)
    return invalid(field, "metadata_invalid", "There are at most 50 pairs.");
  for (const auto& pair : pairs) ASHLAR_TRY(check_pair(field, pair, kPairValue));
  return check_keys(field, pairs);
}

base::Result<Pairs> merged(std::string_view field, const Pairs& kept, const Pairs& change) {
  Pairs all = kept;
  for (const auto& [key, value] : change) {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first == key; });
    if (value.empty()) {
      if (at != all.end()) all.erase(at);
    } else if (at != all.end()) {
      at->second = value;
    } else {
      all.emplace_back(key, value);
    }
  }
  if (all.size() > kMaxPairs)
    return invalid(field, "metadata_invalid", "There are at most 50 pairs.");
  return all;
}

base::Status check_ask(const Asked& asked) {
  if (!asked.key) return base::ok_status();
  const auto in_a_key = [](char c) { return c >= '!' && c <= '~'; };
  if (asked.key->empty() || asked.key->size() > kShort ||
      !std::all_of(asked.key->begin(), asked.key->end(), in_a_key)) {
    return invalid("Idempotency-Key", "bad_idempotency_key",
                   "An Idempotency-Key is 1 to 255 visible ASCII characters.");
  }
  return refuse_card_number_as_key(*asked.key);
}

base::Status check_ask(const NewPayment& wanted) {
  ASHLAR_TRY(check_amount("/amount", wanted.amount));
  ASHLAR_TRY(check_currency(wanted.currency));
  ASHLAR_TRY(check_text("/customer", wanted.customer));
  ASHLAR_TRY(check_text("/payment_method", wanted.method));
  ASHLAR_TRY(check_text("/description", wanted.description, kLong));
  ASHLAR_TRY(check_text("/statement_descriptor", wanted.descriptor, kDescriptor));
  ASHLAR_TRY(check_text("/merchant_reference", wanted.merchant_reference));
  ASHLAR_TRY(check_text("/receipt_email", wanted.receipt_email));
  if (wanted.confirm && wanted.method.empty()) {
    return invalid("/payment_method", "method_required",
                   "To confirm a payment a means of payment is needed.");
  }
  return check_metadata("/metadata", wanted.metadata);
}

base::Status check_ask(const Confirmation& how) {
  ASHLAR_TRY(check_maybe("/payment_method", how.method));
  return check_maybe("/receipt_email", how.receipt_email);
}

base::Status check_ask(const NewCapture& wanted) {
  return wanted.amount ? check_amount("/amount", *wanted.amount) : base::ok_status();
}

base::Status check_ask(const PaymentChange& change) {
  if (change.amount) ASHLAR_TRY(check_amount("/amount", *change.amount));
  if (change.currency) ASHLAR_TRY(check_currency(*change.currency));
  ASHLAR_TRY(check_maybe("/customer", change.customer));
  ASHLAR_TRY(check_maybe("/payment_method", change.method));
  ASHLAR_TRY(check_maybe("/description", change.description, kLong));
  ASHLAR_TRY(check_maybe("/statement_descriptor", change.descriptor, kDescriptor));
  ASHLAR_TRY(check_maybe("/receipt_email", change.receipt_email));
  return change.metadata ? check_metadata("/metadata", *change.metadata) : base::ok_status();
}

base::Status check_ask(const ChargeChange& change) {
  ASHLAR_TRY(check_maybe("/description", change.description, kLong));
  ASHLAR_TRY(check_maybe("/receipt_email", change.receipt_email));
  return change.metadata ? check_metadata("/metadata", *change.metadata) : base::ok_status();
}

base::Status check_ask(const NewRefund& wanted) {
  if (wanted.amount) ASHLAR_TRY(check_amount("/amount", *wanted.amount));
  ASHLAR_TRY(check_text("/reason", wanted.reason, kLong));
  return check_metadata("/metadata", wanted.metadata);
}

base::Status check_ask(const DisputeChange& change) {
  if (change.metadata) ASHLAR_TRY(check_metadata("/metadata", *change.metadata));
  if (!change.evidence) return base::ok_status();
  std::size_t bytes = 0;
  for (const auto& pair : *change.evidence) {
    ASHLAR_TRY(check_pair("/evidence", pair, kEvidence));
    bytes += pair.second.size();
  }
  if (bytes > kEvidence || change.evidence->size() > kMaxPairs)
    return invalid("/evidence", "text_too_long", "The evidence is longer than 20,000 bytes.");
  return check_keys("/evidence", *change.evidence);
}

base::Status check_ask(const CustomerChange& change) {
  ASHLAR_TRY(check_maybe("/name", change.name));
  ASHLAR_TRY(check_maybe("/email", change.email));
  ASHLAR_TRY(check_maybe("/phone", change.phone));
  ASHLAR_TRY(check_maybe("/description", change.description, kLong));
  ASHLAR_TRY(check_maybe("/default_payment_method", change.default_method));
  return change.metadata ? check_metadata("/metadata", *change.metadata) : base::ok_status();
}

base::Status check_ask(const NewMethod& what) {
  if (what.token.empty())
    return invalid("/token", "method_required", "A means of payment is a provider's token.");
  ASHLAR_TRY(check_text("/token", what.token));
  ASHLAR_TRY(check_text("/provider", what.provider));
  ASHLAR_TRY(check_text("/customer", what.customer));
  ASHLAR_TRY(check_text("/network", what.network));
  ASHLAR_TRY(check_text("/last4", what.last4, 4));
  return check_metadata("/metadata", what.metadata);
}

base::Status check_ask(const MethodChange& change) {
  return change.metadata ? check_metadata("/metadata", *change.metadata) : base::ok_status();
}

base::Status check_ask(const NewPayout& wanted) {
  ASHLAR_TRY(check_amount("/amount", wanted.amount));
  ASHLAR_TRY(check_currency(wanted.currency));
  ASHLAR_TRY(check_text("/provider", wanted.provider));
  ASHLAR_TRY(check_text("/destination", wanted.destination));
  ASHLAR_TRY(check_text("/statement_descriptor", wanted.descriptor, kDescriptor));
  return check_metadata("/metadata", wanted.metadata);
}

base::Status check_reason(std::string_view reason) { return check_text("/reason", reason, kLong); }

}  // namespace ashlar::payments
