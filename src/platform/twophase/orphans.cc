#include "platform/twophase/orphans.h"

#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <optional>

#include "platform/storage/postgres_error.h"
#include "platform/twophase/session.h"

namespace ashlar::twophase {
namespace {

constexpr std::string_view kPrefix = "ashlar2pc:";
constexpr std::string_view kUndefinedObject = "42704";

// `LIKE` would take '_' for any character; and it is another database's affair what that has.
constexpr const char* kList =
    "SELECT gid, floor(extract(epoch FROM clock_timestamp() - prepared))::bigint"
    " FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)"
    " ORDER BY prepared, gid LIMIT $2::bigint";

std::int64_t number(std::optional<std::string_view> text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// gids are made of names and base62 only: nothing in them needs quoting.
base::Status finish(pg_conn* link, const std::string& verb, const std::string& gid) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> answer(
      PQexec(link, (verb + " PREPARED '" + gid + "'").c_str()), &PQclear);
  if (PQresultStatus(answer.get()) == PGRES_COMMAND_OK) return base::ok_status();
  if (storage::sql_state(answer.get()) == kUndefinedObject) return base::ok_status();
  return storage::postgres_error(answer.get());
}

std::optional<std::string> id_of(std::string_view gid, std::string_view prefix,
                                 std::string_view branch) {
  gid.remove_prefix(prefix.size());
  const std::size_t colon = gid.find(':');
  if (colon == std::string_view::npos || gid.substr(colon + 1) != branch) return std::nullopt;
  const std::string_view id = gid.substr(0, colon);
  for (const char c : id) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain) return std::nullopt;
  }
  return id.empty() ? std::nullopt : std::optional(std::string(id));
}

std::string prefix_of(std::string_view coordinator) {
  return std::string(kPrefix) + std::string(coordinator) + ":";
}

}  // namespace

std::string make_gid(std::string_view coordinator, std::string_view id, std::string_view branch) {
  return prefix_of(coordinator) + std::string(id) + ":" + std::string(branch);
}

base::Result<std::vector<Orphan>> list_orphans(pg_conn* link, const std::string& coordinator,
                                               const std::string& branch, int limit) {
  const std::string prefix = prefix_of(coordinator);
  std::vector<Orphan> found;
  Session session(link);
  ASHLAR_TRY(session.query(kList, {prefix, std::to_string(limit)}, [&](const auto& at) {
    const std::string gid(at(0).value_or(""));
    if (auto id = id_of(gid, prefix, branch)) {
      found.push_back({gid, *std::move(id), branch, base::Seconds(number(at(1)))});
    }
  }));
  return found;
}

base::Status commit_prepared(pg_conn* link, const std::string& gid) {
  return finish(link, "COMMIT", gid);
}

base::Status roll_back_prepared(pg_conn* link, const std::string& gid) {
  return finish(link, "ROLLBACK", gid);
}

base::Result<std::int64_t> prepared_slots(pg_conn* link) {
  std::int64_t slots = 0;
  Session session(link);
  ASHLAR_TRY(session.query("SHOW max_prepared_transactions", {},
                           [&](const auto& at) { slots = number(at(0)); }));
  return slots;
}

bool is_settled(const std::string& id, std::string_view branches,
                const std::map<std::string, std::set<std::string>>& prepared_at) {
  while (!branches.empty()) {
    const std::size_t blank = branches.find(' ');
    if (blank == std::string_view::npos) return false;
    const auto seen = prepared_at.find(std::string(branches.substr(0, blank)));
    if (seen == prepared_at.end() || seen->second.contains(id)) return false;
    branches.remove_prefix(blank + 1);
  }
  return true;
}

}  // namespace ashlar::twophase
