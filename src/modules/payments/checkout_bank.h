// CheckoutBank: the steps of a checkout that the card has a part in: authorise, capture and what
// takes the first back. What they promise: checkout.h. Any thread; outlived by both.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "modules/payments/asks.h"
#include "platform/sagas/saga.h"

namespace ashlar::payments {

class Payments;

class CheckoutBank {
 public:
  using Tell = std::function<void(sagas::Answer)>;

  CheckoutBank(Payments& payments, storage::Database& db) : payments_(payments), db_(db) {}

  void authorise(const sagas::StepCall& call, Tell tell) const;
  void cancel(const sagas::StepCall& call, Tell tell) const;
  void capture(const sagas::StepCall& call, Tell tell) const;

 private:
  // The payment of the merchant_reference, this checkout's or another's.
  [[nodiscard]] base::Result<std::optional<Payment>> find(const sagas::StepCall& call) const;
  void create(const sagas::StepCall& call, bool confirm, Done done) const;
  // Of a payment that will never be paid: final, then refused.
  void give_up(const sagas::StepCall& call, const std::string& payment, const std::string& why,
               Tell tell) const;
  void on_authorised(const sagas::StepCall& call, base::Result<Answered> answered, Tell tell) const;
  void cancel_found(const sagas::StepCall& call, const Payment& payment, Tell tell) const;

  Payments& payments_;
  storage::Database& db_;
};

}  // namespace ashlar::payments
