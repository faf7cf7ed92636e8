// BookReplay: every batch of a book, from the first, done again by a fresh Book; what differs is a
// finding. The first half of LedgerVerify (ledger_verify.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_verify.h"
#include "modules/payments/ledger/leg_chain.h"

namespace ashlar::ledger {

class BatchEncoder;

// Gathers what is wrong, as much as a report holds.
class Findings {
 public:
  void expect(bool good, const char* table, std::string row, std::string what);
  VerifyReport& report() { return report_; }

 private:
  VerifyReport report_;
};

class BookReplay {
 public:
  // All outlive it. `signer` may be null.
  BookReplay(storage::Transaction& tx, base::TenantId tenant, const HeadSigner* signer,
             Findings& findings)
      : tx_(tx), tenant_(tenant), signer_(signer), findings_(findings) {}

  base::Status run();

  // After run(): what the batches make.
  [[nodiscard]] const Book& book() const { return book_; }
  [[nodiscard]] const store::HeadRow& head() const { return head_; }
  // Where the legs of an account hang together; null: it has none.
  [[nodiscard]] const LegChain* chain(AccountNo account) const {
    const auto found = chains_.find(account.value);
    return found == chains_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::int64_t holds() const { return holds_; }  // that were made
  [[nodiscard]] std::int64_t ids() const { return ids_; }      // that were used

 private:
  using Status = base::Status;

  void expect(bool good, const char* table, std::string row, std::string what) {
    findings_.expect(good, table, std::move(row), std::move(what));
  }
  void expect_none(const char* table, std::int64_t first, std::int64_t end);
  void expect_count(const store::BatchRow& row, std::int64_t there, std::int64_t told,
                    const char* what);
  Status replay(const store::BatchRow& row);
  void check_place(const store::BatchRow& row);
  void check_hash(const store::BatchRow& row, const BatchEncoder& encoder);
  Status open_accounts(const store::BatchRow& row, BatchEncoder& encoder);
  Status book_transfers(const store::BatchRow& row, BatchEncoder& encoder);
  Status burn_ids(const store::BatchRow& row, BatchEncoder& encoder);
  void book(const store::EntryRow& row);
  void compare(const store::EntryRow& row);
  Status check_ids(const std::map<std::string, std::int64_t>& ids);
  Status check_resolved();
  Status check_legs(const store::EntryRow& row);
  void check_leg(const store::LegRow& leg, const store::EntryRow& row, std::size_t i);
  base::Result<const store::LegRow*> next_leg();

  storage::Transaction& tx_;
  const base::TenantId tenant_;
  const HeadSigner* const signer_;
  Findings& findings_;

  Book book_;
  store::HeadRow head_;
  std::unordered_map<std::int64_t, LegChain> chains_;
  std::vector<store::LegRow> legs_;  // read ahead
  std::size_t next_leg_ = 0;
  std::int64_t holds_ = 0, ids_ = 0;
  std::int64_t last_booked_ = 0;  // the transfer's number
};

}  // namespace ashlar::ledger
