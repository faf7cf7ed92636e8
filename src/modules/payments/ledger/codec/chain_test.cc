// The bytes of a batch: what is in them, that one batch has one form, and a hash to hold on to.
#include "modules/payments/ledger/codec/chain.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"

namespace ashlar::ledger {
namespace {

BatchContent example() {
  BatchContent batch;
  batch.seq = 7;
  batch.at = base::from_micros(1'700'000'000'000'000);
  Account account;
  account.no = AccountNo{3};
  account.id = "merchant:available:usd";
  account.currency = "USD";
  account.rules.reserved = true;
  account.created_at = batch.at;
  account.name = "Händler";
  batch.accounts.push_back(account);
  Entry entry;
  entry.no = 41;
  entry.id = "pay_x:cap:1";
  entry.kind = TransferKind::kPost;
  entry.hold_no = 40;
  entry.at = batch.at;
  entry.flags = kKeepRest | kWithoutLegs;
  entry.asked = 60;
  entry.metadata = "{\"order\":6}";
  entry.legs = {{AccountNo{1}, 9, Side::kDebit, 60, -60, {0, 60, 0, 0}},
                {AccountNo{3}, 1, Side::kCredit, 60, -60, {0, 0, 0, 60}}};
  batch.entries.push_back(entry);
  entry.no = 42;
  entry.kind = TransferKind::kPending;
  entry.timeout = base::Millis(5);
  batch.entries.push_back(entry);
  batch.first_burned = 2;
  batch.burned = {{"pay_y", Verdict::kExceedsCredits}, {"pay_z", Verdict::kHoldNotFound}};
  return batch;
}

TEST(ChainTest, WhatIsWrittenIsRead) {
  const auto read = decode(encode(example()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->seq, 7);
  EXPECT_EQ(read->entries, example().entries);
  EXPECT_EQ(read->burned, example().burned);
  EXPECT_EQ(read->first_burned, 2);
  ASSERT_EQ(read->accounts.size(), 1U);
  EXPECT_EQ(read->accounts[0].rules, example().accounts[0].rules);
  EXPECT_EQ(read->accounts[0].name, "Händler");
  EXPECT_EQ(encode(*read), encode(example()));
}

// Whoever changes the form breaks every chain that was ever written: this must not happen unseen.
TEST(ChainTest, TheFormIsForEver) {
  BatchEncoder encoder(1, base::from_micros(2));
  encoder.accounts({});
  encoder.entries({});
  encoder.burned(1, {});
  EXPECT_EQ(base::hex_encode(encoder.bytes()), "6173686c617220626174636820310204000000");
  EXPECT_EQ(base::hex_encode(encoder.hash(first_hash())),
            "2d58260bbce8b65a75790b66f15a922725585a44aa5ee7a86c140f3168f347d9");
  BatchEncoder full(7, example().at);
  const BatchContent batch = example();
  const Account* account = &batch.accounts[0];
  full.accounts({&account, 1});
  full.entries(batch.entries);
  full.burned(batch.first_burned, batch.burned);
  EXPECT_EQ(full.bytes(), encode(batch));
  EXPECT_EQ(base::hex_encode(full.hash(first_hash())),
            "d19743952051b9303765c7adb3567bff4ef9d7edff5e168b6912878232109b46");
}

TEST(ChainTest, AnyOtherByteIsAnotherBatchOrNone) {
  const std::string bytes = encode(example());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(decode(bytes.substr(0, i)).has_value());
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = decode(changed);
    if (read) {
      EXPECT_EQ(encode(*read), changed);
    }
  }
  EXPECT_FALSE(decode(bytes + '\0').has_value());
}

}  // namespace
}  // namespace ashlar::ledger
