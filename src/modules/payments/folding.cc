#include "modules/payments/folding.h"

#include <string>
#include <utility>
#include <vector>

#include "modules/payments/payment_events.h"

namespace ashlar::payments {
namespace {

base::Result<PaymentEvent> event_of_row(const store::EventRow& row) {
  const auto type = event_type_of(row.type);
  if (!type) {
    return base::fail(base::Code::kInternal, "payment_event_damaged",
                      "An event of a payment is of no known type: " + row.type);
  }
  return event_of(*type, row.at, row.body);
}

base::Status fold_row(Payment& payment, const store::EventRow& row) {
  ASHLAR_ASSIGN(const PaymentEvent event, event_of_row(row));
  const base::Status applied = apply(payment, event);
  if (applied.ok() && payment.events == row.no) return base::ok_status();
  return base::fail(base::Code::kInternal, "payment_event_damaged",
                    "Event " + std::to_string(row.no) + " of " + row.subject +
                        " does not apply to what is before it.");
}

bool is_payment(std::string_view subject) { return subject.starts_with("pay_"); }

// What an object was after an event is the event's body.
base::Status take_object(Told& told, const std::string& body, bool before) {
  if (told.subject.starts_with("cus_")) {
    ASHLAR_ASSIGN((before ? told.customer_before : told.customer), customer_of(body));
  } else if (told.subject.starts_with("pm_")) {
    ASHLAR_ASSIGN((before ? told.method_before : told.method), method_of(body));
  } else {
    ASHLAR_ASSIGN((before ? told.payout_before : told.payout), payout_of(body));
  }
  return base::ok_status();
}

}  // namespace

base::Status fold_on(storage::Transaction& tx, Payment& payment) {
  ASHLAR_ASSIGN(const auto rows, store::list_events(tx, payment.id, payment.events, kMaxEvents));
  for (const store::EventRow& row : rows) ASHLAR_TRY(fold_row(payment, row));
  return base::ok_status();
}

base::Result<std::optional<Payment>> fold_payment(storage::Transaction& tx, std::string_view id,
                                                  std::int64_t until) {
  if (!is_payment(id)) return std::optional<Payment>();
  ASHLAR_ASSIGN(const auto rows, store::list_events(tx, id, 0, until));
  if (rows.empty()) return std::optional<Payment>();
  Payment payment;
  for (const store::EventRow& row : rows) ASHLAR_TRY(fold_row(payment, row));
  return std::optional(std::move(payment));
}

base::Result<Told> told_of(const store::EventRow& row) {
  Told told;
  told.id = event_id(row.subject, row.no);
  told.subject = row.subject;
  told.no = row.no;
  told.type = row.type;
  told.at = row.at;
  told.request_id = row.request_id;
  told.key = row.key;
  if (is_payment(row.subject)) {
    ASHLAR_ASSIGN(told.event, event_of_row(row));
  }
  return told;
}

base::Result<std::optional<Told>> fold_event(storage::Transaction& tx, std::string_view subject,
                                             std::int64_t no) {
  const bool payment = is_payment(subject);
  ASHLAR_ASSIGN(const auto rows, store::list_events(tx, subject, payment ? 0 : no - 2, no));
  if (rows.empty() || rows.back().no != no || !rows.back().published) return std::optional<Told>();
  ASHLAR_ASSIGN(Told told, told_of(rows.back()));
  if (!payment) {
    ASHLAR_TRY(take_object(told, rows.back().body, false));
    if (rows.size() > 1) ASHLAR_TRY(take_object(told, rows.front().body, true));
    return std::optional(std::move(told));
  }
  Payment folded;
  for (const store::EventRow& row : rows) {
    if (row.no == no && no > 1) told.payment_before = folded;
    ASHLAR_TRY(fold_row(folded, row));
  }
  told.payment = std::move(folded);
  return std::optional(std::move(told));
}

}  // namespace ashlar::payments
