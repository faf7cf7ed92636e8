// LinksConfig: the settings of links.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::app {

struct Setting;

struct LinksConfig {
  std::size_t cache_mb = 256;
  std::int64_t permanent_max_age_s = 90;
  std::string geoip_file;  // "": none
  bool titles_allow_private = false;
  std::int64_t detail_one_in = 1;
};

std::vector<Setting> links_settings();

}  // namespace ashlar::app
