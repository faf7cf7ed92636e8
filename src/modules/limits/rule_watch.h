// RuleWatch: follows a folder of rule files and brings what is in it to those who use it.
//
//   poll() ──nothing changed──> nothing
//          ──changed, all good──> apply() ──> a line in the log: rules added, removed, changed
//          ──changed, bad──> one line in the log; what was applied before stays
//
// The owner calls poll() from a runtime::Periodic every 500 ms. A change is seen by what stat says
// of each file and of the folder (time, size, inode: also a Kubernetes ConfigMap's swap of ..data);
// only then are the files read. What changed again while it was read is read again by the next
// poll().
//
// Metrics: ashlar_limits_rule_files_loads_total{outcome="ok|error"},
// ashlar_limits_rule_files_stale (1 while the folder's newest content is not in use). One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "modules/limits/rls_tree.h"
#include "modules/limits/rule_folder.h"

namespace ashlar::obs {
class Counter;
class Gauge;
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::limits {

class RlsService;

// Takes the texts of *.rules.json: all of them or, with an error, none. On poll()'s thread.
class NativeRules {
 public:
  virtual ~NativeRules() = default;
  // Checks; nothing changes yet.
  virtual base::Status check(const std::vector<RuleText>& files) = 0;
  // REQUIRES: check() of the same files was ok.
  virtual void use(const std::vector<RuleText>& files) = 0;
};

class RuleWatch {
 public:
  // All outlive it. `native` may be null: native files are then passed over.
  RuleWatch(std::string folder, const RlsTree::Options& options, RlsService& service,
            NativeRules* native, obs::Log& log, obs::Registry& metrics);
  ~RuleWatch();
  RuleWatch(const RuleWatch&) = delete;
  RuleWatch& operator=(const RuleWatch&) = delete;

  // The first time, before serving: an error is the caller's.
  base::Status load();
  void poll();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::limits
