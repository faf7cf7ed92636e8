// What Book says of a transfer: the order of the checks is that of verdict.h.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/book_parts.h"
#include "modules/payments/ledger/transfer_form.h"

namespace ashlar::ledger {
namespace {

std::uint16_t flags_of(const NewTransfer& transfer) {
  unsigned flags = 0;
  if (transfer.keep_rest) flags |= kKeepRest;
  if (transfer.linked) flags |= kLinked;
  if (transfer.balancing_debit) flags |= kBalancingDebit;
  if (transfer.balancing_credit) flags |= kBalancingCredit;
  if (transfer.closing_debit) flags |= kClosingDebit;
  if (transfer.closing_credit) flags |= kClosingCredit;
  if (transfer.kind == TransferKind::kPost && transfer.legs.empty()) flags |= kWithoutLegs;
  return static_cast<std::uint16_t>(flags);
}

bool is_balancing(std::uint16_t flags) {
  return (flags & (kBalancingDebit | kBalancingCredit)) != 0;
}

Amount available(const Totals& totals, Side side) {
  const Amount rest = side == Side::kDebit
                          ? totals.credits_posted - totals.debits_posted - totals.debits_pending
                          : totals.debits_posted - totals.credits_posted - totals.credits_pending;
  return std::max<Amount>(rest, 0);
}

}  // namespace

void Book::apply(std::span<const NewTransfer> transfers, Authority authority,
                 std::vector<Outcome>& outcomes) {
  const std::size_t base = outcomes.size();
  outcomes.resize(base + transfers.size());
  std::size_t begin = 0;  // of the chain
  Mark before = mark();
  bool broken = false;
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const NewTransfer& transfer = transfers[i];
    if (i == begin) before = mark(), broken = false;
    Outcome& outcome = outcomes[base + i];
    if (transfer.linked && i + 1 == transfers.size()) {
      outcome.verdict = Verdict::kLinkedEventChainOpen;
    } else if (broken) {
      outcome.verdict = Verdict::kLinkedEventFailed;
    } else {
      outcome = apply_one(transfer, authority);
    }
    const bool in_chain = i > begin || transfer.linked;
    if (!broken && outcome.verdict != Verdict::kCreated) {
      broken = in_chain;
      if (in_chain) undo_to(before);
      for (std::size_t k = begin; k < i; ++k) {
        outcomes[base + k] = {.verdict = Verdict::kLinkedEventFailed};
      }
      if (is_transient(outcome.verdict)) burn(transfer.id, outcome.verdict);
    }
    if (!transfer.linked) begin = i + 1;
  }
}

Outcome Book::apply_one(const NewTransfer& transfer, Authority authority) {
  Outcome outcome;
  Work work;
  outcome.verdict = judge_id(transfer, outcome);
  if (outcome.verdict == Verdict::kCreated) outcome.verdict = check_form(transfer);
  if (outcome.verdict == Verdict::kCreated) outcome.verdict = prepare(transfer, authority, work);
  if (outcome.verdict != Verdict::kCreated) return outcome;
  book(make_entry(transfer, work), transfer.hold, work);
  const Entry& entry = entries_.back();
  outcome.no = entry.no;
  outcome.at = entry.at;
  outcome.amount = amount_of(entry);
  return outcome;
}

Verdict Book::judge_id(const NewTransfer& transfer, Outcome& outcome) const {
  if (!is_id(transfer.id)) return Verdict::kIdInvalid;
  const auto found = known_.find(transfer.id);
  if (found == known_.end()) return Verdict::kCreated;
  const Known known = found->second;
  if (known.kind == Known::Kind::kBurned) return Verdict::kIdAlreadyFailed;
  const bool loaded = known.kind == Known::Kind::kLoaded;
  const Entry& entry = loaded ? loaded_[known.index].entry : entries_[known.index];
  const std::string& hold_id = loaded ? loaded_[known.index].hold_id : hold_ids_[known.index];
  const Verdict verdict = compare(transfer, entry, hold_id);
  if (verdict == Verdict::kExists) {
    outcome.no = entry.no;
    outcome.at = entry.at;
    outcome.amount = amount_of(entry);
  }
  return verdict;
}

Verdict Book::compare(const NewTransfer& transfer, const Entry& entry,
                      std::string_view hold_id) const {
  if (transfer.kind != entry.kind) return Verdict::kExistsWithDifferentKind;
  if (transfer.hold != hold_id) return Verdict::kExistsWithDifferentHold;
  if (!same_legs(transfer, entry)) return Verdict::kExistsWithDifferentLegs;
  if (transfer.timeout != entry.timeout) return Verdict::kExistsWithDifferentTimeout;
  if (flags_of(transfer) != entry.flags) return Verdict::kExistsWithDifferentFlags;
  if (transfer.code != entry.code) return Verdict::kExistsWithDifferentCode;
  if (transfer.metadata != entry.metadata) return Verdict::kExistsWithDifferentMetadata;
  return Verdict::kExists;
}

// What was asked for is what is compared, not what came of it: a balancing transfer may have moved
// less, a post of all that was left is asked for without an amount.
bool Book::same_legs(const NewTransfer& transfer, const Entry& entry) const {
  const bool without = (entry.flags & kWithoutLegs) != 0;
  if (without || transfer.kind == TransferKind::kVoid) {
    return transfer.legs.empty() && transfer.part == entry.asked;
  }
  if (transfer.part != 0) return false;
  std::size_t asked = 0;  // a post also has legs for what it released
  for (const Movement& leg : entry.legs) {
    const Amount moved = entry.kind == TransferKind::kPending ? leg.pending : leg.posted;
    if (entry.kind == TransferKind::kPost && moved == 0) continue;
    if (asked == transfer.legs.size()) return false;
    const Leg& other = transfer.legs[asked++];
    const AccountSlot* account = slot(other.account);
    if (account == nullptr || account->account.no != leg.account || other.side != leg.side) {
      return false;
    }
    if (other.amount != (is_balancing(entry.flags) ? entry.asked : moved)) return false;
  }
  return asked == transfer.legs.size();
}

Verdict Book::prepare(const NewTransfer& transfer, Authority authority, Work& work) const {
  switch (transfer.kind) {
    case TransferKind::kPosted:
    case TransferKind::kPending:
      return prepare_legs(transfer, authority, work);
    case TransferKind::kPost: {
      const Verdict found = find_open_hold(transfer, work);
      return found == Verdict::kCreated ? prepare_post(transfer, authority, work) : found;
    }
    case TransferKind::kVoid:
      break;
    case TransferKind::kExpire:
      return Verdict::kKindInvalid;
  }
  const Verdict found = find_open_hold(transfer, work);
  if (found != Verdict::kCreated) return found;
  if (!may_move(work, authority)) return Verdict::kAccountReserved;
  work.then = HoldState::kVoided;
  for (Work::Piece& piece : work.pieces) {
    piece.pending = -work.hold->hold.parts[piece.part].left;
  }
  return Verdict::kCreated;
}

Verdict Book::find_accounts(const NewTransfer& transfer, Authority authority, Work& work) const {
  work.pieces.reserve(transfer.legs.size());
  for (const Leg& leg : transfer.legs) {
    AccountSlot* account = slot(leg.account);
    if (account == nullptr) return Verdict::kAccountNotFound;
    if (account->account.rules.reserved && authority == Authority::kCaller) {
      return Verdict::kAccountReserved;
    }
    work.pieces.push_back({.account = account, .side = leg.side, .posted = leg.amount});
  }
  return Verdict::kCreated;
}

bool Book::may_move(const Work& work, Authority authority) {
  return authority == Authority::kPart ||
         std::none_of(work.pieces.begin(), work.pieces.end(), [](const Work::Piece& piece) {
           return piece.account->account.rules.reserved;
         });
}

bool Book::any_closed(const Work& work) {
  return std::any_of(work.pieces.begin(), work.pieces.end(),
                     [](const Work::Piece& piece) { return piece.account->account.closing > 0; });
}

// Whether debits are credits in each currency, of what is about to be posted.
bool Book::balances(const Work& work) {
  const auto& pieces = work.pieces;
  const auto currency = [&](std::size_t i) -> const std::string& {
    return pieces[i].account->account.currency;
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    __int128 sum = 0;
    bool first = true;
    for (std::size_t k = 0; k < pieces.size() && first; ++k) {
      if (currency(k) != currency(i)) continue;
      first = k >= i;
      const __int128 posted = pieces[k].posted;
      sum += pieces[k].side == Side::kDebit ? posted : -posted;
    }
    if (first && sum != 0) return false;
  }
  return true;
}

Verdict Book::prepare_legs(const NewTransfer& transfer, Authority authority, Work& work) const {
  const Verdict found = find_accounts(transfer, authority, work);
  if (found != Verdict::kCreated) return found;
  if (!balances(work)) return Verdict::kDebitsMustEqualCredits;
  if (any_closed(work)) return Verdict::kAccountClosed;
  if (transfer.balancing_debit || transfer.balancing_credit) {
    Amount most = transfer.legs.front().amount;
    for (const Work::Piece& piece : work.pieces) {
      const bool asks =
          piece.side == Side::kDebit ? transfer.balancing_debit : transfer.balancing_credit;
      if (asks) most = std::min(most, available(piece.account->account.totals, piece.side));
    }
    for (Work::Piece& piece : work.pieces) piece.posted = most;
  }
  const Verdict limits = check_limits(work);
  if (limits != Verdict::kCreated) return limits;
  if (transfer.kind == TransferKind::kPending) {
    for (Work::Piece& piece : work.pieces) std::swap(piece.posted, piece.pending);
  }
  return Verdict::kCreated;
}

Verdict Book::check_limits(const Work& work) {
  for (const Work::Piece& piece : work.pieces) {
    const Account& account = piece.account->account;
    const Totals& t = account.totals;
    const bool debit = piece.side == Side::kDebit;
    const Amount before =
        debit ? t.debits_pending + t.debits_posted : t.credits_pending + t.credits_posted;
    if (piece.posted > kMaxTotal - before) {
      return debit ? Verdict::kOverflowsDebits : Verdict::kOverflowsCredits;
    }
    if (debit && account.rules.debits_must_not_exceed_credits &&
        before + piece.posted > t.credits_posted) {
      return Verdict::kExceedsCredits;
    }
    if (!debit && account.rules.credits_must_not_exceed_debits &&
        before + piece.posted > t.debits_posted) {
      return Verdict::kExceedsDebits;
    }
  }
  return Verdict::kCreated;
}

// Also one piece for each of its parts, that moves nothing yet.
Verdict Book::find_open_hold(const NewTransfer& transfer, Work& work) const {
  const auto found = holds_.find(transfer.hold);
  if (found == holds_.end()) {
    const auto known = known_.find(transfer.hold);
    const bool booked = known != known_.end() && known->second.kind != Known::Kind::kBurned;
    return booked ? Verdict::kNotAHold : Verdict::kHoldNotFound;
  }
  const Hold& hold = found->second->hold;
  switch (hold.state) {
    case HoldState::kPosted:
      return Verdict::kHoldAlreadyPosted;
    case HoldState::kVoided:
      return Verdict::kHoldAlreadyVoided;
    case HoldState::kExpired:
      return Verdict::kHoldExpired;
    case HoldState::kOpen:
      break;
  }
  if (hold.expires_at && *hold.expires_at <= next_at()) return Verdict::kHoldExpired;
  work.hold = found->second.get();
  for (std::size_t i = 0; i < hold.parts.size(); ++i) {
    const Hold::Part& part = hold.parts[i];
    work.pieces.push_back({.account = &slot(part.account), .side = part.side, .part = i});
  }
  return Verdict::kCreated;
}

// The pieces in the order of the request, then the others; `posted` is set.
Verdict Book::choose_parts(const NewTransfer& transfer, Work& work) {
  const std::vector<Hold::Part>& parts = work.hold->hold.parts;
  if (transfer.legs.empty()) {
    if (transfer.part != 0 && parts.size() != 2) return Verdict::kLegsNotOfHold;
    for (Work::Piece& piece : work.pieces) {
      piece.posted = transfer.part == 0 ? parts[piece.part].left : transfer.part;
    }
  }
  std::size_t chosen = 0;
  for (const Leg& leg : transfer.legs) {
    const auto from = work.pieces.begin() + static_cast<std::ptrdiff_t>(chosen++);
    const auto at = std::find_if(from, work.pieces.end(), [&](const Work::Piece& piece) {
      return piece.account->account.id == leg.account && piece.side == leg.side;
    });
    if (at == work.pieces.end()) return Verdict::kLegsNotOfHold;
    std::rotate(from, at, at + 1);
    from->posted = leg.amount;
  }
  for (const Work::Piece& piece : work.pieces) {
    if (piece.posted > parts[piece.part].left) return Verdict::kExceedsHold;
  }
  return Verdict::kCreated;
}

Verdict Book::prepare_post(const NewTransfer& transfer, Authority authority, Work& work) const {
  const Verdict chosen = choose_parts(transfer, work);
  if (chosen != Verdict::kCreated) return chosen;
  if (!may_move(work, authority)) return Verdict::kAccountReserved;
  if (!balances(work)) return Verdict::kDebitsMustEqualCredits;
  const std::vector<Hold::Part>& parts = work.hold->hold.parts;
  bool whole = true;
  for (Work::Piece& piece : work.pieces) {
    const Amount left = parts[piece.part].left;
    piece.pending = transfer.keep_rest ? -piece.posted : -left;
    whole = whole && left + piece.pending == 0;
  }
  work.then = whole ? HoldState::kPosted : HoldState::kOpen;
  if (!transfer.legs.empty()) {
    std::erase_if(work.pieces,
                  [](const Work::Piece& piece) { return piece.posted == 0 && piece.pending == 0; });
  }
  return any_closed(work) ? Verdict::kAccountClosed : Verdict::kCreated;
}

Entry Book::make_entry(const NewTransfer& transfer, const Work& work) {
  Entry entry;
  entry.id = transfer.id;
  entry.kind = transfer.kind;
  if (work.hold != nullptr) entry.hold_no = work.hold->hold.no;
  entry.timeout = transfer.timeout;
  entry.flags = flags_of(transfer);
  if (is_balancing(entry.flags)) entry.asked = transfer.legs.front().amount;
  if ((entry.flags & kWithoutLegs) != 0) entry.asked = transfer.part;
  entry.code = transfer.code;
  entry.metadata = transfer.metadata;
  return entry;
}

}  // namespace ashlar::ledger
