#include "platform/security/api_keys.h"

#include <zlib.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "platform/security/api_key.h"
#include "platform/security/key_notice.h"
#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

using base::Seconds;

// The public id of a real key with another secret, and a checksum that fits.
std::string forge(const std::string& public_id) {
  const std::string text = api_key_display(public_id) + std::string(kApiKeySecretChars, 'x');
  const auto crc = crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(text.data()),
                         static_cast<uInt>(text.size()));
  return text + base::base62_encode(crc, kApiKeyChecksumChars);
}

class ApiKeysTest : public SecurityTest {
 protected:
  void SetUp() override {
    SecurityTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    keys_ = make_keys();
  }
  // Storage's threads call the subscriber.
  void TearDown() override {
    close();
    keys_.reset();
  }

  CreatedApiKey make(const storage::Context& tenant,
                     const NewApiKey& wanted = {{}, {"links:read"}, {}}) {
    auto created = keys_->create(tenant, wanted, admin());
    EXPECT_TRUE(created.ok()) << created.error().detail;
    return *std::move(created);
  }

  std::unique_ptr<ApiKeys> keys_;
};

TEST_P(ApiKeysTest, AKeySaysForWhomItCallsAndWhatItMay) {
  const CreatedApiKey created =
      make(alpha(), {"importer", {"links:read", "links:write", "links:read"}, {}});
  EXPECT_EQ(created.key.scopes, (std::vector<std::string>{"links:read", "links:write"}));
  for (int i = 0; i < 2; ++i) {  // from storage, then from the cache
    const auto principal = keys_->authenticate(created.text);
    ASSERT_TRUE(principal.ok()) << principal.error().detail;
    EXPECT_EQ((*principal)->kind, Principal::Kind::kKey);
    EXPECT_EQ((*principal)->tenant, alpha_);
    EXPECT_EQ((*principal)->tenant_name, "alpha");
    EXPECT_EQ((*principal)->key, created.key.id);
    EXPECT_EQ((*principal)->scopes, created.key.scopes);
    EXPECT_EQ((*principal)->mode, "live");
  }
  EXPECT_NE(keys_->authenticate_cached(created.text), nullptr);
}

TEST_P(ApiKeysTest, OnlyTheHashIsStored) {
  const CreatedApiKey created = make(alpha(), {"secret holder", {"links:read"}, {}});
  Tenants tenants(db(), clock_, {});
  std::string everything;
  ASSERT_TRUE(tenants
                  .export_whole("alpha",
                                [&](std::string_view line) {
                                  everything += line;
                                  return base::ok_status();
                                })
                  .ok());
  EXPECT_NE(everything.find(created.key.public_id), std::string::npos);
  EXPECT_EQ(everything.find(created.text.substr(kApiKeyPrefix.size() + kApiKeyPublicIdChars, 32)),
            std::string::npos);
}

TEST_P(ApiKeysTest, WrongOnesAreRefusedAllInOneWay) {
  const CreatedApiKey mine = make(alpha());
  const CreatedApiKey revoked = make(alpha());
  ASSERT_TRUE(keys_->revoke(alpha(), revoked.key.id).ok());
  base::SeededEntropy other(99);
  const std::string never_made = make_api_key(other).text;
  const std::string forged = forge(mine.key.public_id);
  ASSERT_TRUE(api_key_public_id(forged));
  const std::string details = keys_->authenticate("").error().detail;
  for (const std::string& text : {std::string(), std::string("x"), mine.text + "0",
                                  mine.text.substr(1), never_made, forged, revoked.text}) {
    const auto refused = keys_->authenticate(text);
    EXPECT_EQ(reason_of(refused), "invalid_api_key") << text;
    if (!refused.ok()) {
      EXPECT_EQ(refused.error().detail, details);
    }
  }
}

TEST_P(ApiKeysTest, ExpiryIsSeenAtTheNextUse) {
  const base::Time end = clock_.now() + Seconds(60);
  const CreatedApiKey created = make(alpha(), {{}, {"links:read"}, end});
  EXPECT_TRUE(keys_->authenticate(created.text).ok());
  clock_.advance(Seconds(60) - base::Micros(1));
  EXPECT_TRUE(keys_->authenticate(created.text).ok());
  clock_.advance(base::Micros(1));
  EXPECT_EQ(reason_of(keys_->authenticate(created.text)), "expired_api_key");
  EXPECT_EQ(keys_->authenticate_cached(created.text), nullptr);
}

TEST_P(ApiKeysTest, WhatCannotBeMadeSaysWhy) {
  Principal reader;
  reader.kind = Principal::Kind::kKey;
  reader.scopes = {"keys:write", "links:read"};
  const base::Time now = clock_.now();
  struct Case {
    const char* what;
    NewApiKey wanted;
    Principal creator;
    const char* reason;
    std::vector<std::string> fields;
  };
  const std::vector<Case> cases = {
      {"plain", {"n", {"links:read"}, now + Seconds(1)}, admin(), "ok", {}},
      {"no name", {{}, {"links:read"}, {}}, admin(), "ok", {}},
      {"longest name", {std::string(100, 'n'), {"links:read"}, {}}, admin(), "ok", {}},
      {"no scopes", {{}, {}, {}}, admin(), "invalid_request", {"/scopes"}},
      {"unknown scope",
       {{}, {"links:read", "links:own"}, {}},
       admin(),
       "invalid_request",
       {"/scopes/1"}},
      {"empty scope", {{}, {""}, {}}, admin(), "invalid_request", {"/scopes/0"}},
      {"scope with a space",
       {{}, {"links:read links:write"}, {}},
       admin(),
       "invalid_request",
       {"/scopes/0"}},
      {"empty name", {"", {"links:read"}, {}}, admin(), "invalid_request", {"/name"}},
      {"long name",
       {std::string(101, 'n'), {"links:read"}, {}},
       admin(),
       "invalid_request",
       {"/name"}},
      {"line break in name", {"a\nb", {"links:read"}, {}}, admin(), "invalid_request", {"/name"}},
      {"not UTF-8", {"a\xff", {"links:read"}, {}}, admin(), "invalid_request", {"/name"}},
      {"expired already", {{}, {"links:read"}, now}, admin(), "invalid_request", {"/expires_at"}},
      {"all at once",
       {"", {}, now - Seconds(1)},
       admin(),
       "invalid_request",
       {"/name", "/scopes", "/expires_at"}},
      {"what it has", {{}, {"links:read"}, {}}, reader, "ok", {}},
      {"what it has not", {{}, {"links:read", "links:write"}, {}}, reader, "scope_not_held", {}},
  };
  for (const Case& c : cases) {
    const auto result = keys_->create(alpha(), c.wanted, c.creator);
    EXPECT_EQ(reason_of(result), c.reason) << c.what;
    std::vector<std::string> fields;
    if (!result.ok()) {
      for (const auto& field : result.error().fields) fields.push_back(field.field);
    }
    EXPECT_EQ(fields, c.fields) << c.what;
  }
}

TEST_P(ApiKeysTest, ListIsNewestFirstAndPaged) {
  std::vector<KeyId> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(make(alpha()).key.id);
    if (i != 2) clock_.advance(Seconds(1));  // two at the same moment
  }
  make(beta());
  std::vector<KeyId> seen;
  std::optional<KeyPosition> after;
  for (int page = 0; page < 10; ++page) {
    const auto listed = keys_->list(alpha(), after, 2);
    ASSERT_TRUE(listed.ok());
    if (listed->empty()) break;
    for (const ApiKey& key : *listed) seen.push_back(key.id);
    after = KeyPosition{listed->back().created_at, listed->back().id};
  }
  EXPECT_EQ(seen.size(), made.size());
  EXPECT_EQ(std::set<KeyId>(seen.begin(), seen.end()), std::set<KeyId>(made.begin(), made.end()));
  EXPECT_EQ(seen.front(), made.back());
  EXPECT_EQ(seen.back(), made.front());
}

TEST_P(ApiKeysTest, RevocationIsForGoodAndRepeatable) {
  const CreatedApiKey created = make(alpha());
  ASSERT_TRUE(keys_->authenticate(created.text).ok());
  ASSERT_TRUE(keys_->revoke(alpha(), created.key.id).ok());
  EXPECT_EQ(reason_of(keys_->authenticate(created.text)), "invalid_api_key");
  const auto first = keys_->find(alpha(), created.key.id);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(first->revoked_at.has_value());
  clock_.advance(Seconds(5));
  EXPECT_TRUE(keys_->revoke(alpha(), created.key.id).ok());
  EXPECT_EQ(keys_->find(alpha(), created.key.id)->revoked_at, first->revoked_at);
}

TEST_P(ApiKeysTest, AnotherTenantsKeyIsNobodys) {
  const CreatedApiKey created = make(alpha());
  const KeyId nobodys(12345);
  for (const KeyId id : {created.key.id, nobodys}) {
    EXPECT_EQ(reason_of(keys_->find(beta(), id)), "key_not_found");
    EXPECT_EQ(reason_of(keys_->revoke(beta(), id)), "key_not_found");
  }
  EXPECT_TRUE(keys_->list(beta(), {}, 10)->empty());
  EXPECT_TRUE(keys_->authenticate(created.text).ok());
}

TEST_P(ApiKeysTest, LastUseIsWrittenOnceAMinute) {
  const CreatedApiKey created = make(alpha());
  const auto stored = [&] { return keys_->find(alpha(), created.key.id)->last_used_at; };
  ASSERT_TRUE(keys_->authenticate(created.text).ok());
  EXPECT_FALSE(stored());
  const base::Time first = clock_.now();
  ASSERT_TRUE(keys_->flush_last_used(ApiKeys::Flush::kDue).ok());
  EXPECT_EQ(stored(), first);

  clock_.advance(Seconds(59));
  ASSERT_TRUE(keys_->authenticate(created.text).ok());
  ASSERT_TRUE(keys_->flush_last_used(ApiKeys::Flush::kDue).ok());
  EXPECT_EQ(stored(), first);
  ASSERT_TRUE(keys_->flush_last_used(ApiKeys::Flush::kEverything).ok());
  EXPECT_EQ(stored(), first + Seconds(59));

  clock_.advance(Seconds(61));
  ASSERT_TRUE(keys_->authenticate(created.text).ok());
  ASSERT_TRUE(keys_->flush_last_used(ApiKeys::Flush::kDue).ok());
  EXPECT_EQ(stored(), first + Seconds(120));
}

TEST_P(ApiKeysTest, AUseIsNotLostWhenItsEntryIsDropped) {
  const CreatedApiKey created = make(alpha());
  ASSERT_TRUE(keys_->authenticate(created.text).ok());
  ASSERT_TRUE(keys_->revoke(alpha(), created.key.id).ok());
  ASSERT_TRUE(keys_->flush_last_used(ApiKeys::Flush::kEverything).ok());
  EXPECT_EQ(keys_->find(alpha(), created.key.id)->last_used_at, clock_.now());
}

TEST_P(ApiKeysTest, MoreKeysThanTheCacheHoldsStillWork) {
  std::vector<std::string> texts;
  const auto made = db().write(alpha(), [&](storage::Transaction& tx) -> base::Status {
    texts.clear();
    for (int i = 0; i < 9000; ++i) {
      ASHLAR_ASSIGN(const CreatedApiKey created,
                    keys_->create(tx, {{}, {"links:read"}, {}}, admin()));
      texts.push_back(created.text);
    }
    return base::ok_status();
  });
  ASSERT_TRUE(made.ok());
  for (const std::string& text : texts) ASSERT_TRUE(keys_->authenticate(text).ok());
  std::size_t cached = 0;
  for (const std::string& text : texts) cached += keys_->authenticate_cached(text) ? 1 : 0;
  EXPECT_LE(cached, ApiKeys::kMaxCached);
  EXPECT_GT(cached, ApiKeys::kMaxCached / 2);
}

// Invariant 1: eight threads hammer the cache while keys are revoked; none succeeds with a key
// whose revocation had been acknowledged before it began.
TEST_P(ApiKeysTest, NoSuccessAfterAnAcknowledgedRevocation) {
  constexpr int kKeys = 60;
  std::vector<CreatedApiKey> created;
  for (int i = 0; i < kKeys; ++i) created.push_back(make(alpha()));
  std::vector<std::atomic<bool>> revoked(kKeys);
  std::atomic<bool> stop{false};
  std::atomic<int> late{0};
  std::atomic<int> accepted{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 8; ++t) {
    callers.emplace_back([&, t] {
      for (int i = t; !stop.load(); i = (i + 7) % kKeys) {
        const auto k = static_cast<std::size_t>(i);
        const bool was_revoked = revoked[k].load();
        const bool ok = keys_->authenticate(created[k].text).ok();
        if (ok && was_revoked) ++late;
        if (ok) ++accepted;
      }
    });
  }
  while (accepted.load() == 0) std::this_thread::yield();  // keys are valid, and callers come first
  for (int i = 0; i < kKeys; ++i) {
    const auto k = static_cast<std::size_t>(i);
    EXPECT_TRUE(keys_->revoke(alpha(), created[k].key.id).ok());
    revoked[k].store(true);
  }
  stop.store(true);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(late.load(), 0);
  for (const CreatedApiKey& key : created) EXPECT_FALSE(keys_->authenticate(key.text).ok());
}

ASHLAR_ON_BOTH_ENGINES(ApiKeysTest);

TEST(KeyNotice, SaysWhatItSaid) {
  const auto key = parse_key_notice(key_notice(KeyId(17)));
  ASSERT_TRUE(key && std::holds_alternative<KeyId>(*key));
  EXPECT_EQ(std::get<KeyId>(*key), KeyId(17));
  const auto tenant = parse_key_notice(key_notice(base::TenantId(3)));
  ASSERT_TRUE(tenant && std::holds_alternative<base::TenantId>(*tenant));
  EXPECT_EQ(std::get<base::TenantId>(*tenant), base::TenantId(3));
  for (const char* text :
       {"", "key", "key ", "key x", "key 1x", "key 99999999999999999999", "tenants 1"}) {
    EXPECT_FALSE(parse_key_notice(text)) << text;
  }
}

}  // namespace
}  // namespace ashlar::security
