#include "modules/limits/rule_book.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "modules/limits/rule_json.h"
#include "modules/limits/rule_set.h"
#include "platform/observability/log.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

constexpr std::int64_t kMaxChanges = 1'000;
constexpr std::size_t kMaxSummaryBytes = 400;
constexpr int kMaxTries = 5;

storage::Context follower() { return storage::Context::platform(storage::PlatformUse::kLimits); }

base::Error rules_unavailable(const base::Error& cause) {
  return base::fail(base::Code::kUnavailable, "rules_unavailable",
                    "The rules could not be read: " + cause.detail);
}

void append_names(std::string& out, std::string_view verb, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!out.empty()) out += "; ";
  out += verb;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (out.size() > kMaxSummaryBytes) {
      out += " and " + std::to_string(names.size() - i) + " more";
      return;
    }
    out.append(i == 0 ? " " : ", ").append(names[i]);
  }
}

struct Notice {
  base::TenantId tenant;
  std::int64_t version = 0;
};

std::optional<Notice> parse_notice(std::string_view payload) {
  Notice notice;
  const char* const end = payload.data() + payload.size();
  const auto tenant = std::from_chars(payload.data(), end, notice.tenant.value);
  if (tenant.ec != std::errc{} || tenant.ptr == end || *tenant.ptr != ':') return std::nullopt;
  const auto version = std::from_chars(tenant.ptr + 1, end, notice.version);
  if (version.ec != std::errc{} || version.ptr != end) return std::nullopt;
  return notice;
}

}  // namespace

std::string rules_notice(base::TenantId tenant, std::int64_t version) {
  return tenant.to_string() + ":" + std::to_string(version);
}

std::string RuleDiff::summary() const {
  std::string out;
  append_names(out, "added", added);
  append_names(out, "changed", changed);
  append_names(out, "removed", removed);
  return out.empty() ? "order only" : out;
}

RuleDiff diff_of(const std::vector<Rule>& before, const std::vector<Rule>& after) {
  RuleDiff diff;
  std::map<std::string_view, const Rule*> old;
  for (const Rule& rule : before) old.emplace(rule.name, &rule);
  for (const Rule& rule : after) {
    const auto known = old.find(rule.name);
    if (known == old.end()) {
      diff.added.push_back(rule.name);
    } else {
      if (*known->second != rule) diff.changed.push_back(rule.name);
      old.erase(known);
    }
  }
  for (const auto& [name, rule] : old) diff.removed.emplace_back(name);
  return diff;
}

RuleBook::RuleBook(const Options& options, storage::Database& db, UsageBook& usage,
                   const base::Clock& clock, obs::Log& log)
    : options_(options),
      db_(db),
      usage_(usage),
      clock_(clock),
      log_(log),
      followed_at_(clock.now()),
      own_(compile({}, {}, &usage).value()) {
  db.subscribe(std::string(kRulesChannel), [this](const storage::Database::Notice& notice) {
    on_notice(notice.resync, notice.payload);
  });
}

RuleBook::~RuleBook() { stop(); }

// --- Asking --------------------------------------------------------------------------------------

base::Result<RuleBook::Rules> RuleBook::compile(base::TenantId tenant, std::vector<Rule> rules,
                                                UsageBook* usage) const {
  return RuleSet::compile(std::move(rules), {.owner = "tenant/" + tenant.to_string(),
                                             .tenant = tenant,
                                             .usage = usage,
                                             .seed = options_.seed});
}

base::Result<RuleBook::Rules> RuleBook::try_out(base::TenantId tenant,
                                                std::vector<Rule> rules) const {
  return compile(tenant, std::move(rules), nullptr);
}

base::Result<RuleBook::Rules> RuleBook::rules_of(base::TenantId tenant) {
  {
    const std::lock_guard lock(mutex_);
    if (!tenant.is_set()) return own_;
    const auto entry = entries_.find(tenant);
    if (entry != entries_.end()) {
      entry->second.asked = ++asks_;
      return entry->second.rules;
    }
  }
  base::Result<Rules> loaded = load(tenant);
  if (!loaded.ok()) return rules_unavailable(loaded.error());
  return loaded;
}

base::Result<store::Version> RuleBook::current(const storage::Context& context) {
  ASHLAR_ASSIGN(std::optional<store::Version> version,
                db_.read(context, [](storage::Transaction& tx) { return store::current(tx); }));
  return version ? std::move(*version) : store::Version{};
}

base::Result<RuleBook::Rules> RuleBook::load(base::TenantId tenant) {
  ASHLAR_ASSIGN(const store::Version version, current(storage::Context::tenant(tenant)));
  std::vector<Rule> rules;
  if (!version.text.empty()) {
    ASHLAR_ASSIGN(rules, read_rules(std::string_view(version.text)));
  }
  ASHLAR_ASSIGN(Rules compiled, compile(tenant, std::move(rules), &usage_));
  return install(tenant, version.version, std::move(compiled));
}

// What two threads read at once, and what comes in the wrong order: the later version holds.
RuleBook::Rules RuleBook::install(base::TenantId tenant, std::int64_t version, Rules rules) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(tenant);
  if (known == entries_.end() && entries_.size() >= options_.max_tenants) {
    entries_.erase(std::ranges::min_element(entries_, {},
                                            [](const auto& entry) { return entry.second.asked; }));
  }
  Entry& entry = entries_[tenant];
  if (entry.rules && entry.version >= version) return entry.rules;
  entry.version = version;
  entry.rules = std::move(rules);
  entry.asked = ++asks_;
  return entry.rules;
}

// --- Changing ------------------------------------------------------------------------------------

base::Result<RuleBook::Written> RuleBook::put(const Author& author, const std::vector<Rule>& rules,
                                              std::optional<std::int64_t> if_version) {
  return write(author, rules, "", if_version);
}

base::Result<RuleBook::Written> RuleBook::roll_back(const Author& author, std::int64_t number,
                                                    std::optional<std::int64_t> if_version) {
  ASHLAR_ASSIGN(
      const std::optional<store::Version> version,
      db_.read(author.context, [&](storage::Transaction& tx) { return store::find(tx, number); }));
  if (!version) {
    return base::fail(base::Code::kNotFound, "version_not_found",
                      "There is no such version, or it is too old to be kept.");
  }
  ASHLAR_ASSIGN(const std::vector<Rule> rules, read_rules(std::string_view(version->text)));
  return write(author, rules, "rolled back to " + std::to_string(number) + ": ", if_version);
}

// What costs time (compiling, comparing) is done outside the transaction, which then only commits
// where nobody was quicker.
base::Result<RuleBook::Written> RuleBook::write(const Author& author,
                                                const std::vector<Rule>& rules,
                                                const std::string& summary,
                                                std::optional<std::int64_t> if_version) {
  const base::TenantId tenant = author.context.tenant_id();
  Written written;
  written.version.text = rules_text(rules);
  if (written.version.text.size() > kMaxRulesBytes) {
    return rules_too_large();
  }
  written.version.rules = static_cast<std::int64_t>(rules.size());
  written.version.author = author.name;
  ASHLAR_ASSIGN(const Rules compiled, compile(tenant, rules, &usage_));
  for (int tries = 0; tries < kMaxTries; ++tries) {
    ASHLAR_ASSIGN(const store::Version last, current(author.context));
    if (if_version && *if_version != last.version) {
      return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                        "The rules were changed since; read them again.");
    }
    std::vector<Rule> before;
    if (!last.text.empty()) {
      ASHLAR_ASSIGN(before, read_rules(std::string_view(last.text)));
    }
    written.diff = diff_of(before, rules);
    if (last.version > 0 && last.text == written.version.text) {
      written.version = last;
      return written;
    }
    written.version.version = last.version + 1;
    written.version.written_at = clock_.now();
    written.version.summary = summary + written.diff.summary();
    bool first = false;
    ASHLAR_TRY(db_.write(author.context, [&](storage::Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(const std::vector<store::Version> newest, store::list(tx, INT64_MAX, 1));
      first = (newest.empty() ? 0 : newest.front().version) == last.version;
      if (!first) return base::ok_status();
      ASHLAR_TRY(store::insert(tx, written.version));
      ASHLAR_TRY(store::prune(tx, written.version.version - kKeptVersions + 1));
      tx.notify(kRulesChannel, rules_notice(tenant, written.version.version));
      tx.on_commit([&] { install(tenant, written.version.version, compiled); });
      return base::ok_status();
    }));
    if (first) return written;
  }
  return base::fail(base::Code::kConflict, "rules_busy",
                    "Others are changing these rules at this moment; try again.");
}

base::Result<RuleDiff> RuleBook::set_own(const std::vector<File>& files) {
  std::vector<Rule> rules;
  for (const File& file : files) {
    base::Result<std::vector<Rule>> read = read_rules(std::string_view(file.text));
    if (!read.ok()) {
      base::Error error = std::move(read).error();
      error.detail = file.name + ": " + error.detail;
      for (base::FieldError& field : error.fields) field.detail = file.name + ": " + field.detail;
      return error;
    }
    std::ranges::move(*read, std::back_inserter(rules));
  }
  ASHLAR_ASSIGN(Rules compiled, compile({}, rules, &usage_));
  std::vector<Rule> before;
  const std::lock_guard lock(mutex_);
  for (const CompiledRule& rule : own_->rules()) before.push_back(rule.rule);
  own_ = std::move(compiled);
  return diff_of(before, rules);
}

// --- Following -----------------------------------------------------------------------------------

void RuleBook::mark(base::TenantId tenant, std::int64_t version) {
  const auto entry = entries_.find(tenant);
  if (entry == entries_.end()) return;
  if (version == 0) {
    entries_.erase(entry);
  } else if (version > entry->second.version) {
    entry->second.stale = true;
  }
}

void RuleBook::on_notice(bool resync, std::string_view payload) {
  const std::optional<Notice> notice = resync ? std::nullopt : parse_notice(payload);
  {
    const std::lock_guard lock(mutex_);
    if (notice) {
      mark(notice->tenant, notice->version);
    } else {
      for (auto& [tenant, entry] : entries_) entry.stale = true;
    }
  }
  const std::lock_guard lock(thread_mutex_);
  if (thread_) thread_->wake();
}

base::Status RuleBook::follow() {
  const base::Time began = clock_.now();
  base::Time since;
  {
    const std::lock_guard lock(mutex_);
    since = std::min(followed_at_, began) - kOverlap;
  }
  ASHLAR_ASSIGN(const std::vector<store::Change> changes,
                db_.read(follower(), [&](storage::Transaction& tx) {
                  return store::changed_since(tx, since, kMaxChanges);
                }));
  std::vector<base::TenantId> stale;
  {
    const std::lock_guard lock(mutex_);
    followed_at_ = began;
    for (const store::Change& change : changes) mark(change.tenant, change.version);
    const bool all = static_cast<std::int64_t>(changes.size()) == kMaxChanges;
    for (auto& [tenant, entry] : entries_) {
      if (!entry.stale && !all) continue;
      entry.stale = false;  // a change that comes while it is read marks it again
      stale.push_back(tenant);
    }
  }
  for (const base::TenantId tenant : stale) {
    const base::Result<Rules> loaded = load(tenant);
    if (loaded.ok()) continue;
    log_.warn("rules not read: the ones before hold",
              {{"tenant", tenant.value}, {"reason", loaded.error().detail}});
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(tenant);
    if (entry != entries_.end()) entry->second.stale = true;
  }
  return base::ok_status();
}

void RuleBook::work() {
  if (const base::Status status = follow(); !status.ok()) {
    log_.warn("changed rules not asked for", {{"reason", status.error().detail}});
  }
}

void RuleBook::start() {
  const std::lock_guard lock(thread_mutex_);
  thread_ = std::make_unique<runtime::Periodic>("limits-rules", kFollowEvery, [this] { work(); });
}

void RuleBook::stop() {
  std::unique_ptr<runtime::Periodic> thread;
  {
    const std::lock_guard lock(thread_mutex_);
    thread = std::move(thread_);
  }
  if (thread) thread->stop();
}

}  // namespace ashlar::limits
