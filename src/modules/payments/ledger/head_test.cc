#include "modules/payments/ledger/head.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::ledger {
namespace {

const std::string kSeed(HeadSigner::kSeedBytes, 's');
const Head kHead{base::TenantId(7), 12, 345, base::from_micros(1'700'000'000'123'456),
                 std::string(32, '\x5a')};

TEST(Head, TheSignedTextIsWhatTheHeaderSays) {
  EXPECT_EQ(signed_text(kHead),
            "ashlar ledger head 1\n7\n12\n345\n1700000000123456\n"
            "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n");
}

TEST(Head, AChangeOfAnyFieldBreaksTheSignature) {
  const HeadSigner signer(kSeed);
  const std::string signature = signer.sign(kHead);
  EXPECT_TRUE(signer.has_signed(kHead, signature));
  Head other = kHead;
  other.tenant = base::TenantId(8);
  EXPECT_FALSE(signer.has_signed(other, signature));
  other = kHead;
  other.seq += 1;
  EXPECT_FALSE(signer.has_signed(other, signature));
  other = kHead;
  other.transfers -= 1;
  EXPECT_FALSE(signer.has_signed(other, signature));
  other = kHead;
  other.at += base::Micros{1};
  EXPECT_FALSE(signer.has_signed(other, signature));
  other = kHead;
  other.hash[31] = '\0';
  EXPECT_FALSE(signer.has_signed(other, signature));
  std::string changed = signature;
  changed[5] = static_cast<char>(changed[5] ^ 1);
  EXPECT_FALSE(signer.has_signed(kHead, changed));
  EXPECT_FALSE(signer.has_signed(kHead, ""));
  EXPECT_FALSE(HeadSigner(std::string(HeadSigner::kSeedBytes, 't')).has_signed(kHead, signature));
}

TEST(Head, GoesThroughJsonAndBack) {
  const HeadSigner signer(kSeed);
  const SignedHead before{kHead, signer.sign(kHead), signer.public_key()};
  const auto after = parse_head(to_json(before));
  ASSERT_TRUE(after.ok()) << after.error().detail;
  EXPECT_EQ(after->head, kHead);
  EXPECT_TRUE(is_signed(after->head, after->signature, after->public_key));
}

TEST(Head, WhatIsNoHeadIsRefused) {
  const HeadSigner signer(kSeed);
  const std::string good = to_json({kHead, signer.sign(kHead), signer.public_key()});
  const auto without = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    text.replace(text.find(what), what.size(), with);
    const auto parsed = parse_head(text);
    EXPECT_STREQ(parsed.ok() ? "" : parsed.error().reason, "head_malformed");
  };
  without("\"seq\":12", "\"seq\":-1");
  without("5a5a", "5z5a");
  without("5a5a", "5a");
  without("ed25519", "md5");
  without("\"signature\":\"", "\"signature\":\"!");
  without("\"public_key\":\"", "\"public_key\":\"AA");
  without("\"tenant\":\"7\"", "\"tenant\":\"x\"");
  EXPECT_FALSE(parse_head("").ok());
  EXPECT_FALSE(parse_head("[]").ok());
}

}  // namespace
}  // namespace ashlar::ledger
