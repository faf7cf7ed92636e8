#include "modules/activity/request_feed.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "modules/activity/activity_log.h"
#include "modules/activity/board.h"
#include "platform/http/router.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::activity {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

class RequestFeedTest : public ::testing::Test {
 protected:
  RequestFeedTest() : db_(std::move(store_->open()).value()) {}

  static http::Route route(std::string_view path, bool documented) {
    return {.method = http::Method::kGet,
            .path = path,
            .summary = {"A route of the test."},
            .module = {"test"},
            .tenancy = http::Tenancy::kPublic,
            .scope = {""},
            .cost = 1,
            .idempotency = http::Idempotency::kNatural,
            .deadline = base::Millis{1'000},
            .handler = {http::WorkerHandler([](http::Call&) { return http::no_content(); })},
            .documented = documented};
  }
  static security::Principal who(std::int64_t tenant, const char* name, std::int64_t key) {
    security::Principal principal;
    principal.kind = key == 0 ? security::Principal::Kind::kAdmin : security::Principal::Kind::kKey;
    principal.tenant = base::TenantId(tenant);
    principal.tenant_name = name;
    principal.key = security::KeyId(key);
    return principal;
  }
  Counts top(std::string_view dimension) {
    Counts counts;
    for (const auto& row :
         board_.top({}, dimension, base::Seconds{300}, 1'000, clock_.now()).rows) {
      counts[row.key] = row.estimate;
    }
    return counts;
  }

  std::unique_ptr<storage::TestStore> store_ =
      storage::make_product_store(storage::Dialect::kSqlite);
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log messages_{obs::Level::kOff, 2, clock_, metrics_};
  Board board_{{}};
  std::unique_ptr<storage::Database> db_;
  ActivityLog log_{*db_, board_, clock_, metrics_, messages_};
  RequestFeed feed_{log_, clock_, metrics_, messages_};
};

TEST_F(RequestFeedTest, CountsCallersTenantsAndEndpoints) {
  http::RouteTable table;
  table.push_back(route("/v1/things", true));
  table.push_back(route("/probe", false));
  const http::Router router(std::move(table), metrics_);
  feed_.watch(router);
  const auto& things = router.endpoints()[0];
  const auto& probe = router.endpoints()[1];
  for (int i = 0; i < 3; ++i) feed_.on_request(things.route, who(1, "demo", 7));
  feed_.on_request(things.route, who(2, "acme", 8));
  feed_.on_request(things.route, who(0, "", 0));
  feed_.on_request(probe.route, who(1, "demo", 7));
  feed_.on_request(things.route, {});  // nobody
  things.answers[2]->add(5);
  things.answers[4]->add(2);
  probe.answers[2]->add(9);
  feed_.flush();
  EXPECT_EQ(top("user"), (Counts{{"demo/7", 3}, {"acme/8", 1}, {"administrator", 1}}));
  EXPECT_EQ(top("tenant"), (Counts{{"demo", 3}, {"acme", 1}}));
  EXPECT_EQ(top("endpoint"), (Counts{{"GET /v1/things", 7}}));
  feed_.flush();
  EXPECT_EQ(top("endpoint"), (Counts{{"GET /v1/things", 7}})) << "each answer once";
}

TEST_F(RequestFeedTest, ManyCallersAreBounded) {
  const http::Route things = route("/v1/things", true);
  for (std::size_t i = 0; i < RequestFeed::kMaxCallers + 50; ++i) {
    feed_.on_request(things, who(1, "demo", static_cast<std::int64_t>(i) + 1));
  }
  feed_.flush();
  EXPECT_EQ(top("user")["(others)"], 50U);
}

}  // namespace
}  // namespace ashlar::activity
