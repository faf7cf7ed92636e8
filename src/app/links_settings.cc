#include "app/links_settings.h"

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {

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
  };
}

}  // namespace ashlar::app
