#include "modules/payments/ledger/unit_booking.h"

#include <optional>

#include "modules/payments/ledger/transfer_form.h"

namespace ashlar::ledger {

base::Result<std::int64_t> UnitTransaction::execute(const storage::Sql& sql,
                                                    std::initializer_list<storage::Param> params) {
  touched_ = true;
  return tx_.execute(sql, params);
}

base::Result<std::int64_t> UnitTransaction::query(const storage::Sql& sql,
                                                  std::initializer_list<storage::Param> params,
                                                  const storage::RowSink& sink) {
  if (!sql.text.starts_with("SELECT")) touched_ = true;
  base::Result<std::int64_t> rows = tx_.query(sql, params, sink);
  if (!rows.ok()) touched_ = true;
  return rows;
}

void UnitTransaction::keep() {
  for (std::function<void()>& run : runs_) tx_.on_commit(std::move(run));
  for (const auto& [channel, payload] : notices_) tx_.notify(channel, payload);
  runs_.clear();
  notices_.clear();
}

base::Status UnitBooking::open(const NewAccount& account) {
  ASHLAR_TRY(watched(loader_.account(account.id)));
  ASHLAR_TRY(book_.open(account));
  loader_.opened(account.id);
  return base::ok_status();
}

// The outcome of the first that is refused, its index in `refused`; nothing has moved then.
Outcome UnitBooking::try_all(std::span<const NewTransfer> transfers, std::size_t& refused) {
  const Book::Mark before = book_.mark();
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const Outcome outcome = book_.apply_one(transfers[i], Authority::kPart);
    if (outcome.verdict == Verdict::kCreated) continue;
    book_.undo_to(before);
    refused = i;
    return outcome;
  }
  return {};
}

base::Status UnitBooking::move(std::span<const NewTransfer> transfers) {
  ASHLAR_TRY(watched(loader_.named(transfers)));
  std::size_t refused = 0;
  Outcome outcome = try_all(transfers, refused);
  if (outcome.verdict == Verdict::kCreated) return base::ok_status();
  if (!loader_.careful()) {
    // An id that is used says so before anything else is said.
    std::vector<std::string> ids;
    for (std::size_t i = 0; i <= refused; ++i) {
      if (is_id(transfers[i].id)) ids.push_back(transfers[i].id);
    }
    ASHLAR_ASSIGN(const bool found, watched(loader_.used(std::move(ids))));
    if (found) outcome = try_all(transfers, refused);
    if (outcome.verdict == Verdict::kCreated) return base::ok_status();
  }
  return to_error(outcome.verdict, transfers[refused]);
}

base::Result<std::vector<Outcome>> UnitBooking::apply(std::span<const NewTransfer> transfers) {
  if (transfers.size() > kMaxBatch) {
    return base::fail(base::Code::kInvalid, "ledger_batch_too_large",
                      "more than 8189 transfers at once");
  }
  ASHLAR_TRY(watched(loader_.named(transfers)));
  std::vector<Outcome> outcomes;
  const Book::Mark before = book_.mark();
  book_.apply(transfers, Authority::kCaller, outcomes);
  if (loader_.careful()) return outcomes;
  // Of those that are written, take_ids() finds out; one that is used here makes all suspect.
  const auto writes = [](Verdict verdict) {
    return verdict == Verdict::kCreated || is_transient(verdict);
  };
  std::vector<std::string> refused, all;
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    if (!is_id(transfers[i].id)) continue;
    all.push_back(transfers[i].id);
    if (!writes(outcomes[i].verdict)) refused.push_back(transfers[i].id);
  }
  ASHLAR_ASSIGN(const bool found, watched(loader_.used(std::move(refused))));
  if (!found) return outcomes;
  book_.undo_to(before);
  ASHLAR_TRY(watched(loader_.used(std::move(all))));
  outcomes.clear();
  book_.apply(transfers, Authority::kCaller, outcomes);
  return outcomes;
}

base::Result<Account> UnitBooking::account(std::string_view id) {
  ASHLAR_TRY(watched(loader_.account(id)));
  const Account* found = book_.find_account(id);
  if (found != nullptr) return *found;
  return base::fail(base::Code::kNotFound, "account_not_found", "there is no account of this id");
}

base::Result<Amount> UnitBooking::held(std::string_view transfer_id) {
  ASHLAR_TRY(watched(loader_.hold(transfer_id)));
  const Hold* hold = book_.find_hold(transfer_id);
  if (hold != nullptr) return hold->left();
  return base::fail(base::Code::kNotFound, "transfer_not_found", "there is no hold of this id");
}

}  // namespace ashlar::ledger
