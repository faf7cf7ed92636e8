// Visits: what was kept of clicks, as Shlink lists them. Orphan ones are kept by nobody here.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "modules/links/foreign/foreign_query.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_module.h"
#include "modules/links/shlink/shlink_api.h"
#include "platform/storage/database.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

void write_visit(json::Writer& out, const store::StoredClick& click, const std::string& url) {
  out.begin_object().key("referer").string(click.referrer ? "https://" + *click.referrer : "");
  out.key("date").string(atom(click.at)).key("userAgent").string(agent_name(click.agent));
  out.key("visitLocation").null();
  out.key("potentialBot").boolean(click.agent == AgentClass::kBot);
  out.key("visitedUrl").string(url).end_object();
}

bool has_tag(const Link& link, const std::string& tag) {
  return std::ranges::find(link.settings.tags, tag) != link.settings.tags.end();
}

void write_total(json::Writer& out, std::string_view key, const Clicks& clicks) {
  out.key(key).begin_object().key("total").integer(clicks.total);
  out.key("nonBots").integer(clicks.total - clicks.bots).key("bots").integer(clicks.bots);
  out.end_object();
}

}  // namespace

base::Result<Response> ShlinkApi::answer_visits(const Call& call, ForeignQuery& query,
                                                VisitsQuery wanted) const {
  wanted.from = query.time("startDate");
  wanted.until = query.time("endDate");
  wanted.bots = !query.is_true("excludeBots");
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMaxVisits, kMaxVisits));
  wanted.offset = page.offset();
  wanted.limit = static_cast<std::size_t>(page.size);
  ASHLAR_ASSIGN(const VisitsPage found,
                module_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) { return read_visits(tx, wanted); }));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("visits");
    write_page(out, page, found.visits.size(), found.total, [&] {
      for (const FoundVisit& visit : found.visits) {
        write_visit(out, visit.click, module_.links.short_url(found.links.at(visit.link)));
      }
    });
    out.end_object();
  });
}

base::Result<Response> ShlinkApi::overview(Call& call) const {
  Clicks clicks;
  CatalogQuery all;
  all.limit = kMaxLooked;
  ASHLAR_ASSIGN(const CatalogPage found, desk_.list(call, all));
  for (const CountedLink& each : found.links) clicks.total += each.clicks;
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("visits").begin_object();
    write_total(out, "nonOrphanVisits", clicks);
    write_total(out, "orphanVisits", {});
    out.end_object().end_object();
  });
}

base::Result<Response> ShlinkApi::url_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  const std::string host = host_of(query.first("domain").value_or(""));
  ASHLAR_ASSIGN(const CountedLink link, desk_.find(call, {.host = host, .code = call.param(0)}));
  return answer_visits(call, query, {.link = link.link.id});
}

base::Result<Response> ShlinkApi::delete_url_visits(Call& call) const {
  const std::string host = host_of(ForeignQuery(call.head->query).first("domain").value_or(""));
  ASHLAR_ASSIGN(
      const std::int64_t deleted,
      module_.db.write(
          call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
            ASHLAR_ASSIGN(const Link link,
                          module_.links.find(tx, {.host = host, .code = call.param(0)}));
            return store::forget_clicks(tx, link.id);
          }));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("deletedVisits").integer(deleted).end_object();
  });
}

base::Result<Response> ShlinkApi::tag_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  const std::string tag = call.param(0);
  ASHLAR_ASSIGN(
      const bool known,
      module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<bool> {
        ASHLAR_ASSIGN(const auto links, store::tagged_links(tx, tag, 1));
        return !links.empty();
      }));
  if (!known) {
    return base::fail(base::Code::kNotFound, "tag_not_found",
                      "Tag with name \"" + tag + "\" could not be found");
  }
  std::optional<std::string> host;
  if (const auto domain = query.first("domain")) host = host_of(*domain);
  return answer_visits(call, query, {.wanted = [tag, host](const Link& link) {
                         return has_tag(link, tag) && (!host || *host == link.domain_host);
                       }});
}

base::Result<Response> ShlinkApi::domain_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  const std::string host = host_of(call.param(0));
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    return module_.links.domain_of(tx, host);
  }));
  return answer_visits(call, query,
                       {.wanted = [host](const Link& link) { return link.domain_host == host; }});
}

base::Result<Response> ShlinkApi::non_orphan_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  const auto domain = query.first("domain");
  if (!domain) return answer_visits(call, query, {});
  const std::string host = host_of(*domain);
  return answer_visits(call, query,
                       {.wanted = [host](const Link& link) { return link.domain_host == host; }});
}

base::Result<Response> ShlinkApi::orphan_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMaxVisits, kMaxVisits));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("visits");
    write_page(out, page, 0, 0, [] {});
    out.end_object();
  });
}

base::Result<Response> ShlinkApi::delete_orphan_visits(Call& /*call*/) const {
  return json_answer(
      [](json::Writer& out) { out.begin_object().key("deletedVisits").integer(0).end_object(); });
}

}  // namespace ashlar::links::shlink
