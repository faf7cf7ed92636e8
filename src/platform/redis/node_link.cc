#include "platform/redis/node_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "platform/observability/log.h"
#include "platform/redis/link_metrics.h"
#include "platform/redis/redis_script.h"
#include "platform/redis/resp_writer.h"

namespace ashlar::redis {
namespace {

using base::Code;
using base::fail;
using kit::CircuitBreaker;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr base::Millis kLookupPoll{10};
// A connection that has lived for so long was a good one: the next failure is a new one.
constexpr base::Millis kGoodConnection{2'000};

constexpr kit::CircuitBreakerOptions kBreaker{.window = std::chrono::seconds(1),
                                              .min_calls = 20,
                                              .failure_rate = 0.5,
                                              .open_time = std::chrono::milliseconds(500),
                                              .probes = 3,
                                              .probe_time = std::chrono::seconds(1)};

base::Error unreachable(std::string detail) {
  return fail(Code::kUnavailable, "redis_unreachable", std::move(detail));
}

}  // namespace

NodeLink::NodeLink(RedisAddress address, bool asks_slots, const RedisLinkOptions& options,
                   runtime::EventLoop& loop, Owner& owner, std::uint64_t seed, LinkMetrics& metrics,
                   obs::Log& log)
    : address_(std::move(address)),
      asks_slots_(asks_slots),
      options_(options),
      loop_(loop),
      owner_(owner),
      metrics_(metrics),
      log_(log),
      name_(address_.host + ":" + std::to_string(address_.port)),
      random_(seed),
      timer_(loop, [this] { on_timer(); }),
      parser_(ReplyParser::Limits{}),
      self_(std::make_shared<NodeLink*>(this)) {}

NodeLink::~NodeLink() {
  *self_ = nullptr;
  retire();
}

void NodeLink::start() {
  if (state_ != State::kIdle) return;
  failed_ = false;
  schedule_.reset();
  look_up();
}

void NodeLink::retire() {
  close();
  lookup_.reset();
  state_ = State::kIdle;
  fail_all(unreachable(name_ + " is not asked any more"));
}

bool NodeLink::takes_commands() const {
  if (state_ == State::kUp) return breaker_->state() != CircuitBreaker::State::kOpen;
  return !failed_ && state_ != State::kDown && state_ != State::kIdle;
}

// --- Connecting ----------------------------------------------------------------------------------

void NodeLink::look_up() {
  state_ = State::kLookingUp;
  until_ = loop_.mono() + options_.connect_deadline;
  metrics_.connects.add();
  lookup_.emplace(address_.host, address_.port);
  on_timer();
}

void NodeLink::connect_next() {
  state_ = State::kConnecting;
  std::string why = "no address";
  while (next_address_ < addresses_.size()) {
    const SocketAddress& to = addresses_[next_address_++];
    fd_ = ::socket(to.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
      why = std::strerror(errno);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, to.get(), to.size) == 0 || errno == EINPROGRESS) {
      loop_.add(fd_, *this);
      set_timer();
      return;
    }
    why = std::strerror(errno);
    ::close(fd_);
    fd_ = -1;
  }
  fail_attempt(why);
}

void NodeLink::begin_greeting() {
  state_ = State::kGreeting;
  const auto say = [this](Greeting step, std::initializer_list<std::string_view> words) {
    append_command(out_, {words.begin(), words.size()});
    greeting_.push_back(step);
  };
  if (!address_.password.empty()) {
    if (address_.user.empty()) {
      say(Greeting::kAuth, {"AUTH", address_.password});
    } else {
      say(Greeting::kAuth, {"AUTH", address_.user, address_.password});
    }
  }
  if (address_.database != 0) say(Greeting::kSelect, {"SELECT", std::to_string(address_.database)});
  say(Greeting::kPing, {"PING"});
  if (asks_slots_) say(Greeting::kClusterSlots, {"CLUSTER", "SLOTS"});
  for (const RedisScript* script : options_.scripts) {
    say(Greeting::kScript, {"SCRIPT", "LOAD", script->body()});
  }
  flush();
}

base::Status NodeLink::on_greeting(const Reply& reply) {
  const Greeting step = greeting_.front();
  greeting_.pop_front();
  if (step == Greeting::kClusterSlots) {
    const bool refused = reply.is_error() && !address_.cluster;
    return owner_.on_slots(*this, refused ? std::nullopt : std::optional(reply));
  }
  // Without leave to load scripts there is still EVAL.
  if (step == Greeting::kScript) return base::ok_status();
  if (reply.is_error()) return unreachable(std::string(reply.text()));
  const std::string_view expected = step == Greeting::kPing ? "PONG" : "OK";
  if (reply.text() != expected) return unreachable("this is no Redis");
  return base::ok_status();
}

void NodeLink::become_up() {
  state_ = State::kUp;
  if (failed_) log_.info("Redis answers again", {{"address", name_}});
  failed_ = false;
  breaker_.emplace(kBreaker, random_.next(), loop_.mono());
  up_since_ = heard_ = loop_.mono();
  metrics_.connected.add(1);
  std::deque<Command> waiting;
  waiting.swap(commands_);
  for (Command& command : waiting) {
    if (command->done) append(std::move(command));
  }
  flush_soon();
  set_timer();
}

void NodeLink::fail_attempt(const std::string& why) {
  close();
  if (next_address_ < addresses_.size() && loop_.mono() < until_) return connect_next();
  go_down(why);
}

void NodeLink::lose(const std::string& why) {
  metrics_.connected.add(-1);
  if (loop_.mono() - up_since_ >= kGoodConnection) schedule_.reset();
  close();
  go_down(why);
  owner_.on_lost(*this);
}

void NodeLink::go_down(const std::string& why) {
  if (!failed_) log_.warn("Redis does not answer", {{"address", name_}, {"detail", why}});
  failed_ = true;
  state_ = State::kDown;
  if (!schedule_) {
    const kit::RetryOptions retry{.max_attempts = std::numeric_limits<int>::max(),
                                  .base = options_.backoff_min,
                                  .cap = options_.backoff_max,
                                  .budget = CircuitBreaker::kMaxTime * 100};
    schedule_.emplace(retry, loop_.mono());
  }
  const auto wait = schedule_->next(loop_.mono(), random_);
  until_ = loop_.mono() + wait.value_or(options_.backoff_max);
  fail_all(unreachable(name_ + ": " + why));
  set_timer();
}

void NodeLink::close() {
  if (fd_ >= 0) {
    loop_.remove(fd_, *this);
    ::close(fd_);
    fd_ = -1;
  }
  in_.clear();
  out_.clear();
  sent_ = 0;
  greeting_.clear();
  parser_.reset();
}

void NodeLink::fail_all(const base::Error& error) {
  std::deque<Command> failed;
  failed.swap(commands_);
  for (Command& command : failed) {
    if (command == nullptr || !command->done) continue;
    metrics_.lost.add();
    owner_.on_failed(std::move(command), error);
  }
}

// --- Commands ------------------------------------------------------------------------------------

std::optional<base::Error> NodeLink::refusal(PendingCommand& command) {
  command.ticket.reset();
  const bool waits = !failed_ && (state_ == State::kLookingUp || state_ == State::kConnecting ||
                                  state_ == State::kGreeting);
  if (state_ != State::kUp && !waits) return unreachable(name_ + " is down");
  if (commands_.size() >= options_.max_in_flight) {
    return fail(Code::kUnavailable, "redis_busy", "too many commands wait for " + name_);
  }
  if (state_ == State::kUp) {
    command.ticket = breaker_->allow(loop_.mono());
    if (!command.ticket) return unreachable(name_ + " answers too slowly");
  }
  return std::nullopt;
}

void NodeLink::send(Command command) {
  if (state_ == State::kIdle) start();
  if (const auto error = refusal(*command)) {
    metrics_.refused.add();
    owner_.on_failed(std::move(command), *error);
    return;
  }
  command->sent_at = loop_.mono();
  timer_.wake_by(command->deadline);
  if (state_ != State::kUp) {
    commands_.push_back(std::move(command));
  } else {
    append(std::move(command));
    flush_soon();
    timer_.wake_by(heard_ + kSilence);
  }
}

void NodeLink::append(Command command) {
  if (commands_.empty()) heard_ = loop_.mono();
  if (command->asking) {
    static constexpr std::array<std::string_view, 1> kAsking{"ASKING"};
    append_command(out_, kAsking);
    commands_.push_back(nullptr);
  }
  out_ += command->wire;
  commands_.push_back(std::move(command));
}

void NodeLink::flush_soon() {
  if (flushing_ || out_.empty()) return;
  flushing_ = true;
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    (*self)->flushing_ = false;
    (*self)->flush();
  });
}

void NodeLink::flush() {
  if (fd_ < 0 || state_ == State::kConnecting) return;
  while (sent_ < out_.size()) {
    const ssize_t n = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;
      return;  // the error comes with the next event, and is read there
    }
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  sent_ = 0;
}

// --- Events --------------------------------------------------------------------------------------

void NodeLink::on_ready(Ready ready) {
  if (state_ == State::kConnecting && (ready.writable || ready.hangup)) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail_attempt(std::strerror(error));
    begin_greeting();
  } else if (ready.writable) {
    flush();
  }
  if (ready.readable || ready.hangup) read();
}

void NodeLink::read() {
  std::array<char, kReadBytes> chunk;  // NOLINT(*-member-init): read() fills it
  std::string why;
  for (;;) {
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n > 0) {
      in_.append(chunk.data(), static_cast<std::size_t>(n));
      heard_ = loop_.mono();
      if (static_cast<std::size_t>(n) == chunk.size()) continue;
      break;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    why = n == 0 ? "it has closed the connection" : std::strerror(errno);
    break;
  }
  const bool well = handle_replies();
  if (!well && why.empty()) why = close_after_;
  close_after_.clear();
  if (why.empty()) return;
  state_ == State::kUp ? lose(why) : fail_attempt(why);
}

// False: the connection is to be closed, close_after_ says why.
bool NodeLink::handle_replies() {
  std::size_t done = 0;
  while (done < in_.size() && close_after_.empty()) {
    const std::string_view rest = std::string_view(in_).substr(done);
    const ReplyParser::Step step = parser_.parse(rest);
    if (step == ReplyParser::Step::kMore) break;
    if (step == ReplyParser::Step::kWrong) {
      close_after_ = "what it answers cannot be understood";
      break;
    }
    done += parser_.consumed();
    const Reply reply = parser_.reply(rest);
    if (reply.is_push()) continue;
    if (state_ == State::kGreeting) {
      const base::Status status = on_greeting(reply);
      if (!status.ok()) {
        close_after_ = status.error().detail;
      } else if (greeting_.empty()) {
        become_up();
      }
    } else {
      on_answer(reply);
    }
  }
  in_.erase(0, done);
  return close_after_.empty();
}

void NodeLink::on_answer(const Reply& reply) {
  if (commands_.empty()) {
    close_after_ = "it answers what was not asked";
    return;
  }
  Command command = std::move(commands_.front());
  commands_.pop_front();
  // It was a primary once: the name, or the cluster's map, will lead to the new one.
  if (reply.is_error() && reply.text().starts_with("READONLY")) close_after_ = reply.text();
  if (command == nullptr || !command->done) return;
  const base::Mono now = loop_.mono();
  if (command->ticket) {
    breaker_->record(*command->ticket, CircuitBreaker::Outcome::kSuccess, now - command->sent_at,
                     now);
  }
  owner_.on_reply(*this, std::move(command), reply);
}

void NodeLink::on_timer() {
  const base::Mono now = loop_.mono();
  expire(now);
  if (state_ == State::kLookingUp) {
    const auto found = lookup_->found();
    if (found && found->ok() && !(*found)->empty()) {
      addresses_ = **found;
      next_address_ = 0;
      const auto first = static_cast<std::ptrdiff_t>(timeouts_ % addresses_.size());
      std::rotate(addresses_.begin(), addresses_.begin() + first, addresses_.end());
      lookup_.reset();
      return connect_next();
    }
    if (found || now >= until_) {
      const std::string why =
          found && !found->ok() ? found->error().detail : "its name is not found in time";
      lookup_.reset();
      return go_down(why);
    }
  }
  if ((state_ == State::kConnecting || state_ == State::kGreeting) && now >= until_) {
    close();
    ++timeouts_;
    return go_down("no connection in time");
  }
  if (state_ == State::kDown && now >= until_) return look_up();
  if (state_ == State::kUp && !commands_.empty() && now - heard_ >= kSilence) {
    return lose("it is silent");
  }
  set_timer();
}

// Tells those whose deadline is over. Their places stay: the answers may still come, in order.
void NodeLink::expire(base::Mono now) {
  std::vector<Command> expired;
  for (Command& command : commands_) {
    if (command == nullptr || !command->done || command->deadline > now) continue;
    if (command->ticket) {
      breaker_->record(*command->ticket, CircuitBreaker::Outcome::kFailure, now - command->sent_at,
                       now);
    }
    auto told = std::make_unique<PendingCommand>();
    told->done = std::exchange(command->done, nullptr);
    expired.push_back(std::move(told));
  }
  for (Command& command : expired) {
    metrics_.late.add();
    owner_.on_failed(std::move(command),
                     fail(Code::kDeadline, "redis_deadline", name_ + " did not answer in time"));
  }
}

void NodeLink::set_timer() {
  base::Mono next = base::Mono::max();
  for (const Command& command : commands_) {
    if (command == nullptr || !command->done) continue;
    next = std::min(next, command->deadline);
  }
  switch (state_) {
    case State::kLookingUp:
      next = std::min({next, until_, loop_.mono() + kLookupPoll});
      break;
    case State::kConnecting:
    case State::kGreeting:
    case State::kDown:
      next = std::min(next, until_);
      break;
    case State::kUp:
      if (!commands_.empty()) next = std::min(next, heard_ + kSilence);
      break;
    case State::kIdle:
      break;
  }
  if (next != base::Mono::max()) timer_.wake_by(next);
}

}  // namespace ashlar::redis
