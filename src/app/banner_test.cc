#include "app/banner.h"

#include <gtest/gtest.h>

#include <string>

#include "app/installation.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::app {
namespace {

std::string first_banner(const std::string& listened, const std::string& origin) {
  const storage::TemporaryDirectory folder;
  Config config;
  config.data_dir = folder.path();
  config.log_level = obs::Level::kOff;
  const auto ashlar = Installation::open(config);
  EXPECT_TRUE(ashlar.ok());
  const auto banner = make_banner(**ashlar, listened, origin);
  EXPECT_TRUE(banner.ok());
  return *banner;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Banner, ShowsWhereItListens) {
  const std::string text = first_banner("http://127.0.0.1:81", "http://127.0.0.1:81");
  EXPECT_TRUE(has(text, " is running at http://127.0.0.1:81\n")) << text;
  EXPECT_TRUE(has(text, "  Console   http://127.0.0.1:81/_/#/claim/")) << text;
}

TEST(Banner, ShowsThePublicUrlWhereverAPersonFollowsOrCopies) {
  const std::string text = first_banner("http://127.0.0.1:81", "https://sho.rt");
  EXPECT_TRUE(has(text, " is running at http://127.0.0.1:81, for others https://sho.rt\n")) << text;
  for (const char* part :
       {"  Console   https://sho.rt/_/#/claim/", "  API       https://sho.rt/v1/ ",
        "page: https://sho.rt/docs\n", "  Links     https://sho.rt/{code}\n",
        "curl -s https://sho.rt/v1/links "}) {
    EXPECT_TRUE(has(text, part)) << part << text;
  }
  EXPECT_EQ(text.find("127.0.0.1"), text.rfind("127.0.0.1")) << text;
}

}  // namespace
}  // namespace ashlar::app
