// Calls: what a provider is asked, as it is stored before it is asked, and rebuilt from there by
// whoever goes on with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/calls_store.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

// The stored form of a call, beside the row's own columns.
struct CallPlan {
  ProviderCall call;                // without tenant, key, begun_at and deadline
  std::vector<std::string> others;  // providers to try next, should this one do nothing
  bool expiring = false;            // of kCancel: the authorisation has run out
  std::string reason;               // of kCancel
};
std::string to_json(const CallPlan& plan);
// kInternal payment_call_damaged.
base::Result<CallPlan> plan_of(const store::AttemptRow& row, base::TenantId tenant);

std::string outcome_json(const ProviderAnswer& answer);

// "pay_…:capture:1".
std::string call_key(std::string_view subject, ProviderOp op, std::int64_t number);

}  // namespace ashlar::payments
