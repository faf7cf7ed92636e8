#include "modules/limits/rule_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/limits/rls_service.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {

namespace {

namespace fs = std::filesystem;

// What stat says of one file, links followed: another file, or another content, has another.
struct FileMark {
  std::string name;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

FileMark mark_of(const std::string& name, const fs::path& path) {
  FileMark out;
  out.name = name;
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return out;
  out.device = found.st_dev;
  out.inode = found.st_ino;
  out.size = found.st_size;
  out.seconds = found.st_mtim.tv_sec;
  out.nanoseconds = found.st_mtim.tv_nsec;
  return out;
}

// Of a folder that cannot be read: what could be seen of it.
std::vector<FileMark> marks_of(const std::string& folder) {
  std::vector<FileMark> out{mark_of(".", folder)};
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    if (out.size() > RuleFolder::kMaxFiles) break;
    out.push_back(mark_of(at->path().filename().string(), at->path()));
  }
  std::ranges::sort(out, {}, &FileMark::name);
  return out;
}

auto content_of(const RlsRule& rule) {
  return std::tie(rule.name, rule.replaces, rule.requests_per_unit, rule.unit, rule.unlimited,
                  rule.shadow_mode, rule.quota_mode, rule.detailed_metric, rule.metadata);
}

struct Difference {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
};

Difference difference(const RlsTree* before, const RlsTree& after) {
  Difference out;
  std::map<std::string_view, const RlsRule*> old;
  if (before != nullptr) {
    for (const auto& rule : before->rules()) old.emplace(rule->path, rule.get());
  }
  for (const auto& rule : after.rules()) {
    const auto found = old.find(rule->path);
    if (found == old.end()) {
      ++out.added;
      continue;
    }
    if (content_of(*found->second) != content_of(*rule)) ++out.changed;
    old.erase(found);
  }
  out.removed = old.size();
  return out;
}

}  // namespace

struct RuleWatch::Impl {
  std::string path;
  RlsTree::Options options;
  RlsService& service;
  NativeRules* native;
  obs::Log& log;
  obs::Counter& loads;
  obs::Counter& failures;
  obs::Gauge& stale;

  std::vector<FileMark> seen;
  bool look_again = false;  // a change within the same tick of the file's clock has the same mark
  RuleFolder used;          // what is in use
  std::string complaint{};  // the last error that was logged, so that it is logged once

  Impl(std::string folder, const RlsTree::Options& tree_options, RlsService& rls,
       NativeRules* native_rules, obs::Log& lines, obs::Registry& metrics)
      : path(std::move(folder)),
        options(tree_options),
        service(rls),
        native(native_rules),
        log(lines),
        loads(counter(metrics, "ok")),
        failures(counter(metrics, "error")),
        stale(metrics.make_gauge("ashlar_limits_rule_files_stale",
                                 "1 while what is in the rule folder is not what is in use")) {}

  static obs::Counter& counter(obs::Registry& metrics, const char* outcome) {
    return metrics.make_counter("ashlar_limits_rule_files_loads_total",
                                "Times that the rule folder was read anew", {{"outcome", outcome}});
  }

  base::Status use(RuleFolder folder);
  base::Status take(bool first);
};

base::Status RuleWatch::Impl::use(RuleFolder folder) {
  ASHLAR_ASSIGN(const auto files, parse_rls_files(folder));
  ASHLAR_ASSIGN(auto tree, RlsTree::compile(files, options));
  const bool native_changed = native != nullptr && folder.native != used.native;
  if (native_changed) {
    ASHLAR_TRY(native->check(folder.native));
    native->use(folder.native);
  }
  const auto before = service.tree();
  const Difference found = difference(before.get(), *tree);
  const std::size_t limits = tree->rules().size();
  service.use(std::move(tree));
  log.info("rule files in use", {{"folder", path},
                                 {"files", folder.yaml.size() + folder.native.size()},
                                 {"limits", limits},
                                 {"added", found.added},
                                 {"removed", found.removed},
                                 {"changed", found.changed},
                                 {"native_changed", native_changed}});
  used = std::move(folder);
  return {};
}

// `seen` is taken before the files are: what changes meanwhile shows the next time.
base::Status RuleWatch::Impl::take(bool first) {
  std::vector<FileMark> now = marks_of(path);
  const bool same = now == seen;
  if (!first && same && !look_again) return {};
  look_again = !same;
  seen = std::move(now);
  ASHLAR_ASSIGN(RuleFolder folder, RuleFolder::read(path));
  if (!first && folder == used) {
    if (!complaint.empty()) {
      log.info("the rule folder is again what is in use", {{"folder", path}});
    }
    complaint.clear();
    stale.set(0);
    return {};
  }
  ASHLAR_TRY(use(std::move(folder)));
  loads.add();
  complaint.clear();
  stale.set(0);
  return {};
}

RuleWatch::RuleWatch(std::string folder, const RlsTree::Options& options, RlsService& service,
                     NativeRules* native, obs::Log& log, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(folder), options, service, native, log, metrics)) {}

RuleWatch::~RuleWatch() = default;

base::Status RuleWatch::load() { return impl_->take(true); }

void RuleWatch::poll() {
  const base::Status taken = impl_->take(false);
  if (taken.ok()) return;
  // What cannot be read may be readable later with the same marks: a mode is none of them.
  const std::string_view reason = taken.error().reason;
  if (reason == "bad_rule_folder" || reason == "no_rule_folder") impl_->look_again = true;
  impl_->failures.add();
  impl_->stale.set(1);
  if (taken.error().detail == impl_->complaint) return;
  impl_->complaint = taken.error().detail;
  impl_->log.error("the rule folder has an error; the rules before it stay in use",
                   {{"folder", impl_->path}, {"error", impl_->complaint}});
}

}  // namespace ashlar::limits
