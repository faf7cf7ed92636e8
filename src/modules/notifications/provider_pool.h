// ProviderPool: which provider carries a message now, and none where none should.
//
//   choose ─┬─ lease ── Lease::send ──> done, and what was seen counts
//           ├─ wait: all that could do it are held back (why, how long); no attempt was made
//           ├─ queued: all places are taken; `resume` is called when one is free (place_queue.h)
//           ├─ spent: those that are left have been asked already (`exclude`), or `only` is gone
//           ├─ unfit: the channel has providers, but none of the type
//           └─ none: the tenant has no provider for the channel at all
//
// The choice: the lowest priority number whose providers admit it (provider_health.h, and the pace
// of its project); among equals by chance, by weight: with a `draw` always the same order as long
// as the providers are set as they are. Weight 0: only as `only`.
//
// Promises
//  1. A provider's settings hold from the first choose() after its change was announced
//     (kProviderNotices), in every instance; one whose version is
//     the same is kept, with its connections and what is known of it.
//  2. What a lease holds (a place, a probe) is given back once, also where it is dropped unsent.
//  3. Who waits for its pace is told its own turn: many do not come back together.
//  4. A queued one is resumed once, by a send that ends or by close(), on that thread.
//  5. Bounded: kMaxTenants are kept, those used longest ago are dropped; their sends end by
//     themselves.
//
// Providers are loaded on the caller's thread, which may block on the database. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/place_queue.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/provider_health.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::notifications {

// A provider as it is set, and how it is made.
struct ProviderSpec {
  ProviderId id;
  std::int64_t version = 0;
  std::string name, type;
  std::string project;  // those of one tenant's project share its pace; empty: alone
  Channel channel = Channel::kEmail;
  std::int64_t priority = 0;  // lower first
  std::int64_t weight = 1;
  bool enabled = true;
  std::optional<double> pace_per_s;
  std::int64_t max_running = 1;
  bool is_one_service = true;  // as ProviderKind has it
  std::function<base::Result<std::unique_ptr<Provider>>()> make;
};
// All of a tenant, also those that are disabled.
using ProviderSource = std::function<base::Result<std::vector<ProviderSpec>>(base::TenantId)>;

class ProviderPool {
 private:
  struct Member;
  struct Impl;

 public:
  static constexpr std::size_t kMaxTenants = 1024;

  // The right to one send. Dropped unsent it gives back what it holds.
  class Lease {
   public:
    Lease(std::shared_ptr<Impl> pool, std::shared_ptr<Member> member, ProviderHealth::Ticket ticket,
          PlaceQueue::Lane lane);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] ProviderId provider() const;
    [[nodiscard]] const std::string& name() const;
    // Once. `done` once, from any thread, after what was seen has been counted.
    void send(Outgoing message, Provider::Done done);

   private:
    std::shared_ptr<Impl> pool_;
    std::shared_ptr<Member> member_;
    std::optional<ProviderHealth::Ticket> ticket_;
    const PlaceQueue::Lane lane_;
  };

  struct Wanted {
    base::TenantId tenant{};
    Channel channel = Channel::kEmail;
    Priority priority = Priority::kNormal;
    std::string_view type{};                // of the provider: a device's platform; empty: any
    std::string_view domain{};              // mail: of the receiver; else empty
    std::span<const ProviderId> exclude{};  // asked already
    ProviderId only{};                      // set: this one or none
    std::uint64_t draw = 0;                 // 0: any order; else this one's
    bool only_first = false;                // the first of its order or none, also where it is held
  };
  struct Choice {
    enum class Kind : std::uint8_t { kLease, kWait, kQueued, kSpent, kUnfit, kNone };
    Kind kind = Kind::kNone;
    std::shared_ptr<Lease> lease;
    ProviderId first;  // of the order, whether it is held or not; unset: there is none
    std::chrono::nanoseconds wait{0};
    Hold hold = Hold::kNone;  // kWait: of the one that is free first; kNone: all are disabled
  };

  // All outlive it.
  ProviderPool(ProviderSource source, std::uint64_t seed, const base::Clock& clock,
               obs::Registry& metrics, obs::Log& log);
  ~ProviderPool();  // close(); leases may outlive it
  ProviderPool(const ProviderPool&) = delete;
  ProviderPool& operator=(const ProviderPool&) = delete;

  // Errors: those of the source. Without `resume` nothing is queued.
  base::Result<Choice> choose(const Wanted& wanted, PlaceQueue::Resume resume = nullptr);

  // Of a notice: the tenant's providers are read again. All: where the notice is a resync.
  void forget(base::TenantId tenant);
  void forget_all();

  struct ProviderView {
    ProviderId id;
    std::string name, type;
    Channel channel = Channel::kEmail;
    bool enabled = true;
    std::string trouble;  // why its settings cannot be used; empty: they can
    ProviderHealth::View health;
  };
  // Ends all providers: what is under way ends as they promise, no other is begun; those in the
  // queue are resumed. Idempotent.
  void close();

  // As this instance sees them.
  base::Result<std::vector<ProviderView>> health(base::TenantId tenant);
  [[nodiscard]] std::size_t open_breakers() const;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
