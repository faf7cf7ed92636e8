// LinksConfig: the settings of links.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::app {

struct Setting;

enum class ListedLinks : std::uint8_t { kRefuse, kFlag };

struct LinksConfig {
  std::size_t cache_mb = 256;
  std::int64_t permanent_max_age_s = 90;
  std::string geoip_file;  // "": none
  bool titles_allow_private = false;
  std::int64_t detail_one_in = 1;
  // Links an hour; 0: no limit.
  std::uint64_t create_per_key = 0;
  std::uint64_t create_per_address = 0;
  std::uint64_t create_per_tenant = 0;
  std::string list_url;  // of a service that speaks Safe Browsing; "": none
  std::string list_key;
  std::int64_t list_version = 5;
  std::int64_t list_timeout_ms = 1'500;
  ListedLinks listed = ListedLinks::kRefuse;
  std::int64_t recheck_hours = 24;
  std::vector<std::string> protected_hosts;
  bool verify_domains = false;
  std::string dns_server;  // "ADDRESS[:PORT]"; "": the machine's
};

std::vector<Setting> links_settings();

}  // namespace ashlar::app
