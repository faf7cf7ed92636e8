// Visits: what was kept of clicks, as Shlink lists them; and of what led to no link on a domain.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "modules/links/click_reset.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_module.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/shlink/shlink_api.h"
#include "platform/storage/database.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

// What visits of either kind have.
void write_facts(json::Writer& out, std::string_view referrer, base::Time at, AgentClass agent,
                 const std::string& url) {
  out.key("referer").string(referrer.empty() ? "" : "https://" + std::string(referrer));
  out.key("date").string(atom(at)).key("userAgent").string(agent_name(agent));
  out.key("visitLocation").null();
  out.key("potentialBot").boolean(agent == AgentClass::kBot);
  out.key("visitedUrl").string(url);
}

void write_visit(json::Writer& out, const store::StoredClick& click, const std::string& url) {
  out.begin_object();
  write_facts(out, click.referrer.value_or(""), click.at, click.agent, url);
  out.end_object();
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
  for (const CountedLink& each : found.links) {
    clicks.total += each.clicks;
    clicks.bots += each.bots;
  }
  ASHLAR_ASSIGN(const orphans::store::OrphanTotals orphans,
                module_.db.read(call.tenant_context(), orphans::store::totals));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("visits").begin_object();
    write_total(out, "nonOrphanVisits", clicks);
    write_total(out, "orphanVisits", {orphans.visits, orphans.bots});
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
  ASHLAR_TRY(module_.recorder.flush());
  ASHLAR_ASSIGN(
      const std::int64_t deleted,
      module_.db.write(
          call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
            ASHLAR_ASSIGN(const Link link,
                          module_.links.find(tx, {.host = host, .code = call.param(0)}));
            return reset_clicks(tx, link.id);
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

namespace {

// What is asked for of those that were kept.
struct OrphanQuery {
  std::optional<orphans::Kind> kind;
  std::optional<base::Time> from, until;
  bool bots = true;

  [[nodiscard]] bool takes(const orphans::store::StoredOrphan& orphan) const {
    return (!kind || orphan.kind == *kind) && (!from || orphan.at >= *from) &&
           (!until || orphan.at <= *until) && (bots || orphan.agent != AgentClass::kBot);
  }
};

OrphanQuery orphan_query(ForeignQuery& query) {
  OrphanQuery wanted{.from = query.time("startDate"),
                     .until = query.time("endDate"),
                     .bots = !query.is_true("excludeBots")};
  if (const auto type = query.first("type"); type && !type->empty()) {
    wanted.kind = orphans::kind_named(*type);
    if (!wanted.kind) {
      query.fault("type", "not_allowed", "Give base_url, invalid_short_url or regular_404.");
    }
  }
  return wanted;
}

}  // namespace

base::Result<Response> ShlinkApi::orphan_visits(Call& call) const {
  ForeignQuery query(call.head->query);
  const OrphanQuery wanted = orphan_query(query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMaxVisits, kMaxVisits));
  std::optional<std::string> host;
  if (const auto domain = query.first("domain")) host = host_of(*domain);
  std::vector<orphans::store::StoredOrphan> found;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    found.clear();
    std::optional<DomainId> of;
    if (host) {
      ASHLAR_ASSIGN(of, module_.links.domain_of(tx, *host));
    }
    return orphans::store::newest(tx, of, std::int64_t{1} << 62, kMaxVisits,
                                  [&](orphans::store::StoredOrphan orphan) {
                                    if (wanted.takes(orphan)) found.push_back(std::move(orphan));
                                  });
  }));
  const std::size_t begin = std::min(page.offset(), found.size());
  const std::size_t end =
      begin + std::min(static_cast<std::size_t>(page.size), found.size() - begin);
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("visits");
    write_page(out, page, end - begin, found.size(), [&] {
      for (std::size_t i = begin; i < end; ++i) {
        const orphans::store::StoredOrphan& each = found[i];
        const std::string_view path = std::string_view(each.path).substr(!each.path.empty());
        out.begin_object();
        write_facts(out, each.referrer, each.at, each.agent,
                    module_.links.short_url(LinkRef{.host = each.host, .code = path}));
        out.key("type").string(orphans::kind_name(each.kind)).end_object();
      }
    });
    out.end_object();
  });
}

base::Result<Response> ShlinkApi::delete_orphan_visits(Call& call) const {
  ASHLAR_ASSIGN(const std::int64_t deleted,
                module_.db.write(call.tenant_context(), orphans::store::forget));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("deletedVisits").integer(deleted).end_object();
  });
}

}  // namespace ashlar::links::shlink
