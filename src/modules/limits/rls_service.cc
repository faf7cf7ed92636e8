#include "modules/limits/rls_service.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "modules/limits/limit_state.h"
#include "modules/limits/rls_metadata.h"
#include "modules/limits/rls_stats.h"
#include "modules/limits/usage.h"

namespace ashlar::limits {

namespace {

constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();

base::Error invalid(const char* reason, std::string detail) {
  return base::fail(base::Code::kInvalid, reason, std::move(detail));
}

std::uint32_t as_u32(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, kMost));
}

std::uint64_t hits_of(const RlsRequest& request, const RlsAsk& ask) {
  return ask.hits_addend.value_or(std::max(request.hits_addend, std::uint32_t{1}));
}

Action action_of(const RlsAsk& ask, std::uint64_t hits) {
  if (hits == 0) return Action::kPeek;
  return ask.is_negative_hits ? Action::kRefund : Action::kTake;
}

}  // namespace

// Limits that came with requests, by unit and amount: callers use few different ones.
struct RlsService::Overrides {
  static constexpr std::size_t kMost = 1024;

  std::mutex mutex;  // guards what follows
  // By domain, requests a unit, unit.
  std::map<std::tuple<std::string, std::uint32_t, RlsUnit>, std::shared_ptr<const Limit>> limits;
};

RlsService::RlsService(Options options, RlsStats* stats)
    : options_(std::move(options)), stats_(stats), overrides_(std::make_unique<Overrides>()) {}

RlsService::~RlsService() = default;

void RlsService::use(std::shared_ptr<const RlsTree> tree) {
  const std::lock_guard lock(mutex_);
  tree_.swap(tree);  // the old one goes after the lock
}

std::shared_ptr<const RlsTree> RlsService::tree() const {
  const std::lock_guard lock(mutex_);
  return tree_;
}

void RlsService::should_rate_limit(RlsCall& call, LimitState& state, base::Time now) const {
  call.service_ = this;
  call.tree_ = tree();
  call.now_ = now;
  call.status = prepare(call);
  if (!call.status.ok()) {
    if (stats_ != nullptr) stats_->count_error();
    call.on_answered();
  } else if (call.asks.empty()) {
    call.on_decided();
  } else {
    state.decide(call, limiter_now(now));
  }
}

base::Status RlsService::prepare(RlsCall& call) const {
  const RlsRequest& request = call.request;
  if (request.domain.empty()) return invalid("empty_domain", "rate limit domain must not be empty");
  if (request.descriptors.empty()) {
    return invalid("no_descriptors", "rate limit descriptor list must not be empty");
  }
  if (!call.tree_) return invalid("no_rules", "no rate limit configuration loaded");
  call.asks.clear();
  call.keys_.clear();
  call.descriptors_.resize(request.descriptors.size());
  for (std::size_t i = 0; i < request.descriptors.size(); ++i) ASHLAR_TRY(match(call, i));
  drop_replaced(call);
  return ask(call);
}

base::Status RlsService::match(RlsCall& call, std::size_t index) const {
  const RlsRequest& request = call.request;
  const RlsAsk& from = request.descriptors[index];
  RlsCall::Descriptor& out = call.descriptors_[index];
  out.overridden.reset();
  out.match.rule = nullptr;
  out.match.patterns.clear();
  out.ask = -1;
  out.replaced = false;
  out.hits = hits_of(request, from);
  if (!call.tree_->knows_domain(request.domain)) {
    if (stats_ != nullptr) stats_->count_unknown_domain();
  } else if (from.limit) {
    ASHLAR_ASSIGN(out.overridden, limit_for(request.domain, *from.limit));
  } else {
    call.tree_->find(request.domain, request.entries_of(from), out.match, call.scratch_);
  }
  out.unlimited = out.match.rule != nullptr && out.match.rule->unlimited;
  return {};
}

void RlsService::drop_replaced(RlsCall& call) {
  for (const RlsCall::Descriptor& by : call.descriptors_) {
    if (by.match.rule == nullptr || by.match.rule->replaces.empty()) continue;
    for (RlsCall::Descriptor& each : call.descriptors_) each.replaced |= by.replaces(each);
  }
}

// The keys are written first: their text may move while it grows.
base::Status RlsService::ask(RlsCall& call) const {
  const RlsRequest& request = call.request;
  bool own_limits = false;
  for (std::size_t i = 0; i < call.descriptors_.size(); ++i) {
    RlsCall::Descriptor& each = call.descriptors_[i];
    const Limit* limit = each.limit();
    if (limit == nullptr) continue;
    if (call.asks.size() == Batch::kMaxAsks) {
      return invalid("too_many_limits", "more than " + std::to_string(Batch::kMaxAsks) +
                                            " descriptors of one request have a limit");
    }
    const RlsAsk& from = request.descriptors[i];
    each.ask = static_cast<int>(call.asks.size());
    each.key_begin = call.keys_.size();
    RlsTree::append_key(request.domain, request.entries_of(from), each.match, call.keys_);
    each.key_end = call.keys_.size();
    call.asks.push_back({limit, {}, each.hits, action_of(from, each.hits)});
    own_limits = own_limits || each.overridden != nullptr;
  }
  for (const RlsCall::Descriptor& each : call.descriptors_) {
    if (each.ask < 0) continue;
    call.asks[static_cast<std::size_t>(each.ask)].key =
        std::string_view(call.keys_).substr(each.key_begin, each.key_end - each.key_begin);
  }
  call.consume = options_.count_refused ? Consume::kEach : Consume::kAllOrNone;
  call.keeps = call.tree_;
  if (own_limits) {
    auto all = std::make_shared<std::vector<std::shared_ptr<const void>>>(1, call.tree_);
    for (const RlsCall::Descriptor& each : call.descriptors_) all->push_back(each.overridden);
    call.keeps = std::move(all);
  }
  return {};
}

base::Result<std::shared_ptr<const Limit>> RlsService::limit_for(std::string_view domain,
                                                                 const RlsOverride& wanted) const {
  if (wanted.unit <= 0 || wanted.unit > static_cast<int>(RlsUnit::kWeek)) {
    return invalid("bad_unit", "the limit of a descriptor needs a unit");
  }
  const auto unit = static_cast<RlsUnit>(wanted.unit);
  const std::lock_guard lock(overrides_->mutex);
  if (overrides_->limits.size() >= Overrides::kMost) overrides_->limits.clear();
  std::string group(domain);
  std::shared_ptr<const Limit>& place = overrides_->limits[{group, wanted.requests_per_unit, unit}];
  if (!place) {
    LimitSpec spec;
    spec.name = kRequestRule;
    spec.group = std::move(group);
    spec.amount = wanted.requests_per_unit;
    spec.shadow = options_.all_shadow;
    spec.quota_mode = options_.all_quota;
    spec.keeping = options_.keeping;
    spec.on_failure = options_.on_failure;
    ASHLAR_ASSIGN(place, make_rls_limit(std::move(spec), unit));
  }
  return place;
}

RlsStatus RlsService::status_of(const RlsCall& call, std::size_t index) const {
  const RlsCall::Descriptor& from = call.descriptors_[index];
  RlsStatus out;
  if (from.unlimited) out.limit_remaining = kMost;
  if (from.ask < 0) return out;
  const Outcome& outcome = call.outcomes[static_cast<std::size_t>(from.ask)];
  const RlsRule* rule = from.match.rule;
  const std::optional<RlsOverride>& limit = call.request.descriptors[index].limit;
  out.has_limit = true;
  out.unit = rule != nullptr ? rule->unit : static_cast<RlsUnit>(limit->unit);
  out.requests_per_unit = rule != nullptr ? rule->requests_per_unit : limit->requests_per_unit;
  if (rule != nullptr) out.name = rule->name;
  if (outcome.over()) {
    if (rule == nullptr || !rule->shadow_mode) out.code = RlsCode::kOverLimit;
  } else {
    out.limit_remaining = as_u32(outcome.decision.remaining);
  }
  const std::int64_t unit_s = seconds_of(out.unit);
  const std::int64_t into_s = base::to_unix_seconds(call.now_) % unit_s;
  out.reset_s = unit_s - into_s;
  return out;
}

void RlsService::answer(RlsCall& call) const {
  RlsResponse& response = call.response;
  std::vector<const RlsRule*> passed;
  const RlsStatus* least = nullptr;
  std::size_t over = 0;
  std::size_t quota = 0;
  std::size_t quota_over = 0;
  response.statuses.resize(call.descriptors_.size());
  for (std::size_t i = 0; i < call.descriptors_.size(); ++i) {
    const RlsCall::Descriptor& from = call.descriptors_[i];
    const RlsStatus& status = response.statuses[i] = status_of(call, i);
    if (from.ask >= 0) {
      record(call, i);
      note(call, i);
    }
    if (status.has_limit &&
        status.limit_remaining < (least == nullptr ? kMost : least->limit_remaining)) {
      least = &status;
    }
    if (from.unlimited) continue;
    const bool is_quota = options_.all_quota || (from.ask >= 0 && from.match.rule != nullptr &&
                                                 from.match.rule->quota_mode);
    if (is_quota) ++quota;
    if (status.code != RlsCode::kOverLimit) {
      if (options_.dynamic_metadata && from.ask >= 0 && from.match.rule != nullptr) {
        passed.push_back(from.match.rule);
      }
    } else if (is_quota) {
      ++quota_over;
    } else {
      ++over;
      least = &status;
    }
  }
  const bool refused = over > 0 || (quota > 0 && quota == quota_over);
  response.overall_code = refused ? RlsCode::kOverLimit : RlsCode::kOk;
  if (refused && options_.all_shadow) {
    response.overall_code = RlsCode::kOk;
    if (stats_ != nullptr) stats_->count_global_shadow();
  }
  if (options_.response_headers && least != nullptr) add_headers(call, *least);
  if (options_.dynamic_metadata) response.metadata = rls_metadata(call.request, passed);
}

void RlsService::add_headers(RlsCall& call, const RlsStatus& least) const {
  auto& headers = call.response.headers;
  headers.emplace_back(options_.limit_header, std::to_string(least.requests_per_unit));
  headers.emplace_back(options_.remaining_header, std::to_string(least.limit_remaining));
  headers.emplace_back(options_.reset_header, std::to_string(least.reset_s));
}

void RlsService::note(const RlsCall& call, std::size_t index) const {
  const RlsCall::Descriptor& from = call.descriptors_[index];
  RuleUsage* usage =
      from.match.rule != nullptr ? from.match.rule->usage.get() : options_.usage.get();
  const auto place = static_cast<std::size_t>(from.ask);
  const Ask& ask = call.asks[place];
  if (usage == nullptr || ask.action != Action::kTake) return;
  // "domain_key_value_", and the rule's name has the domain
  std::string_view key = ask.key.substr(call.request.domain.size() + 1);
  if (!key.empty()) key.remove_suffix(1);
  usage->note(*ask.limit, call.outcomes[place], key, limiter_now(call.now_));
}

void RlsService::record(RlsCall& call, std::size_t index) const {
  if (stats_ == nullptr) return;
  const RlsCall::Descriptor& from = call.descriptors_[index];
  const auto ask = static_cast<std::size_t>(from.ask);
  if (call.asks[ask].action == Action::kRefund) return;
  const RlsRule* rule = from.match.rule;
  RlsSeries* series = rule == nullptr ? nullptr : rule->series.load(std::memory_order_relaxed);
  if (series == nullptr) {
    call.metric_.clear();
    call.tree_->append_metric(call.request.domain,
                              call.request.entries_of(call.request.descriptors[index]), from.match,
                              call.metric_, call.scratch_);
    series = &stats_->series_of(call.metric_);
    if (rule != nullptr && !rule->named_by_requests) {
      rule->series.store(series, std::memory_order_relaxed);
    }
  }
  const Outcome& outcome = call.outcomes[ask];
  RlsStats::record(*series, {.hits = from.hits,
                             .limit = outcome.decision.limit,
                             .remaining = outcome.decision.remaining,
                             .over = outcome.over(),
                             .shadow = rule != nullptr && rule->shadow_mode});
}

}  // namespace ashlar::limits
