// NodeLink: the connection to one Redis server, made again whenever it is lost.
//
//   kIdle ──start()──> kLookingUp ──> kConnecting ──on_ready()──> kGreeting ──on_greeting()──> kUp
//                          ^               │                          │                         │
//                          │               └──── fail_attempt() ──────┤      lose(): closed, silent
//                          │                                          v      too long, a replica
//                          now └── on_timer(): backoff is over ──────── kDown
//                          <─────────────────────┘
//   any ──retire()──> kIdle
//
// The greeting is AUTH, SELECT, PING, where asked CLUSTER SLOTS, SCRIPT LOAD: a server that accepts
// and never answers is never up. In kUp it is down again when nothing at all has come for kSilence
// while answers were owed; and where answers come too late, half of them in a second, a circuit
// breaker keeps most commands back until some are in time.
//
// Commands in kLookingUp to kGreeting wait if the link has not failed since start(), else fail at
// once. For RedisLink, which owns it; its threads are RedisLink's.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "kit/resilience/retry_schedule.h"
#include "platform/redis/loop_timer.h"
#include "platform/redis/name_lookup.h"
#include "platform/redis/pending_command.h"
#include "platform/redis/reply_parser.h"

namespace ashlar::redis {

struct LinkMetrics;

class NodeLink final : public runtime::Watcher {
 public:
  using Command = std::unique_ptr<PendingCommand>;
  static constexpr base::Millis kSilence{200};

  class Owner {
   public:
    // The reply is valid within the call.
    virtual void on_reply(NodeLink& node, Command command, const Reply& reply) = 0;
    virtual void on_failed(Command command, const base::Error& error) = 0;
    // nullopt: no cluster. An error: this link is of no use.
    virtual base::Status on_slots(NodeLink& node, const std::optional<Reply>& slots) = 0;
    virtual void on_lost(NodeLink& node) = 0;

   protected:
    ~Owner() = default;
  };

  NodeLink(RedisAddress address, bool asks_slots, const RedisLinkOptions& options,
           runtime::EventLoop& loop, Owner& owner, std::uint64_t seed, LinkMetrics& metrics,
           obs::Log& log);
  ~NodeLink() override;  // what waits fails
  NodeLink(const NodeLink&) = delete;
  NodeLink& operator=(const NodeLink&) = delete;

  void start();   // where it is kIdle
  void retire();  // what waits fails

  // Gives the command back with an error, by Owner::on_failed(), or keeps it.
  void send(Command command);

  [[nodiscard]] const RedisAddress& address() const { return address_; }
  [[nodiscard]] bool up() const { return state_ == State::kUp; }
  [[nodiscard]] bool busy() const { return !commands_.empty(); }
  // Commands are sent, or wait for the first connection.
  [[nodiscard]] bool takes_commands() const;

  void on_ready(Ready ready) override;

 private:
  enum class State : std::uint8_t { kIdle, kLookingUp, kConnecting, kGreeting, kUp, kDown };
  enum class Greeting : std::uint8_t { kAuth, kSelect, kPing, kClusterSlots, kScript };

  void look_up();
  void connect_next();
  void begin_greeting();
  base::Status on_greeting(const Reply& reply);
  void become_up();
  void fail_attempt(const std::string& why);
  void lose(const std::string& why);
  void go_down(const std::string& why);
  void close();
  void fail_all(const base::Error& error);

  void read();
  bool handle_replies();
  void on_answer(const Reply& reply);
  void flush_soon();
  void flush();
  void on_timer();
  void expire(base::Mono now);
  void set_timer();  // looks at all that may become due
  std::optional<base::Error> refusal(PendingCommand& command);
  void append(Command command);

  const RedisAddress address_;
  const bool asks_slots_;
  const RedisLinkOptions& options_;
  runtime::EventLoop& loop_;
  Owner& owner_;
  LinkMetrics& metrics_;
  obs::Log& log_;
  const std::string name_;
  base::Random random_;
  std::optional<kit::CircuitBreaker> breaker_;  // of a connection: a new one begins afresh
  LoopTimer timer_;

  State state_ = State::kIdle;
  bool failed_ = false;  // since start(), and not up since
  std::optional<kit::RetrySchedule> schedule_;
  base::Mono until_{};  // of kDown: the backoff's end; of an attempt: its deadline
  base::Mono up_since_{};
  std::optional<NameLookup> lookup_;
  std::vector<SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  std::size_t timeouts_ = 0;  // of connecting: the next attempt begins with another address

  int fd_ = -1;
  std::string in_;
  std::string out_;
  std::size_t sent_ = 0;     // of out_
  std::string close_after_;  // why to close when the replies that are there are handled
  ReplyParser parser_;
  std::deque<Greeting> greeting_;
  // In the order of sending. Null: ASKING's answer, to be dropped.
  std::deque<Command> commands_;
  base::Mono heard_{};  // when something came last, or, before, commands_ began to wait
  // What was posted finds out by it whether the link is still there.
  std::shared_ptr<NodeLink*> self_;
  bool flushing_ = false;
};

}  // namespace ashlar::redis
