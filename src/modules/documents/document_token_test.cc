#include "modules/documents/document_token.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::documents {
namespace {

DocumentToken sample() {
  return {.number = 77,
          .tenant = base::TenantId(3),
          .document = "minutes/2026 é",
          .access = Access::kComment,
          .user = "alice",
          .name = "Alice",
          .info = R"({"color":"#123456"})",
          .expires = base::from_micros(1'800'000'000'000'000),
          .made = base::from_micros(1'799'999'000'000'001)};
}

TEST(DocumentToken, SaysWhatItWasMadeOf) {
  const DocumentTokens tokens(std::string(32, 'k'));
  const std::string text = tokens.make(sample());
  EXPECT_TRUE(text.starts_with("dt_"));
  EXPECT_LE(text.size(), DocumentTokens::kMaxBytes);
  const auto back = tokens.read(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, sample());
}

TEST(DocumentToken, TheLongestFits) {
  const DocumentTokens tokens(std::string(32, 'k'));
  DocumentToken longest = sample();
  longest.document = std::string(255, 'd');
  longest.user = longest.name = std::string(kMaxUserBytes, 'u');
  longest.info = std::string(kMaxInfoBytes, ' ');
  const auto back = tokens.read(tokens.make(longest));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, longest);
}

TEST(DocumentToken, NobodyElseMakesOne) {
  const DocumentTokens tokens(std::string(32, 'k'));
  const std::string text = tokens.make(sample());
  EXPECT_FALSE(DocumentTokens(std::string(32, 'j')).read(text));
  EXPECT_FALSE(tokens.read(""));
  EXPECT_FALSE(tokens.read("dt_"));
  EXPECT_FALSE(tokens.read(text.substr(3)));
  EXPECT_FALSE(tokens.read(text + "AAAA"));
  for (std::size_t i = 3; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.read(changed)) << i;
    EXPECT_FALSE(tokens.read(text.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace ashlar::documents
