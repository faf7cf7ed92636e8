// ProfileApi: what card-API clients ask for, in their words: parameters in, core calls, objects
// out. The rules are the core's (payments.h), the table of routes profile_wire.cc.
//
// What changes something answers late: no worker waits for it. Reads wait on their worker.
// Immutable; any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
class LateAnswer;
}  // namespace ashlar::http
namespace ashlar::storage {
class Database;
}

namespace ashlar::payments {
class Payments;
class Reads;
}  // namespace ashlar::payments

namespace ashlar::payments::profile {

using Late = std::shared_ptr<http::LateAnswer>;

class ProfileApi {
 public:
  // Both outlive it.
  ProfileApi(Payments& payments, storage::Database& db) : payments_(payments), db_(db) {}

  // profile_payments.cc
  base::Status create_intent(http::Call& call, Late late) const;
  base::Status update_intent(http::Call& call, Late late) const;
  base::Status confirm_intent(http::Call& call, Late late) const;
  base::Status capture_intent(http::Call& call, Late late) const;
  base::Status cancel_intent(http::Call& call, Late late) const;
  base::Status update_charge(http::Call& call, Late late) const;
  base::Status capture_charge(http::Call& call, Late late) const;
  base::Status create_refund(http::Call& call, Late late) const;
  base::Status update_refund(http::Call& call, Late late) const;
  base::Status cancel_refund(http::Call& call, Late late) const;
  base::Status update_dispute(http::Call& call, Late late) const;
  base::Status close_dispute(http::Call& call, Late late) const;

  // profile_customers.cc
  base::Status create_customer(http::Call& call, Late late) const;
  base::Status update_customer(http::Call& call, Late late) const;
  base::Status delete_customer(http::Call& call, Late late) const;
  base::Status create_method(http::Call& call, Late late) const;
  base::Status update_method(http::Call& call, Late late) const;
  base::Status attach_method(http::Call& call, Late late) const;
  base::Status detach_method(http::Call& call, Late late) const;

  // profile_reads.cc
  [[nodiscard]] base::Result<http::Response> get_intent(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_charge(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_refund(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_dispute(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_customer(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_method(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_entry(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_balance(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get_event(http::Call& call) const;

  // profile_lists.cc
  [[nodiscard]] base::Result<http::Response> list_intents(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_charges(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_refunds(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_disputes(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_customers(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_methods(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_entries(http::Call& call) const;
  // profile_event_list.cc
  [[nodiscard]] base::Result<http::Response> list_events(http::Call& call) const;

  // One transaction of the caller's tenant. `look` may run again.
  [[nodiscard]] base::Status read(const http::Call& call,
                                  const std::function<base::Status(Reads&)>& look) const;

 private:
  Payments& payments_;
  storage::Database& db_;
};

}  // namespace ashlar::payments::profile
