#include "modules/activity/top_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "platform/json/parse.h"

namespace ashlar::activity {
namespace {

using namespace std::string_view_literals;

TopTable some_table() {
  TopTable table;
  table.window_s = 300;
  table.as_of = LogTime{1'700'000'000, 250'000'000};
  table.covered_s = 100;
  table.in_window = 4000;
  table.names = 3;
  table.totals.lines = 1'234'567;
  table.rows = {{"alice", 2000, 2000, 2000, true},
                {"bob\t", 1500, 1500, 1500, true},
                {"c\xff", 1, 1, 1, true}};
  return table;
}

TEST(TopText, NamesCannotMoveTheCursor) {
  struct Case {
    std::string_view name;
    std::string_view escaped;
  };
  for (const auto& [name, wanted] :
       std::vector<Case>{{"alice", "alice"},
                         {"", ""},
                         {"tab\tnew\nret\rback\\", R"(tab\tnew\nret\rback\\)"},
                         {"\0\x1b[2J\x7f"sv, R"(\x00\x1B[2J\x7F)"},
                         {"é€😀", "é€😀"},
                         {"\xc2\x9b", R"(\xC2\x9B)"},
                         {"\xff\xc3", R"(\xFF\xC3)"},
                         {"\xed\xa0\x80", R"(\xED\xA0\x80)"}}) {
    EXPECT_TRUE(base::ascii_iequals(escaped_name(name), wanted)) << escaped_name(name);
  }
  base::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string name;
    for (std::uint64_t n = random.below(8); n > 0; --n)
      name += static_cast<char>(random.below(256));
    const std::string escaped = escaped_name(name);
    EXPECT_TRUE(base::is_utf8(escaped));
    EXPECT_TRUE(
        std::ranges::none_of(escaped, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  }
}

TEST(TopText, Tsv) {
  TopTable table = some_table();
  EXPECT_EQ(tsv(table), "1\talice\t2000\n2\tbob\\t\t1500\n3\tc\\xff\t1\n");
  table.exact = false;
  table.rows[0].upper = 2010;
  table.rows[2].guaranteed = false;
  EXPECT_EQ(tsv(table),
            "1\talice\t2000\t2010\tguaranteed\n2\tbob\\t\t1500\t1500\tguaranteed\n3\tc\\xff\t1\t1\t"
            "perhaps\n");
}

TEST(TopText, Json) {
  TopTable table = some_table();
  EXPECT_EQ(
      json(table),
      R"({"as_of":"2023-11-14T22:13:20.250Z","window_s":300,"by":"user","events":4000,"names":3,)"
      R"("exact":true,"lines":1234567,"malformed":0,"too_long":0,"top":[)"
      R"({"rank":1,"user":"alice","count":2000},{"rank":2,"user":"bob\t","count":1500},)"
      R"({"rank":3,"user":"c\\xff","escaped":true,"count":1}]})"
      "\n");
  table.exact = false;
  table.by = TopBy::kEndpoint;
  EXPECT_TRUE(json::parse(json(table)).ok());
  EXPECT_TRUE(json(table).contains(
      R"({"rank":1,"endpoint":"alice","count":2000,"upper":2000,"guaranteed":true})"));
}

TEST(TopText, Table) {
  const std::string text = table_text(some_table(), TopLook{}, 3'000'000.0);
  EXPECT_EQ(text,
            "5m up to 2023-11-14T22:13:20.250Z   4,000 events of 3 users\n"
            "1,234,567 lines, 3,000,000 a second   0 malformed\n"
            " #  user   count  share  per second\n"
            " 1  alice  2,000  50.0%        20.0\n"
            " 2  bob\\t  1,500  37.5%        15.0\n"
            " 3  c\\xff      1   0.0%         0.0\n");
  TopTable none;
  none.window_s = 90;
  EXPECT_EQ(table_text(none, TopLook{}, std::nullopt),
            "90s   no events yet\n0 lines   0 malformed\n");
}

// Whatever the screen's size, no row is wider and no table longer, or the next frame would not
// cover it.
TEST(TopText, FitsTheScreen) {
  TopTable table = some_table();
  table.rows.insert(table.rows.begin(), {std::string(200, 'w'), 3000, 3000, 3000, true});
  table.rows.push_back({"日本語日本語日本語日本語", 1, 1, 1, true});
  for (std::size_t columns = 1; columns < 140; ++columns) {
    for (const std::size_t lines : {5, 6, 24}) {
      for (const bool unicode : {true, false}) {
        const TopLook look{columns, lines, false, unicode};
        const std::string text = table_text(table, look, 1.0);
        ASSERT_TRUE(base::is_utf8(text));
        ASSERT_LT(static_cast<std::size_t>(std::ranges::count(text, '\n')), lines);
        for (std::size_t at = 0; at < text.size();) {
          const std::size_t end = text.find('\n', at);
          const std::string line = text.substr(at, end - at);
          // Of the wide characters of this test, three bytes each, two columns.
          const auto wide = static_cast<std::size_t>(std::ranges::count(line, '\xe6')) +
                            static_cast<std::size_t>(std::ranges::count(line, '\xe8'));
          ASSERT_LE(base::utf8_length(line) + wide, columns) << line;
          at = end + 1;
        }
      }
    }
  }
  const std::string colored = table_text(table, TopLook{300, 24, true, true}, 1.0);
  EXPECT_TRUE(colored.contains("\x1b[36m█"));
  EXPECT_FALSE(table_text(table, TopLook{300, 24, false, true}, 1.0).contains('\x1b'));
}

TEST(TopText, NumbersAndTimes) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18'446'744'073'709'551'615ULL), "18,446,744,073,709,551,615");
  EXPECT_EQ(short_duration(300), "5m");
  EXPECT_EQ(short_duration(90), "90s");
  EXPECT_EQ(short_duration(86'400), "24h");
  EXPECT_EQ(log_time_text({0, 0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(log_time_text({0, 1}), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(log_time_text({0, 120'000}), "1970-01-01T00:00:00.000120Z");
  EXPECT_EQ(log_time_text({kFirstSecond, 999'000'000}), "0001-01-01T00:00:00.999Z");
}

}  // namespace
}  // namespace ashlar::activity
