// A listener with a face of its own, over real sockets: nothing that goes wrong there is a problem.
#include "platform/http/error_face.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/cors.h"
#include "platform/http/dispatcher.h"
#include "platform/http/refusal_text.h"
#include "platform/http/request_limiter.h"
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

class OwnFace final : public ErrorFace {
 public:
  Response of_error(const base::Error& error, std::string_view /*request_id*/) const override {
    return {418, "text/own", {}, std::string("own ") + error.reason};
  }
  Response of_refusal(int status, std::string_view reason, std::string_view /*detail*/,
                      std::string_view request_id) const override {
    return {status,
            "text/own",
            {{"Own-Id", std::string(request_id)}},
            "own " + std::string(reason) + (names_id ? " " + std::string(request_id) : "")};
  }
  Response of_quota(std::span<const std::string_view> violated,
                    std::optional<std::chrono::seconds> /*retry_after*/,
                    std::string_view /*request_id*/) const override {
    return {429, "text/own", {}, "own quota " + std::string(violated.front())};
  }
  bool names_id = true;
};

// Of one route among others.
class ForeignFace final : public ErrorFace {
 public:
  Response of_error(const base::Error& error, std::string_view /*request_id*/) const override {
    return {419, "text/foreign", {}, std::string("foreign ") + error.reason};
  }
  Response of_refusal(int status, std::string_view reason, std::string_view /*detail*/,
                      std::string_view /*request_id*/) const override {
    return {status, "text/foreign", {}, "foreign " + std::string(reason)};
  }
  Response of_quota(std::span<const std::string_view> violated,
                    std::optional<std::chrono::seconds> /*retry_after*/,
                    std::string_view /*request_id*/) const override {
    return {429, "text/foreign", {}, "foreign quota " + std::string(violated.front())};
  }
};

class Ignore final : public RequestObserver {
 public:
  void on_request(const Route& /*route*/, const security::Principal& /*who*/) override {}
};

// Refuses while told to.
class Strict final : public RequestLimiter {
 public:
  Quota charge(const Charge& /*charge*/) override {
    Quota quota;
    quota.allowed = !refuse;
    if (refuse) {
      quota.states.emplace_back().name = "strict";
      quota.states.back().violated = true;
    }
    return quota;
  }
  std::atomic<bool> refuse{false};
};

Route route(Method method, std::string_view path, Tenancy tenancy) {
  Route made{.method = method,
             .path = path,
             .summary = std::string_view("test"),
             .module = std::string_view("test"),
             .tenancy = tenancy,
             .scope = std::string_view(tenancy == Tenancy::kTenant ? "a:read" : ""),
             .cost = 1,
             .idempotency = Idempotency::kNatural,
             .deadline = base::Millis{5'000},
             .handler = Handler(WorkerHandler([](Call& call) -> base::Result<Response> {
               if (call.body == "fail") {
                 return base::fail(base::Code::kConflict, "handler_says_no", "No.");
               }
               return Response{200, "text/plain", {}, std::string(call.head->query)};
             }))};
  made.raw_body = true;
  made.raw_query = true;
  made.max_body_bytes = 64;
  return made;
}

class ErrorFaceTest : public testing::Test {
 protected:
  ErrorFaceTest()
      : tenants_(store_.database(), clock_, {}),
        keys_(store_.database(), clock_, entropy_, {}),
        admin_(store_.database(), clock_, entropy_),
        authenticator_(keys_, admin_, tenants_, security::Credentials::kKeysAlsoBasic) {
    RouteTable table;
    table.push_back(route(Method::kPost, "/open", Tenancy::kPublic));
    table.push_back(route(Method::kGet, "/open", Tenancy::kPublic));
    table.push_back(route(Method::kGet, "/closed", Tenancy::kTenant));
    Route foreign = route(Method::kPost, "/foreign", Tenancy::kTenant);
    foreign.face = &foreign_face_;
    foreign.key_field = KeyField::kApiKey;
    table.push_back(std::move(foreign));
    router_ = std::make_unique<Router>(std::move(table), store_.registry());
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Needs{{&pool_, &pool_, &pool_},
                                                                 {nullptr, nullptr, nullptr},
                                                                 store_.database(),
                                                                 authenticator_,
                                                                 cors_,
                                                                 clock_,
                                                                 store_.log(),
                                                                 tracer_,
                                                                 observer_,
                                                                 &limiter_,
                                                                 RateLimitFields::kDraft10,
                                                                 face_});
    auto socket = ListenSocket::bind("127.0.0.1", 0);
    EXPECT_TRUE(socket.ok());
    port_ = socket->port();
    auto server = Server::make({}, std::move(*socket), *router_, *dispatcher_, clock_, entropy_,
                               store_.log(), store_.registry(), face_);
    EXPECT_TRUE(server.ok());
    server_ = std::move(*server);
    server_->start();
  }
  ~ErrorFaceTest() override {
    server_->stop();
    pool_.drain();
  }

  // The whole answer to one request, whose connection ends with it.
  std::string answer(const std::string& line, const std::string& fields = "",
                     const std::string& body = "") {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    timeval limit{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const std::string text =
        line + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + "\r\n" + body;
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    std::string in;
    std::array<char, 4096> buffer{};
    for (ssize_t got; (got = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
      in.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(fd);
    return in;
  }

  void expect(const std::string& got, const std::string& status, const std::string& body) {
    EXPECT_TRUE(got.starts_with("HTTP/1.1 " + status)) << got;
    EXPECT_NE(got.find("Content-Type: text/own\r\n"), std::string::npos) << got;
    EXPECT_NE(got.find("\r\n\r\nown " + body), std::string::npos) << got;
    EXPECT_EQ(got.find("problem"), std::string::npos) << got;
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
  Strict limiter_;
  OwnFace face_;
  const ForeignFace foreign_face_;
  runtime::WorkerPool pool_{"one", 1, 100, clock_, store_.registry()};
  std::unique_ptr<Router> router_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(ErrorFaceTest, WhateverGoesWrongHasTheListenersFace) {
  expect(answer("GET /nothing"), "404", "not_found");
  expect(answer("DELETE /open"), "405", "method_not_allowed");
  expect(answer("POST /open", "Content-Length: 65\r\n"), "413", "body_too_large");
  expect(answer("POST /open", "Content-Length: x\r\n"), "400", "bad_content_length");
  expect(answer("GET /%00"), "400", "bad_percent_encoding");
  expect(answer("POST /open", "Content-Length: 4\r\n", "fail"), "418", "handler_says_no");
  expect(answer("GET /closed"), "418", "missing_credentials");
  expect(answer("GET /closed", "Authorization: Basic a2V5Og==\r\n"), "418", "invalid_api_key");
  expect(answer("GET /open", "Ashlar-Timeout-Ms: x\r\n"), "418", "");
  limiter_.refuse = true;
  expect(answer("GET /open"), "429", "quota strict");
}

TEST_F(ErrorFaceTest, ARouteMayHaveAFaceAndAKeyFieldOfItsOwn) {
  const auto expect_foreign = [](const std::string& got, const std::string& status,
                                 const std::string& body) {
    EXPECT_TRUE(got.starts_with("HTTP/1.1 " + status)) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\nforeign " + body)) << got;
  };
  expect_foreign(answer("POST /foreign"), "419", "missing_credentials");
  expect_foreign(answer("POST /foreign", "X-Api-Key: nobodys\r\n"), "419", "invalid_api_key");
  expect_foreign(answer("POST /foreign", "Authorization: Bearer nobodys\r\n"), "419",
                 "missing_credentials");
  expect_foreign(answer("POST /foreign", "Content-Length: 65\r\n"), "413", "body_too_large");
  expect_foreign(answer("POST /foreign", "Ashlar-Timeout-Ms: x\r\n"), "419", "bad_timeout");
  expect_foreign(answer("POST /foreign", "Transfer-Encoding: chunked\r\n",
                        "41\r\n" + std::string(65, 'x') + "\r\n0\r\n\r\n"),
                 "413", "body_too_large");
  expect_foreign(answer("POST /foreign", "Transfer-Encoding: chunked\r\n", "x\r\n"), "400",
                 "bad_chunk");
  // No route, no face of its own.
  expect(answer("GET /foreign"), "405", "method_not_allowed");
  limiter_.refuse = true;
  expect_foreign(answer("POST /foreign", "X-Api-Key: nobodys\r\n"), "419", "invalid_api_key");
}

TEST_F(ErrorFaceTest, OverloadHasItToo) {
  pool_.drain();  // takes nothing any more
  const std::string got = answer("POST /open", "Content-Length: 2\r\nX-Request-Id: r7\r\n", "ok");
  expect(got, "503", "overloaded r7");
  EXPECT_NE(got.find("\r\nRetry-After: "), std::string::npos) << got;
}

TEST_F(ErrorFaceTest, OverloadHasTheRoutesOwn) {
  pool_.drain();
  const std::string got = answer("POST /foreign", "Content-Length: 2\r\n", "ok");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 503")) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\nforeign overloaded")) << got;
  EXPECT_NE(got.find("\r\nRetry-After: "), std::string::npos) << got;
}

TEST(RefusalTextTest, MayNameTheRequestInItsHeadAlone) {
  OwnFace face;
  for (const bool in_body : {true, false}) {
    face.names_id = in_body;
    const RefusalText text(face);
    base::Random random(1);
    std::string out;
    text.append(out, {.date_header = "", .request_id = "r8"}, {}, false, random);
    EXPECT_NE(out.find("\r\nOwn-Id: r8\r\n"), std::string::npos) << out;
    EXPECT_TRUE(out.ends_with(in_body ? "\r\n\r\nown overloaded r8" : "\r\n\r\nown overloaded"))
        << out;
    const std::string length = in_body ? "17" : "14";
    EXPECT_NE(out.find("Content-Length: " + length + "\r\n"), std::string::npos) << out;
  }
}

TEST_F(ErrorFaceTest, ARouteMayReadItsQueryItself) {
  const std::string got = answer("GET /open?created[gte]=5&expand%5B%5D=a");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200")) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\ncreated[gte]=5&expand%5B%5D=a")) << got;
}

}  // namespace
}  // namespace ashlar::http
