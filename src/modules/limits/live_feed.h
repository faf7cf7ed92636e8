// LiveFeed: what the limits did in the last second, pushed to the event streams of those who watch.
//
// Each second every watcher gets one event for its tenant, quiet or not:
//   event: limits   data: {"at":"…","rules":[{"rule":"…","allowed":1,"denied":2,
//                                            "shadow_denied":0,"failed":0}, …]}
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each, kMaxRules rules an event (those with
// the most requests). Who may no longer call hears no more: the streams of a key end with it or
// with its tenant (security/key_notice.h), and none lasts longer than kMaxAge. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/limits/usage.h"
#include "platform/security/principal.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class EventStream;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::limits {

class LiveFeed {
 public:
  static constexpr std::size_t kMaxWatchers = 256;
  static constexpr std::size_t kMaxWatchersPerTenant = 32;
  static constexpr std::size_t kMaxRules = 200;
  static constexpr base::Seconds kMaxAge{15 * 60};

  // Both outlive it; it subscribes to `db`, so it outlives `db`'s threads.
  LiveFeed(storage::Database& db, const base::Clock& clock);
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // Of the rules of `owner` (not set: the installation's own). Error: kTooMany too_many_streams.
  base::Status watch(const security::Principal& who, base::TenantId owner,
                     std::shared_ptr<http::EventStream> stream);

  void publish(std::span<const RuleSecond> seconds, base::Time at);

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  struct Watcher {
    base::TenantId owner;
    base::TenantId tenant;  // for whom it was opened
    security::KeyId key;    // not set: the administrator's session
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;
  };

  template <class Ends>
  void end_streams(const Ends& ends);
  void drop_ended();  // REQUIRES: mutex_ held

  const base::Clock& clock_;
  std::mutex mutex_;  // guards what follows
  std::vector<Watcher> watchers_;
  bool closed_ = false;
};

}  // namespace ashlar::limits
