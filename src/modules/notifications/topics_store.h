// TopicsStore: every line of SQL about topics and who is in them.
//
// Functions run in the caller's transaction, for its tenant; tend_topics() on the platform
// (PlatformUse::kNotifications). Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications {

using TopicId = base::StrongId<struct NotificationTopicTag>;

// Somebody's list of users, by name. A member need not be a recipient (yet).
struct Topic {
  TopicId id;
  std::string name;
  base::Time created_at{};
};

namespace store {

base::Result<std::optional<Topic>> find_topic(storage::Transaction& tx, std::string_view name);
base::Result<Topic> find_or_make_topic(storage::Transaction& tx, std::string_view name,
                                       base::Time now);
// By name, those after `after`.
base::Result<std::vector<Topic>> list_topics(storage::Transaction& tx, std::string_view after,
                                             std::int64_t limit);
base::Result<std::int64_t> count_topics(storage::Transaction& tx);
// Nobody sees it any more; tend_topics() clears its members away.
base::Result<bool> delete_topic(storage::Transaction& tx, TopicId id, base::Time now);

// How many were not in it (or were).
base::Result<std::int64_t> add_members(storage::Transaction& tx, TopicId id,
                                       std::span<const std::string> users, base::Time now);
base::Result<std::int64_t> remove_members(storage::Transaction& tx, TopicId id,
                                          std::span<const std::string> users);
base::Result<std::int64_t> count_members(storage::Transaction& tx, TopicId id);
base::Result<std::vector<std::string>> list_members(storage::Transaction& tx, TopicId id,
                                                    std::string_view after, std::int64_t limit);
// Names of the topics that a user is in.
base::Result<std::vector<std::string>> topics_of(storage::Transaction& tx, std::string_view user,
                                                 std::int64_t limit);
base::Result<std::int64_t> remove_from_topics(storage::Transaction& tx, std::string_view user);

base::Result<std::int64_t> erase_topics(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_members(storage::Transaction& tx, std::int64_t limit);

// --- On the platform ---

// Clears deleted topics away, `limit` of their members at most; how many rows went.
base::Result<std::int64_t> tend_topics(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> topic_statements();

}  // namespace store
}  // namespace ashlar::notifications
