#include "platform/zone/zone_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "platform/zone/time_zone.h"

namespace ashlar::zone {
namespace {

// A file that has no changes, and a last line.
std::string tzif(const std::string& rule) {
  std::string block = "TZif2" + std::string(15, '\0');
  for (const int count : {0, 0, 0, 0, 1, 4})
    block += std::string(3, '\0') + static_cast<char>(count);
  block += std::string(6, '\0') + std::string("LMT\0", 4);
  return block + block + "\n" + rule + "\n";
}

class ZoneDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "zonesXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ + "/Etc");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  static std::string reason(const base::Result<std::shared_ptr<const TimeZone>>& zone) {
    return zone.ok() ? "ok" : zone.error().reason;
  }

  std::string folder_;
};

TEST_F(ZoneDirectoryTest, ReadsOnceAndSharesIt) {
  put("Etc/Test", tzif("AAA-1"));
  ZoneDirectory zones(folder_);
  const auto first = zones.find("Etc/Test");
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_EQ((*first)->name(), "Etc/Test");
  EXPECT_EQ((*first)->at(base::Time{}).offset(), base::Seconds{3600});
  EXPECT_EQ(zones.find("Etc/Test")->get(), first->get());
}

TEST_F(ZoneDirectoryTest, AnUpgradeIsSeenAndWhatWasHandedOutStays) {
  put("Etc/Test", tzif("AAA-1"));
  ZoneDirectory zones(folder_);
  const auto before = *zones.find("Etc/Test");
  put("Etc/Test", tzif("AAA-12"));
  const auto after = *zones.find("Etc/Test");
  EXPECT_EQ(before->at(base::Time{}).offset(), base::Seconds{3600});
  EXPECT_EQ(after->at(base::Time{}).offset(), base::Seconds{12 * 3600});
  put("Etc/Test", "no such form");
  EXPECT_EQ(reason(zones.find("Etc/Test")), "zone_file_invalid");
}

TEST_F(ZoneDirectoryTest, NamesLeadNowhereElse) {
  put("Etc/Test", tzif("AAA-1"));
  put("Outside", tzif("AAA-1"));
  ZoneDirectory zones(folder_ + "/Etc");
  EXPECT_EQ(reason(zones.find("Test")), "ok");
  for (const std::string& name :
       {std::string("../Outside"), std::string("/etc/passwd"), std::string("./Test"),
        std::string("Test/"), std::string("Test/../Test"), std::string("Test//Test"),
        std::string(""), std::string("test"), std::string("No/Such"), std::string("Test\0", 5),
        std::string("T%65st"), std::string("Té"), std::string(10'000, 'A'),
        folder_ + "/Etc/Test"}) {
    EXPECT_EQ(reason(zones.find(name)), "zone_unknown") << name;
  }
  ZoneDirectory above(folder_);
  EXPECT_EQ(reason(above.find("Etc")), "zone_unknown") << "a folder is no zone";
}

TEST(ZoneDirectory, WithoutItsDataOnlyUtcIsThere) {
  ZoneDirectory zones("/nonexistent/zoneinfo");
  ASSERT_TRUE(zones.find("UTC").ok());
  EXPECT_EQ((*zones.find("UTC"))->name(), "UTC");
  const auto missing = zones.find("Europe/Berlin");
  ASSERT_FALSE(missing.ok());
  EXPECT_STREQ(missing.error().reason, "zone_data_missing");
  EXPECT_NE(missing.error().detail.find("tzdata"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::zone
