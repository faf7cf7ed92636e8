// The links' share of a tenant's data: exported whole, erased in small steps.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/domain_stops_store.h"
#include "modules/links/abuse/reviews_store.h"
#include "modules/links/analytics/analytics_data.h"
#include "modules/links/clicks_store.h"
#include "modules/links/domain_table.h"
#include "modules/links/domains_store.h"
#include "modules/links/foreign/made_tags_store.h"
#include "modules/links/foreign/tag_desk.h"
#include "modules/links/imports/imports_store.h"
#include "modules/links/links_module.h"
#include "modules/links/links_store.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/qr_logos_store.h"
#include "modules/links/settings_json.h"
#include "modules/links/settings_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr std::int64_t kPage = 1'000;
constexpr std::int64_t kLogosPage = 20;  // of domains, each with its picture

void write_time(json::Writer& json, std::string_view key, std::optional<base::Time> time) {
  json.key(key);
  if (time) {
    json.string(base::format_rfc3339(*time));
  } else {
    json.null();
  }
}

// Only of what is not on the installation's own host.
void write_domain(json::Writer& json, std::string_view host) {
  if (!host.empty()) json.key("domain").string(host);
}

std::string link_line(const Link& link) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("links");
  write_domain(json, link.domain_host);
  json.key("code").string(link.code).key("url").string(link.url);
  json.key("status").integer(link.status).key("enabled").boolean(link.enabled);
  write_time(json, "expires_at", link.expires_at);
  write_time(json, "created_at", link.created_at);
  write_time(json, "updated_at", link.updated_at);
  json.key("version").integer(link.version);
  if (link.settings.max_clicks) json.key("clicks_used").integer(link.clicks_used);
  if (!link.settings.empty()) json.key("settings").raw(stored_settings(link.settings));
  json.end_object();
  return line;
}

std::string domain_line(const Domain& domain) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("domains");
  json.key("host").string(domain.host).key("root_url").string(domain.root_url);
  json.key("not_found_url").string(domain.not_found_url);
  json.key("active").boolean(domain.is_active());
  write_time(json, "created_at", domain.created_at);
  write_time(json, "updated_at", domain.updated_at);
  json.key("version").integer(domain.version).end_object();
  return line;
}

std::string count_line(const ClickCount& count, LinkRef link) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("clicks_hourly");
  write_domain(json, link.host);
  json.key("code").string(link.code);
  write_time(json, "hour", start_of(count.hour));
  json.key("clicks").integer(count.clicks).end_object();
  return line;
}

std::string denial_line(const abuse::store::Denial& denial) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("denials");
  json.key("host").string(denial.host).key("note").string(denial.note);
  write_time(json, "created_at", denial.created_at);
  json.end_object();
  return line;
}

std::string orphan_count_line(std::string_view host, const orphans::OrphanCount& count) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("orphan_counts");
  write_domain(json, host);
  json.key("kind").string(orphans::kind_name(count.kind)).key("visits").integer(count.visits);
  json.key("bots").integer(count.bots).end_object();
  return line;
}

std::string orphan_line(const orphans::store::StoredOrphan& orphan) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("orphans");
  write_domain(json, orphan.host);
  json.key("kind").string(orphans::kind_name(orphan.kind)).key("path").string(orphan.path);
  write_time(json, "at", orphan.at);
  json.key("agent").string(agent_name(orphan.agent)).key("referrer").string(orphan.referrer);
  json.end_object();
  return line;
}

std::string made_tag_line(const store::MadeTag& tag) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("made_tags");
  json.key("tag").string(tag.tag).key("color").string(tag.color);
  write_time(json, "created_at", tag.created_at);
  json.end_object();
  return line;
}

std::string logo_line(const QrLogo& logo, std::string_view host) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("links").key("table").string("qr_logos");
  write_domain(json, host);
  write_time(json, "updated_at", logo.updated_at);
  json.key("png_base64url").string(base::base64url_encode(logo.png)).end_object();
  return line;
}

base::Status add_logo(storage::Transaction& tx, DomainId domain, std::string_view host,
                      std::vector<std::string>& lines) {
  ASHLAR_ASSIGN(const std::optional<QrLogo> logo, store::find_qr_logo(tx, domain));
  if (logo) lines.push_back(logo_line(*logo, host));
  return base::ok_status();
}

base::Status send(const std::vector<std::string>& lines, const security::LineSink& sink) {
  for (const std::string& line : lines) ASHLAR_TRY(sink(line));
  return base::ok_status();
}

// Of each there are few enough to be read at once, but for orphans one by one.
base::Status export_rest(storage::Transaction& tx, const security::LineSink& sink) {
  std::vector<std::string> lines;
  ASHLAR_TRY(store::list_made_tags(tx, TagDesk::kMostMade, [&](const store::MadeTag& tag) {
    lines.push_back(made_tag_line(tag));
  }));
  ASHLAR_TRY(orphans::store::list_counts(
      tx, [&](const std::string& host, const orphans::OrphanCount& count) {
        lines.push_back(orphan_count_line(host, count));
      }));
  ASHLAR_TRY(send(lines, sink));
  std::int64_t before = std::int64_t{1} << 62;
  do {
    lines.clear();
    ASHLAR_TRY(orphans::store::newest(tx, {}, before, kPage,
                                      [&](const orphans::store::StoredOrphan& orphan) {
                                        lines.push_back(orphan_line(orphan));
                                        before = orphan.id;
                                      }));
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  return base::ok_status();
}

// Page by page: PostgreSQL's answers are in memory whole.
base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  std::vector<std::string> lines;
  ASHLAR_TRY(add_logo(tx, DomainId(), {}, lines));
  ASHLAR_TRY(send(lines, sink));
  std::string host;
  do {
    lines.clear();
    std::vector<Domain> domains;
    ASHLAR_TRY(store::list_domains(tx, host, kLogosPage, [&](Domain domain) {
      lines.push_back(domain_line(domain));
      host = domain.host;
      domains.push_back(std::move(domain));
    }));
    for (const Domain& domain : domains) {
      ASHLAR_TRY(add_logo(tx, domain.id, domain.host, lines));
    }
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  LinkId after;
  do {
    lines.clear();
    ASHLAR_TRY(store::export_links(tx, after, kPage, [&](const Link& link) {
      lines.push_back(link_line(link));
      after = link.id;
    }));
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  std::string last_host;
  do {
    lines.clear();
    ASHLAR_TRY(
        abuse::store::list_denials(tx, last_host, kPage, [&](const abuse::store::Denial& denial) {
          lines.push_back(denial_line(denial));
          last_host = denial.host;
        }));
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  ClickCount last;
  do {
    lines.clear();
    ASHLAR_TRY(store::export_counts(tx, last.link, last.hour, kPage,
                                    [&](const ClickCount& count, LinkRef link) {
                                      lines.push_back(count_line(count, link));
                                      last = count;
                                    }));
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  ASHLAR_TRY(export_rest(tx, sink));
  return analytics::export_analytics(tx, sink);
}

// Links first: from then on no click of the tenant is written any more (clicks_store.h), so what is
// erased after them does not come back; and domains before what was counted on them.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t links, store::erase_links(tx, limit, [&](LinkRef ref) {
                  tx.notify(kLinksChannel, link_key(ref));
                }));
  if (links > 0) return links;
  ASHLAR_ASSIGN(const std::int64_t domains,
                store::erase_domains(
                    tx, limit, [&](std::string_view host) { tx.notify(kDomainsChannel, host); }));
  if (domains > 0) return domains;
  for (const auto erase :
       {store::erase_settings, store::erase_tags, store::erase_limits, store::erase_imports,
        store::erase_import_chunks, store::erase_refusals, store::erase_qr_logos,
        abuse::store::erase_denials, abuse::store::erase_reviews, abuse::store::erase_reports,
        abuse::store::erase_stops, orphans::store::erase_kept, orphans::store::erase_counts,
        store::erase_made_tags}) {
    ASHLAR_ASSIGN(const std::int64_t rows, erase(tx, limit));
    if (rows > 0) return rows;
  }
  ASHLAR_ASSIGN(const std::int64_t details, store::erase_details(tx, limit));
  if (details > 0) return details;
  ASHLAR_ASSIGN(const std::int64_t counts, store::erase_counts(tx, limit));
  if (counts > 0) return counts;
  return analytics::erase_analytics(tx, limit);
}

}  // namespace

security::TenantData links_tenant_data() { return {"links", export_all, erase_some}; }

}  // namespace ashlar::links
