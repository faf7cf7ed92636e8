#include "platform/security/api_key.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "platform/security/digest.h"

namespace ashlar::security {
namespace {

TEST(ApiKeyText, HasTheDocumentedForm) {
  base::SeededEntropy entropy(1);
  const std::regex documented("\\bashlar_sk_[0-9A-Za-z]{50}\\b");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const ApiKeyText key = make_api_key(entropy);
    EXPECT_EQ(key.text.size(), kApiKeyChars);
    EXPECT_TRUE(std::regex_match(key.text, documented)) << key.text;
    EXPECT_EQ(api_key_public_id(key.text), key.public_id);
    EXPECT_TRUE(key.text.starts_with(api_key_display(key.public_id)));
    EXPECT_TRUE(seen.insert(key.text).second);
  }
}

// Written down, so that a change of the checksum, which would refuse all keys in the field, is
// seen.
TEST(ApiKeyText, AKeyOfTheFirstReleaseStaysOne) {
  const std::string text = "ashlar_sk_4fQzA81kLm0P0123456789ABCDEFGHIJKLMNOPQRSTUV";
  const std::string whole = text + "3nM5Uu";
  EXPECT_EQ(api_key_public_id(whole), "4fQzA81kLm0P");
}

TEST(ApiKeyText, EveryTypoIsSeenWithoutALookUp) {
  base::SeededEntropy entropy(2);
  const std::string good = make_api_key(entropy).text;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string wrong = good;
    wrong[i] = good[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(api_key_public_id(wrong)) << i;
  }
  for (std::size_t i = 0; i + 1 < good.size(); ++i) {
    std::string swapped = good;
    std::swap(swapped[i], swapped[i + 1]);
    if (swapped != good) {
      EXPECT_FALSE(api_key_public_id(swapped)) << i;
    }
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(api_key_public_id(good.substr(0, length))) << length;
  }
}

TEST(ApiKeyText, WhatIsNoKeyIsRefused) {
  base::SeededEntropy entropy(3);
  const std::string good = make_api_key(entropy).text;
  const std::vector<std::string> wrong = {"",
                                          " ",
                                          good + " ",
                                          " " + good,
                                          good + "0",
                                          std::string(60, 'a'),
                                          std::string(60, '\0'),
                                          "ashlar_sk_" + std::string(50, '-'),
                                          "ASHLAR_SK_" + good.substr(10),
                                          std::string(100'000, 'a')};
  for (const std::string& text : wrong) EXPECT_FALSE(api_key_public_id(text)) << text.size();
}

TEST(Digest, IsSha256) {
  const std::string digest = sha256("abc");
  EXPECT_EQ(digest.size(), kSha256Bytes);
  EXPECT_EQ(digest.substr(0, 4), "\xba\x78\x16\xbf");
}

TEST(Digest, TokensAreUrlSafeAndDiffer) {
  base::SeededEntropy entropy(4);
  const std::string a = random_token(entropy);
  EXPECT_EQ(a.size(), 43u);
  EXPECT_EQ(a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  EXPECT_NE(a, random_token(entropy));
}

}  // namespace
}  // namespace ashlar::security
