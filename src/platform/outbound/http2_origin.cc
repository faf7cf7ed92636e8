#include "platform/outbound/http2_origin.h"

#include <algorithm>
#include <utility>

#include "platform/observability/metrics.h"
#include "platform/outbound/http2_metrics.h"
#include "platform/outbound/public_address.h"
#include "platform/outbound/tls_client.h"

namespace ashlar::outbound {
namespace {

constexpr base::Millis kAddressesKept{30'000};
constexpr base::Millis kFirstPause{100};
constexpr base::Millis kLongestPause{10'000};

std::string authority_of(const Target& target) {
  const bool usual = target.port == (target.secure ? 443 : 80);
  return usual ? target.host : target.host + ":" + std::to_string(target.port);
}

}  // namespace

Http2Origin::Http2Origin(Http2Shared& shared, Target target, std::uint64_t number)
    : shared_(shared),
      target_(std::move(target)),
      authority_(authority_of(target_)),
      number_(number) {}

Http2Origin::~Http2Origin() { abort(); }

bool Http2Origin::idle() const {
  return waiting_.empty() && !looking_up_ &&
         std::ranges::all_of(connections_, [](const auto& c) { return c->idle(); });
}

bool Http2Origin::any_up() const {
  return std::ranges::any_of(connections_,
                             [](const auto& c) { return !c->closed() && !c->pending(); });
}

// One at a time; those that leave are beside those that may be, and as many at most.
bool Http2Origin::may_connect() const {
  std::size_t open = 0;
  std::size_t leaving = 0;
  for (const auto& connection : connections_) {
    if (connection->closed()) continue;
    if (connection->pending()) return false;
    ++(connection->leaving() ? leaving : open);
  }
  const std::size_t most = shared_.options.max_connections;
  return !looking_up_ && open < most && leaving < most;
}

// --- Calls ---------------------------------------------------------------------------------------

void Http2Origin::add(std::unique_ptr<Http2Call> call) {
  if (shared_.loop.mono() < http1_until_) {
    call->result.end = Http2End::kHttp1Only;
    call->result.detail = "the server speaks HTTP/1";
    return shared_.tell(*call);
  }
  if (waiting_.size() >= shared_.options.max_waiting) {
    call->result.end = Http2End::kBusy;
    call->result.detail = "too many requests wait for " + authority_;
    return shared_.tell(*call);
  }
  waiting_.push_back(std::move(call));
}

void Http2Origin::pump() {
  for (const auto& connection : connections_) fill(*connection);
  if (!waiting_.empty() && !stopping_) want_connection();
}

void Http2Origin::pump_soon() {
  if (std::exchange(pumping_soon_, true)) return;
  shared_.on_origin(number_, [](Http2Origin& origin) {
    origin.pumping_soon_ = false;
    origin.pump();
    origin.flush();
  });
}

void Http2Origin::fill(Http2Connection& connection) {
  while (!waiting_.empty()) {
    if (waiting_.front()->done && !connection.has_room()) return;
    std::unique_ptr<Http2Call> call = std::move(waiting_.front());
    waiting_.pop_front();
    if (call->done) connection.begin(std::move(call));
  }
}

void Http2Origin::flush() {
  for (const auto& connection : connections_) {
    if (!connection->closed()) connection->flush();
  }
}

void Http2Origin::on_end(Http2Call& call) { shared_.tell(call); }

void Http2Origin::take_back(std::unique_ptr<Http2Call> call) {
  if (stopping_ || ++call->replays > Http2Client::kMaxReplays) {
    call->result.end = stopping_ ? Http2End::kStopping : Http2End::kUnreachable;
    call->result.detail = "the server refuses the stream";
    call->result.begun = false;
    return shared_.tell(*call);
  }
  shared_.metrics.replays.add();
  call->result = {};
  call->head_complete = false;
  waiting_.push_front(std::move(call));
}

void Http2Origin::expire(Http2Call& call) {
  constexpr const char* kLate = "no answer in time";
  if (call.connection != nullptr) {
    call.connection->cancel(call, Http2End::kTimedOut, kLate);
    return pump_soon();
  }
  call.result.end = Http2End::kTimedOut;
  call.result.detail = kLate;
  shared_.tell(call);
  while (!waiting_.empty() && !waiting_.front()->done) waiting_.pop_front();
}

void Http2Origin::end_waiting(Http2End end, const std::string& why) {
  auto waiting = std::exchange(waiting_, {});
  for (const auto& call : waiting) {
    if (!call->done) continue;
    call->result.end = end;
    call->result.begun = false;
    call->result.detail = why;
    shared_.tell(*call);
  }
}

// --- Connections ---------------------------------------------------------------------------------

void Http2Origin::want_connection() {
  if (!may_connect()) return;
  const base::Mono now = shared_.loop.mono();
  if (now < refused_until_) {
    if (!any_up()) end_waiting(refused_end_, refused_why_);
    return;
  }
  if (now < addresses_until_ && !addresses_.empty()) return connect();
  looking_up_ = true;
  const auto on_origin = shared_.on_origin;
  shared_.lookup.find(
      target_.host, target_.port, [on_origin, number = number_](base::Result<Addresses> found) {
        auto kept = std::make_shared<base::Result<Addresses>>(std::move(found));
        on_origin(number, [kept](Http2Origin& origin) { origin.on_found(std::move(*kept)); });
      });
}

void Http2Origin::on_found(base::Result<Addresses> found) {
  looking_up_ = false;
  if (!found.ok()) return attempt_failed(Http2End::kUnreachable, found.error().detail);
  addresses_ = std::move(*found);
  if (!shared_.options.allow_private) {
    std::erase_if(addresses_, [](const SocketAddress& a) { return !is_public(*a.get()); });
  }
  if (addresses_.empty()) {
    return attempt_failed(Http2End::kForbidden, "the name leads to no public address");
  }
  addresses_until_ = shared_.loop.mono() + kAddressesKept;
  next_address_ = 0;
  if (stopping_) return;
  connect();
}

void Http2Origin::connect() {
  std::unique_ptr<TlsClient> tls;
  if (target_.secure) {
    auto made = shared_.tls.connect(target_.host);
    if (!made.ok()) return attempt_failed(Http2End::kUnreachable, made.error().detail);
    tls = std::move(*made);
  }
  Http2Connection::Owner& owner = *this;
  connections_.push_back(std::make_unique<Http2Connection>(shared_.options, shared_.loop, owner,
                                                           authority_, std::move(tls)));
  connections_.back()->connect(addresses_[next_address_ % addresses_.size()]);
}

void Http2Origin::attempt_failed(Http2End end, const std::string& why) {
  shared_.metrics.connects_failed.add();
  const base::Mono now = shared_.loop.mono();
  if (end == Http2End::kHttp1Only) {
    http1_until_ = now + Http2Client::kHttp1Memory;
    return end_waiting(end, why);
  }
  // Another address of the same name is tried at once, where there is one.
  if (end == Http2End::kUnreachable && ++next_address_ < addresses_.size()) return pump_soon();
  addresses_.clear();
  next_address_ = 0;
  const base::Millis pause = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_, 7)));
  ++failures_;
  refused_until_ = now + pause / 2 +
                   base::Millis(static_cast<std::int64_t>(
                       shared_.random.below(static_cast<std::uint64_t>(pause.count() / 2 + 1))));
  refused_end_ = end;
  refused_why_ = why;
  if (!any_up()) end_waiting(end, why);
}

void Http2Origin::on_up(Http2Connection& /*connection*/) {
  failures_ = 0;
  next_address_ = 0;
  shared_.metrics.connects.add();
  shared_.metrics.connections.add(1);
}

void Http2Origin::on_turn(Http2Connection& connection) {
  fill(connection);
  if (!waiting_.empty() && !stopping_) want_connection();
}

void Http2Origin::on_closed(Http2Connection& /*connection*/, bool was_up, Http2End end,
                            const std::string& why) {
  if (was_up) {
    shared_.metrics.connections.add(-1);
    if (!stopping_) pump_soon();  // calls may have been given back
  } else {
    attempt_failed(end, why);
  }
}

void Http2Origin::on_tick(base::Mono now) {
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->on_tick(now);
  std::erase_if(connections_, [](const auto& c) { return c->closed(); });
  if (!waiting_.empty()) pump_soon();
}

void Http2Origin::stop() {
  stopping_ = true;
  end_waiting(Http2End::kStopping, "the client is stopped");
  for (const auto& connection : connections_) connection->leave();
}

void Http2Origin::abort() {
  stopping_ = true;
  for (const auto& connection : connections_) {
    connection->close(Http2End::kUnreachable, "the client is stopped");
  }
  end_waiting(Http2End::kStopping, "the client is stopped");
}

}  // namespace ashlar::outbound
