// LinksModule: everything of links that lives as long as the program, and the table of its routes.
//
// Order: construct → load() → routes are served, start() → close_streams(), last request answered →
// stop().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "kit/siphash.h"
#include "modules/links/abuse/creation_limits.h"
#include "modules/links/abuse/domain_stops.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/abuse/list_checks.h"
#include "modules/links/abuse/reviews.h"
#include "modules/links/abuse/threat_lookup.h"
#include "modules/links/analytics/rollup_folder.h"
#include "modules/links/click_feed.h"
#include "modules/links/click_folder.h"
#include "modules/links/click_retention.h"
#include "modules/links/clicks.h"
#include "modules/links/domain_proofs.h"
#include "modules/links/domain_table.h"
#include "modules/links/domains.h"
#include "modules/links/geo_file.h"
#include "modules/links/imports/import_job.h"
#include "modules/links/imports/imports.h"
#include "modules/links/link_passwords.h"
#include "modules/links/links.h"
#include "modules/links/titles/link_titles.h"
#include "modules/links/url_hashes.h"
#include "platform/http/route.h"
#include "platform/runtime/periodic.h"
#include "platform/security/tenants.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::cache {
class FarRegion;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::http {
struct Call;
class CursorCodec;
}  // namespace ashlar::http

namespace ashlar::links {

struct AbuseOptions {
  abuse::CreationLimits::Options limits{};
  abuse::ThreatLookup::Options lists{};
  bool refuses_listed = true;
  std::vector<std::string> protected_hosts{};  // beside the installation's own
  base::Seconds recheck_every{24 * 3600};
};

class LinksModule {
 public:
  static constexpr base::Millis kChores{10'000};

  struct Options {
    std::string public_url;              // without a slash at the end
    OwnHosts own_hosts;                  // public_url's among them
    std::string code_secret;             // CodeSpace::kSecretBytes, the installation's
    std::size_t click_shards;            // see ClickRecorder
    cache::FarRegion* region = nullptr;  // of redirects; null: there is no far cache
    events::Outbox* outbox = nullptr;    // where links publish; null: nowhere
    std::string geoip_file{};            // geo_file.h; "": none
    jobs::Jobs* jobs = nullptr;          // what is done later; null: nothing
    TitleFetcher::Options titles{};
    std::int64_t detail_one_in = 1;  // see ClickRecorder
    AbuseOptions abuse{};
    Domains::Options domains{};
    std::optional<outbound::TxtLookup::Server> dns{};  // of domains' proofs; nullopt: the machine's
  };

  // All by reference outlives it.
  LinksModule(Options options, storage::Database& database, const base::Clock& clk,
              base::Entropy& randomness, obs::Registry& metrics, obs::Log& logger);

  // Before requests are served: what it reads would otherwise be read by the first of them.
  base::Status load() { return domain_table.load(); }
  std::vector<jobs::KindOptions> kinds();  // for the runner
  void start();
  // Looks whether the file of countries is another one, and gives hashes to links that have none.
  // start() has both called every kChores, and old reports removed.
  void refresh_geo();
  void hash_urls();
  void expire_reports();
  void close_streams();
  // Whether the caller may make so many links (CreationLimits::admit()).
  std::optional<abuse::CreationLimits::Refusal> admit(const http::Call& call, std::uint64_t count);
  // All clicks recorded before are committed when it returns ok. When nobody records any more.
  base::Status stop();

  storage::Database& db;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Log& log;
  cache::FarRegion* const region;
  const kit::SipKey visitor_key;  // by which visitors are divided among variants
  DomainTable domain_table;       // of all tenants, by host
  const Domains domains;
  DomainProofs proofs;
  abuse::ThreatLookup threats;
  abuse::CreationLimits creation_limits;
  const abuse::LinkGuard guard;
  const Links links;
  const Imports imports;
  ImportJobs import_jobs;
  LinkPasswordHasher password_hashes;
  zone::ZoneDirectory zones;
  GeoFile geo;
  ClickFeed feed;
  ClickRecorder recorder;
  ClickFolder folder;
  analytics::RollupFolder rollups;
  ClickRetention retention;
  UrlHashes url_hashes;
  LinkTitles titles;  // its kind() is the runner's
  std::optional<runtime::Periodic> chores;
  abuse::Reviews reviews;
  abuse::DomainStops domain_stops;
  abuse::ListChecks list_checks;

 private:
  jobs::Jobs* const jobs_;
};

// All but the redirect's. Both outlive the table.
http::RouteTable links_routes(LinksModule& module, const http::CursorCodec& cursors);

// Links and hourly clicks of a tenant, exported; everything of it, erased.
security::TenantData links_tenant_data();

}  // namespace ashlar::links
