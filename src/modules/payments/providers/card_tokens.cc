#include "modules/payments/providers/card_tokens.h"

#include <algorithm>
#include <array>

namespace ashlar::payments {
namespace {

using enum CardConduct;

constexpr CardToken pays(std::string_view token, std::string_view network, std::string_view last4,
                         std::string_view funding = "credit") {
  return {token, kPays, {}, network, last4, funding};
}
constexpr CardToken declines(std::string_view token, std::string_view code,
                             std::string_view last4) {
  return {token, kDeclines, code, "visa", last4, "credit"};
}
constexpr CardToken does(std::string_view token, CardConduct conduct, std::string_view last4,
                         std::string_view code = {}) {
  return {token, conduct, code, "visa", last4, "credit"};
}

// Written for its readers: a line a card.
// clang-format off
constexpr std::array kCards{
    pays("pm_card_visa", "visa", "4242"),
    pays("pm_card_visa_debit", "visa", "5556", "debit"),
    pays("pm_card_mastercard", "mastercard", "4444"),
    pays("pm_card_mastercard_debit", "mastercard", "3222", "debit"),
    pays("pm_card_mastercard_prepaid", "mastercard", "5100", "prepaid"),
    pays("pm_card_amex", "amex", "8431"),
    pays("pm_card_discover", "discover", "9424"),
    pays("pm_card_diners", "diners", "0004"),
    pays("pm_card_jcb", "jcb", "0505"),
    pays("pm_card_unionpay", "unionpay", "0005"),
    declines("pm_card_chargeDeclined", "generic_decline", "0002"),
    declines("pm_card_visa_chargeDeclined", "generic_decline", "0002"),
    declines("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", "9995"),
    declines("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds", "9995"),
    declines("pm_card_chargeDeclinedLostCard", "lost_card", "9987"),
    declines("pm_card_chargeDeclinedStolenCard", "stolen_card", "9979"),
    declines("pm_card_chargeDeclinedExpiredCard", "expired_card", "0069"),
    declines("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "0127"),
    declines("pm_card_chargeDeclinedProcessingError", "processing_error", "0119"),
    declines("pm_card_chargeDeclinedFraudulent", "fraudulent", "0019"),
    declines("pm_card_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded", "6975"),
    declines("pm_card_radarBlock", "fraudulent", "0019"),
    declines("pm_card_chargeCustomerFail", "generic_decline", "0341"),
    does("pm_card_authenticationRequired", kAsksCustomer, "3184"),
    does("pm_card_authenticationRequiredOnSetup", kAsksCustomer, "3155"),
    does("pm_card_threeDSecure2Required", kAsksCustomer, "3220"),
    does("pm_card_threeDSecureRequired", kAsksCustomer, "3220"),
    does("pm_card_createDispute", kDisputes, "0259", "fraudulent"),
    does("pm_card_createDisputeProductNotReceived", kDisputes, "2685", "product_not_received"),
    does("pm_card_createDisputeInquiry", kDisputes, "1976", "general"),
    does("pm_card_refundFail", kRefundFails, "5126"),
    does("pm_card_pendingRefund", kRefundPending, "7726"),
    does("pm_card_answerLost", kAnswerLost, "9001"),
    does("pm_card_callLost", kCallLost, "9002"),
    does("pm_card_arrivesLate", kArrivesLate, "9003"),
    does("pm_card_notDone", kNotDone, "9004"),
};
// clang-format on

struct Message {
  std::string_view code, text;
};
constexpr std::array kMessages{
    Message{"insufficient_funds", "Your card has insufficient funds."},
    Message{"expired_card", "Your card has expired."},
    Message{"incorrect_cvc", "Your card's security code is incorrect."},
    Message{"processing_error",
            "An error occurred while processing your card. Try again in a little bit."},
    Message{"card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently."},
    Message{"authentication_required", "Your card was declined. It requires authentication."},
    Message{"authentication_failed", "The customer did not authenticate the payment."},
    Message{"unknown_token", "There is no such payment method."},
    Message{"unknown_reference", "There is no such authorisation, dispute or payout."},
    Message{"amount_invalid", "The amount is not one that can be moved."},
    Message{"amount_too_large", "The amount is more than what is left."},
    Message{"currency_mismatch", "The currency is not that of the authorisation."},
    Message{"not_capturable", "The authorisation cannot be captured any more."},
    Message{"not_cancelable", "The authorisation cannot be canceled any more."},
    Message{"authorization_expired", "The authorisation has expired."},
    Message{"charge_disputed", "What is disputed cannot be refunded."},
    Message{"refund_exceeds_captured", "The refund is more than what is left of the charge."},
    Message{"account_closed", "The bank account is closed."},
    Message{"balance_insufficient", "The balance is less than the payout."},
    Message{"dispute_closed", "The dispute is closed."},
    Message{"evidence_late", "The time for evidence is over."},
    Message{"key_reused", "The key was used for another call."},
};

}  // namespace

const CardToken* find_card(std::string_view token) {
  const auto* const found = std::ranges::find(kCards, token, &CardToken::token);
  return found == kCards.end() ? nullptr : found;
}

std::span<const CardToken> all_cards() { return kCards; }

std::string_view decline_message(std::string_view code) {
  const auto* const found = std::ranges::find(kMessages, code, &Message::code);
  return found == kMessages.end() ? "Your card was declined." : found->text;
}

CardFace face_of(const CardToken& card) {
  // Far enough away for every test, and the same for each of them.
  constexpr int kExpires = 2034;
  return {.network = std::string(card.network),
          .last4 = std::string(card.last4),
          .exp_month = 8,
          .exp_year = kExpires,
          .funding = std::string(card.funding)};
}

}  // namespace ashlar::payments
