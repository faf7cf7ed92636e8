#include "modules/payments/reads.h"

#include <algorithm>
#include <utility>

#include "modules/payments/calls_store.h"
#include "modules/payments/entries_store.h"
#include "modules/payments/folding.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments_store.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;

base::Error not_found(const char* reason, const char* what) {
  return base::fail(Code::kNotFound, reason, std::string("There is no such ") + what + ".");
}

template <class T>
base::Result<T> object_of(storage::Transaction& tx, std::string_view id, store::ObjectKind kind,
                          const char* reason, const char* what,
                          base::Result<T> (*decode)(std::string_view)) {
  ASHLAR_ASSIGN(const auto row, store::find_object(tx, id));
  if (!row || row->kind != kind) return not_found(reason, what);
  return decode(row->body);
}

}  // namespace

base::Result<Payment> Reads::payment(std::string_view id) {
  ASHLAR_ASSIGN(std::optional<Payment> found, fold_payment(tx_, id));
  if (!found) return not_found("payment_not_found", "payment");
  return *std::move(found);
}

base::Result<Payment> Reads::payment_with(std::string_view part) {
  const auto refuse = [&]() -> base::Error {
    if (part.starts_with("re_")) return not_found("refund_not_found", "refund");
    if (part.starts_with("dp_")) return not_found("dispute_not_found", "dispute");
    return not_found("charge_not_found", "charge");
  };
  const auto id = payment_of(part);
  if (!id) return refuse();
  ASHLAR_ASSIGN(std::optional<Payment> found, fold_payment(tx_, *id));
  if (!found) return refuse();
  const bool has = found->attempt(part) != nullptr || found->capture_part(part) != nullptr ||
                   found->refund(part) != nullptr || found->dispute(part) != nullptr;
  if (!has) return refuse();
  return *std::move(found);
}

base::Result<std::optional<Payment>> Reads::by_merchant_reference(std::string_view reference) {
  ASHLAR_ASSIGN(const auto id, store::find_by_reference(tx_, reference));
  if (!id) return std::optional<Payment>();
  return fold_payment(tx_, *id);
}

base::Result<Customer> Reads::customer(std::string_view id) {
  return object_of<Customer>(tx_, id, store::ObjectKind::kCustomer, "customer_not_found",
                             "customer", customer_of);
}
base::Result<Method> Reads::method(std::string_view id) {
  return object_of<Method>(tx_, id, store::ObjectKind::kMethod, "method_not_found",
                           "means of payment", method_of);
}
base::Result<Payout> Reads::payout(std::string_view id) {
  return object_of<Payout>(tx_, id, store::ObjectKind::kPayout, "payout_not_found", "payout",
                           payout_of);
}

base::Result<Entry> Reads::entry(std::string_view id) {
  ASHLAR_ASSIGN(std::optional<Entry> found, store::find_entry(tx_, id));
  if (!found) return not_found("entry_not_found", "balance entry");
  return *std::move(found);
}

base::Result<std::vector<CurrencyBalance>> Reads::balance() {
  ASHLAR_ASSIGN(const auto accounts, store::merchant_accounts(tx_));
  std::vector<CurrencyBalance> balances;
  for (const store::MerchantAccount& account : accounts) {
    auto at = std::find_if(balances.begin(), balances.end(), [&](const CurrencyBalance& one) {
      return one.currency == account.currency;
    });
    if (at == balances.end()) {
      balances.push_back({account.currency, 0, 0});
      at = balances.end() - 1;
    }
    (account.pending ? at->pending : at->available) = account.balance;
  }
  std::sort(balances.begin(), balances.end(),
            [](const auto& a, const auto& b) { return a.currency < b.currency; });
  return balances;
}

base::Result<Told> Reads::event(std::string_view id) {
  const auto place = event_place(id);
  if (!place) return not_found("event_not_found", "event");
  ASHLAR_ASSIGN(std::optional<Told> told, fold_event(tx_, place->subject, place->no));
  if (!told) return not_found("event_not_found", "event");
  return *std::move(told);
}

base::Result<std::vector<Told>> Reads::events_of(std::string_view subject) {
  ASHLAR_ASSIGN(const auto rows, store::list_events(tx_, subject, 0, kMaxEvents));
  std::vector<Told> story;
  story.reserve(rows.size());
  for (const store::EventRow& row : rows) {
    ASHLAR_ASSIGN(Told told, told_of(row));
    story.push_back(std::move(told));
  }
  return story;
}

base::Result<std::vector<CallRow>> Reads::calls_of(std::string_view subject) {
  ASHLAR_ASSIGN(auto attempts, store::list_attempts(tx_, subject));
  std::vector<CallRow> calls;
  calls.reserve(attempts.size());
  for (store::AttemptRow& attempt : attempts) calls.push_back(std::move(attempt.call));
  return calls;
}

base::Result<std::vector<NoticeRow>> Reads::notices_of(std::string_view subject) {
  return store::list_notices(tx_, subject);
}

}  // namespace ashlar::payments
