#include "modules/activity/top_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "modules/activity/top_text.h"

namespace ashlar::activity {
namespace {

std::string tsv_of(std::string_view log, TopReader::Options options = {}, std::size_t k = 10) {
  TopReader reader(options);
  reader.feed(log);
  reader.end_of_file();
  return tsv(reader.table(k));
}

TEST(TopReader, CountsOneDimension) {
  const std::string log =
      "100 alice view\n"
      "101 bob buy\n"
      "h - alice [01/Jan/1970:00:01:42 +0000] \"GET /a?x HTTP/1.0\" 200 1\n"
      "{\"at\":103,\"user\":\"carol\",\"action\":\"view\",\"endpoint\":\"GET /a\"}\n"
      "{\"at\":104,\"action\":\"view\"}\n";
  TopReader::Options options;
  EXPECT_EQ(tsv_of(log, options), "1\talice\t2\n2\tbob\t1\n3\tcarol\t1\n");
  options.by = TopBy::kAction;
  EXPECT_EQ(tsv_of(log, options), "1\tview\t3\n2\tGET\t1\n3\tbuy\t1\n");
  options.by = TopBy::kEndpoint;
  EXPECT_EQ(tsv_of(log, options), "1\tGET /a\t2\n2\tview\t2\n3\tbuy\t1\n");
  options.format = LineFormat::kClf;
  EXPECT_EQ(tsv_of(log, options), "1\tGET /a\t1\n");
}

TEST(TopReader, WhatBecameOfTheLines) {
  TopReader reader({});
  const std::string longest = "5 " + std::string(kMaxLineBytes - 5, 'u') + " ac";
  ASSERT_EQ(longest.size(), kMaxLineBytes);
  reader.feed("5 a x\r\n\n \t\nwrong\n" + longest + "\n" + longest + "!\n6 a x");
  EXPECT_EQ(reader.totals().lines, 6u);
  reader.end_of_file();
  reader.end_of_file();  // nothing was begun
  const LineTotals totals = reader.totals();
  EXPECT_EQ(totals.lines, 7u);
  EXPECT_EQ(totals.blank, 2u);
  EXPECT_EQ(totals.malformed, 1u);
  EXPECT_EQ(totals.too_long, 1u);
  EXPECT_EQ(totals.first_bad, 4u);
  EXPECT_EQ(totals.first_reason, "it begins with no time: neither Unix seconds nor RFC 3339");
  const TopTable table = reader.table(10);
  EXPECT_EQ(table.in_window, 3u);
  EXPECT_EQ(table.names, 2u);
  EXPECT_EQ(table.covered_s, 2);
  EXPECT_EQ(table.as_of, (LogTime{6, 0}));
  EXPECT_EQ(table.rows.front().key, "a");
}

TEST(TopReader, SaysWhatIsWrongWithTheFirstBadLine) {
  const auto reason = [](std::string_view log, TopBy by = TopBy::kUser) {
    TopReader::Options options;
    options.by = by;
    TopReader reader(options);
    reader.feed(log);
    reader.end_of_file();
    return std::to_string(reader.totals().first_bad) + " " +
           std::string(reader.totals().first_reason);
  };
  EXPECT_EQ(reason("1 a x\n\n"), "0 ");
  EXPECT_EQ(reason("1 a x\n{\"at\":1}\nwrong\n"), "2 no user");
  EXPECT_EQ(reason("{\"at\":1,\"user\":\"a\"}\n", TopBy::kAction), "1 no action");
  EXPECT_EQ(reason("{\"at\":1,\"user\":\"a\"}\n", TopBy::kEndpoint), "1 no endpoint");
  EXPECT_EQ(reason("5\n" + std::string(kMaxLineBytes + 1, 'x')), "1 no user after the time");
  EXPECT_EQ(reason(std::string(kMaxLineBytes + 1, 'x') + "\n5\n"), "1 longer than 64 KiB");
}

TEST(TopReader, AFilesLastLineDoesNotRunIntoTheNextFile) {
  TopReader reader({});
  reader.feed("1 a x");
  reader.end_of_file();
  reader.feed("2 b x\n");
  reader.end_of_file();
  EXPECT_EQ(tsv(reader.table(10)), "1\ta\t1\n2\tb\t1\n");
}

TEST(TopReader, NoEventNoText) {
  for (const std::string_view log : {"", "\n\n", "wrong\n"}) {
    TopReader reader({});
    reader.feed(log);
    reader.end_of_file();
    const TopTable table = reader.table(10);
    EXPECT_EQ(table.as_of, std::nullopt);
    EXPECT_EQ(tsv(table), "");
    EXPECT_EQ(json(table), "");
  }
}

TEST(TopReader, HowTheBytesAreCutDoesNotCount) {
  base::Random random(5);
  std::string log;
  for (int i = 0; i < 3000; ++i) {
    const std::string user(1 + random.below(3) * random.below(20),
                           static_cast<char>('a' + random.below(4)));
    switch (random.below(12)) {
      case 0:
        log += "broken " + user;
        break;
      case 1:
        log += std::string(kMaxLineBytes - 2 + random.below(5), 'x');
        break;
      case 2:
        break;
      default:
        log += std::to_string(1000 + random.below(400)) + "." + std::to_string(random.below(4)) +
               " " + user + " act";
    }
    log += random.chance(0.1) ? "\r\n" : "\n";
  }
  log += "2000 last act";
  TopReader whole({});
  whole.feed(log);
  whole.end_of_file();
  const std::string wanted = json(whole.table(100));
  for (const std::size_t most : {1, 7, 100, 70'000}) {
    TopReader reader({});
    for (std::string_view rest = log; !rest.empty();) {
      const std::size_t size = std::min(1 + random.below(most), rest.size());
      const std::vector<char> exact(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      reader.feed({exact.data(), exact.size()});
      rest.remove_prefix(size);
    }
    reader.end_of_file();
    EXPECT_EQ(json(reader.table(100)), wanted) << most;
  }
}

// What is given up is given up at the same lines.
TEST(TopReader, NorDoesItOverTheLimit) {
  base::Random random(6);
  std::string log;
  for (int i = 0; i < 150'000; ++i) {
    if (i % 1000 == 0) log += std::string(kMaxLineBytes + random.below(3), 'x') + "\n";
    log += std::to_string(1000 + i / 1000) + (random.chance(0.3) ? ".5" : "") + " " +
           std::string(1 + random.below(30), 'u') +
           std::to_string(random.below(1 + random.below(60'000))) + " act\n";
  }
  TopReader::Options options;
  options.max_bytes = 1'000'000;
  std::string wanted;
  for (const std::size_t most : {std::size_t{1} << 40, std::size_t{300'000}, std::size_t{4096}}) {
    ++options.seed;
    TopReader reader(options);
    for (std::string_view rest = log; !rest.empty();) {
      const std::size_t size = std::min(1 + random.below(most), rest.size());
      reader.feed(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    reader.end_of_file();
    const TopTable table = reader.table(100);
    ASSERT_FALSE(table.exact);
    if (wanted.empty()) wanted = json(table);
    EXPECT_EQ(json(table), wanted) << most;
  }
}

// The tool's promise, from text to text: random streams, out of order, with fractions and edges.
TEST(TopReader, TextIsWhatBruteForceSays) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    base::Random random(seed);
    const std::int64_t window_s = 1 + static_cast<std::int64_t>(random.below(20));
    struct Event {
      std::int64_t nanos;
      std::string user;
    };
    std::vector<Event> events;
    std::string log;
    for (int i = 0; i < 2000; ++i) {
      const std::int64_t second = 1000 + static_cast<std::int64_t>(random.below(60));
      const std::uint64_t tenths = random.below(10);
      const std::string user = "u" + std::to_string(random.below(30));
      log += std::to_string(second) + (tenths > 0 ? "." + std::to_string(tenths) : "") + " " +
             user + " a\n";
      events.push_back(
          {second * 1'000'000'000 + static_cast<std::int64_t>(tenths) * 100'000'000, user});
    }
    const std::int64_t newest = std::ranges::max(events, {}, &Event::nanos).nanos;
    std::map<std::string, std::uint64_t> counts;
    for (const Event& event : events) {
      if (event.nanos > newest - window_s * 1'000'000'000) ++counts[event.user];
    }
    std::vector<std::pair<std::string, std::uint64_t>> rows(counts.begin(), counts.end());
    std::ranges::stable_sort(rows,
                             [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string wanted;
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 10); ++i) {
      wanted += std::to_string(i + 1) + "\t" + rows[i].first + "\t" +
                std::to_string(rows[i].second) + "\n";
    }
    TopReader::Options options;
    options.window_s = window_s;
    options.seed = seed;
    EXPECT_EQ(tsv_of(log, options), wanted) << "seed " << seed;
  }
}

TEST(TopReader, OverItsMemoryItStillAnswers) {
  base::Random random(9);
  TopReader::Options options;
  options.max_bytes = 4 << 20;
  TopReader reader(options);
  std::string log;
  for (int i = 0; i < 600'000; ++i) {
    const bool hot = random.chance(0.2);
    log += std::to_string(1000 + i / 5000) +
           (hot ? " hot x\n" : " u" + std::to_string(random.next()) + " x\n");
  }
  const std::uint64_t truth = static_cast<std::uint64_t>(std::ranges::count(log, 'h'));
  reader.feed(log);
  reader.end_of_file();
  const TopTable table = reader.table(10);
  ASSERT_FALSE(table.exact);
  ASSERT_FALSE(table.rows.empty());
  EXPECT_EQ(table.rows[0].key, "hot");
  EXPECT_LE(table.rows[0].lower, truth);
  EXPECT_GE(table.rows[0].upper, truth);
  EXPECT_LE(table.rows[0].upper - table.rows[0].lower, 120u * 8);
  EXPECT_TRUE(table.rows[0].guaranteed);
  EXPECT_TRUE(tsv(table).starts_with("1\thot\t" + std::to_string(table.rows[0].lower) + "\t" +
                                     std::to_string(table.rows[0].upper) + "\tguaranteed\n2\t"));
}

}  // namespace
}  // namespace ashlar::activity
