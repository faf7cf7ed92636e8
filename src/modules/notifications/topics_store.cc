#include "modules/notifications/topics_store.h"

#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kFind{Audience::kTenant,
                    "SELECT id, name, created_at FROM notifications_topics"
                    " WHERE tenant_id = :tenant AND name = ?1 AND deleted_at IS NULL"};

constexpr Sql kMake{Audience::kTenant,
                    "INSERT INTO notifications_topics (tenant_id, name, created_at)"
                    " VALUES (:tenant, ?1, ?2) RETURNING id"};

constexpr Sql kList{Audience::kTenant,
                    "SELECT id, name, created_at FROM notifications_topics"
                    " WHERE tenant_id = :tenant AND name > ?1 AND deleted_at IS NULL"
                    " ORDER BY name LIMIT ?2"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_topics"
                     " WHERE tenant_id = :tenant AND deleted_at IS NULL"};

constexpr Sql kDelete{Audience::kTenant,
                      "UPDATE notifications_topics SET deleted_at = ?2"
                      " WHERE tenant_id = :tenant AND id = ?1 AND deleted_at IS NULL"};

constexpr Sql kAddMembers{
    Audience::kTenant,
    "INSERT INTO notifications_topic_members (topic_id, user_id, tenant_id, added_at)"
    " SELECT ?1, u.value, :tenant, ?3 FROM json_each(?2) AS u WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO notifications_topic_members (topic_id, user_id, tenant_id, added_at)"
    " SELECT ?1, u.value, :tenant, ?3 FROM jsonb_array_elements_text(?2::jsonb) AS u(value)"
    " ON CONFLICT DO NOTHING"};

constexpr Sql kRemoveMembers{
    Audience::kTenant,
    "DELETE FROM notifications_topic_members WHERE tenant_id = :tenant AND topic_id = ?1"
    " AND user_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM notifications_topic_members WHERE tenant_id = :tenant AND topic_id = ?1"
    " AND user_id = ANY (ARRAY(SELECT jsonb_array_elements_text(?2::jsonb)))"};

constexpr Sql kCountMembers{Audience::kTenant,
                            "SELECT count(*) FROM notifications_topic_members"
                            " WHERE tenant_id = :tenant AND topic_id = ?1"};

constexpr Sql kListMembers{Audience::kTenant,
                           "SELECT user_id FROM notifications_topic_members"
                           " WHERE tenant_id = :tenant AND topic_id = ?1 AND user_id > ?2"
                           " ORDER BY user_id LIMIT ?3"};

constexpr Sql kTopicsOf{Audience::kTenant,
                        "SELECT t.name FROM notifications_topic_members AS m"
                        " JOIN notifications_topics AS t ON t.id = m.topic_id"
                        " WHERE m.tenant_id = :tenant AND t.tenant_id = :tenant AND m.user_id = ?1"
                        " AND t.deleted_at IS NULL ORDER BY t.name LIMIT ?2"};

constexpr Sql kRemoveFromAll{
    Audience::kTenant,
    "DELETE FROM notifications_topic_members WHERE tenant_id = :tenant AND user_id = ?1"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications_topics WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM notifications_topics WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseMembers{
    Audience::kTenant,
    "DELETE FROM notifications_topic_members WHERE tenant_id = :tenant AND (topic_id, user_id) IN"
    " (SELECT topic_id, user_id FROM notifications_topic_members WHERE tenant_id = :tenant"
    " LIMIT ?1)"};

// One dead topic at a time: the longest dead.
#define DEAD_TOPIC                                                    \
  "(SELECT id FROM notifications_topics WHERE deleted_at IS NOT NULL" \
  " ORDER BY deleted_at LIMIT 1)"

constexpr Sql kClearMembers{Audience::kPlatform,
                            "DELETE FROM notifications_topic_members WHERE topic_id = " DEAD_TOPIC
                            " AND user_id IN (SELECT user_id FROM notifications_topic_members"
                            " WHERE topic_id = " DEAD_TOPIC " LIMIT ?1)"};

constexpr Sql kClearTopic{Audience::kPlatform,
                          "DELETE FROM notifications_topics WHERE id = " DEAD_TOPIC};

constexpr std::array<const Sql*, 15> kStatements{
    &kFind,          &kMake,          &kList,         &kCount,        &kDelete,
    &kAddMembers,    &kRemoveMembers, &kCountMembers, &kListMembers,  &kTopicsOf,
    &kRemoveFromAll, &kErase,         &kEraseMembers, &kClearMembers, &kClearTopic};

Topic read_topic(const Row& row) {
  return {TopicId(row.integer(0)), std::string(row.text(1)), base::from_micros(row.integer(2))};
}

std::string list_of(std::span<const std::string> users) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const std::string& user : users) json.string(user);
  json.end_array();
  return text;
}

base::Result<std::vector<std::string>> names(storage::Transaction& tx, const Sql& sql,
                                             std::initializer_list<storage::Param> params) {
  std::vector<std::string> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.emplace_back(row.text(0)); }));
  return found;
}

base::Result<std::int64_t> count(storage::Transaction& tx, const Sql& sql,
                                 std::initializer_list<storage::Param> params) {
  std::int64_t found = 0;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found = row.integer(0); }));
  return found;
}

}  // namespace

base::Result<std::optional<Topic>> find_topic(storage::Transaction& tx, std::string_view name) {
  std::optional<Topic> found;
  ASHLAR_TRY(tx.query(kFind, {name}, [&](const Row& row) { found = read_topic(row); }));
  return found;
}

base::Result<Topic> find_or_make_topic(storage::Transaction& tx, std::string_view name,
                                       base::Time now) {
  ASHLAR_ASSIGN(const auto found, find_topic(tx, name));
  if (found) return *found;
  Topic topic{{}, std::string(name), now};
  ASHLAR_TRY(tx.query(kMake, {name, base::to_micros(now)},
                      [&](const Row& row) { topic.id = TopicId(row.integer(0)); }));
  return topic;
}

base::Result<std::vector<Topic>> list_topics(storage::Transaction& tx, std::string_view after,
                                             std::int64_t limit) {
  std::vector<Topic> found;
  ASHLAR_TRY(
      tx.query(kList, {after, limit}, [&](const Row& row) { found.push_back(read_topic(row)); }));
  return found;
}

base::Result<std::int64_t> count_topics(storage::Transaction& tx) { return count(tx, kCount, {}); }

base::Result<bool> delete_topic(storage::Transaction& tx, TopicId id, base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {id.value, base::to_micros(now)}));
  return rows == 1;
}

base::Result<std::int64_t> add_members(storage::Transaction& tx, TopicId id,
                                       std::span<const std::string> users, base::Time now) {
  const std::string list = list_of(users);
  return tx.execute(kAddMembers, {id.value, list, base::to_micros(now)});
}

base::Result<std::int64_t> remove_members(storage::Transaction& tx, TopicId id,
                                          std::span<const std::string> users) {
  const std::string list = list_of(users);
  return tx.execute(kRemoveMembers, {id.value, list});
}

base::Result<std::int64_t> count_members(storage::Transaction& tx, TopicId id) {
  return count(tx, kCountMembers, {id.value});
}

base::Result<std::vector<std::string>> list_members(storage::Transaction& tx, TopicId id,
                                                    std::string_view after, std::int64_t limit) {
  return names(tx, kListMembers, {id.value, after, limit});
}

base::Result<std::vector<std::string>> topics_of(storage::Transaction& tx, std::string_view user,
                                                 std::int64_t limit) {
  return names(tx, kTopicsOf, {user, limit});
}

base::Result<std::int64_t> remove_from_topics(storage::Transaction& tx, std::string_view user) {
  return tx.execute(kRemoveFromAll, {user});
}

base::Result<std::int64_t> erase_topics(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::int64_t> erase_members(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseMembers, {limit});
}

base::Result<std::int64_t> tend_topics(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t members, tx.execute(kClearMembers, {limit}));
  if (members > 0) return members;
  return tx.execute(kClearTopic, {});
}

std::span<const Sql* const> topic_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
