#include "modules/links/redirect_codec.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ashlar::links {
namespace {

RedirectTarget sample() {
  return {.id = LinkId(77),
          .tenant = base::TenantId(3),
          .url = "https://example.com/a?b=c#d",
          .status = 307,
          .enabled = true,
          .expires_at = base::from_micros(1'800'000'000'000'001)};
}

TEST(RedirectCodec, WhatIsWrittenIsReadBack) {
  const auto codec = redirect_codec();
  RedirectTarget target = sample();
  for (const bool expires : {true, false}) {
    if (!expires) target.expires_at.reset();
    const auto back = codec.decode(codec.encode(target));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->id, target.id);
    EXPECT_EQ(back->tenant, target.tenant);
    EXPECT_EQ(back->url, target.url);
    EXPECT_EQ(back->status, target.status);
    EXPECT_EQ(back->enabled, target.enabled);
    EXPECT_EQ(back->expires_at, target.expires_at);
  }
}

TEST(RedirectCodec, WhatWouldBreakAHeaderIsNotRead) {
  const auto codec = redirect_codec();
  RedirectTarget target = sample();
  target.url = "https://example.com/\r\nSet-Cookie: a=b";
  EXPECT_FALSE(codec.decode(codec.encode(target)));
  target = sample();
  target.status = 200;
  EXPECT_FALSE(codec.decode(codec.encode(target)));
}

TEST(RedirectCodec, ASpecialLinkStaysAtHome) {
  const auto codec = redirect_codec();
  RedirectTarget target = sample();
  LinkSettings settings;
  settings.password_hash = "secret";
  target.special = std::make_shared<const LinkSettings>(settings);
  EXPECT_EQ(codec.encode(target), "");
  EXPECT_FALSE(codec.decode(codec.encode(target)));
}

TEST(RedirectCodec, AnyBytesAreReadOrRefused) {
  const auto codec = redirect_codec();
  base::Random random(5);
  const std::string whole = codec.encode(sample());
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = whole.substr(0, random.below(whole.size() + 1));
    for (int flips = 0; flips < 3 && !bytes.empty(); ++flips) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    const auto target = codec.decode(bytes);
    if (!target) continue;
    EXPECT_TRUE(is_redirect_status(target->status));
    EXPECT_EQ(target->url.find_first_of("\r\n \t"), std::string::npos);
  }
}

}  // namespace
}  // namespace ashlar::links
