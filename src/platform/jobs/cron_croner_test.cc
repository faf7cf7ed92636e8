// Against croner 11, a scheduler of JavaScript's: 2,500 schedules as it recorded them
// (test/cron/croner.tsv, made by record.mjs beside it). The differences, all of them ours on
// purpose:
//
//   days          where day or weekday begins with `*` but is not `*` alone, both must fit (Vixie);
//                 in croner one is enough
//   small steps   a schedule of some hours with a step or `*` in minute or hour ("*/5 2 * * *") is
//                 one of fixed times to us; croner takes it for an interval, which runs through a
//                 double hour twice and has no run for a gap
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "platform/jobs/cron.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::jobs {
namespace {

using base::Time;

Time minutes_later(Time t, const std::string& minutes) {
  return t + std::chrono::minutes{std::stoll(minutes)};
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

enum class Why : std::uint8_t { kNone, kDays, kSmallSteps };

// Which of the two differences may be between the answers for this row.
Why excuse(const std::string& expression, bool clocks_change) {
  const std::vector<std::string> fields = split(expression, ' ');
  const auto star_step = [](const std::string& field) {
    return field.starts_with('*') && field.size() > 1;
  };
  const bool plain = fields[2] == "*" || fields[4] == "*";
  if (!plain && (star_step(fields[2]) || star_step(fields[4]))) return Why::kDays;
  const std::string hours_and_minutes = fields[0] + " " + fields[1];
  const bool steps = hours_and_minutes.find_first_of("*/") != std::string::npos;
  return clocks_change && fields[1] != "*" && steps ? Why::kSmallSteps : Why::kNone;
}

TEST(Cron, AgreesWithCronerButForTwoNamedDifferences) {
  if (!std::filesystem::exists("/usr/share/zoneinfo")) {
    GTEST_SKIP() << "Debian's package tzdata is not installed";
  }
  std::ifstream table("test/cron/croner.tsv");
  ASSERT_TRUE(table) << "run from the project's folder";
  zone::ZoneDirectory zones;
  std::size_t same = 0;
  std::array<std::size_t, 3> differ{};
  for (std::string line; std::getline(table, line);) {
    const std::vector<std::string> row = split(line, '\t');
    ASSERT_GE(row.size(), 3U) << line;
    const base::Result<Cron> cron = Cron::parse(row[0]);
    const auto zone = zones.find(row[1]);
    if (!cron.ok()) {  // 31 April, and a weekday that both must fit
      EXPECT_EQ(excuse(row[0], false), Why::kDays) << line << ": " << cron.error().detail;
      ++differ[static_cast<std::size_t>(Why::kDays)];
      continue;
    }
    ASSERT_TRUE(zone.ok()) << line;
    const Time after = minutes_later(Time{}, row[2]);
    std::vector<Time> expected;
    for (std::size_t i = 3; i < row.size(); ++i) expected.push_back(minutes_later(after, row[i]));
    std::vector<Time> ours;
    for (Time t = after; ours.size() < expected.size();) {
      const base::Result<Time> next = cron->next(**zone, t);
      ASSERT_TRUE(next.ok()) << line;
      ours.push_back(t = *next);
    }
    if (ours == expected) {
      ++same;
      continue;
    }
    const Time last = std::max(ours.back(), expected.back());
    const Why why = excuse(row[0], (*zone)->at(after).until <= last);
    ++differ[static_cast<std::size_t>(why)];
    EXPECT_NE(why, Why::kNone) << line << "\nours: " << base::format_rfc3339(ours[0])
                               << ", croner's: " << base::format_rfc3339(expected[0]);
  }
  EXPECT_GT(same, 2100U);
  EXPECT_GT(differ[static_cast<std::size_t>(Why::kDays)], 0U) << "an excuse that nothing needs";
  EXPECT_GT(differ[static_cast<std::size_t>(Why::kSmallSteps)], 0U)
      << "an excuse that nothing needs";
  RecordProperty("same", static_cast<int>(same));
}

}  // namespace
}  // namespace ashlar::jobs
