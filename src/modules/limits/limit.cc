#include "modules/limits/limit.h"

#include <utility>

#include "kit/count/key_hash.h"
#include "kit/siphash.h"

namespace ashlar::limits {
namespace {

// Constants, not secrets: ids and phases are the same in every process, for ever.
constexpr kit::SipKey kIdKey{0x6173686c61722e6c, 0x696d6974732e6964};
constexpr std::uint64_t kPhaseSeed = 0x6c696d697470686d;

std::uint64_t id_of(std::string_view identity, Algorithm algorithm) {
  std::string text(identity);
  text.push_back('\0');
  text.push_back(static_cast<char>('0' + static_cast<int>(algorithm)));
  return kit::siphash(kIdKey, text);
}

template <class Rule>
base::Result<Limit::KitRule> any(base::Result<Rule> rule) {
  if (!rule.ok()) return std::move(rule).error();
  return Limit::KitRule(*std::move(rule));
}

std::uint64_t burst_of(const LimitSpec& spec) { return spec.burst > 0 ? spec.burst : spec.amount; }

base::Result<Limit::KitRule> rule_of(const LimitSpec& spec) {
  switch (spec.algorithm) {
    case Algorithm::kFixedWindow:
      return any(kit::FixedWindowRule::make(spec.amount, spec.period));
    case Algorithm::kSlidingCounter:
      return any(kit::SlidingCounterRule::make(spec.amount, spec.period));
    case Algorithm::kSlidingLog:
      return any(kit::SlidingLogRule::make(spec.amount, spec.period, Limit::kLogEntries));
    case Algorithm::kTokenBucket:
      return any(kit::TokenBucketRule::make(burst_of(spec), spec.amount, spec.period));
    case Algorithm::kGcra:
      return any(kit::GcraRule::make(burst_of(spec), spec.amount, spec.period));
  }
  return base::fail(base::Code::kInvalid, "bad_algorithm", "There is no such algorithm.");
}

}  // namespace

Limit::Limit(LimitSpec spec, std::uint64_t id, KitRule rule)
    : spec_(std::move(spec)), id_(id), rule_(rule) {}

base::Result<std::shared_ptr<const Limit>> Limit::make(LimitSpec spec, std::string_view identity) {
  ASHLAR_ASSIGN(const KitRule rule, rule_of(spec));
  const std::uint64_t id = id_of(identity, spec.algorithm);
  return std::shared_ptr<const Limit>(new Limit(std::move(spec), id, rule));
}

std::uint64_t Limit::capacity() const {
  const bool bucket =
      spec_.algorithm == Algorithm::kTokenBucket || spec_.algorithm == Algorithm::kGcra;
  return bucket ? burst_of(spec_) : spec_.amount;
}

std::chrono::nanoseconds phase_of(const Limit& limit, std::string_view key) {
  const LimitSpec& spec = limit.spec();
  const bool window =
      spec.algorithm == Algorithm::kFixedWindow || spec.algorithm == Algorithm::kSlidingCounter;
  if (!spec.phase_per_key || !window) return std::chrono::nanoseconds{0};
  static const kit::KeyHash hash(kPhaseSeed);
  const unsigned __int128 product = static_cast<unsigned __int128>(hash(hash(key) ^ limit.id())) *
                                    static_cast<std::uint64_t>(spec.period.count());
  return std::chrono::nanoseconds{static_cast<std::int64_t>(product >> 64)};
}

}  // namespace ashlar::limits
