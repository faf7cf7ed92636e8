#include "platform/redis/redis_address.h"

#include <charconv>

#include "base/text.h"

namespace ashlar::redis {
namespace {

base::Error wrong_url(std::string detail) {
  return base::fail(base::Code::kInvalid, "wrong_redis_url", std::move(detail));
}

template <class Number>
bool parse_whole(std::string_view text, Number low, Number high, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= low && out <= high;
}

base::Status parse_user(std::string_view who, RedisAddress& address) {
  const std::size_t colon = who.find(':');
  if (colon == std::string_view::npos) return wrong_url("must be [user]:password before the @");
  const auto user = base::percent_decode(who.substr(0, colon));
  const auto password = base::percent_decode(who.substr(colon + 1));
  if (!user || !password) return wrong_url("user or password is not percent-encoded");
  address.user = *user;
  address.password = *password;
  return base::ok_status();
}

base::Status parse_host(std::string_view text, RedisAddress& address) {
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {  // IPv6
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong_url("'[' without ']'");
    address.host = text.substr(1, close - 1);
    host_end = close + 1 < text.size() ? close + 1 : std::string_view::npos;
  } else {
    address.host = text.substr(0, host_end);
  }
  if (address.host.empty()) return wrong_url("names no host");
  if (host_end == std::string_view::npos) return base::ok_status();
  constexpr std::uint16_t kLowest = 1;
  constexpr std::uint16_t kHighest = 65'535;
  if (text[host_end] != ':' ||
      !parse_whole(text.substr(host_end + 1), kLowest, kHighest, address.port)) {
    return wrong_url("the port must be between 1 and 65535");
  }
  return base::ok_status();
}

}  // namespace

base::Result<RedisAddress> parse_redis_url(std::string_view url) {
  constexpr std::string_view kScheme = "redis://";
  constexpr std::string_view kClusterScheme = "redis+cluster://";
  RedisAddress address;
  address.cluster = url.starts_with(kClusterScheme);
  if (!address.cluster && !url.starts_with(kScheme)) {
    return wrong_url("must begin with redis:// or redis+cluster://");
  }
  url.remove_prefix(address.cluster ? kClusterScheme.size() : kScheme.size());
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    ASHLAR_TRY(parse_user(url.substr(0, at), address));
    url.remove_prefix(at + 1);
  }
  if (const std::size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view number = url.substr(slash + 1);
    if (!number.empty() && !parse_whole(number, 0, 65'535, address.database)) {
      return wrong_url("the database must be a number");
    }
    url = url.substr(0, slash);
  }
  if (address.cluster && address.database != 0) {
    return wrong_url("a cluster has no database but 0");
  }
  ASHLAR_TRY(parse_host(url, address));
  return address;
}

}  // namespace ashlar::redis
