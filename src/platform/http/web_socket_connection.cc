#include "platform/http/web_socket_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

// One connection may not keep the loop from the others: after so many reads it waits its turn.
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kFramesPerWrite = 64;
constexpr std::size_t kTlsRecordBytes = 16 * 1024;
constexpr std::size_t kKeptFrames = 64;
constexpr base::Millis kCloseTimeout{5'000};
constexpr std::uint16_t kTryAgainLater = 1013;

}  // namespace

WebSocketConnection::WebSocketConnection(Taken taken, std::shared_ptr<WebSocketReader> reader,
                                         WebSocketOptions options)
    : fd_(taken.fd),
      tls_(std::move(taken.tls)),
      reader_(std::move(reader)),
      options_(std::move(options)),
      decoder_(options_.max_message_bytes),
      pace_(options_.max_messages_per_s, options_.max_bytes_per_s),
      early_input_(std::move(taken.input)) {
  push({std::make_shared<const std::string>(std::move(taken.output)), 0});
}

WebSocketConnection::~WebSocketConnection() {
  if (fd_ >= 0) ::close(fd_);  // its loop ended before it began
}

runtime::EventLoop& WebSocketConnection::loop() const {
  CHECK(owner_);
  return owner_->loop;
}

void WebSocketConnection::begin(std::shared_ptr<WebSocketLoop> owner) {
  owner_ = std::move(owner);
  owner_->loop.add(fd_, *this);
  last_input_ = owner_->loop.mono();
  next_ping_ = last_input_ + options_.ping_interval;
  reader_->on_open(shared_from_this());
  std::string early = std::exchange(early_input_, {});
  if (!early.empty()) feed(early);
  // What OpenSSL has read already brings no edge.
  input_ready_ = tls_ != nullptr;
  ask_to_settle();
}

void WebSocketConnection::on_ready(Ready ready) {
  const std::shared_ptr<WebSocketConnection> alive = shared_from_this();
  // OpenSSL may have to write in order to read and the other way round.
  if (ready.writable || tls_) {
    blocked_ = false;
    if (queued_ > 0) ask_to_settle();
  }
  if (ready.hangup) hangup_ = true;
  if (ready.readable || ready.hangup || tls_) {
    input_ready_ = true;
    read();
  }
}

void WebSocketConnection::read() {
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    // What is kept comes first: settle() gives it.
    if (broken_ || peer_closed_ || is_paused() || !kept_.empty() || !input_ready_) return;
    const IoResult got = read_some();
    if (got.kind == IoResult::Kind::kEnd) return break_off();
    if (got.kind == IoResult::Kind::kWouldBlock) {
      input_ready_ = false;
      return;
    }
    last_input_ = owner_->loop.mono();
    owner_->sockets->metrics.bytes_in.add(got.bytes);
    // Edge-triggered: a short read means that the socket is empty, but for the end of the stream.
    if (!tls_ && !hangup_ && got.bytes < owner_->input.size()) input_ready_ = false;
    if (!failed_) feed({owner_->input.data(), got.bytes});
  }
  if (input_ready_) ask_to_settle();
}

IoResult WebSocketConnection::read_some() {
  std::array<char, 64 * 1024>& to = owner_->input;
  if (tls_) return tls_->read(to.data(), to.size());
  const ssize_t got = ::recv(fd_, to.data(), to.size(), 0);
  if (got > 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(got)};
  const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
  return {again ? IoResult::Kind::kWouldBlock : IoResult::Kind::kEnd, 0};
}

// REQUIRES: nothing is kept.
void WebSocketConnection::feed(std::span<char> bytes) {
  while (!broken_ && !peer_closed_ && !failed_) {
    if (is_paused()) {
      kept_.assign(bytes.data(), bytes.size());
      return;
    }
    const FrameDecoder::Event event = decoder_.next(bytes);
    if (event.kind == FrameDecoder::EventKind::kNeedMore) return;
    take_event(event);
  }
}

void WebSocketConnection::take_event(const FrameDecoder::Event& event) {
  switch (event.kind) {
    case FrameDecoder::EventKind::kMessage:
      owner_->sockets->metrics.messages_in.add();
      slow(event.data.size());
      if (state_ == State::kOpen) reader_->on_message(event.message, event.data);
      return;
    case FrameDecoder::EventKind::kPing:
      // Of several that wait the last is answered (RFC 6455, 5.5.3): pings make no queue grow.
      slow(event.data.size());
      pong_.assign(event.data);
      pong_waits_ = true;
      return ask_to_settle();
    case FrameDecoder::EventKind::kClose:
      return take_close(event.code);
    case FrameDecoder::EventKind::kError:
      return fail(event.code, event.data);
    case FrameDecoder::EventKind::kPong:
    case FrameDecoder::EventKind::kNeedMore:
      return;
  }
}

void WebSocketConnection::take_close(std::uint16_t code) {
  peer_closed_ = true;
  if (state_ == State::kOpen) {
    drop_queue();
    begin_close(code, {});
  }
  ask_to_settle();
}

void WebSocketConnection::fail(std::uint16_t code, std::string_view what) {
  owner_->sockets->metrics.protocol_errors.add();
  failed_ = true;
  if (state_ == State::kOpen) begin_close(code, what);
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  if (is_open()) begin_close(code, reason);
}

void WebSocketConnection::begin_close(std::uint16_t code, std::string_view reason) {
  state_ = State::kClosing;
  close_code_ = code;
  close_until_ = owner_->loop.mono() + kCloseTimeout;
  held_ = false;
  slowed_ = false;
  kept_.clear();
  std::string frame;
  append_close_frame(frame, code, reason);
  push({std::make_shared<const std::string>(std::move(frame))});
  ask_to_settle();
}

void WebSocketConnection::break_off() {
  broken_ = true;
  ask_to_settle();
}

void WebSocketConnection::cut() {
  if (state_ != State::kClosed) break_off();
}

void WebSocketConnection::hold(bool held) {
  if (!is_open() || held_ == held) return;
  held_ = held;
  if (held) return;
  last_input_ = owner_->loop.mono();  // that it was not heard was our doing
  ask_to_settle();
}

// Reads nothing more for a while, where too much has come.
void WebSocketConnection::slow(std::size_t bytes) {
  if (!pace_.is_limited() || slowed_ || state_ != State::kOpen) return;
  const base::Mono now = owner_->loop.mono();
  const std::chrono::nanoseconds wait = pace_.take(now, bytes);
  if (wait.count() == 0) return;
  slowed_ = true;
  owner_->sockets->metrics.slowed.add();
  owner_->loop.run_at(now + wait, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !std::exchange(self->slowed_, false)) return;
    self->last_input_ = self->owner_->loop.mono();
    self->ask_to_settle();
  });
}

void WebSocketConnection::send(MessageKind kind, std::string_view data) {
  if (is_open()) enqueue({frame_of(kind, data)});
}

void WebSocketConnection::send_frames(const std::shared_ptr<const std::string>& frames,
                                      std::size_t count) {
  if (is_open()) enqueue({frames, count});
}

void WebSocketConnection::send_frames_now(const std::shared_ptr<const std::string>& frames,
                                          std::size_t count) {
  if (!is_open()) return;
  if (queued_ > 0 || blocked_ || tls_) return enqueue({frames, count});
  const ssize_t put = ::send(fd_, frames->data(), frames->size(), MSG_NOSIGNAL);
  if (put == static_cast<ssize_t>(frames->size())) {
    owner_->sockets->metrics.bytes_out.add(frames->size());
    owner_->sockets->metrics.frames_out.add(count);
    return;
  }
  push({frames, count});
  if (wrote(after_write(put))) write();
}

void WebSocketConnection::enqueue(Frames frames) {
  const auto too_much = [&] {
    return queued_ > 0 && queued_ + frames.bytes->size() > options_.max_queue_bytes;
  };
  if (too_much()) write();  // what was sent in this round has not been tried yet
  if (too_much()) {
    owner_->sockets->metrics.slow_readers.add();
    drop_queue();
    return begin_close(kTryAgainLater, "Too slow: connect again.");
  }
  push(std::move(frames));
  ask_to_settle();
}

void WebSocketConnection::enqueue_control(Opcode opcode, std::string_view payload) {
  std::string frame;
  append_frame(frame, opcode, payload);
  push({std::make_shared<const std::string>(std::move(frame))});
}

void WebSocketConnection::push(Frames frames) {
  queued_ += frames.bytes->size();
  queue_.push_back(std::move(frames));
}

// A frame that has begun must be written to its end.
void WebSocketConnection::drop_queue() {
  const bool begun = front_written_ > 0;
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(front_ + (begun ? 1 : 0)),
               queue_.end());
  queued_ = tls_output_.size() + (begun ? queue_[front_].bytes->size() - front_written_ : 0);
  if (!begun) {
    queue_.clear();
    front_ = 0;
  }
}

void WebSocketConnection::write() {
  while (queued_ > 0 && !blocked_ && !broken_) {
    if (!wrote(tls_ ? write_tls() : write_plain())) return;
  }
}

// False: the socket takes no more.
bool WebSocketConnection::wrote(const IoResult& put) {
  if (put.kind == IoResult::Kind::kEnd) {
    break_off();
    return false;
  }
  if (put.kind == IoResult::Kind::kWouldBlock) {
    blocked_ = true;
    waited_ = true;
    return false;
  }
  queued_ -= put.bytes;
  owner_->sockets->metrics.bytes_out.add(put.bytes);
  return true;
}

IoResult WebSocketConnection::write_plain() {
  if (front_ + 1 == queue_.size()) {  // the common case, and the cheaper call
    const std::string_view rest = std::string_view(*queue_[front_].bytes).substr(front_written_);
    return after_write(::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL));
  }
  std::array<iovec, kFramesPerWrite> pieces;
  std::size_t count = 0;
  std::size_t skip = front_written_;
  for (std::size_t i = front_; i < queue_.size() && count < pieces.size(); ++i, skip = 0) {
    // sendmsg() does not write through it.
    const std::string& bytes = *queue_[i].bytes;
    pieces[count++] = {const_cast<char*>(bytes.data()) + skip, bytes.size() - skip};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return after_write(::sendmsg(fd_, &message, MSG_NOSIGNAL));
}

IoResult WebSocketConnection::after_write(std::ptrdiff_t put) {
  if (put >= 0) return {IoResult::Kind::kBytes, pop(static_cast<std::size_t>(put))};
  const bool again = errno == EAGAIN || errno == EINTR;
  return {again ? IoResult::Kind::kWouldBlock : IoResult::Kind::kEnd, 0};
}

IoResult WebSocketConnection::write_tls() {
  while (tls_output_.size() < kTlsRecordBytes && front_ < queue_.size()) {
    const std::string_view rest = std::string_view(*queue_[front_].bytes).substr(front_written_);
    const std::size_t size = std::min(rest.size(), kTlsRecordBytes - tls_output_.size());
    tls_output_.append(rest.substr(0, size));
    pop(size);
  }
  const IoResult put = tls_->write(tls_output_.data(), tls_output_.size());
  if (put.kind == IoResult::Kind::kBytes) tls_output_.erase(0, put.bytes);
  return put;
}

// So many bytes of the queue are on their way. Returns their number.
std::size_t WebSocketConnection::pop(std::size_t bytes) {
  std::size_t left = bytes;
  std::size_t frames = 0;
  while (left > 0) {
    const std::size_t rest = queue_[front_].bytes->size() - front_written_;
    if (left < rest) {
      front_written_ += left;
      break;
    }
    left -= rest;
    front_written_ = 0;
    frames += queue_[front_].count;
    queue_[front_++].bytes.reset();
  }
  if (front_ == queue_.size()) {
    queue_.clear();
    front_ = 0;
    if (queue_.capacity() > kKeptFrames) queue_.shrink_to_fit();
  } else if (front_ > kKeptFrames && front_ * 2 > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
  owner_->sockets->metrics.frames_out.add(frames);
  return bytes;
}

void WebSocketConnection::ask_to_settle() {
  if (settle_asked || state_ == State::kClosed) return;
  settle_asked = true;
  owner_->settle_soon(shared_from_this());
}

void WebSocketConnection::settle() {
  if (state_ == State::kClosed) return;
  if (!is_paused() && !kept_.empty()) {
    std::string kept = std::exchange(kept_, {});
    feed(kept);
  }
  read();
  if (pong_waits_ && queued_ == 0 && state_ == State::kOpen) {
    pong_waits_ = false;
    enqueue_control(Opcode::kPong, pong_);
  }
  write();
  if (waited_ && queued_ == 0 && is_open()) {
    waited_ = false;
    reader_->on_drained();
  }
  if (pong_waits_ && queued_ == 0 && is_open()) ask_to_settle();
  if (!is_open() && reader_) {
    const std::shared_ptr<WebSocketReader> reader = std::move(reader_);
    reader_ = nullptr;
    reader->on_close(close_code_);
  }
  const bool through = state_ == State::kClosing && queued_ == 0;
  if (broken_ || (through && peer_closed_)) return destroy();
  if (through && failed_) finish_writing();
}

// The peer's own close frame will not be read: the end of its stream is what is waited for. Closing
// at once would make the kernel reset the connection, and our close frame could be lost with it.
void WebSocketConnection::finish_writing() {
  if (half_closed_) return;
  half_closed_ = true;
  if (tls_) tls_->shut_down();
  ::shutdown(fd_, SHUT_WR);
}

void WebSocketConnection::on_sweep(base::Mono now) {
  if (state_ == State::kClosing && now >= close_until_) return break_off();
  if (!is_open() || now < next_ping_) return;
  next_ping_ = now + options_.ping_interval;
  if (!is_paused() && now - last_input_ > 2 * options_.ping_interval) {
    owner_->sockets->metrics.silent.add();
    return break_off();
  }
  if (queued_ > 0) return;  // what waits asks the same
  enqueue_control(Opcode::kPing, {});
  ask_to_settle();
}

void WebSocketConnection::destroy() {
  state_ = State::kClosed;
  if (tls_ && !half_closed_) tls_->shut_down();
  owner_->loop.remove(fd_, *this);
  ::close(std::exchange(fd_, -1));
  tls_.reset();
  queue_ = {};
  kept_ = {};
  queued_ = 0;
  place_.reset();
  const std::shared_ptr<WebSocketLoop> owner = owner_;
  owner->release(*this);
}

}  // namespace ashlar::http
