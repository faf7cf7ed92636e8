// Notices: what a provider told by itself, in one unit.
//
//   about a call of ours that is open   ──> the provider is asked (Flow::inquire): its answer
//                                           counts, the notice is only the reason to ask
//   a refund that was done and came back, an authorisation that it released, a dispute,
//   a payout that bounced               ──> counts by itself, once
//   about something it has not told us  ──> kConflict notice_too_early: nothing is stored, it comes
//   of yet                                  again
//
// The same id again, or what is known by now, changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/payments/change.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

// `ask`: the call to be asked about once this has committed.
base::Status take_notice(Change& change, std::string_view provider, const ProviderNotice& notice,
                         std::optional<std::string>& ask);

}  // namespace ashlar::payments
