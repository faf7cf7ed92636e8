// Change: what one unit does to one payment (or customer, method, payout): events, rows, journals.
//
// Nothing is written before write(): whatever is refused until then leaves the batch as it was
// (book_writer.h, 3). As long as the unit; its thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/asks.h"
#include "modules/payments/calls_store.h"
#include "modules/payments/desk.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/payment_events.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/postings.h"
#include "modules/payments/reads.h"

namespace ashlar::payments {

class Change {
 public:
  // `by` outlives it.
  Change(Desk& desk, ledger::Booking& booking, const Asked& by);

  [[nodiscard]] base::Time now() const { return now_; }
  [[nodiscard]] storage::Transaction& tx() { return booking_.tx(); }
  [[nodiscard]] ledger::Booking& booking() { return booking_; }
  [[nodiscard]] Desk& desk() { return desk_; }
  [[nodiscard]] const Asked& by() const { return by_; }

  // kNotFound payment_not_found, or `reason` of the part that was asked for.
  base::Status load(std::string_view payment);
  base::Status load_with(std::string_view part);
  [[nodiscard]] const Payment& payment() const { return payment_; }

  // Its time is now(), unless the event is the first. kInvalid event_refused.
  base::Status add(PaymentEvent event);
  // A new state of one of them, and what is told of it.
  void put(const Customer& customer, std::string_view type, std::int64_t events);
  void put(const Method& method, std::string_view type, std::int64_t events);
  void put(const Payout& payout, std::string_view type, std::int64_t events);
  // As it is stored, with the number of its events. kNotFound as Reads says.
  base::Result<std::pair<Customer, std::int64_t>> customer(std::string_view id);
  base::Result<std::pair<Method, std::int64_t>> method(std::string_view id);
  base::Result<std::pair<Payout, std::int64_t>> payout(std::string_view id);

  // As put() last left them; null: not put.
  [[nodiscard]] const Customer* put_customer() const { return customer_ ? &*customer_ : nullptr; }
  [[nodiscard]] const Method* put_method() const { return method_ ? &*method_ : nullptr; }
  [[nodiscard]] const Payout* put_payout() const { return payout_ ? &*payout_ : nullptr; }

  Postings& postings() { return postings_; }
  void enter(Entry entry) { entries_.push_back(std::move(entry)); }
  void refer(std::string_view provider, std::string_view reference, std::string_view part,
             std::string_view attempt);
  // Its row in the list of disputes is written anew.
  void mark_dispute(std::string_view id) { disputes_.emplace_back(id); }

  base::Status write();
  // The journals alone, for who writes rows of his own after them; write() then has no more.
  base::Status write_money();
  // After the commit, once.
  void committed();

 private:
  struct Told {
    std::string subject, type, body;
    std::int64_t no = 0;
    base::Time at{};
    bool published = true;
    bool of_payment = false;
  };
  base::Status write_rows();
  base::Status tell(const Told& told);
  [[nodiscard]] std::string summary(const Told& told) const;

  Desk& desk_;
  ledger::Booking& booking_;
  const Asked& by_;
  const base::Time now_;
  Payment payment_;
  bool is_new_ = false;
  store::PaymentRow row_;  // as stored
  std::vector<Told> told_;
  std::vector<store::ObjectRow> objects_;
  std::optional<Customer> customer_;
  std::optional<Method> method_;
  std::optional<Payout> payout_;
  Postings postings_;
  std::vector<Entry> entries_;
  std::vector<store::ReferenceRow> references_;
  std::vector<std::string> disputes_;
};

}  // namespace ashlar::payments
