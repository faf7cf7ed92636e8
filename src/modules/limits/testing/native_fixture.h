// NativeFixture: an empty database on either engine, two tenants, a clock moved by hand, counts in
// memory, and NativeLimits on them, for the module's tests; send() answers as the table would.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/limits/decider.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/native_limits.h"
#include "platform/http/cursor.h"
#include "platform/http/event_stream.h"
#include "platform/json/value.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::limits {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

struct Request {
  http::Method method = http::Method::kGet;
  std::string target;
  std::string body{};
  std::string if_match{};
  base::TenantId tenant = kAlice;
};

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  json::Value json;

  [[nodiscard]] std::string header(const std::string& name) const;
  // By the names of members and numbers of items: "limits", "0", "rule". Null: not there.
  [[nodiscard]] const json::Value* at(std::initializer_list<std::string_view> path) const;
  [[nodiscard]] std::string text(std::initializer_list<std::string_view> path) const;     // "": no
  [[nodiscard]] std::int64_t number(std::initializer_list<std::string_view> path) const;  // -1: no
  [[nodiscard]] bool yes(std::initializer_list<std::string_view> path) const;
  // "field reason" of each field error.
  [[nodiscard]] std::vector<std::string> errors() const;
};

// Another process on the same database.
struct Instance {
  Instance(std::unique_ptr<storage::Database> database, const base::Clock& clock,
           std::uint64_t seed);

  Answer send(const Request& request);

  std::unique_ptr<storage::Database> db;
  base::SeededEntropy entropy;
  obs::Registry metrics;
  obs::Log log;
  MemoryState state;
  InlineDecider decider;
  NativeLimits limits;
  http::CursorCodec cursors;
  http::RouteTable routes;
  std::shared_ptr<http::EventStream> stream;
};

class NativeFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override;
  std::unique_ptr<Instance> open();

  Answer send(const Request& request) { return instance_->send(request); }
  Answer get(const std::string& target, base::TenantId tenant = kAlice) {
    return send({http::Method::kGet, target, {}, {}, tenant});
  }
  Answer post(const std::string& target, const std::string& body, base::TenantId tenant = kAlice) {
    return send({http::Method::kPost, target, body, {}, tenant});
  }
  Answer put_rules(const std::string& rules, const std::string& if_match = {},
                   base::TenantId tenant = kAlice) {
    return send(
        {http::Method::kPut, "/v1/limits/rules", R"({"rules":[)" + rules + "]}", if_match, tenant});
  }
  // attributes: JSON.
  Answer check(const std::string& attributes, base::TenantId tenant = kAlice) {
    return post("/v1/limits/check", R"({"attributes":)" + attributes + "}", tenant);
  }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_;
  std::unique_ptr<Instance> instance_;
};

}  // namespace ashlar::limits
