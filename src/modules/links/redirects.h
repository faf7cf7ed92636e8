// Redirects: GET /{code}, the product's hot path.
//
//   I/O thread: whose is the host? ──in doubt──> worker: one read ─> DomainTable ─> the same again
//               is_code? ──no──────────────────────────────────────────────> 404
//                  └─ RedirectCache ──hit──> 3xx + click / 410 / 404
//                          ├─ special, and memory cannot decide ─> worker: password, click limit,
//                          │                                       variant
//                          └─ miss ─> worker: one read ─> cache ─> the same answers
//
// Of all who miss the same code at the same time one reads; the others wait for it, kWaitForOther
// at most. It asks the far cache first where there is one (platform/cache/far_region.h); what came
// from there is kept here for kFarTrust only.
//
// What a visitor gets, and what may be kept of it:
//   alive, 302 or 307    Location, Cache-Control: private, max-age=0
//   alive, 301 or 308    Location, Cache-Control: private, max-age=N, N = permanent_max_age but
//                        never beyond expires_at. Without it a browser would keep a 301 for ever
//   special              by its settings (special_redirects.h), private, no-store
//   expired or disabled  410, no-store (it may be enabled again)
//   flagged              403 and a warning, no-store (link_flag.h); whatever else holds
//   unknown              404, no-store (it may be created); remembered here for kUnknownFor. On a
//                        domain that has a not_found_url: 302 to it, no-store
// A Host that is no domain is served as the installation's own. All that is kept is kept under
// link_key(), so the same code on two domains is two entries.
// GET counts a click, HEAD does not; on a domain a path of one segment that leads to no link is
// counted, too, as is its bare host (orphans/orphan_visit.h). Refusals are a page for browsers, a
// problem document for others.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kit/cache/cache_hash.h"
#include "kit/cache/single_flight.h"
#include "kit/siphash.h"
#include "modules/links/click_detail.h"
#include "modules/links/domain_table.h"
#include "modules/links/orphans/orphan_visit.h"
#include "modules/links/redirect_cache.h"
#include "modules/links/redirect_pages.h"
#include "modules/links/special_redirects.h"
#include "platform/cache/read_through.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
struct Event;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class ClickRecorder;
class GeoFile;
class Links;

class Redirects {
 public:
  static constexpr base::Seconds kUnknownFor{1};
  static constexpr base::Millis kWaitForOther{500};
  static constexpr base::Seconds kFarTrust{60};
  static constexpr base::Seconds kWarmDeadline{2};

  struct Options {
    std::size_t cache_bytes = 256 * 1024 * 1024;
    base::Seconds permanent_max_age{90};
    std::size_t worker_shard = 0;  // of the click recorder: the one that is no I/O thread's
    kit::SipKey visitor_key{};     // LinksModule::visitor_key
    const GeoFile* geo = nullptr;  // null: no country is known
  };

  // `region` is the links' own. Subscribes to kLinksChannel. Everything by reference outlives it,
  // and it outlives `db`'s threads.
  Redirects(const Options& options, std::uint64_t seed, storage::Database& db, const Links& links,
            DomainTable& domains, ClickRecorder& clicks, cache::FarRegion& region,
            const base::Clock& clock, obs::Registry& metrics);
  Redirects(const Redirects&) = delete;
  Redirects& operator=(const Redirects&) = delete;

  http::Route route();
  http::Route unlock_route();  // where the form of a link's password goes
  // "/": a domain's root_url; elsewhere to `own`.
  http::Route root_route(std::string own);
  // What is at no address: on a domain an unknown code, elsewhere nothing.
  http::Route stray_route();

  // Keys of what is asked for most lately, for the next start; and what was, read anew. Errors of
  // such a read concern nobody: the link is then read when it is asked for.
  [[nodiscard]] std::vector<std::string> hot_codes() const;
  void warm(const std::string& key);

  // Of each link's event, in every process (events::Consumers::on_each_instance); null: resync.
  void hear(const events::Event* event);

  // Forgets what came from the far cache more than kFarTrust ago. Called every second or so.
  void forget_far();

 private:
  using Found = base::Result<std::optional<RedirectTarget>>;
  using Flights = kit::SingleFlight<std::string, Found, kit::CacheHash<std::string>>;

  // `domain` is null on the installation's own host.
  http::InlineOutcome answer_inline(http::InlineRequest& request);
  http::InlineOutcome follow_inline(http::InlineRequest& request, std::string_view key,
                                    const Domain* domain);
  http::InlineOutcome answer_special_inline(http::InlineRequest& request, const Domain* domain,
                                            const RedirectTarget& target);
  // Whose the request's host is, where memory knows.
  [[nodiscard]] DomainTable::Found site_of(const http::RequestHead& head) const;
  base::Result<DomainTable::Known> site_of(const http::Call& call);
  base::Result<http::Response> answer_from_storage(http::Call& call);
  base::Result<http::Response> unlock(http::Call& call);
  void forget(const std::string& key);
  void forget_all();
  Found known(const std::string& key, base::Mono deadline);
  Found find_once(const std::string& key, base::Mono deadline);
  Found load(const std::string& key, base::Mono deadline);
  // What another has put there meanwhile.
  std::optional<std::optional<RedirectTarget>> cached(const std::string& key);
  void note_far(const std::string& key);
  // How long, in seconds, the redirect may be kept. REQUIRES: it is alive.
  [[nodiscard]] std::int64_t max_age_s(const CachedTarget& target, base::Time now) const;
  // Where in the output the URL stands.
  std::size_t append_redirect(http::InlineRequest& request, const CachedTarget& target) const;
  // As unknown; counted where it is somebody's domain.
  http::Response lose(const Domain* domain, orphans::Kind kind, const http::RequestHead& head,
                      std::string_view request_id, base::Time now);
  void count_orphan(const Domain* domain, orphans::Kind kind, const http::RequestHead& head,
                    base::Time now);
  // `target`: the link's own URL; `taken`: what was, of a special link.
  void count_inline(const http::InlineRequest& request, LinkId link, base::TenantId tenant,
                    std::string_view target, const ClickDetail* taken);
  void keep_inline(const http::InlineRequest& request, KeptClick click, std::string_view target,
                   const ClickDetail* taken);

  const Options options_;
  storage::Database& db_;
  const Links& links_;
  DomainTable& domains_;
  const std::string own_authority_;  // as nearly every Host of the installation's own has it
  ClickRecorder& clicks_;
  const base::Clock& clock_;
  SpecialRedirects special_;
  obs::Counter& hits_;
  obs::Counter& misses_;
  RedirectCache cache_;
  cache::FarRegion& region_;
  const cache::Codec<RedirectTarget> codec_;
  Flights flights_;

  std::mutex mutex_;
  std::deque<std::pair<base::Mono, std::string>> from_far_;  // guarded by mutex_, oldest first
};

}  // namespace ashlar::links
