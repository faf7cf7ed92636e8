#include "modules/payments/change_counters.h"

#include <algorithm>
#include <string>

#include "modules/payments/payment_events.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {

ChangeCounters::ChangeCounters(obs::Registry& metrics) {
  std::vector<std::string_view> names{"payout.created", "payout.updated", "payout.paid",
                                      "payout.failed"};
  for (std::size_t i = 0; i < kEventTypes; ++i) names.push_back(name_of(static_cast<EventType>(i)));
  std::ranges::sort(names);
  for (const std::string_view name : names) {
    types_.push_back(
        {name, &metrics.make_counter("ashlar_payments_changes_total",
                                     "What became of payments, refunds, disputes and payouts.",
                                     {{"type", std::string(name)}})});
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    states_[i] =
        &metrics.make_counter("ashlar_payments_entered_total", "Payments that came into a state.",
                              {{"state", std::string(name_of(static_cast<PaymentState>(i)))}});
  }
}

void ChangeCounters::happened(std::string_view type) {
  const auto found = std::ranges::lower_bound(types_, type, {}, &Named::type);
  if (found != types_.end() && found->type == type) found->counter->add();
}

void ChangeCounters::entered(PaymentState state) {
  states_[static_cast<std::size_t>(state)]->add();
}

}  // namespace ashlar::payments
