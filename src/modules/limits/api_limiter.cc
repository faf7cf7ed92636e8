#include "modules/limits/api_limiter.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/limits/decider.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/rate_fields.h"
#include "modules/limits/rule_source.h"
#include "modules/limits/usage.h"
#include "platform/http/router.h"
#include "platform/observability/log.h"
#include "platform/security/principal.h"

namespace ashlar::limits {
namespace {

using security::Principal;

// The dearest request costs 10 units: who has one a second can make it.
constexpr std::uint64_t kDefaultBurstSeconds = 10;

Rule bucket_rule(const char* name, const char* attribute, const ApiLimiter::Bucket& bucket) {
  Rule rule;
  rule.name = name;
  rule.key = {attribute};
  rule.limit.name = name;
  rule.limit.algorithm = Algorithm::kGcra;
  rule.limit.amount = bucket.rate;
  rule.limit.period = std::chrono::seconds{1};
  rule.limit.burst = bucket.burst > 0 ? bucket.burst : bucket.rate * kDefaultBurstSeconds;
  rule.limit.on_failure = OnFailure::kOpen;
  return rule;
}

// What rules may see of a request. Texts live as long as this and the charge.
class RequestAttributes {
 public:
  explicit RequestAttributes(const http::Charge& charge) {
    if (charge.who.kind == Principal::Kind::kKey) {
      key_ = charge.who.key.to_string();
      add("tenant", charge.who.tenant_name);
      add("api_key", key_);
    }
    add(kAddress, charge.address);
    add("endpoint", charge.route.path);
    add("module", charge.route.module);
    add("method", http::method_name(charge.route.method));
  }
  RequestAttributes(const RequestAttributes&) = delete;
  RequestAttributes& operator=(const RequestAttributes&) = delete;

  [[nodiscard]] Attributes all() const { return {items_.data(), count_}; }

 private:
  // What check_attributes() would refuse is not there for any rule.
  void add(std::string_view name, std::string_view value) {
    if (value.empty() || value.size() > kMaxAttributeBytes) return;
    items_[count_++] = {name, value};
  }

  std::string key_;
  std::array<Attribute, 6> items_;
  std::size_t count_ = 0;
};

}  // namespace

// A request on its way: what applies to it, and the texts that its batch points into.
struct ApiLimiter::Asked {
  std::array<Rules, 2> sets;
  std::vector<const CompiledRule*> rules;
  std::vector<std::string> keys;

  void find(Attributes attributes) {
    for (const Rules& set : sets) {
      if (set && !set->rules().empty()) set->match(attributes, rules);
    }
  }
  void make_keys(Attributes attributes) {
    keys.reserve(rules.size());
    for (const CompiledRule* rule : rules) {
      RuleSet::append_key(*rule, attributes, keys.emplace_back());
    }
  }
};

ApiLimiter::ApiLimiter(const Options& options, Rules defaults, RuleSource& rules, Decider& decider,
                       const base::Clock& clock, obs::Log& log)
    : defaults_(std::move(defaults)),
      unbound_tenant_(options.unbound_tenant),
      jitter_(options.seed),
      rules_(rules),
      decider_(decider),
      clock_(clock),
      log_(log) {}

base::Result<std::unique_ptr<ApiLimiter>> ApiLimiter::make(const Options& options,
                                                           RuleSource& rules, UsageBook& usage,
                                                           Decider& decider,
                                                           const base::Clock& clock,
                                                           obs::Log& log) {
  std::vector<Rule> wanted;
  if (options.key.rate > 0) wanted.push_back(bucket_rule("api.key", "api_key", options.key));
  if (options.tenant.rate > 0)
    wanted.push_back(bucket_rule("api.tenant", "tenant", options.tenant));
  Rules defaults;
  if (!wanted.empty()) {
    ASHLAR_ASSIGN(
        defaults,
        RuleSet::compile(std::move(wanted),
                         {.owner = "api", .tenant = {}, .usage = &usage, .seed = options.seed}));
  }
  return std::unique_ptr<ApiLimiter>(
      new ApiLimiter(options, std::move(defaults), rules, decider, clock, log));
}

bool ApiLimiter::is_bound(const http::Charge& charge) const {
  return unbound_tenant_.empty() || charge.who.tenant_name != unbound_tenant_;
}

// The installation's own rules are in memory: asking for them cannot fail for want of storage.
http::Quota ApiLimiter::charge(const http::Charge& charge) {
  if (charge.who.kind == Principal::Kind::kAdmin) return {};
  Asked asked;
  if (defaults_ && is_bound(charge)) asked.sets[0] = defaults_;
  if (auto own = rules_.rules_of({}); own.ok()) asked.sets[1] = std::move(*own);
  const bool nothing = !asked.sets[0] && (!asked.sets[1] || asked.sets[1]->rules().empty());
  if (nothing) return {};
  const RequestAttributes attributes(charge);
  asked.find(attributes.all());
  if (asked.rules.empty()) return {};
  bound(asked);
  asked.make_keys(attributes.all());
  return ask(asked, http::charged_cost(charge.route));
}

void ApiLimiter::bound(Asked& asked) {
  if (asked.rules.size() <= Batch::kMaxAsks) return;
  asked.rules.resize(Batch::kMaxAsks);
  if (too_many_told_.exchange(true)) return;
  log_.warn("more own rules apply to a request than can be asked: the last ones are not",
            {{"most", static_cast<std::int64_t>(Batch::kMaxAsks)}});
}

http::Quota ApiLimiter::ask(Asked& asked, int cost) {
  std::array<WaitedBatch, 1> batches;
  WaitedBatch& batch = batches[0];
  batch.keeps = asked.sets[1];  // the defaults live as long as this
  batch.asks.reserve(asked.rules.size());
  for (std::size_t i = 0; i < asked.rules.size(); ++i) {
    batch.asks.push_back({asked.rules[i]->limit.get(), asked.keys[i],
                          static_cast<std::uint64_t>(cost), Action::kTake});
  }
  const base::Mono now = limiter_now(clock_.now());
  decider_.decide_and_wait(batches, now);
  http::Quota quota{.allowed = batch.allowed, .retry_after = std::chrono::seconds{0}, .states = {}};
  for (std::size_t i = 0; i < asked.rules.size(); ++i) {
    const CompiledRule& rule = *asked.rules[i];
    const Outcome& outcome = batch.outcomes[i];
    if (rule.usage) rule.usage->note(*rule.limit, outcome, asked.keys[i], now);
    const auto retry_after =
        jitter_.add_to(outcome.decision.retry_after, *rule.limit, asked.keys[i]);
    auto state = quota_state(*rule.limit, outcome, retry_after, batch.allowed);
    if (!state) continue;
    if (state->violated && quota.retry_after) {
      quota.retry_after = state->reset ? std::max(quota.retry_after, state->reset) : std::nullopt;
    }
    quota.states.push_back(std::move(*state));
  }
  return quota;
}

}  // namespace ashlar::limits
