#include "modules/limits/throttle_command.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ashlar::limits {
namespace {

base::Error cell_error(const std::string& text) {
  return base::fail(base::Code::kInvalid, "throttle_arguments", "Cell error: " + text);
}

// As Rust reads an i64: a sign, digits, nothing else.
std::optional<std::int64_t> parse_i64(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// Rounded up from the millisecond.
std::int64_t whole_seconds(std::chrono::nanoseconds time) {
  constexpr std::int64_t kMilli = 1'000'000;
  constexpr std::int64_t kSecond = 1'000 * kMilli;
  const std::int64_t ns = time.count();
  return ns / kSecond + (ns % kSecond >= kMilli ? 1 : 0);
}

}  // namespace

base::Result<ThrottleCommand> parse_throttle(std::span<const std::string_view> words) {
  if (words.size() != 5 && words.size() != 6) {
    return cell_error(
        "Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]");
  }
  std::array<std::int64_t, 4> numbers{0, 0, 0, 1};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto number = parse_i64(words[i]);
    if (!number) {
      return cell_error("Couldn't parse as integer: " + std::string(words[i].substr(0, 100)));
    }
    if (*number < 0) return cell_error("Negative numbers are not supported");
    numbers[i - 2] = *number;
  }
  if (numbers[1] == 0 || numbers[2] == 0) return cell_error("Zero rates are not supported");
  return ThrottleCommand{.key = words[1],
                         .rate = {numbers[0], numbers[1], numbers[2]},
                         .quantity = static_cast<std::uint64_t>(numbers[3])};
}

std::array<std::int64_t, 5> throttle_answer(const kit::Decision& decision) {
  const bool waits = !decision.allowed && decision.retry_after != kit::kNeverFits;
  return {decision.allowed ? 0 : 1, static_cast<std::int64_t>(decision.limit),
          static_cast<std::int64_t>(decision.remaining),
          waits ? whole_seconds(decision.retry_after) : -1, whole_seconds(decision.reset_after)};
}

}  // namespace ashlar::limits
