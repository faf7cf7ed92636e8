#include "platform/outbound/host_text.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace ashlar::outbound {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) {
  return is_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'f');
}
bool is_alnum(char c) {
  return is_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z');
}

// One part of an IPv4 address: decimal, octal after "0", hexadecimal after "0x".
std::optional<std::uint64_t> read_number(std::string_view text) {
  if (!is_number_label(text)) return std::nullopt;
  int radix = 10;
  if (text.size() >= 2 && text[0] == '0') {
    radix = base::ascii_lower(text[1]) == 'x' ? 16 : 8;
    text.remove_prefix(radix == 16 ? 2 : 1);
  }
  if (text.empty()) return 0;  // "0x"
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string_view> split_labels(std::string_view host) {
  std::vector<std::string_view> labels;
  while (true) {
    const std::size_t dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    host.remove_prefix(dot + 1);
  }
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

bool is_number_label(std::string_view label) {
  if (label.empty()) return false;
  if (std::ranges::all_of(label, is_digit)) return true;
  return label.size() >= 2 && label[0] == '0' && base::ascii_lower(label[1]) == 'x' &&
         std::ranges::all_of(label.substr(2), is_hex);
}

std::optional<std::uint32_t> read_v4(const std::vector<std::string_view>& labels) {
  if (labels.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::optional<std::uint64_t> part = read_number(labels[i]);
    if (!part) return std::nullopt;
    const bool last = i + 1 == labels.size();
    const std::uint64_t limit = last ? std::uint64_t{1} << (8 * (4 - i)) : 256;
    if (*part >= limit) return std::nullopt;
    address += last ? *part : *part << (8 * (3 - i));
  }
  return static_cast<std::uint32_t>(address);
}

std::string v4_text(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string(address >> shift & 0xff);
  }
  return text;
}

}  // namespace ashlar::outbound
