// Outcomes: what a provider's answer makes of the payment that asked. The same whoever brings it:
// the request that waits, a retry that took over, or the resolver.
//
//   applied       the event, its journals, its balance entry
//   declined      the event; for a card an answer (402), for what cannot be declined an error
//   needs_action  the customer's turn
//   not_done      back to where it was; an authorisation goes on with the next provider
//   unknown       `processing`, once; it is asked about again
//
// What an answer says and cannot be (an event that does not apply) changes nothing: it is counted,
// logged, and left to reconciliation.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "modules/payments/calls.h"
#include "modules/payments/calls_store.h"
#include "modules/payments/change.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

// A call that is to be made: its row is stored before.
struct NewCall {
  ProviderOp op = ProviderOp::kAuthorize;
  std::string subject, part, charge, provider;
  std::int64_t number = 1;  // of the logical attempt
  CallPlan plan;
};

struct Ending {
  CallState state = CallState::kResolved;
  std::optional<base::Error> error;  // the request is answered so, and its key is free again
  bool pending = false;              // answered with what is known so far
  std::optional<NewCall> next;       // the same with another provider
};

// Adds to `change`; writes nothing.
base::Result<Ending> end_call(Change& change, const store::AttemptRow& row, const CallPlan& plan,
                              const ProviderAnswer& answer);

// The parts of it that notices tell by themselves.
base::Status fail_refund(Change& change, const Refund& refund, std::string_view why);
base::Status lose_dispute(Change& change, const Dispute& dispute, bool expired);
base::Status expire_authorization(Change& change);
// `payout` as it is stored, with the number of its events.
base::Status fail_payout(Change& change, Payout payout, std::int64_t events, std::string_view why);

// When money that is captured now becomes available.
base::Time available_on(base::Time now, base::Seconds after);

}  // namespace ashlar::payments
