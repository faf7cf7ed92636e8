#include "app/links_settings.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "app/config.h"
#include "app/setting_kinds.h"
#include "modules/links/target.h"
#include "platform/outbound/target.h"
#include "platform/outbound/txt_lookup.h"

namespace ashlar::app {
namespace {

constexpr std::int64_t kMostLinks = 1'000'000'000;

constexpr std::pair<std::string_view, ListedLinks> kListed[] = {{"refuse", ListedLinks::kRefuse},
                                                                {"flag", ListedLinks::kFlag}};

base::Status set_list_url(Config& config, std::string_view text) {
  if (!text.empty()) {
    const auto target = outbound::check_target(text, {.allow_private = true});
    if (!target.ok()) return wrong_setting(target.error().detail);
  }
  config.links.list_url = std::string(text);
  while (config.links.list_url.ends_with('/')) config.links.list_url.pop_back();
  return base::ok_status();
}

base::Status set_protected_hosts(Config& config, std::string_view text) {
  std::vector<std::string> hosts;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    if (item.empty()) continue;
    std::optional<std::string> host = links::canonical_host(item);
    if (!host || host->find('.') == std::string::npos) {
      return wrong_setting("must be host names in their ASCII form, with commas between them");
    }
    hosts.push_back(std::move(*host));
  }
  config.links.protected_hosts = std::move(hosts);
  return base::ok_status();
}

std::string protected_hosts(const Config& config) {
  std::string out;
  for (const std::string& host : config.links.protected_hosts) {
    out += (out.empty() ? "" : ",") + host;
  }
  return out;
}

base::Status set_dns_server(Config& config, std::string_view text) {
  if (!text.empty() && !outbound::TxtLookup::parse_server(text)) {
    return wrong_setting("must be an IPv4 address, with a port behind ':' where it is not 53");
  }
  config.links.dns_server = std::string(text);
  return base::ok_status();
}

Setting list_key() {
  Setting setting = text("links.list_key", "The key that goes with each question to it.",
                         [](Config& c) -> auto& { return c.links.list_key; });
  setting.secret = setting.get;
  setting.get = [](const Config& c) -> std::string {
    return c.links.list_key.empty() ? "" : "***";
  };
  return setting;
}

}  // namespace

std::vector<Setting> links_settings() {
  return {
      number("links.cache_mb", "Memory for codes and their targets.", 1, 1 << 20,
             [](Config& c) -> auto& { return c.links.cache_mb; }),
      number("links.permanent_max_age_s", "How long browsers may keep a 301 or 308.", 0, 31'536'000,
             [](Config& c) -> auto& { return c.links.permanent_max_age_s; }),
      text(
          "links.geoip_file",
          "MaxMind file (.mmdb) that tells the countries of addresses, read again when it changes; "
          "empty: none are known.",
          [](Config& c) -> auto& { return c.links.geoip_file; }),
      flag("links.titles_allow_private",
           "Pages of loopback and private networks may be asked for their titles.",
           [](Config& c) -> auto& { return c.links.titles_allow_private; }),
      number("links.detail_one_in", "Of one click in so many more is kept than that it was.", 1,
             1'000'000, [](Config& c) -> auto& { return c.links.detail_one_in; }),
      number("links.create_per_key", "Links that a key may make in an hour; 0: any number.", 0,
             kMostLinks, [](Config& c) -> auto& { return c.links.create_per_key; }),
      number("links.create_per_address",
             "Links that an address may make in an hour, IPv6 by /64; 0: any number.", 0,
             kMostLinks, [](Config& c) -> auto& { return c.links.create_per_address; }),
      number("links.create_per_tenant", "Links that a tenant may make in an hour; 0: any number.",
             0, kMostLinks, [](Config& c) -> auto& { return c.links.create_per_tenant; }),
      {"links.list_url",
       "Where lists of unsafe pages are asked, e.g. https://safebrowsing.googleapis.com; empty: "
       "nowhere.",
       set_list_url, [](const Config& c) { return c.links.list_url; }},
      list_key(),
      number("links.list_version", "Of its protocol: 5, or 4 with lists kept here.", 4, 5,
             [](Config& c) -> auto& { return c.links.list_version; }),
      number("links.list_timeout_ms", "How long making a link waits for its answer.", 50, 10'000,
             [](Config& c) -> auto& { return c.links.list_timeout_ms; }),
      choice("links.listed", "A link to what is listed: refuse it, or make and flag it.", kListed,
             [](Config& c) -> auto& { return c.links.listed; }),
      number("links.recheck_hours", "How often all links are looked at again.", 1, 24 * 366,
             [](Config& c) -> auto& { return c.links.recheck_hours; }),
      {"links.protected_hosts",
       "Names that look-alikes are held against, with commas between them; our own are anyhow.",
       set_protected_hosts, protected_hosts},
      flag("links.verify_domains",
           "A tenant must show by a TXT record that a host is its own before links are served "
           "there.",
           [](Config& c) -> auto& { return c.links.verify_domains; }),
      {"links.dns_server",
       "Where such records are asked for, an IPv4 address and perhaps a port; empty: as the "
       "machine "
       "does.",
       set_dns_server, [](const Config& c) { return c.links.dns_server; }},
  };
}

}  // namespace ashlar::app
