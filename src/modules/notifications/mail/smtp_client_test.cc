#include "modules/notifications/mail/smtp_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/mail/testing/mail_double.h"
#include "modules/notifications/queued_provider.h"
#include "platform/net/loop_group.h"
#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

using Seen = MailDouble::Seen;

constexpr base::Millis kDeadline{15'000};

class Results {
 public:
  SmtpClient::Done done() {
    return [this](SendResult result) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<SendResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return all_.size() >= count; });
    EXPECT_EQ(all_.size(), count);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SendResult> all_;
};

class SmtpClientTest : public testing::Test {
 protected:
  SmtpClientTest() { loops_.start(); }
  ~SmtpClientTest() override {
    client_.reset();
    loops_.stop();
  }

  SmtpClientOptions options(const MailDouble& server) {
    SmtpClientOptions made;
    made.endpoint = {.host = "127.0.0.1",
                     .port = server.port(),
                     .hello_name = "us.example",
                     .step_timeout = base::Millis{10'000}};
    return made;
  }
  void use(SmtpClientOptions given) {
    client_ = std::make_unique<SmtpClient>(std::move(given), loops_, 0, metrics_);
  }
  void send(const std::string& id, base::Millis deadline = kDeadline, std::string data = {}) {
    if (data.empty()) data = "Subject: " + id + "\r\n\r\n.hello\r\n";
    client_->send({.id = id, .from = "shop@example.com", .to = "anna@example.org", .data = data},
                  clock_.mono() + deadline, results_.done());
  }
  SendResult send_one(base::Millis deadline = kDeadline) {
    send("id-1", deadline);
    const auto all = results_.wait(1);
    return all.empty() ? SendResult{} : all[0];
  }

  base::SystemClock clock_;
  obs::Registry metrics_;
  net::LoopGroup loops_{1, "mail", clock_};
  Results results_;
  std::unique_ptr<SmtpClient> client_;
};

TEST_F(SmtpClientTest, ManyMailsOverFewConnections) {
  MailDouble server({});
  SmtpClientOptions o = options(server);
  o.max_connections = 3;
  o.mails_per_connection = 20;
  use(o);
  for (int i = 0; i < 200; ++i) send("id-" + std::to_string(i));
  for (const SendResult& result : results_.wait(200)) {
    EXPECT_EQ(static_cast<int>(result.verdict), static_cast<int>(Verdict::kAccepted))
        << result.detail;
  }
  const auto mails = server.mails();
  ASSERT_EQ(mails.size(), 200U);
  std::set<std::string> different(mails.begin(), mails.end());
  EXPECT_EQ(different.size(), 200U);
  EXPECT_TRUE(different.contains("Subject: id-7\r\n\r\n.hello\r\n"));
  EXPECT_GE(server.connections(), 10);
  EXPECT_LE(server.connections(), 14);
}

TEST_F(SmtpClientTest, ALargeMailOverTls) {
  for (const SmtpTls tls : {SmtpTls::kTls, SmtpTls::kStarttls}) {
    Results results;
    MailDouble server(
        [](const Seen& seen) {
          return seen.line.starts_with("EHLO") && !seen.tls ? "250-x\r\n250 STARTTLS\r\n" : "";
        },
        {.tls = tls == SmtpTls::kTls, .extensions = "250-AUTH PLAIN\r\n250 PIPELINING\r\n"});
    SmtpClientOptions o = options(server);
    o.endpoint.host = "localhost";
    o.endpoint.tls = tls;
    o.endpoint.username = "user";
    o.endpoint.password = "password";
    o.ca_pem = server.ca_pem();
    use(o);
    std::string data = "Subject: large\r\n\r\n";
    while (data.size() < 3'000'000) data += ".line of a large mail\r\n";
    client_->send({.id = "id", .from = "a@b", .to = "c@d", .data = data}, clock_.mono() + kDeadline,
                  results.done());
    const auto all = results.wait(1);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(name_of(all[0].verdict), "accepted") << all[0].detail;
    ASSERT_EQ(server.mails().size(), 1U);
    EXPECT_EQ(server.mails()[0], data);
    client_.reset();
  }
}

TEST_F(SmtpClientTest, ACertificateThatDoesNotFitIsTheCredentialsFault) {
  struct Case {
    const char* name;
    bool trusted;
    bool verify;
    const char* verdict;
  };
  for (const Case& c : {Case{"localhost", false, true, "credential"},
                        Case{"other.example", true, true, "credential"},
                        Case{"other.example", false, false, "accepted"}}) {
    Results results;
    MailDouble server({}, {.tls = true, .name = c.name});
    SmtpClientOptions o = options(server);
    o.endpoint.host = "localhost";
    o.endpoint.tls = SmtpTls::kTls;
    if (c.trusted) o.ca_pem = server.ca_pem();
    o.verify = c.verify;
    use(o);
    client_->send({.id = "id", .from = "a@b", .to = "c@d", .data = "x\r\n"},
                  clock_.mono() + kDeadline, results.done());
    const auto all = results.wait(1);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(name_of(all[0].verdict), c.verdict) << all[0].detail;
    EXPECT_EQ(server.mails().size(), c.verify ? 0U : 1U);
    client_.reset();
  }
}

struct Trouble {
  const char* at;  // beginning of the command; "" the greeting
  std::string answer;
  const char* verdict;
};

class SmtpTrouble : public SmtpClientTest, public testing::WithParamInterface<Trouble> {};

TEST_P(SmtpTrouble, EndsInTimeWithItsVerdict) {
  const Trouble& trouble = GetParam();
  MailDouble server([&](const Seen& seen) {
    const bool here =
        *trouble.at == '\0' ? seen.line.empty() : seen.line.substr(0, 4) == trouble.at;
    return here ? trouble.answer : std::string();
  });
  SmtpClientOptions o = options(server);
  o.endpoint.step_timeout = base::Millis{500};
  use(o);
  const base::Mono begun = clock_.mono();
  const SendResult result = send_one(base::Millis{1'200});
  EXPECT_EQ(name_of(result.verdict), trouble.verdict) << result.detail;
  EXPECT_LE(clock_.mono() - begun, base::Millis{1'400});
  EXPECT_LE(result.detail.size(), Outgoing::kMaxDetailBytes);
}

INSTANTIATE_TEST_SUITE_P(All, SmtpTrouble,
                         testing::Values(Trouble{"", "554 5.7.1 not you\r\n", "credential"},
                                         Trouble{"", "421 busy\r\n", "throttled"},
                                         Trouble{"", MailDouble::kClose, "retry"},
                                         Trouble{"", MailDouble::kSilent, "retry"},
                                         Trouble{"", MailDouble::kDrip, "retry"},
                                         Trouble{"", "HTTP/1.1 400 what\r\n", "retry"},
                                         Trouble{"", std::string(100'000, 'x'), "retry"},
                                         Trouble{"EHLO", MailDouble::kSilent, "retry"},
                                         Trouble{"MAIL", MailDouble::kSilent, "retry"},
                                         Trouble{"MAIL", MailDouble::kClose, "retry"},
                                         Trouble{"RCPT", "550 5.1.1 nobody\r\n", "suppress"},
                                         Trouble{"RCPT", "550 5.7.1 policy\r\n", "refused"},
                                         Trouble{"RCPT", "421 4.7.0 slower\r\n", "throttled"},
                                         Trouble{"RCPT", "452 4.2.2 full\r\n", "retry"},
                                         Trouble{"RCPT", MailDouble::kClose, "retry"},
                                         Trouble{"DATA", "451 4.3.0 later\r\n", "retry"},
                                         Trouble{"DATA", MailDouble::kDrip, "retry"},
                                         Trouble{"DATA", "354 go\r\n354 go\r\n", "ambiguous"},
                                         Trouble{".", "552 5.3.4 too large\r\n", "our_bug"},
                                         Trouble{".", "451 4.3.0 later\r\n", "retry"},
                                         Trouble{".", MailDouble::kClose, "ambiguous"},
                                         Trouble{".", MailDouble::kSilent, "ambiguous"},
                                         Trouble{".", MailDouble::kDrip, "ambiguous"},
                                         Trouble{".", "garbage\r\n", "ambiguous"}));

TEST_F(SmtpClientTest, NobodyListens) {
  {
    const MailDouble gone({});
    use(options(gone));
  }
  for (int i = 0; i < 20; ++i) send("id-" + std::to_string(i));
  for (const SendResult& result : results_.wait(20)) {
    EXPECT_EQ(name_of(result.verdict), "retry") << result.detail;
  }
}

TEST_F(SmtpClientTest, ANameThatDoesNotExist) {
  const MailDouble server({});
  SmtpClientOptions o = options(server);
  o.endpoint.host = "no-such-host.invalid";
  o.endpoint.connect_timeout = base::Millis{1'000};
  use(o);
  EXPECT_EQ(name_of(send_one().verdict), "retry");
}

TEST_F(SmtpClientTest, AConnectionClosedWhileIdleIsReplacedUnseen) {
  for (const std::string& bye : {MailDouble::kClose, std::string("421 4.4.2 idle\r\n")}) {
    Results results;
    MailDouble server([&](const Seen& seen) {
      return seen.line == "RSET" && seen.connection == 1 ? bye : std::string();
    });
    use(options(server));
    for (std::size_t i = 1; i <= 2; ++i) {
      client_->send({.id = "id", .from = "a@b", .to = "c@d", .data = "x\r\n"},
                    clock_.mono() + kDeadline, results.done());
      for (const SendResult& result : results.wait(i)) {
        EXPECT_EQ(name_of(result.verdict), "accepted") << result.detail;
      }
    }
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(server.mails().size(), 2U);
    client_.reset();
  }
}

TEST_F(SmtpClientTest, AServerThatForgetsToResetGetsANewConnection) {
  MailDouble server([](const Seen& seen) {
    return seen.line.starts_with("MAIL") && seen.mail > 1 ? "503 5.5.1 sender already specified\r\n"
                                                          : "";
  });
  use(options(server));
  send("id-1");
  results_.wait(1);
  send("id-2");
  EXPECT_EQ(name_of(results_.wait(2)[1].verdict), "retry");
  send("id-3");
  EXPECT_EQ(name_of(results_.wait(3)[2].verdict), "accepted");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SmtpClientTest, OneAddressRefusedDoesNotHurtTheNext) {
  MailDouble server([](const Seen& seen) {
    return seen.line.starts_with("RCPT") && seen.mail % 2 == 1 ? "550 5.1.1 nobody\r\n" : "";
  });
  SmtpClientOptions o = options(server);
  o.max_connections = 1;
  use(o);
  for (int i = 0; i < 10; ++i) send("id-" + std::to_string(i));
  int accepted = 0;
  for (const SendResult& result : results_.wait(10)) {
    accepted += result.verdict == Verdict::kAccepted ? 1 : 0;
  }
  EXPECT_EQ(accepted, 5);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(SmtpClientTest, ASecondConnectionRefusedLeavesTheFirstAtWork) {
  MailDouble server([](const Seen& seen) {
    return seen.line.empty() && seen.connection > 1 ? "421 too many connections\r\n" : "";
  });
  SmtpClientOptions o = options(server);
  use(o);
  send("first");
  results_.wait(1);
  for (int i = 0; i < 50; ++i) send("id-" + std::to_string(i));
  for (const SendResult& result : results_.wait(51)) {
    EXPECT_EQ(name_of(result.verdict), "accepted") << result.detail;
  }
}

// Those that are stuck keep all of max_connections; and the first new one is
// not even greeted.
TEST_F(SmtpClientTest, AProbeFindsTheServerBackBesideStuckConnections) {
  std::atomic<int> stuck{0};
  MailDouble server([&](const Seen& seen) {
    if (seen.connection == 3 && seen.line.empty()) return MailDouble::kSilent;
    if (seen.connection > 2 || !seen.line.starts_with("MAIL")) return std::string();
    ++stuck;
    return MailDouble::kSilent;
  });
  SmtpClientOptions o = options(server);
  o.max_connections = 2;
  use(o);
  for (int i = 0; i < 6; ++i) send("id-" + std::to_string(i));
  while (stuck < 2) std::this_thread::yield();
  const base::Mono begun = clock_.mono();
  client_->give_back();
  for (const SendResult& result : results_.wait(4)) {
    EXPECT_TRUE(is_given_back(result));
    EXPECT_EQ(name_of(result.verdict), "retry");
  }
  EXPECT_LT(clock_.mono() - begun, base::Millis{1'000});
  send("later");
  client_->send({.id = "probe", .from = "a@b", .to = "c@d", .data = "x\r\n", .probe = true},
                clock_.mono() + kDeadline, results_.done());
  // Whoever waits behind it goes the same way.
  const auto all = results_.wait(6);
  EXPECT_EQ(name_of(all[4].verdict), "accepted") << all[4].detail;
  EXPECT_EQ(name_of(all[5].verdict), "accepted") << all[5].detail;
  EXPECT_LT(clock_.mono() - begun, base::Millis{8'000});  // stuck ones: 10 s
  EXPECT_EQ(server.connections(), 4);
  EXPECT_EQ(server.mails().front(), "x\r\n");
}

TEST_F(SmtpClientTest, IdleConnectionsAreClosedWithGoodManners) {
  MailDouble server({});
  SmtpClientOptions o = options(server);
  o.idle_timeout = base::Millis{50};
  use(o);
  EXPECT_EQ(name_of(send_one().verdict), "accepted");
  const base::Mono until = clock_.mono() + base::Millis{3'000};
  while (clock_.mono() < until) {
    const auto lines = server.lines();
    if (!lines.empty() && lines.back() == "QUIT") break;
    std::this_thread::yield();
  }
  EXPECT_EQ(server.lines().back(), "QUIT");
}

TEST_F(SmtpClientTest, TheDestructorEndsWhatIsUnderWay) {
  for (const char* at : {"MAIL", "."}) {
    Results results;
    std::atomic<bool> reached{false};
    MailDouble server([&](const Seen& seen) {
      if (seen.line.substr(0, 4) != at) return std::string();
      reached = true;
      return MailDouble::kSilent;
    });
    SmtpClientOptions o = options(server);
    o.max_connections = 1;
    o.endpoint.step_timeout = base::Millis{10'000};
    use(o);
    for (int i = 0; i < 3; ++i) {
      client_->send({.id = "id", .from = "a@b", .to = "c@d", .data = "x\r\n"},
                    clock_.mono() + base::Millis{10'000}, results.done());
    }
    while (!reached) std::this_thread::yield();
    const base::Mono begun = clock_.mono();
    client_.reset();
    int ambiguous = 0;
    for (const SendResult& result : results.wait(3)) {
      ambiguous += result.verdict == Verdict::kAmbiguous ? 1 : 0;
      EXPECT_TRUE(result.verdict == Verdict::kAmbiguous || result.verdict == Verdict::kRetry);
    }
    EXPECT_EQ(ambiguous, std::string(at) == "." ? 1 : 0);
    EXPECT_LE(clock_.mono() - begun, base::Millis{2'000});
  }
}

TEST_F(SmtpClientTest, WithoutLoopsEverythingStillEnds) {
  const MailDouble server({});
  loops_.stop();
  use(options(server));
  send("id-1");
  client_.reset();
  EXPECT_EQ(name_of(results_.wait(1)[0].verdict), "retry");
}

}  // namespace
}  // namespace ashlar::notifications
