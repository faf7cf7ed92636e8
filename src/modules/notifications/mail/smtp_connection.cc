#include "modules/notifications/mail/smtp_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "platform/outbound/tls_client.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

SmtpOptions dialogue_options(const SmtpEndpoint& endpoint) {
  return {.hello_name = endpoint.hello_name,
          .starttls = endpoint.tls == SmtpTls::kStarttls,
          .username = endpoint.username,
          .password = endpoint.password};
}

}  // namespace

SmtpConnection::SmtpConnection(const SmtpEndpoint& endpoint, const outbound::TlsClientContext* tls,
                               runtime::EventLoop& loop, Owner& owner)
    : endpoint_(endpoint),
      tls_context_(tls),
      loop_(loop),
      owner_(owner),
      dialogue_(dialogue_options(endpoint)),
      self_(std::make_shared<SmtpConnection*>(this)) {
  set_step(endpoint.connect_timeout);
}

SmtpConnection::~SmtpConnection() {
  *self_ = nullptr;
  close();
}

// --- Connecting ----------------------------------------------------------------------------------

void SmtpConnection::open(std::vector<outbound::SocketAddress> addresses) {
  addresses_ = std::move(addresses);
  connect_next();
  if (lost_) soon();
}

void SmtpConnection::connect_next() {
  std::string why = "the name has no address";
  while (next_address_ < addresses_.size()) {
    const outbound::SocketAddress& to = addresses_[next_address_++];
    fd_ = ::socket(to.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
      why = std::strerror(errno);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, to.get(), to.size) == 0 || errno == EINPROGRESS) {
      connecting_ = true;
      loop_.add(fd_, *this);
      return;
    }
    why = std::strerror(errno);
    ::close(fd_);
    fd_ = -1;
  }
  fail("no connection: " + why);
}

void SmtpConnection::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  connecting_ = false;
  if (error != 0) {
    close();
    if (next_address_ < addresses_.size()) return connect_next();
    return fail("no connection: " + std::string(std::strerror(error)));
  }
  if (endpoint_.tls == SmtpTls::kTls) begin_tls();
}

void SmtpConnection::begin_tls() {
  CHECK(tls_context_ != nullptr);
  auto tls = tls_context_->connect(endpoint_.host);
  if (!tls.ok()) {
    dialogue_.lose(tls.error().detail);
    return fail(tls.error().detail);
  }
  tls_ = std::move(tls).value();
  tls_->begin(wire_);
  write_out();
}

// --- Events --------------------------------------------------------------------------------------

void SmtpConnection::on_ready(Ready ready) {
  if (lost_) return;
  if (connecting_) {
    if (!ready.writable && !ready.hangup) return;
    on_connected();
    if (lost_ || connecting_) return tell();
  }
  if (ready.writable) flush();
  if (!lost_ && (ready.readable || ready.hangup)) read(ready.hangup);
  tell();
}

// After a hang-up the end is there to be seen, and no edge will tell again.
void SmtpConnection::read(bool hangup) {
  std::array<char, kReadBytes> chunk;  // NOLINT(*-member-init): recv() fills it
  while (!lost_) {
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n > 0) {
      take({chunk.data(), static_cast<std::size_t>(n)});
      if (static_cast<std::size_t>(n) < chunk.size() && !hangup) return;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    return fail(n == 0 ? "the server has closed the connection" : std::strerror(errno));
  }
}

void SmtpConnection::take(std::string_view bytes) {
  if (!tls_) return handle(bytes);
  std::string plain;
  const bool was_up = tls_->state() == outbound::TlsClient::State::kUp;
  tls_->receive(bytes, plain, wire_);
  if (!write_out()) return;
  const auto state = tls_->state();
  if (!was_up && state == outbound::TlsClient::State::kUp && endpoint_.tls == SmtpTls::kStarttls) {
    dialogue_.on_tls();
    flush();
  }
  if (!plain.empty() && !lost_) handle(plain);
  if (!lost_ && state == outbound::TlsClient::State::kEnded) fail_tls();
}

void SmtpConnection::handle(std::string_view plain) {
  while (!plain.empty() && !lost_) {
    switch (dialogue_.on_input(plain)) {
      case SmtpDialogue::Event::kNone:
        break;
      case SmtpDialogue::Event::kWantsTls:
        begin_tls();
        break;
      case SmtpDialogue::Event::kReady:
        opened_ = tell_open_ = true;
        since_ = loop_.mono();
        break;
      case SmtpDialogue::Event::kMailEnded:
        ended_ = dialogue_.result();
        since_ = loop_.mono();
        break;
      case SmtpDialogue::Event::kLost:
        return fail({});
    }
    if (dialogue_.lost()) return fail({});
  }
  if (!lost_) flush();
}

// --- Output --------------------------------------------------------------------------------------

void SmtpConnection::flush() {
  if (tls_ && tls_->state() == outbound::TlsClient::State::kShaking) {
    write_out();
    return;
  }
  std::string& output = dialogue_.output();
  if (!output.empty()) {
    unsent_ += output.size();
    if (tls_) {
      if (tls_->state() != outbound::TlsClient::State::kUp) return fail_tls();
      tls_->send(output, wire_);
    } else {
      wire_ += output;
    }
    output.clear();
  }
  write_out();
  const SmtpStage stage = dialogue_.stage();
  if (stage != stage_ && !lost_) {
    stage_ = stage;
    set_step(stage == SmtpStage::kEnd ? base::Millis::max() : endpoint_.step_timeout);
  }
}

// False: the connection is lost.
bool SmtpConnection::write_out() {
  while (wire_sent_ < wire_.size()) {
    const ssize_t n =
        ::send(fd_, wire_.data() + wire_sent_, wire_.size() - wire_sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n < 0) {
      fail(std::strerror(errno));
      return false;
    }
    wire_sent_ += static_cast<std::size_t>(n);
  }
  wire_.clear();
  wire_sent_ = 0;
  dialogue_.on_written(std::exchange(unsent_, 0));
  return true;
}

void SmtpConnection::begin(SmtpMail mail, base::Mono deadline) {
  CHECK(idle());
  busy_ = true;
  ++mails_;
  deadline_ = deadline;
  if (dialogue_.begin(std::move(mail)) == SmtpDialogue::Event::kMailEnded) {
    ended_ = dialogue_.result();
    return soon();
  }
  stage_ = dialogue_.stage();
  set_step(endpoint_.step_timeout);
  flush();
  if (lost_) soon();
}

void SmtpConnection::quit() {
  if (idle() && dialogue_.ready()) {
    dialogue_.quit();
    flush();
  }
  give_up("closed");
}

void SmtpConnection::give_up(std::string_view why) {
  fail(why);
  soon();
}

void SmtpConnection::end_now() {
  fail("this provider is not used any more");
  tell();
}

// --- Ends ----------------------------------------------------------------------------------------

void SmtpConnection::set_step(base::Millis timeout) {
  const base::Mono now = loop_.mono();
  step_until_ = timeout == base::Millis::max() ? base::Mono::max() : now + timeout;
}

void SmtpConnection::expire(base::Mono now) {
  if (lost_ || idle()) return;
  const base::Mono until = busy_ ? std::min(step_until_, deadline_) : step_until_;
  if (now < until) return;
  fail("no answer in time");
  tell();
}

void SmtpConnection::fail_tls() {
  const bool was_open = opened_;
  const std::string why = tls_->why();
  fail(why);
  // Not the network's fault: it will be the same next time, until somebody looks.
  if (!was_open && why.starts_with("certificate")) why_.verdict = Verdict::kCredential;
}

void SmtpConnection::fail(std::string_view why) {
  if (lost_) return;
  if (!dialogue_.lost()) {
    const bool mailing = dialogue_.mailing();
    dialogue_.lose(why);
    if (mailing) ended_ = dialogue_.result();
  } else if (busy_ && !ended_) {
    ended_ = dialogue_.result();
  }
  why_ = dialogue_.result();
  if (!opened_ && stage_ == SmtpStage::kConnect && !why.empty()) why_.detail = std::string(why);
  lost_ = true;
  close();
}

void SmtpConnection::close() {
  if (fd_ < 0) return;
  loop_.remove(fd_, *this);
  ::close(fd_);
  fd_ = -1;
}

void SmtpConnection::soon() {
  if (std::exchange(telling_, true)) return;
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    (*self)->telling_ = false;
    (*self)->tell();
  });
}

// The last thing in every turn: the owner may begin the next mail.
void SmtpConnection::tell() {
  if (std::exchange(tell_open_, false) && !lost_) owner_.on_open(*this);
  if (ended_) {
    const SendResult result = *std::exchange(ended_, std::nullopt);
    busy_ = false;
    deadline_ = base::Mono::max();
    owner_.on_end(*this, result, dialogue_.stale());
  }
  if (lost_ && !ended_ && !std::exchange(told_lost_, true)) owner_.on_lost(*this, why_);
}

}  // namespace ashlar::notifications
