// Questions and answers in the form that the public documentation gives them.
#include "modules/links/abuse/threat_wire.h"

#include <gtest/gtest.h>

#include "modules/links/abuse/prefix_list.h"
#include "modules/links/abuse/threat_cache.h"
#include "platform/json/parse.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

std::string base64_of_zeros() { return std::string(43, 'A') + "="; }

TEST(ThreatWireTest, SearchesVersion5) {
  EXPECT_EQ(search_target_v5("k&y", std::vector<std::string>{"\xff\xff\xff\xff", "abcd"}),
            "/v5/hashes:search?key=k%26y&hashPrefixes=%2F%2F%2F%2F%2Fw%3D%3D"
            "&hashPrefixes=YWJjZA%3D%3D");
  const auto answer = read_search_v5(
      R"({"fullHashes":[{"fullHash":")" + base64_of_zeros() +
      R"(","fullHashDetails":[{"threatType":"MALWARE"},{"threatType":"SOCIAL_ENGINEERING",)"
      R"("attributes":["CANARY"]},{"threatType":"MALWARE","attributes":["FRAME_ONLY"]},)"
      R"({"threatType":"A_NEW_ONE"}],"new":1}],"cacheDuration":"300.5s"})");
  ASSERT_TRUE(answer.ok()) << answer.error().detail;
  EXPECT_EQ(answer->keep, base::Seconds{300});
  EXPECT_EQ(answer->hits,
            (std::vector<ThreatHit>{{std::string(32, '\0'), "MALWARE", base::Seconds{300}}}));
  const auto none = read_search_v5(R"({"cacheDuration":"999999s"})");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->hits.empty());
  EXPECT_EQ(none->keep, kMaxKept);
}

TEST(ThreatWireTest, FindsVersion4) {
  const std::string body =
      find_body_v4(std::vector<std::string>{"abcd"}, std::vector<std::string>{"c3RhdGU="});
  const auto asked = json::parse(body);
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(*asked->find("client")->find("clientId")->if_string(), "ashlar");
  const json::Value& info = *asked->find("threatInfo");
  EXPECT_EQ(info.find("threatTypes")->if_array()->size(), kThreatTypes.size());
  EXPECT_EQ(*info.find("threatEntries")->if_array()->front().find("hash")->if_string(), "YWJjZA==");
  const auto answer = read_find_v4(
      R"({"matches":[{"threatType":"MALWARE","platformType":"ANY_PLATFORM","threatEntryType":"URL",)"
      R"("threat":{"hash":")" +
      base64_of_zeros() +
      R"("},"threatEntryMetadata":{"entries":[]},"cacheDuration":"60s"}],)"
      R"("minimumWaitDuration":"5s","negativeCacheDuration":"20s"})");
  ASSERT_TRUE(answer.ok()) << answer.error().detail;
  EXPECT_EQ(answer->keep, base::Seconds{20});
  EXPECT_EQ(answer->wait, base::Seconds{5});
  EXPECT_EQ(answer->hits,
            (std::vector<ThreatHit>{{std::string(32, '\0'), "MALWARE", base::Seconds{60}}}));
}

TEST(ThreatWireTest, WhatCannotBeReadIsAnError) {
  for (const char* text : {"", "[]", "<html>", R"({"fullHashes":[{"fullHash":"AAAA"}]})",
                           R"({"fullHashes":[{}]})", R"({"fullHashes":["x"]})"}) {
    EXPECT_FALSE(read_search_v5(text).ok()) << text;
  }
  for (const char* text : {"", R"({"matches":[{"threatType":"MALWARE"}]})",
                           R"({"matches":[{"threat":{"hash":"AA=="}}]})"}) {
    EXPECT_FALSE(read_find_v4(text).ok()) << text;
  }
  for (const char* text :
       {R"({"listUpdateResponses":[{"threatType":"MALWARE"}]})",
        R"({"listUpdateResponses":[{"threatType":"MALWARE","additions":[{"riceHashes":{}}]}]})",
        R"({"listUpdateResponses":[{"threatType":"MALWARE","additions":[{"rawHashes":)"
        R"({"prefixSize":3,"rawHashes":"AAAA"}}],"checksum":{"sha256":"AA=="}}]})"}) {
    EXPECT_FALSE(read_updates_v4(text).ok()) << text;
  }
}

ListUpdate update_of(bool full, std::vector<std::string> added, std::vector<std::int64_t> removed,
                     std::string_view sorted, std::string state = "s") {
  return {.type = "MALWARE",
          .full = full,
          .added = std::move(added),
          .removed = std::move(removed),
          .state = std::move(state),
          .checksum = security::sha256(sorted)};
}

TEST(PrefixListTest, IsUpdatedWholeAndInPart) {
  PrefixList list;
  EXPECT_FALSE(list.is_loaded());
  ASSERT_TRUE(list.apply(update_of(true, {"dddd", "aaaa", "cccccc"}, {}, "aaaaccccccdddd")).ok());
  EXPECT_EQ(list.size(), 3U);
  EXPECT_TRUE(list.may_hold("aaaazzzz"));
  EXPECT_TRUE(list.may_hold("cccccczz"));
  EXPECT_FALSE(list.may_hold("cccccxzz"));
  EXPECT_FALSE(list.may_hold("bbbbzzzz"));
  // The second of the sorted ones goes, then another comes.
  ASSERT_TRUE(list.apply(update_of(false, {"bbbb"}, {1}, "aaaabbbbdddd", "t")).ok());
  EXPECT_FALSE(list.may_hold("cccccczz"));
  EXPECT_TRUE(list.may_hold("bbbbzzzz"));
  EXPECT_EQ(list.state(), "t");
  // What its checksum does not say is not taken.
  EXPECT_FALSE(list.apply(update_of(false, {"eeee"}, {}, "something else", "u")).ok());
  EXPECT_FALSE(list.may_hold("eeeezzzz"));
  EXPECT_TRUE(list.may_hold("aaaazzzz"));
  EXPECT_EQ(list.state(), "t");
  ASSERT_TRUE(list.apply(update_of(true, {"zzzz"}, {}, "zzzz", "v")).ok());
  EXPECT_EQ(list.size(), 1U);
}

TEST(ThreatCacheTest, KeepsWhatIsAndWhatIsNot) {
  ThreatCache cache;
  const base::Mono now{};
  const std::string bad = "abcd" + std::string(28, 'x');
  const std::string good = "abcd" + std::string(28, 'y');
  EXPECT_FALSE(cache.find(bad, now).has_value());
  HashAnswer answer;
  answer.hits = {{bad, "MALWARE", base::Seconds{10}}};
  answer.keep = base::Seconds{20};
  cache.put({"abcd", "efgh"}, answer, now);
  EXPECT_EQ(cache.find(bad, now), std::vector<std::string>{"MALWARE"});
  EXPECT_EQ(cache.find(good, now), std::vector<std::string>());
  EXPECT_EQ(cache.find("efgh" + std::string(28, 'x'), now), std::vector<std::string>());
  // A hit is kept for its own time.
  EXPECT_FALSE(cache.find(bad, now + base::Seconds{10}).has_value());
  EXPECT_TRUE(cache.find(good, now + base::Seconds{19}).has_value());
  EXPECT_FALSE(cache.find(good, now + base::Seconds{20}).has_value());
}

TEST(ThreatCacheTest, IsBounded) {
  ThreatCache cache;
  for (std::size_t i = 0; i < ThreatCache::kMaxPrefixes + 10; ++i) {
    cache.put({std::to_string(10'000'000 + i)}, {.hits = {}, .keep = base::Seconds{60}}, {});
  }
  EXPECT_EQ(cache.size(), ThreatCache::kMaxPrefixes);
}

}  // namespace
}  // namespace ashlar::links::abuse
