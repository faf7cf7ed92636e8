#include "modules/payments/ledger/testing/book_oracle.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace ashlar::ledger {

std::vector<Outcome> BookOracle::apply(const std::vector<NewTransfer>& all, Authority who) {
  std::vector<Outcome> out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;  // of the chain
    while (end < all.size() && all[end].linked) ++end;
    const bool open = end == all.size();
    if (!open) ++end;
    const State before = s;
    std::optional<std::size_t> breaker;
    std::vector<Outcome> chain;
    for (std::size_t k = i; k < end; ++k) {
      Outcome one;
      if (open && k + 1 == end) {
        one.verdict = Verdict::kLinkedEventChainOpen;
      } else if (breaker) {
        one.verdict = Verdict::kLinkedEventFailed;
      } else {
        one = apply_one(all[k], who);
      }
      if (one.verdict != Verdict::kCreated && !breaker) breaker = k - i;
      chain.push_back(one);
    }
    if (breaker) {
      s = before;
      for (std::size_t k = 0; k < *breaker; ++k) chain[k] = {Verdict::kLinkedEventFailed};
      const bool burns = is_transient(chain[*breaker].verdict);
      if (burns) s.burned.insert(all[i + *breaker].id);
    }
    out.insert(out.end(), chain.begin(), chain.end());
    i = end;
  }
  return out;
}

Outcome BookOracle::apply_one(const NewTransfer& t, Authority who) {
  Outcome out;
  std::vector<Leg> post, release;  // what goes to posted, what leaves pending
  out.verdict = judge(t, who, out, post, release);
  if (out.verdict != Verdict::kCreated) return out;
  Done done;
  done.asked = t;
  done.no = ++s.booked;
  done.at = next();
  s.last = done.at;
  for (const Leg& leg : post) {
    Totals& totals = s.accounts[leg.account].totals;
    (t.kind == TransferKind::kPending ? pending : posted)(totals, leg.side) += leg.amount;
    if (leg.side == Side::kDebit) done.amount += leg.amount;
  }
  for (const Leg& leg : release) {
    pending(s.accounts[leg.account].totals, leg.side) -= leg.amount;
    if (t.kind == TransferKind::kVoid && leg.side == Side::kDebit) done.amount += leg.amount;
  }
  if (t.kind == TransferKind::kPending) {
    done.left = post;
    if (t.timeout) done.expires_at = done.at + *t.timeout;
    close(done, 1);
  }
  if (t.kind == TransferKind::kPost || t.kind == TransferKind::kVoid) {
    Done& hold = s.transfers[t.hold];
    Amount rest = 0;
    for (Leg& left : hold.left) {
      for (const Leg& leg : release) {
        if (leg.account == left.account) left.amount -= leg.amount;
      }
      rest += left.amount;
    }
    if (t.kind == TransferKind::kVoid) {
      hold.state = HoldState::kVoided;
      close(hold, -1);
    } else if (rest == 0) {
      hold.state = HoldState::kPosted;
    }
  }
  s.transfers[t.id] = done;
  out.no = done.no;
  out.at = done.at;
  out.amount = done.amount;
  return out;
}

void BookOracle::close(const Done& hold, int by) {
  for (const Leg& leg : hold.left) {
    const bool closes =
        leg.side == Side::kDebit ? hold.asked.closing_debit : hold.asked.closing_credit;
    if (closes) s.accounts[leg.account].closing += by;
  }
}

void BookOracle::expire(const std::string& id) {
  Done& hold = s.transfers[id];
  for (Leg& leg : hold.left) {
    pending(s.accounts[leg.account].totals, leg.side) -= leg.amount;
    leg.amount = 0;
  }
  hold.state = HoldState::kExpired;
  close(hold, -1);
  s.last = next();
  ++s.booked;
}

Verdict BookOracle::judge(const NewTransfer& t, Authority who, Outcome& out, std::vector<Leg>& post,
                          std::vector<Leg>& release) {
  using enum Verdict;
  if (!id_ok(t.id)) return kIdInvalid;
  if (s.burned.contains(t.id)) return kIdAlreadyFailed;
  if (const auto old = s.transfers.find(t.id); old != s.transfers.end()) {
    return same(t, old->second, out);
  }
  const bool resolves = t.kind == TransferKind::kPost || t.kind == TransferKind::kVoid;
  if (t.kind == TransferKind::kExpire) return kKindInvalid;
  if (resolves != !t.hold.empty() || (resolves && !id_ok(t.hold))) return kHoldIdInvalid;
  if (t.timeout &&
      (t.kind != TransferKind::kPending || t.timeout->count() < 1 || *t.timeout > kMaxTimeout)) {
    return kTimeoutInvalid;
  }
  const bool balancing = t.balancing_debit || t.balancing_credit;
  const bool closing = t.closing_debit || t.closing_credit;
  if ((t.keep_rest && t.kind != TransferKind::kPost) ||
      (balancing && (resolves || t.legs.size() != 2)) ||
      (closing && (t.kind != TransferKind::kPending || t.legs.size() != 2))) {
    return kFlagsInvalid;
  }
  if (!text_ok(t.code, 64)) return kCodeInvalid;
  if (!text_ok(t.metadata, 2048)) return kMetadataInvalid;
  if (const Verdict v = judge_legs(t); v != kCreated) return v;

  return resolves ? judge_resolving(t, who, post, release) : judge_moving(t, who, post);
}

Verdict BookOracle::judge_resolving(const NewTransfer& t, Authority who, std::vector<Leg>& post,
                                    std::vector<Leg>& release) {
  using enum Verdict;
  const auto hold = s.transfers.find(t.hold);
  if (hold == s.transfers.end()) return kHoldNotFound;
  if (hold->second.asked.kind != TransferKind::kPending) return kNotAHold;
  const Done& h = hold->second;
  if (h.state == HoldState::kPosted) return kHoldAlreadyPosted;
  if (h.state == HoldState::kVoided) return kHoldAlreadyVoided;
  if (h.state == HoldState::kExpired) return kHoldExpired;
  if (h.expires_at && next() >= *h.expires_at) return kHoldExpired;
  if (t.kind == TransferKind::kPost) {
    if (const Verdict v = choose(t, h, post); v != kCreated) return v;
  }
  for (const Leg& leg : h.left) {
    if (s.accounts[leg.account].rules.reserved && who == Authority::kCaller) {
      return kAccountReserved;
    }
  }
  if (!balanced(post)) return kDebitsMustEqualCredits;
  release = t.keep_rest ? post : h.left;
  if (t.kind == TransferKind::kVoid) return kCreated;
  for (const Leg& leg : release) {
    const bool moved = leg.amount > 0 || t.legs.empty();
    if (moved && s.accounts[leg.account].closing > 0) return kAccountClosed;
  }
  return kCreated;
}

Verdict BookOracle::judge_moving(const NewTransfer& t, Authority who, std::vector<Leg>& post) {
  using enum Verdict;
  for (const Leg& leg : t.legs) {
    if (!s.accounts.contains(leg.account)) return kAccountNotFound;
    if (s.accounts[leg.account].rules.reserved && who == Authority::kCaller) {
      return kAccountReserved;
    }
  }
  if (!balanced(t.legs)) return kDebitsMustEqualCredits;
  for (const Leg& leg : t.legs) {
    if (s.accounts[leg.account].closing > 0) return kAccountClosed;
  }
  post = t.legs;
  for (const Leg& leg : t.legs) {
    if (!(leg.side == Side::kDebit ? t.balancing_debit : t.balancing_credit)) continue;
    Totals totals = s.accounts[leg.account].totals;
    const Side other = leg.side == Side::kDebit ? Side::kCredit : Side::kDebit;
    const Amount rest =
        posted(totals, other) - posted(totals, leg.side) - pending(totals, leg.side);
    for (Leg& moved : post) moved.amount = std::min(moved.amount, std::max<Amount>(rest, 0));
  }
  for (const Leg& leg : post) {
    Acct& a = s.accounts[leg.account];
    const bool debit = leg.side == Side::kDebit;
    const __int128 after = static_cast<__int128>(posted(a.totals, leg.side)) +
                           pending(a.totals, leg.side) + leg.amount;
    if (after > kMaxTotal) return debit ? kOverflowsDebits : kOverflowsCredits;
    if (debit && a.rules.debits_must_not_exceed_credits && after > a.totals.credits_posted) {
      return kExceedsCredits;
    }
    if (!debit && a.rules.credits_must_not_exceed_debits && after > a.totals.debits_posted) {
      return kExceedsDebits;
    }
  }
  return kCreated;
}

Verdict BookOracle::judge_legs(const NewTransfer& t) {
  using enum Verdict;
  if (t.kind == TransferKind::kVoid && !t.legs.empty()) return kLegsUnexpected;
  const bool part = t.kind == TransferKind::kPost && t.legs.empty();
  if (!part && t.part != 0) return kLegsUnexpected;
  if (t.kind == TransferKind::kVoid) return kCreated;
  if (part) return t.part < 0 || t.part > kMaxAmount ? kAmountInvalid : kCreated;
  if (t.legs.size() < 2) return kLegsMissing;
  if (t.legs.size() > 64) return kTooManyLegs;
  __int128 sums[2] = {0, 0};
  std::set<std::string> accounts;
  for (const Leg& leg : t.legs) {
    sums[static_cast<int>(leg.side)] += leg.amount;
    if (leg.amount < 1) return kAmountInvalid;
    accounts.insert(leg.account);
  }
  if (sums[0] > kMaxAmount || sums[1] > kMaxAmount) return kAmountInvalid;
  return accounts.size() < t.legs.size() ? kAccountRepeated : kCreated;
}

Verdict BookOracle::choose(const NewTransfer& t, const Done& hold, std::vector<Leg>& post) {
  if (t.legs.empty() && t.part != 0 && hold.left.size() != 2) return Verdict::kLegsNotOfHold;
  post = t.legs.empty() ? hold.left : t.legs;
  if (t.legs.empty() && t.part != 0) {
    for (Leg& leg : post) leg.amount = t.part;
  }
  bool exceeds = false;
  for (const Leg& leg : post) {
    const auto of = std::find_if(hold.left.begin(), hold.left.end(), [&](const Leg& left) {
      return left.account == leg.account && left.side == leg.side;
    });
    if (of == hold.left.end()) return Verdict::kLegsNotOfHold;
    exceeds = exceeds || leg.amount > of->amount;
  }
  return exceeds ? Verdict::kExceedsHold : Verdict::kCreated;
}

bool BookOracle::balanced(const std::vector<Leg>& legs) {
  std::map<std::string, __int128> sums;
  for (const Leg& leg : legs) {
    sums[s.accounts[leg.account].currency] +=
        leg.side == Side::kDebit ? __int128{leg.amount} : -__int128{leg.amount};
  }
  return std::all_of(sums.begin(), sums.end(), [](const auto& sum) { return sum.second == 0; });
}

Verdict BookOracle::same(const NewTransfer& t, const Done& old, Outcome& out) {
  using enum Verdict;
  const NewTransfer& o = old.asked;
  if (t.kind != o.kind) return kExistsWithDifferentKind;
  if (t.hold != o.hold) return kExistsWithDifferentHold;
  if (t.legs != o.legs || t.part != o.part) return kExistsWithDifferentLegs;
  if (t.timeout != o.timeout) return kExistsWithDifferentTimeout;
  const auto flags = [](const NewTransfer& n) {
    return std::vector<bool>{n.keep_rest,        n.linked,        n.balancing_debit,
                             n.balancing_credit, n.closing_debit, n.closing_credit};
  };
  if (flags(t) != flags(o)) return kExistsWithDifferentFlags;
  if (t.code != o.code) return kExistsWithDifferentCode;
  if (t.metadata != o.metadata) return kExistsWithDifferentMetadata;
  out.no = old.no;
  out.at = old.at;
  out.amount = old.amount;
  return kExists;
}

bool BookOracle::id_ok(const std::string& id) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(allowed) == std::string::npos;
}

bool BookOracle::text_ok(const std::string& text, std::size_t most) {
  return text.size() <= most && base::is_utf8(text) && text.find('\0') == std::string::npos;
}

}  // namespace ashlar::ledger
