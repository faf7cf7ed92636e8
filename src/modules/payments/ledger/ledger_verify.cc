#include "modules/payments/ledger/ledger_verify.h"

#include <map>
#include <optional>
#include <utility>

#include "modules/payments/ledger/book_replay.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_views.h"

namespace ashlar::ledger {
namespace {

using base::Status;

constexpr std::int64_t kPage = 1'000;
constexpr std::int64_t kMaxStray = 10;

std::string number(std::int64_t no) { return "no " + std::to_string(no); }
std::string batch(std::int64_t seq) { return "seq " + std::to_string(seq); }

std::string text(const Totals& t) {
  return std::to_string(t.debits_pending) + " debits pending, " + std::to_string(t.debits_posted) +
         " posted, " + std::to_string(t.credits_pending) + " credits pending, " +
         std::to_string(t.credits_posted) + " posted";
}

// Lives for one verification.
class Verifier {
 public:
  Verifier(storage::Transaction& tx, base::TenantId tenant, const HeadSigner* signer,
           std::span<const SignedHead> kept)
      : tx_(tx),
        tenant_(tenant),
        signer_(signer),
        kept_(kept),
        replay_(tx, tenant, signer, findings_) {}

  base::Result<VerifyReport> run();

 private:
  void expect(bool good, const char* table, std::string row, std::string what) {
    findings_.expect(good, table, std::move(row), std::move(what));
  }
  [[nodiscard]] const store::HeadRow& head() const { return replay_.head(); }
  Status check_accounts();
  Status check_chains(const std::vector<Account>& accounts);
  Status check_holds();
  Status check_pending(const std::map<AccountNo, Totals>& pending);
  Status check_head();
  Status check_counts();
  Status check_sums();
  Status check_kept();

  storage::Transaction& tx_;
  const base::TenantId tenant_;
  const HeadSigner* const signer_;
  const std::span<const SignedHead> kept_;
  Findings findings_;
  BookReplay replay_;
};

base::Result<VerifyReport> Verifier::run() {
  ASHLAR_TRY(replay_.run());
  ASHLAR_TRY(check_accounts());
  ASHLAR_TRY(check_holds());
  ASHLAR_TRY(check_head());
  ASHLAR_TRY(check_counts());
  ASHLAR_TRY(check_sums());
  ASHLAR_TRY(check_kept());
  VerifyReport& report = findings_.report();
  report.batches = head().seq;
  report.accounts = head().accounts;
  report.transfers = head().transfers;
  report.legs = head().legs;
  return std::move(report);
}

Status Verifier::check_accounts() {
  for (std::int64_t after = 0;;) {
    ASHLAR_ASSIGN(const std::vector<Account> page, store::list_accounts(tx_, after, kPage));
    if (page.empty()) return base::ok_status();
    after = page.back().no.value;
    ASHLAR_TRY(check_chains(page));
    for (const Account& stored : page) {
      const Account* made = replay_.book().find_account(stored.no);
      if (made == nullptr) {
        expect(false, "ledger_accounts", number(stored.no.value), "no batch has opened it");
        continue;
      }
      const std::string row = "account_" + number(stored.no.value) + " (" + stored.id + ")";
      expect(stored.totals == made->totals, "ledger_totals", row,
             "it has " + text(stored.totals) + "; its transfers make " + text(made->totals));
      expect(stored.legs == made->legs, "ledger_totals", row,
             "legs should be " + std::to_string(made->legs));
      expect(stored.closing == made->closing, "ledger_totals", row,
             "closing should be " + std::to_string(made->closing));
    }
  }
}

// last_leg leads to the account's last leg, and from there by jumps to the first.
Status Verifier::check_chains(const std::vector<Account>& accounts) {
  std::vector<std::int64_t> nos;
  nos.reserve(accounts.size());
  for (const Account& account : accounts) nos.push_back(account.no.value);
  ASHLAR_ASSIGN(const std::vector<store::ChainRow> rows, store::find_chains(tx_, nos));
  std::map<AccountNo, const LegChain*> stored;
  for (const store::ChainRow& row : rows) stored[row.account] = &row.chain;
  for (const Account& account : accounts) {
    const auto found = stored.find(account.no);
    const LegChain* const made = replay_.chain(account.no);
    const bool same =
        made == nullptr ? found == stored.end() : found != stored.end() && *found->second == *made;
    expect(same, "ledger_totals", "account_" + number(account.no.value) + " (" + account.id + ")",
           "last_leg does not lead to its legs");
  }
  return base::ok_status();
}

// Those that are open now, and that together they are what accounts have pending.
Status Verifier::check_holds() {
  std::map<AccountNo, Totals> pending;
  std::int64_t count = 0;
  for (std::int64_t after = 0;;) {
    ASHLAR_ASSIGN(const std::vector<Hold> page, store::list_holds(tx_, after, kPage));
    if (page.empty()) break;
    after = page.back().no;
    count += static_cast<std::int64_t>(page.size());
    for (const Hold& hold : page) {
      if (hold.state != HoldState::kOpen) continue;
      ++findings_.report().open_holds;
      const Hold* made = replay_.book().find_hold(hold.id);
      expect(made != nullptr && *made == hold, "ledger_holds", "transfer_" + number(hold.no),
             made == nullptr ? "it is open, but its transfers resolve it, or do not make it"
                             : "its time or what is left is not what its transfers make");
      for (const Hold::Part& part : hold.parts) {
        Totals& totals = pending[part.account];
        (part.side == Side::kDebit ? totals.debits_pending : totals.credits_pending) += part.left;
      }
    }
  }
  expect(count == replay_.holds(), "ledger_holds", "of the tenant",
         "there are " + std::to_string(count) + " rows, and " + std::to_string(replay_.holds()) +
             " holds were made");
  return check_pending(pending);
}

Status Verifier::check_pending(const std::map<AccountNo, Totals>& pending) {
  for (std::int64_t after = 0;;) {
    ASHLAR_ASSIGN(const std::vector<Account> page, store::list_accounts(tx_, after, kPage));
    if (page.empty()) return base::ok_status();
    after = page.back().no.value;
    for (const Account& account : page) {
      const auto found = pending.find(account.no);
      const Totals held = found == pending.end() ? Totals{} : found->second;
      expect(held.debits_pending == account.totals.debits_pending &&
                 held.credits_pending == account.totals.credits_pending,
             "ledger_totals", "account_" + number(account.no.value) + " (" + account.id + ")",
             "its pending totals are not the sum of its open holds");
    }
  }
}

Status Verifier::check_head() {
  ASHLAR_ASSIGN(const std::optional<store::HeadRow> stored, store::find_head(tx_));
  if (!stored) {
    expect(head().seq == 0, "ledger_books", "of the tenant", "it is missing");
    return base::ok_status();
  }
  const auto is = [&](std::int64_t value, std::int64_t wanted, const char* column) {
    expect(value == wanted, "ledger_books", "of the tenant",
           std::string(column) + " is " + std::to_string(value) + ", the batches make " +
               std::to_string(wanted));
  };
  expect(stored->seq <= head().seq, "ledger_batches", batch(head().seq + 1), "it is missing");
  is(stored->seq, head().seq, "seq");
  is(stored->accounts, head().accounts, "accounts");
  is(stored->transfers, head().transfers, "transfers");
  is(stored->legs, head().legs, "legs");
  is(stored->burned, head().burned, "burned");
  is(base::to_micros(stored->at), base::to_micros(head().at), "at");
  is(base::to_micros(stored->last_at), base::to_micros(replay_.book().position().last_at),
     "last_at");
  expect(stored->hash == head().hash, "ledger_books", "of the tenant",
         "head is not the hash of the last batch");
  if (signer_ == nullptr || stored->seq == 0) return base::ok_status();
  const Head now{tenant_, stored->seq, stored->transfers, stored->at, stored->hash};
  expect(signer_->has_signed(now, stored->signature), "ledger_books", "of the tenant",
         "its signature is not that of this installation");
  return base::ok_status();
}

// What there is too much of, or too little, beyond what the batches name.
Status Verifier::check_counts() {
  ASHLAR_ASSIGN(const views::RowCounts rows, views::row_counts(tx_));
  const auto is = [&](std::int64_t count, std::int64_t wanted, const char* table) {
    expect(count == wanted, table, "of the tenant",
           "there are " + std::to_string(count) + " rows; " + std::to_string(wanted) +
               " are accounted for");
  };
  is(rows.accounts, head().accounts, "ledger_accounts");
  is(rows.totals, head().accounts, "ledger_totals");
  is(rows.transfers, head().transfers, "ledger_transfers");
  is(rows.legs, head().legs, "ledger_legs");
  is(rows.burned, head().burned, "ledger_burned");
  is(rows.ids, replay_.ids(), "ledger_ids");
  is(rows.holds, replay_.holds(), "ledger_holds");
  ASHLAR_ASSIGN(const std::vector<views::Stray> strays, views::find_strays(tx_, kMaxStray));
  for (const views::Stray& stray : strays) {
    expect(false, stray.table, stray.row,
           stray.meaningless ? "a column holds what means nothing"
                             : "nothing in the book is the reason for this row");
  }
  return base::ok_status();
}

Status Verifier::check_sums() {
  ASHLAR_ASSIGN(const std::vector<views::CurrencyTotals> all, views::trial_balance(tx_));
  for (const views::CurrencyTotals& totals : all) {
    expect(totals.balanced(), "ledger_totals", "of currency " + totals.currency,
           "debits are not credits");
  }
  return base::ok_status();
}

// What was kept elsewhere must lie on the chain: a tail that was cut off does not.
Status Verifier::check_kept() {
  for (const SignedHead& kept : kept_) {
    const Head& then = kept.head;
    const std::string row = batch(then.seq);
    expect(is_signed(then, kept.signature, kept.public_key), "the head that was kept", row,
           "its signature is wrong: it was changed");
    expect(signer_ == nullptr || kept.public_key == signer_->public_key(), "the head that was kept",
           row, "it is of another installation");
    if (then.seq == 0) continue;
    ASHLAR_ASSIGN(const std::vector<store::BatchRow> found,
                  store::list_batches(tx_, then.seq - 1, 1));
    if (found.empty() || found.front().seq != then.seq) {
      expect(false, "ledger_batches", row,
             "it is missing, though a head of it was kept: the book ends with batch " +
                 std::to_string(head().seq));
      continue;
    }
    const store::BatchRow& now = found.front();
    expect(now.hash == then.hash && now.at == then.at &&
               now.first_transfer + now.transfers - 1 == then.transfers,
           "ledger_batches", row, "it is not what it was when its head was kept");
  }
  return base::ok_status();
}

}  // namespace

base::Result<VerifyReport> verify_book(storage::Transaction& tx, base::TenantId tenant,
                                       const HeadSigner* signer, std::span<const SignedHead> kept) {
  return Verifier(tx, tenant, signer, kept).run();
}

}  // namespace ashlar::ledger
