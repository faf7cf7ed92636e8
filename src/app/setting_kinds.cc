#include "app/setting_kinds.h"

#include <charconv>

#include "platform/http/ip_address.h"

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;
using base::Status;

constexpr std::int64_t kMaxPort = 65'535;

// Only what needs no look-up: a name may have several addresses, or none at the next start.
bool is_listen_address(std::string_view host) {
  const bool v6 = host.find(':') != std::string_view::npos;
  // A link-local address has the zone of its interface.
  if (v6) host = host.substr(0, host.find('%'));
  return host == "localhost" || http::parse_ip(host).has_value();
}

}  // namespace

base::Error wrong_setting(std::string detail) {
  return fail(Code::kInvalid, "wrong_setting", std::move(detail));
}

Status parse_number(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& out) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error != std::errc::invalid_argument && end == text.data() + text.size();
  if (!is_number) return wrong_setting("'" + std::string(text) + "' is not a number");
  if (error == std::errc::result_out_of_range || value < low || value > high) {
    return wrong_setting("must be between " + std::to_string(low) + " and " + std::to_string(high));
  }
  out = value;
  return base::ok_status();
}

Status parse_flag(std::string_view text, bool& out) {
  if (text != "true" && text != "false") return wrong_setting("must be true or false");
  out = text == "true";
  return base::ok_status();
}

base::Result<HostPort> parse_host_port(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong_setting(quoted + " is not HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!is_listen_address(host)) {
    return wrong_setting(quoted +
                         " begins with no address: HOST is like 127.0.0.1, [::1] or localhost");
  }
  std::int64_t port = 0;
  const Status status = parse_number(text.substr(colon + 1), 0, kMaxPort, port);
  if (!status.ok()) return wrong_setting("the port " + status.error().detail);
  return HostPort{std::string(host), static_cast<std::uint16_t>(port)};
}

std::string masked(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  std::string shown =
      at == std::string::npos ? url : url.substr(0, scheme + 3) + "***" + url.substr(at);
  const std::size_t query = shown.find('?');
  if (query != std::string::npos && shown.find("password=", query) != std::string::npos) {
    shown.replace(query + 1, std::string::npos, "***");
  }
  return shown;
}

}  // namespace ashlar::app
