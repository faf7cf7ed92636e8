#include "modules/links/abuse/list_checks.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/domain_stops.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/abuse/reviews.h"
#include "modules/links/abuse/threat_lookup.h"
#include "modules/links/links.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

// What a look-up of many asks for at once: no more than the service takes in a few requests.
constexpr std::size_t kUrlsAtOnce = 100;

std::vector<std::string> urls_of(std::string_view url, const LinkSettings& settings) {
  std::vector<std::string> urls;
  for (JudgedUrl& each : judged_urls(url, settings).urls) urls.push_back(std::move(each.url));
  return urls;
}

ListMatch denial_match(std::string url, const std::string& name) {
  return {std::move(url), std::string(kDenied) + ":" + name, std::string(kDenied)};
}
std::string_view denied_name(const ListMatch& match) {
  return std::string_view(match.entry).substr(std::min(match.entry.size(), kDenied.size() + 1));
}

void add_missing(std::vector<ListMatch>& matches, std::vector<ListMatch> more) {
  for (ListMatch& each : more) {
    if (std::ranges::find(matches, each) == matches.end()) matches.push_back(std::move(each));
  }
}

bool is_of_lists(const LinkFlag& flag) {
  return flag.state == FlagState::kFlagged &&
         std::ranges::any_of(flag.reasons, [](const std::string& reason) {
           return reason.starts_with(kListPrefix) || reason == kDenied;
         });
}

// Whether its flag may go because nothing is found any more. Without a list, its own flags are
// nobody's to take away.
bool may_lapse(const LinkFlag& flag, bool lists) {
  bool listed = false;
  bool denied = false;
  for (const std::string& reason : flag.reasons) {
    listed = listed || reason.starts_with(kListPrefix);
    denied = denied || reason == kDenied;
  }
  return lists ? listed || denied : denied && !listed;
}

jobs::RetryPlan patient() {
  return {.delays = {base::Millis{30'000}, base::Millis{120'000}, base::Millis{600'000},
                     base::Millis{3'600'000}}};
}

}  // namespace

struct ListChecks::Slice {
  store::Round round;
  std::vector<RoundLink> links;
  std::vector<DomainPages> domains;
  std::optional<base::Time> wait_until{};  // the round is over, the next one not due
};

ListChecks::ListChecks(const Options& options, storage::Database& db, const Links& links,
                       Reviews& reviews, DomainStops& stops, ThreatLookup& threats,
                       const base::Clock& clock, obs::Registry& metrics, obs::Log& log)
    : options_(options),
      db_(db),
      links_(links),
      reviews_(reviews),
      stops_(stops),
      threats_(threats),
      clock_(clock),
      log_(log),
      checked_(metrics.make_counter("ashlar_links_rechecked_total",
                                    "Links looked at again, by the round or for themselves.")),
      rounds_(metrics.make_counter("ashlar_links_recheck_rounds_total",
                                   "Rounds over all links that came to their end here.")) {}

std::vector<jobs::KindOptions> ListChecks::kinds() {
  jobs::KindOptions one;
  one.kind = kCheckJob;
  one.handler = jobs::Handler([this](const jobs::Attempt& attempt) { return check(attempt); });
  one.concurrency = 2;
  one.retry = patient();
  jobs::KindOptions round;
  round.kind = kRecheckJob;
  round.handler = jobs::Handler([this](const jobs::Attempt&) { return recheck(); });
  round.concurrency = 1;
  round.prefetch = 1;
  round.lease = base::Millis{60'000};
  round.retry = patient();
  std::vector<jobs::KindOptions> kinds;
  kinds.push_back(std::move(one));
  kinds.push_back(std::move(round));
  return kinds;
}

base::Status ListChecks::begin(jobs::Jobs& jobs) {
  jobs::NewJob job;
  job.kind = kRecheckJob;
  job.unique_key = "round";
  job.max_attempts = jobs::kMaxAttempts;
  job.timeout = base::Millis{120'000};
  return db_.write(Context::platform(PlatformUse::kJobs), [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(jobs.enqueue_for(tx, {}, job));
    return base::ok_status();
  });
}

base::Result<std::vector<ListVerdict>> ListChecks::look_up(const std::vector<RoundLink>& links) {
  std::vector<ListVerdict> verdicts(links.size());
  if (!threats_.is_on()) return verdicts;
  std::vector<std::string> urls;
  std::vector<std::size_t> whose;
  const auto ask = [&]() -> base::Status {
    ASHLAR_ASSIGN(const auto matches, threats_.look_up(urls));
    for (std::size_t i = 0; i < matches.size(); ++i) {
      std::vector<ListMatch>& all = verdicts[whose[i]].matches;
      all.insert(all.end(), matches[i].begin(), matches[i].end());
    }
    urls.clear();
    whose.clear();
    return base::ok_status();
  };
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (std::string& url : urls_of(links[i].url, links[i].settings)) {
      urls.push_back(std::move(url));
      whose.push_back(i);
    }
    if (urls.size() >= kUrlsAtOnce) ASHLAR_TRY(ask());
  }
  if (!urls.empty()) ASHLAR_TRY(ask());
  return verdicts;
}

base::Status ListChecks::add_denials(const std::vector<RoundLink>& links,
                                     std::vector<ListVerdict>& verdicts) {
  std::vector<std::vector<std::pair<std::string, std::string>>> of_link(links.size());
  std::set<std::string> all;
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (const std::string& url : urls_of(links[i].url, links[i].settings)) {
      for (std::string& name : denial_names(host_of(url))) {
        all.insert(name);
        of_link[i].emplace_back(std::move(name), url);
      }
    }
  }
  ASHLAR_ASSIGN(const std::set<std::string> found, denied_to_all({all.begin(), all.end()}));
  for (std::size_t i = 0; !found.empty() && i < links.size(); ++i) {
    for (const auto& [name, url] : of_link[i]) {
      if (found.contains(name)) verdicts[i].matches.push_back(denial_match(url_hash(url), name));
    }
  }
  return base::ok_status();
}

base::Result<std::set<std::string>> ListChecks::denied_to_all(
    const std::vector<std::string>& names) {
  return db_.read(Context::platform(PlatformUse::kMaintenance),
                  [&](Transaction& tx) { return store::denied(tx, names); });
}

// Without a list nobody lets go of what one has said.
base::Result<std::vector<ListMatch>> ListChecks::still_held(const std::vector<ListMatch>& entries) {
  std::vector<ListMatch> listed;
  std::vector<ListMatch> left;
  std::vector<std::string> names;
  for (const ListMatch& each : entries) {
    if (each.type == kDenied) {
      names.emplace_back(denied_name(each));
    } else {
      (threats_.is_on() ? listed : left).push_back(each);
    }
  }
  if (!listed.empty()) {
    ASHLAR_ASSIGN(std::vector<ListMatch> still, threats_.still_listed(listed));
    std::ranges::move(still, std::back_inserter(left));
  }
  if (names.empty()) return left;
  ASHLAR_ASSIGN(const std::set<std::string> denied, denied_to_all(names));
  for (const ListMatch& each : entries) {
    if (each.type == kDenied && denied.contains(std::string(denied_name(each)))) {
      left.push_back(each);
    }
  }
  return left;
}

base::Status ListChecks::add_held(const RoundLink& link, ListVerdict& verdict) {
  if (!is_of_lists(link.settings.flag)) return base::ok_status();
  std::vector<ListMatch> entries;
  ASHLAR_TRY(db_.read(Context::tenant(link.tenant), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::optional<Review> review, store::find_review(tx, link.id));
    entries = review ? entries_from_stored(review->entries) : std::vector<ListMatch>();
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(std::vector<ListMatch> held, still_held(entries));
  add_missing(verdict.matches, std::move(held));
  return base::ok_status();
}

// Most links are clean and were: they cost no transaction.
base::Status ListChecks::settle(const RoundLink& link, const ListVerdict& verdict) {
  checked_.add();
  if (verdict.matches.empty() && !may_lapse(link.settings.flag, threats_.is_on())) {
    return base::ok_status();
  }
  const std::vector<std::string> urls = urls_of(link.url, link.settings);
  const auto changed = reviews_.checked(link.tenant, link.id, verdict, [&](const Link& now) {
    return urls_of(now.url, now.settings) == urls;
  });
  if (changed.ok() || changed.error().code == base::Code::kNotFound) return base::ok_status();
  return changed.error();
}

base::Status ListChecks::end_clearances(const std::vector<RoundLink>& links,
                                        const std::vector<ListVerdict>& verdicts) {
  if (!threats_.is_on()) return base::ok_status();
  std::vector<std::string> clean;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].settings.flag.state != FlagState::kCleared || !verdicts[i].matches.empty()) {
      continue;
    }
    for (const std::string& url : urls_of(links[i].url, links[i].settings)) {
      clean.push_back(url_hash(url));
    }
  }
  if (clean.empty()) return base::ok_status();
  return db_.write(Context::platform(PlatformUse::kMaintenance),
                   [&](Transaction& tx) -> base::Status {
                     ASHLAR_TRY(store::end_clearances(tx, clean));
                     return base::ok_status();
                   });
}

base::Status ListChecks::work(const std::vector<RoundLink>& links) {
  ASHLAR_ASSIGN(std::vector<ListVerdict> verdicts, look_up(links));
  ASHLAR_TRY(add_denials(links, verdicts));
  for (std::size_t i = 0; i < links.size(); ++i) {
    ASHLAR_TRY(add_held(links[i], verdicts[i]));
    ASHLAR_TRY(settle(links[i], verdicts[i]));
  }
  return end_clearances(links, verdicts);
}

// A domain's two pages are looked at as a link's targets are.
base::Status ListChecks::work_on_pages(const std::vector<DomainPages>& domains) {
  std::vector<RoundLink> as_links;
  for (const DomainPages& each : domains) {
    as_links.push_back({LinkId(), each.tenant, each.root_url, {}});
    as_links.back().settings.expired_url = each.not_found_url;
  }
  ASHLAR_ASSIGN(std::vector<ListVerdict> verdicts, look_up(as_links));
  ASHLAR_TRY(add_denials(as_links, verdicts));
  for (std::size_t i = 0; i < domains.size(); ++i) {
    std::vector<ListMatch>& found = verdicts[i].matches;
    ASHLAR_ASSIGN(const std::vector<ListMatch> entries, stops_.entries_of(domains[i]));
    ASHLAR_ASSIGN(std::vector<ListMatch> held, still_held(entries));
    add_missing(found, std::move(held));
    if (found.empty() && entries.empty()) continue;
    ASHLAR_TRY(stops_.checked(domains[i], found));
  }
  return base::ok_status();
}

jobs::Outcome ListChecks::check_pages(base::TenantId tenant, DomainId domain) {
  const auto found = db_.read(Context::tenant(tenant),
                              [&](Transaction& tx) { return store::find_pages(tx, domain); });
  if (!found.ok()) return jobs::Outcome::failed(found.error().detail);
  if (!*found) return jobs::Outcome::done("no domain");
  const base::Status done = work_on_pages({**found});
  return done.ok() ? jobs::Outcome::done() : jobs::Outcome::failed(done.error().detail);
}

jobs::Outcome ListChecks::check(const jobs::Attempt& attempt) {
  std::int64_t id = 0;
  std::string_view text = attempt.job.payload;
  const bool of_domain = text.starts_with(kOfDomain);
  if (of_domain) text.remove_prefix(kOfDomain.size());
  std::from_chars(text.data(), text.data() + text.size(), id);
  if (of_domain) return check_pages(attempt.job.tenant, DomainId(id));
  const auto found = db_.read(Context::tenant(attempt.job.tenant),
                              [&](Transaction& tx) { return links_.find(tx, LinkId(id)); });
  if (!found.ok()) {
    // It was erased meanwhile.
    if (found.error().code == base::Code::kNotFound) return jobs::Outcome::done("no link");
    return jobs::Outcome::failed(found.error().detail);
  }
  const base::Status done = work({{found->id, attempt.job.tenant, found->url, found->settings}});
  return done.ok() ? jobs::Outcome::done() : jobs::Outcome::failed(done.error().detail);
}

base::Result<ListChecks::Slice> ListChecks::next_slice() {
  const base::Time now = clock_.now();
  return db_.read(
      Context::platform(PlatformUse::kMaintenance), [&](Transaction& tx) -> base::Result<Slice> {
        Slice slice;
        ASHLAR_ASSIGN(slice.round, store::find_round(tx));
        if (!slice.round.after.is_set() && !slice.round.after_domain.is_set()) {
          const base::Time due = slice.round.began_at + options_.every;
          if (due > now) {
            slice.wait_until = due;
            return slice;
          }
          slice.round.began_at = now;
        }
        ASHLAR_TRY(store::links_after(tx, slice.round.after, kSlice, [&](RoundLink link) {
          slice.links.push_back(std::move(link));
        }));
        ASHLAR_TRY(store::pages_after(
            tx, slice.round.after_domain, kDomainSlice,
            [&](DomainPages pages) { slice.domains.push_back(std::move(pages)); }));
        return slice;
      });
}

base::Result<bool> ListChecks::is_needed() {
  if (threats_.is_on()) return true;
  return db_.read(Context::platform(PlatformUse::kMaintenance),
                  [](Transaction& tx) -> base::Result<bool> {
                    ASHLAR_ASSIGN(const bool denials, store::has_denials(tx, 1));
                    ASHLAR_ASSIGN(const std::int64_t open, store::count_open(tx, 1));
                    ASHLAR_ASSIGN(const bool stops, store::has_stops(tx));
                    return denials || stops || open > 0;
                  });
}

jobs::Outcome ListChecks::recheck() {
  const base::Result<bool> needed = is_needed();
  if (!needed.ok()) return jobs::Outcome::failed(needed.error().detail);
  if (!*needed) return jobs::Outcome::snoozed(clock_.now() + options_.every);
  auto slice = next_slice();
  if (!slice.ok()) return jobs::Outcome::failed(slice.error().detail);
  if (slice->wait_until) return jobs::Outcome::snoozed(*slice->wait_until);
  base::Status done = work(slice->links);
  if (done.ok()) done = work_on_pages(slice->domains);
  if (!done.ok()) {
    log_.warn("links could not be looked at again",
              {{"reason", done.error().reason}, {"detail", done.error().detail}});
    return jobs::Outcome::failed(done.error().detail);
  }
  const bool over = std::ssize(slice->links) < kSlice && std::ssize(slice->domains) < kDomainSlice;
  if (!slice->links.empty()) slice->round.after = slice->links.back().id;
  if (!slice->domains.empty()) slice->round.after_domain = slice->domains.back().id;
  if (over) slice->round = {LinkId(), DomainId(), slice->round.began_at};
  const base::Status kept =
      db_.write(Context::platform(PlatformUse::kMaintenance),
                [&](Transaction& tx) { return store::put_round(tx, slice->round); });
  if (!kept.ok()) return jobs::Outcome::failed(kept.error().detail);
  if (over) rounds_.add();
  return jobs::Outcome::snoozed(over ? slice->round.began_at + options_.every
                                     : clock_.now() + kPause);
}

std::optional<ListVerdict> verdict_of(ThreatLookup& threats, std::string_view url,
                                      const LinkSettings& settings) {
  if (!threats.is_on()) return std::nullopt;
  const auto matches = threats.look_up(urls_of(url, settings));
  if (!matches.ok()) return std::nullopt;
  ListVerdict verdict;
  for (const std::vector<ListMatch>& each : *matches) {
    verdict.matches.insert(verdict.matches.end(), each.begin(), each.end());
  }
  return verdict;
}

}  // namespace ashlar::links::abuse
