#include "modules/links/bulk/bulk_api.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "modules/links/clicks_store.h"
#include "modules/links/field_errors.h"
#include "modules/links/links_module.h"
#include "platform/cache/far_region.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/late_answer.h"
#include "platform/http/problem.h"
#include "platform/security/answer_once.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

http::CursorScope scope_of(const http::Call& call) {
  return {"links.bulk", call.principal.tenant.value};
}

std::string traceparent_of(const http::Call& call) {
  return call.trace.is_set() ? obs::format_traceparent(call.trace) : std::string();
}

BulkSet set_of(const BulkSetJson& json) {
  BulkSet set{.enabled = {},
              .archived = {},
              .owner = {},
              .expires_at = {},
              .tags_add = json.tags_add,
              .tags_remove = json.tags_remove};
  if (json.enabled) set.enabled = *json.enabled;
  if (json.archived) set.archived = *json.archived;
  if (json.owner) set.owner = json.owner->value_or("");
  if (json.expires_at) set.expires_at = *json.expires_at;
  return set;
}

BulkUpdatedJson json_of(std::vector<BulkUpdated> outcomes) {
  BulkUpdatedJson json;
  json.results.reserve(outcomes.size());
  for (BulkUpdated& outcome : outcomes) {
    BulkUpdatedItemJson& item = json.results.emplace_back();
    item.code = std::move(outcome.code);
    if (!outcome.host.empty()) item.domain = std::move(outcome.host);
    item.outcome = outcome.problem ? "refused" : outcome.changed ? "changed" : "unchanged";
    if (outcome.problem) item.problem = problem_json_of(*outcome.problem);
    ++(outcome.problem ? json.refused : outcome.changed ? json.changed : json.unchanged);
  }
  return json;
}

bool has_password(const base::Result<CreateLinkJson>& item) {
  return item.ok() && item->password && !item->password->empty();
}

// Which links an update is about, as they were found before its transaction.
struct Chosen {
  std::vector<std::pair<std::string, std::string>> names;  // host, code
  std::optional<LinkId> next;

  void add(const LinkPage& page) {
    for (const Link& link : page.links) names.emplace_back(link.domain_host, link.code);
    next = page.next;
  }
};

}  // namespace

base::Result<BulkApi::Asked> BulkApi::items_of(
    const std::vector<base::Result<CreateLinkJson>>& parsed) const {
  if (static_cast<std::size_t>(std::ranges::count_if(parsed, has_password)) > kMaxPasswords) {
    FieldErrors errors;
    errors.add("/links", "too_many_passwords", "At most ten links of one request have a password.");
    ASHLAR_TRY(errors.status());
  }
  Asked asked;
  asked.items.reserve(parsed.size());
  asked.fetch_title.reserve(parsed.size());
  for (const base::Result<CreateLinkJson>& json : parsed) {
    BulkItem& item = asked.items.emplace_back();
    asked.fetch_title.push_back(json.ok() && json->fetch_title);
    if (!json.ok()) {
      item.refused = json.error();
      continue;
    }
    std::string hash;
    if (has_password(json)) {
      ASHLAR_ASSIGN(hash, module_.password_hashes.hash(*json->password));
    }
    item.link = new_link_of(*json, std::move(hash));
  }
  return asked;
}

base::Status BulkApi::create(http::Call& call,
                             const std::shared_ptr<http::LateAnswer>& late) const {
  ASHLAR_ASSIGN(const std::optional<std::string> key, security::idempotency_key_of(call));
  ASHLAR_ASSIGN(const auto parsed, parse_bulk_create(call.body));
  const auto wanted = static_cast<std::uint64_t>(
      std::ranges::count_if(parsed, [](const auto& item) { return item.ok(); }));
  if (const auto refusal = module_.admit(call, wanted)) {
    late->complete(http::quota_problem(refusal->limits, refusal->retry_after, call.request_id));
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const Asked asked, items_of(parsed));
  late->complete(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    return security::answer_once(tx, call, key, module_.clock.now(),
                                 [&] { return create(call, tx, asked); });
  }));
  return base::ok_status();
}

base::Result<http::Response> BulkApi::create(const http::Call& call, storage::Transaction& tx,
                                             const Asked& asked) const {
  const std::string traceparent = traceparent_of(call);
  ASHLAR_ASSIGN(const std::vector<BulkCreated> outcomes,
                create_each(tx, module_.links, asked.items, traceparent,
                            [&](std::size_t i, const Link& link) {
                              return asked.fetch_title[i]
                                         ? module_.titles.ask(tx, link, traceparent)
                                         : base::ok_status();
                            }));
  std::vector<LinkId> found;
  for (const BulkCreated& outcome : outcomes) {
    if (outcome.existed) found.push_back(outcome.link->id);
  }
  std::unordered_map<LinkId, std::int64_t> clicks;
  ASHLAR_TRY(store::totals_of(tx, found, [&](LinkId id, std::int64_t n) { clicks[id] = n; }));
  BulkCreatedJson json;
  json.results.reserve(outcomes.size());
  for (const BulkCreated& outcome : outcomes) {
    BulkCreatedItemJson& item = json.results.emplace_back();
    item.index = static_cast<std::int64_t>(json.results.size()) - 1;
    if (!outcome.link) {
      item.outcome = "refused";
      item.problem = problem_json_of(outcome.problem);
      ++json.refused;
      continue;
    }
    item.outcome = outcome.existed ? "found" : "created";
    ++(outcome.existed ? json.found : json.created);
    item.link = links::json_of(*outcome.link, module_.links.short_url(*outcome.link),
                               outcome.existed ? clicks[outcome.link->id] : 0);
  }
  return http::json_response(200, bulk_created_schema(), json);
}

base::Result<LinkQuery> BulkApi::query_of(const http::Call& call,
                                          const BulkUpdateJson& json) const {
  const BulkFilterJson& filter = *json.filter;
  LinkQuery query;
  query.text = filter.q.value_or("");
  query.enabled = filter.enabled;
  query.archived = filter.archived;
  query.owner = filter.owner.value_or("");
  query.tag = filter.tag.value_or("");
  query.domain = filter.domain;
  query.limit = json.limit;
  if (json.cursor) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope_of(call), *json.cursor));
    query.before = LinkId(std::get<0>(position));
  }
  return query;
}

// The far cache must know before the transaction which links may change, so a filter is asked
// twice: what is found only within the transaction has come since, and is left alone.
base::Result<http::Response> BulkApi::update(http::Call& call) const {
  ASHLAR_ASSIGN(const BulkUpdateJson json, parse_bulk_update(call.body));
  const BulkSet set = set_of(json.set);
  std::optional<LinkQuery> query;
  if (json.filter) {
    ASHLAR_ASSIGN(query, query_of(call, json));
  }
  Chosen chosen;
  if (query) {
    ASHLAR_TRY(
        module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(const LinkPage page, module_.links.list(tx, *query));
          chosen = {};
          chosen.add(page);
          return base::ok_status();
        }));
  } else {
    for (const std::string& code : *json.codes) {
      chosen.names.emplace_back(json.domain.value_or(""), code);
    }
  }
  std::vector<std::string> keys;
  keys.reserve(chosen.names.size());
  for (const auto& [host, code] : chosen.names) {
    keys.push_back(module_.links.key_of({.host = host, .code = code}));
  }
  const std::unordered_set<std::string> known(keys.begin(), keys.end());
  std::optional<cache::FarChange> change;
  if (module_.region != nullptr) change.emplace(*module_.region, keys);
  const std::string traceparent = traceparent_of(call);
  return module_.db.write(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<http::Response> {
        if (change) change->announce(tx);
        Chosen now;
        if (query) {
          ASHLAR_ASSIGN(const LinkPage page, module_.links.list(tx, *query));
          now.add(page);
          std::erase_if(now.names, [&](const auto& name) {
            return !known.contains(module_.links.key_of({.host = name.first, .code = name.second}));
          });
        } else {
          now.names = chosen.names;
        }
        std::vector<LinkRef> refs;
        refs.reserve(now.names.size());
        for (const auto& [host, code] : now.names) refs.push_back({.host = host, .code = code});
        ASHLAR_ASSIGN(std::vector<BulkUpdated> outcomes,
                      update_each(tx, module_.links, refs, set, traceparent));
        BulkUpdatedJson answer = json_of(std::move(outcomes));
        if (now.next) {
          ASHLAR_ASSIGN(answer.next_cursor, cursors_.encode(scope_of(call), now.next->value));
        }
        return http::json_response(200, bulk_updated_schema(), answer);
      });
}

}  // namespace ashlar::links
