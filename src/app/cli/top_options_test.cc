#include "app/cli/top_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::app {
namespace {

using Word = std::string TopWords::*;

base::Result<TopOptions> with(Word word, const std::string& value) {
  TopWords words;
  words.*word = value;
  return read_top_words(words);
}

TEST(TopOptions, Defaults) {
  const TopOptions options = *read_top_words({});
  EXPECT_EQ(options.k, 10u);
  EXPECT_EQ(options.reader.window_s, 300);
  EXPECT_EQ(options.interval, base::Millis(1000));
  EXPECT_EQ(options.reader.max_bytes, std::size_t{2} << 30);
  EXPECT_EQ(options.reader.by, activity::TopBy::kUser);
  EXPECT_EQ(options.reader.format, activity::LineFormat::kAuto);
  EXPECT_EQ(options.format, TopFormat::kTable);
  EXPECT_FALSE(options.once);
}

TEST(TopOptions, Units) {
  const auto window = [](const std::string& text) {
    return with(&TopWords::window, text)->reader.window_s;
  };
  EXPECT_EQ(window("90"), 90);
  EXPECT_EQ(window("1s"), 1);
  EXPECT_EQ(window("5m"), 300);
  EXPECT_EQ(window("1h"), 3600);
  EXPECT_EQ(window("24h"), 86'400);
  EXPECT_EQ(window("1d"), 86'400);
  const auto interval = [](const std::string& text) {
    return with(&TopWords::interval, text)->interval;
  };
  EXPECT_EQ(interval("2"), base::Millis(2000));
  EXPECT_EQ(interval("250ms"), base::Millis(250));
  EXPECT_EQ(with(&TopWords::max_memory, "64m")->reader.max_bytes, std::size_t{64} << 20);
}

TEST(TopOptions, WrongOnesAreNamed) {
  struct Case {
    Word word;
    std::string option;
    std::vector<std::string> values;
  };
  for (const auto& [word, option, values] : std::vector<Case>{
           {&TopWords::k,
            "--k",
            {"0", "10001", "-1", "ten", "", "1.5", "10 ", "99999999999999999999"}},
           {&TopWords::window,
            "--window",
            {"0", "0s", "86401", "2d", "25h", "-5m", "5M", "m", "", "1.5h", "5 m"}},
           {&TopWords::interval, "--interval", {"0", "99ms", "2h", "61m", "s"}},
           {&TopWords::max_memory, "--max-memory", {"0", "1024", "15m", "17g", "1t", ""}},
           {&TopWords::by, "--by", {"", "users", "tenant", "USER"}},
           {&TopWords::format, "--format", {"", "csv"}},
           {&TopWords::input, "--input", {"", "xml"}}}) {
    for (const std::string& value : values) {
      const auto result = with(word, value);
      ASSERT_FALSE(result.ok()) << option << " " << value;
      EXPECT_TRUE(result.error().detail.starts_with(option + " takes ")) << result.error().detail;
      EXPECT_TRUE(result.error().detail.ends_with(", not '" + value + "'"))
          << result.error().detail;
    }
  }
}

}  // namespace
}  // namespace ashlar::app
