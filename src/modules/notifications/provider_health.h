// ProviderHealth: what this process knows of one provider, as it is set now: whether it may be
// asked, and what its answers said.
//
//   admit ── a ticket: send ──> settle(ticket, what it answered)
//     └───── how long to wait, and why
//
//   service     a breaker over the last calls: opens when seven in ten fail, so after some tens of
//               failures whatever the traffic; kOpenTime later two probes decide
//   silence     who has attempts in hand and answers none is asked no more but by one probe each
//               2 s (provider_silence.h); what it has begun is left to it. A probe may go beyond
//               max_running, by one. Of web push each origin is listened to by itself: who is held
//               back are those of that origin alone
//   credential  a breaker of its own: one refused credential opens it, for longer
//   quiet       until when it asked to be left alone (429 with Retry-After)
//   places      at most max_running sends at once; bulk leaves a quarter of them to the rest. Who
//               waits is told its turn, as fast as its priority has got places of late, so that
//               many do not come back in vain: later, where none has become free for a while; what
//               is urgent looks every kPlaceWait
//   domains     mail: the pace of each receiving domain (domain_pace.h); web push: the silence of
//               each origin; kMaxDomains of them, those used last
//
// Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/domain_pace.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/provider_silence.h"

namespace ashlar::notifications {

// Why a provider is not asked now.
enum class Hold : std::uint8_t { kNone, kBreaker, kCredential, kQuiet, kPlaces, kPace, kDomain };
std::string_view name_of(Hold hold);  // "", "breaker", "credential", …

class ProviderHealth {
 public:
  static constexpr std::size_t kMaxDomains = 4096;
  static constexpr std::chrono::nanoseconds kOpenTime = std::chrono::seconds(2);
  static constexpr std::chrono::nanoseconds kPlaceWait = std::chrono::milliseconds(20);
  static constexpr std::chrono::nanoseconds kLongestPlaceWait = std::chrono::seconds(10);
  static constexpr std::chrono::nanoseconds kCredentialTime = std::chrono::seconds(30);

  // max_running >= 1. `is_one_service`: its silence is of all; else of each domain.
  ProviderHealth(std::int64_t max_running, bool is_one_service, std::uint64_t seed, base::Mono now);

  struct Ticket {
    kit::CircuitBreaker::Ticket service{}, credential{};
    std::string domain;
    bool probe = false;  // of one that is silent
  };
  struct Admission {
    std::optional<Ticket> ticket;
    Hold hold = Hold::kNone;
    std::chrono::nanoseconds wait{0};
    bool fell_silent = false;  // just now, all of it
  };
  // `domain`: the receiver's, in lower case; of web push its origin; empty: none.
  Admission admit(Priority priority, std::string_view domain, base::Mono now);
  // Each ticket once. nullopt: nothing was sent.
  void settle(const Ticket& ticket, const SendResult* result, std::chrono::nanoseconds took,
              base::Mono now);

  struct View {
    kit::CircuitBreaker::Stats service{}, credential{};  // open, too, where it is silent
    bool silent = false;
    std::int64_t running = 0;
    std::chrono::nanoseconds quiet_for{0};
    struct Domain {
      std::string name;
      double rate = 0;  // a second
    };
    std::vector<Domain> slowed;             // the 100 used last
    std::vector<std::string> silent_hosts;  // origins, of the 100 used last
  };
  View view(base::Mono now);
  [[nodiscard]] bool is_open() const;  // either breaker is not closed, or it is silent

 private:
  struct Domain {
    std::string name;
    DomainPace pace;           // mail
    ProviderSilence silence;   // not mail
    std::int64_t running = 0;  // of these
  };
  // What is known of those of a priority that wait for places.
  struct Crowd {
    base::Mono turn;                      // of the one that was told to wait last
    base::Mono refused, admitted;         // the last one
    std::chrono::nanoseconds spacing{0};  // between those that were admitted, smoothed
  };
  std::chrono::nanoseconds turn(Priority priority, base::Mono now);
  void admitted(Priority priority, base::Mono now);
  Domain& domain_of(std::string_view name);
  // May it be asked, as far as silence goes? Else `admission` says why not.
  bool is_heard(Domain* domain, base::Mono now, Admission& admission);
  static void settle_domain(DomainPace& pace, const SendResult& result, base::Mono now);

  const std::int64_t max_running_;
  const bool is_one_service_;
  kit::CircuitBreaker service_;
  kit::CircuitBreaker credential_;

  mutable std::mutex mutex_;  // guards what follows
  ProviderSilence silence_;
  std::int64_t running_ = 0;
  std::chrono::nanoseconds took_{0};  // a send, smoothed
  base::Mono settled_;                // when a place became free last, or the first was taken
  std::array<Crowd, 3> crowds_{};     // by Priority
  base::Mono quiet_until_;
  std::list<Domain> domains_;  // the one used last in front
  std::unordered_map<std::string_view, std::list<Domain>::iterator> by_name_;
};

}  // namespace ashlar::notifications
