// BookLoader: puts into a Book what a request names, from the store, so that the Book answers as if
// it held all of it.
//
// Accounts and holds are looked up once and then remembered. Ids are not: that an id is new is
// found out when it is written (take_ids), in one go for a whole batch; a batch that has met one
// that is not runs again, and then looks ids up first (`careful`). A transfer that is refused
// writes nothing, so its id is looked up at once: exists comes before any other refusal.
//
// Lives for one transaction. Errors: storage's; kInternal ledger_damaged: rows contradict
// themselves (ashlar verify says which).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/transfer.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::ledger {

class BookLoader {
 public:
  BookLoader(Book& book, storage::Transaction& tx, bool careful)
      : book_(book), tx_(tx), careful_(careful) {}

  base::Status account(std::string_view id);
  base::Status hold(std::string_view id);
  // What they name: accounts, holds, and ids where it is careful.
  base::Status named(std::span<const NewTransfer> transfers);
  // Whether one of the ids is used, and was not known to be: it is now.
  base::Result<bool> used(std::vector<std::string> ids);
  // Holds with all that they need.
  base::Status holds(std::span<const Hold> holds);
  // An account was opened: forget that there was none.
  void opened(std::string_view id) { absent_.erase(std::string(id)); }

  [[nodiscard]] bool careful() const { return careful_; }

 private:
  base::Status accounts(std::vector<std::string> ids);
  base::Status accounts(std::vector<std::int64_t> nos);
  base::Status holds(std::vector<std::string> ids);
  void want_account(std::string_view id, std::vector<std::string>& ids) const;
  void want_hold(std::string_view id, std::vector<std::string>& ids) const;

  Book& book_;
  storage::Transaction& tx_;
  const bool careful_;
  std::unordered_set<std::string> absent_;  // accounts that are not there
};

}  // namespace ashlar::ledger
