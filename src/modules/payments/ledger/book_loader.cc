#include "modules/payments/ledger/book_loader.h"

#include <algorithm>
#include <utility>

#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/transfer_form.h"

namespace ashlar::ledger {
namespace {

template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

base::Error damaged(const std::string& what) {
  return base::fail(base::Code::kInternal, "ledger_damaged", what);
}

}  // namespace

void BookLoader::want_account(std::string_view id, std::vector<std::string>& ids) const {
  if (book_.find_account(id) != nullptr || !is_id(id)) return;
  std::string own(id);
  if (!absent_.contains(own)) ids.push_back(std::move(own));
}

void BookLoader::want_hold(std::string_view id, std::vector<std::string>& ids) const {
  if (book_.find_hold(id) == nullptr && is_id(id)) ids.emplace_back(id);
}

base::Status BookLoader::account(std::string_view id) {
  std::vector<std::string> ids;
  want_account(id, ids);
  return accounts(std::move(ids));
}

base::Status BookLoader::hold(std::string_view id) {
  std::vector<std::string> ids;
  want_hold(id, ids);
  return holds(std::move(ids));
}

base::Status BookLoader::named(std::span<const NewTransfer> transfers) {
  std::vector<std::string> account_ids, hold_ids, ids;
  for (const NewTransfer& transfer : transfers) {
    for (const Leg& leg : transfer.legs) want_account(leg.account, account_ids);
    if (!transfer.hold.empty()) want_hold(transfer.hold, hold_ids);
  }
  ASHLAR_TRY(accounts(std::move(account_ids)));
  ASHLAR_TRY(holds(std::move(hold_ids)));
  for (const NewTransfer& transfer : transfers) {
    // A hold in memory has an id that is used: the Book must know by what.
    const bool is_hold = book_.find_hold(transfer.id) != nullptr;
    if ((careful_ || is_hold) && is_id(transfer.id)) ids.push_back(transfer.id);
  }
  ASHLAR_TRY(used(std::move(ids)));
  return base::ok_status();
}

base::Result<bool> BookLoader::used(std::vector<std::string> ids) {
  std::erase_if(ids, [&](const std::string& id) { return book_.knows_id(id); });
  sort_unique(ids);
  ASHLAR_ASSIGN(const std::vector<store::IdRow> found, store::find_ids(tx_, ids));
  std::vector<std::int64_t> booked;
  for (const store::IdRow& row : found) {
    if (row.no > 0) {
      booked.push_back(row.no);
    } else {
      book_.load_burned(row.id);
    }
  }
  ASHLAR_ASSIGN(const std::vector<store::EntryRow> rows, store::find_transfers(tx_, booked));
  if (rows.size() != booked.size()) return damaged("an id names a transfer that is not there");
  std::vector<std::int64_t> nos;
  for (const store::EntryRow& row : rows) {
    for (const Movement& leg : row.entry.legs) nos.push_back(leg.account.value);
  }
  ASHLAR_TRY(accounts(std::move(nos)));
  for (const store::EntryRow& row : rows) book_.load(row.entry, row.hold_id);
  return !found.empty();
}

base::Status BookLoader::accounts(std::vector<std::string> ids) {
  sort_unique(ids);
  ASHLAR_ASSIGN(const std::vector<Account> found, store::find_accounts(tx_, ids));
  for (const Account& account : found) {
    if (account.no.value > book_.position().accounts) return damaged("more accounts than the head");
    book_.load(account);
  }
  for (std::string& id : ids) {
    if (book_.find_account(id) == nullptr) absent_.insert(std::move(id));
  }
  return base::ok_status();
}

base::Status BookLoader::accounts(std::vector<std::int64_t> nos) {
  std::erase_if(nos, [&](std::int64_t no) { return book_.find_account(AccountNo{no}) != nullptr; });
  sort_unique(nos);
  ASHLAR_ASSIGN(const std::vector<Account> found, store::find_accounts(tx_, nos));
  if (found.size() != nos.size()) return damaged("a leg of an account that is not there");
  for (const Account& account : found) {
    if (account.no.value > book_.position().accounts) return damaged("more accounts than the head");
    book_.load(account);
  }
  return base::ok_status();
}

base::Status BookLoader::holds(std::vector<std::string> ids) {
  sort_unique(ids);
  ASHLAR_ASSIGN(const std::vector<Hold> found, store::find_holds(tx_, ids));
  ASHLAR_TRY(holds(std::span(found)));
  std::erase_if(ids, [&](const std::string& id) { return book_.find_hold(id) != nullptr; });
  // Perhaps transfers of another kind.
  ASHLAR_TRY(used(std::move(ids)));
  return base::ok_status();
}

base::Status BookLoader::holds(std::span<const Hold> holds) {
  std::vector<std::int64_t> nos;
  for (const Hold& hold : holds) {
    for (const Hold::Part& part : hold.parts) nos.push_back(part.account.value);
  }
  ASHLAR_TRY(accounts(std::move(nos)));
  for (const Hold& hold : holds) book_.load(hold);
  return base::ok_status();
}

}  // namespace ashlar::ledger
