// BookOracle: the rules of the ledger once more, as plainly as they can be said: maps, copies of
// everything where something may have to be undone, no thought of speed. Written from verdict.h and
// transfer.h, without a look at Book, which is held against it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/entry.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/ledger/verdict.h"

namespace ashlar::ledger {

struct BookOracle {
  struct Acct {
    std::string currency{};
    AccountRules rules{};
    Totals totals{};
    int closing = 0;
  };
  struct Done {  // a transfer of the book
    NewTransfer asked;
    std::int64_t no = 0;
    base::Time at{};
    Amount amount = 0;
    HoldState state = HoldState::kOpen;  // of a hold
    std::vector<Leg> left;               // of a hold
    std::optional<base::Time> expires_at;
  };
  struct State {
    std::map<std::string, Acct> accounts;
    std::map<std::string, Done> transfers;
    std::set<std::string> burned;
    std::int64_t booked = 0;
    base::Time last{};
  };
  State s;
  base::Time now{};

  static bool id_ok(const std::string& id);
  static bool text_ok(const std::string& text, std::size_t most);
  [[nodiscard]] base::Time next() const { return now > s.last ? now : s.last + base::Micros(1); }
  static Amount& posted(Totals& t, Side side) {
    return side == Side::kDebit ? t.debits_posted : t.credits_posted;
  }
  static Amount& pending(Totals& t, Side side) {
    return side == Side::kDebit ? t.debits_pending : t.credits_pending;
  }

  void open(const NewAccount& a) { s.accounts[a.id] = {a.currency, a.rules, {}, 0}; }

  std::vector<Outcome> apply(const std::vector<NewTransfer>& all, Authority who);
  Outcome apply_one(const NewTransfer& t, Authority who);
  void close(const Done& hold, int by);
  void expire(const std::string& id);
  Verdict judge(const NewTransfer& t, Authority who, Outcome& out, std::vector<Leg>& post,
                std::vector<Leg>& release);
  Verdict judge_resolving(const NewTransfer& t, Authority who, std::vector<Leg>& post,
                          std::vector<Leg>& release);
  Verdict judge_moving(const NewTransfer& t, Authority who, std::vector<Leg>& post);
  static Verdict judge_legs(const NewTransfer& t);
  static Verdict choose(const NewTransfer& t, const Done& hold, std::vector<Leg>& post);
  bool balanced(const std::vector<Leg>& legs);
  static Verdict same(const NewTransfer& t, const Done& old, Outcome& out);
};

}  // namespace ashlar::ledger
