#include "modules/links/foreign/foreign_store.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

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
constexpr Sql kForgetCounts{Audience::kTenant,
                            "DELETE FROM links_clicks_hourly WHERE tenant_id = :tenant"
                            " AND link_id = ?1"};
constexpr Sql kForgetDetails{Audience::kTenant,
                             "DELETE FROM links_clicks WHERE tenant_id = :tenant AND link_id = ?1"};

constexpr std::array<const Sql*, 4> kStatements{&kNewestClicks, &kTagged, &kForgetCounts,
                                                &kForgetDetails};

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

base::Result<std::int64_t> forget_clicks(storage::Transaction& tx, LinkId link) {
  ASHLAR_ASSIGN(const std::int64_t clicks, total_clicks(tx, link));
  ASHLAR_TRY(tx.execute(kForgetCounts, {link.value}));
  ASHLAR_TRY(tx.execute(kForgetDetails, {link.value}));
  return clicks;
}

std::span<const Sql* const> foreign_statements() { return kStatements; }

}  // namespace ashlar::links::store
