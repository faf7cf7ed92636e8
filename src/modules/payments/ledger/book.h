// Book: accounts, holds and the transfers of one tenant, in memory: what is allowed, and what
// follows from it. Pure: no storage, no clock, no chance; the same calls give the same book.
//
//   load(…) what a request names ──> begin(now) ──> open(), apply(), move(), expire() ──> what is
//   new: entries(), burned(), opened(), changed_holds() ──> written elsewhere ──> settle()
//                                          └──> undo_to(mark): as if it had never been
//
// Invariants, asserted in every build:
//  1. The sum of all movements of an entry is zero per currency, pending ones too.
//  2. Totals stay within account.h's invariants; limits hold after each entry that adds to them.
//  3. Entries, accounts and burned ids are numbered without a gap; `at` rises from entry to entry.
//  4. undo_to(mark()) leaves no trace.
//
// It answers from what it was given: an account or hold that was not loaded is not found, an id
// that was not loaded is new. Who loads (book_writer.cc) makes up for that.
//
// Not thread-safe. Memory: what was loaded, and what is new since settle(). A transfer of two legs
// costs about a microsecond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/entry.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/ledger/verdict.h"

namespace ashlar::ledger {

// An id that a transient refusal has used up.
struct Burned {
  std::string id;
  Verdict verdict = Verdict::kExceedsCredits;
  friend bool operator==(const Burned&, const Burned&) = default;
};

// How far a book has come: all that a fresh Book needs to go on.
struct BookPosition {
  std::int64_t accounts = 0, entries = 0, burned = 0;
  base::Time last_at{};  // of the last entry
  friend bool operator==(const BookPosition&, const BookPosition&) = default;
};

class Book {
 public:
  struct Mark {
    std::size_t steps = 0;
  };

  explicit Book(const BookPosition& position = {});
  ~Book();
  Book(Book&&) noexcept;
  Book& operator=(Book&&) noexcept;

  // --- What the store has. Replaces nothing: what is known already stays as it is.
  void load(const Account& account);
  // REQUIRES: its accounts are loaded.
  void load(const Hold& hold);
  // So that its id is known: exists. A hold that is in memory needs this too, before its id is
  // applied again. `hold_id`: of the hold of a kPost or kVoid. REQUIRES: its accounts are loaded.
  void load(const Entry& entry, std::string_view hold_id);
  void load_burned(std::string_view id);

  // Null: not loaded, nor made here. The pointers last until settle(), undo_to() or the next load.
  [[nodiscard]] const Account* find_account(std::string_view id) const;
  [[nodiscard]] const Account* find_account(AccountNo no) const;
  [[nodiscard]] const Hold* find_hold(std::string_view id) const;
  [[nodiscard]] bool knows_id(std::string_view id) const;  // booked or burned
  [[nodiscard]] std::size_t in_memory() const;             // accounts and holds

  // --- Work.
  // From now on it is `now`, or a microsecond after the last entry where that is later.
  void begin(base::Time now);
  [[nodiscard]] base::Time now() const { return now_; }

  // kInvalid account_id_invalid, account_currency_invalid, account_name_invalid,
  // account_metadata_invalid; kConflict account_exists (with another currency or rules).
  base::Result<AccountNo> open(const NewAccount& account);
  // Each by itself, linked ones together; one outcome for each is added. Burns ids.
  void apply(std::span<const NewTransfer> transfers, Authority authority,
             std::vector<Outcome>& outcomes);
  // Just this one; `linked` means nothing. Burns no id.
  Outcome apply_one(const NewTransfer& transfer, Authority authority);
  // REQUIRES: open, expires_at <= now().
  void expire(const Hold& hold);

  // --- Undo.
  [[nodiscard]] Mark mark() const;
  void undo_to(Mark mark);

  // --- What is new since settle().
  [[nodiscard]] const BookPosition& position() const { return position_; }
  [[nodiscard]] std::span<const Entry> entries() const;
  [[nodiscard]] std::span<const Burned> burned() const;
  [[nodiscard]] std::vector<const Account*> opened() const;          // by number
  [[nodiscard]] std::vector<const Account*> moved_accounts() const;  // by number
  [[nodiscard]] std::vector<const Hold*> changed_holds() const;      // by number; new ones too
  // It is written. Forgets entries, ids, and holds that are resolved.
  void settle();

 private:
  struct AccountSlot;
  struct HoldSlot;
  struct Step;
  struct Work;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class T>
  using ById = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
  // What an id stands for: one of entries_ or loaded_, or burned.
  struct Known {
    enum class Kind : std::uint8_t { kNew, kLoaded, kBurned } kind = Kind::kBurned;
    std::size_t index = 0;
  };
  struct Loaded {
    Entry entry;
    std::string hold_id;
  };

  [[nodiscard]] AccountSlot* slot(std::string_view id) const;
  [[nodiscard]] AccountSlot& slot(AccountNo no) const;
  [[nodiscard]] base::Time next_at() const;

  Verdict judge_id(const NewTransfer& transfer, Outcome& outcome) const;
  [[nodiscard]] Verdict compare(const NewTransfer& transfer, const Entry& entry,
                                std::string_view hold_id) const;
  [[nodiscard]] bool same_legs(const NewTransfer& transfer, const Entry& entry) const;
  Verdict prepare(const NewTransfer& transfer, Authority authority, Work& work) const;
  Verdict prepare_legs(const NewTransfer& transfer, Authority authority, Work& work) const;
  Verdict find_accounts(const NewTransfer& transfer, Authority authority, Work& work) const;
  Verdict find_open_hold(const NewTransfer& transfer, Work& work) const;
  Verdict prepare_post(const NewTransfer& transfer, Authority authority, Work& work) const;
  static Verdict choose_parts(const NewTransfer& transfer, Work& work);
  static bool may_move(const Work& work, Authority authority);
  static bool any_closed(const Work& work);
  static bool balances(const Work& work);
  static Verdict check_limits(const Work& work);
  static Entry make_entry(const NewTransfer& transfer, const Work& work);
  void book(Entry entry, std::string_view hold_id, const Work& work);
  void move_account(const Work& work, std::size_t piece, Movement& movement);
  void make_hold(const Entry& entry);
  void resolve_hold(const Work& work);
  void change_closing(AccountSlot& account, int by);
  void burn(std::string_view id, Verdict verdict);
  void undo(Step& step);

  BookPosition position_;
  base::Time now_{};
  ById<std::unique_ptr<AccountSlot>> accounts_;
  std::unordered_map<std::int64_t, AccountSlot*> by_no_;
  ById<std::unique_ptr<HoldSlot>> holds_;
  ById<Known> known_;
  std::vector<Loaded> loaded_;
  std::vector<std::string> resolved_;  // holds that settle() forgets
  std::vector<Entry> entries_;
  std::vector<std::string> hold_ids_;  // of the hold that each resolves; else empty
  std::vector<Burned> burned_;
  std::vector<Step> steps_;
};

}  // namespace ashlar::ledger
