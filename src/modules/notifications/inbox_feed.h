// InboxFeed: tells those who watch a user's inbox that something in it has changed, in whatever
// instance that was. What has, they read.
//
//   event: inbox   data: {"user_id": "…"}
//
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each. Who may no longer call hears no more:
// the streams of a key end with it or with its tenant (security/key_notice.h), and none lasts
// longer than kMaxAge. A resync of storage tells all watchers to read again. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class EventStream;
class PendingWebSocket;
}  // namespace ashlar::http
namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class InboxFeed {
 public:
  static constexpr std::size_t kMaxWatchers = 20'000;
  static constexpr std::size_t kMaxWatchersPerTenant = 10'000;
  static constexpr base::Seconds kMaxAge{15 * 60};

  // Both outlive it; it subscribes to `db`, so it outlives `db`'s threads.
  InboxFeed(storage::Database& db, const base::Clock& clock);
  InboxFeed(const InboxFeed&) = delete;
  InboxFeed& operator=(const InboxFeed&) = delete;

  // Error: kTooMany too_many_streams.
  base::Status watch(const security::Principal& who, std::string_view user,
                     std::shared_ptr<http::EventStream> stream);
  // The same over a WebSocket: {"event": "inbox", "data": {"user_id": "…"}}; what the client sends
  // is not looked at.
  void watch(const security::Principal& who, std::string_view user, net::LoopGroup& loops,
             http::PendingWebSocket& socket);

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  struct Watcher {
    std::string inbox;  // as inbox_notice() names it
    base::TenantId tenant;
    security::KeyId key;  // not set: the administrator's session
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;
  };

  template <class Ends>
  void end_streams(const Ends& ends);
  void drop_ended();  // REQUIRES: mutex_ held
  void tell(std::string_view inbox);
  void tell_all();

  const base::Clock& clock_;
  std::mutex mutex_;               // guards what follows
  std::vector<Watcher> watchers_;  // by inbox, then in any order
  bool closed_ = false;
};

}  // namespace ashlar::notifications
