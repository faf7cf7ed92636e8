#include "modules/activity/top_reader.h"

#include <cstring>

namespace ashlar::activity {
namespace {

constexpr std::size_t kLimitEvery = 256 * 1024;
constexpr std::string_view kTooLong = "longer than 64 KiB";

static_assert(kMaxLineBytes <= WindowCounts::kMaxNameBytes);

std::string_view value_of(const LogLine& line, TopBy by) {
  switch (by) {
    case TopBy::kUser:
      return line.user;
    case TopBy::kAction:
      return line.action;
    case TopBy::kEndpoint:
      return line.endpoint;
  }
  return {};
}

std::string_view missing(TopBy by) {
  switch (by) {
    case TopBy::kUser:
      return "no user";
    case TopBy::kAction:
      return "no action";
    case TopBy::kEndpoint:
      return "no endpoint";
  }
  return {};
}

}  // namespace

std::string_view name_of(TopBy by) {
  switch (by) {
    case TopBy::kUser:
      return "user";
    case TopBy::kAction:
      return "action";
    case TopBy::kEndpoint:
      return "endpoint";
  }
  return {};
}

TopReader::TopReader(const Options& options)
    : by_(options.by),
      parser_(options.format),
      counts_(options.window_s, options.max_bytes, options.seed) {}

void TopReader::feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const auto* const line_end = static_cast<const char*>(std::memchr(at, '\n', left));
    if (line_end == nullptr) return keep({at, left});
    const std::string_view line(at, line_end);
    if (begun_.empty() && !skipping_) {
      take_line(line);
    } else {
      keep(line);
      end_of_file();
    }
    at = line_end + 1;
  }
}

void TopReader::keep(std::string_view begun) {
  if (begun_.size() + begun.size() > kMaxLineBytes) skipping_ = true;
  if (skipping_) {
    begun_.clear();
  } else {
    begun_ += begun;
  }
}

void TopReader::end_of_file() {
  if (skipping_) {
    ++totals_.lines;
    refuse(totals_.too_long, kTooLong);
  } else if (!begun_.empty()) {
    take_line(begun_);
  }
  begun_.clear();
  skipping_ = false;
}

void TopReader::take_line(std::string_view line) {
  ++totals_.lines;
  if (line.size() > kMaxLineBytes) return refuse(totals_.too_long, kTooLong);
  LogLine read;
  switch (parser_.parse(line, read)) {
    case LineKind::kBlank:
      ++totals_.blank;
      return;
    case LineKind::kMalformed:
      return refuse(totals_.malformed,
                    totals_.first_bad == 0 ? parser_.why_malformed(line) : std::string_view());
    case LineKind::kEvent:
      break;
  }
  const std::string_view name = value_of(read, by_);
  if (name.empty()) return refuse(totals_.malformed, missing(by_));
  unlimited_ += line.size() + 1;
  if (unlimited_ > kLimitEvery) {
    unlimited_ = 0;
    counts_.limit_memory();
  }
  counts_.add(read.time, name);
}

void TopReader::refuse(std::uint64_t& counter, std::string_view reason) {
  ++counter;
  if (totals_.first_bad != 0) return;
  totals_.first_bad = totals_.lines;
  totals_.first_reason = reason;
}

TopTable TopReader::table(std::size_t k) {
  TopTable table;
  table.rows = counts_.top(k);
  table.by = by_;
  table.window_s = counts_.window_s();
  table.totals = totals_;
  if (counts_.empty()) return table;
  table.as_of = counts_.newest();
  table.covered_s = counts_.covered_s();
  table.in_window = counts_.in_window();
  table.names = counts_.names();
  table.exact = counts_.exact();
  return table;
}

}  // namespace ashlar::activity
