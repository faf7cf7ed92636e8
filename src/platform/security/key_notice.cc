#include "platform/security/key_notice.h"

#include <charconv>

namespace ashlar::security {
namespace {

constexpr std::string_view kKey = "key ";
constexpr std::string_view kTenant = "tenant ";

std::optional<std::int64_t> parse_id(std::string_view digits) {
  std::int64_t id = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return id;
}

}  // namespace

std::string key_notice(KeyId key) { return std::string(kKey) + key.to_string(); }
std::string key_notice(base::TenantId tenant) { return std::string(kTenant) + tenant.to_string(); }

std::optional<std::variant<KeyId, base::TenantId>> parse_key_notice(std::string_view payload) {
  if (payload.starts_with(kKey)) {
    const auto id = parse_id(payload.substr(kKey.size()));
    if (id) return KeyId(*id);
  }
  if (payload.starts_with(kTenant)) {
    const auto id = parse_id(payload.substr(kTenant.size()));
    if (id) return base::TenantId(*id);
  }
  return std::nullopt;
}

}  // namespace ashlar::security
