// ChangeCounters: what becomes of payments, counted when it has committed: each change by its type
// (an outcome: payment.declined, refund.failed, payout.paid), and each state that a payment came
// into. Of this process; the series are there from the start, at 0.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "modules/payments/payment.h"

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::payments {

class ChangeCounters {
 public:
  explicit ChangeCounters(obs::Registry& metrics);

  // An event's type: one of payment_events.h, or of a payout. Others are not counted. Any thread.
  void happened(std::string_view type);
  void entered(PaymentState state);

 private:
  struct Named {
    std::string_view type;
    obs::Counter* counter;
  };
  std::vector<Named> types_;  // in the order of their names
  std::array<obs::Counter*, kStatesOfPayment> states_{};
};

}  // namespace ashlar::payments
