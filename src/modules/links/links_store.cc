#include "modules/links/links_store.h"

#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "modules/links/settings_json.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

// Domain 0 is the installation's own, which has no row. Most links have none in the tables on the
// right.
#define LINK_COLUMNS                                                                 \
  "SELECT l.id, l.code, l.url, l.status, l.enabled, l.expires_at, l.created_at,"     \
  " coalesce(l.updated_at, l.created_at), l.version, s.data, coalesce(c.used, 0),"   \
  " l.domain_id, d.host"                                                             \
  " FROM links AS l"                                                                 \
  " LEFT JOIN links_settings AS s ON s.link_id = l.id AND s.tenant_id = :tenant"     \
  " LEFT JOIN links_click_limits AS c ON c.link_id = l.id AND c.tenant_id = :tenant" \
  " LEFT JOIN links_domains AS d ON d.id = l.domain_id AND d.tenant_id = :tenant"

// The counter is one for all tenants; :tenant is there because the statement runs for one.
constexpr Sql kNextId{Audience::kTenant,
                      "UPDATE links_ids SET next = next + 1 WHERE :tenant > 0 RETURNING next",
                      "SELECT nextval('links_id_seq') WHERE :tenant > 0"};

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO links (id, tenant_id, domain_id, code, url, status, enabled, expires_at, "
    "created_at, url_hash)"
    " VALUES (?1, :tenant, ?7, ?2, ?3, ?4, ?9, ?5, ?6, ?8) ON CONFLICT (domain_id, code) DO "
    "NOTHING"};

constexpr Sql kFind{
    Audience::kTenant,
    LINK_COLUMNS " WHERE l.domain_id = 0 AND l.code = ?1 AND l.tenant_id = :tenant AND l.id > 0"};
constexpr Sql kFindOnDomain{
    Audience::kTenant, LINK_COLUMNS
    " WHERE l.domain_id = (SELECT id FROM links_domains WHERE host = ?2 AND tenant_id = :tenant)"
    " AND l.code = ?1 AND l.tenant_id = :tenant AND l.id > 0"};

constexpr Sql kFindById{Audience::kTenant,
                        LINK_COLUMNS " WHERE l.id = ?1 AND l.tenant_id = :tenant AND l.id > 0"};

constexpr Sql kUpdate{Audience::kTenant,
                      "UPDATE links SET url = ?2, status = ?3, enabled = ?4, expires_at = ?5,"
                      " updated_at = ?6, version = ?7, url_hash = ?8"
                      " WHERE id = ?1 AND tenant_id = :tenant"};

constexpr Sql kNewestWithUrl{Audience::kTenant, LINK_COLUMNS
                             " WHERE l.tenant_id = :tenant AND l.url_hash = ?1 AND l.url = ?2"
                             " ORDER BY l.id DESC LIMIT ?3"};
constexpr Sql kListUnhashed{Audience::kPlatform,
                            "SELECT id, domain_id, url FROM links WHERE url_hash IS NULL"
                            " ORDER BY id LIMIT ?1"};
constexpr Sql kSetHash{Audience::kPlatform, "UPDATE links SET url_hash = ?2 WHERE id = ?1"};

constexpr Sql kList{
    Audience::kTenant, LINK_COLUMNS
    " WHERE l.tenant_id = :tenant AND l.id < ?1 AND l.id > 0 ORDER BY l.id DESC LIMIT ?2"};

// ?3 the oldest link to look at, ?4 the text in lower case, ?5 enabled and ?6 archived (-1:
// whichever), ?7 the owner and ?8 a tag ('': whichever), ?9 the domain (-1: whichever).
#define SEARCH(instr)                                                                  \
  LINK_COLUMNS                                                                         \
  " WHERE l.tenant_id = :tenant AND l.id < ?1 AND l.id >= ?3"                          \
  " AND (?5 < 0 OR l.enabled = ?5) AND (?6 < 0 OR coalesce(s.archived, 0) = ?6)"       \
  " AND (?7 = '' OR s.owner = ?7) AND (?9 < 0 OR l.domain_id = ?9)"                    \
  " AND (?8 = '' OR EXISTS (SELECT 1 FROM links_tags AS t WHERE t.tenant_id = :tenant" \
  " AND t.tag = ?8 AND t.link_id = l.id))"                                             \
  " AND (lower(substr(l.code, 1, length(?4))) = ?4 OR " instr                          \
  "(lower(l.url), ?4) > 0) ORDER BY l.id DESC LIMIT ?2"
constexpr Sql kSearch{Audience::kTenant, SEARCH("instr"), SEARCH("strpos")};

// The link after which a search of ?2 stops; no row where there are fewer.
constexpr Sql kSearchEnd{Audience::kTenant,
                         "SELECT id FROM links WHERE tenant_id = :tenant AND id < ?1 AND id > 0"
                         " ORDER BY id DESC LIMIT 1 OFFSET ?2"};

constexpr Sql kFindRedirect{
    Audience::kPlatform,
    "SELECT l.id, l.tenant_id, l.url, l.status, l.enabled, l.expires_at, s.data"
    " FROM links AS l LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.domain_id = 0 AND l.code = ?1 AND l.id > 0"};
constexpr Sql kFindRedirectOnDomain{
    Audience::kPlatform,
    "SELECT l.id, l.tenant_id, l.url, l.status, l.enabled, l.expires_at, s.data"
    " FROM links AS l LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.domain_id = (SELECT id FROM links_domains WHERE host = ?2 AND proof > 0)"
    " AND l.code = ?1"
    " AND l.id > 0"};

// What is removed has a negative id, so whatever walks a tenant's links never meets it.
constexpr Sql kRemove{Audience::kTenant,
                      "UPDATE links SET id = -id, url = '', enabled = 0, expires_at = NULL,"
                      " updated_at = ?2, version = ?3"
                      " WHERE id = ?1 AND id > 0 AND tenant_id = :tenant"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM (SELECT 1 FROM links WHERE tenant_id = :tenant"
                     " AND id > 0 LIMIT ?1) AS counted HAVING count(*) > 0"};

// ?1 is [link, …].
constexpr Sql kOfIds{Audience::kTenant,
                     LINK_COLUMNS
                     " WHERE l.tenant_id = :tenant AND l.id > 0"
                     " AND l.id IN (SELECT value FROM json_each(?1))",
                     LINK_COLUMNS
                     " WHERE l.tenant_id = :tenant AND l.id > 0 AND l.id IN"
                     " (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};

constexpr Sql kExport{Audience::kTenant, LINK_COLUMNS
                      " WHERE l.tenant_id = :tenant AND l.id > ?1 ORDER BY l.id LIMIT ?2"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links WHERE tenant_id = :tenant AND id IN (SELECT id FROM links"
                     " WHERE tenant_id = :tenant ORDER BY id LIMIT ?1) RETURNING code,"
                     " (SELECT d.host FROM links_domains AS d WHERE d.id = links.domain_id"
                     " AND d.tenant_id = :tenant)"};

constexpr std::array<const Sql*, 19> kStatements{&kNewestWithUrl,
                                                 &kListUnhashed,
                                                 &kSetHash,
                                                 &kNextId,
                                                 &kInsert,
                                                 &kFind,
                                                 &kFindOnDomain,
                                                 &kUpdate,
                                                 &kList,
                                                 &kSearch,
                                                 &kSearchEnd,
                                                 &kFindRedirect,
                                                 &kFindRedirectOnDomain,
                                                 &kExport,
                                                 &kErase,
                                                 &kRemove,
                                                 &kCount,
                                                 &kOfIds,
                                                 &kFindById};

storage::Param nullable(const std::optional<base::Time>& time) {
  return time ? storage::Param(base::to_micros(*time)) : storage::Param(nullptr);
}

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

base::Result<Link> read_link(const Row& row) {
  Link link;
  link.id = LinkId(row.integer(0));
  link.code = row.text(1);
  link.url = row.text(2);
  link.status = static_cast<int>(row.integer(3));
  link.enabled = row.integer(4) != 0;
  link.expires_at = maybe_time(row, 5);
  link.created_at = base::from_micros(row.integer(6));
  link.updated_at = base::from_micros(row.integer(7));
  link.version = row.integer(8);
  if (!row.is_null(9)) {
    ASHLAR_ASSIGN(link.settings, settings_from_stored(row.text(9)));
  }
  link.clicks_used = row.integer(10);
  link.domain = DomainId(row.integer(11));
  if (!row.is_null(12)) link.domain_host = row.text(12);
  return link;
}

// Each row to `sink`, and what was wrong with the first that was.
class LinkReader {
 public:
  explicit LinkReader(const std::function<void(Link)>& sink) : sink_(sink) {}

  void operator()(const Row& row) {
    base::Result<Link> link = read_link(row);
    if (link.ok()) {
      sink_(std::move(link).value());
    } else if (status_.ok()) {
      status_ = link.error();
    }
  }
  [[nodiscard]] const base::Status& status() const { return status_; }

 private:
  const std::function<void(Link)>& sink_;
  base::Status status_ = base::ok_status();
};

}  // namespace

base::Result<LinkId> next_link_id(storage::Transaction& tx) {
  LinkId id;
  ASHLAR_TRY(tx.query(kNextId, {}, [&](const Row& row) { id = LinkId(row.integer(0)); }));
  if (!id.is_set()) {
    return base::fail(base::Code::kInternal, "links_counter_missing", "links_ids has no row");
  }
  return id;
}

base::Result<bool> insert_link(storage::Transaction& tx, const Link& link, std::int64_t url_hash) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kInsert, {link.id.value, link.code, link.url, std::int64_t{link.status},
                           nullable(link.expires_at), base::to_micros(link.created_at),
                           link.domain.value, url_hash, std::int64_t{link.enabled ? 1 : 0}}));
  return rows == 1;
}

base::Result<std::optional<Link>> find_link(storage::Transaction& tx, LinkRef ref) {
  std::optional<Link> found;
  const std::function<void(Link)> take = [&](Link link) { found = std::move(link); };
  LinkReader reader(take);
  if (ref.host.empty()) {
    ASHLAR_TRY(tx.query(kFind, {ref.code}, std::ref(reader)));
  } else {
    ASHLAR_TRY(tx.query(kFindOnDomain, {ref.code, ref.host}, std::ref(reader)));
  }
  ASHLAR_TRY(reader.status());
  return found;
}

base::Result<std::optional<Link>> find_link(storage::Transaction& tx, LinkId id) {
  std::optional<Link> found;
  const std::function<void(Link)> take = [&](Link link) { found = std::move(link); };
  LinkReader reader(take);
  ASHLAR_TRY(tx.query(kFindById, {id.value}, std::ref(reader)));
  ASHLAR_TRY(reader.status());
  return found;
}

base::Status update_link(storage::Transaction& tx, const Link& link, std::int64_t url_hash) {
  ASHLAR_TRY(tx.execute(kUpdate, {link.id.value, link.url, std::int64_t{link.status},
                                  std::int64_t{link.enabled ? 1 : 0}, nullable(link.expires_at),
                                  base::to_micros(link.updated_at), link.version, url_hash}));
  return base::ok_status();
}

base::Status newest_with_url(storage::Transaction& tx, std::int64_t url_hash, std::string_view url,
                             std::int64_t limit, const std::function<void(Link)>& sink) {
  LinkReader reader(sink);
  ASHLAR_TRY(tx.query(kNewestWithUrl, {url_hash, url, limit}, std::ref(reader)));
  return reader.status();
}

base::Status list_unhashed(storage::Transaction& tx, std::int64_t limit,
                           const std::function<void(LinkId, DomainId, std::string_view)>& sink) {
  ASHLAR_TRY(tx.query(kListUnhashed, {limit}, [&](const Row& row) {
    sink(LinkId(row.integer(0)), DomainId(row.integer(1)), row.text(2));
  }));
  return base::ok_status();
}

base::Status set_hash(storage::Transaction& tx, LinkId link, std::int64_t url_hash) {
  ASHLAR_TRY(tx.execute(kSetHash, {link.value, url_hash}));
  return base::ok_status();
}

base::Status list_links(storage::Transaction& tx, LinkId before, std::int64_t limit,
                        const std::function<void(Link)>& sink) {
  LinkReader reader(sink);
  ASHLAR_TRY(tx.query(kList, {before.value, limit}, std::ref(reader)));
  return reader.status();
}

base::Status search_links(storage::Transaction& tx, LinkId before, std::int64_t limit,
                          const Search& search, const std::function<void(Link)>& sink) {
  const auto flag = [](const std::optional<bool>& wanted) {
    return std::int64_t{!wanted ? -1 : *wanted ? 1 : 0};
  };
  const std::string text = base::ascii_lower(search.text);
  const std::int64_t domain = search.domain ? search.domain->value : -1;
  LinkReader reader(sink);
  ASHLAR_TRY(tx.query(kSearch,
                      {before.value, limit, search.oldest.value, text, flag(search.enabled),
                       flag(search.archived), search.owner, search.tag, domain},
                      std::ref(reader)));
  return reader.status();
}

base::Result<std::optional<LinkId>> search_end(storage::Transaction& tx, LinkId before,
                                               std::int64_t scan) {
  std::optional<LinkId> end;
  ASHLAR_TRY(tx.query(kSearchEnd, {before.value, scan - 1},
                      [&](const Row& row) { end = LinkId(row.integer(0)); }));
  return end;
}

base::Result<std::optional<RedirectTarget>> find_redirect(storage::Transaction& tx, LinkRef ref) {
  std::optional<RedirectTarget> target;
  base::Status status = base::ok_status();
  const auto take = [&](const Row& row) {
    target = RedirectTarget{LinkId(row.integer(0)),   base::TenantId(row.integer(1)),
                            std::string(row.text(2)), static_cast<int>(row.integer(3)),
                            row.integer(4) != 0,      maybe_time(row, 5)};
    if (row.is_null(6)) return;
    base::Result<LinkSettings> settings = settings_from_stored(row.text(6));
    if (!settings.ok()) {
      status = settings.error();
    } else if (settings->changes_redirect()) {
      target->special = std::make_shared<const LinkSettings>(std::move(settings).value());
    }
  };
  if (ref.host.empty()) {
    ASHLAR_TRY(tx.query(kFindRedirect, {ref.code}, take));
  } else {
    ASHLAR_TRY(tx.query(kFindRedirectOnDomain, {ref.code, ref.host}, take));
  }
  ASHLAR_TRY(status);
  return target;
}

base::Result<bool> remove_link(storage::Transaction& tx, const Link& link) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kRemove, {link.id.value, base::to_micros(link.updated_at), link.version}));
  return rows == 1;
}

base::Result<std::int64_t> count_links(storage::Transaction& tx, std::int64_t most) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {most}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Status links_of(storage::Transaction& tx, std::span<const LinkId> ids,
                      const std::function<void(Link)>& sink) {
  std::string list;
  json::Writer writer(list);
  writer.begin_array();
  for (const LinkId id : ids) writer.integer(id.value);
  writer.end_array();
  LinkReader reader(sink);
  ASHLAR_TRY(tx.query(kOfIds, {list}, std::ref(reader)));
  return reader.status();
}

base::Status export_links(storage::Transaction& tx, LinkId after, std::int64_t limit,
                          const std::function<void(Link)>& sink) {
  LinkReader reader(sink);
  ASHLAR_TRY(tx.query(kExport, {after.value, limit}, std::ref(reader)));
  return reader.status();
}

base::Result<std::int64_t> erase_links(storage::Transaction& tx, std::int64_t limit,
                                       const std::function<void(LinkRef)>& sink) {
  return tx.query(kErase, {limit}, [&](const Row& row) {
    sink({.host = row.is_null(1) ? std::string_view{} : row.text(1), .code = row.text(0)});
  });
}

std::span<const Sql* const> links_statements() { return kStatements; }

}  // namespace ashlar::links::store
