// WebhooksFixture: an empty database on either engine, two tenants, a clock moved by hand, jobs and
// events, WebhooksModule on them, and a receiver on loopback, for the module's tests; send()
// answers as the table would, work() is the runner.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/webhooks/webhooks_module.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/http/cursor.h"
#include "platform/jobs/jobs.h"
#include "platform/json/value.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/testing/fault_server.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::webhooks {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  json::Value json;

  [[nodiscard]] std::string header(const std::string& name) const;
  // By the names of members and numbers of items: "data", "0", "id". Null: not there.
  [[nodiscard]] const json::Value* at(std::initializer_list<std::string_view> path) const;
  [[nodiscard]] std::string text(std::initializer_list<std::string_view> path) const;     // "": no
  [[nodiscard]] std::int64_t number(std::initializer_list<std::string_view> path) const;  // -1: no
};

// What the receiver was sent, in order, and what it answers.
class Receiver {
 public:
  Receiver();

  struct Got {
    std::string target, id, timestamp, signature, content_type, body;
  };
  [[nodiscard]] std::vector<Got> got();
  // The next requests get these, those after them 200.
  void answer_with(std::vector<outbound::FaultServer::Reply> replies);
  void answer_always(int status);
  [[nodiscard]] std::string url(std::string_view path) const { return server_->url(path); }

 private:
  outbound::FaultServer::Reply take(const outbound::FaultServer::Request& request);

  std::mutex mutex_;  // guards what follows
  std::vector<Got> got_;
  std::deque<outbound::FaultServer::Reply> replies_;
  int always_ = 200;
  std::unique_ptr<outbound::FaultServer> server_;
};

class WebhooksFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::unique_ptr<WebhooksModule> make_module(bool allow_private);

  Answer send(http::Method method, const std::string& target, const std::string& body = {},
              base::TenantId tenant = kAlice, const std::string& if_match = {});
  Answer get(const std::string& target, base::TenantId tenant = kAlice) {
    return send(http::Method::kGet, target, {}, tenant);
  }
  Answer post(const std::string& target, const std::string& body = {},
              base::TenantId tenant = kAlice) {
    return send(http::Method::kPost, target, body, tenant);
  }
  // An endpoint at the receiver's `path`; its id. `more`: further members, each with a comma first.
  std::string make_webhook(const std::string& types, const std::string& more = {},
                           const std::string& path = "/", base::TenantId tenant = kAlice);
  // In a transaction of its own; then fanned out.
  void publish(const std::string& type, const std::string& data = "{}",
               base::TenantId tenant = kAlice, const std::string& id = "1");
  void fan_out();

  // Of the webhook's newest delivery.
  std::string newest(const std::string& webhook, std::string_view member);
  // Deliveries in its log, 100 at most. `query`: "&state=failed".
  std::int64_t count(const std::string& webhook, const std::string& query = {});
  // Whether one of the signatures is that of the secret.
  static bool verifies(const Receiver::Got& got, const std::string& secret);

  // All jobs that may be worked now, and those that become so meanwhile; how many attempts.
  int work();
  int work_with(WebhooksModule& module);
  void advance(base::Seconds by);  // and what is due by then is ready

  std::vector<std::string> dump(const storage::Sql& sql);
  [[nodiscard]] double metric(const std::string& line) const;

  storage::Database& db() { return *db_; }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<events::Consumers> consumers_;
  std::unique_ptr<events::Outbox> outbox_;
  std::unique_ptr<WebhooksModule> module_;
  std::unique_ptr<http::CursorCodec> cursors_;
  http::RouteTable routes_;
  Receiver receiver_;
};

}  // namespace ashlar::webhooks
