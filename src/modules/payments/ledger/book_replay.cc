#include "modules/payments/ledger/book_replay.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "modules/payments/ledger/codec/chain.h"
#include "modules/payments/ledger/transfer_form.h"

namespace ashlar::ledger {

using base::Status;
using store::BatchRow;
using store::EntryRow;
using store::LegRow;

namespace {

constexpr std::int64_t kPage = 1'000;

std::string number(std::int64_t no) { return "no " + std::to_string(no); }
std::string batch(std::int64_t seq) { return "seq " + std::to_string(seq); }

std::string text(const Totals& t) {
  return std::to_string(t.debits_pending) + " debits pending, " + std::to_string(t.debits_posted) +
         " posted, " + std::to_string(t.credits_pending) + " credits pending, " +
         std::to_string(t.credits_posted) + " posted";
}

// As the column has it: what was tampered with need not be a time that has a name.
std::string micros(base::Time time) { return std::to_string(base::to_micros(time)); }

// What the book itself calls an expiry.
bool is_books_own(const std::string& id) {
  return id.size() > 1 && id.front() == '~' && id.find_first_not_of("0123456789", 1) == id.npos;
}

// What no book ever holds, and what the Book need not be asked about.
bool is_possible(const Entry& entry) {
  constexpr std::int64_t kYear9999{253'402'300'799'000'000};
  return entry.kind <= TransferKind::kExpire && base::to_micros(entry.at) > 0 &&
         base::to_micros(entry.at) < kYear9999;
}

// What was asked for, of what came of it: the other way round than Book makes an entry.
NewTransfer asked_again(const Entry& entry, const std::string& hold_id, const Book& book) {
  NewTransfer asked;
  asked.id = entry.id;
  asked.kind = entry.kind;
  if (entry.kind != TransferKind::kPosted && entry.kind != TransferKind::kPending) {
    asked.hold = hold_id;
  }
  asked.timeout = entry.timeout;
  asked.keep_rest = (entry.flags & kKeepRest) != 0;
  asked.linked = (entry.flags & kLinked) != 0;
  asked.balancing_debit = (entry.flags & kBalancingDebit) != 0;
  asked.balancing_credit = (entry.flags & kBalancingCredit) != 0;
  asked.closing_debit = (entry.flags & kClosingDebit) != 0;
  asked.closing_credit = (entry.flags & kClosingCredit) != 0;
  asked.code = entry.code;
  asked.metadata = entry.metadata;
  const bool balancing = asked.balancing_debit || asked.balancing_credit;
  if ((entry.flags & kWithoutLegs) != 0) asked.part = entry.asked;
  if ((entry.flags & kWithoutLegs) != 0 || entry.kind == TransferKind::kVoid) return asked;
  for (const Movement& leg : entry.legs) {
    const Amount moved = entry.kind == TransferKind::kPending ? leg.pending : leg.posted;
    if (entry.kind == TransferKind::kPost && moved == 0) continue;  // only released
    const Account* account = book.find_account(leg.account);
    asked.legs.push_back(
        {account == nullptr ? "" : account->id, leg.side, balancing ? entry.asked : moved});
  }
  return asked;
}

// In which way two entries differ, as columns of the tables have it; empty: they do not.
std::string difference(const Entry& stored, const Entry& made) {
  if (stored.no != made.no) return "its number should be " + std::to_string(made.no);
  if (stored.id != made.id) return "the id should be " + made.id;
  if (stored.hold_no != made.hold_no) return "hold_no should be " + std::to_string(made.hold_no);
  if (stored.at != made.at) return "at should be " + micros(made.at);
  if (stored.flags != made.flags) return "flags should be " + std::to_string(made.flags);
  if (stored.asked != made.asked) return "asked should be " + std::to_string(made.asked);
  if (stored.legs.size() != made.legs.size()) {
    return "it should have " + std::to_string(made.legs.size()) + " legs";
  }
  return stored == made ? "" : "a leg differs";
}

std::string difference(const Movement& stored, const Movement& made) {
  if (stored.account != made.account) {
    return "account_no should be " + std::to_string(made.account.value);
  }
  if (stored.leg_no != made.leg_no) return "leg_no should be " + std::to_string(made.leg_no);
  if (stored.side != made.side) return "it is on the wrong side";
  if (stored.posted != made.posted) return "posted should be " + std::to_string(made.posted);
  if (stored.pending != made.pending) return "pending should be " + std::to_string(made.pending);
  return stored.after == made.after ? "" : "after it are " + text(made.after);
}

}  // namespace

void Findings::expect(bool good, const char* table, std::string row, std::string what) {
  if (good) return;
  if (report_.findings.size() < VerifyReport::kMaxFindings) {
    report_.findings.push_back({table, std::move(row), std::move(what)});
  } else {
    ++report_.more;
  }
}

// Rows from `first` on up to, not with, `end`.
void BookReplay::expect_none(const char* table, std::int64_t first, std::int64_t end) {
  if (first >= end) return;
  const bool accounts = std::string_view(table) == "ledger_accounts";
  const std::string row =
      first + 1 == end ? number(first) : number(first) + " to " + std::to_string(end - 1);
  expect(false, table, row, accounts ? "missing, here or in ledger_totals" : "missing");
}

void BookReplay::expect_count(const BatchRow& row, std::int64_t there, std::int64_t told,
                              const char* what) {
  expect(there == told, "ledger_batches", batch(row.seq),
         "it says " + std::to_string(told) + " " + what + ", there are " + std::to_string(there));
}

Status BookReplay::run() {
  head_.hash = first_hash();
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<BatchRow> page, store::list_batches(tx_, after, kPage));
    for (const BatchRow& row : page) ASHLAR_TRY(replay(row));
    if (page.empty()) return base::ok_status();
    after = page.back().seq;
  }
}

Status BookReplay::replay(const BatchRow& row) {
  check_place(row);
  BatchEncoder encoder(row.seq, row.at);
  ASHLAR_TRY(open_accounts(row, encoder));
  ASHLAR_TRY(book_transfers(row, encoder));
  ASHLAR_TRY(burn_ids(row, encoder));
  ASHLAR_TRY(check_resolved());
  check_hash(row, encoder);
  head_.seq = row.seq;
  head_.accounts += row.accounts;
  head_.transfers += row.transfers;
  head_.legs += row.legs;
  head_.burned += row.burned;
  head_.at = row.at;
  head_.hash = row.hash;
  book_.settle();
  return base::ok_status();
}

void BookReplay::check_place(const BatchRow& row) {
  const auto follows = [&](std::int64_t first, std::int64_t before, const char* column) {
    expect(first == before + 1, "ledger_batches", batch(row.seq),
           std::string(column) + " should be " + std::to_string(before + 1));
  };
  expect(row.seq == head_.seq + 1, "ledger_batches", batch(head_.seq + 1), "is missing");
  expect(row.at > head_.at || head_.seq == 0, "ledger_batches", batch(row.seq),
         "it is not later than the one before");
  follows(row.first_account, head_.accounts, "first_account");
  follows(row.first_transfer, head_.transfers, "first_transfer");
  follows(row.first_leg, head_.legs, "first_leg");
  follows(row.first_burned, head_.burned, "first_burned");
}

void BookReplay::check_hash(const BatchRow& row, const BatchEncoder& encoder) {
  expect(row.previous == head_.hash, "ledger_batches", batch(row.seq),
         "previous is not the hash of the batch before");
  const bool whole = row.previous.size() == kHashBytes;
  expect(whole && encoder.hash(row.previous) == row.hash, "ledger_batches", batch(row.seq),
         "its hash is not that of its rows: transfers " + std::to_string(row.first_transfer) +
             " to " + std::to_string(row.first_transfer + row.transfers - 1) +
             ", their legs, the accounts it opened and the ids it burned");
  if (signer_ == nullptr) return;
  const Head head{tenant_, row.seq, row.first_transfer + row.transfers - 1, row.at, row.hash};
  expect(signer_->has_signed(head, row.signature), "ledger_batches", batch(row.seq),
         "its signature is not that of this installation");
}

Status BookReplay::open_accounts(const BatchRow& row, BatchEncoder& encoder) {
  std::vector<Account> accounts;
  const std::int64_t end = row.first_account + row.accounts;
  for (std::int64_t after = row.first_account - 1; after + 1 < end;) {
    ASHLAR_ASSIGN(const std::vector<Account> page,
                  store::list_accounts(tx_, after, std::min(kPage, end - 1 - after)));
    for (const Account& account : page) {
      if (account.no.value >= end) break;
      accounts.push_back(account);
    }
    after = page.empty() ? end : page.back().no.value;
  }
  std::int64_t next = row.first_account;
  std::vector<const Account*> opened;
  for (const Account& account : accounts) {
    expect_none("ledger_accounts", next, account.no.value);
    next = account.no.value + 1;
    opened.push_back(&account);
  }
  expect_none("ledger_accounts", next, end);
  expect_count(row, static_cast<std::int64_t>(opened.size()), row.accounts, "accounts");
  encoder.accounts(opened);
  for (const Account& account : accounts) {
    book_.begin(account.created_at);
    const base::Result<AccountNo> made =
        book_.open({account.id, account.currency, account.rules, account.name, account.metadata});
    expect(made.ok() && *made == account.no, "ledger_accounts", number(account.no.value),
           made.ok() ? "no should be " + std::to_string(made->value)
                     : std::string("the book refuses it: ") + made.error().reason);
  }
  return base::ok_status();
}

Status BookReplay::book_transfers(const BatchRow& row, BatchEncoder& encoder) {
  std::vector<Entry> entries;
  std::map<std::string, std::int64_t> ids;
  const std::int64_t end = row.first_transfer + row.transfers;
  std::int64_t next = row.first_transfer;
  std::int64_t leg_no = row.first_leg;
  for (std::int64_t after = next - 1; after + 1 < end;) {
    ASHLAR_ASSIGN(std::vector<EntryRow> page,
                  store::list_transfers(tx_, after, std::min(kPage, end - 1 - after)));
    after = page.empty() ? end : page.back().entry.no;
    for (EntryRow& one : page) {
      if (one.entry.no >= end) break;
      expect_none("ledger_transfers", next, one.entry.no);
      next = one.entry.no + 1;
      expect(one.batch == row.seq, "ledger_transfers", number(one.entry.no),
             "batch should be " + std::to_string(row.seq));
      expect(one.first_leg == leg_no, "ledger_transfers", number(one.entry.no),
             "first_leg should be " + std::to_string(leg_no));
      leg_no += static_cast<std::int64_t>(one.entry.legs.size());
      ASHLAR_TRY(check_legs(one));
      book(one);
      ids[one.entry.id] = one.entry.no;
      entries.push_back(std::move(one.entry));
    }
  }
  expect_none("ledger_transfers", next, end);
  expect_count(row, static_cast<std::int64_t>(entries.size()), row.transfers, "transfers");
  expect_count(row, leg_no - row.first_leg, row.legs, "legs");
  encoder.entries(entries);
  return check_ids(ids);
}

// The same again by the fresh book.
void BookReplay::book(const EntryRow& row) {
  const Entry& entry = row.entry;
  if (!is_possible(entry)) {
    return expect(false, "ledger_transfers", number(entry.no), "its kind or time is none");
  }
  // Two batches claim it, or its id is another's.
  const bool again = entry.no <= last_booked_ || book_.find_hold(entry.id) != nullptr;
  expect(!again, "ledger_transfers", number(entry.no), "it is in the book a second time");
  if (again) return;
  last_booked_ = entry.no;
  book_.begin(entry.at);
  if (entry.kind == TransferKind::kExpire) {
    const Hold* hold = book_.find_hold(row.hold_id);
    const bool due = hold != nullptr && hold->state == HoldState::kOpen && hold->expires_at &&
                     *hold->expires_at <= book_.now();
    expect(due, "ledger_transfers", number(entry.no), "it releases a hold that was not due");
    if (!due) return;
    book_.expire(*hold);
    return compare(row);
  }
  if (entry.kind == TransferKind::kPending) ++holds_;
  const Outcome outcome = book_.apply_one(asked_again(entry, row.hold_id, book_), Authority::kPart);
  if (outcome.verdict != Verdict::kCreated) {
    return expect(false, "ledger_transfers", number(entry.no),
                  std::string("the book refuses it: ") + reason(outcome.verdict));
  }
  compare(row);
}

void BookReplay::compare(const EntryRow& row) {
  const Entry& entry = row.entry;
  const Entry& made = book_.entries().back();
  const std::string wrong = difference(entry, made);
  expect(wrong.empty() || wrong == "a leg differs", "ledger_transfers", number(entry.no), wrong);
  if (entry.legs.size() != made.legs.size()) return;
  for (std::size_t i = 0; i < entry.legs.size(); ++i) {
    const std::string leg = difference(entry.legs[i], made.legs[i]);
    expect(leg.empty(), "ledger_legs", number(row.first_leg + static_cast<std::int64_t>(i)), leg);
  }
}

Status BookReplay::check_ids(const std::map<std::string, std::int64_t>& ids) {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const auto& [id, no] : ids) {
    const bool good = is_id(id) || is_books_own(id);
    expect(good, "ledger_ids", id, "it is no id");
    if (good) names.push_back(id);
  }
  for (std::size_t begin = 0; begin < names.size(); begin += kPage) {
    const std::size_t count = std::min<std::size_t>(kPage, names.size() - begin);
    const std::span<const std::string> some(names.data() + begin, count);
    ASHLAR_ASSIGN(const std::vector<store::IdRow> rows, store::find_ids(tx_, some));
    std::map<std::string_view, std::int64_t> stored;
    for (const store::IdRow& row : rows) stored[row.id] = row.no;
    for (const std::string& id : some) {
      const auto row = stored.find(id);
      expect(row != stored.end(), "ledger_ids", id, "it is missing");
      expect(row == stored.end() || row->second == ids.at(id), "ledger_ids", id,
             "no should be " + std::to_string(ids.at(id)));
    }
  }
  ids_ += static_cast<std::int64_t>(ids.size());
  return base::ok_status();
}

Status BookReplay::burn_ids(const BatchRow& row, BatchEncoder& encoder) {
  std::vector<Burned> burned;
  std::map<std::string, std::int64_t> ids;
  const std::int64_t end = row.first_burned + row.burned;
  std::int64_t next = row.first_burned;
  for (std::int64_t after = next - 1; after + 1 < end;) {
    ASHLAR_ASSIGN(const std::vector<store::BurnedRow> page,
                  store::list_burned(tx_, after, std::min(kPage, end - 1 - after)));
    after = page.empty() ? end : page.back().no;
    for (const store::BurnedRow& one : page) {
      if (one.no >= end) break;
      expect_none("ledger_burned", next, one.no);
      next = one.no + 1;
      expect(one.batch == row.seq, "ledger_burned", number(one.no),
             "batch should be " + std::to_string(row.seq));
      expect(one.at == row.at, "ledger_burned", number(one.no), "at should be the batch's");
      ids[one.burned.id] = -one.no;
      const bool known = static_cast<std::size_t>(one.burned.verdict) < kVerdicts;
      expect(known, "ledger_burned", number(one.no), "its verdict is none");
      if (known) burned.push_back(one.burned);
    }
  }
  expect_none("ledger_burned", next, end);
  expect_count(row, static_cast<std::int64_t>(burned.size()), row.burned, "burned ids");
  encoder.burned(row.first_burned, burned);
  return check_ids(ids);
}

// Holds that this batch has resolved: the book forgets them.
Status BookReplay::check_resolved() {
  for (const Hold* hold : book_.changed_holds()) {
    if (hold->state == HoldState::kOpen) continue;
    ASHLAR_ASSIGN(const std::optional<Hold> stored, store::find_hold(tx_, hold->id));
    expect(stored.has_value(), "ledger_holds", "transfer_" + number(hold->no), "it is missing");
    expect(!stored || *stored == *hold, "ledger_holds", "transfer_" + number(hold->no),
           "its state, time or what is left is not what its transfers make");
  }
  return base::ok_status();
}

base::Result<const LegRow*> BookReplay::next_leg() {
  if (next_leg_ == legs_.size()) {
    const std::int64_t after = legs_.empty() ? 0 : legs_.back().no;
    ASHLAR_ASSIGN(legs_, store::list_legs(tx_, after, kPage));
    next_leg_ = 0;
    if (legs_.empty()) return static_cast<const LegRow*>(nullptr);
  }
  return &legs_[next_leg_];
}

// The rows of a transfer's legs as they lie in their table.
Status BookReplay::check_legs(const EntryRow& row) {
  const std::int64_t end = row.first_leg + static_cast<std::int64_t>(row.entry.legs.size());
  std::int64_t next = row.first_leg;
  while (next < end) {
    ASHLAR_ASSIGN(const LegRow* const leg, next_leg());
    if (leg == nullptr || leg->no >= end) break;
    expect_none("ledger_legs", next, leg->no);
    if (leg->no >= row.first_leg) {
      next = leg->no;
      check_leg(*leg, row, static_cast<std::size_t>(leg->no - row.first_leg));
      ++next;
    }
    ++next_leg_;
  }
  expect_none("ledger_legs", next, end);
  return base::ok_status();
}

void BookReplay::check_leg(const LegRow& leg, const EntryRow& row, std::size_t i) {
  const Entry& entry = row.entry;
  const std::string name = number(leg.no);
  expect(leg.transfer_no == entry.no, "ledger_legs", name,
         "transfer_no should be " + std::to_string(entry.no));
  expect(leg.kind == entry.kind, "ledger_legs", name, "kind should be its transfer's");
  expect(leg.at == entry.at, "ledger_legs", name, "at should be its transfer's");
  const LegLinks links = chains_[entry.legs[i].account.value].append(leg.no, leg.at);
  expect(leg.links == links, "ledger_legs", name,
         "prev should be " + std::to_string(links.prev) + ", jump " + std::to_string(links.jump) +
             " to leg " + std::to_string(links.jump_leg) + " of " + micros(links.jump_at));
}

}  // namespace ashlar::ledger
