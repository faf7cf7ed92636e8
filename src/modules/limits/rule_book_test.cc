// The rules' versions over the API, and how instances follow.
#include "modules/limits/rule_book.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "modules/limits/limits_data.h"
#include "modules/limits/rule_json.h"
#include "modules/limits/testing/native_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

using http::Method;

class RuleBookTest : public NativeFixture {
 protected:
  static std::string one(int limit) {
    return R"({"name":"a","key":["user"],"limit":)" + std::to_string(limit) + R"(,"per":"hour"})";
  }
  // What a check says at an instance: the limit of rule "a".
  static std::int64_t limit_at(Instance& instance) {
    return instance
        .send({Method::kPost, "/v1/limits/check", R"({"attributes":{"user":"u"},"peek":true})"})
        .number({"limits", "0", "limit"});
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, RuleBookTest, storage::both_engines(), storage::engine_name);

TEST_P(RuleBookTest, RulesAreVersioned) {
  const Answer none = get("/v1/limits/rules");
  EXPECT_EQ(none.body, R"({"version":0,"written_at":null,"author":"","summary":"","rules":[]})");
  EXPECT_EQ(none.header("ETag"), "\"v0\"");
  const Answer first = put_rules(one(5), "\"v0\"");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.header("ETag"), "\"v1\"");
  EXPECT_EQ(first.body, R"({"version":1,"written_at":")" + base::format_rfc3339(clock_.now()) +
                            R"(","author":"key 12","summary":"added a","rules":1,"diff":{)"
                            R"("added":["a"],"changed":[],"removed":[]}})");
  EXPECT_EQ(put_rules(one(6), "\"v0\"").status, 412);
  const Answer second = put_rules(one(6) + R"(,{"name":"b","limit":1,"per":"day"})", "\"v1\"");
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.text({"summary"}), "added b; changed a");
  const Answer same = put_rules(one(6) + R"(,{"name":"b","limit":1,"per":"day"})");
  EXPECT_EQ(same.number({"version"}), 2);
  EXPECT_EQ(same.at({"diff", "added"})->if_array()->size(), 0U);
  const Answer old = get("/v1/limits/rules/versions/1");
  EXPECT_EQ(old.number({"rules", "0", "limit"}), 5);
  EXPECT_EQ(get("/v1/limits/rules/versions/3").text({"reason"}), "version_not_found");
  EXPECT_EQ(get("/v1/limits/rules/versions/x").status, 404);
  const Answer back = post("/v1/limits/rules/rollback", R"({"version":1})");
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(back.text({"summary"}), "rolled back to 1: changed a; removed b");
  EXPECT_EQ(get("/v1/limits/rules").number({"rules", "0", "limit"}), 5);
  EXPECT_EQ(post("/v1/limits/rules/rollback", R"({"version":9})").status, 404);
  const Answer page = get("/v1/limits/rules/versions?limit=2");
  ASSERT_EQ(page.at({"data"})->if_array()->size(), 2U);
  EXPECT_EQ(page.number({"data", "0", "version"}), 3);
  const Answer rest = get("/v1/limits/rules/versions?limit=2&cursor=" + page.text({"next_cursor"}));
  EXPECT_EQ(rest.number({"data", "0", "version"}), 1);
  EXPECT_TRUE(rest.at({"next_cursor"})->is_null());
  EXPECT_EQ(get("/v1/limits/rules", kBob).number({"version"}), 0);
}

TEST_P(RuleBookTest, WhatIsWrongChangesNothing) {
  ASSERT_EQ(put_rules(one(5)).status, 200);
  const Answer wrong = put_rules(R"({"name":"a","limit":1})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.text({"reason"}), "invalid_rules");
  EXPECT_EQ(wrong.errors(), std::vector<std::string>{"/rules/0/per period_missing"});
  EXPECT_EQ(put_rules(one(6), "v1").text({"reason"}), "bad_if_match");
  EXPECT_EQ(limit_at(*instance_), 5);
}

TEST_P(RuleBookTest, TheLastHundredVersionsAreKept) {
  for (int i = 1; i <= 105; ++i) ASSERT_EQ(put_rules(one(i)).status, 200);
  EXPECT_EQ(get("/v1/limits/rules/versions/5").status, 404);
  EXPECT_EQ(get("/v1/limits/rules/versions/6").number({"rules", "0", "limit"}), 6);
  EXPECT_EQ(get("/v1/limits/rules").number({"version"}), 105);
}

// The rules of now are asked for at once; a change keeps what was counted.
TEST_P(RuleBookTest, AnAnsweredPutHoldsForTheNextCheck) {
  ASSERT_EQ(put_rules(one(5)).status, 200);
  EXPECT_EQ(check(R"({"user":"u"})").number({"limits", "0", "remaining"}), 4);
  ASSERT_EQ(put_rules(one(10)).status, 200);
  const Answer answer = check(R"({"user":"u"})");
  EXPECT_EQ(answer.number({"limits", "0", "limit"}), 10);
  EXPECT_LT(answer.number({"limits", "0", "remaining"}), 9);
  ASSERT_EQ(put_rules("").status, 200);
  EXPECT_EQ(check(R"({"user":"u"})").at({"limits"})->if_array()->size(), 0U);
}

TEST_P(RuleBookTest, AnotherInstanceFollowsByPollAlone) {
  const std::unique_ptr<Instance> other = open();
  ASSERT_EQ(put_rules(one(5)).status, 200);
  EXPECT_EQ(limit_at(*other), 5);
  ASSERT_EQ(put_rules(one(6)).status, 200);
  ASSERT_TRUE(other->limits.book.follow().ok());
  EXPECT_EQ(limit_at(*other), 6);
  clock_.advance(base::Seconds{3600});
  ASSERT_TRUE(other->limits.book.follow().ok());
  ASSERT_EQ(put_rules(one(7)).status, 200);
  clock_.advance(base::Seconds{10});
  ASSERT_TRUE(other->limits.book.follow().ok());
  EXPECT_EQ(limit_at(*other), 7);
}

TEST_P(RuleBookTest, AnotherInstanceFollowsWithinASecond) {
  const std::unique_ptr<Instance> other = open();
  ASSERT_EQ(put_rules(one(5)).status, 200);
  EXPECT_EQ(limit_at(*other), 5);
  other->limits.start();
  ASSERT_EQ(put_rules(one(6)).status, 200);
  const base::SystemClock real;
  const base::Mono until = real.mono() + base::Seconds{5};  // a busy machine
  while (limit_at(*other) != 6 && real.mono() < until) std::this_thread::yield();
  EXPECT_EQ(limit_at(*other), 6);
  other->limits.stop();
}

TEST_P(RuleBookTest, OfTwoWritersOneIsFirstAndNothingIsLost) {
  const std::unique_ptr<Instance> other = open();
  constexpr int kEach = 15;
  const auto write = [&](Instance& instance, int from) {
    for (int i = 0; i < kEach; ++i) {
      const Answer answer =
          instance.send({Method::kPut, "/v1/limits/rules", R"({"rules":[)" + one(from + i) + "]}"});
      EXPECT_TRUE(answer.status == 200 || answer.status == 409) << answer.body;
    }
  };
  {
    const std::jthread a([&] { write(*instance_, 1'000); });
    const std::jthread b([&] { write(*other, 2'000); });
  }
  const std::int64_t version = get("/v1/limits/rules").number({"version"});
  EXPECT_GT(version, kEach);
  for (std::int64_t v = 1; v <= version; ++v) {
    EXPECT_EQ(get("/v1/limits/rules/versions/" + std::to_string(v)).status, 200) << v;
  }
}

TEST_P(RuleBookTest, FilesAreTheInstallationsOwnRules) {
  RuleBook& book = instance_->limits.book;
  const std::string rule = R"({"rules":[{"name":"x","limit":1,"per":"day"}]})";
  const auto first = book.set_own({{"x.rules.json", rule}});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->added, std::vector<std::string>{"x"});
  EXPECT_EQ((*book.rules_of({}))->rules().size(), 1U);
  const auto wrong = book.set_own({{"x.rules.json", rule}, {"y.rules.json", R"({"rules":[{}]})"}});
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().detail.find("y.rules.json"), std::string::npos);
  EXPECT_FALSE(book.set_own({{"x.rules.json", rule}, {"y.rules.json", rule}}).ok());  // twice "x"
  EXPECT_EQ((*book.rules_of({}))->rules().size(), 1U);
  const auto gone = book.set_own({});
  ASSERT_TRUE(gone.ok());
  EXPECT_EQ(gone->removed, std::vector<std::string>{"x"});
}

TEST_P(RuleBookTest, ATenantsRulesAreExportedAndErased) {
  ASSERT_EQ(put_rules(one(5)).status, 200);
  ASSERT_EQ(put_rules(one(6)).status, 200);
  ASSERT_EQ(put_rules(one(9), {}, kBob).status, 200);
  const security::TenantData data = limits_tenant_data();
  std::vector<std::string> lines;
  const auto exported = instance_->db->read(storage::Context::tenant(kAlice),
                                            [&](storage::Transaction& tx) -> base::Status {
                                              lines.clear();
                                              return data.export_to(tx, [&](std::string_view line) {
                                                lines.emplace_back(line);
                                                return base::ok_status();
                                              });
                                            });
  ASSERT_TRUE(exported.ok());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[1].find(R"("summary":"changed a")"), std::string::npos) << lines[1];
  EXPECT_EQ(limit_at(*instance_), 6);
  const auto erased =
      instance_->db->write(storage::Context::tenant(kAlice),
                           [&](storage::Transaction& tx) { return data.erase(tx, 1000); });
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(*erased, 2);
  EXPECT_EQ(limit_at(*instance_), -1);  // no rule any more
  EXPECT_EQ(get("/v1/limits/rules", kBob).number({"version"}), 1);
}

TEST_P(RuleBookTest, ADryRunSaysWhatWouldChange) {
  ASSERT_EQ(put_rules(one(100)).status, 200);
  for (int i = 0; i < 10; ++i) check(R"({"user":"u"})");
  const Answer run = post("/v1/limits/rules/dry-run", R"({"rules":[)" + one(4) + "]}");
  ASSERT_EQ(run.status, 200) << run.body;
  EXPECT_EQ(run.text({"diff", "changed", "0"}), "a");
  EXPECT_EQ(run.number({"checks"}), 10);
  EXPECT_EQ(run.number({"denied_now"}), 0);
  EXPECT_EQ(run.number({"denied_candidate"}), 6);
  EXPECT_EQ(run.text({"rules", "0", "state"}), "kept");
  EXPECT_EQ(run.text({"rules", "0", "examples", "0", "attributes", "user"}), "u");
  EXPECT_EQ(limit_at(*instance_), 100);
  const Answer valid =
      post("/v1/limits/rules/dry-run?replay=false", R"({"rules":[)" + one(4) + "]}");
  EXPECT_EQ(valid.number({"checks"}), 0);
  EXPECT_EQ(post("/v1/limits/rules/dry-run?replay=x", R"({"rules":[]})").status, 400);
  EXPECT_EQ(post("/v1/limits/rules/dry-run", R"({"rules":[{}]})").status, 422);
}

class CollectedStream final : public http::EventStream {
 public:
  bool push(std::string_view event, std::string_view data) override {
    if (open) events.push_back(std::string(event) + " " + std::string(data));
    return open;
  }
  void close() override { open = false; }
  [[nodiscard]] bool is_open() const override { return open; }

  bool open = true;
  std::vector<std::string> events;
};

TEST_P(RuleBookTest, UsageShadowReportAndStream) {
  ASSERT_EQ(put_rules(R"({"name":"hard","key":["user"],"limit":3,"per":"hour"},)"
                      R"({"name":"soft","limit":2,"per":"hour","shadow":true})")
                .status,
            200);
  const auto stream = std::make_shared<CollectedStream>();
  const auto bobs = std::make_shared<CollectedStream>();
  instance_->stream = stream;
  ASSERT_EQ(get("/v1/limits/live").status, 200);
  instance_->stream = bobs;
  ASSERT_EQ(get("/v1/limits/live", kBob).status, 200);
  for (int i = 0; i < 5; ++i) check(R"({"user":"u"})");
  const Answer usage = get("/v1/limits/usage");
  EXPECT_EQ(usage.text({"rules", "0", "rule"}), "hard");
  EXPECT_EQ(usage.number({"rules", "0", "recent", "allowed"}), 3);
  EXPECT_EQ(usage.number({"rules", "0", "total", "denied"}), 2);
  EXPECT_EQ(usage.number({"rules", "1", "recent", "shadow_denied"}), 3);
  instance_->limits.tick();
  ASSERT_EQ(stream->events.size(), 1U);
  EXPECT_EQ(stream->events[0],
            R"(limits {"at":")" + base::format_rfc3339(clock_.now()) +
                R"(","rules":[{"rule":"hard","allowed":3,"denied":2,"shadow_denied":0,"failed":0},)"
                R"({"rule":"soft","allowed":2,"denied":0,"shadow_denied":3,"failed":0}]})");
  EXPECT_EQ(bobs->events.size(), 1U);
  EXPECT_EQ(bobs->events[0].find("hard"), std::string::npos);
  const Answer detail = get("/v1/limits/usage/rule?rule=hard");
  EXPECT_EQ(detail.number({"seconds", "299", "denied"}), 2);
  EXPECT_EQ(detail.text({"denied_keys", "rows", "0", "key"}), "u");
  EXPECT_EQ(detail.number({"keys", "rows", "0", "count"}), 5);
  EXPECT_EQ(get("/v1/limits/usage/rule?rule=none").text({"reason"}), "rule_not_found");
  EXPECT_EQ(get("/v1/limits/usage/rule").status, 400);
  const Answer shadow = get("/v1/limits/shadow");
  ASSERT_EQ(shadow.at({"rules"})->if_array()->size(), 1U);
  EXPECT_EQ(shadow.text({"rules", "0", "rule"}), "soft");
  EXPECT_EQ(shadow.number({"rules", "0", "requests"}), 5);
  EXPECT_EQ(shadow.number({"rules", "0", "would_deny"}), 3);
  EXPECT_EQ(shadow.number({"rules", "0", "keys", "rows", "0", "count"}), 3);
  EXPECT_EQ(get("/v1/limits/own/usage").text({"rules", "0", "rule"}), "(other)");
  // A rule in shadow that would have refused nobody is reported as that.
  ASSERT_EQ(put_rules(R"({"name":"mild","limit":2,"per":"hour","shadow":true})", {}, kBob).status,
            200);
  const Answer bobs_shadow = get("/v1/limits/shadow", kBob);
  ASSERT_EQ(bobs_shadow.at({"rules"})->if_array()->size(), 1U);
  EXPECT_EQ(bobs_shadow.text({"rules", "0", "rule"}), "mild");
  EXPECT_EQ(bobs_shadow.number({"rules", "0", "would_deny_total"}), 0);
  instance_->limits.close_streams();
  EXPECT_FALSE(stream->is_open());
  EXPECT_EQ(get("/v1/limits/live").text({"reason"}), "too_many_streams");
}

}  // namespace
}  // namespace ashlar::limits
