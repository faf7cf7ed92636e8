#include "modules/links/abuse/link_targets.h"

#include <algorithm>
#include <boost/url/ipv6_address.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "modules/links/abuse/listed_url.h"
#include "modules/links/abuse/nested_urls.h"
#include "modules/links/target.h"
#include "platform/outbound/host_text.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

void add(std::vector<JudgedUrl>& urls, std::string field, std::string_view url) {
  if (!url.empty()) urls.push_back({std::move(field), std::string(url)});
}

std::string field_of(const char* list, std::size_t at) {
  return std::string("/") + list + "/" + std::to_string(at) + "/url";
}

void add_nested(JudgedUrls& all) {
  std::set<std::string> known;
  const std::size_t outer = all.urls.size();
  for (std::size_t i = 0; i < outer; ++i) {
    NestedUrls nested = nested_urls(all.urls[i].url);
    all.more = all.more || nested.more;
    for (NestedUrl& each : nested.urls) {
      // The same one may be another site's here and not there.
      if (!known.insert((each.elsewhere ? "1" : "0") + each.url).second) continue;
      if (all.urls.size() - outer == kMaxNestedOfLink) {
        all.more = true;
        return;
      }
      all.urls.push_back({all.urls[i].field, std::move(each.url), true, each.elsewhere});
    }
  }
}

// What a network translates on the way; mapped and NAT64 addresses are IPv4 ones to host_of().
std::optional<std::string> v4_carried(std::string_view host) {
  const auto address = boost::urls::parse_ipv6_address(host.substr(1, host.size() - 2));
  if (!address) return std::nullopt;
  const auto bytes = address->to_bytes();
  const auto v4_at = [&](std::size_t at) {
    return outbound::v4_text(std::uint32_t{bytes.at(at)} << 24 |
                             std::uint32_t{bytes.at(at + 1)} << 16 |
                             std::uint32_t{bytes.at(at + 2)} << 8 | bytes.at(at + 3));
  };
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return v4_at(2);
  const bool compatible =
      std::all_of(bytes.begin(), bytes.begin() + 12, [](unsigned char byte) { return byte == 0; });
  if (compatible && (bytes[12] != 0 || bytes[13] != 0)) return v4_at(12);
  return std::nullopt;
}

}  // namespace

JudgedUrls judged_urls(std::string_view url, const LinkSettings& settings) {
  JudgedUrls all;
  add(all.urls, "/url", url);
  add(all.urls, "/expired_url", settings.expired_url);
  for (std::size_t i = 0; i < settings.rules.size(); ++i) {
    add(all.urls, field_of("rules", i), settings.rules[i].url);
  }
  for (std::size_t i = 0; i < settings.variants.size(); ++i) {
    add(all.urls, field_of("variants", i), settings.variants[i].url);
  }
  add_nested(all);
  return all;
}

std::vector<std::string> denial_names(std::string_view host) {
  std::vector<std::string> names{std::string(host)};
  if (host.starts_with('[')) {
    if (std::optional<std::string> v4 = v4_carried(host)) names.push_back(std::move(*v4));
    return names;
  }
  while (!host.empty()) {
    names.push_back("*." + std::string(host));
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return names;
}

std::string url_hash(std::string_view url) {
  const auto listed = listed_url(url);
  return listed ? base::hex_encode(security::sha256(listed->text())) : std::string();
}

std::string host_of(std::string_view url) {
  const auto listed = listed_url(url);
  return listed ? canonical_host(listed->host).value_or("") : std::string();
}

}  // namespace ashlar::links::abuse
