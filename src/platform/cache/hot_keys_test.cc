#include "platform/cache/hot_keys.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::cache {
namespace {

TEST(HotKeys, AreReadBackOnce) {
  const storage::TemporaryDirectory folder;
  const std::string path = folder.path() + "/links.keys";
  const std::vector<std::string> keys{"a", "", std::string("b\0c", 3), std::string(512, 'x')};
  ASSERT_TRUE(save_hot_keys(path, keys).ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(take_hot_keys(path), keys);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(take_hot_keys(path).empty());
}

TEST(HotKeys, WhatIsTooLongIsLeftOut) {
  const auto back = decode_hot_keys(encode_hot_keys({std::string(513, 'x'), "a"}));
  EXPECT_EQ(back, std::vector<std::string>{"a"});
}

TEST(HotKeys, ADamagedFileIsNoFile) {
  const std::string whole = encode_hot_keys({"alpha", "beta", "gamma"});
  ASSERT_EQ(decode_hot_keys(whole).size(), 3U);
  base::Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    if (random.chance(0.5)) {
      bytes.resize(random.below(bytes.size()));
    } else {
      char& byte = bytes[random.below(bytes.size())];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1 + random.below(255)));
    }
    EXPECT_TRUE(decode_hot_keys(bytes).empty());
  }
}

TEST(HotKeys, AnUnwritableFolderIsAnError) {
  EXPECT_FALSE(save_hot_keys("/nonexistent/links.keys", {"a"}).ok());
}

TEST(WarmUp, LoadsSoManyAStep) {
  std::vector<std::string> loaded;
  WarmUp warm({"a", "b", "c"}, [&](const std::string& key) { loaded.push_back(key); });
  EXPECT_TRUE(warm.step(2));
  EXPECT_EQ(loaded.size(), 2U);
  EXPECT_FALSE(warm.step(2));
  EXPECT_FALSE(warm.step(2));
  EXPECT_EQ(loaded, (std::vector<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace ashlar::cache
