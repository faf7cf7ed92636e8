#include "modules/links/redirect_codec.h"

#include <algorithm>

#include "base/varint.h"

namespace ashlar::links {
namespace {

std::string encode(const RedirectTarget& target) {
  std::string out;
  if (target.special != nullptr) return out;
  base::append_varint(out, static_cast<std::uint64_t>(target.id.value));
  base::append_varint(out, static_cast<std::uint64_t>(target.tenant.value));
  base::append_varint(out, static_cast<std::uint64_t>(target.status));
  base::append_varint(out, target.enabled ? 1 : 0);
  base::append_varint(out, target.expires_at ? 1 : 0);
  const std::int64_t expires_us = target.expires_at ? base::to_micros(*target.expires_at) : 0;
  base::append_varint(out, static_cast<std::uint64_t>(expires_us));
  out += target.url;
  return out;
}

std::optional<RedirectTarget> decode(std::string_view bytes) {
  std::uint64_t id = 0;
  std::uint64_t tenant = 0;
  std::uint64_t status = 0;
  std::uint64_t enabled = 0;
  std::uint64_t expires = 0;
  std::uint64_t expires_us = 0;
  for (std::uint64_t* field : {&id, &tenant, &status, &enabled, &expires, &expires_us}) {
    if (!base::read_varint(bytes, *field)) return std::nullopt;
  }
  const bool plain = std::ranges::all_of(bytes, [](char c) { return c > ' ' && c < 0x7f; });
  if (bytes.empty() || !plain || status > 999 || enabled > 1 || expires > 1 ||
      !is_redirect_status(static_cast<std::int64_t>(status))) {
    return std::nullopt;
  }
  RedirectTarget target{.id = LinkId(static_cast<std::int64_t>(id)),
                        .tenant = base::TenantId(static_cast<std::int64_t>(tenant)),
                        .url = std::string(bytes),
                        .status = static_cast<int>(status),
                        .enabled = enabled == 1,
                        .expires_at = {}};
  if (expires == 1) target.expires_at = base::from_micros(static_cast<std::int64_t>(expires_us));
  return target;
}

}  // namespace

cache::Codec<RedirectTarget> redirect_codec() {
  return {.encode = encode, .decode = decode, .bytes = {}};
}

}  // namespace ashlar::links
