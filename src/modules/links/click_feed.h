// ClickFeed: clicks as they are counted, pushed to the event streams of those who watch.
//
// After each flush every watcher gets one event for each of its links that was clicked:
//   event: clicks    data: {"code":"…","clicks":new ones,"total":all so far,"at":"…",
//                           "devices":{"mobile":2},"countries":{"DE":1}}
// with "domain":"…" before it where the link is on one. Devices and countries are of those clicks
// whose detail was kept.
//
// Clicks of other instances on the same database come a second or two later, through ClickRelay;
// of each those of its busiest links, some sixty a second.
//
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each, kMaxLinksPerFlush links of a tenant and
// flush (those with the most clicks). Nobody watching costs one atomic load.
//
// Who may no longer call hears no more: the streams of a key end as soon as storage's notice of its
// revocation, or of its tenant's end, arrives (security/key_notice.h); a resync ends all, and
// clients reconnect. What no notice tells (a key or session that expires, a revocation while the
// stream was being opened) ends with the stream: none gets events after kMaxAge.
//
// `total` is what the database has counted; while batches wait to be folded it is the last total
// that was sent plus what came since on this instance, so it never falls. Thread-safe; publish()
// and tick() from one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/click_count.h"
#include "modules/links/click_relay.h"
#include "platform/security/principal.h"

namespace ashlar::http {
class EventStream;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

namespace store {
struct NamedTotal;
}

class ClickFeed {
 public:
  static constexpr std::size_t kMaxWatchers = 512;
  static constexpr std::size_t kMaxWatchersPerTenant = 64;
  static constexpr std::size_t kMaxLinksPerFlush = 200;

  static constexpr base::Seconds kMaxAge{15 * 60};

  // Whose clicks a stream has: one link's, those of an analytics::Subject's key (a tag's, an
  // owner's, a domain's), or with neither all of the tenant.
  struct Scope {
    std::optional<LinkId> only{};
    std::string subject{};
  };

  // Both outlive it; it subscribes to `db`, so it outlives `db`'s threads. `instance`: chance; not
  // given where there is no other instance.
  ClickFeed(storage::Database& db, const base::Clock& clock,
            std::optional<std::uint64_t> instance = {});
  ClickFeed(const ClickFeed&) = delete;
  ClickFeed& operator=(const ClickFeed&) = delete;

  // `who` calls for its tenant, and `scope` is its. Error: kTooMany too_many_streams.
  base::Status watch(const security::Principal& who, Scope scope,
                     std::shared_ptr<http::EventStream> stream);

  // Called by ClickRecorder after each commit.
  void publish(std::span<const ClickCount> counts, const analytics::KeyedRollups& visits,
               base::Time at);

  // Called by ClickRecorder at each flush, whether anything was clicked or not: what other
  // instances told is sent on, and they are told.
  void tick();

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  struct Watcher {
    base::TenantId tenant;
    security::KeyId key;  // not set: the administrator's session
    Scope scope;
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;

    // As far as it can be told without knowing the link's tags.
    [[nodiscard]] bool may_want(const ClickCount& count) const {
      return tenant == count.tenant && (!scope.only || *scope.only == count.link);
    }
  };
  // What is said of one link.
  struct Event {
    ClickCount count;
    analytics::Rollup visits;
    std::vector<std::string> subjects;  // of the link; asked for only where somebody wants them
    base::Time at;
    bool own = true;  // clicked on this instance
  };

  std::vector<ClickCount> watched(std::span<const ClickCount> counts);
  std::vector<base::TenantId> tenants();
  void relay(std::span<const ClickCount> counts, const analytics::KeyedRollups& visits);
  void deliver(std::span<const ClickCount> wanted, const analytics::KeyedRollups& visits,
               base::Time at, bool own);
  void drop_ended();  // REQUIRES: mutex_ held
  template <class Ends>
  void end_streams(const Ends& ends);
  void send(const Event& event, const store::NamedTotal& named);

  storage::Database& db_;
  const base::Clock& clock_;
  std::optional<ClickRelay> relay_;
  std::atomic<std::size_t> watching_{0};

  std::mutex mutex_;  // guards what follows
  std::vector<Watcher> watchers_;
  std::unordered_map<LinkId, std::int64_t> sent_totals_;
  bool closed_ = false;
};

}  // namespace ashlar::links
