#include "platform/twophase/coordinator.h"

#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"
#include "platform/storage/postgres_error.h"
#include "platform/twophase/branch_pool.h"
#include "platform/twophase/decisions.h"
#include "platform/twophase/orphans.h"

namespace ashlar::twophase {
namespace {

constexpr base::Millis kRecoverEvery{10'000};
constexpr base::Seconds kSettling{2};
constexpr std::size_t kIdBytes = 22;
constexpr std::int64_t kForgetBatch = 1'000;

storage::Context home_context() { return storage::Context::platform(storage::PlatformUse::kSagas); }

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), fits);
}

base::Result<storage::PostgresLink> begun_on(BranchPool& pool) {
  ASHLAR_ASSIGN(storage::PostgresLink link, pool.take());
  if (storage::execute_postgres(link.get(), "BEGIN").ok()) return link;
  ASHLAR_ASSIGN(link, pool.take_fresh());
  ASHLAR_TRY(storage::execute_postgres(link.get(), "BEGIN"));
  return link;
}

// Counts those that run; some end by an exception of their work.
class Running {
 public:
  explicit Running(std::atomic<int>& count) : count_(count), before_(count.fetch_add(1)) {}
  ~Running() { count_.fetch_sub(1); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  [[nodiscard]] int before() const { return before_; }

 private:
  std::atomic<int>& count_;
  const int before_;
};

}  // namespace

struct Coordinator::Impl {
  // One branch's part of a transaction under way.
  struct Part {
    BranchPool* pool = nullptr;
    storage::PostgresLink link;
    std::string gid;
    bool prepared = false;
  };
  using Parts = std::vector<Part>;

  Impl(Options given, storage::Database& database, const base::Clock& clk, base::Entropy& chance,
       obs::Registry& metrics, obs::Log& messages);

  void reached(Point point) const {
    if (options.reached) options.reached(point);
  }
  BranchPool* pool_of(std::string_view branch);
  base::Result<Done> run(std::span<const Work> work,
                         const std::function<base::Status(storage::Transaction&)>& at_home);
  base::Status work_and_prepare(std::span<const Work> work, const std::string& id, Parts& parts);
  base::Status begin(const Work& work, const std::string& id, Parts& parts);
  base::Result<Decision> decide_commit(
      const std::string& id, const Parts& parts, base::Mono begun,
      const std::function<base::Status(storage::Transaction&)>& at_home);
  base::Result<Decision> settle(const std::string& id, const Parts& parts);
  void roll_back(Parts& parts);
  bool commit(Parts& parts);
  void give_back(Parts& parts);

  base::Result<Recovered> recover();
  base::Status finish_orphans(BranchPool& pool, Recovered& recovered,
                              std::set<std::string>& prepared);
  base::Status finish_orphan(pg_conn* link, const Orphan& orphan, Recovered& recovered);
  base::Status forget_old(const std::map<std::string, std::set<std::string>>& prepared_at,
                          Recovered& recovered);
  void note_age(const std::vector<Orphan>& orphans, const std::string& branch);

  const Options options;
  storage::Database& home;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Log& log;
  obs::Counter& committed;
  obs::Counter& aborted;
  obs::Gauge& prepared_gauge;
  obs::Gauge& oldest_gauge;
  std::vector<std::unique_ptr<BranchPool>> pools;
  std::atomic<int> running{0};
  std::int64_t seen = 0;      // of the round under way
  std::int64_t oldest_s = 0;  // of the round under way
  std::mutex rounds;          // one recover() at a time
  std::unique_ptr<runtime::Periodic> recoverer;
};

Coordinator::Impl::Impl(Options given, storage::Database& database, const base::Clock& clk,
                        base::Entropy& chance, obs::Registry& metrics, obs::Log& messages)
    : options(std::move(given)),
      home(database),
      clock(clk),
      entropy(chance),
      log(messages),
      committed(metrics.make_counter("ashlar_twophase_transactions_total",
                                     "Two-phase commits, by outcome.", {{"outcome", "commit"}})),
      aborted(metrics.make_counter("ashlar_twophase_transactions_total",
                                   "Two-phase commits, by outcome.", {{"outcome", "abort"}})),
      prepared_gauge(metrics.make_gauge("ashlar_twophase_prepared",
                                        "Prepared transactions of ours in all branches, as the "
                                        "last round of recovery saw them.")),
      oldest_gauge(metrics.make_gauge("ashlar_twophase_oldest_prepared_seconds",
                                      "Age of the oldest: it holds locks and keeps vacuum from "
                                      "removing anything newer.")) {
  CHECK(is_name(options.name) && !options.branches.empty());
  CHECK(options.keep_decisions >= options.grace * 2);
  for (const Branch& branch : options.branches) {
    CHECK(is_name(branch.name) && pool_of(branch.name) == nullptr);
    pools.push_back(std::make_unique<BranchPool>(
        BranchPool::Options{.name = branch.name,
                            .url = branch.url,
                            .max_idle = static_cast<std::size_t>(options.max_running),
                            .connect_timeout = options.connect_timeout,
                            .statement_timeout = options.statement_timeout,
                            .idle_timeout = options.grace}));
  }
}

BranchPool* Coordinator::Impl::pool_of(std::string_view branch) {
  for (const auto& pool : pools) {
    if (pool->name() == branch) return pool.get();
  }
  return nullptr;
}

base::Result<Coordinator::Done> Coordinator::Impl::run(
    std::span<const Work> work, const std::function<base::Status(storage::Transaction&)>& at_home) {
  const base::Mono begun = clock.mono();
  Done done{.id = entropy.base62(kIdBytes), .settled = true};
  Parts parts;
  if (const base::Status ready = work_and_prepare(work, done.id, parts); !ready.ok()) {
    roll_back(parts);
    aborted.add();
    return ready.error();
  }
  reached(Point::kPreparedAll);
  const base::Result<Decision> decision = decide_commit(done.id, parts, begun, at_home);
  // In doubt: what is prepared stays so until recovery can ask.
  if (!decision.ok() && std::string_view(decision.error().reason) == "twophase_in_doubt") {
    return decision.error();
  }
  if (!decision.ok() || *decision == Decision::kAbort) {
    roll_back(parts);
    aborted.add();
    if (!decision.ok()) return decision.error();
    return base::fail(base::Code::kConflict, "twophase_aborted",
                      "It took too long: recovery has aborted it.");
  }
  reached(Point::kDecided);
  done.settled = commit(parts);
  committed.add();
  reached(Point::kCommittedAll);
  return done;
}

base::Status Coordinator::Impl::work_and_prepare(std::span<const Work> work, const std::string& id,
                                                 Parts& parts) {
  for (const Work& one : work) ASHLAR_TRY(begin(one, id, parts));
  reached(Point::kWorked);
  for (Part& part : parts) {
    // Whatever becomes of the answer: from here on it may be prepared.
    part.prepared = true;
    ASHLAR_TRY(
        storage::execute_postgres(part.link.get(), "PREPARE TRANSACTION '" + part.gid + "'"));
    if (&part == &parts.front()) reached(Point::kPreparedFirst);
  }
  return base::ok_status();
}

base::Status Coordinator::Impl::begin(const Work& work, const std::string& id, Parts& parts) {
  BranchPool* pool = pool_of(work.branch);
  const auto same = [&](const Part& part) { return part.pool == pool; };
  if (pool == nullptr || std::any_of(parts.begin(), parts.end(), same)) {
    return base::fail(base::Code::kInvalid, "twophase_unknown_branch",
                      "No such branch, or given twice: " + work.branch);
  }
  ASHLAR_ASSIGN(storage::PostgresLink link, begun_on(*pool));
  parts.push_back({pool, std::move(link), make_gid(options.name, id, work.branch), false});
  Session session(parts.back().link.get());
  return work.run(session);
}

base::Result<Decision> Coordinator::Impl::decide_commit(
    const std::string& id, const Parts& parts, base::Mono begun,
    const std::function<base::Status(storage::Transaction&)>& at_home) {
  std::string branches;
  for (const Part& part : parts) branches += part.pool->name() + " ";
  base::Result<Decision> decision =
      home.write(home_context(), [&](storage::Transaction& tx) -> base::Result<Decision> {
        // Beyond that the word of a recovery that has aborted it may be forgotten already.
        if (clock.mono() - begun > options.keep_decisions / 2) {
          return base::fail(base::Code::kConflict, "twophase_aborted", "It took too long.");
        }
        ASHLAR_ASSIGN(const Decision made,
                      decide(tx, id, options.name, Decision::kCommit, branches, clock.now()));
        if (made == Decision::kCommit && at_home) ASHLAR_TRY(at_home(tx));
        return made;
      });
  if (decision.ok()) return decision;
  // It may have been written and its answer lost: whoever asks now decides, and that stands.
  const base::Result<Decision> settled = settle(id, parts);
  if (!settled.ok()) {
    return base::fail(base::Code::kDeadline, "twophase_in_doubt",
                      "The home database does not say whether it was decided: recovery will.");
  }
  if (*settled == Decision::kCommit) return settled;
  return decision;
}

base::Result<Decision> Coordinator::Impl::settle(const std::string& id, const Parts& parts) {
  std::string branches;
  for (const Part& part : parts) branches += part.pool->name() + " ";
  return home.write(home_context(), [&](storage::Transaction& tx) {
    return decide(tx, id, options.name, Decision::kAbort, branches, clock.now());
  });
}

// Nobody will ever decide to commit it. What cannot be reached, recovery aborts.
void Coordinator::Impl::roll_back(Parts& parts) {
  for (Part& part : parts) {
    if (PQtransactionStatus(part.link.get()) != PQTRANS_IDLE) {
      // Where that fails the connection is of no use and is closed, which rolls back as well.
      if (!storage::execute_postgres(part.link.get(), "ROLLBACK").ok()) part.link.reset();
    } else if (part.prepared) {
      if (!storage::execute_postgres(part.link.get(), "ROLLBACK PREPARED '" + part.gid + "'")
               .ok()) {
        part.link.reset();
      }
    }
  }
  give_back(parts);
}

bool Coordinator::Impl::commit(Parts& parts) {
  bool all = true;
  for (Part& part : parts) {
    const base::Status done = commit_prepared(part.link.get(), part.gid);
    if (!done.ok()) {
      all = false;
      part.link.reset();
      log.warn("two-phase commit: a branch will learn of the decision by recovery",
               {{"branch", part.pool->name()}, {"detail", done.error().detail}});
    }
    if (&part == &parts.front()) reached(Point::kCommittedFirst);
  }
  give_back(parts);
  return all;
}

void Coordinator::Impl::give_back(Parts& parts) {
  for (Part& part : parts) {
    if (part.link) part.pool->give_back(std::move(part.link));
  }
}

base::Result<Coordinator::Recovered> Coordinator::Impl::recover() {
  const std::lock_guard one_at_a_time(rounds);
  Recovered recovered;
  seen = oldest_s = 0;
  std::map<std::string, std::set<std::string>> prepared_at;  // by branch, where all were seen
  for (const auto& pool : pools) {
    std::set<std::string> prepared;
    const base::Status done = finish_orphans(*pool, recovered, prepared);
    if (done.ok()) {
      prepared_at.emplace(pool->name(), std::move(prepared));
      continue;
    }
    ++recovered.unreachable;
    log.warn("two-phase commit: a branch was not recovered",
             {{"branch", pool->name()}, {"detail", done.error().detail}});
  }
  prepared_gauge.set(seen);
  oldest_gauge.set(oldest_s);
  ASHLAR_TRY(forget_old(prepared_at, recovered));
  return recovered;
}

base::Status Coordinator::Impl::finish_orphans(BranchPool& pool, Recovered& recovered,
                                               std::set<std::string>& prepared) {
  ASHLAR_ASSIGN(storage::PostgresLink link, pool.take());
  ASHLAR_ASSIGN(const std::vector<Orphan> orphans,
                list_orphans(link.get(), options.name, pool.name(), kMaxRecovered));
  note_age(orphans, pool.name());
  base::Status last = base::ok_status();
  for (const Orphan& orphan : orphans) {
    prepared.insert(orphan.id);
    if (base::Status done = finish_orphan(link.get(), orphan, recovered); !done.ok()) {
      last = std::move(done);
    }
  }
  ASHLAR_TRY(last);
  pool.give_back(std::move(link));
  if (orphans.size() < kMaxRecovered) return base::ok_status();
  return base::fail(base::Code::kUnavailable, "twophase_busy", "There may be more: next round.");
}

base::Status Coordinator::Impl::finish_orphan(pg_conn* link, const Orphan& orphan,
                                              Recovered& recovered) {
  ASHLAR_ASSIGN(std::optional<Decision> decision,
                home.read(home_context(),
                          [&](storage::Transaction& tx) { return decision_of(tx, orphan.id); }));
  // One that is decided may be at its COMMIT PREPARED just now: two at once disturb each other.
  if (orphan.age < (decision ? std::min(options.grace, kSettling) : options.grace)) {
    ++recovered.waiting;
    return base::ok_status();
  }
  if (!decision) {
    // Its coordinator may be slow, not dead: what is written now is what it will find.
    ASHLAR_ASSIGN(decision, home.write(home_context(), [&](storage::Transaction& tx) {
      return decide(tx, orphan.id, options.name, Decision::kAbort, orphan.branch + " ",
                    clock.now());
    }));
  }
  if (*decision == Decision::kCommit) {
    ASHLAR_TRY(commit_prepared(link, orphan.gid));
    ++recovered.committed;
    return base::ok_status();
  }
  ASHLAR_TRY(roll_back_prepared(link, orphan.gid));
  ++recovered.aborted;
  return base::ok_status();
}

void Coordinator::Impl::note_age(const std::vector<Orphan>& orphans, const std::string& branch) {
  seen += static_cast<std::int64_t>(orphans.size());
  for (const Orphan& orphan : orphans) {
    oldest_s = std::max<std::int64_t>(oldest_s, orphan.age.count());
    if (orphan.age < kOld) continue;
    log.warn("two-phase commit: an old prepared transaction holds locks and stops vacuum",
             {{"branch", branch}, {"gid", orphan.gid}, {"age_s", orphan.age.count()}});
  }
}

base::Status Coordinator::Impl::forget_old(
    const std::map<std::string, std::set<std::string>>& prepared_at, Recovered& recovered) {
  const base::Time before = clock.now() - options.keep_decisions;
  ASHLAR_ASSIGN(const std::vector<OldDecision> old,
                home.read(home_context(), [&](storage::Transaction& tx) {
                  return old_decisions(tx, options.name, before, kForgetBatch);
                }));
  std::vector<std::string> settled;
  for (const OldDecision& decision : old) {
    if (is_settled(decision.id, decision.branches, prepared_at)) settled.push_back(decision.id);
  }
  if (settled.empty()) return base::ok_status();
  ASHLAR_TRY(home.write(home_context(), [&](storage::Transaction& tx) -> base::Status {
    for (const std::string& id : settled) ASHLAR_TRY(forget(tx, id));
    return base::ok_status();
  }));
  recovered.forgotten = static_cast<int>(settled.size());
  return base::ok_status();
}

Coordinator::Coordinator(Options options, storage::Database& home, const base::Clock& clock,
                         base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), home, clock, entropy, metrics, log)) {}

Coordinator::~Coordinator() { stop(); }

base::Status Coordinator::check() {
  for (const auto& pool : impl_->pools) {
    ASHLAR_ASSIGN(storage::PostgresLink link, pool->take());
    ASHLAR_ASSIGN(const std::int64_t slots, prepared_slots(link.get()));
    if (slots == 0) {
      return base::fail(base::Code::kPreconditionFailed, "twophase_disabled",
                        "PostgreSQL of the branch " + pool->name() +
                            " prepares no transactions: set max_prepared_transactions to at "
                            "least " +
                            std::to_string(impl_->options.max_running) +
                            " in its postgresql.conf and restart it.");
    }
    pool->give_back(std::move(link));
  }
  return base::ok_status();
}

void Coordinator::start() {
  impl_->recoverer =
      std::make_unique<runtime::Periodic>("twophase", kRecoverEvery, [impl = impl_.get()] {
        const base::Result<Recovered> done = impl->recover();
        if (!done.ok()) {
          impl->log.warn("two-phase commit: no recovery", {{"detail", done.error().detail}});
        }
      });
  impl_->recoverer->wake();
}

void Coordinator::stop() {
  if (impl_->recoverer) impl_->recoverer->stop();
}

base::Result<Coordinator::Done> Coordinator::run(
    std::span<const Work> work, const std::function<base::Status(storage::Transaction&)>& at_home) {
  const Running running(impl_->running);
  if (running.before() >= impl_->options.max_running) {
    return base::fail(base::Code::kUnavailable, "twophase_busy",
                      "Too many two-phase commits are under way.");
  }
  return impl_->run(work, at_home);
}

base::Result<Coordinator::Recovered> Coordinator::recover() { return impl_->recover(); }

}  // namespace ashlar::twophase
