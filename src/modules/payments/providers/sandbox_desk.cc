#include "modules/payments/providers/sandbox_desk.h"

#include <map>
#include <string>
#include <utility>

#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/providers/sandbox_notice.h"
#include "modules/payments/providers/sandbox_store.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Result;
using base::Status;
using storage::Transaction;

base::Error no_action() {
  return base::fail(base::Code::kNotFound, "action_not_found", "There is no such page.");
}
base::Error action_over() {
  return base::fail(base::Code::kConflict, "action_over",
                    "This payment was decided already, or it took too long.");
}

Status read_lines(Transaction& tx, const std::string& bank, base::Time from, base::Time to,
                  std::vector<SandboxMove>& lines) {
  constexpr std::int64_t kPage = 1'000;
  store::MovePlace after{from - base::Micros{1}, {}};
  while (lines.size() <= kMaxStatementLines) {
    ASHLAR_ASSIGN(auto page, store::moves_between(tx, bank, from, to, after, kPage));
    if (page.empty()) return base::ok_status();
    after = {page.back().at, page.back().id};
    for (SandboxMove& move : page) lines.push_back(std::move(move));
  }
  return base::fail(base::Code::kInvalid, "statement_too_large",
                    "The day has more than 100,000 lines.");
}

}  // namespace

storage::Context sandbox_context() {
  return storage::Context::platform(storage::PlatformUse::kPayments).read_committed();
}

Status keep_notices(Transaction& tx, const SandboxRules& rules, const SandboxBook& book,
                    base::Time now) {
  const SandboxDice& dice = rules.dice();
  for (const ProviderNotice& notice : book.notices()) {
    const bool twice = dice.hits(dice.faults().notice_twice, notice.tenant, "twice:" + notice.id);
    for (int copy = 0; copy <= (twice ? 1 : 0); ++copy) {
      ASHLAR_TRY(
          store::put_notice(tx, rules.terms().bank,
                            {.tenant = notice.tenant,
                             .id = notice.id,
                             .copy = copy,
                             .at = notice.at,
                             .due_at = now + dice.notice_delay(notice.tenant, notice.id, copy),
                             .body = sandbox_notice_body(notice)}));
    }
  }
  return base::ok_status();
}

Result<Sandbox::Action> read_action(storage::Database& db, const SandboxRules& rules,
                                    std::string_view token, base::Time now) {
  const auto place = rules.action_place(token);
  if (!place) return no_action();
  return db.read(sandbox_context(), [&](Transaction& tx) -> Result<Sandbox::Action> {
    SandboxBook book;
    ASHLAR_TRY(
        store::load_objects(tx, rules.terms().bank, {{place->tenant, place->reference}}, book));
    const SandboxObject* charge = book.object(place->tenant, place->reference);
    if (charge == nullptr) return no_action();
    if (charge->state != SandboxState::kAsking || *charge->until <= now) return action_over();
    const CardToken* card = find_card(charge->token);
    Sandbox::Action action;
    action.amount = charge->amount;
    action.currency = charge->currency;
    if (card != nullptr) action.network = card->network;
    if (card != nullptr) action.last4 = card->last4;
    return action;
  });
}

Status decide_action(storage::Database& db, const SandboxRules& rules, std::string_view token,
                     bool approves, base::Time now) {
  const auto place = rules.action_place(token);
  if (!place) return no_action();
  const std::string& bank = rules.terms().bank;
  return db.write(sandbox_context(), [&](Transaction& tx) -> Status {
    ASHLAR_TRY(store::lock_book(tx, bank));
    SandboxBook book;
    ASHLAR_TRY(store::load_objects(tx, bank, {{place->tenant, place->reference}}, book));
    const SandboxObject* charge = book.object(place->tenant, place->reference);
    if (charge == nullptr) return no_action();
    ASHLAR_TRY(store::load_calls(tx, bank, {{place->tenant, charge->key}}, book));
    const std::string balance = SandboxBook::balance_reference(charge->currency);
    ASHLAR_TRY(store::load_objects(tx, bank, {{place->tenant, balance}}, book));
    if (!rules.decide(book, place->tenant, place->reference, approves, now)) return action_over();
    ASHLAR_TRY(store::save_book(tx, bank, book));
    return keep_notices(tx, rules, book, now);
  });
}

Result<SandboxStatement> read_statement(storage::Database& db, const SandboxRules& rules,
                                        base::TenantId tenant, base::Time day) {
  const std::string& bank = rules.terms().bank;
  const base::Time from = std::chrono::floor<std::chrono::days>(day);
  const base::Time to = from + std::chrono::days{1};
  SandboxStatement statement;
  ASHLAR_TRY(db.read(storage::Context::tenant(tenant), [&](Transaction& tx) -> Status {
    statement = {.bank = bank, .day = from, .balances = {}, .lines = {}, .planted = {}};
    ASHLAR_ASSIGN(const auto opening, store::balances_before(tx, bank, from));
    ASHLAR_ASSIGN(const auto closing, store::balances_before(tx, bank, to));
    for (const auto& [currency, amount] : closing) {
      const auto found = opening.find(currency);
      statement.balances[currency] = {found == opening.end() ? 0 : found->second, amount};
    }
    return read_lines(tx, bank, from, to, statement.lines);
  }));
  plant_errors(statement, rules.dice());
  return statement;
}

}  // namespace ashlar::payments
