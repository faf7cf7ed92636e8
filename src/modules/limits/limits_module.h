// LimitsModule: everything of limits that lives as long as the program.
//
//   gRPC, RESP (limits_ports.h) ──on loops──┐
//   /json (rls_http.h), REST ──on workers──┴─> LimitStates ─> MemoryState ─> StateSnapshot (file)
//   rule folder ─RuleWatch, every 500 ms─> RlsService          └─> Redis, one link a loop
//                                     └──> RuleBook: the installation's own native rules
//
// Order: construct → load() → start() → served → close_streams(), last request answered → stop().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "modules/limits/limit_states.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/native_limits.h"
#include "modules/limits/own_rules.h"
#include "modules/limits/rls_service.h"
#include "modules/limits/rls_stats.h"
#include "modules/limits/rule_watch.h"
#include "modules/limits/state_snapshot.h"
#include "modules/limits/throttle_limits.h"
#include "platform/http/route.h"

namespace ashlar::limits {

class LimitsModule {
 public:
  using MakeStates = std::function<std::unique_ptr<LimitStates>(MemoryState&)>;

  struct Options {
    std::string rule_folder;  // empty: there are no rule files
    RlsTree::Options tree;
    RlsService::Options service;
    MemoryState::Options memory;
    std::string snapshot_path;  // empty: counts begin anew with each start
    base::Millis snapshot_every{5'000};
    NativeLimits::Options native;
    MakeStates states = states_in_process;
  };

  // All by reference outlives it.
  LimitsModule(Options options, storage::Database& db, const base::Clock& clock,
               base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);
  ~LimitsModule();
  LimitsModule(const LimitsModule&) = delete;
  LimitsModule& operator=(const LimitsModule&) = delete;

  // Reads the rule files and the counts of the last run. Error: of the rule files; counts that
  // cannot be read are logged and begin anew.
  base::Status load();
  void start();
  void close_streams() { native.close_streams(); }
  void stop();  // idempotent; keeps the counts

  // POST /json, GET /healthcheck: for a listener of their own.
  http::RouteTable ratelimit_routes();
  // Where CL.THROTTLE is noted (throttle_limits.h): as each owner's rule of that name.
  ThrottleLimits::UsageOf throttle_usage();
  // Rules are loaded, as far as there are any.
  [[nodiscard]] bool ready() const { return rls.tree() != nullptr; }

 private:
  [[nodiscard]] RlsTree::Options tree_options();
  [[nodiscard]] RlsService::Options service_options();
  void restore_counts();
  void note_kept(const base::Status& status);

  const Options options_;
  const base::Clock& clock_;
  obs::Log& log_;

 public:
  MemoryState memory;
  const std::unique_ptr<LimitStates> states;
  NativeLimits native;
  RlsStats rls_stats;
  RlsService rls;

 private:
  OwnRules own_rules_;
  RuleWatch watch_;
  std::optional<StateSnapshot> snapshot_;
  std::unique_ptr<runtime::Periodic> watcher_;
  std::unique_ptr<runtime::Periodic> keeper_;
  bool kept_ = true;  // the last attempt to write the counts; keeper_'s thread
};

}  // namespace ashlar::limits
