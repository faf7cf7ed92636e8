// The staleness oracle: random schedules of reads, changes, crashes and faults over several
// instances that share a database and a far cache; of every read it is checked that its answer is
// not older than docs/caching.md promises. A failure prints the seed. The last tests plant a fault
// in one of the rules each, and expect the oracle to find it.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/cache/cache_service.h"
#include "platform/cache/near_cache.h"
#include "platform/cache/testing/interleaver.h"
#include "platform/cache/testing/model_far_cache.h"
#include "platform/cache/testing/sim_source.h"
#include "platform/observability/metrics.h"

namespace ashlar::cache {
namespace {

using base::Millis;
using Version = std::int64_t;

// Small, so that all of it happens within a run.
constexpr Millis kNearTtl{400};
constexpr Millis kFarTtl{600};
constexpr Millis kLease{60};
constexpr Millis kBlock{400};

struct Plan {
  bool far = true;
  double far_fault = 0;  // of each call
  double restart = 0;    // of the far cache, at each step
  double loss = 0;       // of one of its keys
  double crash = 0;      // of an instance, at each operation
  double write_through = 0.3;
  ModelFarStore::Broken broken{};
  SimSource::Options source{};
};

Codec<Version> version_codec() {
  return {.encode = [](const Version& version) { return std::to_string(version); },
          .decode = [](std::string_view text) -> std::optional<Version> {
            Version version = 0;
            const auto end = std::from_chars(text.data(), text.data() + text.size(), version);
            if (end.ec != std::errc()) return std::nullopt;
            return version;
          },
          .bytes = {}};
}

struct Instance {
  const std::uint64_t id;  // addresses come again
  base::Mono started;
  SimDatabase db;
  base::SeededEntropy entropy;
  CacheService service;
  FarRegion& region;
  NearCache<Version> near;

  Instance(const base::Clock& clock, SimSource& source, const std::function<void()>& step,
           std::unique_ptr<FarCache> far, std::uint64_t seed, obs::Registry& metrics)
      : id(seed),
        started(clock.mono()),
        db(source, step),
        entropy(seed),
        service(std::move(far), db, clock, entropy, metrics),
        region(service.add_region({.name = "sim",
                                   .ttl = kFarTtl,
                                   .absent_ttl = kFarTtl,
                                   .lease = kLease,
                                   .block = kBlock,
                                   .wait = Millis{10},
                                   .max_pending = 3})),
        // Nobody waits for another's load here: waiting would stop the baton.
        near({.ttl = kNearTtl,
              .absent_ttl = kNearTtl,
              .stale_if_error = Millis{0},
              .wait = Millis{0}},
             version_codec(), region, db, seed + 1, metrics) {
    service.set_pause([step](Millis) { step(); });
  }
};

// A write that was acknowledged, or that a crash has made known.
struct Write {
  Version version;
  base::Mono at;
  std::uint64_t writer;
  base::Mono committed;
  bool untold;     // the far cache could not be told before the commit
  bool forgotten;  // it may have lost the block
  bool open;       // nor did it acknowledge the end
};

class World {
 public:
  World(std::uint64_t seed, const Plan& plan)
      : plan_(plan),
        random_(seed),
        source_(clock_, seed + 1, plan.source),
        store_(clock_),
        tasks_(seed + 2) {
    store_.set_broken(plan.broken);
    for (int i = 0; i < kInstances; ++i) instances_.push_back(start());
    tasks_.on_step([this] { environment(); });
    for (int i = 0; i < kTasks; ++i) {
      tasks_.add([this] {
        for (int n = 0; n < kOperations && stale_.empty(); ++n) operate();
      });
    }
  }

  void run() { tasks_.run(); }

  [[nodiscard]] const std::string& stale() const { return stale_; }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  [[nodiscard]] std::size_t far_hits() {
    return metrics_
        .make_counter("ashlar_cache_far_hits_total", "Loads answered by the far cache.",
                      {{"region", "sim"}})
        .value();
  }

 private:
  static constexpr int kInstances = 3;
  static constexpr int kTasks = 5;
  static constexpr int kOperations = 60;
  static constexpr int kKeys = 3;

  std::shared_ptr<Instance> start() {
    std::unique_ptr<ModelFarCache> far;
    const std::function<void()> step = [this] { tasks_.step(); };
    if (plan_.far) {
      far = std::make_unique<ModelFarCache>(
          store_, ModelFarCache::Hooks{.step = step, .fault = [this] { return fault(); }});
    }
    return std::make_shared<Instance>(clock_, source_, step, std::move(far), random_.next(),
                                      metrics_);
  }

  ModelFarCache::Fault fault() {
    if (!random_.chance(plan_.far_fault)) return ModelFarCache::Fault::kNone;
    return random_.chance(0.5) ? ModelFarCache::Fault::kNotDone : ModelFarCache::Fault::kAnswerLost;
  }

  // What happens without anybody's doing.
  void environment() {
    clock_.advance(base::Micros{random_.below(1'500)});
    source_.deliver();
    if (random_.chance(plan_.restart)) store_.restart();
    if (random_.chance(0.01)) store_.save();
    if (random_.chance(plan_.loss)) store_.lose(random_.next());
  }

  void operate() {
    const std::size_t which = random_.below(kInstances);
    if (random_.chance(plan_.crash)) {
      note(*instances_[which], "crashes");
      instances_[which]->db.crash();
      instances_[which] = start();
    }
    const std::shared_ptr<Instance> instance = instances_[which];
    const std::string key(1, static_cast<char>('a' + random_.below(kKeys)));
    const double dice = random_.unit();
    if (dice < 0.2) return write(*instance, key);
    if (dice < 0.35) return instance->service.tend();
    if (dice < 0.4) {
      clock_.advance(Millis{random_.below(100)});
      return source_.deliver();
    }
    read(*instance, key);
  }

  void write(Instance& instance, const std::string& key) {
    const std::uint64_t losses = store_.losses();
    const base::Mono begun = clock_.mono();
    note(instance, "changes " + key);
    FarChange change = instance.near.change({key});
    note(instance, std::string(change.blocked() ? "has blocked " : "has not blocked ") + key);
    const bool publish = random_.chance(plan_.write_through);
    const bool present = publish || random_.chance(0.7);
    Version version = 0;
    std::uint64_t transaction = 0;
    const auto context = storage::Context::platform(storage::PlatformUse::kMaintenance);
    const base::Status done =
        instance.db.write(context, [&](storage::Transaction& tx) -> base::Status {
          transaction = static_cast<SimTransaction&>(tx).id();
          ASHLAR_ASSIGN(version, static_cast<SimTransaction&>(tx).put(key, present));
          if (publish) {
            instance.near.write_through(tx, change, version);
          } else {
            instance.near.invalidate(tx, change);
          }
          return base::ok_status();
        });
    note(instance, (done.ok() ? "has committed " : "has failed ") + key + std::to_string(version));
    const bool untold = plan_.far && !change.blocked();
    change.finish();
    note(instance, "has finished " + key);
    const auto& rows = source_.history(key);
    // Where the outcome is not known the writer was told nothing; the state may have changed.
    const auto place = static_cast<std::size_t>(version);
    if (place >= rows.size() || rows[place].transaction != transaction) return;
    const bool forgotten =
        plan_.far && (store_.losses() != losses || clock_.mono() - begun >= kBlock);
    const bool open = plan_.far && instance.region.pending() > 0;
    writes_[key].push_back(
        {version, clock_.mono(), instance.id, rows[place].committed, untold, forgotten, open});
  }

  // How long after the write this instance may still answer from before it.
  [[nodiscard]] std::chrono::nanoseconds bound(const Write& write, const Instance& reader) const {
    if (write.writer == reader.id) return Millis{0};
    const bool newcomer = reader.started >= write.committed;
    if ((write.untold && newcomer) || (write.forgotten && write.open)) {
      return kLease + kFarTtl + kNearTtl;
    }
    if (write.forgotten) return plan_.source.notice_delay + kNearTtl;
    return plan_.source.notice_delay;
  }

  void read(Instance& instance, const std::string& key) {
    const base::Mono begun = clock_.mono();
    note(instance, "reads " + key);
    Version floor = 0;
    for (const Write& write : writes_[key]) {
      if (write.at + bound(write, instance) <= begun) floor = std::max(floor, write.version);
    }
    const auto found = instance.near.get(key, begun + base::Seconds{60}, [&](const std::string& k) {
      const auto context = storage::Context::platform(storage::PlatformUse::kMaintenance);
      return instance.db.read(
          context, [&](storage::Transaction& tx) -> base::Result<std::optional<Version>> {
            const SimRow row = static_cast<SimTransaction&>(tx).get(k);
            return row.present ? std::optional(row.version) : std::nullopt;
          });
    });
    if (!found.ok() || instance.db.crashed()) return;
    ++reads_;
    note(instance, "has read " + key + (*found ? std::to_string(**found) : "-"));
    judge(key, floor, *found);
  }

  void judge(const std::string& key, Version floor, const NearCache<Version>::Ptr& found) {
    const auto& rows = source_.history(key);
    for (Version v = floor; v < static_cast<Version>(rows.size()); ++v) {
      const SimRow& row = rows[static_cast<std::size_t>(v)];
      if (row.present ? found && *found == row.version : !found) return;
    }
    stale_ = "key " + key + ": " + (found ? std::to_string(*found) : "none") + " where " +
             std::to_string(floor) + " or later was due, after\n";
    for (const std::string& event : events_) stale_ += event;
  }

  // What led to a failure, the last of it.
  void note(const Instance& instance, const std::string& what) {
    if (events_.size() == 60) events_.pop_front();
    const auto micros = std::chrono::duration_cast<base::Micros>(clock_.mono().time_since_epoch());
    events_.push_back(std::to_string(micros.count()) + " " + std::to_string(instance.id % 1000) +
                      " " + what + "\n");
  }

  const Plan plan_;
  base::Random random_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  std::deque<std::string> events_;
  SimSource source_;
  ModelFarStore store_;
  Interleaver tasks_;
  std::vector<std::shared_ptr<Instance>> instances_;
  std::map<std::string, std::vector<Write>> writes_;
  std::size_t reads_ = 0;
  std::string stale_;
};

void hold(const char* name, const Plan& plan, int seeds) {
  std::size_t reads = 0;
  std::size_t far_hits = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    World world(static_cast<std::uint64_t>(seed) * 7919, plan);
    world.run();
    ASSERT_EQ(world.stale(), "") << name << ", seed " << seed;
    reads += world.reads();
    far_hits += world.far_hits();
  }
  EXPECT_GT(reads, static_cast<std::size_t>(seeds) * 50);
  // The far cache must have had a say, or nothing was shown of it.
  if (plan.far) {
    EXPECT_GT(far_hits, static_cast<std::size_t>(seeds));
  }
}

bool finds(const Plan& plan, int seeds) {
  for (int seed = 1; seed <= seeds; ++seed) {
    World world(static_cast<std::uint64_t>(seed) * 104'729, plan);
    world.run();
    if (!world.stale().empty()) return true;
  }
  return false;
}

TEST(StalenessOracle, NearCachesAlone) { hold("near", {.far = false, .crash = 0.02}, 60); }

TEST(StalenessOracle, FarCacheInOrder) { hold("far", {}, 60); }

TEST(StalenessOracle, CrashesBetweenCommitAndUnblock) { hold("crash", {.crash = 0.05}, 80); }

TEST(StalenessOracle, FarCacheAnswersNotOrTooLate) {
  hold("faults", {.far_fault = 0.1, .crash = 0.02}, 80);
}

TEST(StalenessOracle, FarCacheRestartsWithAnOlderState) {
  hold("restart", {.restart = 0.005, .crash = 0.02}, 80);
}

TEST(StalenessOracle, FarCacheLosesKeys) { hold("loss", {.loss = 0.02, .crash = 0.02}, 80); }

TEST(StalenessOracle, EverythingAtOnce) {
  hold("all", {.far_fault = 0.05, .restart = 0.002, .loss = 0.01, .crash = 0.03}, 120);
}

TEST(StalenessOracle, FindsStoresWithoutALease) {
  EXPECT_TRUE(finds({.broken = {.stores_without_lease = true}}, 300));
}

TEST(StalenessOracle, FindsForgottenBlocks) {
  EXPECT_TRUE(finds({.broken = {.forgets_blocks = true}}, 300));
}

TEST(StalenessOracle, FindsAnEpochKeptOverARestart) {
  EXPECT_TRUE(finds({.restart = 0.005, .broken = {.keeps_epoch_on_restart = true}}, 300));
}

TEST(StalenessOracle, FindsNoticesThatNeverCome) {
  EXPECT_TRUE(finds({.far = false, .source = {.drops_notices = true}}, 50));
}

}  // namespace
}  // namespace ashlar::cache
