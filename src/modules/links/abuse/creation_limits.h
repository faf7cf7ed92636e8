// CreationLimits: how many links may be made in an hour by one key, for one tenant, from one
// address.
//
// GCRA each: all of an hour's at once, then evenly. IPv6 by /64. All or nothing: who is refused by
// one has taken nothing of the others. In memory and per process: behind several instances each
// lets as many through. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_map.h"
#include "kit/siphash.h"

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::links::abuse {

class CreationLimits {
 public:
  static constexpr std::size_t kMaxKeys = 100'000;

  // Links an hour; 0: no limit.
  struct Options {
    std::uint64_t per_key = 0;
    std::uint64_t per_address = 0;
    std::uint64_t per_tenant = 0;
    kit::SipKey seed{};
  };
  // `metrics` outlives it.
  CreationLimits(const Options& options, obs::Registry& metrics);

  struct Who {
    std::int64_t key = 0;  // 0: none: the console's administrator
    std::int64_t tenant = 0;
    std::string_view address;
  };
  struct Refusal {
    std::vector<std::string_view> limits;      // links_per_key, links_per_address, links_per_tenant
    std::optional<base::Seconds> retry_after;  // none: more than an hour's at once
  };
  // For answers that are made of errors: kTooMany quota_exceeded.
  static base::Error error_of(const Refusal& refusal);
  // nullopt: they may be made, and are counted.
  std::optional<Refusal> admit(const Who& who, std::uint64_t links, base::Mono now);

 private:
  static constexpr std::size_t kLimits = 3;

  const kit::LimiterKeyHasher hasher_;
  std::array<std::optional<kit::GcraRule>, kLimits> rules_;
  std::array<obs::Counter*, kLimits> refused_{};
  kit::LimiterMap<kit::GcraState> states_{kMaxKeys};
};

}  // namespace ashlar::links::abuse
