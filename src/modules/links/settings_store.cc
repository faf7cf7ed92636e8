#include "modules/links/settings_store.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "modules/links/settings_json.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kPut{Audience::kTenant,
                   "INSERT INTO links_settings (link_id, tenant_id, archived, owner, data)"
                   " VALUES (?1, :tenant, ?2, ?3, ?4) ON CONFLICT (link_id) DO UPDATE"
                   " SET archived = excluded.archived, owner = excluded.owner, data = excluded.data"
                   " WHERE links_settings.tenant_id = excluded.tenant_id"};
constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_settings WHERE link_id = ?1 AND tenant_id = :tenant"};

// What was kept of removed links (keep_place()) has a negative id, like the links.
constexpr Sql kForgetPlaces{
    Audience::kPlatform,
    "DELETE FROM links_settings WHERE link_id IN (SELECT s.link_id FROM links_settings AS s"
    " JOIN links AS l ON l.id = s.link_id WHERE s.link_id < 0 AND l.updated_at < ?1 LIMIT ?2)"};

// ?2 is a JSON array of tags.
constexpr Sql kAddTags{Audience::kTenant,
                       "INSERT INTO links_tags (tenant_id, tag, link_id)"
                       " SELECT :tenant, value, ?1 FROM json_each(?2) WHERE true"
                       " ON CONFLICT (tenant_id, tag, link_id) DO NOTHING",
                       "INSERT INTO links_tags (tenant_id, tag, link_id)"
                       " SELECT :tenant, value, ?1 FROM json_array_elements_text(?2::text::json)"
                       " ON CONFLICT (tenant_id, tag, link_id) DO NOTHING"};
constexpr Sql kRemoveTags{Audience::kTenant,
                          "DELETE FROM links_tags WHERE tenant_id = :tenant AND link_id = ?1"
                          " AND tag IN (SELECT value FROM json_each(?2))",
                          "DELETE FROM links_tags WHERE tenant_id = :tenant AND link_id = ?1"
                          " AND tag IN (SELECT json_array_elements_text(?2::text::json))"};
constexpr Sql kListTags{Audience::kTenant,
                        "SELECT tag, count(*) FROM links_tags WHERE tenant_id = :tenant"
                        " AND tag > ?1 GROUP BY tag ORDER BY tag LIMIT ?2"};

// What was used stays used when the limit moves.
constexpr Sql kPutLimit{Audience::kTenant,
                        "INSERT INTO links_click_limits (link_id, tenant_id, max_clicks)"
                        " VALUES (?1, :tenant, ?2) ON CONFLICT (link_id) DO UPDATE"
                        " SET max_clicks = excluded.max_clicks"
                        " WHERE links_click_limits.tenant_id = excluded.tenant_id"};
constexpr Sql kRemoveLimit{
    Audience::kTenant, "DELETE FROM links_click_limits WHERE link_id = ?1 AND tenant_id = :tenant"};

// In the transaction the row stays locked from the first to the second.
constexpr Sql kLeft{Audience::kPlatform,
                    "SELECT max_clicks - used FROM links_click_limits WHERE link_id = ?1",
                    "SELECT max_clicks - used FROM links_click_limits WHERE link_id = ?1"
                    " FOR UPDATE"};
constexpr Sql kTake{Audience::kPlatform,
                    "UPDATE links_click_limits SET used = used + ?2 WHERE link_id = ?1"};

#define ERASE(table)                                                                           \
  "DELETE FROM " table " WHERE tenant_id = :tenant AND link_id IN (SELECT link_id FROM " table \
  " WHERE tenant_id = :tenant LIMIT ?1)"
constexpr Sql kEraseSettings{Audience::kTenant, ERASE("links_settings")};
constexpr Sql kEraseTags{Audience::kTenant, ERASE("links_tags")};
constexpr Sql kEraseLimits{Audience::kTenant, ERASE("links_click_limits")};

constexpr std::array<const Sql*, 13> kStatements{
    &kForgetPlaces, &kPut,  &kRemove, &kAddTags,       &kRemoveTags, &kListTags,   &kPutLimit,
    &kRemoveLimit,  &kLeft, &kTake,   &kEraseSettings, &kEraseTags,  &kEraseLimits};

std::string json_array(const std::vector<std::string>& texts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
  return out;
}

// REQUIRES: both are sorted.
std::vector<std::string> without(const std::vector<std::string>& of,
                                 const std::vector<std::string>& those) {
  std::vector<std::string> rest;
  std::ranges::set_difference(of, those, std::back_inserter(rest));
  return rest;
}

base::Status write_tags(storage::Transaction& tx, LinkId link,
                        const std::vector<std::string>& before,
                        const std::vector<std::string>& now) {
  if (const auto gone = without(before, now); !gone.empty()) {
    ASHLAR_TRY(tx.execute(kRemoveTags, {link.value, json_array(gone)}));
  }
  if (const auto added = without(now, before); !added.empty()) {
    ASHLAR_TRY(tx.execute(kAddTags, {link.value, json_array(added)}));
  }
  return base::ok_status();
}

}  // namespace

base::Status write_settings(storage::Transaction& tx, LinkId link, const LinkSettings& before,
                            const LinkSettings& now) {
  if (now == before) return base::ok_status();
  if (now.empty()) {
    ASHLAR_TRY(tx.execute(kRemove, {link.value}));
  } else {
    const storage::Param owner =
        now.owner.empty() ? storage::Param(nullptr) : storage::Param(std::string_view(now.owner));
    ASHLAR_TRY(tx.execute(
        kPut, {link.value, std::int64_t{now.archived ? 1 : 0}, owner, stored_settings(now)}));
  }
  ASHLAR_TRY(write_tags(tx, link, before.tags, now.tags));
  if (now.max_clicks == before.max_clicks) return base::ok_status();
  if (now.max_clicks) {
    ASHLAR_TRY(tx.execute(kPutLimit, {link.value, *now.max_clicks}));
  } else {
    ASHLAR_TRY(tx.execute(kRemoveLimit, {link.value}));
  }
  return base::ok_status();
}

base::Status keep_place(storage::Transaction& tx, LinkId link, const LinkSettings& settings) {
  LinkSettings place;
  place.tags = settings.tags;
  place.owner = settings.owner;
  if (place.empty()) return base::ok_status();
  ASHLAR_TRY(tx.execute(kPut, {-link.value, std::int64_t{0}, nullptr, stored_settings(place)}));
  return base::ok_status();
}

base::Result<std::int64_t> forget_places(storage::Transaction& tx, base::Time removed_before,
                                         std::int64_t limit) {
  return tx.execute(kForgetPlaces, {base::to_micros(removed_before), limit});
}

base::Result<std::int64_t> take_clicks(storage::Transaction& tx, LinkId link, std::int64_t wanted) {
  std::int64_t left = wanted;  // no row, no limit
  ASHLAR_TRY(tx.query(kLeft, {link.value}, [&](const Row& row) { left = row.integer(0); }));
  const std::int64_t taken = std::clamp<std::int64_t>(left, 0, wanted);
  if (taken > 0) ASHLAR_TRY(tx.execute(kTake, {link.value, taken}));
  return taken;
}

base::Status list_tags(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                       const std::function<void(std::string, std::int64_t)>& sink) {
  ASHLAR_TRY(tx.query(kListTags, {after, limit},
                      [&](const Row& row) { sink(std::string(row.text(0)), row.integer(1)); }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_settings(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseSettings, {limit});
}
base::Result<std::int64_t> erase_tags(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseTags, {limit});
}
base::Result<std::int64_t> erase_limits(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseLimits, {limit});
}

std::span<const Sql* const> settings_statements() { return kStatements; }

}  // namespace ashlar::links::store
