// PushGate: how much is sent to one host at once, how often, and whether it makes sense to try.
//
//   enter() ──place, rate and breaker allow──> Pass ──leave(how it went)
//      └── otherwise: when to ask again; nothing was sent, so the attempt is given back
//
// Per tenant and host, in this process: what one tenant's target does says nothing of another's. A
// host that fails as the breaker's options say is left alone for a while, then probed.
//
// Promises: 1. At most `max_running` passes of a host are out. 2. With a rate, passes of a host are
// its interval apart, but for one second's worth after a pause. 3. At most kMaxHosts hosts are
// known; the one that was idle longest is forgotten, with its breaker.
// Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/random.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "modules/tasks/tasks_store.h"

namespace ashlar::tasks {

class PushGate {
 public:
  static constexpr std::size_t kMaxHosts = 4096;
  static constexpr std::int64_t kDefaultRunning = 64;
  static constexpr base::Millis kFullPause{500};       // at least, when as many run as may
  static constexpr base::Millis kMaxTurn{300'000};     // of those that wait for their turn
  static constexpr base::Millis kBreakerPause{2'000};  // when its breaker is open
  static constexpr base::Millis kMaxPause{60'000};

  enum class Went : std::uint8_t { kWell, kBadly, kNowhere };  // kNowhere: says nothing of the host

  struct Host;
  struct Pass {
    std::shared_ptr<Host> host;
    kit::CircuitBreaker::Ticket ticket{};
    base::Mono entered{};
  };
  enum class Why : std::uint8_t { kBusy, kRate, kBreaker };
  struct Refusal {
    base::Millis pause;  // with jitter upward
    Why why;
  };

  explicit PushGate(std::uint64_t seed);
  ~PushGate();
  PushGate(const PushGate&) = delete;
  PushGate& operator=(const PushGate&) = delete;

  std::variant<Pass, Refusal> enter(base::TenantId tenant, std::string_view host,
                                    const store::TargetLimits& limits, base::Mono now);
  void leave(const Pass& pass, Went went, base::Mono now);

 private:
  using Key = std::pair<base::TenantId, std::string>;

  Host& host_of(Key key, base::Mono now);
  base::Millis with_jitter(base::Millis pause);
  base::Millis turn_after(Host& host, base::Mono::duration each, base::Mono now,
                          base::Millis least);

  std::mutex mutex_;  // guards what follows
  base::Random random_;
  std::map<Key, std::shared_ptr<Host>> hosts_;
};

}  // namespace ashlar::tasks
