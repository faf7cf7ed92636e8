#include <algorithm>
#include <array>
#include <set>

#include "modules/payments/payment.h"

namespace ashlar::payments {
namespace {

template <class Part>
const Part* find_part(const std::vector<Part>& parts, std::string_view id) {
  const auto at =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.id == id; });
  return at == parts.end() ? nullptr : &*at;
}

bool is_open(AttemptState state) {
  return state == AttemptState::kOpen || state == AttemptState::kUnknown ||
         state == AttemptState::kNeedsAction;
}
bool counts(RefundState state) {
  return state != RefundState::kFailed && state != RefundState::kCanceled;
}

template <std::size_t N, class State>
std::string_view name_in(const std::array<std::string_view, N>& names, State state) {
  return names[static_cast<std::size_t>(state)];
}

bool is_unique(std::set<std::string_view>& seen, const std::string& reference) {
  return reference.empty() || seen.insert(reference).second;
}

}  // namespace

Money Payment::authorized() const {
  return attempts.empty() || attempts.back().state != AttemptState::kAuthorized
             ? 0
             : attempts.back().authorized;
}
Money Payment::capturable() const {
  if (state == PaymentState::kSucceeded || state == PaymentState::kCanceled) return 0;
  return attempts.empty() ? 0 : authorized() - attempts.back().captured;
}
Money Payment::captured() const {
  Money sum = 0;
  for (const Attempt& attempt : attempts) sum += attempt.captured;
  return sum;
}
Money Payment::refunded() const {
  Money sum = 0;
  for (const Refund& refund : refunds) sum += counts(refund.state) ? refund.amount : 0;
  return sum;
}
Money Payment::disputed() const {
  Money sum = 0;
  for (const Dispute& dispute : disputes)
    sum += dispute.state == DisputeState::kWon ? 0 : dispute.amount;
  return sum;
}
Money Payment::refundable() const {
  return std::max<Money>(0, captured() - refunded() - disputed());
}
const Attempt* Payment::latest_attempt() const {
  return attempts.empty() ? nullptr : &attempts.back();
}
const Attempt* Payment::attempt(std::string_view part) const { return find_part(attempts, part); }
const CapturePart* Payment::capture_part(std::string_view part) const {
  return find_part(captures, part);
}
const Refund* Payment::refund(std::string_view part) const { return find_part(refunds, part); }
const Dispute* Payment::dispute(std::string_view part) const { return find_part(disputes, part); }

std::string_view name_of(PaymentState state) {
  static constexpr std::array<std::string_view, 7> kNames{
      "needs_method", "needs_confirmation", "needs_action", "processing",
      "capturable",   "succeeded",          "canceled"};
  return name_in(kNames, state);
}
std::string_view name_of(AttemptState state) {
  static constexpr std::array<std::string_view, 7> kNames{
      "open", "unknown", "needs_action", "authorized", "declined", "not_done", "released"};
  return name_in(kNames, state);
}
std::string_view name_of(RefundState state) {
  static constexpr std::array<std::string_view, 6> kNames{"open",      "unknown", "pending",
                                                          "succeeded", "failed",  "canceled"};
  return name_in(kNames, state);
}
std::string_view name_of(DisputeState state) {
  static constexpr std::array<std::string_view, 4> kNames{"needs_response", "under_review", "won",
                                                          "lost"};
  return name_in(kNames, state);
}

std::string check(const Payment& payment) {
  Money captured = 0;
  std::set<std::string_view> references;
  for (const Attempt& attempt : payment.attempts) {
    if (attempt.captured < 0 || attempt.captured > attempt.authorized)
      return attempt.id + ": captured is more than authorised";
    if (attempt.authorized > attempt.amount) return attempt.id + ": authorised is more than asked";
    if (attempt.captured > 0 && attempt.state != AttemptState::kAuthorized)
      return attempt.id + ": captured, and not authorised";
    if (&attempt != &payment.attempts.back() && is_open(attempt.state))
      return attempt.id + ": another attempt began while it was open";
    if (!is_unique(references, attempt.reference)) return attempt.reference + ": used twice";
    captured += attempt.captured;
  }
  Money parts = 0;
  int flying = 0;
  for (const CapturePart& part : payment.captures) {
    if (part.state == CaptureState::kDone) parts += part.amount;
    flying += part.state == CaptureState::kOpen || part.state == CaptureState::kUnknown ? 1 : 0;
    if (!is_unique(references, part.reference)) return part.reference + ": used twice";
  }
  if (parts != captured) return "captures do not sum to what the attempts say";
  if (flying != (payment.in_flight == InFlight::kCapture ? 1 : 0)) return "captures in flight";
  for (const Refund& refund : payment.refunds) {
    if (!is_unique(references, refund.reference)) return refund.reference + ": used twice";
  }
  for (const Dispute& dispute : payment.disputes) {
    if (!is_unique(references, dispute.reference)) return dispute.reference + ": used twice";
  }
  if (payment.refunded() > captured) return "refunded is more than captured";
  if (payment.state == PaymentState::kSucceeded && captured == 0) return "succeeded without money";
  if (payment.state == PaymentState::kCanceled && captured != 0) return "canceled with money";
  if (payment.unknown && payment.in_flight == InFlight::kNothing) return "unknown, and at rest";
  return {};
}

}  // namespace ashlar::payments
