#include "app/links_wiring.h"

#include <string>

#include "app/config.h"
#include "app/installation.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/redirect_codec.h"

namespace ashlar::app {

links::AbuseOptions abuse_options(const Modules::Needs& needs) {
  const LinksConfig& given = needs.config.links;
  links::AbuseOptions options;
  options.limits = {.per_key = given.create_per_key,
                    .per_address = given.create_per_address,
                    .per_tenant = given.create_per_tenant,
                    .seed = {needs.ashlar.entropy.u64(), needs.ashlar.entropy.u64()}};
  options.lists = {.url = given.list_url,
                   .key = given.list_key,
                   .version = static_cast<int>(given.list_version),
                   .timeout = base::Millis{given.list_timeout_ms},
                   .seed = needs.ashlar.entropy.u64()};
  options.refuses_listed = given.listed == ListedLinks::kRefuse;
  options.recheck_every = base::Seconds{given.recheck_hours * 3600};
  options.protected_hosts = given.protected_hosts;
  // An own host may be given as a URL, and with a port.
  for (const std::string& host : needs.own_hosts) {
    const std::string name = links::abuse::host_of(host);
    if (!name.empty()) options.protected_hosts.push_back(name);
  }
  return options;
}

cache::FarRegionOptions links_region(const Config& config) {
  return {.name = "links",
          .format = links::kRedirectFormat,
          .ttl = base::Seconds{config.cache_far_ttl_s},
          .absent_ttl = base::Millis{0}};
}

}  // namespace ashlar::app
