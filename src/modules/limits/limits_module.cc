#include "modules/limits/limits_module.h"

#include <utility>

#include "modules/limits/rls_http.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"

namespace ashlar::limits {
namespace {

constexpr base::Millis kLookEvery{500};

// The hash of the last run, where its counts are to be found again.
kit::SipKey hash_seed(const std::string& snapshot_path, base::Entropy& entropy) {
  if (!snapshot_path.empty()) {
    if (const auto seed = StateSnapshot::seed_of(snapshot_path)) return *seed;
  }
  return {entropy.u64(), entropy.u64()};
}

}  // namespace

LimitsModule::LimitsModule(Options options, storage::Database& db, const base::Clock& clock,
                           base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      memory(options_.memory, hash_seed(options_.snapshot_path, entropy)),
      states(options_.states(memory)),
      native(options_.native, db, states->decider(), clock, entropy, metrics, log),
      rls_stats(metrics),
      rls(service_options(), &rls_stats),
      own_rules_(native.book, log),
      watch_(options_.rule_folder, tree_options(), rls, &own_rules_, log, metrics) {
  if (options_.snapshot_path.empty()) return;
  snapshot_.emplace(
      memory, clock,
      StateSnapshot::Options{.path = options_.snapshot_path, .interval = options_.snapshot_every});
}

LimitsModule::~LimitsModule() { stop(); }

RlsTree::Options LimitsModule::tree_options() {
  RlsTree::Options options = options_.tree;
  options.usage_of = [this](const RlsRule& rule) {
    return native.usage.rule({}, rule.path, rule.name);
  };
  return options;
}

RlsService::Options LimitsModule::service_options() {
  RlsService::Options options = options_.service;
  options.usage = native.usage.rule({}, RlsService::kRequestRule, RlsService::kRequestRule);
  return options;
}

base::Status LimitsModule::load() {
  if (snapshot_) restore_counts();
  if (!options_.rule_folder.empty()) return watch_.load();
  ASHLAR_ASSIGN(std::shared_ptr<const RlsTree> none, RlsTree::compile({}, tree_options()));
  rls.use(std::move(none));
  return base::ok_status();
}

void LimitsModule::restore_counts() {
  const auto counts = snapshot_->restore();
  if (!counts.ok()) log_.warn("limits' counts not restored", {{"detail", counts.error().detail}});
}

void LimitsModule::start() {
  native.start();
  if (!options_.rule_folder.empty()) {
    watcher_ =
        std::make_unique<runtime::Periodic>("limits-rules", kLookEvery, [this] { watch_.poll(); });
  }
  if (snapshot_) {
    keeper_ = std::make_unique<runtime::Periodic>("limits-counts", StateSnapshot::kTick,
                                                  [this] { note_kept(snapshot_->tick()); });
  }
}

// A disk that fails is said once, not with each attempt.
void LimitsModule::note_kept(const base::Status& status) {
  if (status.ok() == kept_) return;
  kept_ = status.ok();
  if (kept_) {
    log_.info("limits' counts are kept again");
  } else {
    log_.warn("limits' counts not kept", {{"detail", status.error().detail}});
  }
}

void LimitsModule::stop() {
  if (watcher_) watcher_->stop();
  native.stop();
  states->close();
  if (!keeper_) return;
  keeper_->stop();
  keeper_.reset();
  note_kept(snapshot_->save());
}

http::RouteTable LimitsModule::ratelimit_routes() {
  return rls_routes(
      [this](RlsCall& call) {
        states->run(
            [this, &call](LimitState& state) { rls.should_rate_limit(call, state, clock_.now()); });
      },
      [this] { return ready(); });
}

ThrottleLimits::UsageOf LimitsModule::throttle_usage() {
  return [this](base::TenantId owner) {
    return native.usage.rule(owner, kThrottleRule, owner.is_set() ? "" : kThrottleRule);
  };
}

}  // namespace ashlar::limits
