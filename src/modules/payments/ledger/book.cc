#include "modules/payments/ledger/book.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "modules/payments/ledger/book_parts.h"
#include "modules/payments/ledger/transfer_form.h"

namespace ashlar::ledger {
namespace {

bool keeps_limits(const Account& account) {
  const Totals& t = account.totals;
  if (account.rules.debits_must_not_exceed_credits &&
      t.debits_pending + t.debits_posted > t.credits_posted) {
    return false;
  }
  return !account.rules.credits_must_not_exceed_debits ||
         t.credits_pending + t.credits_posted <= t.debits_posted;
}

template <class T>
void sort_by_number(std::vector<T>& found) {
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->no < b->no; });
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

}  // namespace

Book::Book(const BookPosition& position) : position_(position), now_(position.last_at) {}
Book::~Book() = default;
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;

void Book::load(const Account& account) {
  auto [at, fresh] = accounts_.try_emplace(account.id);
  if (!fresh) return;
  CHECK(account.no.value >= 1 && account.no.value <= position_.accounts);
  at->second = std::make_unique<AccountSlot>(AccountSlot{account});
  CHECK(by_no_.emplace(account.no.value, at->second.get()).second);
}

void Book::load(const Hold& hold) {
  for (const Hold::Part& part : hold.parts) CHECK(by_no_.contains(part.account.value));
  auto [at, fresh] = holds_.try_emplace(hold.id);
  if (!fresh) return;
  at->second = std::make_unique<HoldSlot>(HoldSlot{hold});
  if (hold.state != HoldState::kOpen) resolved_.push_back(hold.id);
}

void Book::load(const Entry& entry, std::string_view hold_id) {
  for (const Movement& leg : entry.legs) CHECK(by_no_.contains(leg.account.value));
  const Known known{Known::Kind::kLoaded, loaded_.size()};
  if (known_.try_emplace(entry.id, known).second) {
    loaded_.push_back({entry, std::string(hold_id)});
  }
}

void Book::load_burned(std::string_view id) {
  known_.try_emplace(std::string(id), Known{Known::Kind::kBurned, 0});
}

Book::AccountSlot* Book::slot(std::string_view id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

Book::AccountSlot& Book::slot(AccountNo no) const {
  const auto found = by_no_.find(no.value);
  CHECK(found != by_no_.end());
  return *found->second;
}

const Account* Book::find_account(std::string_view id) const {
  const AccountSlot* found = slot(id);
  return found == nullptr ? nullptr : &found->account;
}

const Account* Book::find_account(AccountNo no) const {
  const auto found = by_no_.find(no.value);
  return found == by_no_.end() ? nullptr : &found->second->account;
}

const Hold* Book::find_hold(std::string_view id) const {
  const auto found = holds_.find(id);
  return found == holds_.end() ? nullptr : &found->second->hold;
}

bool Book::knows_id(std::string_view id) const { return known_.contains(id); }
std::size_t Book::in_memory() const { return accounts_.size() + holds_.size(); }

base::Time Book::next_at() const { return std::max(now_, position_.last_at + base::Micros(1)); }

void Book::begin(base::Time now) { now_ = std::max(now, position_.last_at + base::Micros(1)); }

base::Result<AccountNo> Book::open(const NewAccount& account) {
  ASHLAR_TRY(check_form(account));
  if (const AccountSlot* found = slot(account.id); found != nullptr) {
    const Account& other = found->account;
    if (other.currency == account.currency && other.rules == account.rules) return other.no;
    return base::fail(base::Code::kConflict, "account_exists",
                      "account " + account.id + " has another currency or other rules");
  }
  auto made = std::make_unique<AccountSlot>();
  made->account = {.no = AccountNo{++position_.accounts},
                   .id = account.id,
                   .currency = account.currency,
                   .rules = account.rules,
                   .totals = {},
                   .name = account.name,
                   .metadata = account.metadata,
                   .created_at = now_};
  AccountSlot& opened = *made;
  by_no_.emplace(opened.account.no.value, &opened);
  accounts_.emplace(account.id, std::move(made));
  steps_.push_back({.kind = Step::Kind::kOpened, .account = &opened});
  return opened.account.no;
}

void Book::expire(const Hold& hold) {
  const auto found = holds_.find(hold.id);
  CHECK(found != holds_.end());
  const Hold& due = found->second->hold;
  CHECK(due.state == HoldState::kOpen && due.expires_at && *due.expires_at <= now_);
  Work work{.hold = found->second.get(), .then = HoldState::kExpired};
  for (std::size_t i = 0; i < due.parts.size(); ++i) {
    const Hold::Part& part = due.parts[i];
    work.pieces.push_back({&slot(part.account), part.side, 0, -part.left, i});
  }
  Entry entry;
  entry.id = "~" + std::to_string(due.no);
  entry.kind = TransferKind::kExpire;
  entry.hold_no = due.no;
  book(std::move(entry), due.id, work);
}

// Everything was decided before: from here on nothing is refused.
void Book::book(Entry entry, std::string_view hold_id, const Work& work) {
  steps_.push_back({.kind = Step::Kind::kEntry, .last_at = position_.last_at});
  entry.no = ++position_.entries;
  entry.at = position_.last_at = next_at();
  entry.legs.resize(work.pieces.size());
  __int128 posted = 0, pending = 0;
  for (std::size_t i = 0; i < work.pieces.size(); ++i) {
    const Work::Piece& piece = work.pieces[i];
    const int sign = piece.side == Side::kDebit ? 1 : -1;
    posted += sign * static_cast<__int128>(piece.posted);
    pending += sign * static_cast<__int128>(piece.pending);
    move_account(work, i, entry.legs[i]);
  }
  CHECK(posted == 0 && pending == 0);
  const Known known{Known::Kind::kNew, entries_.size()};
  CHECK(known_.try_emplace(entry.id, known).second);
  if (entry.kind == TransferKind::kPending) make_hold(entry);
  if (work.hold != nullptr) resolve_hold(work);
  entries_.push_back(std::move(entry));
  hold_ids_.emplace_back(hold_id);
}

void Book::move_account(const Work& work, std::size_t piece, Movement& movement) {
  const auto& [slot, side, posted, pending, part] = work.pieces[piece];
  Account& account = slot->account;
  steps_.push_back({.kind = Step::Kind::kMoved, .account = slot, .totals = account.totals});
  Totals& totals = account.totals;
  Amount& side_posted = side == Side::kDebit ? totals.debits_posted : totals.credits_posted;
  Amount& side_pending = side == Side::kDebit ? totals.debits_pending : totals.credits_pending;
  CHECK(posted >= 0);
  CHECK(!__builtin_add_overflow(side_posted, posted, &side_posted));
  CHECK(!__builtin_add_overflow(side_pending, pending, &side_pending));
  CHECK(side_pending >= 0 && side_pending <= kMaxTotal && side_posted <= kMaxTotal);
  CHECK(keeps_limits(account));
  movement = {.account = account.no,
              .leg_no = ++account.legs,
              .side = side,
              .posted = posted,
              .pending = pending,
              .after = totals};
}

void Book::make_hold(const Entry& entry) {
  auto made = std::make_unique<HoldSlot>();
  Hold& hold = made->hold;
  hold.no = entry.no;
  hold.id = entry.id;
  hold.flags = entry.flags;
  if (entry.timeout) hold.expires_at = entry.at + *entry.timeout;
  hold.parts.reserve(entry.legs.size());
  for (const Movement& leg : entry.legs) {
    hold.parts.push_back({leg.account, leg.side, leg.pending});
    const auto closes = leg.side == Side::kDebit ? kClosingDebit : kClosingCredit;
    if ((entry.flags & closes) != 0) change_closing(slot(leg.account), 1);
  }
  steps_.push_back({.kind = Step::Kind::kHoldMade, .hold = made.get()});
  CHECK(holds_.emplace(entry.id, std::move(made)).second);
}

void Book::resolve_hold(const Work& work) {
  Hold& hold = work.hold->hold;
  steps_.push_back({.kind = Step::Kind::kHoldChanged,
                    .hold = work.hold,
                    .before = std::make_unique<Hold>(hold)});
  for (const Work::Piece& piece : work.pieces) {
    Amount& left = hold.parts[piece.part].left;
    left += piece.pending;
    CHECK(left >= 0);
  }
  hold.state = work.then;
  if (hold.state == HoldState::kOpen) return;
  resolved_.push_back(hold.id);
  for (const Hold::Part& part : hold.parts) {
    CHECK(part.left == 0);
    const auto closes = part.side == Side::kDebit ? kClosingDebit : kClosingCredit;
    if ((hold.flags & closes) != 0) change_closing(slot(part.account), -1);
  }
}

void Book::change_closing(AccountSlot& account, int by) {
  steps_.push_back({.kind = Step::Kind::kClosing, .by = by, .account = &account});
  account.account.closing += by;
  CHECK(account.account.closing >= 0);
}

void Book::burn(std::string_view id, Verdict verdict) {
  CHECK(is_transient(verdict));
  steps_.push_back({.kind = Step::Kind::kBurned});
  ++position_.burned;
  burned_.push_back({std::string(id), verdict});
  CHECK(known_.try_emplace(std::string(id), Known{Known::Kind::kBurned, 0}).second);
}

Book::Mark Book::mark() const { return {steps_.size()}; }

void Book::undo_to(Mark mark) {
  CHECK(mark.steps <= steps_.size());
  while (steps_.size() > mark.steps) {
    undo(steps_.back());
    steps_.pop_back();
  }
}

void Book::undo(Step& step) {
  switch (step.kind) {
    case Step::Kind::kOpened: {
      --position_.accounts;
      by_no_.erase(step.account->account.no.value);
      const std::string id = step.account->account.id;
      accounts_.erase(id);
      break;
    }
    case Step::Kind::kMoved:
      step.account->account.totals = step.totals;
      --step.account->account.legs;
      break;
    case Step::Kind::kClosing:
      step.account->account.closing -= step.by;
      break;
    case Step::Kind::kHoldMade: {
      const std::string id = step.hold->hold.id;
      holds_.erase(id);
      break;
    }
    case Step::Kind::kHoldChanged:
      step.hold->hold = std::move(*step.before);
      break;
    case Step::Kind::kEntry:
      --position_.entries;
      position_.last_at = step.last_at;
      // Its other steps came after this one and are undone already.
      known_.erase(entries_.back().id);
      entries_.pop_back();
      hold_ids_.pop_back();
      break;
    case Step::Kind::kBurned:
      --position_.burned;
      known_.erase(burned_.back().id);
      burned_.pop_back();
      break;
  }
}

std::span<const Entry> Book::entries() const { return entries_; }
std::span<const Burned> Book::burned() const { return burned_; }

std::vector<const Account*> Book::opened() const {
  std::vector<const Account*> found;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::kOpened) found.push_back(&step.account->account);
  }
  sort_by_number(found);
  return found;
}

std::vector<const Account*> Book::moved_accounts() const {
  std::vector<const Account*> found;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::kMoved) found.push_back(&step.account->account);
  }
  sort_by_number(found);
  return found;
}

std::vector<const Hold*> Book::changed_holds() const {
  std::vector<const Hold*> found;
  for (const Step& step : steps_) {
    if (step.hold != nullptr) found.push_back(&step.hold->hold);
  }
  sort_by_number(found);
  return found;
}

void Book::settle() {
  for (const std::string& id : std::exchange(resolved_, {})) {
    const auto found = holds_.find(id);
    if (found != holds_.end() && found->second->hold.state != HoldState::kOpen) holds_.erase(found);
  }
  known_.clear();
  loaded_.clear();
  entries_.clear();
  hold_ids_.clear();
  burned_.clear();
  steps_.clear();
}

}  // namespace ashlar::ledger
