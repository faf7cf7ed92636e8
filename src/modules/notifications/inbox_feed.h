// InboxFeed: tells those who watch a user's inbox that something in it has changed, in whatever
// instance that was. What has, they read.
//
//   event: inbox   data: {"user_id": "…"}
//
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each. Who may no longer call hears no more:
// the streams of a key, and those of the inbox tokens that it made, end with it or with its tenant
// (security/key_notice.h); those of a token with the token; and none lasts longer than kMaxAge. A
// stream that ends with its token says so first (event: ended, data: {"reason"}), a WebSocket by
// its code: 4401 expired_inbox_token, 4403 ended_inbox_token. A resync of storage tells all
// watchers to read again, and has those with a token come again. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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

  struct Guest {
    base::TenantId tenant;
    security::KeyId key;  // its own, or the one that made its token; not set: the administrator
    std::string_view user;
    std::optional<base::Time> until;  // of its token
    // Whether its token was ended: asked once more when it is heard for, since an end between the
    // token's reading and then was told to nobody.
    std::function<bool()> ended = {};
  };
  // Error: kTooMany too_many_streams. `loops` outlives the stream.
  base::Status watch(const Guest& guest, net::LoopGroup& loops,
                     std::shared_ptr<http::EventStream> stream);
  // The same over a WebSocket: {"event": "inbox", "data": {"user_id": "…"}}; what the client sends
  // is not looked at.
  void watch(const Guest& guest, net::LoopGroup& loops, http::PendingWebSocket& socket);

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  // Of a stream whose token holds no more.
  using End = std::function<void(std::uint16_t code, std::string_view reason)>;
  struct Watcher {
    std::string inbox;  // as inbox_notice() names it
    base::TenantId tenant;
    security::KeyId key;  // not set: the administrator's session
    bool by_token = false;
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;
    End end;
  };

  template <class Ends>
  void end_streams(const Ends& ends);
  void drop_ended();  // REQUIRES: mutex_ held
  base::Status add(const Guest& guest, net::LoopGroup& loops,
                   std::shared_ptr<http::EventStream> stream, const End& end);
  base::Status insert(const Guest& guest, net::LoopGroup& loops,
                      std::shared_ptr<http::EventStream> stream, End end);
  void tell(std::string_view inbox);
  void tell_all();

  const base::Clock& clock_;
  std::mutex mutex_;               // guards what follows
  std::vector<Watcher> watchers_;  // by inbox, then in any order
  bool closed_ = false;
};

}  // namespace ashlar::notifications
