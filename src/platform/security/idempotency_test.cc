#include "platform/security/idempotency.h"

#include <array>
#include <set>

#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

using storage::Context;
using storage::Transaction;

TEST(RequestHash, DiffersWhereverTheRequestDoes) {
  const std::vector<std::array<std::string, 3>> requests = {
      {"POST", "/v1/links", "{}"},
      {"PUT", "/v1/links", "{}"},
      {"POST", "/v1/links", "{} "},
      {"POST", "/v1/link", "s{}"},
      {"POST", "/v1/links{}", ""},
      {"POST/", "v1/links", "{}"},
      {"", "", ""},
  };
  std::set<std::string> seen;
  for (const auto& [method, path, body] : requests) {
    EXPECT_TRUE(seen.insert(request_hash(method, path, body)).second) << method << path << body;
    EXPECT_EQ(request_hash(method, path, body), request_hash(method, path, body));
  }
}

class IdempotencyTest : public SecurityTest {
 protected:
  const std::string hash_ = request_hash("POST", "/v1/links", "{}");
  const std::string other_hash_ = request_hash("POST", "/v1/links", "{\"a\":1}");

  const Context platform_ = Context::platform(storage::PlatformUse::kTenantAdmin);

  IdempotentRequest request(std::string_view key = "k1") {
    return {"live", key, "POST /v1/links", hash_};
  }

  base::Status put(const Context& tenant, const IdempotentRequest& request,
                   const AnswerHeaders& headers = {}, std::string_view body = "{\"ok\":1}") {
    return db().write(tenant, [&](Transaction& tx) {
      return record(tx, request, 201, headers, body, clock_.now());
    });
  }
  base::Result<std::optional<StoredAnswer>> get(const Context& tenant,
                                                const IdempotentRequest& request) {
    return db().read(tenant, [&](Transaction& tx) { return look_up(tx, request, clock_.now()); });
  }
  // none, found, or the reason of the error
  std::string outcome(const Context& tenant, const IdempotentRequest& request) {
    const auto result = get(tenant, request);
    if (!result.ok()) return result.error().reason;
    return result->has_value() ? "found" : "none";
  }
};

TEST_P(IdempotencyTest, TheFirstAnswerComesAgain) {
  EXPECT_EQ(outcome(alpha(), request()), "none");
  const std::string body("{\"text\":\"\xc3\xa4\0\"}", 13);
  const AnswerHeaders headers = {{"Location", "/v1/links/abc"}, {"ETag", "\"1: a\""}, {"X", ""}};
  ASSERT_TRUE(put(alpha(), request(), headers, body).ok());
  const auto answer = get(alpha(), request());
  ASSERT_TRUE(answer.ok() && answer->has_value());
  EXPECT_EQ((*answer)->status, 201);
  EXPECT_EQ((*answer)->headers, headers);
  EXPECT_EQ((*answer)->body, body);
}

TEST_P(IdempotencyTest, AKeyIsOfOneTenantModeAndRequest) {
  ASSERT_TRUE(put(alpha(), request()).ok());
  struct Case {
    const char* what;
    Context tenant;
    IdempotentRequest request;
    const char* outcome;
  };
  const Case cases[] = {
      {"the same", alpha(), request(), "found"},
      {"another tenant", beta(), request(), "none"},
      {"another mode", alpha(), {"test", "k1", "POST /v1/links", hash_}, "none"},
      {"another key", alpha(), request("k2"), "none"},
      {"another case", alpha(), request("K1"), "none"},
      {"another route", alpha(), {"live", "k1", "POST /v1/keys", hash_}, "idempotency_key_reused"},
      {"another body",
       alpha(),
       {"live", "k1", "POST /v1/links", other_hash_},
       "idempotency_key_reused"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.tenant, c.request), c.outcome) << c.what;
  ASSERT_TRUE(put(beta(), request(), {}, "beta's").ok());
  EXPECT_EQ((*get(alpha(), request()))->body, "{\"ok\":1}");
  EXPECT_EQ((*get(beta(), request()))->body, "beta's");
}

TEST_P(IdempotencyTest, AnAnswerWithASecretIsKeptWithoutIt) {
  const AnswerHeaders headers = {{"Cache-Control", "No-Store"}, {"Location", "/v1/keys/17"}};
  const std::string body =
      R"({"id":"17","name":null,"scopes":["a:b"],"\u006bey":"ashlar_sk_secret","nested":{"key":1}})";
  const std::string kept = R"({"id":"17","name":null,"scopes":["a:b"],"nested":{"key":1}})";
  ASSERT_TRUE(put(alpha(), request(), headers, body).ok());
  const auto answer = get(alpha(), request());
  ASSERT_TRUE(answer.ok() && answer->has_value());
  EXPECT_EQ((*answer)->status, 201);
  EXPECT_EQ((*answer)->headers, headers);
  EXPECT_EQ((*answer)->body, kept);
  EXPECT_EQ(outcome(alpha(), {"live", "k1", "POST /v1/links", other_hash_}),
            "idempotency_key_reused");
  // What lies in the database.
  std::string stored = "unread";
  static constexpr storage::Sql kBody{storage::Audience::kPlatform,
                                      "SELECT body FROM idempotency_keys"};
  const auto read =
      db().read(Context::platform(storage::PlatformUse::kMaintenance), [&](Transaction& tx) {
        return tx.query(kBody, {}, [&](const storage::Row& row) { stored = row.blob(0); });
      });
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(stored, kept);
}

TEST_P(IdempotencyTest, ARecordEndsAfterADayAlsoBeforeTheSweep) {
  ASSERT_TRUE(put(alpha(), request()).ok());
  clock_.advance(kIdempotencyLifetime - base::Micros(1));
  EXPECT_EQ(outcome(alpha(), request()), "found");
  clock_.advance(base::Micros(1));
  const IdempotentRequest other{"live", "k1", "POST /v1/links", other_hash_};
  EXPECT_EQ(outcome(alpha(), other), "none");
  ASSERT_TRUE(put(alpha(), other).ok());
  EXPECT_EQ(outcome(alpha(), other), "found");
  EXPECT_EQ(outcome(alpha(), request()), "idempotency_key_reused");
}

TEST_P(IdempotencyTest, TheSweepTakesAllThatExpiredAndNothingElse) {
  for (int i = 0; i < 5; ++i) {
    const std::string key = "old" + std::to_string(i);
    ASSERT_TRUE(put(i % 2 == 0 ? alpha() : beta(), request(key)).ok());
    ASSERT_TRUE(i >= 3 || put(platform_, request(key)).ok());
  }
  clock_.advance(kIdempotencyLifetime + base::Micros(1));
  ASSERT_TRUE(put(alpha(), request("new")).ok());
  ASSERT_TRUE(put(platform_, request("new")).ok());
  EXPECT_EQ(*sweep_idempotency(db(), clock_.now(), 3), 8);
  EXPECT_EQ(*sweep_idempotency(db(), clock_.now(), 3), 0);
  EXPECT_EQ(outcome(alpha(), request("new")), "found");
  EXPECT_EQ(outcome(platform_, request("new")), "found");
  EXPECT_EQ(outcome(platform_, request("old0")), "none");
}

TEST_P(IdempotencyTest, OneSweepTakesSoManyBatches) {
  for (int i = 0; i < kMaxSweepBatches + 5; ++i) {
    ASSERT_TRUE(put(alpha(), request("old" + std::to_string(i))).ok());
  }
  clock_.advance(kIdempotencyLifetime + base::Micros(1));
  EXPECT_EQ(*sweep_idempotency(db(), clock_.now(), 1), kMaxSweepBatches);
  EXPECT_EQ(*sweep_idempotency(db(), clock_.now(), 1), 5);
}

TEST_P(IdempotencyTest, ThePlatformsKeysAreItsOwn) {
  ASSERT_TRUE(put(alpha(), request(), {}, "alpha's").ok());
  EXPECT_EQ(outcome(platform_, request()), "none");
  ASSERT_TRUE(put(platform_, request(), {}, "the platform's").ok());
  EXPECT_EQ((*get(alpha(), request()))->body, "alpha's");
  EXPECT_EQ((*get(platform_, request()))->body, "the platform's");
  EXPECT_EQ(outcome(platform_, {"live", "k1", "POST /v1/links", other_hash_}),
            "idempotency_key_reused");
}

TEST_P(IdempotencyTest, WithoutItsEffectThereIsNoRecord) {
  const auto failed = db().write(alpha(), [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(record(tx, request(), 201, {}, "{}", clock_.now()));
    return base::fail(base::Code::kConflict, "code_taken", "");
  });
  EXPECT_EQ(reason_of(failed), "code_taken");
  EXPECT_EQ(outcome(alpha(), request()), "none");
}

ASHLAR_ON_BOTH_ENGINES(IdempotencyTest);

}  // namespace
}  // namespace ashlar::security
