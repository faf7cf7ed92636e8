#include "modules/payments/providers/timed_signature.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"

namespace ashlar::payments {
namespace {

// More than any sender has secrets at once; a header of thousands costs no more than this.
constexpr std::size_t kMaxSignatures = 16;

std::string digest(std::string_view secret, std::string_view seconds, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  const auto add = [&](std::string_view bytes) {
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()),
                                  bytes.size());
  };
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()),
                              secret.size());
  add(seconds);
  add(".");
  add(body);
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> out{};
  crypto_auth_hmacsha256_final(&state, out.data());
  return base::hex_encode({reinterpret_cast<const char*>(out.data()), out.size()});
}

struct Parts {
  std::string_view seconds;
  std::optional<std::int64_t> at;
  std::vector<std::string_view> signatures;
};

Parts parts_of(std::string_view header) {
  Parts parts;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.starts_with("t=")) {
      parts.seconds = item.substr(2);
      std::int64_t at = 0;
      const char* const end = parts.seconds.data() + parts.seconds.size();
      const auto read = std::from_chars(parts.seconds.data(), end, at);
      if (read.ec == std::errc() && read.ptr == end && at >= 0) parts.at = at;
    } else if (item.starts_with("v1=") && parts.signatures.size() < kMaxSignatures) {
      parts.signatures.push_back(item.substr(3));
    }
  }
  return parts;
}

base::Error refused(std::string_view why) {
  return base::fail(base::Code::kUnauthenticated, "notice_signature",
                    "The signature of the webhook " + std::string(why) + ".");
}

}  // namespace

std::string timed_signature(std::span<const std::string> secrets, base::Time at,
                            std::string_view body) {
  CHECK(!secrets.empty());
  const std::string seconds = std::to_string(base::to_unix_seconds(at));
  std::string out = "t=" + seconds;
  for (const std::string& secret : secrets) out += ",v1=" + digest(secret, seconds, body);
  return out;
}

base::Status check_timed_signature(std::string_view header, std::string_view body,
                                   std::span<const std::string> secrets, base::Time now,
                                   base::Seconds tolerance) {
  const Parts parts = parts_of(header);
  if (!parts.at || parts.signatures.empty()) return refused("is missing or malformed");
  bool found = false;
  for (const std::string& secret : secrets) {
    const std::string wanted = digest(secret, parts.seconds, body);
    for (const std::string_view given : parts.signatures) {
      found |= given.size() == wanted.size() &&
               sodium_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
    }
  }
  if (!found) return refused("is not one of a secret that is known here");
  // From this far away no clock is off.
  constexpr std::int64_t kFarthest = std::int64_t{1} << 40;
  const std::int64_t away = base::to_unix_seconds(now) - std::min(*parts.at, kFarthest);
  if (away > tolerance.count() || -away > tolerance.count()) return refused("is too old");
  return base::ok_status();
}

}  // namespace ashlar::payments
