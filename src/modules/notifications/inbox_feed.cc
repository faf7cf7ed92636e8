#include "modules/notifications/inbox_feed.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "modules/notifications/inbox.h"
#include "platform/http/event_stream.h"
#include "platform/http/web_socket.h"
#include "platform/json/writer.h"
#include "platform/net/loop_group.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::uint16_t kExpired = 4401;
constexpr std::uint16_t kEndedByUs = 4403;

// A WebSocket that only hears. Its loop has the socket, any thread may push.
class SocketStream final : public http::EventStream,
                           public http::WebSocketReader,
                           public std::enable_shared_from_this<SocketStream> {
 public:
  explicit SocketStream(runtime::EventLoop& loop) : loop_(loop) {}

  bool push(std::string_view event, std::string_view data) override {
    if (!open_.load()) return false;
    std::string text;
    json::Writer(text).begin_object().key("event").string(event).key("data").raw(data).end_object();
    loop_.post([self = shared_from_this(), text = std::move(text)] {
      if (self->socket_) self->socket_->send(http::MessageKind::kText, text);
    });
    return true;
  }
  void close() override {
    constexpr std::uint16_t kGoingAway = 1001;
    end(kGoingAway, "connect again");
  }
  void end(std::uint16_t code, std::string_view reason) {
    loop_.post([self = shared_from_this(), code, why = std::string(reason)] {
      if (self->socket_) {
        self->socket_->close(code, why);
      } else {
        self->early_end_.emplace(code, why);
      }
    });
  }
  [[nodiscard]] bool is_open() const override { return open_.load(); }

  void on_open(const std::shared_ptr<http::WebSocket>& socket) override {
    socket_ = socket;
    if (early_end_) socket->close(early_end_->first, early_end_->second);
  }
  void on_message(http::MessageKind /*kind*/, std::string_view /*data*/) override {}
  void on_close(std::uint16_t /*code*/) override {
    open_.store(false);
    socket_.reset();
  }

 private:
  runtime::EventLoop& loop_;
  std::atomic<bool> open_{true};
  std::shared_ptr<http::WebSocket> socket_;                         // the loop's
  std::optional<std::pair<std::uint16_t, std::string>> early_end_;  // the loop's: before it opened
};

runtime::EventLoop& loop_of(net::LoopGroup& loops, const std::string& inbox) {
  return loops.loop(std::hash<std::string>{}(inbox) % loops.size());
}

std::string data_of(std::string_view inbox) {
  const std::string_view user = inbox.substr(inbox.find(':') + 1);
  std::string data;
  json::Writer(data).begin_object().key("user_id").string(user).end_object();
  return data;
}

}  // namespace

InboxFeed::InboxFeed(storage::Database& db, const base::Clock& clock) : clock_(clock) {
  db.subscribe(std::string(kInboxNotices), [this](const storage::Database::Notice& notice) {
    if (notice.resync) return tell_all();
    tell(notice.payload);
  });
  db.subscribe(std::string(kInboxTokenNotices), [this](const storage::Database::Notice& notice) {
    const std::lock_guard lock(mutex_);
    for (const Watcher& watcher : watchers_) {
      if (!watcher.by_token) continue;
      if (notice.resync) {
        watcher.stream->close();
      } else if (watcher.inbox == notice.payload) {
        watcher.end(kEndedByUs, "ended_inbox_token");
      }
    }
  });
  db.subscribe(std::string(security::kKeysChannel),
               [this](const storage::Database::Notice& notice) {
                 const auto ended = security::parse_key_notice(notice.payload);
                 if (notice.resync || !ended) {
                   end_streams([](const Watcher&) { return true; });
                 } else if (const auto* key = std::get_if<security::KeyId>(&*ended)) {
                   end_streams([&](const Watcher& watcher) { return watcher.key == *key; });
                 } else {
                   const auto tenant = std::get<base::TenantId>(*ended);
                   end_streams([&](const Watcher& watcher) { return watcher.tenant == tenant; });
                 }
               });
}

template <class Ends>
void InboxFeed::end_streams(const Ends& ends) {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : watchers_) {
    if (ends(watcher)) watcher.stream->close();
  }
  std::erase_if(watchers_, ends);
}

void InboxFeed::drop_ended() {
  const base::Mono now = clock_.mono();
  std::erase_if(watchers_, [now](const Watcher& watcher) {
    if (now >= watcher.ends_at) watcher.stream->close();
    return now >= watcher.ends_at || !watcher.stream->is_open();
  });
}

base::Status InboxFeed::add(const Guest& guest, net::LoopGroup& loops,
                            std::shared_ptr<http::EventStream> stream, const End& end) {
  ASHLAR_TRY(insert(guest, loops, std::move(stream), end));
  if (guest.ended && guest.ended()) end(kEndedByUs, "ended_inbox_token");
  return base::ok_status();
}

base::Status InboxFeed::insert(const Guest& guest, net::LoopGroup& loops,
                               std::shared_ptr<http::EventStream> stream, End end) {
  std::string inbox = inbox_notice(guest.tenant, guest.user);
  const base::Mono now = clock_.mono();
  const base::Micros left =
      guest.until ? std::max(*guest.until - clock_.now(), base::Micros{0}) : base::Micros(kMaxAge);
  const base::Mono ends_at = now + std::min(left, base::Micros(kMaxAge));
  const bool with_token = left < base::Micros(kMaxAge);
  // Where nothing else happens, its time is over all the same.
  const std::weak_ptr<http::EventStream> weak = stream;
  runtime::EventLoop& loop = loop_of(loops, inbox);
  loop.post([&loop, ends_at, with_token, weak, end] {
    loop.run_at(ends_at, [with_token, weak, end] {
      const auto open = weak.lock();
      if (!open) return;
      if (with_token) return end(kExpired, "expired_inbox_token");
      open->close();
    });
  });
  const std::lock_guard lock(mutex_);
  drop_ended();
  const auto of_tenant = std::ranges::count(watchers_, guest.tenant, &Watcher::tenant);
  if (closed_ || watchers_.size() >= kMaxWatchers ||
      of_tenant >= static_cast<std::ptrdiff_t>(kMaxWatchersPerTenant)) {
    return base::fail(base::Code::kTooMany, "too_many_streams",
                      "Too many inboxes are watched; close a stream.");
  }
  const auto place = std::ranges::upper_bound(watchers_, inbox, {}, &Watcher::inbox);
  watchers_.insert(place, {std::move(inbox), guest.tenant, guest.key, guest.until.has_value(),
                           ends_at, std::move(stream), std::move(end)});
  return base::ok_status();
}

base::Status InboxFeed::watch(const Guest& guest, net::LoopGroup& loops,
                              std::shared_ptr<http::EventStream> stream) {
  const std::weak_ptr<http::EventStream> weak = stream;
  return add(guest, loops, std::move(stream), [weak](std::uint16_t, std::string_view reason) {
    const auto open = weak.lock();
    if (!open) return;
    std::string data;
    json::Writer(data).begin_object().key("reason").string(reason).end_object();
    static_cast<void>(open->push("ended", data));
    open->close();
  });
}

void InboxFeed::watch(const Guest& guest, net::LoopGroup& loops, http::PendingWebSocket& socket) {
  runtime::EventLoop& loop = loop_of(loops, inbox_notice(guest.tenant, guest.user));
  auto stream = std::make_shared<SocketStream>(loop);
  const std::weak_ptr<SocketStream> weak = stream;
  base::Status watched =
      add(guest, loops, stream, [weak](std::uint16_t code, std::string_view reason) {
        if (const auto open = weak.lock()) open->end(code, reason);
      });
  if (!watched.ok()) return socket.refuse(std::move(watched).error());
  constexpr std::size_t kMaxHeard = 1024;
  constexpr std::size_t kMaxQueued = 64 * 1024;
  socket.accept(loop, stream, {.max_message_bytes = kMaxHeard, .max_queue_bytes = kMaxQueued});
}

void InboxFeed::tell(std::string_view inbox) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] =
      std::ranges::equal_range(watchers_, inbox, std::less<>{}, &Watcher::inbox);
  if (first == last) return;
  const std::string data = data_of(inbox);
  // A stream that is gone says so with is_open() as well, and drop_ended() forgets it.
  for (auto it = first; it != last; ++it) static_cast<void>(it->stream->push("inbox", data));
}

void InboxFeed::tell_all() {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : watchers_) {
    static_cast<void>(watcher.stream->push("inbox", data_of(watcher.inbox)));
  }
}

void InboxFeed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const Watcher& watcher : watchers_) watcher.stream->close();
  watchers_.clear();
}

}  // namespace ashlar::notifications
