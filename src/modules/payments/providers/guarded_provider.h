// GuardedProvider: a provider that cannot drag us down: at most so many calls at once, a deadline
// for each, none at all while it fails, and figures of all that.
//
//   submit() ── breaker open, or as many calls under way as may ──> kNotDone, at once
//      └──> the provider, with the nearer of the two deadlines ──> counted ──> done
//
// What a refusal means is exact: the provider was not called. A query that is refused is kUnknown:
// it says nothing of the key. kUnknown and kNotDone of the provider's are failures to the breaker;
// a decline is none. Queries have places of their own: who resolves what is unknown must not wait
// behind those who make more of it.
//
// The provider must have called all it was given back before this goes. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::payments {

struct GuardOptions {
  base::Millis deadline{20'000};  // of one call
  std::uint32_t calls_at_once = 256;
  std::uint32_t queries_at_once = 64;
  kit::CircuitBreakerOptions breaker;
  std::uint64_t seed = 1;  // of the breaker's jitter
};

class GuardedProvider final : public Provider {
 public:
  // All outlive it. Metrics are labelled with the provider's name: one guard a name.
  GuardedProvider(Provider& inner, const GuardOptions& options, const base::Clock& clock,
                  obs::Registry& metrics);
  ~GuardedProvider() override;
  GuardedProvider(const GuardedProvider&) = delete;
  GuardedProvider& operator=(const GuardedProvider&) = delete;

  [[nodiscard]] std::string_view name() const override;
  void submit(ProviderCall call, Done done) override;
  void query(ProviderCall call, Done done) override;
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view body,
                                                         const Headers& headers) override;
  [[nodiscard]] base::Seconds remembers() const override;
  [[nodiscard]] base::Seconds settles_after() const override;
  [[nodiscard]] std::optional<CardFace> face_of(std::string_view token) const override;
  [[nodiscard]] bool takes(std::string_view token) const override;

  [[nodiscard]] kit::CircuitBreaker::State breaker() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::payments
