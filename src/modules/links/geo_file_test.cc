#include "modules/links/geo_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "modules/links/testing/mmdb_writer.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::links {
namespace {

using testing::mmdb_of;

std::string small_file() {
  return mmdb_of({{"203.0.113.0/24", "DE", "BY"},
                  {"198.51.100.128/25", "AT"},
                  {"2001:db8:1::/48", "US", "CA"},
                  {"192.0.2.7", "XX1"},
                  {"192.0.2.8", "de"}},
                 1'700'000'000);
}

class GeoFileTest : public ::testing::Test {
 protected:
  void write(std::string_view bytes) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  storage::TemporaryDirectory folder;
  const std::string path = folder.path() + "/geo.mmdb";
  GeoFile file{path};
};

TEST_F(GeoFileTest, CountriesAndRegionsOfAddresses) {
  write(small_file());
  const base::Result<bool> read = file.refresh();
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_TRUE(*read);
  EXPECT_EQ(file.built_at_s(), 1'700'000'000);
  struct Case {
    std::string_view address;
    std::optional<Geo> expected;
  };
  const Case cases[] = {
      {"203.0.113.0", Geo{"DE", "BY"}},
      {"203.0.113.255", Geo{"DE", "BY"}},
      {"::ffff:203.0.113.9", Geo{"DE", "BY"}},
      {"203.0.114.0", std::nullopt},
      {"198.51.100.127", std::nullopt},
      {"198.51.100.128", Geo{"AT", ""}},
      {"2001:db8:1:ffff::1", Geo{"US", "CA"}},
      {"2001:db8:2::1", std::nullopt},
      {"192.0.2.7", std::nullopt},  // no country's code
      {"192.0.2.8", std::nullopt},
      {"127.0.0.1", std::nullopt},
      {"", std::nullopt},
      {"somebody", std::nullopt},
  };
  for (const Case& each : cases)
    EXPECT_EQ(file.lookup(each.address), each.expected) << each.address;
}

TEST_F(GeoFileTest, WithoutAFileNothingIsKnown) {
  GeoFile none("");
  EXPECT_FALSE(none.is_configured());
  EXPECT_FALSE(*none.refresh());
  EXPECT_EQ(none.lookup("203.0.113.1"), std::nullopt);
  EXPECT_TRUE(file.is_configured());
  EXPECT_EQ(file.lookup("203.0.113.1"), std::nullopt);  // not read yet
}

TEST_F(GeoFileTest, AChangedFileIsReadAgainAndOnlyThen) {
  write(mmdb_of({{"203.0.113.0/24", "DE"}}));
  ASSERT_TRUE(*file.refresh());
  EXPECT_FALSE(*file.refresh());
  write(mmdb_of({{"203.0.113.0/24", "FR", "IDF"}}));
  EXPECT_EQ(file.lookup("203.0.113.1")->country, "DE");
  ASSERT_TRUE(*file.refresh());
  EXPECT_EQ(file.lookup("203.0.113.1"), (Geo{"FR", "IDF"}));
}

TEST_F(GeoFileTest, WhatWasReadStaysWhenTheFileIsBrokenCutOrGone) {
  write(small_file());
  ASSERT_TRUE(*file.refresh());
  const auto refuses = [&](std::string_view reason) {
    const base::Result<bool> read = file.refresh();
    EXPECT_EQ(read.ok() ? "" : read.error().reason, reason);
    EXPECT_TRUE(file.refresh().ok()) << "told twice";
    EXPECT_EQ(file.lookup("203.0.113.1"), (Geo{"DE", "BY"}));
  };
  write("no such format");
  refuses("geo_file_malformed");
  write(small_file().substr(0, 100));
  refuses("geo_file_malformed");
  std::filesystem::resize_file(path, 0);
  refuses("geo_file_malformed");
  std::filesystem::remove(path);
  refuses("geo_file_unreadable");
  std::filesystem::create_directory(path);
  refuses("geo_file_unreadable");
  std::filesystem::remove(path);
  write(mmdb_of({{"203.0.113.0/24", "FR"}}));
  ASSERT_TRUE(*file.refresh());
  EXPECT_EQ(file.lookup("203.0.113.1"), (Geo{"FR", ""}));
}

TEST_F(GeoFileTest, AFileTooLargeIsNotRead) {
  write(small_file());
  std::filesystem::resize_file(path, GeoFile::kMaxBytes + 1);  // takes no room: it is a hole
  const base::Result<bool> read = file.refresh();
  ASSERT_FALSE(read.ok());
  EXPECT_STREQ(read.error().reason, "geo_file_too_large");
}

// What it then says of countries is of no interest; a sanitizer says the rest.
TEST_F(GeoFileTest, FilesWithWrongBytesHarmNobody) {
  constexpr std::uint32_t kSeed = 20'261'123;
  std::mt19937 random(kSeed);
  const std::string good = small_file();
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    for (int changes = 0; changes < 4; ++changes) {
      bad.at(random() % bad.size()) = static_cast<char>(random());
    }
    write(bad);
    GeoFile reader(path);
    if (!reader.refresh().ok()) continue;
    for (const char* address : {"203.0.113.1", "198.51.100.200", "2001:db8:1::1", "192.0.2.7"}) {
      const std::optional<Geo> geo = reader.lookup(address);
      if (geo) {
        EXPECT_EQ(geo->country.size(), 2U) << "seed " << kSeed << ", file " << i;
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::links
