#include "platform/net/stream_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace ashlar::net {
namespace {

// One connection may not keep the loop from the others: after so much it waits its turn.
constexpr int kReadsPerTurn = 16;
constexpr int kWritesPerTurn = 16;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kKeptBytes = 4096;  // a buffer's capacity that an idle connection keeps

// How much of what a refused client goes on sending is read, and for how long.
constexpr std::size_t kLingerBytes = 1024 * 1024;
constexpr base::Millis kLingerTimeout{2'000};

void release_if_large(std::string& empty) {
  if (empty.capacity() > kKeptBytes) std::string().swap(empty);
}

}  // namespace

StreamConnection::StreamConnection(StreamLoop& owner, int fd, std::string peer_address)
    : owner_(owner), fd_(fd), peer_address_(std::move(peer_address)) {}

StreamConnection::~StreamConnection() { CHECK(state_ == State::kClosed); }

void StreamConnection::start() {
  last_input_ = owner_.loop.mono();
  in_turn_ = true;
  session_ = owner_.shared->sessions(*this);
  in_turn_ = false;
  CHECK(session_ != nullptr);
  owner_.loop.add(fd_, *this);
  send();  // a protocol may have the server speak first
}

void StreamConnection::on_ready(Ready ready) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kLingering) return discard();
  if (ready.writable) blocked_ = false;
  if (ready.readable || ready.hangup) {
    input_ready_ = true;
    hangup_ = hangup_ || ready.hangup;
  }
  turn();
}

void StreamConnection::on_flush() {
  flush_queued_ = false;
  if (aborted_ && state_ != State::kClosed) return close();
  if (state_ == State::kOpen) turn();
}

void StreamConnection::turn() {
  in_turn_ = true;
  if (std::exchange(kept_again_, false)) give_kept();
  int reads = 0;
  while (input_ready_ && may_read() && reads < kReadsPerTurn) {
    ++reads;
    const Read got = read_once();
    if (got == Read::kError) {
      in_turn_ = false;
      return close();
    }
    if (got == Read::kEmpty) input_ready_ = false;
    if (got == Read::kEnd) {
      ended_ = true;
      input_ready_ = false;
      session_->on_end();
    }
  }
  in_turn_ = false;
  send();
}

bool StreamConnection::may_read() {
  return !ended_ && !finishing_ && !aborted_ &&
         out().size() <= owner_.shared->options.max_pending_output_bytes &&
         input_.size() < owner_.shared->options.max_input_bytes;
}

StreamConnection::Read StreamConnection::read_once() {
  const bool in_scratch = input_.empty();
  const std::size_t before = input_.size();
  std::size_t room = owner_.input.size();
  if (!in_scratch) room = std::min(kReadBytes, owner_.shared->options.max_input_bytes - before);
  if (!in_scratch) input_.resize(before + room);
  char* const to = in_scratch ? owner_.input.data() : input_.data() + before;
  const ssize_t got = ::recv(fd_, to, room, 0);
  if (!in_scratch) input_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && errno == EINTR) return Read::kBytes;
  if (got < 0) return errno == EAGAIN ? Read::kEmpty : Read::kError;
  if (got == 0) return Read::kEnd;
  if (in_scratch) {
    give({to, static_cast<std::size_t>(got)});
  } else {
    give_kept();
  }
  // A short read means that the socket is empty and the next byte brings an edge. The end of the
  // stream has had its edge already, maybe the same one: read on until it is seen.
  const bool emptied = !hangup_ && static_cast<std::size_t>(got) < room;
  return emptied ? Read::kEmpty : Read::kBytes;
}

void StreamConnection::give(std::string_view bytes) {
  const std::size_t took = take(bytes);
  if (took < bytes.size()) input_.assign(bytes.substr(took));
  refuse_overlong();
}

void StreamConnection::give_kept() {
  if (input_.empty() || finishing_ || aborted_) return;
  input_.erase(0, take(input_));
  if (input_.empty()) release_if_large(input_);
  refuse_overlong();
}

std::size_t StreamConnection::take(std::string_view bytes) {
  const std::size_t took = session_->on_input(bytes, out());
  CHECK(took <= bytes.size());
  if (took > 0) last_input_ = owner_.loop.mono();
  kept_again_ = false;  // what it has left it cannot take before something else happens
  return took;
}

// Full, and nobody owes an answer after which the session could go on: it has let it grow.
void StreamConnection::refuse_overlong() {
  if (input_.size() >= owner_.shared->options.max_input_bytes && !session_->busy()) abort();
}

// Sends what stands in the loop's scratch or in output_, and what the session can add to it. What
// the socket does not take stays in output_ until the next edge.
void StreamConnection::send() {
  for (int writes = 0; writes < kWritesPerTurn; ++writes) {
    if (out().size() <= owner_.shared->options.max_pending_output_bytes) {
      in_turn_ = true;
      session_->fill_output(out());
      in_turn_ = false;
    }
    if (out().empty()) break;
    if (!write_out()) return close();
    if (blocked_) break;
  }
  leave_if_done();
  if (state_ != State::kOpen) return;
  // No edge will say again that more can be read, taken or written: come back after the others.
  if (input_.empty()) kept_again_ = false;
  if (kept_again_ || (input_ready_ && may_read()) || (!blocked_ && !output_.empty())) queue();
}

// False: the peer is gone.
bool StreamConnection::write_out() {
  const bool from_scratch = output_.empty();
  std::string& source = out();
  std::size_t sent = 0;
  bool gone = false;
  while (!blocked_ && !gone && sent < source.size()) {
    const ssize_t put = ::send(fd_, source.data() + sent, source.size() - sent, MSG_NOSIGNAL);
    if (put >= 0) {
      sent += static_cast<std::size_t>(put);
      progress_ = true;
    } else if (errno == EAGAIN) {
      blocked_ = true;
      blocked_since_ = owner_.loop.mono();
    } else {
      gone = errno != EINTR;
    }
  }
  if (sent < source.size() && !gone) {
    if (from_scratch) {
      output_.assign(source, sent);
    } else {
      output_.erase(0, sent);
    }
  }
  if (from_scratch || sent == source.size()) source.clear();
  if (!from_scratch && source.empty()) release_if_large(source);
  return !gone;
}

void StreamConnection::leave_if_done() {
  if (state_ != State::kOpen) return;
  if (aborted_) return close();
  if (!output_.empty()) return;
  if (finishing_) return linger();
  if ((ended_ || draining_) && !session_->busy()) close();
}

// The last answer is sent. Where the client may still be sending what nobody reads, closing at once
// would make the kernel reset the connection, and the answer could be lost with it.
void StreamConnection::linger() {
  if (ended_) return close();
  ::shutdown(fd_, SHUT_WR);
  state_ = State::kLingering;
  linger_left_ = kLingerBytes;
  blocked_since_ = owner_.loop.mono();
  discard();
}

void StreamConnection::discard() {
  while (linger_left_ > 0) {
    const ssize_t got = ::recv(fd_, owner_.input.data(), owner_.input.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) break;
    linger_left_ -= std::min(linger_left_, static_cast<std::size_t>(got));
  }
  close();
}

void StreamConnection::on_due(base::Mono now) {
  CHECK(wake_at_ <= now);
  owner_.set_wake(*this, wake_at_, base::Mono::max());
  wake_at_ = base::Mono::max();
  if (state_ != State::kOpen) return;
  in_turn_ = true;
  session_->on_wake(out());
  in_turn_ = false;
  send();
}

void StreamConnection::on_sweep(base::Mono now) {
  const StreamOptions& options = owner_.shared->options;
  if (state_ == State::kLingering) {
    if (now - blocked_since_ >= kLingerTimeout) close();
    return;
  }
  if (blocked_ && !output_.empty()) {
    if (std::exchange(progress_, false)) blocked_since_ = now;
    if (now - blocked_since_ >= options.write_timeout) close();
    return;
  }
  const bool idle = options.idle_timeout > base::Millis{0} && !session_->busy() &&
                    now - last_input_ >= options.idle_timeout;
  if (idle && !draining_) drain();
}

void StreamConnection::drain() {
  if (state_ != State::kOpen || draining_) return;
  draining_ = true;
  in_turn_ = true;
  session_->on_drain();
  in_turn_ = false;
  turn();  // what has come already is answered
}

void StreamConnection::close() {
  if (state_ == State::kClosed) return;
  CHECK(!in_turn_);
  state_ = State::kClosed;
  if (wake_at_ != base::Mono::max()) {
    owner_.set_wake(*this, wake_at_, base::Mono::max());
    wake_at_ = base::Mono::max();
  }
  owner_.loop.remove(fd_, *this);
  ::close(fd_);
  in_turn_ = true;  // what the session still says goes nowhere
  session_.reset();
  in_turn_ = false;
  output_.clear();
  owner_.output.clear();
  owner_.release(*this);
}

void StreamConnection::flush() {
  kept_again_ = true;
  if (!in_turn_) queue();  // a turn ends in send(), which sees to it
}

void StreamConnection::finish() {
  finishing_ = true;
  flush();
}

void StreamConnection::abort() {
  aborted_ = true;
  flush();
}

void StreamConnection::queue() {
  if (flush_queued_ || state_ == State::kClosed) return;
  flush_queued_ = true;
  owner_.flush_soon(shared_from_this());
}

void StreamConnection::wake_at(base::Mono at) {
  if (state_ == State::kClosed) return;
  owner_.set_wake(*this, wake_at_, at);
  wake_at_ = at;
}

}  // namespace ashlar::net
