#include "platform/outbound/http2_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "platform/outbound/host_lookup.h"
#include "platform/outbound/http2_callbacks.h"
#include "platform/outbound/tls_client.h"

namespace ashlar::outbound {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kMaxUnwritten = 512 * 1024;
constexpr std::int32_t kWindowBytes = 4 * 1024 * 1024;  // of the connection, for answers
constexpr std::uint32_t kMaxFieldListBytes = 16 * 1024;

nghttp2_nv field_of(std::string_view name, std::string_view value, bool varies) {
  // The session does not change what it is given.
  auto* name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));    // NOLINT
  auto* value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));  // NOLINT
  int flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  if (varies) flags |= NGHTTP2_NV_FLAG_NO_INDEX;
  return {name_bytes, value_bytes, name.size(), value.size(), static_cast<std::uint8_t>(flags)};
}

ssize_t read_body(nghttp2_session* /*session*/, std::int32_t /*stream*/, std::uint8_t* to,
                  std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                  void* /*user_data*/) {
  Http2Call& call = *static_cast<Http2Call*>(source->ptr);
  const std::string& body = call.request.body;
  const std::size_t part = std::min(size, body.size() - call.body_sent);
  std::memcpy(to, body.data() + call.body_sent, part);
  call.body_sent += part;
  if (call.body_sent == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(part);
}

}  // namespace

Http2Connection::Http2Connection(const Http2Client::Options& options, runtime::EventLoop& loop,
                                 Owner& owner, std::string authority,
                                 std::unique_ptr<TlsClient> tls)
    : options_(options),
      loop_(loop),
      owner_(owner),
      authority_(std::move(authority)),
      scheme_(tls == nullptr ? "http" : "https"),
      tls_(std::move(tls)),
      until_(loop.mono() + options.connect_timeout),
      self_(std::make_shared<Http2Connection*>(this)) {}

Http2Connection::~Http2Connection() {
  *self_ = nullptr;
  CHECK(streams_.empty());
  if (session_ != nullptr) nghttp2_session_del(session_);
  if (fd_ >= 0) {
    loop_.remove(fd_, *this);
    ::close(fd_);
  }
}

// --- Up and down ---------------------------------------------------------------------------------

void Http2Connection::connect(const SocketAddress& address) {
  fd_ = ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return close(Http2End::kUnreachable, std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, address.get(), address.size) != 0 && errno != EINPROGRESS) {
    return close(Http2End::kUnreachable, std::strerror(errno));
  }
  loop_.add(fd_, *this);
}

void Http2Connection::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return close(Http2End::kUnreachable, std::strerror(error));
  if (tls_ == nullptr) return greet();
  state_ = State::kShaking;
  tls_->begin(wire_);
}

void Http2Connection::greet() {
  state_ = State::kGreeting;
  heard_ = last_stream_ = loop_.mono();
  session_ = make_http2_session(*this);
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxFieldListBytes},
  }};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
        0);
  CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes) == 0);
}

void Http2Connection::on_settings() {
  if (state_ != State::kGreeting) return;
  state_ = State::kUp;
  owner_.on_up(*this);
}

void Http2Connection::leave() {
  if (state_ == State::kUp) state_ = State::kLeaving;
}

// What closes the connection from within the session's callbacks waits until the session is back.
void Http2Connection::close(Http2End end, const std::string& why) {
  if (state_ == State::kClosed) return;
  if (in_session_) {
    if (close_why_.empty()) {
      close_end_ = end;
      close_why_ = why;
    }
    return;
  }
  const bool was_up = !pending();
  state_ = State::kClosed;
  if (fd_ >= 0) {
    loop_.remove(fd_, *this);
    ::close(fd_);
    fd_ = -1;
  }
  auto streams = std::exchange(streams_, {});
  for (auto& [number, call] : streams) {
    call->connection = nullptr;
    if (!call->done) continue;
    if (has_begun(*call)) {
      call->result.begun = true;
      finish(*call, Http2End::kBroken, why);
    } else {
      owner_.take_back(std::move(call));
    }
  }
  owner_.on_closed(*this, was_up, end, why);
}

void Http2Connection::on_tick(base::Mono now) {
  if (closed()) return;
  if (pending()) {
    if (now >= until_) close(Http2End::kUnreachable, "no connection in time");
    return;
  }
  if (streams_.empty()) {
    if (state_ == State::kLeaving) return close(Http2End::kBroken, "it is not needed any more");
    if (now - last_stream_ >= options_.idle_timeout) {
      nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
      flush();
      return close(Http2End::kBroken, "it was idle");
    }
  }
  if (asked_ != base::Mono::max()) {
    if (now - asked_ >= options_.ping_timeout) close(Http2End::kBroken, "the server is silent");
  } else if (now - heard_ >= options_.ping_after) {
    asked_ = now;
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    flush();
  }
}

// --- Streams -------------------------------------------------------------------------------------

bool Http2Connection::has_room() const {
  if (state_ != State::kUp || wire_.size() - written_ >= kMaxUnwritten) return false;
  if (nghttp2_session_check_request_allowed(session_) == 0) return false;
  const std::uint32_t theirs =
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return streams_.size() < std::min(theirs, options_.max_streams);
}

void Http2Connection::begin(std::unique_ptr<Http2Call> call) {
  Http2Request& request = call->request;
  std::vector<nghttp2_nv> fields;
  fields.reserve(request.fields.size() + 4);
  fields.push_back(field_of(":method", request.method, false));
  fields.push_back(field_of(":scheme", scheme_, false));
  fields.push_back(field_of(":authority", authority_, false));
  fields.push_back(field_of(":path", call->path, true));
  for (const Http2Field& field : request.fields) {
    fields.push_back(field_of(field.name, field.value, field.varies));
  }
  nghttp2_data_provider body{};
  body.source.ptr = call.get();
  body.read_callback = read_body;
  call->connection = this;
  call->body_sent = 0;
  const std::int32_t stream =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                             request.body.empty() ? nullptr : &body, call.get());
  if (stream < 0) {
    call->connection = nullptr;
    return finish(*call, Http2End::kUnreachable, nghttp2_strerror(stream));
  }
  call->stream = stream;
  last_stream_ = loop_.mono();
  streams_.emplace(stream, std::move(call));
}

bool Http2Connection::has_begun(const Http2Call& call) const {
  return call.first_byte < offered_bytes_;
}

void Http2Connection::finish(Http2Call& call, Http2End end, std::string detail) {
  call.result.end = end;
  call.result.detail = std::move(detail);
  owner_.on_end(call);
}

void Http2Connection::cancel(Http2Call& call, Http2End end, std::string detail) {
  call.result.begun = has_begun(call);
  finish(call, end, std::move(detail));
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.stream, NGHTTP2_CANCEL);
}

void Http2Connection::on_stream_closed(std::int32_t stream, std::uint32_t error) {
  const auto at = streams_.find(stream);
  if (at == streams_.end()) return;
  std::unique_ptr<Http2Call> call = std::move(at->second);
  streams_.erase(at);
  last_stream_ = loop_.mono();
  call->connection = nullptr;
  if (!call->done) return;
  if (error == NGHTTP2_REFUSED_STREAM) return owner_.take_back(std::move(call));
  call->result.begun = has_begun(*call);
  if (call->head_complete && error == NGHTTP2_NO_ERROR) {
    return finish(*call, Http2End::kAnswered, {});
  }
  if (error == NGHTTP2_HTTP_1_1_REQUIRED) {
    call->result.begun = false;
    return finish(*call, Http2End::kHttp1Only, "the server wants HTTP/1.1");
  }
  finish(*call, Http2End::kBroken, std::string("stream closed: ") + nghttp2_http2_strerror(error));
}

// --- Bytes ---------------------------------------------------------------------------------------

void Http2Connection::on_ready(Ready ready) {
  if (state_ == State::kConnecting && (ready.writable || ready.hangup)) on_connected();
  if (state_ == State::kClosed) return;
  if (ready.readable || ready.hangup) read();
  if (state_ == State::kClosed) return;
  if (ready.writable && written_ < wire_.size()) flush();  // what waits may be what leaves no room
  if (state_ == State::kClosed) return;
  owner_.on_turn(*this);
  flush();
}

void Http2Connection::read() {
  std::array<char, kReadBytes> chunk;  // NOLINT(*-member-init): recv() fills it
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    const Http2End end = pending() ? Http2End::kUnreachable : Http2End::kBroken;
    if (n < 0) return close(end, std::strerror(errno));
    if (n == 0) return close(end, "the server has closed the connection");
    heard_ = loop_.mono();
    asked_ = base::Mono::max();
    take({chunk.data(), static_cast<std::size_t>(n)});
    if (state_ == State::kClosed) return;
  }
  continue_soon();  // others get their turn; no edge will come for what is there already
}

void Http2Connection::continue_soon() {
  loop_.post([self = self_] {
    if (*self != nullptr && !(*self)->closed()) (*self)->on_ready({true, false, false});
  });
}

void Http2Connection::take(std::string_view bytes) {
  if (tls_ == nullptr) return take_plain(bytes);
  plain_.clear();
  tls_->receive(bytes, plain_, wire_);
  if (state_ == State::kShaking && tls_->state() == TlsClient::State::kUp) {
    if (!tls_->chose_h2()) return close(Http2End::kHttp1Only, "the server did not choose h2");
    greet();
  }
  if (!plain_.empty()) take_plain(plain_);
  if (tls_->state() == TlsClient::State::kEnded) {
    write_out();  // an alert
    close(pending() ? Http2End::kUnreachable : Http2End::kBroken, tls_->why());
  }
}

void Http2Connection::take_plain(std::string_view bytes) {
  const State before = state_;
  if (before == State::kGreeting && bytes.starts_with("HTTP/1.")) {
    return close(Http2End::kHttp1Only, "the server speaks HTTP/1");
  }
  in_session_ = true;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  in_session_ = false;
  if (taken < 0 && close_why_.empty()) {
    close_why_ = nghttp2_strerror(static_cast<int>(taken));
    close_end_ = before == State::kGreeting ? Http2End::kUnreachable : Http2End::kBroken;
  }
  if (!close_why_.empty()) return close(close_end_, close_why_);
}

// Lets the session say what it has to say, into wire_.
void Http2Connection::fill() {
  std::string& out = tls_ == nullptr ? wire_ : plain_;
  if (tls_ != nullptr) plain_.clear();
  const std::uint64_t before = made_bytes_;
  in_session_ = true;
  while (wire_.size() - written_ + (made_bytes_ - before) < kMaxUnwritten) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0 && close_why_.empty()) {
      close_why_ = nghttp2_strerror(static_cast<int>(size));
      close_end_ = Http2End::kBroken;
    }
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    made_bytes_ += static_cast<std::uint64_t>(size);
  }
  in_session_ = false;
  if (tls_ != nullptr && !plain_.empty() && tls_->state() == TlsClient::State::kUp) {
    tls_->send(plain_, wire_);
  }
}

void Http2Connection::flush() {
  for (;;) {
    if (state_ == State::kClosed || state_ == State::kConnecting) return;
    if (session_ != nullptr) fill();
    if (!close_why_.empty()) return close(close_end_, close_why_);
    const bool empty = wire_.size() == written_;
    if (empty || !write_out()) break;
    if (session_ == nullptr || nghttp2_session_want_write(session_) == 0) break;
  }
  if (state_ != State::kClosed && session_ != nullptr && nghttp2_session_want_read(session_) == 0 &&
      nghttp2_session_want_write(session_) == 0) {
    close(pending() ? Http2End::kUnreachable : Http2End::kBroken, "the session has ended");
  }
}

// Whether all is written.
bool Http2Connection::write_out() {
  while (written_ < wire_.size()) {
    const ssize_t n = ::send(fd_, wire_.data() + written_, wire_.size() - written_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;  // full; an error comes with the next event, and is read there
    written_ += static_cast<std::size_t>(n);
    // Which of the session's bytes a record holds is not known: all are taken for offered then.
    offered_bytes_ = made_bytes_ - (tls_ == nullptr ? wire_.size() - written_ : 0);
  }
  wire_.clear();
  written_ = 0;
  return true;
}

}  // namespace ashlar::outbound
