#include "modules/links/abuse/link_guard.h"

#include <algorithm>
#include <set>
#include <utility>

#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/reviews_store.h"
#include "modules/links/domains_store.h"
#include "modules/links/field_errors.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::size_t kMaxEntries = 32;

base::Status check_denials(storage::Transaction& tx, const std::vector<JudgedUrl>& urls) {
  std::vector<std::string> names;
  for (const JudgedUrl& each : urls) {
    for (std::string& name : denial_names(host_of(each.url))) names.push_back(std::move(name));
  }
  ASHLAR_ASSIGN(const std::set<std::string> denied, store::denied(tx, names));
  if (denied.empty()) return base::ok_status();
  FieldErrors errors;
  std::set<std::string> told;
  for (const JudgedUrl& each : urls) {
    const std::vector<std::string> own = denial_names(host_of(each.url));
    const bool hit =
        std::ranges::any_of(own, [&](const std::string& name) { return denied.contains(name); });
    if (!hit || !told.insert(each.field).second) continue;
    errors.add(each.field, "target_denied", "Links to this host are not allowed here.");
  }
  return errors.status();
}

// What was decided stays so until the owner appeals.
base::Status open(storage::Transaction& tx, const std::optional<Review>& found, LinkId link,
                  std::string_view opened_for, const std::vector<ListMatch>& entries,
                  base::Time now) {
  Review review = found.value_or(Review{.link = link});
  if (!found || review.status == ReviewStatus::kCleared || review.status == ReviewStatus::kLapsed) {
    review.status = ReviewStatus::kOpen;
    review.opened_at = now;
    review.opened_for = opened_for;
  }
  if (!entries.empty()) review.entries = stored_entries(entries);
  if (found && review.entries == found->entries && review.status == found->status) {
    return base::ok_status();
  }
  return store::put_review(tx, review);
}

std::string reason_to_review(const LinkFlag& flag) {
  return flag.state == FlagState::kFlagged ? "list" : "signs";
}

}  // namespace

LinkGuard::LinkGuard(const Options& options, const base::Clock& clock)
    : options_(options), signs_(options.protected_hosts), clock_(clock) {}

std::vector<std::string> LinkGuard::signs_of(const JudgedUrls& judged,
                                             const std::vector<std::string>& own) const {
  std::vector<std::string> signs;
  const auto add = [&](std::string_view sign) {
    if (std::ranges::find(signs, sign) == signs.end()) signs.emplace_back(sign);
  };
  for (const JudgedUrl& each : judged.urls) {
    for (const HostSign sign : signs_.of(host_of(each.url), own)) add(name_of(sign));
    if (each.elsewhere) add(kOpenRedirect);
  }
  if (judged.more) add(kManyNested);
  return signs;
}

base::Status LinkGuard::judge(storage::Transaction& tx, Link& link,
                              const std::optional<ListVerdict>& verdict) const {
  const JudgedUrls judged = judged_urls(link.url, link.settings);
  ASHLAR_TRY(check_denials(tx, judged.urls));
  std::vector<std::string> own;
  ASHLAR_TRY(links::store::list_domains(
      tx, "", kMaxProtectedDomains, [&](Domain domain) { own.push_back(std::move(domain.host)); }));
  Findings found;
  found.signs = signs_of(judged, own);
  if (verdict) {
    found.looked_up = true;
    ASHLAR_ASSIGN(const std::vector<ListMatch> matches, store::uncleared(tx, verdict->matches));
    if (!matches.empty() && options_.refuses_listed) {
      FieldErrors errors;
      errors.add(
          "/url", "target_unsafe",
          "A list of unsafe pages has where the link would lead, as " + matches.front().type + ".");
      return errors.status();
    }
    for (const ListMatch& match : matches) found.threats.insert(match.type);
  }
  link.settings.flag = flag_of_targets(link.settings.flag, found);
  return base::ok_status();
}

base::Status LinkGuard::follow(storage::Transaction& tx, const Link& link,
                               const std::optional<ListVerdict>& verdict) const {
  const LinkFlag& flag = link.settings.flag;
  if (flag.state == FlagState::kSuspected || flag.state == FlagState::kFlagged) {
    ASHLAR_TRY(open_review(tx, link.id, reason_to_review(flag),
                           verdict ? verdict->matches : std::vector<ListMatch>(), clock_.now()));
  }
  return verdict ? base::ok_status() : enqueue(tx, std::to_string(link.id.value));
}

base::Status LinkGuard::enqueue(storage::Transaction& tx, std::string payload) const {
  if (!options_.lists || options_.jobs == nullptr) return base::ok_status();
  jobs::NewJob job;
  job.kind = kCheckJob;
  job.payload = std::move(payload);
  job.timeout = base::Millis{30'000};
  ASHLAR_TRY(options_.jobs->enqueue(tx, job));
  return base::ok_status();
}

base::Status LinkGuard::judge_pages(storage::Transaction& tx, const Domain& domain) const {
  LinkSettings settings;
  settings.expired_url = domain.not_found_url;
  JudgedUrls judged = judged_urls(domain.root_url, settings);
  for (JudgedUrl& each : judged.urls) {
    each.field = each.field == "/url" ? "/root_url" : "/not_found_url";
  }
  return check_denials(tx, judged.urls);
}

base::Status LinkGuard::follow_pages(storage::Transaction& tx, const Domain& domain) const {
  if (domain.root_url.empty() && domain.not_found_url.empty()) return base::ok_status();
  return enqueue(tx, std::string(kOfDomain) + std::to_string(domain.id.value));
}

base::Status LinkGuard::leave(storage::Transaction& tx, LinkId link) {
  ASHLAR_ASSIGN(std::optional<Review> review, store::find_review(tx, link));
  if (!review || review->status != ReviewStatus::kOpen) return base::ok_status();
  review->status = ReviewStatus::kLapsed;
  return store::put_review(tx, *review);
}

base::Status open_review(storage::Transaction& tx, LinkId link, std::string_view opened_for,
                         const std::vector<ListMatch>& entries, base::Time now) {
  ASHLAR_ASSIGN(const std::optional<Review> found, store::find_review(tx, link));
  std::vector<ListMatch> all =
      found ? entries_from_stored(found->entries) : std::vector<ListMatch>();
  for (const ListMatch& each : entries) {
    if (std::ranges::find(all, each) == all.end()) all.push_back(each);
  }
  return open(tx, found, link, opened_for, all, now);
}

base::Status hold_review(storage::Transaction& tx, LinkId link, std::string_view opened_for,
                         const std::vector<ListMatch>& entries, base::Time now) {
  ASHLAR_ASSIGN(const std::optional<Review> found, store::find_review(tx, link));
  return open(tx, found, link, opened_for, entries, now);
}

std::string stored_entries(const std::vector<ListMatch>& entries) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (std::size_t i = 0; i < std::min(entries.size(), kMaxEntries); ++i) {
    json.begin_array().string(entries[i].url).string(entries[i].entry);
    json.string(entries[i].type).end_array();
  }
  json.end_array();
  return text;
}

std::vector<ListMatch> entries_from_stored(std::string_view text) {
  std::vector<ListMatch> entries;
  if (text.empty()) return entries;
  const base::Result<json::Value> value = json::parse(text);
  if (!value.ok() || value->if_array() == nullptr) return entries;
  for (const json::Value& each : *value->if_array()) {
    const json::Value::Array* parts = each.if_array();
    if (parts == nullptr || parts->size() != 3) continue;
    const std::string* url = (*parts)[0].if_string();
    const std::string* entry = (*parts)[1].if_string();
    const std::string* type = (*parts)[2].if_string();
    if (url != nullptr && entry != nullptr && type != nullptr) {
      entries.push_back({*url, *entry, *type});
    }
  }
  return entries;
}

}  // namespace ashlar::links::abuse
