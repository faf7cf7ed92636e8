#include "modules/links/analytics/analytics_export.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "modules/links/analytics/analytics_json.h"
#include "platform/json/writer.h"

namespace ashlar::links::analytics {
namespace {

struct Line {
  std::string_view kind;
  std::optional<base::Time> start{};
  std::string_view dimension{};
  std::optional<std::string_view> value{};
  std::int64_t clicks = 0;
  std::optional<std::int64_t> visitors{};
  std::optional<std::int64_t> bots{};
};

void each_line(const LinkAnalyticsJson& report, const std::function<void(const Line&)>& sink) {
  for (const TrafficPointJson& point : report.series) {
    sink({.kind = "interval",
          .start = point.start,
          .clicks = point.clicks,
          .visitors = point.visitors,
          .bots = point.bots});
  }
  for (const TopListJson& list : report.top) {
    for (const TopValueJson& value : list.values) {
      sink({.kind = "value",
            .dimension = list.dimension,
            .value = value.value,
            .clicks = value.clicks});
    }
    if (list.other > 0) {
      sink({.kind = "other", .dimension = list.dimension, .clicks = list.other});
    }
    if (list.unknown > 0) {
      sink({.kind = "unknown", .dimension = list.dimension, .clicks = list.unknown});
    }
  }
}

// With the signs of full width, which some spreadsheets take for the same ones.
constexpr std::array<std::string_view, 12> kFormulas{"=",
                                                     "+",
                                                     "-",
                                                     "@",
                                                     "\t",
                                                     "\r",
                                                     "\n",
                                                     "|",
                                                     "\xef\xbc\x9d",
                                                     "\xef\xbc\x8b",
                                                     "\xef\xbc\x8d",
                                                     "\xef\xbc\xa0"};

bool is_formula(std::string_view text) {
  return std::ranges::any_of(kFormulas,
                             [&](std::string_view sign) { return text.starts_with(sign); });
}

void append_cell(std::string& out, std::string_view text) {
  std::string safe = is_formula(text) ? "'" + std::string(text) : std::string(text);
  // Where a comma is in numbers, spreadsheets part cells at semicolons; some at tabs.
  if (safe.find_first_of(",;\t|\"\r\n") == std::string::npos) {
    out += safe;
    return;
  }
  out += '"';
  for (const char c : safe) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_number(std::string& out, const std::optional<std::int64_t>& number) {
  out += ',';
  if (number) out += std::to_string(*number);
}

}  // namespace

std::string as_csv(const LinkAnalyticsJson& report) {
  std::string out = "kind,start,dimension,value,clicks,visitors,bots\r\n";
  each_line(report, [&](const Line& line) {
    out += line.kind;
    out += ',';
    if (line.start) out += base::format_rfc3339(*line.start);
    out += ',';
    out += line.dimension;
    out += ',';
    append_cell(out, line.value.value_or(""));
    append_number(out, line.clicks);
    append_number(out, line.visitors);
    append_number(out, line.bots);
    out += "\r\n";
  });
  return out;
}

std::string as_json_lines(const LinkAnalyticsJson& report) {
  std::string out;
  each_line(report, [&](const Line& line) {
    json::Writer json(out);
    json.begin_object().key("kind").string(line.kind);
    if (line.start) json.key("start").string(base::format_rfc3339(*line.start));
    if (!line.dimension.empty()) json.key("dimension").string(line.dimension);
    if (line.value) json.key("value").string(*line.value);
    json.key("clicks").integer(line.clicks);
    if (line.visitors) json.key("visitors").integer(*line.visitors);
    if (line.bots) json.key("bots").integer(*line.bots);
    json.end_object();
    out += '\n';
  });
  return out;
}

}  // namespace ashlar::links::analytics
