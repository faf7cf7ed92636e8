// Answers that come late, through the real dispatcher: from other threads, without a worker, or
// not at all.
#include "platform/http/late_answer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/call.h"
#include "platform/http/cors.h"
#include "platform/http/dispatcher.h"
#include "platform/http/request_observer.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/observability/trace.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/admin.h"
#include "platform/security/api_keys.h"
#include "platform/security/authenticator.h"
#include "platform/security/tenants.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::http {
namespace {

class Ignore final : public RequestObserver {
 public:
  void on_request(const Route& /*route*/, const security::Principal& /*who*/) override {}
};

Route post(std::string_view path, Handler handler) {
  return {.method = Method::kPost,
          .path = path,
          .summary = std::string_view("test"),
          .module = std::string_view("test"),
          .tenancy = Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = Idempotency::kNatural,
          .deadline = base::Millis{10'000},
          .handler = std::move(handler)};
}

class Client {
 public:
  Client(std::uint16_t port, std::string_view path) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The status line, as soon as it has come.
  std::string status() {
    std::string in;
    while (in.find("\r\n") == std::string::npos) {
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      in.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return in.substr(0, in.find("\r\n"));
  }

 private:
  int fd_;
};

class LateAnswerTest : public testing::Test {
 protected:
  LateAnswerTest()
      : tenants_(store_.database(), clock_, {}),
        keys_(store_.database(), clock_, entropy_, {}),
        admin_(store_.database(), clock_, entropy_),
        authenticator_(keys_, admin_, tenants_) {
    RouteTable table;
    table.push_back(post("/wait", LateHandler([this](Call&, std::shared_ptr<LateAnswer> answer) {
                           const std::lock_guard lock(mutex_);
                           waiting_.push_back(std::move(answer));
                           return base::ok_status();
                         })));
    table.push_back(post("/now", LateHandler([](Call&, std::shared_ptr<LateAnswer> answer) {
                           answer->complete(no_content());
                           answer->complete(Response{500, {}, {}, {}});  // counts for nothing
                           return base::ok_status();
                         })));
    table.push_back(post("/wrong", LateHandler([](Call&, std::shared_ptr<LateAnswer>) {
                           return base::Status(base::fail(base::Code::kConflict, "no", "No."));
                         })));
    table.push_back(post("/dropped", LateHandler([](Call&, std::shared_ptr<LateAnswer>) {
                           return base::ok_status();
                         })));
    router_ = std::make_unique<Router>(std::move(table), store_.registry());
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Needs{{&pool_, &pool_, &pool_},
                                                                 {nullptr, nullptr, nullptr},
                                                                 store_.database(),
                                                                 authenticator_,
                                                                 cors_,
                                                                 clock_,
                                                                 store_.log(),
                                                                 tracer_,
                                                                 observer_});
    auto socket = ListenSocket::bind("127.0.0.1", 0);
    EXPECT_TRUE(socket.ok());
    port_ = socket->port();
    auto server = Server::make({}, std::move(*socket), *router_, *dispatcher_, clock_, entropy_,
                               store_.log(), store_.registry());
    EXPECT_TRUE(server.ok());
    server_ = std::move(*server);
    server_->start();
  }
  ~LateAnswerTest() override {
    answer_all();
    server_->stop();
    pool_.drain();
  }

  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  std::shared_ptr<LateAnswer> first_waiting() {
    while (waiting() == 0) std::this_thread::yield();
    const std::lock_guard lock(mutex_);
    return waiting_.front();
  }
  void answer_all() {
    std::vector<std::shared_ptr<LateAnswer>> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(waiting_);
    }
    for (auto& one : all) one->complete(Response{202, {}, {}, {}});
  }

  storage::TemporarySqlite store_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  security::Tenants tenants_;
  security::ApiKeys keys_;
  security::Admin admin_;
  security::Authenticator authenticator_;
  CorsPolicy cors_{CorsRules{}};
  obs::Tracer tracer_{{}, clock_, entropy_, store_.log(), store_.registry()};
  Ignore observer_;
  runtime::WorkerPool pool_{"one", 1, 100, clock_, store_.registry()};
  std::unique_ptr<Router> router_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<LateAnswer>> waiting_;
};

TEST_F(LateAnswerTest, ManyWaitWhileTheOnlyWorkerGoesOn) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<Client>(port_, "/wait"));
  while (waiting() < clients.size()) std::this_thread::yield();
  EXPECT_EQ(Client(port_, "/now").status(), "HTTP/1.1 204 No Content");
  answer_all();
  for (auto& client : clients) EXPECT_EQ(client->status(), "HTTP/1.1 202 Accepted");
}

TEST_F(LateAnswerTest, AnErrorIsAnsweredAndSoIsNothingAtAll) {
  EXPECT_EQ(Client(port_, "/wrong").status(), "HTTP/1.1 409 Conflict");
  EXPECT_EQ(Client(port_, "/dropped").status(), "HTTP/1.1 500 Internal Server Error");
}

TEST_F(LateAnswerTest, WhoHasLeftIsNotWaitedFor) {
  auto client = std::make_unique<Client>(port_, "/wait");
  const std::shared_ptr<LateAnswer> answer = first_waiting();
  EXPECT_TRUE(answer->is_wanted());
  client.reset();
  const base::Mono limit = clock_.mono() + base::Millis{10'000};
  while (answer->is_wanted() && clock_.mono() < limit) std::this_thread::yield();
  EXPECT_FALSE(answer->is_wanted());
}

}  // namespace
}  // namespace ashlar::http
