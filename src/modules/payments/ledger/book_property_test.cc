// Book against its oracle: random requests, many of them wrong in one way, on few accounts and few
// ids so that they meet; after each the same outcomes and the same totals and holds. Also: settled
// and loaded again at random, undone at random, entries that say what happened.
//
// ASHLAR_BOOK_OPERATIONS=10000000 runs it long.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/codec/chain.h"
#include "modules/payments/ledger/testing/book_oracle.h"

namespace ashlar::ledger {
namespace {

constexpr int kOperationsOfAnEpisode = 300;
constexpr int kIds = 400;

// Requests as clients might make them, good ones and bad.
class Requests {
 public:
  Requests(base::Random& random, const BookOracle& oracle)
      : random_(random), oracle_(oracle), large_(random.chance(0.1) ? 0.5 : 0) {}

  std::vector<NewTransfer> next() {
    std::vector<NewTransfer> all;
    const std::size_t count = random_.chance(0.7) ? 1 : 1 + random_.below(5);
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(one());
      all.back().linked = all.size() > 1 ? random_.chance(0.3) : random_.chance(0.1);
    }
    if (random_.chance(0.9)) all.back().linked = false;
    return all;
  }

 private:
  NewTransfer one() {
    // Again what was there, whole or with a change.
    if (!oracle_.s.transfers.empty() && random_.chance(0.1)) {
      NewTransfer again = any_transfer().asked;
      if (random_.chance(0.5)) spoil(again);
      return again;
    }
    NewTransfer t;
    t.id = fresh_id();
    const double kind = random_.unit();
    if (kind < 0.4) {
      t.legs = legs();
    } else if (kind < 0.65) {
      t.kind = TransferKind::kPending;
      t.legs = legs();
      if (random_.chance(0.4)) t.timeout = base::Millis(1 + random_.below(30));
      if (random_.chance(0.05)) (random_.chance(0.5) ? t.closing_debit : t.closing_credit) = true;
    } else {
      resolve(t);
    }
    if (t.kind <= TransferKind::kPending && random_.chance(0.08)) {
      (random_.chance(0.5) ? t.balancing_debit : t.balancing_credit) = true;
    }
    if (random_.chance(0.1)) spoil(t);
    return t;
  }

  void resolve(NewTransfer& t) {
    t.kind = random_.chance(0.7) ? TransferKind::kPost : TransferKind::kVoid;
    t.hold = "none";
    if (oracle_.s.transfers.empty()) return;
    // A hold, sooner or later.
    const BookOracle::Done* hold = nullptr;
    for (int i = 0; i < 6 && (hold == nullptr || hold->left.empty()); ++i) hold = &any_transfer();
    t.hold = hold->asked.id;
    if (t.kind == TransferKind::kVoid || random_.chance(0.3)) return;
    t.keep_rest = random_.chance(0.4);
    if (random_.chance(0.5)) {
      t.part = random_.chance(0.5) ? 1 + static_cast<Amount>(random_.below(20)) : 0;
      return;
    }
    const Amount least = hold->left.empty() ? 1 : hold->left.front().amount;
    for (Leg leg : hold->left) {
      leg.amount = random_.chance(0.7) ? leg.amount : least;
      if (random_.chance(0.9)) t.legs.push_back(leg);
    }
    if (random_.chance(0.3)) std::reverse(t.legs.begin(), t.legs.end());
  }

  std::vector<Leg> legs() {
    std::vector<Leg> legs;
    const std::size_t pairs = random_.chance(0.75) ? 1 : 1 + random_.below(3);
    for (std::size_t i = 0; i < pairs; ++i) {
      const Amount amount = some_amount();
      const std::string from = account();
      std::string to = account();
      // Mostly two of one currency.
      for (int n = 0; n < 8 && (to == from || currency(to) != currency(from)); ++n) to = account();
      legs.push_back({from, Side::kDebit, amount});
      legs.push_back({to, Side::kCredit, amount});
      // Three legs: one side split in two.
      if (amount > 1 && random_.chance(0.1)) {
        const Amount half = amount / 2;
        legs.back().amount = half;
        legs.push_back({account(), Side::kCredit, amount - half});
      }
    }
    return legs;
  }

  void spoil(NewTransfer& t) {
    switch (random_.below(16)) {
      case 0:
        t.id = random_.chance(0.5) ? "" : std::string(65, 'x');
        break;
      case 1:
        t.id = "sp ace";
        break;
      case 2:
        t.kind = static_cast<TransferKind>(random_.below(5));
        break;
      case 3:
        t.hold = random_.chance(0.5) ? "" : fresh_id();
        break;
      case 4:
        t.timeout = base::Millis(static_cast<std::int64_t>(random_.below(3)) - 1);
        break;
      case 5:
        t.timeout = kMaxTimeout + base::Millis(random_.below(2));
        break;
      case 6:
        t.keep_rest = !t.keep_rest;
        break;
      case 7:
        t.closing_debit = !t.closing_debit;
        break;
      case 8:
        t.balancing_credit = !t.balancing_credit;
        break;
      case 9:
        t.code = random_.chance(0.5) ? "c" : std::string(65, 'c');
        break;
      case 10:
        t.metadata = random_.chance(0.5) ? "{}" : std::string("a\0b", 3);
        break;
      case 11:
        t.part = static_cast<Amount>(random_.below(3)) - 1;
        break;
      case 12:
        t.legs.resize(random_.chance(0.2) ? 65 : random_.below(3));
        break;
      case 13:
        if (!t.legs.empty()) t.legs[random_.below(t.legs.size())].amount = huge();
        break;
      case 14:
        if (!t.legs.empty()) t.legs.back().account = account();
        break;
      default:
        if (!t.legs.empty()) t.legs.front().side = Side::kCredit;
        break;
    }
  }

  Amount some_amount() {
    if (random_.chance(large_)) return kMaxAmount;
    return random_.chance(0.01) ? huge() : 1 + static_cast<Amount>(random_.below(40));
  }
  Amount huge() {
    constexpr Amount kSome[] = {0, -1, kMaxAmount, kMaxAmount + 1, kMaxTotal};
    return kSome[random_.below(5)];
  }
  std::string account() {
    return random_.chance(0.01) ? "nobody" : "a" + std::to_string(random_.below(9));
  }
  std::string currency(const std::string& id) const {
    const auto found = oracle_.s.accounts.find(id);
    return found == oracle_.s.accounts.end() ? "" : found->second.currency;
  }
  // Mostly one that was not used yet.
  std::string fresh_id() {
    std::string id;
    for (int n = 0; n < 4; ++n) {
      id = some_id();
      if (!oracle_.s.transfers.contains(id) && !oracle_.s.burned.contains(id)) break;
    }
    return id;
  }
  std::string some_id() { return "t" + std::to_string(random_.below(kIds)); }
  const BookOracle::Done& any_transfer() {
    auto at = oracle_.s.transfers.lower_bound(some_id());
    if (at == oracle_.s.transfers.end()) at = oracle_.s.transfers.begin();
    return at->second;
  }

  base::Random& random_;
  const BookOracle& oracle_;
  const double large_;  // how often an amount is the largest
};

class Episode {
 public:
  Episode(std::uint64_t seed, std::array<std::int64_t, kVerdicts>& seen)
      : random_(seed), seen_(seen), requests_(random_, oracle_) {}

  // Requests made.
  int run() {
    open_accounts();
    int made = 0;
    for (int i = 0; i < kOperationsOfAnEpisode && !::testing::Test::HasFailure(); ++i) {
      const double what = random_.unit();
      if (what < 0.1) {
        advance();
      } else if (what < 0.14) {
        settle();
      } else if (what < 0.2) {
        made += undone();
      } else {
        made += apply();
      }
      compare();
    }
    check_entries();
    return made;
  }

 private:
  void open_accounts() {
    begin();
    for (int i = 0; i < 9; ++i) {
      NewAccount account;
      account.id = "a" + std::to_string(i);
      account.currency = i < 6 ? "USD" : "EUR";
      account.rules = {.debits_must_not_exceed_credits = i == 1 || i == 2 || i == 7,
                       .credits_must_not_exceed_debits = i == 3,
                       .reserved = i == 4};
      oracle_.open(account);
      EXPECT_EQ(book_.open(account)->value, i + 1);
    }
  }

  void begin() {
    oracle_.now = clock_;
    book_.begin(clock_);
    // The book never goes back; nor does the oracle.
    oracle_.now = book_.now();
  }

  // Sometimes without a sweep, sometimes back.
  void advance() {
    clock_ += base::Micros(static_cast<std::int64_t>(random_.below(20'000)) - 2'000);
    begin();
    if (random_.chance(0.5)) return;
    for (const auto& [id, hold] : oracle_.s.transfers) {
      const bool held = hold.asked.kind == TransferKind::kPending;
      if (!held || hold.state != HoldState::kOpen || !hold.expires_at) continue;
      if (*hold.expires_at > book_.now()) continue;
      load_hold(id);
      book_.expire(*book_.find_hold(id));
      oracle_.expire(id);
    }
  }

  int apply() {
    const std::vector<NewTransfer> asked = requests_.next();
    const Authority who = random_.chance(0.7) ? Authority::kPart : Authority::kCaller;
    load_named(asked);
    std::vector<Outcome> got;
    book_.apply(asked, who, got);
    const std::vector<Outcome> expected = oracle_.apply(asked, who);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      EXPECT_STREQ(reason(got[i].verdict), reason(expected[i].verdict))
          << asked[i].id << ", " << i << " of " << asked.size();
      ++seen_[static_cast<std::size_t>(got[i].verdict)];
      EXPECT_EQ(got[i].no, expected[i].no);
      EXPECT_EQ(got[i].at, expected[i].at);
      EXPECT_EQ(got[i].amount, expected[i].amount);
    }
    return static_cast<int>(asked.size());
  }

  int undone() {
    const BookOracle::State before = oracle_.s;
    const Book::Mark mark = book_.mark();
    int made = 0;
    for (std::size_t n = random_.below(4); n > 0; --n) made += apply();
    book_.undo_to(mark);
    oracle_.s = before;
    return made;
  }

  void settle() {
    keep_new();
    book_.settle();
  }

  // What the store would have.
  void keep_new() {
    for (const Entry& entry : book_.entries()) entries_.push_back(entry);
    for (const Hold* hold : book_.changed_holds()) {
      std::erase_if(holds_, [&](const Hold& other) { return other.no == hold->no; });
      holds_.push_back(*hold);
    }
    for (const Burned& one : book_.burned()) burned_.push_back(one.id);
  }
  void load_hold(const std::string& id) {
    for (const Hold& hold : holds_) {
      if (hold.id == id) book_.load(hold);
    }
  }
  void load_id(const std::string& id) {
    for (const Entry& entry : entries_) {
      if (entry.id != id) continue;
      std::string hold_id;
      if (entry.hold_no != 0) {
        hold_id = entries_[static_cast<std::size_t>(entry.hold_no - 1)].id;
      }
      book_.load(entry, hold_id);
    }
    if (std::find(burned_.begin(), burned_.end(), id) != burned_.end()) book_.load_burned(id);
  }
  void load_named(const std::vector<NewTransfer>& asked) {
    for (const NewTransfer& t : asked) {
      load_hold(t.hold);
      load_id(t.hold);
      load_id(t.id);
    }
  }

  void compare() {
    for (const auto& [id, account] : oracle_.s.accounts) {
      const Account* found = book_.find_account(id);
      EXPECT_EQ(found->totals, account.totals) << id;
      EXPECT_EQ(found->closing, account.closing) << id;
    }
    EXPECT_EQ(book_.position().entries, oracle_.s.booked);
    EXPECT_EQ(book_.position().burned, static_cast<std::int64_t>(oracle_.s.burned.size()));
    for (const auto& [id, done] : oracle_.s.transfers) {
      const Hold* hold = book_.find_hold(id);
      if (hold == nullptr) continue;
      EXPECT_EQ(hold->state, done.state) << id;
      EXPECT_EQ(hold->expires_at, done.expires_at) << id;
      for (std::size_t i = 0; i < hold->parts.size(); ++i) {
        const Amount left = done.state == HoldState::kOpen ? done.left[i].amount : 0;
        EXPECT_EQ(hold->parts[i].left, left) << id;
      }
    }
  }

  // Entries alone give the totals, in order, and have one form as bytes.
  void check_entries() {
    settle();
    BatchContent batch;
    batch.seq = 1;
    batch.at = clock_;
    batch.entries = entries_;
    const auto again = decode(encode(batch));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->entries, entries_);
    std::vector<Totals> totals(10);
    std::vector<std::int64_t> legs(10);
    base::Time last{};
    std::int64_t no = 0;
    for (const Entry& entry : entries_) {
      EXPECT_EQ(entry.no, ++no);
      EXPECT_GT(entry.at, last);
      last = entry.at;
      for (const Movement& leg : entry.legs) {
        const auto account = static_cast<std::size_t>(leg.account.value);
        BookOracle::posted(totals[account], leg.side) += leg.posted;
        BookOracle::pending(totals[account], leg.side) += leg.pending;
        EXPECT_EQ(leg.after, totals[account]);
        EXPECT_EQ(leg.leg_no, ++legs[account]);
      }
    }
    for (const auto& [id, account] : oracle_.s.accounts) {
      const auto number = static_cast<std::size_t>(book_.find_account(id)->no.value);
      EXPECT_EQ(totals[number], account.totals) << id;
    }
  }

  base::Random random_;
  std::array<std::int64_t, kVerdicts>& seen_;
  base::Time clock_ = base::from_micros(1'700'000'000'000'000);
  BookOracle oracle_;
  Book book_;
  Requests requests_;
  std::vector<Entry> entries_;
  std::vector<Hold> holds_;
  std::vector<std::string> burned_;
};

TEST(BookPropertyTest, DoesWhatTheOracleDoes) {
  const char* given = std::getenv("ASHLAR_BOOK_OPERATIONS");
  const std::int64_t wanted = given != nullptr ? std::atoll(given) : 100'000;
  constexpr std::uint64_t kFirstSeed = 20'261'122;
  std::int64_t made = 0;
  std::uint64_t seed = kFirstSeed;
  std::array<std::int64_t, kVerdicts> seen{};
  for (; made < wanted && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    made += Episode(seed, seen).run();
  }
  // What never happens is not tested.
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    EXPECT_GT(seen[i], 0) << reason(static_cast<Verdict>(i));
    RecordProperty(reason(static_cast<Verdict>(i)), std::to_string(seen[i]));
  }
  RecordProperty("transfers", std::to_string(made));
  RecordProperty("seeds", std::to_string(kFirstSeed) + " to " + std::to_string(seed - 1));
}

}  // namespace
}  // namespace ashlar::ledger
