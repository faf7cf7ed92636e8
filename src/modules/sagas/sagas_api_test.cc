// The API of sagas, handler by handler, as the table names them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modules/sagas/sagas_module.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/json/parse.h"
#include "platform/sagas/testing/saga_fixture.h"

namespace ashlar::sagas {
namespace {

class SagasApiTest : public SagaFixture {
 protected:
  void SetUp() override {
    SagaFixture::SetUp();
    if (IsSkipped()) return;
    define(checkout());
    module_ = std::make_unique<SagasModule>(db(), *sagas_);
    routes_ = sagas_routes(*module_, cursors_);
  }

  // The body, or the error's reason. `path` names the row of the table.
  std::string send(std::string_view path, std::vector<std::string> params = {},
                   std::vector<std::pair<std::string, std::string>> query = {},
                   base::TenantId tenant = kAlice) {
    for (const http::Route& route : routes_) {
      if (route.path.value != path) continue;
      http::RequestHead head;
      head.path = path;
      http::Call call;
      call.route = &route;
      call.head = &head;
      call.path_params = std::move(params);
      call.query = std::move(query);
      call.principal.kind = security::Principal::Kind::kKey;
      call.principal.tenant = tenant;
      call.deadline = deadline();
      const auto answer = handle(route, call);
      return answer.ok() ? answer->body : answer.error().reason;
    }
    return "no such route";
  }
  base::Result<http::Response> handle(const http::Route& route, http::Call& call) {
    const http::Handler& handler = route.handler;
    if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) return (*worker)(call);
    return db().write(storage::Context::tenant(call.principal.tenant),
                      [&](storage::Transaction& tx) {
                        return std::get<http::TransactionHandler>(handler)(call, tx);
                      });
  }
  static json::Value parsed(const std::string& body) {
    auto value = json::parse(body);
    EXPECT_TRUE(value.ok()) << body;
    return value.ok() ? *std::move(value) : json::Value();
  }
  static std::string text(const json::Value& value, const char* key) {
    const json::Value* member = value.find(key);
    return member != nullptr && member->if_string() != nullptr ? *member->if_string() : "";
  }

  http::CursorCodec cursors_{kit::SipKey{1, 2}};
  std::unique_ptr<SagasModule> module_;
  http::RouteTable routes_;
};

INSTANTIATE_TEST_SUITE_P(Storage, SagasApiTest, storage::both_engines(), storage::engine_name);

TEST_P(SagasApiTest, ShowsASagaWithDataAndTimeline) {
  const SagaId id = start();
  run();
  const json::Value whole = parsed(send("/v1/sagas/{id}", {id.to_string()}));
  ASSERT_NE(whole.find("saga"), nullptr);
  EXPECT_EQ(text(*whole.find("saga"), "state"), "completed");
  EXPECT_EQ(text(*whole.find("saga"), "id"), id.to_string());
  EXPECT_EQ(text(*whole.find("data"), "note"), "done here");
  const json::Value::Array& timeline = *whole.find("timeline")->if_array();
  ASSERT_EQ(timeline.size(), 6U);
  EXPECT_EQ(text(timeline.front(), "event"), "started");
  EXPECT_EQ(text(timeline.back(), "step"), "mail");

  EXPECT_EQ(send("/v1/sagas/{id}", {id.to_string()}, {}, kBob), "saga_not_found");
  for (const char* wrong : {"0", "-1", "x", "99999999999999999999", "1 "}) {
    EXPECT_EQ(send("/v1/sagas/{id}", {wrong}), "saga_not_found") << wrong;
  }
}

TEST_P(SagasApiTest, ListsInPagesAndByState) {
  for (int i = 1; i <= 3; ++i) start("order " + std::to_string(i));
  const json::Value first = parsed(send("/v1/sagas", {}, {{"limit", "2"}}));
  ASSERT_EQ(first.find("data")->if_array()->size(), 2U);
  const json::Value second =
      parsed(send("/v1/sagas", {}, {{"limit", "2"}, {"cursor", text(first, "next_cursor")}}));
  ASSERT_EQ(second.find("data")->if_array()->size(), 1U);
  EXPECT_TRUE(second.find("next_cursor")->is_null());
  EXPECT_EQ(text(second.find("data")->if_array()->front(), "correlation"), "order 1");
  EXPECT_EQ(parsed(send("/v1/sagas", {}, {{"state", "parked"}})).find("data")->if_array()->size(),
            0U);
  EXPECT_EQ(send("/v1/sagas", {}, {{"state", "asleep"}}), "invalid_request");
  EXPECT_EQ(send("/v1/sagas", {}, {{"cursor", "made-up"}}), "invalid_cursor");
}

TEST_P(SagasApiTest, AnOperatorsWords) {
  trouble["grant"] = {1, base::fail(base::Code::kConflict, "sold_out", "")};
  const SagaId id = start();
  run();
  EXPECT_EQ(view(id).state, State::kParked);
  EXPECT_EQ(send("/v1/sagas/{id}/compensate", {id.to_string()}), "saga_past_pivot");
  EXPECT_EQ(send("/v1/sagas/{id}/skip", {id.to_string()}, {}, kBob), "saga_not_found");
  EXPECT_EQ(text(parsed(send("/v1/sagas/{id}/skip", {id.to_string()})), "step"), "mail");
  EXPECT_EQ(send("/v1/sagas/{id}/skip", {id.to_string()}), "saga_not_parked");
  EXPECT_EQ(text(parsed(send("/v1/sagas/{id}/resume", {id.to_string()})), "state"), "running");
  run();
  EXPECT_EQ(view(id).state, State::kCompleted);
  EXPECT_EQ(send("/v1/sagas/{id}/resume", {id.to_string()}), "saga_ended");
  EXPECT_NE(story(id).find("skipped:grant resumed:mail"), std::string::npos) << story(id);
}

TEST_P(SagasApiTest, ATenantsShareIsExportedAndErased) {
  start();
  run();
  start("order 1", kBob);
  const security::TenantData data = sagas_tenant_data();
  std::vector<std::string> lines;
  ASSERT_TRUE(db().read(storage::Context::tenant(kAlice),
                        [&](storage::Transaction& tx) {
                          return data.export_to(tx, [&](std::string_view line) {
                            lines.emplace_back(line);
                            return base::ok_status();
                          });
                        })
                  .ok());
  ASSERT_EQ(lines.size(), 7U);
  for (const std::string& line : lines) parsed(line);
  for (int i = 0; i < 20; ++i) {
    const auto erased = as(kAlice, [&](storage::Transaction& tx) { return data.erase(tx, 2); });
    ASSERT_TRUE(erased.ok()) << erased.error().detail;
    if (*erased == 0) break;
  }
  EXPECT_EQ(count("SELECT count(*) FROM sagas"), 1) << "Bob's";
  EXPECT_EQ(count("SELECT count(*) FROM saga_moves"), 1);
}

}  // namespace
}  // namespace ashlar::sagas
