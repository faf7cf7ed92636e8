#include "modules/links/links.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/domains_store.h"
#include "modules/links/field_errors.h"
#include "modules/links/links_events.h"
#include "modules/links/links_store.h"
#include "modules/links/same_link.h"
#include "modules/links/settings_rules.h"
#include "modules/links/settings_store.h"
#include "platform/events/outbox.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kMinCodeBytes = 3;
constexpr std::size_t kMaxCodeBytes = 64;

// What is, or will be, a path of Ashlar itself. `_`, `.well-known` and the files with a dot can be
// no code anyhow; they stand here so that the list is the whole one.
constexpr std::array<std::string_view, 16> kReserved{
    "v1",    "_",    "rest",    "api",     "links",  "stores",      "access",     "oauth2",
    "ofrep", "docs", "metrics", "healthz", "readyz", ".well-known", "robots.txt", "favicon.ico"};

base::Error domain_not_found() {
  return base::fail(base::Code::kNotFound, "domain_not_found", "You have no such domain.");
}

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "link_not_found", "There is no such link.");
}

void check_code(std::string_view code, FieldErrors& errors) {
  if (is_reserved_code(code)) {
    errors.add("/code", "code_reserved", "This code is reserved; choose another one.");
  } else if (!is_code(code)) {
    errors.add("/code", "code_malformed", "A code has 3 to 64 letters, digits, '-' or '_'.");
  }
}

void check_status(std::int64_t status, FieldErrors& errors) {
  if (!is_redirect_status(status)) {
    errors.add("/status", "status_unsupported", "A redirect is 301, 302, 307 or 308.");
  }
}

void check_expiry(base::Time expires_at, base::Time now, FieldErrors& errors) {
  if (expires_at <= now) {
    errors.add("/expires_at", "expires_in_past", "A link expires in the future or never (null).");
  }
}

std::string check_url(std::string_view url, const OwnHosts& own, FieldErrors& errors) {
  base::Result<std::string> target = check_target(url, own);
  if (target.ok()) return std::move(target).value();
  errors.add(target.error(), "/url");
  return {};
}

// Nothing was made in the future.
void take_past(const LinkPast& past, Link& link) {
  link.created_at = std::min(past.created_at.value_or(link.created_at), link.created_at);
  link.enabled = past.enabled;
}

bool leads_elsewhere(const Link& now, const Link& before) {
  return now.url != before.url || now.settings.expired_url != before.settings.expired_url ||
         now.settings.rules != before.settings.rules ||
         now.settings.variants != before.settings.variants;
}

bool apply(const LinkChange& change, std::string url, LinkSettings settings, Link& link) {
  Link changed = link;
  if (change.url) changed.url = std::move(url);
  if (change.status) changed.status = static_cast<int>(*change.status);
  if (change.expires_at) changed.expires_at = *change.expires_at;
  if (change.enabled) changed.enabled = *change.enabled;
  changed.settings = std::move(settings);
  const bool differs = changed.url != link.url || changed.status != link.status ||
                       changed.expires_at != link.expires_at || changed.enabled != link.enabled ||
                       changed.settings != link.settings;
  link = std::move(changed);
  return differs;
}

// "https://sho.rt:8443/s" in three: "https://", "sho.rt", ":8443".
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
};
Origin origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  CHECK(scheme != std::string_view::npos);
  Origin origin{.scheme = std::string(url.substr(0, scheme + 3)), .host = {}, .port = {}};
  const std::string_view authority = url.substr(scheme + 3, url.find('/', scheme + 3) - scheme - 3);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) origin.port = authority.substr(colon);
  origin.host = canonical_host(authority.substr(0, colon)).value_or("");
  return origin;
}

}  // namespace

bool is_code(std::string_view text) {
  return text.size() >= kMinCodeBytes && text.size() <= kMaxCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') ||
                  (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z') || c == '-' ||
                  c == '_';
         });
}

bool is_reserved_code(std::string_view text) {
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view word) { return base::ascii_iequals(word, text); });
}

Links::Links(std::string public_url, OwnHosts own_hosts, CodeSpace codes, const base::Clock& clock,
             events::Outbox* outbox, const abuse::LinkGuard* guard)
    : public_url_(std::move(public_url)),
      scheme_(origin_of(public_url_).scheme),
      port_(origin_of(public_url_).port),
      public_host_(origin_of(public_url_).host),
      own_hosts_(std::move(own_hosts)),
      codes_(codes),
      clock_(clock),
      outbox_(outbox),
      guard_(guard) {}

std::string Links::short_url(LinkRef ref) const {
  std::string url = ref.host.empty() ? public_url_ : scheme_ + std::string(ref.host) + port_;
  url += '/';
  url += ref.code;
  return url;
}

std::string_view Links::authority() const {
  const std::string_view after = std::string_view(public_url_).substr(scheme_.size());
  return after.substr(0, after.find('/'));
}

std::string Links::spelled(std::string_view host) const {
  if (host.empty()) return {};
  // What is no host is nobody's domain either.
  std::string same = canonical_host(host).value_or(std::string(host));
  if (same == public_host_) same.clear();
  return same;
}

std::string Links::key_of(LinkRef ref) const {
  const std::string host = spelled(ref.host);
  return link_key({.host = host, .code = ref.code});
}

base::Result<DomainId> Links::domain_of(storage::Transaction& tx, std::string_view host) const {
  const std::string same = spelled(host);
  if (same.empty()) return DomainId();
  ASHLAR_ASSIGN(const std::optional<Domain> domain, store::find_domain(tx, same));
  if (!domain) return domain_not_found();
  return domain->id;
}

// Where the link will be.
base::Status Links::place(storage::Transaction& tx, const NewLink& wanted, Link& link,
                          FieldErrors& errors) const {
  link.domain_host = spelled(wanted.domain);
  base::Result<DomainId> domain = domain_of(tx, link.domain_host);
  if (domain.ok()) {
    link.domain = *domain;
  } else if (domain.error().code == base::Code::kNotFound) {
    errors.add("/domain", "domain_unknown", "You have no such domain; add it first.");
  } else {
    return std::move(domain).error();
  }
  return base::ok_status();
}

base::Status Links::announce(storage::Transaction& tx, std::string_view type, const Link& link,
                             bool chosen_code, std::string_view traceparent) const {
  if (outbox_ == nullptr) {
    if (chosen_code || type != kLinkCreated) {
      tx.notify(kLinksChannel, link_key({.host = link.domain_host, .code = link.code}));
    }
    return base::ok_status();
  }
  ASHLAR_TRY(
      outbox_->append(tx, link_event(type, link, short_url(link), chosen_code, traceparent)));
  return base::ok_status();
}

base::Result<Link> Links::create(storage::Transaction& tx, const NewLink& wanted,
                                 std::string_view traceparent) const {
  ASHLAR_ASSIGN(Made made, make(tx, wanted, traceparent));
  return std::move(made.link);
}

base::Result<Links::Made> Links::make(storage::Transaction& tx, const NewLink& wanted,
                                      std::string_view traceparent) const {
  FieldErrors errors;
  Link link;
  link.created_at = link.updated_at = clock_.now();
  link.url = check_url(wanted.url, own_hosts_, errors);
  if (wanted.code) check_code(*wanted.code, errors);
  check_status(wanted.status, errors);
  if (wanted.expires_at && !wanted.past) check_expiry(*wanted.expires_at, link.created_at, errors);
  if (wanted.past) take_past(*wanted.past, link);
  ASHLAR_TRY(place(tx, wanted, link, errors));
  link.settings = wanted.settings;
  check_settings(link.settings, wanted.expires_at, own_hosts_, errors);
  if (wanted.find_if_exists && !link.settings.password_hash.empty()) {
    errors.add("/find_if_exists", "find_with_password",
               "Whether a link has the same password cannot be told.");
  }
  ASHLAR_TRY(errors.status());
  link.status = static_cast<int>(wanted.status);
  link.expires_at = wanted.expires_at;
  link.code = wanted.code.value_or("");
  if (wanted.find_if_exists) {
    if (wanted.any_code) link.code.clear();
    ASHLAR_ASSIGN(std::optional<Link> there, find_same(tx, link));
    link.code = wanted.code.value_or("");
    if (there) return Made{.link = std::move(*there), .existed = true};
  }
  if (guard_ != nullptr) ASHLAR_TRY(guard_->judge(tx, link, wanted.verdict));
  ASHLAR_ASSIGN(link, wanted.code ? insert_custom(tx, std::move(link))
                                  : insert_generated(tx, std::move(link)));
  ASHLAR_TRY(store::write_settings(tx, link.id, {}, link.settings));
  if (guard_ != nullptr) ASHLAR_TRY(guard_->follow(tx, link, wanted.verdict));
  ASHLAR_TRY(announce(tx, kLinkCreated, link, wanted.code.has_value(), traceparent));
  return Made{.link = std::move(link), .existed = false};
}

std::int64_t Links::hash_of(const Link& link) const {
  return codes_.url_hash(link.domain.value, link.url);
}

base::Result<std::optional<Link>> Links::find_same(storage::Transaction& tx,
                                                   const Link& wanted) const {
  std::optional<Link> same;
  if (!wanted.code.empty()) {
    ASHLAR_ASSIGN(same, store::find_link(tx, {.host = wanted.domain_host, .code = wanted.code}));
    if (same && !serves_as(*same, wanted)) same.reset();
    return same;
  }
  ASHLAR_TRY(store::newest_with_url(tx, hash_of(wanted), wanted.url, kMaxSameUrl, [&](Link link) {
    if (!same && serves_as(link, wanted)) same = std::move(link);
  }));
  return same;
}

base::Result<Link> Links::insert_custom(storage::Transaction& tx, Link link) const {
  ASHLAR_ASSIGN(link.id, store::next_link_id(tx));
  ASHLAR_ASSIGN(const bool inserted, store::insert_link(tx, link, hash_of(link)));
  if (!inserted) {
    return base::fail(base::Code::kConflict, "code_taken",
                      "This code is taken; choose another one.");
  }
  return link;
}

// A generated code is unique among generated ones; only custom codes can have it already.
base::Result<Link> Links::insert_generated(storage::Transaction& tx, Link link) const {
  for (int tries = 0; tries < kMaxCodeTries; ++tries) {
    ASHLAR_ASSIGN(link.id, store::next_link_id(tx));
    std::optional<std::string> code = codes_.code(static_cast<std::uint64_t>(link.id.value));
    if (!code) break;
    if (is_reserved_code(*code)) continue;
    link.code = std::move(*code);
    ASHLAR_ASSIGN(const bool inserted, store::insert_link(tx, link, hash_of(link)));
    if (inserted) return link;
  }
  return base::fail(base::Code::kConflict, "codes_exhausted",
                    "No free code was found; try again, or choose one.");
}

base::Result<Link> Links::find(storage::Transaction& tx, LinkRef ref) const {
  if (!is_code(ref.code)) return not_found();
  const std::string host = spelled(ref.host);
  ASHLAR_ASSIGN(std::optional<Link> link, store::find_link(tx, {.host = host, .code = ref.code}));
  if (!link) return not_found();
  return std::move(*link);
}

base::Result<Link> Links::find(storage::Transaction& tx, LinkId id) const {
  ASHLAR_ASSIGN(std::optional<Link> link, store::find_link(tx, id));
  if (!link) return not_found();
  return std::move(*link);
}

base::Result<LinkPage> Links::list(storage::Transaction& tx, const LinkQuery& query) const {
  constexpr LinkId kNewest{std::int64_t{1} << 62};
  const LinkId before = query.before.value_or(kNewest);
  LinkPage page;
  const auto take = [&](Link link) { page.links.push_back(std::move(link)); };
  // One more than asked for tells whether there is a next page.
  const std::int64_t limit = query.limit + 1;
  std::optional<LinkId> oldest;
  if (query.is_filtered()) {
    std::optional<DomainId> domain;
    if (query.domain) {
      ASHLAR_ASSIGN(domain, domain_of(tx, *query.domain));
    }
    ASHLAR_ASSIGN(oldest, store::search_end(tx, before, kMaxScan));
    ASHLAR_TRY(store::search_links(tx, before, limit,
                                   {.text = query.text,
                                    .enabled = query.enabled,
                                    .archived = query.archived,
                                    .owner = query.owner,
                                    .tag = query.tag,
                                    .domain = domain,
                                    .oldest = oldest.value_or(LinkId())},
                                   take));
  } else {
    ASHLAR_TRY(store::list_links(tx, before, limit, take));
  }
  if (static_cast<std::int64_t>(page.links.size()) == limit) {
    page.links.pop_back();
    page.next = page.links.back().id;
  } else {
    page.next = oldest;
  }
  return page;
}

base::Result<Link> Links::update(storage::Transaction& tx, LinkRef ref, const LinkChange& change,
                                 std::optional<std::int64_t> if_version,
                                 std::string_view traceparent) const {
  ASHLAR_ASSIGN(Link link, find(tx, ref));
  if (if_version && *if_version != link.version) {
    return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                      "The link was changed since; read it again.");
  }
  FieldErrors errors;
  const base::Time now = clock_.now();
  std::string url;
  if (change.url) url = check_url(*change.url, own_hosts_, errors);
  if (change.status) check_status(*change.status, errors);
  if (change.expires_at && *change.expires_at) check_expiry(**change.expires_at, now, errors);
  LinkSettings settings = changed(link.settings, change.settings);
  check_settings(settings, change.expires_at.value_or(link.expires_at), own_hosts_, errors);
  ASHLAR_TRY(errors.status());
  const Link old = link;
  if (!apply(change, std::move(url), std::move(settings), link)) return link;
  const bool judged = guard_ != nullptr && leads_elsewhere(link, old);
  if (judged) ASHLAR_TRY(guard_->judge(tx, link, change.verdict));
  link.updated_at = now;
  link.version += 1;
  if (!old.settings.max_clicks) link.clicks_used = 0;
  ASHLAR_TRY(store::update_link(tx, link, hash_of(link)));
  ASHLAR_TRY(store::write_settings(tx, link.id, old.settings, link.settings));
  if (judged) ASHLAR_TRY(guard_->follow(tx, link, change.verdict));
  ASHLAR_TRY(announce(tx, kLinkUpdated, link, false, traceparent));
  return link;
}

base::Result<Link> Links::set_flag(storage::Transaction& tx, LinkId id,
                                   const LinkFlag& flag) const {
  ASHLAR_ASSIGN(Link link, find(tx, id));
  if (link.settings.flag == flag) return link;
  const LinkSettings before = link.settings;
  link.settings.flag = flag;
  link.updated_at = clock_.now();
  link.version += 1;
  ASHLAR_TRY(store::update_link(tx, link, hash_of(link)));
  ASHLAR_TRY(store::write_settings(tx, link.id, before, link.settings));
  ASHLAR_TRY(announce(tx, kLinkUpdated, link, false, {}));
  return link;
}

base::Status Links::remove(storage::Transaction& tx, LinkRef ref,
                           std::string_view traceparent) const {
  ASHLAR_ASSIGN(Link link, find(tx, ref));
  link.updated_at = clock_.now();
  link.version += 1;
  ASHLAR_ASSIGN(const bool removed, store::remove_link(tx, link));
  if (!removed) return not_found();
  if (guard_ != nullptr) ASHLAR_TRY(guard_->leave(tx, link.id));
  ASHLAR_TRY(store::write_settings(tx, link.id, link.settings, {}));
  ASHLAR_TRY(store::keep_place(tx, link.id, link.settings));
  return announce(tx, kLinkRemoved, link, false, traceparent);
}

base::Result<std::optional<RedirectTarget>> Links::find_for_redirect(storage::Transaction& tx,
                                                                     LinkRef ref) const {
  if (!is_code(ref.code)) return std::optional<RedirectTarget>();
  return store::find_redirect(tx, ref);
}

}  // namespace ashlar::links
