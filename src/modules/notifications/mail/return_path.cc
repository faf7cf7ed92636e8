#include "modules/notifications/mail/return_path.h"

#include "base/text.h"
#include "modules/notifications/mail/mail_address.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kPrefix = "b+";

}  // namespace

std::optional<std::string> verp_address(std::string_view id, std::string_view domain) {
  std::string local(kPrefix);
  for (const char c : id) {
    if (c >= 'A' && c <= 'Z') local += '=';
    local += base::ascii_lower(c);
  }
  if (local.size() > kMaxLocalPartBytes) return std::nullopt;
  if (local.size() + 1 + domain.size() > kMaxMailAddressBytes) return std::nullopt;
  return local + "@" + std::string(domain);
}

std::optional<std::string> verp_id(std::string_view address, std::string_view domain) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  if (!base::ascii_iequals(address.substr(at + 1), domain)) return std::nullopt;
  const std::string local = base::ascii_lower(address.substr(0, at));
  if (!local.starts_with(kPrefix) || local.size() > kMaxLocalPartBytes) return std::nullopt;
  std::string id;
  for (std::size_t i = kPrefix.size(); i < local.size(); ++i) {
    const bool upper = local[i] == '=';
    if (upper && ++i == local.size()) return std::nullopt;
    const char c = local[i];
    const bool letter = c >= 'a' && c <= 'z';
    if (upper && !letter) return std::nullopt;
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return std::nullopt;
    id += upper ? static_cast<char>(c - 32) : c;
  }
  if (id.empty()) return std::nullopt;
  return id;
}

}  // namespace ashlar::notifications
