// CL.THROTTLE as redis-cell answers it, and a session of Redis' protocol around it: in order,
// bounded, whatever comes and however late decisions are.
#include "modules/limits/throttle_session.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "modules/limits/batch.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/throttle_auth.h"
#include "modules/limits/throttle_command.h"
#include "modules/limits/usage.h"
#include "platform/observability/metrics.h"
#include "platform/redis/resp_writer.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::limits {
namespace {

class TestStream final : public net::Stream {
 public:
  explicit TestStream(runtime::EventLoop& on) : loop_(on) {}
  runtime::EventLoop& loop() override { return loop_; }
  std::size_t loop_index() const override { return 0; }
  const std::string& peer_address() const override { return peer_; }
  std::string& output() override { return late_; }
  void flush() override { ++flushes; }
  void finish() override { finished = true; }
  void abort() override { finished = true; }
  void wake_at(base::Mono at) override { static_cast<void>(at); }

  int flushes = 0;
  bool finished = false;

 private:
  runtime::EventLoop& loop_;
  std::string peer_ = "127.0.0.1";
  std::string late_;
};

// Decides when told to.
class LateState final : public LimitState {
 public:
  explicit LateState(LimitState& in) : in_(in) {}
  void decide(Batch& batch, base::Mono now) override {
    if (!late) return in_.decide(batch, now);
    waiting.emplace_back(&batch, now);
  }
  void release(std::size_t index) {
    const auto [batch, now] = waiting[index];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(index));
    in_.decide(*batch, now);
  }

  bool late = false;
  std::vector<std::pair<Batch*, base::Mono>> waiting;

 private:
  LimitState& in_;
};

class TestAuth final : public ThrottleAuth {
 public:
  void authenticate(std::string_view user, std::string_view password, runtime::EventLoop& loop,
                    Done done) override {
    static_cast<void>(user);
    static_cast<void>(loop);
    auto answer = [done = std::move(done), right = password == secret] {
      if (right) return done(base::TenantId(7));
      done(base::fail(base::Code::kUnauthenticated, "invalid_api_key", "no such key"));
    };
    late ? static_cast<void>(waiting.emplace_back(answer)) : answer();
  }

  bool late = false;
  std::string secret = "secret";
  std::vector<std::function<void()>> waiting;
};

class ThrottleSessionTest : public testing::Test {
 protected:
  ThrottleSessionTest() { open(kSystem, nullptr); }

  static constexpr base::TenantId kSystem{};

  void open(std::optional<base::TenantId> owner, ThrottleAuth* auth) {
    session_.reset();
    service_ = std::make_unique<ThrottleService>(
        state_, owner, auth,
        ThrottleLimits(Keeping::kExact, OnFailure::kOpen,
                       [this](base::TenantId of) { return book_.rule(of, kThrottleRule); }),
        metrics_);
    waiting_.clear();
    session_ = std::make_unique<ThrottleSession>(stream_, *service_);
  }

  // What comes back at once for these bytes, as the stream would give them.
  std::string give(std::string_view bytes) {
    waiting_ += bytes;
    std::string out;
    waiting_.erase(0, session_->on_input(waiting_, out));
    session_->fill_output(out);
    return out;
  }
  // What is there since then.
  std::string later() {
    std::string out = std::move(stream_.output());
    stream_.output().clear();
    session_->fill_output(out);
    waiting_.erase(0, session_->on_input(waiting_, out));
    session_->fill_output(out);
    return out;
  }
  std::string ask(const std::vector<std::string_view>& words) {
    std::string bytes;
    redis::append_command(bytes, words);
    return give(bytes);
  }
  // The five numbers, or the error.
  std::string throttle(std::string_view arguments, std::string_view key = "k") {
    return plain(give("CL.THROTTLE " + std::string(key) + " " + std::string(arguments) + "\r\n"));
  }
  static std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) {
      const bool begins = out.empty() || out.back() == ' ';
      if (c == '\r' || (c == ':' && begins)) continue;
      out.push_back(c == '\n' ? ' ' : c);
    }
    if (out.starts_with("*5 ")) out.erase(0, 3);
    if (out.ends_with(' ')) out.pop_back();
    return out;
  }
  base::ManualClock clock_;
  runtime::EventLoop loop_{clock_, base::Millis{100}};
  obs::Registry metrics_;
  MemoryState memory_{{.max_keys = 10'000}, kit::SipKey{}};
  LateState state_{memory_};
  TestStream stream_{loop_};
  UsageBook book_{{}, metrics_};
  std::unique_ptr<ThrottleService> service_;
  std::unique_ptr<ThrottleSession> session_;
  std::string waiting_;
};

TEST_F(ThrottleSessionTest, AsRedisCellAnswers) {
  EXPECT_EQ(throttle("0 1 2 1"), "0 1 0 -1 2");
  EXPECT_EQ(throttle("0 1 2 1"), "1 1 0 2 2");
  EXPECT_EQ(throttle("15 30 60", "user123"), "0 16 15 -1 2");
  EXPECT_EQ(throttle("15 30 60 16", "user123"), "1 16 15 2 2");
  EXPECT_EQ(throttle("15 30 60 15", "user123"), "0 16 0 -1 32");
  EXPECT_EQ(throttle("15 30 60 17", "user123"), "1 16 0 -1 32");
  EXPECT_EQ(throttle("15 30 60 0", "user123"), "0 16 0 -1 32");
  EXPECT_EQ(throttle("15 30 60 0", "other"), "0 16 16 -1 0");
}

TEST_F(ThrottleSessionTest, SecondsAreRoundedUpFromTheMillisecond) {
  EXPECT_EQ(throttle("0 1 10", "a"), "0 1 0 -1 10");
  EXPECT_EQ(throttle("0 1000 1", "b"), "0 1 0 -1 1");
  EXPECT_EQ(throttle("0 10000 1", "c"), "0 1 0 -1 0");
  using Numbers = std::array<std::int64_t, 5>;
  kit::Decision decision{.allowed = false,
                         .limit = 5,
                         .remaining = 2,
                         .retry_after = base::Millis{1100},
                         .reset_after = base::Micros{3'000'999}};
  EXPECT_EQ(throttle_answer(decision), (Numbers{1, 5, 2, 2, 3}));
  decision.retry_after = kit::kNeverFits;
  decision.reset_after = base::Millis{3'001};
  EXPECT_EQ(throttle_answer(decision), (Numbers{1, 5, 2, -1, 4}));
}

TEST_F(ThrottleSessionTest, ErrorsAsRedisCellWordsThem) {
  const std::string usage =
      "-Cell error: Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]";
  EXPECT_EQ(plain(ask({"CL.THROTTLE"})), usage);
  EXPECT_EQ(plain(ask({"CL.THROTTLE", "k", "1", "1"})), usage);
  EXPECT_EQ(plain(ask({"CL.THROTTLE", "k", "1", "1", "1", "1", "1"})), usage);
  EXPECT_EQ(throttle("x 1 1"), "-Cell error: Couldn't parse as integer: x");
  EXPECT_EQ(throttle("1 1 1 1.5"), "-Cell error: Couldn't parse as integer: 1.5");
  EXPECT_EQ(throttle("1 1 9223372036854775808"),
            "-Cell error: Couldn't parse as integer: 9223372036854775808");
  EXPECT_EQ(throttle("1 0 1"), "-Cell error: Zero rates are not supported");
  EXPECT_EQ(throttle("1 1 0"), "-Cell error: Zero rates are not supported");
  EXPECT_EQ(throttle("1 1 1 -1"), "-Cell error: Negative numbers are not supported");
  EXPECT_EQ(throttle("-1 1 1"), "-Cell error: Negative numbers are not supported");
  EXPECT_TRUE(throttle("9223372036854775807 1 1").starts_with("-Cell error: "));
  EXPECT_TRUE(throttle("1 1 9223372036854775807").starts_with("-Cell error: "));
  EXPECT_EQ(throttle("+1 1 1 +1"), "0 2 1 -1 1");
}

TEST_F(ThrottleSessionTest, AKeyKeepsItsCountUnderAnotherRate) {
  EXPECT_EQ(throttle("1 1 10 2"), "0 2 0 -1 20");
  EXPECT_EQ(throttle("3 1 10 0"), "0 4 2 -1 20");
}

TEST_F(ThrottleSessionTest, WhatClientsSayOnConnecting) {
  EXPECT_EQ(ask({"PING"}), "+PONG\r\n");
  EXPECT_EQ(ask({"ping", "a"}), "$1\r\na\r\n");
  EXPECT_EQ(ask({"ECHO", "x\r\n"}), "$3\r\nx\r\n\r\n");
  EXPECT_EQ(ask({"SELECT", "0"}), "+OK\r\n");
  EXPECT_EQ(ask({"SELECT", "1"}), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(ask({"CLIENT", "SETINFO", "LIB-NAME", "ioredis"}), "+OK\r\n");
  EXPECT_EQ(ask({"CLIENT", "SETNAME", "me"}), "+OK\r\n");
  EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "$2\r\nme\r\n");
  EXPECT_EQ(ask({"CLIENT", "ID"}), ":1\r\n");
  EXPECT_EQ(ask({"COMMAND"}), "*0\r\n");
  EXPECT_EQ(ask({"COMMAND", "DOCS"}), "*0\r\n");
  EXPECT_NE(ask({"INFO"}).find("\r\nloading:0\r\n"), std::string::npos);
  EXPECT_EQ(ask({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_TRUE(ask({"HELLO", "2"}).starts_with("*14\r\n$6\r\nserver\r\n"));
  EXPECT_TRUE(ask({"HELLO", "3", "SETNAME", "x"}).starts_with("%7\r\n$6\r\nserver\r\n"));
  EXPECT_EQ(ask({"COMMAND", "DOCS"}), "%0\r\n");
  EXPECT_EQ(ask({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "$-1\r\n");
  EXPECT_EQ(ask({"GET", "k"}), "-ERR unknown command 'GET', with args beginning with: 'k' \r\n");
  EXPECT_EQ(ask({"ECHO"}), "-ERR wrong number of arguments for 'echo' command\r\n");
  EXPECT_TRUE(ask({"AUTH", "x"}).starts_with("-ERR AUTH <password> called without"));
  EXPECT_EQ(ask({"QUIT"}), "+OK\r\n");
  EXPECT_TRUE(stream_.finished);
  EXPECT_EQ(ask({"PING"}), "");
}

TEST_F(ThrottleSessionTest, InPiecesAndAllAtOnce) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    redis::append_command(bytes, std::vector<std::string_view>{"CL.THROTTLE", "k", "1", "1", "60"});
  }
  EXPECT_EQ(plain(give(bytes)), "0 2 1 -1 60 *5 0 2 0 -1 120 *5 1 2 0 60 120");
  std::string out;
  for (const char c : bytes) out += give({&c, 1});
  EXPECT_EQ(plain(out), "1 2 0 60 120 *5 1 2 0 60 120 *5 1 2 0 60 120");
}

TEST_F(ThrottleSessionTest, WhatIsNotTheProtocolEndsTheConnection) {
  EXPECT_EQ(give("*1\r\n!"), "-ERR Protocol error: expected '$'\r\n");
  EXPECT_TRUE(stream_.finished);
  EXPECT_EQ(give("PING\r\n"), "");
}

TEST_F(ThrottleSessionTest, AnswersKeepTheirOrderHoweverDecisionsCome) {
  state_.late = true;
  const std::string command = "CL.THROTTLE k 9 1 60\r\n";
  EXPECT_EQ(give(command + "PING\r\n" + command + "ECHO x\r\n" + command), "");
  EXPECT_TRUE(session_->busy());
  state_.release(2);
  EXPECT_EQ(stream_.flushes, 0);
  state_.release(0);
  EXPECT_EQ(stream_.flushes, 1);
  EXPECT_EQ(plain(later()), "0 10 8 -1 120 +PONG");
  state_.release(0);
  EXPECT_EQ(plain(later()), "0 10 7 -1 180 $1 x *5 0 10 9 -1 60");
  EXPECT_FALSE(session_->busy());
}

TEST_F(ThrottleSessionTest, NoMoreThanSomeDecisionsAreUnderWay) {
  state_.late = true;
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "CL.THROTTLE k 99999 1 60\r\n";
  std::size_t answers = 0;
  std::string out = give(bytes);
  while (!state_.waiting.empty()) {
    EXPECT_LE(state_.waiting.size(), ThrottleSession::kMaxWaiting);
    state_.release(state_.waiting.size() - 1);
    out += later();
  }
  for (const char c : out) answers += c == '*' ? 1 : 0;
  EXPECT_EQ(answers, 1000);
}

TEST_F(ThrottleSessionTest, AConnectionThatGoesLeavesItsDecisionsToTheirEnd) {
  state_.late = true;
  give("CL.THROTTLE k 9 1 60\r\nPING\r\nCL.THROTTLE k 9 1 60\r\n");
  session_.reset();
  state_.release(1);
  state_.release(0);
}

TEST_F(ThrottleSessionTest, WithoutAnOwnerTheKeyMustComeFirst) {
  TestAuth auth;
  open(std::nullopt, &auth);
  EXPECT_EQ(ask({"PING"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_TRUE(ask({"HELLO", "3"}).starts_with("-NOAUTH HELLO must"));
  EXPECT_EQ(ask({"AUTH", "wrong"}),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(ask({"AUTH", "anybody", "secret"}), "+OK\r\n");
  EXPECT_EQ(throttle("0 1 60"), "0 1 0 -1 60");
  EXPECT_EQ(ask({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(ask({"PING"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_TRUE(ask({"HELLO", "3", "AUTH", "default", "secret"}).starts_with("%7\r\n"));
  EXPECT_EQ(ask({"PING"}), "+PONG\r\n");
}

TEST_F(ThrottleSessionTest, OwnersHaveCountsOfTheirOwn) {
  TestAuth auth;
  open(kSystem, &auth);
  EXPECT_EQ(throttle("0 1 60"), "0 1 0 -1 60");
  EXPECT_EQ(throttle("0 1 60"), "1 1 0 60 60");
  EXPECT_EQ(ask({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(throttle("0 1 60"), "0 1 0 -1 60");
}

TEST_F(ThrottleSessionTest, APasswordThatIsGoneEndsWhatItOpened) {
  TestAuth auth;
  open(std::nullopt, &auth);
  EXPECT_EQ(ask({"AUTH", "secret"}), "+OK\r\n");
  auth.secret = "another";
  EXPECT_EQ(ask({"PING"}), "+PONG\r\n");
  clock_.advance(ThrottleSession::kRecheck);
  loop_.post([this] { loop_.stop(); });
  loop_.run();  // it reads the clock
  auth.late = true;
  EXPECT_EQ(give("PING\r\nCL.THROTTLE k 0 1 60\r\n"), "");
  ASSERT_EQ(auth.waiting.size(), 1U);
  auth.waiting.front()();
  EXPECT_EQ(later(), "-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n");
  auth.late = false;
  EXPECT_EQ(ask({"AUTH", "another"}), "+OK\r\n");
}

TEST_F(ThrottleSessionTest, TakesAreNotedForTheirOwner) {
  TestAuth auth;
  open(kSystem, &auth);
  for (int i = 0; i < 3; ++i) throttle("1 1 60", "a");
  throttle("1 1 60 0", "a");  // looks
  throttle("5 1 60", "b");
  EXPECT_EQ(ask({"AUTH", "secret"}), "+OK\r\n");
  throttle("1 1 60", "a");
  const std::vector<RuleReport> own = book_.report(kSystem);
  const auto rule = std::ranges::find(own, kThrottleRule, &RuleReport::name);
  ASSERT_NE(rule, own.end());
  EXPECT_EQ(rule->total.of(Verdict::kAllowed), 3U);
  EXPECT_EQ(rule->total.of(Verdict::kDenied), 1U);
  const HeavyKeys keys = book_.heavy(kSystem, kThrottleRule, false, 5, limiter_now(loop_.now()));
  ASSERT_EQ(keys.rows.size(), 2U);
  EXPECT_EQ(keys.rows.front().key, "a");
  const std::vector<RuleReport> theirs = book_.report(base::TenantId(7));
  ASSERT_EQ(theirs.size(), 1U);
  EXPECT_EQ(theirs.front().total.of(Verdict::kAllowed), 1U);
}

TEST_F(ThrottleSessionTest, WhatComesBehindAuthWaitsForIt) {
  TestAuth auth;
  auth.late = true;
  open(std::nullopt, &auth);
  EXPECT_EQ(give("AUTH secret\r\nPING\r\n"), "");
  EXPECT_TRUE(session_->busy());
  auth.waiting.front()();
  EXPECT_EQ(later(), "+OK\r\n+PONG\r\n");
  give("AUTH secret\r\n");
  session_.reset();
  auth.waiting.back()();
}

TEST_F(ThrottleSessionTest, NoiseIsAnsweredOrEndsTheConnection) {
  base::Random random(11);
  const std::vector<std::string_view> pieces{"*3\r\n", "$11\r\nCL.THROTTLE\r\n",
                                             "$1\r\n", "PING",
                                             "\r\n",   "1 ",
                                             "k",      "-1",
                                             "\"",     "HELLO 3",
                                             "AUTH x"};
  for (int round = 0; round < 5'000; ++round) {
    open(kSystem, nullptr);
    for (int i = 0; i < 20; ++i) give(pieces[random.below(pieces.size())]);
    EXPECT_LE(waiting_.size(), 40'000);
  }
}

}  // namespace
}  // namespace ashlar::limits
