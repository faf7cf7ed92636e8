#include "modules/links/foreign/foreign_store.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kNewestClicks{Audience::kTenant,
                            "SELECT id, link_id, at, agent, referrer FROM links_clicks"
                            " WHERE tenant_id = :tenant ORDER BY id DESC LIMIT ?1"};
constexpr Sql kTagged{Audience::kTenant,
                      "SELECT link_id FROM links_tags WHERE tenant_id = :tenant AND tag = ?1"
                      " ORDER BY link_id LIMIT ?2"};
// Each: after the link ?2, ?3 at most, newest first or oldest first.
constexpr Sql kTagNewer{Audience::kTenant,
                        "SELECT link_id FROM links_tags WHERE tenant_id = :tenant AND tag = ?1"
                        " AND link_id < ?2 ORDER BY link_id DESC LIMIT ?3"};
constexpr Sql kTagOlder{Audience::kTenant,
                        "SELECT link_id FROM links_tags WHERE tenant_id = :tenant AND tag = ?1"
                        " AND link_id > ?2 ORDER BY link_id LIMIT ?3"};
constexpr Sql kOwnerNewer{
    Audience::kTenant,
    "SELECT link_id FROM links_settings WHERE tenant_id = :tenant AND owner = ?1"
    " AND link_id < ?2 ORDER BY link_id DESC LIMIT ?3"};
constexpr Sql kOwnerOlder{
    Audience::kTenant,
    "SELECT link_id FROM links_settings WHERE tenant_id = :tenant AND owner = ?1"
    " AND link_id > ?2 ORDER BY link_id LIMIT ?3"};
// That it is above 0 is said for the index, which holds no others.
constexpr Sql kDomainNewer{Audience::kTenant,
                           "SELECT id FROM links WHERE domain_id = ?1 AND domain_id > 0"
                           " AND tenant_id = :tenant AND id > 0 AND id < ?2"
                           " ORDER BY id DESC LIMIT ?3"};
constexpr Sql kDomainOlder{Audience::kTenant,
                           "SELECT id FROM links WHERE domain_id = ?1 AND domain_id > 0"
                           " AND tenant_id = :tenant AND id > 0 AND id > ?2"
                           " ORDER BY id LIMIT ?3"};

// ?1 is [hash, …].
// (CROSS JOIN and the sums: the engines would walk the links in their order instead.)
constexpr Sql kTo{Audience::kTenant,
                  "SELECT l.id FROM json_each(?1) AS h CROSS JOIN links AS l"
                  " WHERE l.tenant_id = :tenant AND l.url_hash = h.value AND l.url = ?2"
                  " AND l.id + 0 > 0 ORDER BY l.id + 0 DESC LIMIT ?3",
                  "SELECT l.id FROM json_array_elements_text(?1::text::json) AS h(value)"
                  " CROSS JOIN links AS l WHERE l.tenant_id = :tenant"
                  " AND l.url_hash = h.value::bigint AND l.url = ?2 AND l.id + 0 > 0"
                  " ORDER BY l.id + 0 DESC LIMIT ?3"};

constexpr std::array<const Sql*, 9> kStatements{&kTo,         &kNewestClicks, &kTagged,
                                                &kTagNewer,   &kTagOlder,     &kOwnerNewer,
                                                &kOwnerOlder, &kDomainNewer,  &kDomainOlder};

}  // namespace

base::Status newest_clicks(storage::Transaction& tx, std::int64_t limit,
                           const std::function<void(LinkId, StoredClick)>& sink) {
  ASHLAR_TRY(tx.query(kNewestClicks, {limit}, [&](const Row& row) {
    StoredClick click;
    click.id = row.integer(0);
    click.at = base::from_micros(row.integer(2));
    click.agent = agent_from_stored(row.integer(3));
    if (!row.is_null(4)) click.referrer = row.text(4);
    sink(LinkId(row.integer(1)), std::move(click));
  }));
  return base::ok_status();
}

base::Result<std::vector<LinkId>> tagged_links(storage::Transaction& tx, std::string_view tag,
                                               std::int64_t limit) {
  std::vector<LinkId> links;
  ASHLAR_TRY(
      tx.query(kTagged, {tag, limit}, [&](const Row& row) { links.emplace_back(row.integer(0)); }));
  return links;
}

base::Result<std::vector<LinkId>> source_links(storage::Transaction& tx, const LinkSource& source,
                                               Direction direction, LinkId from,
                                               std::int64_t limit) {
  const bool newer = direction == Direction::kNewerFirst;
  std::vector<LinkId> links;
  const auto take = [&](const Row& row) { links.emplace_back(row.integer(0)); };
  switch (source.kind) {
    case LinkSource::Kind::kTag:
      ASHLAR_TRY(tx.query(newer ? kTagNewer : kTagOlder, {source.name, from.value, limit}, take));
      break;
    case LinkSource::Kind::kOwner:
      ASHLAR_TRY(
          tx.query(newer ? kOwnerNewer : kOwnerOlder, {source.name, from.value, limit}, take));
      break;
    case LinkSource::Kind::kDomain:
      ASHLAR_TRY(tx.query(newer ? kDomainNewer : kDomainOlder,
                          {source.domain.value, from.value, limit}, take));
      break;
  }
  return links;
}

base::Result<std::vector<LinkId>> links_to(storage::Transaction& tx,
                                           std::span<const std::int64_t> hashes,
                                           std::string_view url, std::int64_t limit) {
  std::string list;
  json::Writer writer(list);
  writer.begin_array();
  for (const std::int64_t hash : hashes) writer.integer(hash);
  writer.end_array();
  std::vector<LinkId> links;
  ASHLAR_TRY(tx.query(kTo, {list, url, limit},
                      [&](const Row& row) { links.emplace_back(row.integer(0)); }));
  return links;
}

std::span<const Sql* const> foreign_statements() { return kStatements; }

}  // namespace ashlar::links::store
