// payments_sim: payments from seeds, against an auditor that knows their rules and the acquirers'
// truth (sim_world.h, auditor.h).
//
//   payments_sim [--from 1] [--seeds 500] [--only SEED, told step by step]
//
// Each seed is a tenant of its own on one SQLite database in TMPDIR. What fails is said with its
// seed and can be run again alone; the rest of the seeds are run all the same. The last line
// counts: "500 passed, 0 failed, 0 skipped".
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "platform/storage/testing/temporary_sqlite.h"
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

namespace {

constexpr std::uint64_t kSeedsOfAStore = 200;

struct Options {
  std::uint64_t from = 1, seeds = 500;
  bool trace = false;
};

int run(const Options& options) {
  std::optional<storage::TemporarySqlite> store;
  std::uint64_t passed = 0, failed = 0, failed_before = 0;
  SimWorld::Counts total;
  for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    // What a failed seed leaves open would be taken up in the next one's rounds.
    if (!store || failed > failed_before || (seed - options.from) % kSeedsOfAStore == 0)
      store.emplace();
    failed_before = failed;
    SimWorld world(seed, store->database(), base::TenantId(static_cast<std::int64_t>(seed)),
                   1 + seed % 2);
    if (options.trace) world.trace();
    const std::vector<std::string> findings = world.run();
    const SimWorld::Counts& counts = world.counts();
    total.asked += counts.asked, total.predicted += counts.predicted,
        total.replays += counts.replays, total.kills += counts.kills;
    total.store_faults += counts.store_faults, total.notices += counts.notices,
        total.unknown += counts.unknown;
    (findings.empty() ? passed : failed) += 1;
    for (const std::string& finding : findings)
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), finding.c_str());
    if (failed >= 20) break;
  }
  std::printf(
      "%lld operations asked, %lld answers predicted, %lld replays, %lld unknown outcomes, %lld "
      "notices, %lld faults of the store, %lld kills\n",
      static_cast<long long>(total.asked), static_cast<long long>(total.predicted),
      static_cast<long long>(total.replays), static_cast<long long>(total.unknown),
      static_cast<long long>(total.notices), static_cast<long long>(total.store_faults),
      static_cast<long long>(total.kills));
  std::printf("%llu passed, %llu failed, 0 skipped\n", static_cast<unsigned long long>(passed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ashlar::sim

int main(int argc, char** argv) {
  ashlar::sim::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--from") options.from = value;
    if (name == "--seeds") options.seeds = value;
    if (name == "--only") options = {value, 1, true};
  }
  return ashlar::sim::run(options);
}
