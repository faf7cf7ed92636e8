#include "modules/links/links_api.h"

#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "modules/links/analytics/subject.h"
#include "modules/links/click_reset.h"
#include "modules/links/click_stats.h"
#include "modules/links/clicks_store.h"
#include "modules/links/link_call.h"
#include "modules/links/links_json.h"
#include "modules/links/links_module.h"
#include "modules/links/settings_store.h"
#include "modules/links/version_tag.h"
#include "platform/cache/far_region.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/event_stream.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/http/problem.h"
#include "platform/security/answer_once.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kMaxSearchBytes = 200;

base::Result<std::optional<bool>> flag_of(const http::Call& call, std::string_view name) {
  const std::optional<std::string_view> text = call.query_value(name);
  if (!text) return std::optional<bool>();
  if (*text == "true") return std::optional(true);
  if (*text == "false") return std::optional(false);
  return http::bad_query("?" + std::string(name), "not_allowed", "Give true or false.");
}

http::CursorScope links_scope(const http::Call& call) {
  return {"links", call.principal.tenant.value};
}
http::CursorScope clicks_scope(const http::Call& call) {
  return {"links.clicks", call.principal.tenant.value};
}

base::Result<LinkQuery> link_query(const http::Call& call, const http::CursorCodec& cursors) {
  LinkQuery query;
  ASHLAR_ASSIGN(query.limit, http::page_limit(call));
  ASHLAR_ASSIGN(query.enabled, flag_of(call, "enabled"));
  ASHLAR_ASSIGN(query.archived, flag_of(call, "archived"));
  query.tag = call.query_value("tag").value_or("");
  query.owner = call.query_value("owner").value_or("");
  query.domain = call.query_value("domain");
  query.text = call.query_value("q").value_or("");
  if (query.text.size() > kMaxSearchBytes) {
    return http::bad_query("?q", "too_long", "A search text has at most 200 bytes.");
  }
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors.decode<std::int64_t>(links_scope(call), *cursor));
    query.before = LinkId(std::get<0>(position));
  }
  return query;
}

std::string path_of(const Link& link) {
  std::string path = "/v1/links/" + link.code;
  if (!link.domain_host.empty()) path += "?domain=" + link.domain_host;
  return path;
}

std::string traceparent_of(const http::Call& call) {
  return call.trace.is_set() ? obs::format_traceparent(call.trace) : std::string();
}

std::vector<ClickBucketJson> buckets(const std::vector<ClickBucket>& from) {
  std::vector<ClickBucketJson> to;
  to.reserve(from.size());
  for (const ClickBucket& bucket : from) to.push_back({bucket.start, bucket.clicks});
  return to;
}

}  // namespace

LinkJson LinksApi::render(const Link& link, std::int64_t clicks) const {
  return json_of(link, module_.links.short_url(link), clicks);
}

http::Response LinksApi::answer(int status, const Link& link, std::int64_t clicks) const {
  return http::json_response(status, link_schema(), render(link, clicks))
      .header("ETag", version_tag(link.version));
}

// Not inside the transaction: a hash takes a tenth of a second, and others wait for it.
base::Result<std::string> LinksApi::hash_of(const std::optional<std::string>& password) const {
  if (!password || password->empty()) return std::string();
  return module_.password_hashes.hash(*password);
}

base::Status LinksApi::create(http::Call& call,
                              const std::shared_ptr<http::LateAnswer>& late) const {
  ASHLAR_ASSIGN(const std::optional<std::string> key, security::idempotency_key_of(call));
  ASHLAR_ASSIGN(const CreateLinkJson json, create_link_schema().parse_body(call.body));
  if (const auto refusal = module_.admit(call, 1)) {
    late->complete(http::quota_problem(refusal->limits, refusal->retry_after, call.request_id));
    return base::ok_status();
  }
  ASHLAR_ASSIGN(std::string hash, hash_of(json.password));
  NewLink wanted = new_link_of(json, std::move(hash));
  wanted.verdict = abuse::verdict_of(module_.threats, wanted.url, wanted.settings);
  late->complete(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    return security::answer_once(tx, call, key, module_.clock.now(),
                                 [&] { return create(call, tx, wanted, json.fetch_title); });
  }));
  return base::ok_status();
}

base::Result<http::Response> LinksApi::create(const http::Call& call, storage::Transaction& tx,
                                              const NewLink& wanted, bool fetch_title) const {
  const std::string traceparent = traceparent_of(call);
  ASHLAR_ASSIGN(const Links::Made made, module_.links.make(tx, wanted, traceparent));
  const Link& link = made.link;
  std::int64_t clicks = 0;
  if (made.existed) {
    ASHLAR_ASSIGN(clicks, store::total_clicks(tx, link.id));
  } else if (fetch_title) {
    ASHLAR_TRY(module_.titles.ask(tx, link, traceparent));
  }
  http::Response response = answer(made.existed ? 200 : 201, link, clicks);
  response.header("Location", path_of(link));
  return response;
}

base::Result<http::Response> LinksApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(const LinkQuery query, link_query(call, cursors_));
  LinkPage page;
  std::unordered_map<LinkId, std::int64_t> totals;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(page, module_.links.list(tx, query));
    std::vector<LinkId> ids;
    ids.reserve(page.links.size());
    for (const Link& link : page.links) ids.push_back(link.id);
    totals.clear();
    return store::totals_of(tx, ids, [&](LinkId id, std::int64_t clicks) { totals[id] = clicks; });
  }));
  json::Page<LinkJson> body;
  for (const Link& link : page.links) body.data.push_back(render(link, totals[link.id]));
  if (page.next) {
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(links_scope(call), page.next->value));
  }
  return http::page_response(call, link_page_schema(), body);
}

base::Result<http::Response> LinksApi::get(http::Call& call) const {
  Link link;
  std::int64_t clicks = 0;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(link, module_.links.find(tx, link_ref_of(call)));
    ASHLAR_ASSIGN(clicks, store::total_clicks(tx, link.id));
    return base::ok_status();
  }));
  return answer(200, link, clicks);
}

// Before the transaction, and only where the link will lead elsewhere.
base::Status LinksApi::look_up(const http::Call& call, LinkChange& change) const {
  const SettingsChange& settings = change.settings;
  const bool elsewhere = change.url || settings.expired_url || settings.rules || settings.variants;
  if (!module_.threats.is_on() || !elsewhere) return base::ok_status();
  ASHLAR_ASSIGN(const Link before,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.links.find(tx, link_ref_of(call));
                }));
  change.verdict = abuse::verdict_of(module_.threats, change.url.value_or(before.url),
                                     changed(before.settings, settings));
  return base::ok_status();
}

// The far cache is told before and after: waiting for it has no place inside a transaction.
base::Result<http::Response> LinksApi::update(http::Call& call) const {
  ASHLAR_ASSIGN(const LinkPatchJson patch, update_link_schema().parse_body(call.body));
  ASHLAR_ASSIGN(std::string hash,
                hash_of(patch.password ? *patch.password : std::optional<std::string>()));
  LinkChange wanted = change_of(patch, std::move(hash));
  ASHLAR_TRY(look_up(call, wanted));
  std::optional<cache::FarChange> change;
  if (module_.region != nullptr) {
    change.emplace(*module_.region, std::vector{module_.links.key_of(link_ref_of(call))});
  }
  return module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    if (change) change->announce(tx);
    return update(call, tx, wanted);
  });
}

base::Result<http::Response> LinksApi::update(const http::Call& call, storage::Transaction& tx,
                                              const LinkChange& change) const {
  ASHLAR_ASSIGN(const Link before, module_.links.find(tx, link_ref_of(call)));
  ASHLAR_TRY(check_if_match(call, before.version, "The link was changed since; read it again."));
  ASHLAR_ASSIGN(const Link link, module_.links.update(tx, link_ref_of(call), change, before.version,
                                                      traceparent_of(call)));
  ASHLAR_ASSIGN(const std::int64_t clicks, store::total_clicks(tx, link.id));
  return answer(200, link, clicks);
}

base::Result<http::Response> LinksApi::tags(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const http::CursorScope scope{"links.tags", call.principal.tenant.value};
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::string>(scope, *cursor));
    after = std::get<0>(position);
  }
  json::Page<LinkTagJson> body;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    body.data.clear();
    return store::list_tags(tx, after, limit + 1, [&](std::string tag, std::int64_t links) {
      body.data.push_back({std::move(tag), links});
    });
  }));
  if (body.data.size() > static_cast<std::size_t>(limit)) {
    body.data.pop_back();
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(scope, body.data.back().tag));
  }
  return http::page_response(call, link_tag_page_schema(), body);
}

base::Result<http::Response> LinksApi::stats(http::Call& call) const {
  ClickStats stats;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Link link, module_.links.find(tx, link_ref_of(call)));
    ASHLAR_ASSIGN(stats, read_click_stats(tx, link.id, module_.clock.now(),
                                          module_.recorder.flushed_until()));
    return base::ok_status();
  }));
  return http::json_response(200, click_stats_schema(),
                             ClickStatsJson{call.param(0), stats.clicks, stats.as_of,
                                            buckets(stats.by_hour), buckets(stats.by_day)});
}

base::Result<http::Response> LinksApi::clicks(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::int64_t before = std::int64_t{1} << 62;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(clicks_scope(call), *cursor));
    before = std::get<0>(position);
  }
  std::vector<store::StoredClick> found;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Link link, module_.links.find(tx, link_ref_of(call)));
    ASHLAR_ASSIGN(found, store::list_details(tx, link.id, before, limit + 1));
    return base::ok_status();
  }));
  json::Page<ClickJson> body;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(clicks_scope(call), found.back().id));
  }
  for (const store::StoredClick& click : found) {
    body.data.push_back({click.at, click.referrer, std::string(agent_name(click.agent))});
  }
  return http::page_response(call, click_page_schema(), body);
}

// What was recorded here before the call would come after it otherwise.
base::Result<http::Response> LinksApi::reset_clicks(http::Call& call) const {
  ASHLAR_TRY(module_.recorder.flush());
  ASHLAR_ASSIGN(const std::int64_t deleted,
                module_.db.write(call.tenant_context(),
                                 [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
                                   ASHLAR_ASSIGN(const Link link,
                                                 module_.links.find(tx, link_ref_of(call)));
                                   return links::reset_clicks(tx, link.id);
                                 }));
  return http::json_response(200, reset_clicks_schema(), ResetClicksJson{deleted});
}

base::Status LinksApi::stream(http::Call& call, std::shared_ptr<http::EventStream> stream) const {
  using analytics::Subject;
  const auto code = call.query_value("code");
  const auto domain = call.query_value("domain");
  const auto tag = call.query_value("tag");
  const auto owner = call.query_value("owner");
  const bool of_links = !code && domain;
  if ((code || of_links ? 1 : 0) + (tag ? 1 : 0) + (owner ? 1 : 0) > 1) {
    return http::bad_query(tag ? "?tag" : "?owner", "one_scope",
                           "Ask for a link, a tag, a domain or an owner, not for several at once.");
  }
  ClickFeed::Scope scope;
  if (tag) scope.subject = Subject::tag(*tag).key;
  if (owner) scope.subject = Subject::owner(*owner).key;
  if (code || of_links) {
    ASHLAR_TRY(
        module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
          if (of_links) {
            ASHLAR_ASSIGN(const DomainId id, module_.links.domain_of(tx, *domain));
            scope.subject = Subject::domain(id.value).key;
            return base::ok_status();
          }
          ASHLAR_ASSIGN(const Link link,
                        module_.links.find(tx, {.host = domain.value_or(""), .code = *code}));
          scope.only = link.id;
          return base::ok_status();
        }));
  }
  return module_.feed.watch(call.principal, std::move(scope), std::move(stream));
}

}  // namespace ashlar::links
