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
#include <vector>

#include "platform/storage/testing/temporary_sqlite.h"
#include "sim_world.h"

namespace ashlar::sim {
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
