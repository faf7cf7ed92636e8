#include "modules/links/analytics/analytics_export.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "modules/links/analytics/analytics_json.h"

namespace ashlar::links::analytics {
namespace {

// What is between dimension and clicks.
std::string cell(const std::string& value) {
  LinkAnalyticsJson report;
  report.top.push_back({.dimension = "utm_source", .values = {{value, 7}}});
  const std::string csv = as_csv(report);
  const std::string before = "\r\nvalue,,utm_source,";
  const std::string after = ",7,,\r\n";
  const std::size_t begin = csv.find(before);
  EXPECT_NE(begin, std::string::npos);
  EXPECT_TRUE(csv.ends_with(after));
  return csv.substr(begin + before.size(), csv.size() - begin - before.size() - after.size());
}

TEST(AnalyticsExportTest, CellsAreTextWhereverTheyAreOpened) {
  const std::vector<std::pair<std::string, std::string>> cases{{"news", "news"},
                                                               {"a,b", "\"a,b\""},
                                                               {"a;=1+1", "\"a;=1+1\""},
                                                               {"a\t=1+1", "\"a\t=1+1\""},
                                                               {"a|=1+1", "\"a|=1+1\""},
                                                               {"say \"x\"", "\"say \"\"x\"\"\""},
                                                               {"=1+1", "'=1+1"},
                                                               {"-1", "'-1"},
                                                               {"@SUM(A1)", "'@SUM(A1)"},
                                                               {"|cmd", "\"'|cmd\""},
                                                               {"\xef\xbc\x9d"
                                                                "1+1",
                                                                "'\xef\xbc\x9d"
                                                                "1+1"},  // full width
                                                               {"\xef\xbc\x8b"
                                                                "1",
                                                                "'\xef\xbc\x8b"
                                                                "1"},
                                                               {"\xef\xbc\x8d"
                                                                "1",
                                                                "'\xef\xbc\x8d"
                                                                "1"},
                                                               {"\xef\xbc\xa0"
                                                                "a",
                                                                "'\xef\xbc\xa0"
                                                                "a"},
                                                               {"\xef\xbc\xa1"
                                                                "a",
                                                                "\xef\xbc\xa1"
                                                                "a"},  // a letter
                                                               {"a=1", "a=1"}};
  for (const auto& [value, told] : cases) EXPECT_EQ(cell(value), told) << value;
}

}  // namespace
}  // namespace ashlar::links::analytics
