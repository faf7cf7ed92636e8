#include "modules/notifications/signed_text.h"

#include <charconv>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/security/hmac.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr char kBetween = '\n';

std::string mac_of(std::string_view key, std::string_view plain) {
  return security::hmac_sha256(key, {plain}).substr(0, kMacBytes);
}

std::vector<std::string> parts_of(std::string_view plain) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = plain.find(kBetween);
    parts.emplace_back(plain.substr(0, end));
    if (end == std::string_view::npos) return parts;
    plain.remove_prefix(end + 1);
  }
}

}  // namespace

std::string signed_text(std::string_view key, std::span<const std::string> parts) {
  std::string plain;
  for (const std::string& part : parts) {
    if (&part != parts.data()) plain += kBetween;
    plain += part;
  }
  return base::base64url_encode(plain) + "." + base::base64url_encode(mac_of(key, plain));
}

std::optional<std::vector<std::string>> opened_text(std::string_view key, std::string_view token) {
  const std::size_t dot = token.find('.');
  if (token.size() > kMaxSignedBytes || dot == std::string_view::npos) return std::nullopt;
  const auto plain = base::base64url_decode(token.substr(0, dot));
  const auto mac = base::base64url_decode(token.substr(dot + 1));
  if (!plain || !mac || mac->size() != kMacBytes) return std::nullopt;
  if (!base::constant_time_equals(*mac, mac_of(key, *plain))) return std::nullopt;
  return parts_of(*plain);
}

std::int64_t number_of(std::string_view part) {
  std::int64_t number = -1;
  std::from_chars(part.data(), part.data() + part.size(), number);
  return number;
}

}  // namespace ashlar::notifications
