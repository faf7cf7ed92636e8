// Version 4's lists: kept here, updated as the service allows, and all of them or none.
#include "modules/links/abuse/threat_lookup.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/testing/fault_server.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

using outbound::FaultServer;

std::string base64(const std::string& bytes) {
  std::string text = base::base64url_encode(bytes);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return text.append((4 - text.size() % 4) % 4, '=');
}

class ThreatListsTest : public ::testing::Test {
 protected:
  FaultServer::Reply answer(const FaultServer::Request& request) {
    const std::lock_guard lock(mutex_);
    ++asked_[request.target.substr(0, request.target.find('?'))];
    if (status_ != 200) return {.status = status_, .body = "{}"};
    if (request.target.starts_with("/v4/fullHashes")) {
      return {.status = 200,
              .body = R"({"matches":[{"threatType":"MALWARE","threat":{"hash":")" + base64(hash_) +
                      R"("},"cacheDuration":"300s"}],"negativeCacheDuration":"300s"})"};
    }
    std::string body = R"({"listUpdateResponses":[)";
    for (const std::string_view type : kThreatTypes) {
      const std::string prefix = type == "MALWARE" ? hash_.substr(0, 4) : "";
      const std::string sum = type == damaged_ ? std::string(32, 'x') : security::sha256(prefix);
      body += body.back() == '[' ? "" : ",";
      body += R"({"threatType":")" + std::string(type) + R"(","responseType":"FULL_UPDATE",)";
      if (!prefix.empty()) {
        body += R"("additions":[{"rawHashes":{"prefixSize":4,"rawHashes":")" + base64(prefix) +
                R"("}}],)";
      }
      body += R"("newClientState":"s","checksum":{"sha256":")" + base64(sum) + R"("}})";
    }
    return {.status = 200, .body = body + "]}"};
  }
  void set(int status, const std::string& damaged) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    damaged_ = damaged;
  }
  int updates() {
    const std::lock_guard lock(mutex_);
    return asked_["/v4/threatListUpdates:fetch"];
  }
  std::string found() {
    const std::vector<std::string> urls{"https://evil.example/x"};
    const auto matches = lookup_.look_up(urls);
    if (!matches.ok()) return matches.error().reason;
    return matches->front().empty() ? "clean" : matches->front().front().type;
  }

  std::mutex mutex_;  // guards what follows
  int status_ = 200;
  std::string damaged_;
  std::map<std::string, int> asked_;

  const std::string hash_ = security::sha256("evil.example/");
  FaultServer service_{[this](const FaultServer::Request& request) { return answer(request); }};
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  ThreatLookup lookup_{
      {.url = service_.url(""), .key = "key", .version = 4}, clock_, metrics_, log_};
};

// Which list is missing is all the same: what only it holds would be taken for clean.
TEST_F(ThreatListsTest, OneListThatIsMissingIsNoAnswer) {
  EXPECT_EQ(found(), "threat_lists_missing");
  for (const std::string_view type : kThreatTypes) {
    set(200, std::string(type));
    EXPECT_FALSE(lookup_.update().ok());
    const ListMatch held{"", base::hex_encode(hash_) + ":MALWARE", "MALWARE"};
    if (type == kThreatTypes.front()) {
      EXPECT_EQ(found(), "threat_lists_missing");
      EXPECT_EQ(lookup_.still_listed(std::vector{held}).error().reason,
                std::string("threat_lists_missing"));
    }
    clock_.advance(base::Seconds{3'600});
  }
  set(200, "");
  ASSERT_TRUE(lookup_.update().ok());
  EXPECT_EQ(found(), "MALWARE");
}

TEST_F(ThreatListsTest, EntriesAreLookedUpForThemselves) {
  ASSERT_TRUE(lookup_.update().ok());
  const std::string hex = base::hex_encode(hash_);
  const std::string other = base::hex_encode(security::sha256("other.example/"));
  const std::vector<ListMatch> entries{{"a", hex + ":MALWARE", "MALWARE"},
                                       {"b", hex + ":SOCIAL_ENGINEERING", "SOCIAL_ENGINEERING"},
                                       {"c", other + ":MALWARE", "MALWARE"},
                                       {"d", "zz", "MALWARE"}};
  const auto left = lookup_.still_listed(entries);
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(*left, std::vector<ListMatch>{entries[0]});
}

TEST_F(ThreatListsTest, AServiceThatRefusesIsLeftAlone) {
  set(400, "");
  EXPECT_FALSE(lookup_.update().ok());
  EXPECT_EQ(updates(), 1);
  clock_.advance(base::Seconds{15 * 60 - 1});
  EXPECT_TRUE(lookup_.update().ok());
  EXPECT_EQ(updates(), 1);
  clock_.advance(base::Seconds{15 * 60 + 1});
  EXPECT_FALSE(lookup_.update().ok());
  EXPECT_EQ(updates(), 2);
  clock_.advance(base::Seconds{30 * 60 - 1});
  EXPECT_TRUE(lookup_.update().ok());
  EXPECT_EQ(updates(), 2);
  set(200, "");
  clock_.advance(base::Seconds{30 * 60 + 1});
  EXPECT_TRUE(lookup_.update().ok());
  EXPECT_EQ(updates(), 3);
  EXPECT_EQ(found(), "MALWARE");
}

TEST(UpdatePauseTest, Doubles) {
  struct Case {
    int failures;
    bool refused;
    double random;
    std::int64_t seconds;
  };
  for (const Case& each : std::vector<Case>{{1, true, 0, 900},
                                            {1, true, 0.5, 1'350},
                                            {2, true, 0, 1'800},
                                            {3, true, 0.999, 7'196},
                                            {8, true, 0, 86'400},
                                            {1'000'000, true, 0.9, 86'400},
                                            {1, false, 0.9, 10},
                                            {2, false, 0, 20},
                                            {9, false, 0, 1'800},
                                            {1'000'000, false, 0, 1'800}}) {
    EXPECT_EQ(update_pause(each.failures, each.refused, each.random).count(), each.seconds)
        << each.failures << (each.refused ? " refused" : "");
  }
}

}  // namespace
}  // namespace ashlar::links::abuse
