// ThrottleSession: a connection that speaks Redis' protocol and is served CL.THROTTLE
// (throttle_command.h), and so much beside it that Redis' own clients connect: PING, ECHO, HELLO 2
// and 3, AUTH, SELECT 0, CLIENT, COMMAND, INFO, RESET, QUIT.
//
// Promises
//  1. One answer a command, in their order, also where decisions come later and out of order.
//  2. At most kMaxWaiting decisions of a connection are under way; then it is not read until some
//     have come.
//  3. A key counts for the owner as whom the connection acts: ThrottleService::owner, or after AUTH
//     (the password is an API key, the user's name does not matter) the one that ThrottleAuth says.
//     Without either every command but AUTH, HELLO, RESET and QUIT is refused (NOAUTH). So it is
//     again once ThrottleAuth knows the password no more; it is asked every kRecheck.
//  4. What is not Redis' protocol gets one error and the connection ends. Keys have at most
//     kMaxKeyBytes.
//
// Where the count cannot be had LimitSpec::on_failure answers: nobody sees an error.
// Threads: its stream's loop, as all of ThrottleService.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modules/limits/throttle_limits.h"
#include "platform/net/stream.h"
#include "platform/redis/command_parser.h"
#include "platform/redis/resp_writer.h"

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::limits {

class LimitState;
class ThrottleAuth;
struct ThrottleAnswer;

// What the sessions of one loop share. What it refers to outlives them.
struct ThrottleService {
  ThrottleService(LimitState& counts, std::optional<base::TenantId> acts_as, ThrottleAuth* accounts,
                  ThrottleLimits kept_limits, obs::Registry& metrics);

  LimitState& state;
  const std::optional<base::TenantId> owner;  // of connections without AUTH; nullopt: they must
  ThrottleAuth* const auth;                   // null: AUTH is refused
  ThrottleLimits limits;
  obs::Counter& allowed;
  obs::Counter& denied;
  obs::Counter& errors;
  std::uint64_t last_id = 0;
};

class ThrottleSession final : public net::StreamSession {
 public:
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr std::size_t kMaxKeyBytes = 4096;
  static constexpr base::Millis kRecheck{1000};

  ThrottleSession(net::Stream& stream, ThrottleService& service);
  ~ThrottleSession() override;
  ThrottleSession(const ThrottleSession&) = delete;
  ThrottleSession& operator=(const ThrottleSession&) = delete;

  std::size_t on_input(std::string_view input, std::string& output) override;
  void fill_output(std::string& output) override;
  [[nodiscard]] bool busy() const override { return !waiting_.empty() || authenticating_; }

 private:
  friend struct ThrottleAnswer;
  using Words = std::span<const std::string_view>;
  struct Command {
    std::string_view name;  // upper case
    std::size_t min_words;
    std::size_t max_words;
    bool open;  // also to who has not authenticated
    void (ThrottleSession::*run)(Words words);
  };
  static const std::vector<Command>& commands();

  void run(Words words);
  void throttle(Words words);
  void ping(Words words);
  void echo(Words words);
  void hello(Words words);
  void auth(Words words);
  void select(Words words);
  void client(Words words);
  void command(Words words);
  void info(Words words);
  void reset(Words words);
  void quit(Words words);

  // Where the answer to the command that runs is written: straight out, or behind those that wait.
  redis::ReplyWriter reply();
  void authenticate(std::string_view user, std::string_view password, bool greets);
  void on_authenticated(const base::Result<base::TenantId>& owner, const std::string& password,
                        bool greets);
  void recheck();
  void on_rechecked(const base::Result<base::TenantId>& owner);
  void greet();
  void on_decided(ThrottleAnswer& answer);
  void write_decision(std::string& out, const ThrottleAnswer& answer) const;

  net::Stream& stream_;
  ThrottleService& service_;
  const std::uint64_t id_;
  redis::CommandParser parser_;
  int version_ = 2;
  std::optional<base::TenantId> owner_;
  std::string password_;  // that owner_ is by; empty: by none
  base::Mono recheck_at_{};
  std::string name_;
  bool authenticating_ = false;
  int greeting_version_ = 2;  // of the HELLO that authenticates
  bool finished_ = false;
  std::string* output_ = nullptr;  // within on_input()
  // Not answered yet, in order: decisions under way, and what came behind them.
  std::deque<std::unique_ptr<ThrottleAnswer>> waiting_;
  std::vector<std::unique_ptr<ThrottleAnswer>> spare_;
  std::shared_ptr<ThrottleSession*> self_;  // for what is answered later
};

}  // namespace ashlar::limits
