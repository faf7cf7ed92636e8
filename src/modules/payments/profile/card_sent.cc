#include "modules/payments/profile/card_sent.h"

#include "modules/payments/providers/card_tokens.h"

namespace ashlar::payments::profile {
namespace {

// "tok_visa" stands for the card that "pm_card_visa" stands for.
std::string token_of(std::string sent) {
  if (!sent.starts_with("tok_")) return sent;
  std::string named = "pm_card_" + sent.substr(4);
  return find_card(named) != nullptr ? named : sent;
}

}  // namespace

CardSent card_in(Params& params) {
  CardSent sent;
  const FormNode* card = params.object("card");
  if (card == nullptr) return sent;
  if (card->find("number") != nullptr || card->find("cvc") != nullptr) {
    params.fail("card_number_refused", "card",
                "Card numbers are not taken: send a token of your payment provider's.");
    return sent;
  }
  Params inner(*card);
  sent.token = token_of(inner.text("token").value_or(""));
  const auto month = inner.integer("exp_month", 1, 12);
  const auto year = inner.integer("exp_year", 2000, 2100);
  if (month) sent.exp_month = static_cast<int>(*month);
  if (year) sent.exp_year = static_cast<int>(*year);
  const base::Status read = inner.finish();
  if (!read.ok()) params.fail("parameter_invalid", "card", read.error().detail);
  return sent;
}

std::optional<std::string> token_in_method_data(Params& params) {
  const FormNode* data = params.object("payment_method_data");
  if (data == nullptr) return std::nullopt;
  Params inner(*data);
  inner.need_text("type");
  inner.choice("type", {"card"});
  CardSent card = card_in(inner);
  if (card.token.empty()) inner.fail("parameter_missing", "card/token", "Give card[token].");
  const base::Status read = inner.finish();
  if (!read.ok()) {
    params.fail(read.error().reason, "payment_method_data" + read.error().fields.front().field,
                read.error().detail);
  }
  return std::move(card.token);
}

}  // namespace ashlar::payments::profile
