#include "app/cli/top_options.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace ashlar::app {
namespace {

constexpr std::int64_t kMostRows = 10'000;
constexpr std::int64_t kMebibyte = 1024 * 1024;

using Unit = std::pair<std::string_view, std::int64_t>;

// "5m" by a table of units, of which "" is that of a number alone.
template <std::size_t N>
std::optional<std::int64_t> with_unit(std::string_view text, const std::array<Unit, N>& units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::int64_t kMost = 1'000'000'000;  // so that no unit makes it overflow
  if (error != std::errc{} || number < 0 || number > kMost) return std::nullopt;
  const std::string_view given(end, text.data() + text.size());
  for (const auto& [name, factor] : units) {
    if (given == name) return number * factor;
  }
  return std::nullopt;
}

constexpr std::array<Unit, 5> kSeconds{{{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}}};
constexpr std::array<Unit, 4> kMillis{{{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}}};
constexpr std::array<Unit, 2> kBytes{{{"m", kMebibyte}, {"g", 1024 * kMebibyte}}};
constexpr std::array<Unit, 1> kNumber{{{"", 1}}};

using activity::LineFormat;
using activity::TopBy;

template <class T>
using Choice = std::pair<std::string_view, T>;

constexpr std::array<Choice<TopBy>, 3> kBy{
    {{"user", TopBy::kUser}, {"action", TopBy::kAction}, {"endpoint", TopBy::kEndpoint}}};
constexpr std::array<Choice<TopFormat>, 3> kFormats{
    {{"table", TopFormat::kTable}, {"tsv", TopFormat::kTsv}, {"json", TopFormat::kJson}}};
constexpr std::array<Choice<LineFormat>, 4> kInputs{{{"auto", LineFormat::kAuto},
                                                     {"plain", LineFormat::kPlain},
                                                     {"clf", LineFormat::kClf},
                                                     {"json", LineFormat::kJson}}};

struct Range {
  std::int64_t least;
  std::int64_t most;
  std::string_view words;
};

template <std::size_t N, class T>
base::Status take(std::string_view option, std::string_view text, const std::array<Unit, N>& units,
                  const Range& range, T& out) {
  const std::optional<std::int64_t> value = with_unit(text, units);
  if (!value || *value < range.least || *value > range.most) {
    return base::fail(base::Code::kInvalid, "wrong_option",
                      std::string(option) + " takes " + std::string(range.words) + ", not '" +
                          std::string(text) + "'");
  }
  out = static_cast<T>(*value);
  return base::ok_status();
}

template <class T, std::size_t N>
base::Status choose(std::string_view option, std::string_view text,
                    const std::array<Choice<T>, N>& choices, T& out) {
  std::string known;
  for (const auto& [name, value] : choices) {
    if (name == text) {
      out = value;
      return base::ok_status();
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return base::fail(
      base::Code::kInvalid, "wrong_option",
      std::string(option) + " takes one of " + known + ", not '" + std::string(text) + "'");
}

}  // namespace

base::Result<TopOptions> read_top_words(const TopWords& words) {
  TopOptions out;
  out.once = words.once;
  out.files = words.files;
  ASHLAR_TRY(take("--k", words.k, kNumber, {1, kMostRows, "a number from 1 to 10000"}, out.k));
  ASHLAR_TRY(take("--window", words.window, kSeconds,
                  {1, activity::WindowCounts::kMaxWindow, "1s to 1d, such as 90, 300s, 5m or 1h"},
                  out.reader.window_s));
  std::int64_t interval_ms = 0;
  ASHLAR_TRY(take("--interval", words.interval, kMillis,
                  {100, 3'600'000, "100ms to 60m, such as 500ms or 2s"}, interval_ms));
  out.interval = base::Millis(interval_ms);
  ASHLAR_TRY(take("--max-memory", words.max_memory, kBytes,
                  {16 * kMebibyte, 16 * 1024 * kMebibyte, "16m to 16g"}, out.reader.max_bytes));
  ASHLAR_TRY(choose("--by", words.by, kBy, out.reader.by));
  ASHLAR_TRY(choose("--format", words.format, kFormats, out.format));
  ASHLAR_TRY(choose("--input", words.input, kInputs, out.reader.format));
  return out;
}

}  // namespace ashlar::app
