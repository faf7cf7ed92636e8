// Chain: the bytes of a batch, and the hash that ties it to all batches before.
//
//   hash = SHA-256(previous hash || bytes of the batch); before the first batch: 32 zero bytes
//
// The bytes hold everything that a batch added to the book and that does not follow from it:
// accounts that were opened, transfers with their legs as they were moved, ids that were burned.
// They are canonical: one batch has one form (LEB128 numbers, texts with their length before them,
// in the order of their numbers), so that a hash can be computed again from the rows alone.
//
//   batch    = "ashlar batch 1" seq at #accounts account… #transfers entry… #burned burned…
//   account  = no id currency rules created_at name metadata
//   entry    = no id kind hold_no at timeout flags asked code metadata #legs leg…
//   leg      = account_no leg_no side posted pending after(4)
//   burned   = no id verdict (its number in verdict.h)
//
// Signed numbers are zigzag, an absent timeout is -1. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/entry.h"

namespace ashlar::ledger {

inline constexpr std::size_t kHashBytes = 32;

struct BatchContent {
  std::int64_t seq = 0;
  base::Time at{};
  std::vector<Account> accounts;  // opened; totals mean nothing
  std::vector<Entry> entries;
  std::int64_t first_burned = 0;  // number of the first of `burned`
  std::vector<Burned> burned;
};

// What came before the first batch.
std::string first_hash();

// Adds a batch piece by piece, without a copy of what the Book holds.
class BatchEncoder {
 public:
  BatchEncoder(std::int64_t seq, base::Time at);
  // In this order, each once.
  void accounts(std::span<const Account* const> opened);
  void entries(std::span<const Entry> entries);
  void burned(std::int64_t first, std::span<const Burned> burned);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  // REQUIRES: previous.size() == kHashBytes
  [[nodiscard]] std::string hash(std::string_view previous) const;

 private:
  std::string bytes_;
};

std::string encode(const BatchContent& batch);
// nullopt: not what encode() makes of any batch.
std::optional<BatchContent> decode(std::string_view bytes);

}  // namespace ashlar::ledger
