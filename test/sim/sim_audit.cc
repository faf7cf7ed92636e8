// SimWorld::audit(): what has come to rest, read as anybody may, against what the acquirers know.
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auditor.h"
#include "modules/payments/payment.h"
#include "modules/payments/reads.h"
#include "platform/storage/database.h"
#include "sim_world.h"

namespace ashlar::sim {
namespace {

constexpr storage::Sql kTrial{
    storage::Audience::kTenant,
    "SELECT COALESCE(sum(debits_posted) - sum(credits_posted), 0), COALESCE(sum(debits_pending) - "
    "sum(credits_pending), 0),"
    " COALESCE(min(debits_pending), 0), COALESCE(min(credits_pending), 0), "
    "COALESCE(sum(debits_pending), 0) FROM ledger_totals WHERE tenant_id = :tenant"};
constexpr storage::Sql kPublished{
    storage::Audience::kTenant,
    "SELECT count(*), count(DISTINCT id) FROM outbox WHERE tenant_id = :tenant"};

}  // namespace

void SimWorld::audit() {
  const storage::Context context = storage::Context::tenant(tenant_);
  payments::Listed<Payment> listed;
  std::vector<payments::CurrencyBalance> balance;
  std::array<std::int64_t, 5> trial{};
  std::array<std::int64_t, 2> published{};
  const base::Status looked = db_.read(context, [&](storage::Transaction& tx) -> base::Status {
    payments::Reads reads(tx);
    payments::Window window;
    window.limit = 1000;
    ASHLAR_ASSIGN(listed, reads.payments(window));
    ASHLAR_ASSIGN(balance, reads.balance());
    ASHLAR_TRY(tx.query(kTrial, {}, [&](const storage::Row& row) {
      for (int i = 0; i < 5; ++i) trial.at(static_cast<std::size_t>(i)) = row.integer(i);
    }));
    ASHLAR_TRY(tx.query(kPublished, {}, [&](const storage::Row& row) {
      published = {row.integer(0), row.integer(1)};
    }));
    return base::ok_status();
  });
  if (!looked.ok())
    return finding(std::string("audit: ") + looked.error().reason + " " + looked.error().detail);

  const std::vector<const SimProvider*> providers{&one_, &two_};
  Money expected = 0, held = 0;
  std::set<std::string> ids, merchant_references;
  for (const Payment& payment : listed.rows) {
    ids.insert(payment.id);
    const Truth truth = Truth::of(providers, payment.id);
    if (std::string why = differs(payment, truth); !why.empty()) finding(std::move(why));
    expected += truth.captured - truth.fees - truth.refunded - truth.disputed_open -
                truth.disputed_lost - truth.dispute_fees;
    held += payment.capturable();
    if (!payment.merchant_reference.empty() &&
        !merchant_references.insert(payment.merchant_reference).second)
      finding(payment.id + ": the merchant's reference was used before");
  }
  for (const std::string& id : payments_) {
    if (!ids.contains(id)) finding(id + " was acknowledged and is not there");
  }
  for (const SimProvider* provider : providers) {
    for (const auto& [reference, charge] : provider->charges) {
      if (!ids.contains(charge.payment))
        finding(reference + " is of " + charge.payment + ", which is not there");
    }
  }
  Money ours = 0;
  for (const payments::CurrencyBalance& row : balance) ours += row.pending + row.available;
  if (ours != expected)
    finding("the balance is " + std::to_string(ours) + ", the acquirers' moves make " +
            std::to_string(expected));
  if (trial[0] != 0 || trial[1] != 0)
    finding("the trial balance is not zero: " + std::to_string(trial[0]) + ", pending " +
            std::to_string(trial[1]));
  if (trial[2] < 0 || trial[3] < 0) finding("a pending total is negative");
  if (trial[4] != held)
    finding("held are " + std::to_string(trial[4]) + ", capturable are " + std::to_string(held));
  if (published[0] != published[1]) finding("an event was published twice");
  for (const auto& asking : asked_) {
    if (asking->verdict && *asking->verdict == "ok" && asking->body.empty())
      finding(asking->op.key + ": an answer without a body");
  }
}

}  // namespace ashlar::sim
