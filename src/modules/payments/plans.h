// Plans: what each request makes of a payment, in its unit: checks against its state, the event
// that says what begins, and the call that goes out. Nothing is written here.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/change.h"
#include "modules/payments/flow.h"

namespace ashlar::payments {

base::Status plan_create(Change& change, Turn& turn, const NewPayment& wanted,
                         const std::string& id, base::Time at);
// Of a loaded payment (change.h); so the next.
base::Status plan_confirm(Change& change, Turn& turn, const Confirmation& how);
base::Status plan_update(Change& change, const PaymentChange& wanted);
base::Status plan_capture(Change& change, Turn& turn, const NewCapture& wanted);
base::Status plan_cancel(Change& change, Turn& turn, const std::string& reason);
base::Status plan_refund(Change& change, Turn& turn, const NewRefund& wanted);
// REQUIRES: the payment has this dispute.
base::Status plan_dispute_change(Change& change, Turn& turn, const std::string& id,
                                 const DisputeChange& wanted);
base::Status plan_dispute_close(Change& change, Turn& turn, const std::string& id);

}  // namespace ashlar::payments
