#include "platform/http/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/failpoint.h"
#include "platform/http/connection_stream.h"
#include "platform/http/proxy_protocol.h"
#include "platform/http/web_socket_connection.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

// One connection may not keep the loop from the others: after so many reads it waits its turn.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kReadBytes = 16 * 1024;

// How much of what a refused client goes on sending is read, and for how long.
constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;
constexpr base::Millis kLingerTimeout{2'000};

}  // namespace

Connection::Connection(IoThread& io, int fd, std::string peer_address,
                       std::unique_ptr<TlsStream> tls, bool expect_proxy_header)
    : io_(io),
      fd_(fd),
      peer_address_(std::move(peer_address)),
      tls_(std::move(tls)),
      phase_(expect_proxy_header ? Phase::kProxyHeader : Phase::kHead) {}

Connection::~Connection() { CHECK(phase_ == Phase::kClosed); }

void Connection::start() {
  io_.loop.add(fd_, *this);
  arm(io_.shared.options.head_timeout);  // a client that never sends is cut off like a slow one
}

void Connection::on_ready(Ready ready) {
  const std::shared_ptr<Connection> alive = shared_from_this();
  if (ready.writable && !output_.empty()) {
    flush();
    if (output_.empty() && (phase_ == Phase::kHead || phase_ == Phase::kBody)) resume();
    if (phase_ == Phase::kClosed) return;
  }
  if (phase_ == Phase::kLingering) return discard();
  if (ready.readable || ready.hangup || (tls_ && ready.writable)) {
    input_ready_ = true;
    if (ready.hangup) {
      hangup_ = true;
      client_gone_.store(true);
    }
    if (phase_ == Phase::kStreaming) {
      if (ready.hangup) close();
      return;
    }
    read_ready();
  }
}

void Connection::read_ready() {
  if (unread_) return;  // input_ready_ stays set
  if (phase_ == Phase::kProxyHeader && !take_proxy_header()) return;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    // The last request of a connection is read to the end of its body, and nothing after it.
    const bool readable =
        phase_ == Phase::kBody || (phase_ == Phase::kHead && !close_after_output_);
    if (!readable || !output_.empty()) return;  // input_ready_ stays set
    IoResult got{IoResult::Kind::kWouldBlock};
    std::size_t room = 0;
    if (input_.empty()) {
      room = io_.input.size();
      got = read_some(io_.input.data(), room);
      if (got.kind == IoResult::Kind::kBytes) consume({io_.input.data(), got.bytes}, false);
    } else {
      const std::size_t before = input_.size();
      room = kReadBytes;
      input_.resize(before + room);
      got = read_some(input_.data() + before, room);
      input_.resize(before + (got.kind == IoResult::Kind::kBytes ? got.bytes : 0));
      if (got.kind == IoResult::Kind::kBytes) consume(input_, true);
    }
    if (phase_ == Phase::kClosed) return;
    if (got.kind == IoResult::Kind::kWouldBlock) {
      input_ready_ = false;
      return;
    }
    if (got.kind == IoResult::Kind::kEnd) {
      // A request that will never be whole needs no answer; one under way still gets its own.
      if (phase_ != Phase::kWorking && output_.empty()) close();
      close_after_output_ = true;
      return;
    }
    // Edge-triggered: a short read means that the socket is empty and the next byte brings an edge.
    // The end of the stream has had its edge already, maybe the same one: read on until it is seen.
    if (!tls_ && !hangup_ && got.bytes < room) {
      input_ready_ = false;
      return;
    }
  }
  // More is waiting, and no edge will say so again: come back after the others.
  io_.loop.post([self = shared_from_this()] {
    if (self->phase_ != Phase::kClosed) self->read_ready();
  });
}

// The PROXY header comes before TLS, so it is looked at first (MSG_PEEK) and taken exactly.
bool Connection::take_proxy_header() {
  std::array<char, 4096> bytes{};
  const ssize_t seen = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK);
  if (seen < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  ProxyHeader header;
  const ProxyParse outcome =
      seen <= 0 ? ProxyParse::kError
                : parse_proxy_header({bytes.data(), static_cast<std::size_t>(seen)}, header);
  const bool may_come = static_cast<std::size_t>(seen) < bytes.size() && !hangup_;
  if (outcome == ProxyParse::kNeedMore && may_come) return false;
  if (outcome != ProxyParse::kComplete) {
    io_.shared.protocol_errors.add();
    close();
    return false;
  }
  const ssize_t taken = ::recv(fd_, bytes.data(), header.bytes, 0);
  CHECK(taken == static_cast<ssize_t>(header.bytes));
  if (!header.source_address.empty()) peer_address_ = header.source_address;
  phase_ = Phase::kHead;
  return true;
}

IoResult Connection::read_some(char* to, std::size_t size) {
  if (tls_) return tls_->read(to, size);
  const ssize_t got = ::recv(fd_, to, size, 0);
  if (got > 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(got)};
  const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
  return {again ? IoResult::Kind::kWouldBlock : IoResult::Kind::kEnd, 0};
}

IoResult Connection::write_some(const char* from, std::size_t size) {
  if (tls_) return tls_->write(from, size);
  const bool in_halves = base::is_armed(base::Failpoint::kHalfReply) && size > 1;
  const ssize_t put = ::send(fd_, from, in_halves ? size / 2 : size, MSG_NOSIGNAL);
  if (in_halves && put > 0) base::failpoint(base::Failpoint::kHalfReply);
  if (put >= 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(put)};
  const bool again = errno == EAGAIN || errno == EINTR;
  return {again ? IoResult::Kind::kWouldBlock : IoResult::Kind::kEnd, 0};
}

std::string& Connection::out() { return output_.empty() ? io_.output : output_; }

// Sends what stands in the thread's scratch or in output_; what the socket does not take stays in
// output_ until the next edge.
void Connection::flush() {
  const bool from_scratch = output_.empty();
  std::string& source = from_scratch ? io_.output : output_;
  std::size_t sent = 0;
  while (sent < source.size()) {
    const IoResult put = write_some(source.data() + sent, source.size() - sent);
    if (put.kind == IoResult::Kind::kEnd) {
      io_.output.clear();
      close();
      return;
    }
    if (put.kind == IoResult::Kind::kWouldBlock) break;
    sent += put.bytes;
    wrote_since_tick_ = true;
  }
  if (sent == source.size()) {
    source.clear();
    if (close_after_output_ && phase_ == Phase::kHead) return finish();
    if (!from_scratch && phase_ == Phase::kHead) arm(io_.shared.options.idle_timeout);
    return;
  }
  if (from_scratch) {
    output_.assign(source, sent);
    source.clear();
  } else {
    output_.erase(0, sent);
  }
  arm(io_.shared.options.write_timeout);
}

// The last answer is sent. Where the client may still be sending what nobody reads, closing at once
// would make the kernel reset the connection, and the answer could be lost with it (RFC 9112, 9.6).
void Connection::finish() {
  if (!linger_) return close();
  if (tls_) tls_->shut_down();
  ::shutdown(fd_, SHUT_WR);
  phase_ = Phase::kLingering;
  linger_left_ = kLingerBytes;
  arm(kLingerTimeout);
  discard();
}

void Connection::discard() {
  while (linger_left_ > 0) {
    const ssize_t got = ::recv(fd_, io_.input.data(), io_.input.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) break;
    linger_left_ -= std::min(linger_left_, static_cast<std::size_t>(got));
  }
  close();
}

// After an answer or a drained output: first what is already here, then what the socket has.
void Connection::resume() {
  if (phase_ == Phase::kClosed || (close_after_output_ && phase_ == Phase::kHead)) return;
  if (!input_.empty()) consume(input_, true);
  if (phase_ != Phase::kClosed && input_ready_) read_ready();
}

// Refused: others first, where there are many such. refusal_pace.h has the reason.
void Connection::wait_for_turn() {
  const base::Mono now = io_.loop.mono();
  const base::Mono turn = io_.refusal_pace.turn_after(std::exchange(refusals_, 0), now);
  if (turn <= now || unread_ || draining_ || phase_ == Phase::kClosed) return;
  unread_ = true;
  io_.take_turn_at(turn, weak_from_this());
}

void Connection::take_turn() {
  unread_ = false;
  if (input_ready_ && (phase_ == Phase::kHead || phase_ == Phase::kBody)) read_ready();
}

void Connection::arm(base::Millis timeout) { expire_ = io_.loop.mono() + timeout; }

void Connection::on_tick(base::Mono now) {
  const bool writing = !output_.empty();
  if (writing && wrote_since_tick_) {
    wrote_since_tick_ = false;
    arm(io_.shared.options.write_timeout);
  }
  if (phase_ == Phase::kStreaming && !writing) {
    if (auto stream = stream_.lock()) stream->on_tick(now);
    return;
  }
  if (now < expire_ || (phase_ == Phase::kWorking && !writing)) return;
  const std::shared_ptr<Connection> alive = shared_from_this();
  const bool mid_request = phase_ == Phase::kBody || (phase_ == Phase::kHead && !input_.empty());
  if (mid_request && !writing) {
    io_.shared.timeouts.add();
    if (phase_ == Phase::kHead) {  // what is known is of the request before
      head_only_ = false;
      request_id_.clear();
    }
    refuse(408, "request_timeout", "The request did not arrive in time.",
           phase_ == Phase::kBody ? match_.endpoint->route.face : nullptr);
    return flush();
  }
  close();
}

void Connection::drain() {
  draining_ = true;
  unread_ = false;
  if (phase_ == Phase::kStreaming || phase_ == Phase::kLingering) return close();
  // A request that has come already is answered; what would come later is not.
  if (phase_ == Phase::kHead && output_.empty()) read_ready();
  const bool idle = phase_ == Phase::kHead || phase_ == Phase::kProxyHeader;
  if (idle && output_.empty()) return close();
  if (phase_ != Phase::kClosed) close_after_output_ = true;  // with the answer under way
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  if (tls_) tls_->shut_down();
  leave();
}

// Closes what was not given away.
void Connection::leave() {
  const bool working = phase_ == Phase::kWorking;
  phase_ = Phase::kClosed;
  client_gone_.store(true);
  if (fd_ >= 0) {
    io_.loop.remove(fd_, *this);
    ::close(fd_);
  }
  if (auto stream = stream_.lock()) stream->on_closed();
  // A task may still hold views into input_; the Exchange's shared_ptr keeps it alive.
  CHECK(!working || weak_from_this().use_count() > 1);
  io_.release(*this);
}

void Connection::complete(Response response) {
  io_.loop.post([self = shared_from_this(), response = std::move(response)] {
    if (self->phase_ != Phase::kWorking) return;  // closed meanwhile
    self->answer(response);
    self->count(*self->match_.endpoint, response.status);
    self->finish_request();
    self->flush();
    self->resume();
  });
}

std::shared_ptr<EventStream> Connection::start_stream(HeaderList headers) {
  auto stream = std::make_shared<ConnectionStream>(shared_from_this(), io_);
  io_.loop.post([self = shared_from_this(), stream, headers = std::move(headers)] {
    stream->begin(*self, headers);
  });
  return stream;
}

void Connection::upgrade(WebSocketUpgrade upgrade) {
  // std::function wants a copyable function.
  auto shared = std::make_shared<WebSocketUpgrade>(std::move(upgrade));
  io_.loop.post([self = shared_from_this(), shared] {
    if (self->phase_ == Phase::kWorking) self->give_away(*shared);  // else closed meanwhile
  });
}

void Connection::give_away(WebSocketUpgrade& upgrade) {
  if (!upgrade.options.protocol.empty()) {
    upgrade.headers.emplace_back("Sec-WebSocket-Protocol", upgrade.options.protocol);
  }
  std::string output = std::move(output_);
  output += "HTTP/1.1 101 Switching Protocols\r\n";
  output += io_.loop.date_header();
  output += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  output += upgrade.accept_key;
  output += "\r\nX-Request-Id: ";
  output += request_id_;
  output += "\r\n";
  for (const auto& [name, value] : upgrade.headers) {
    CHECK(is_header_name(name) && is_header_value(value));  // the server's own
    output.append(name).append(": ").append(value).append("\r\n");
  }
  output += "\r\n";
  count(*match_.endpoint, 101);
  io_.loop.remove(fd_, *this);
  auto socket = std::make_shared<WebSocketConnection>(
      WebSocketConnection::Taken{.fd = std::exchange(fd_, -1),
                                 .tls = std::move(tls_),
                                 .input = input_.substr(request_bytes_),
                                 .output = std::move(output)},
      std::move(upgrade.reader), std::move(upgrade.options));
  io_.shared.web_sockets.adopt(std::move(socket), upgrade.loop);
  leave();
}

}  // namespace ashlar::http
