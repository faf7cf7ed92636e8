#include "modules/links/redirects.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/links/clicks.h"
#include "modules/links/links.h"
#include "modules/links/links_events.h"
#include "modules/links/redirect_codec.h"
#include "modules/links/redirect_pages.h"
#include "modules/links/request_detail.h"
#include "platform/cache/hot_keys.h"
#include "platform/cache/load_metrics.h"
#include "platform/http/inline_request.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using http::InlineOutcome;
using http::Response;

constexpr std::size_t kMaxFromFar = 100'000;

std::string_view status_line(int status) {
  switch (status) {
    case 301:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 308:
      return "HTTP/1.1 308 Permanent Redirect\r\n";
    default:
      return "HTTP/1.1 302 Found\r\n";
  }
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// Up to the value of Cache-Control, and what follows it.
// Where in the output the URL stands.
std::size_t append_head(http::InlineRequest& request, int status, std::string_view url) {
  std::string& out = request.out();
  out += status_line(status);
  out += request.date_header();
  out += "Location: ";
  const std::size_t url_at = out.size();
  out += url;
  out += "\r\nCache-Control: ";
  request.set_status(status);
  return url_at;
}
void append_end(http::InlineRequest& request) {
  std::string& out = request.out();
  out += "\r\nX-Request-Id: ";
  out += request.request_id();
  out += "\r\nContent-Length: 0\r\n\r\n";
}

std::optional<Refusal> refusal_of(const CachedTarget& target, base::Time now) {
  if (target.status == 0) return Refusal::kUnknown;
  if (target.special != nullptr) {
    const LinkSettings& settings = **target.special;
    if (settings.flag.state == FlagState::kFlagged) return Refusal::kFlagged;
    if (settings.valid_from && now < *settings.valid_from) return Refusal::kUnknown;
  }
  if (!target.enabled) return Refusal::kDisabled;
  if (target.expires_us <= base::to_micros(now)) return Refusal::kExpired;
  return std::nullopt;
}

std::string key_on(const Domain* domain, std::string_view code) {
  return link_key({.host = domain == nullptr ? std::string_view{} : domain->host, .code = code});
}

CachedTarget view_of(const std::optional<RedirectTarget>& target) {
  if (!target) {
    return {.url = {},
            .id = {},
            .tenant = {},
            .status = 0,
            .enabled = false,
            .expires_us = 0,
            .special = nullptr};
  }
  return {.url = target->url,
          .id = target->id,
          .tenant = target->tenant,
          .status = target->status,
          .enabled = target->enabled,
          .expires_us =
              target->expires_at ? base::to_micros(*target->expires_at) : CachedTarget::kNever,
          .special = target->special == nullptr ? nullptr : &target->special};
}

RedirectTarget copy_of(const CachedTarget& target) {
  RedirectTarget copy{.id = target.id,
                      .tenant = target.tenant,
                      .url = std::string(target.url),
                      .status = target.status,
                      .enabled = target.enabled,
                      .expires_at = {}};
  if (target.expires_us != CachedTarget::kNever) {
    copy.expires_at = base::from_micros(target.expires_us);
  }
  if (target.special != nullptr) copy.special = *target.special;
  return copy;
}

}  // namespace

Redirects::Redirects(const Options& options, std::uint64_t seed, storage::Database& db,
                     const Links& links, DomainTable& domains, ClickRecorder& clicks,
                     cache::FarRegion& region, const base::Clock& clock, obs::Registry& metrics)
    : options_(options),
      db_(db),
      links_(links),
      domains_(domains),
      own_authority_(links.authority()),
      clicks_(clicks),
      clock_(clock),
      special_(options.visitor_key, seed, db, clicks, clock, options.worker_shard, options.geo),
      hits_(
          metrics.make_counter("ashlar_links_cache_hits_total", "Redirects answered from memory.")),
      misses_(metrics.make_counter("ashlar_links_cache_misses_total",
                                   "Redirects that had to ask storage.")),
      cache_(options.cache_bytes, seed),
      region_(region),
      codec_(redirect_codec()),
      flights_({}, kit::CacheHash<std::string>(seed)) {
  db_.subscribe(std::string(kLinksChannel), [this](const storage::Database::Notice& notice) {
    // A host without a code: it is another tenant's now, so each of its keys names another link.
    const bool all = notice.resync || notice.payload.ends_with('/');
    all ? forget_all() : forget(std::string(notice.payload));
  });
  metrics.make_gauge_callback("ashlar_links_cache_bytes", "Memory of the redirect cache.", {},
                              [this] { return static_cast<double>(cache_.stats().bytes); });
  metrics.make_gauge_callback("ashlar_links_cache_entries", "Codes in the redirect cache.", {},
                              [this] { return static_cast<double>(cache_.stats().entries); });
}

void Redirects::hear(const events::Event* event) {
  if (event == nullptr) return forget_all();
  if (outdates_redirect(*event)) forget(event->aggregate_id);
}

// In this order: what is read from the far cache after the drop would be kept, and a load that
// began before it must not answer whoever comes after it.
void Redirects::forget(const std::string& key) {
  region_.distrust(key);
  cache_.drop(key);
  flights_.detach(key);
}
void Redirects::forget_all() {
  region_.distrust_all();
  cache_.clear();
  flights_.detach_all();
}

DomainTable::Found Redirects::site_of(const http::RequestHead& head) const {
  if (!domains_.any() || head.host == own_authority_) return {};
  HostBuffer buffer;
  return domains_.find(host_of_field(head.host, buffer));
}

base::Result<DomainTable::Known> Redirects::site_of(const http::Call& call) {
  DomainTable::Found found = site_of(*call.head);
  if (!found.in_doubt) return std::move(found.domain);
  HostBuffer buffer;
  return domains_.look_up(std::string(host_of_field(call.head->host, buffer)), call.deadline);
}

http::InlineOutcome Redirects::answer_inline(http::InlineRequest& request) {
  const std::string_view code = request.param();
  if (!is_code(code) && code.find('%') != std::string_view::npos) {
    return InlineOutcome::kNeedsWorker;  // decodes it
  }
  const DomainTable::Found site = site_of(request.head());
  if (site.in_doubt) return InlineOutcome::kNeedsWorker;
  if (!is_code(code)) {
    request.answer(lose(site.domain.get(), orphans::Kind::kRegular404, request.head(),
                        request.request_id(), request.now()));
    return InlineOutcome::kAnswered;
  }
  if (site.domain == nullptr) return follow_inline(request, code, nullptr);
  LinkKeyBuffer buffer;
  return follow_inline(request, link_key({.host = site.domain->host, .code = code}, buffer),
                       site.domain.get());
}

http::InlineOutcome Redirects::follow_inline(http::InlineRequest& request, std::string_view key,
                                             const Domain* domain) {
  LinkId id;
  base::TenantId tenant;
  std::optional<Refusal> refusal;
  std::optional<RedirectTarget> special;
  bool stale = false;
  std::pair<std::size_t, std::size_t> url;  // where it stands in the answer
  const bool known = cache_.find(key, [&](const CachedTarget& target) {
    if (target.special != nullptr) {
      special = copy_of(target);
      return;
    }
    stale = target.status == 0 && target.expires_us <= base::to_micros(request.now());
    refusal = refusal_of(target, request.now());
    if (refusal) return;
    url = {append_redirect(request, target), target.url.size()};
    id = target.id;
    tenant = target.tenant;
  });
  if (!known || stale) return InlineOutcome::kNeedsWorker;
  if (special) return answer_special_inline(request, domain, *special);
  hits_.add();
  if (refusal == Refusal::kUnknown) {
    request.answer(lose(domain, orphans::Kind::kInvalidShortUrl, request.head(),
                        request.request_id(), request.now()));
    return InlineOutcome::kAnswered;
  }
  if (refusal) {
    request.answer(refuse_on(domain, *refusal, request.head(), request.request_id()));
    return InlineOutcome::kAnswered;
  }
  if (!request.head_only()) {
    count_inline(request, id, tenant, std::string_view(request.out()).substr(url.first, url.second),
                 nullptr);
  }
  return InlineOutcome::kAnswered;
}

http::Response Redirects::lose(const Domain* domain, orphans::Kind kind,
                               const http::RequestHead& head, std::string_view request_id,
                               base::Time now) {
  count_orphan(domain, kind, head, now);
  return refuse_on(domain, Refusal::kUnknown, head, request_id);
}

void Redirects::count_orphan(const Domain* domain, orphans::Kind kind,
                             const http::RequestHead& head, base::Time now) {
  if (domain == nullptr || head.method != http::Method::kGet) return;
  clicks_.orphan({.tenant = domain->tenant,
                  .domain = domain->id,
                  .kind = kind,
                  .at = now,
                  .path = head.path,
                  .referrer = head.referer,
                  .user_agent = head.user_agent});
}

void Redirects::count_inline(const http::InlineRequest& request, LinkId link, base::TenantId tenant,
                             std::string_view target, const ClickDetail* taken) {
  const std::int64_t weight = clicks_.count(request.io_thread(), link, tenant, request.now());
  if (weight > 0) keep_inline(request, {tenant, link, request.now(), weight}, target, taken);
}

void Redirects::keep_inline(const http::InlineRequest& request, KeptClick click,
                            std::string_view target, const ClickDetail* taken) {
  const std::string address = request.client_address();
  click.detail = detail_of(request.head(), address, target);
  if (taken != nullptr) {
    click.detail.taken = taken->taken;
    click.detail.index = taken->index;
  }
  clicks_.keep(request.io_thread(), click);
}

InlineOutcome Redirects::answer_special_inline(http::InlineRequest& request, const Domain* domain,
                                               const RedirectTarget& target) {
  if (target.special->needs_worker()) return InlineOutcome::kNeedsWorker;
  hits_.add();
  const base::Time now = request.now();
  if (const std::optional<Refusal> refusal = refusal_of(view_of(target), now)) {
    if (refusal == Refusal::kUnknown) {
      count_orphan(domain, orphans::Kind::kInvalidShortUrl, request.head(), now);
    }
    request.answer(special_.refuse(domain, *refusal, target, request.head(), request.request_id()));
    return InlineOutcome::kAnswered;
  }
  std::string address;
  if (target.special->asks_for_address()) address = request.client_address();
  std::string joined;
  const SpecialRedirects::Lead lead = special_.lead(target, request.head(), address, now, joined);
  append_head(request, lead.status, lead.url);
  request.out() += "private, no-store";
  append_end(request);
  if (!request.head_only()) {
    const ClickDetail taken{.taken = lead.taken, .index = lead.index};
    count_inline(request, target.id, target.tenant, target.url, &taken);
  }
  return InlineOutcome::kAnswered;
}

std::size_t Redirects::append_redirect(http::InlineRequest& request,
                                       const CachedTarget& target) const {
  const std::size_t url_at = append_head(request, target.status, target.url);
  request.out() += "private, max-age=";
  append_number(request.out(), max_age_s(target, request.now()));
  append_end(request);
  return url_at;
}

std::int64_t Redirects::max_age_s(const CachedTarget& target, base::Time now) const {
  if (target.status != 301 && target.status != 308) return 0;
  const std::int64_t left_s = target.expires_us == CachedTarget::kNever
                                  ? INT64_MAX
                                  : (target.expires_us - base::to_micros(now)) / 1'000'000;
  return std::min<std::int64_t>(options_.permanent_max_age.count(), left_s);
}

Redirects::Found Redirects::find_once(const std::string& key, base::Mono deadline) {
  std::optional<base::Error> late;
  const base::Mono now = clock_.mono();
  const auto budget = std::clamp<std::chrono::nanoseconds>(deadline - now, base::Millis{0},
                                                           base::Millis{kWaitForOther});
  const auto answer = flights_.run(key, budget, [&]() -> std::optional<Found> {
    Found found = load(key, deadline);
    // This caller's time says nothing of the others'.
    if (found.ok() || found.error().code != base::Code::kDeadline) return found;
    late = found.error();
    return std::nullopt;
  });
  if (answer.part == Flights::Part::kShared) region_.metrics().waited();
  if (answer.value) return *answer.value;
  if (late) return *std::move(late);
  return load(key, deadline);  // the other takes too long
}

Redirects::Found Redirects::load(const std::string& key, base::Mono deadline) {
  if (auto there = cached(key)) return *std::move(there);
  const RedirectCache::Ticket ticket = cache_.ticket(key);
  bool from_far = true;
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> found,
                cache::read_through(region_, codec_, key, [&](const std::string&) {
                  from_far = false;
                  return db_.read(
                      storage::Context::platform(storage::PlatformUse::kRedirect, deadline),
                      [&](storage::Transaction& tx) {
                        return links_.find_for_redirect(tx, ref_of_key(key));
                      });
                }));
  cache_.put(ticket, key, found, clock_.now() + kUnknownFor);
  if (from_far) note_far(key);
  return found;
}

std::optional<std::optional<RedirectTarget>> Redirects::cached(const std::string& key) {
  std::optional<std::optional<RedirectTarget>> there;
  cache_.find(key, [&](const CachedTarget& target) {
    if (target.status != 0) {
      there.emplace(copy_of(target));
    } else if (target.expires_us > base::to_micros(clock_.now())) {
      there.emplace();
    }
  });
  return there;
}

Redirects::Found Redirects::known(const std::string& key, base::Mono deadline) {
  if (auto there = cached(key)) {
    hits_.add();
    return *std::move(there);
  }
  misses_.add();
  return find_once(key, deadline);
}

void Redirects::note_far(const std::string& key) {
  std::optional<std::string> oldest;
  {
    const std::lock_guard lock(mutex_);
    from_far_.emplace_back(clock_.mono(), key);
    if (from_far_.size() > kMaxFromFar) {
      oldest = std::move(from_far_.front().second);
      from_far_.pop_front();
    }
  }
  if (oldest) cache_.drop(*oldest);
}

std::vector<std::string> Redirects::hot_codes() const {
  return cache_.hot_keys(cache::kMaxHotKeys);
}

void Redirects::warm(const std::string& key) {
  if (key.size() <= kMaxLinkKeyBytes && is_code(ref_of_key(key).code)) {
    static_cast<void>(find_once(key, clock_.mono() + kWarmDeadline));
  }
}

void Redirects::forget_far() {
  const base::Mono before = clock_.mono() - kFarTrust;
  std::vector<std::string> old;
  {
    const std::lock_guard lock(mutex_);
    while (!from_far_.empty() && from_far_.front().first <= before) {
      old.push_back(std::move(from_far_.front().second));
      from_far_.pop_front();
    }
  }
  for (const std::string& key : old) cache_.drop(key);
}

base::Result<Response> Redirects::answer_from_storage(http::Call& call) {
  const std::string& code = call.param(0);
  ASHLAR_ASSIGN(const DomainTable::Known site, site_of(call));
  const auto refuse = [&](Refusal why) {
    return refuse_on(site.get(), why, *call.head, call.request_id);
  };
  const base::Time now = clock_.now();
  if (!is_code(code)) {
    return lose(site.get(), orphans::Kind::kRegular404, *call.head, call.request_id, now);
  }
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> found,
                known(key_on(site.get(), code), call.deadline));
  const CachedTarget target = view_of(found);
  const std::optional<Refusal> refusal = refusal_of(target, now);
  if (refusal == Refusal::kUnknown) {
    count_orphan(site.get(), orphans::Kind::kInvalidShortUrl, *call.head, now);
  }
  if (found && found->special != nullptr) {
    if (refusal) {
      return special_.refuse(site.get(), *refusal, *found, *call.head, call.request_id);
    }
    return special_.follow(call, *found, SpecialRedirects::Password::kAskFor);
  }
  if (refusal) return refuse(*refusal);
  if (call.head->method == http::Method::kGet) {
    clicks_.record(options_.worker_shard, target.id, target.tenant, now,
                   detail_of(*call.head, call.client_address, target.url));
  }
  Response response{target.status, {}, {}, {}};
  response.header("Location", std::string(target.url));
  response.header("Cache-Control", "private, max-age=" + std::to_string(max_age_s(target, now)));
  return response;
}

// Of a link without a password the form has nothing to say: it is followed like any other.
base::Result<Response> Redirects::unlock(http::Call& call) {
  const std::string& code = call.param(0);
  ASHLAR_ASSIGN(const DomainTable::Known site, site_of(call));
  const auto refuse = [&](Refusal why) {
    return refuse_on(site.get(), why, *call.head, call.request_id);
  };
  if (!is_code(code)) return refuse(Refusal::kUnknown);
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> found,
                known(key_on(site.get(), code), call.deadline));
  const std::optional<Refusal> refusal = refusal_of(view_of(found), clock_.now());
  if (refusal && (!found || found->special == nullptr)) return refuse(*refusal);
  if (refusal) return special_.refuse(site.get(), *refusal, *found, *call.head, call.request_id);
  if (found->special == nullptr) {
    Response response{303, {}, {}, {}};
    response.header("Location", "/" + code).header("Cache-Control", "no-store");
    return response;
  }
  return special_.follow(call, *found, SpecialRedirects::Password::kGiven);
}

}  // namespace ashlar::links
