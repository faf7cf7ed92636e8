// LogLineParser on whatever comes, in every format: what it reads lies within its rules, and a
// TopReader gives the same table however the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "modules/activity/log_line.h"
#include "modules/activity/top_reader.h"
#include "modules/activity/top_text.h"

namespace {

namespace activity = ashlar::activity;

bool has_blank(std::string_view word) {
  return word.find_first_of(" \t") != std::string_view::npos;
}

void check_line(std::string_view text, activity::LineFormat format) {
  activity::LogLineParser parser(format);
  activity::LogLine line;
  if (parser.parse(text, line) != activity::LineKind::kEvent) return;
  CHECK(line.time.seconds >= activity::kFirstSecond && line.time.seconds <= activity::kLastSecond);
  CHECK(line.time.nanos < 1'000'000'000);
  CHECK(line.user.size() <= text.size() && line.endpoint.size() <= text.size());
  if (format == activity::LineFormat::kPlain) {
    CHECK(!line.user.empty() && !has_blank(line.user));
    CHECK(!line.action.empty() && !has_blank(line.action) && line.action == line.endpoint);
  }
  if (format == activity::LineFormat::kClf) {
    CHECK(!line.user.empty() && !line.action.empty() && line.endpoint.starts_with(line.action));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using activity::LineFormat;
  for (const LineFormat format :
       {LineFormat::kAuto, LineFormat::kPlain, LineFormat::kClf, LineFormat::kJson}) {
    check_line(text, format);
  }
  activity::TopReader::Options options;
  options.by = activity::TopBy::kEndpoint;
  activity::TopReader whole(options);
  whole.feed(text);
  whole.end_of_file();
  activity::TopReader cut(options);
  for (std::size_t at = 0; at < size; at += 1 + data[at] % 16) {
    cut.feed(text.substr(at, 1 + data[at] % 16));
  }
  cut.end_of_file();
  const activity::TopTable table = whole.table(10);
  const activity::LineTotals& totals = table.totals;
  CHECK(totals.blank + totals.malformed + totals.too_long <= totals.lines);
  const std::string json = activity::json(table);
  CHECK(json == activity::json(cut.table(10)));
  CHECK(ashlar::base::is_utf8(json) && ashlar::base::is_utf8(activity::tsv(table)));
  return 0;
}
