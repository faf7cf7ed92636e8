// CardApiNotice: what the card API's events say, of those that concern us:
//
//   payment_intent.amount_capturable_updated   authorized (status requires_capture)
//   payment_intent.succeeded                   captured
//   payment_intent.payment_failed, .canceled   declined, canceled
//   refund.*, charge.refund.updated            refunded, refund_failed, by the refund's status
//   charge.dispute.created, .updated, .closed  dispute_opened, _updated, _won, _lost; what is only
//                                              asked about (warning_…) moves no money and is none
//   payout.paid, payout.failed                 paid_out, payout_failed
//
// Pure. The bytes come from outside: nothing in them is trusted but by their signature, which has
// been checked before (timed_signature.h); what cannot be read is kInvalid notice_malformed.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

inline constexpr std::size_t kMaxEventBytes = 1 << 20;

// Empty: nothing that concerns us.
base::Result<std::vector<ProviderNotice>> read_card_api_event(std::string_view body);

}  // namespace ashlar::payments
